"""Requests and approvals: steps F1 to F7 and A1 to A7."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.breakglass.core.people import Role
from rootwarden.breakglass.core.phrase import is_phrase
from rootwarden.breakglass.core.refusal import Refused, require
from rootwarden.breakglass.core.request import Purpose, digest_of
from rootwarden.breakglass.core.settings import Need, check_networks
from rootwarden.breakglass.core.standing import counts_as, has_any, in_good_standing
from rootwarden.breakglass.core.state import Filed, Stage, Untold
from rootwarden.breakglass.core.strict_base64 import decode

if TYPE_CHECKING:
    from datetime import datetime

    from rootwarden.breakglass.core.entry import (
        ApprovalGiven,
        NoticeRecorded,
        RequestDenied,
        RequestExpired,
        RequestFiled,
        RequestReported,
        RequestWithdrawn,
    )
    from rootwarden.breakglass.core.public_key import PublicKey
    from rootwarden.breakglass.core.request import Request
    from rootwarden.breakglass.core.settings import Account, Quorum
    from rootwarden.breakglass.core.state import State

OTHER: Final = "other"
_OPEN: Final = {Stage.DENIED: "denied", Stage.EXPIRED: "expired", Stage.SERVED: "served", Stage.VOID: "void"}


def check_filed(state: State, entry: RequestFiled) -> None:
    """F1 to F7."""
    request = entry.request
    require(request.requester == entry.actor, "F1", "somebody files for themselves")
    require(not state.people[entry.actor].frozen, "F1", f"`{entry.actor}` is frozen: a request was reported")
    require(request.id not in state.requests and bool(request.id), "F1", f"there is a request `{request.id}` already")
    guarded = state.accounts.get(request.account)
    if guarded is None:
        raise Refused("F2", f"account `{request.account}` is not guarded here")
    quorum = state.quorum_of(request)
    _check_words(request, quorum, entry.at)
    _check_phrase(request)
    _check_fields(request)
    _check_purpose(state, request, guarded.account, entry.at)
    _check_recipients(state, request, quorum, entry.at)
    if request.emergency:
        require(entry.actor in quorum.emergency, "F6", f"`{entry.actor}` is not on the emergency list")
        ordinary = request.purpose in (Purpose.VISIT, Purpose.TASK_SESSION)
        require(ordinary, "F7", f"there is no emergency path for an {request.purpose}")


def apply_filed(state: State, entry: RequestFiled) -> None:
    """It waits for approvals."""
    state.requests[entry.request.id] = Filed(
        request=entry.request, digest=digest_of(entry.request), index=state.size, at=entry.at
    )
    state.waiting[entry.request.id] = None


def check_approval(state: State, entry: ApprovalGiven) -> None:
    """A1 to A7; the signature was checked before."""
    filed = state.request(entry.request)
    request = filed.request
    _check_open(state, filed, entry.at)
    require(
        entry.actor not in involved(state, request),
        "A2",
        f"`{entry.actor}` asked, receives, or enrolled a seed of this account",
    )
    approver = has_any(state, entry.actor, [Role.APPROVER], entry.at)
    stands_in = request.emergency and has_any(state, entry.actor, [Role.CUSTODIAN], entry.at)
    require(approver or stands_in, "A3", f"`{entry.actor}` is no approver who counts by now")
    require(in_good_standing(state, entry.actor), "A3", f"`{entry.actor}` is frozen: a request was reported")
    require(entry.digest == filed.digest, "A4", "the approval is for another request")
    seen = state.tree.root_at(entry.head_size)
    known = seen is not None and seen.hex() == entry.head_root and entry.head_size > filed.index
    require(known, "A5", "the log the approver saw is not this one, or does not hold the request")
    good = is_phrase(entry.phrase, request.phrase_salt, request.phrase_digest)
    require(good, "A6", "the phrase is not the one the requester has", hint="ask the requester to read it out again")
    require(entry.actor not in filed.approvals, "A7", f"`{entry.actor}` approved already")


def check_approving_key(state: State, entry: ApprovalGiven, key: PublicKey) -> None:
    """A3: synced passkeys approve nothing where the settings say so."""
    asked = state.quorum_of(state.requests[entry.request].request).device_bound_approvals
    bound = key.kind == "ed25519" or key.device_bound
    require(bound or not asked, "A3", "approvals ask for a passkey that stays on its device")


def apply_approval(state: State, entry: ApprovalGiven) -> None:
    """One more agrees."""
    state.requests[entry.request].approvals[entry.actor] = state.size


def check_denied(state: State, entry: RequestDenied) -> None:
    """A1, with a reason."""
    _check_open(state, state.request(entry.request), entry.at)
    require(bool(entry.reason.strip()), "A1", "a denial says why")


def apply_denied(state: State, entry: RequestDenied) -> None:
    """It ends."""
    state.over(state.requests[entry.request], Stage.DENIED)


def check_withdrawn(state: State, entry: RequestWithdrawn) -> None:
    """A1, by its own requester."""
    filed = state.request(entry.request)
    _check_open(state, filed, entry.at)
    require(filed.request.requester == entry.actor, "G6", "a request is withdrawn by its requester")


def apply_withdrawn(state: State, entry: RequestWithdrawn) -> None:
    """It ends."""
    state.over(state.requests[entry.request], Stage.WITHDRAWN)


def check_reported(state: State, entry: RequestReported) -> None:
    """A1: anybody may report what nobody announced, also what was filed in their own name."""
    _check_open(state, state.request(entry.request), entry.at)


def apply_reported(state: State, entry: RequestReported) -> None:
    """It ends, and its requester can do nothing until two administrators lift that."""
    filed = state.requests[entry.request]
    state.over(filed, Stage.REPORTED)
    name = filed.request.requester
    state.people[name] = msgspec.structs.replace(state.people[name], frozen=entry.request)


def check_expired(state: State, entry: RequestExpired) -> None:
    """A1: its time has passed."""
    filed = state.request(entry.request)
    passed = filed.stage is Stage.FILED and state.stage_of(filed, entry.at) in (Stage.EXPIRED, Stage.VOID)
    require(passed, "A1", "the request is not over")


def apply_expired(state: State, entry: RequestExpired) -> None:
    """It stays what time or a change made of it."""
    filed = state.requests[entry.request]
    state.over(filed, state.stage_of(filed, entry.at))


def check_notice(state: State, entry: NoticeRecorded) -> None:
    """A1: of an entry there is, to somebody there is."""
    if entry.request:
        state.request(entry.request)
    require(entry.about < state.size, "A1", "there is no such entry to tell of")
    require(entry.person in state.people, "G6", f"`{entry.person}` is nobody this log knows")


def apply_notice(state: State, entry: NoticeRecorded) -> None:
    """Whether anybody was reached, and when, matters to emergencies (L6); who was not is tried again."""
    told = state.told.setdefault(entry.about, {})
    told[entry.person] = told.get(entry.person, False) or entry.delivered
    key, before = (entry.about, entry.person), state.untold.pop((entry.about, entry.person), None)
    if not told[entry.person]:
        first, attempts = (before.first, before.attempts + 1) if before else (entry.at, 1)
        state.untold[key] = Untold(first=first, last=entry.at, attempts=attempts)
    if entry.request:
        reached = state.requests[entry.request].told
        reached[entry.person] = reached.get(entry.person) or (entry.at if entry.delivered else None)


def _check_open(state: State, filed: Filed, at: datetime) -> None:
    stage = state.stage_of(filed, at)
    require(stage is Stage.FILED, "A1", f"the request is {_OPEN.get(stage, stage)}", hint="file a new one")


def involved(state: State, request: Request) -> frozenset[str]:
    """Who does not approve a request: who asks, who receives, who knows a secret of the account (BG-3)."""
    enrollers = {record.enroller for record in state.accounts[request.account].records.values()}
    return frozenset({request.requester, *request.recipients} | enrollers)


def _check_words(request: Request, quorum: Quorum, at: datetime) -> None:
    for field in ("task", "ticket", "reason"):
        require(bool(getattr(request, field).strip()), "F3", f"`{field}` is missing")
    require(request.task != OTHER or bool(request.words.strip()), "F3", "the task `other` needs words")
    window = request.until - request.start
    require(timedelta() < window <= timedelta(minutes=quorum.window_minutes), "F3", "the window is too long, or empty")
    require(at < request.until, "F3", "the window is over")
    lives = timedelta(minutes=quorum.request_minutes)
    require(request.start < at + lives, "F3", "the request would expire before its window begins")
    check_networks(request.sources, "F3")


def _check_phrase(request: Request) -> None:
    salt = decode(request.phrase_salt)
    salted = salt is not None and len(salt) >= _SALT_BYTES
    require(salted and len(request.phrase_digest) == _DIGEST_LETTERS, "F3", "the phrase has no salt, or no digest")


def _check_fields(request: Request) -> None:
    """F3: nothing is asked for beside what the purpose gives, so that approvers see all there is to agree to."""
    allowed = _FIELDS[request.purpose]
    for field in ("code_to", "password_to", "device", "task_policy", "role"):
        fits = field in allowed or not getattr(request, field)
        require(fits, "F3", f"`{field}` has no place in a request of the purpose `{request.purpose}`")


def _check_purpose(state: State, request: Request, account: Account, at: datetime) -> None:
    if request.purpose is Purpose.TASK_SESSION:
        require(account.position == "member", "F5", "task sessions are for member accounts")
        require(bool(request.task_policy), "F3", "a task session names one task policy")
        require(request.role in account.task_roles, "F3", f"`{request.role}` is no role task sessions start from")
        return
    needed = account.need is Need.REQUIRED or f"member:{account.id}" in state.waived(at)
    require(needed, "F5", "this account needs no root credentials", hint="ask for a task session (BG-17)")
    if request.purpose is Purpose.VISIT:
        _check_held(state, request)
    if request.purpose is Purpose.ENROLMENT and request.device:
        known = request.device in vaulted(state, request.account)
        require(known, "F2", f"the account has no device `{request.device}` to enrol")
    if request.purpose is Purpose.EXPORT:
        held = request.device in state.accounts[request.account].records
        require(held, "F2", "the vault holds nothing of that name to export")


def vaulted(state: State, account: str) -> frozenset[str]:
    """Devices of an account whose seed may be in the vault."""
    devices = state.accounts[account].account.devices
    return frozenset(device.id for device in devices if device.kind == "totp")


def _check_held(state: State, request: Request) -> None:
    records = state.accounts[request.account].records
    require(bool(request.recipients), "F3", "the request releases nothing to nobody")
    if request.code_to:
        record = records.get(request.device) if request.device in vaulted(state, request.account) else None
        require(record is not None and record.proven, "F2", f"no device `{request.device}` of this account is proven")
    else:
        require(not request.device, "F3", "a device is named, and nobody gets its codes")
    if request.password_to:
        require("" in records, "F2", "the vault holds no password of this account")


def _check_recipients(state: State, request: Request, quorum: Quorum, at: datetime) -> None:
    for name in sorted(request.recipients):
        standing = state.people.get(name)
        fit = standing is not None and counts_as(standing, Role.REQUESTER, at) and not standing.frozen
        require(fit, "F4", f"`{name}` is no requester who counts by now")
    both = request.code_to and request.code_to == request.password_to
    require(not (both and quorum.separate_recipients), "F4", "password and code go to different people (BG-8)")


_DIGEST_LETTERS: Final = 64
_SALT_BYTES: Final = 16
_FIELDS: Final[dict[Purpose, frozenset[str]]] = {
    Purpose.VISIT: frozenset({"code_to", "password_to", "device"}),
    Purpose.TASK_SESSION: frozenset({"task_policy", "role"}),
    Purpose.ENROLMENT: frozenset({"device"}),
    Purpose.EXPORT: frozenset({"device"}),
}
