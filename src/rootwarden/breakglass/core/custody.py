"""Custody in the log: sealed epochs, openings, shares, records, enrolment; steps O1 to O4, N1 to N3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.breakglass.core.entries.base import SYSTEM
from rootwarden.breakglass.core.people import Role
from rootwarden.breakglass.core.refusal import Refused, require
from rootwarden.breakglass.core.releasing import PERIOD, open_lease, step_begins
from rootwarden.breakglass.core.request import Purpose
from rootwarden.breakglass.core.requesting import vaulted
from rootwarden.breakglass.core.settings import MOST_OPENINGS, OPENED_LIVES, OPENING_LIVES
from rootwarden.breakglass.core.standing import has_any
from rootwarden.breakglass.core.state import Opening, Record

if TYPE_CHECKING:
    from datetime import datetime

    from rootwarden.breakglass.core.entry import (
        EnrolmentProven,
        EnrolmentServed,
        EpochSealed,
        OpeningBegun,
        OpeningEnded,
        RecordSealed,
        ShareGiven,
        ShareRefused,
    )
    from rootwarden.breakglass.core.request import Request
    from rootwarden.breakglass.core.settings import Group
    from rootwarden.breakglass.core.state import Lease, State

LEASE, REWRAP = "lease", "rewrap"
OPENED: Final = "opened"
OUTCOMES: Final = frozenset({OPENED, "expired", "failed"})
SEED, PASSWORD = "totp-seed", "root-password"
_DIGEST_LETTERS: Final = 64


def group_in(state: State, name: str, epoch: int) -> Group:
    """A custody group in the present epoch, or in the one before it while that is wrapped anew.

    Raises:
        Refused: There is none (O2).
    """
    custody = state.groups.get(name)
    for one in (custody, custody.before if custody else None):
        if one is not None and one.group.epoch == epoch:
            return one.group
    raise Refused("O2", f"there is no custody group `{name}` in epoch {epoch}")


def check_epoch_sealed(state: State, entry: EpochSealed) -> None:
    """O2: the vault made the envelope two administrators decided on; a later one after opening the one before."""
    group_in(state, entry.group, entry.epoch)
    custody = state.groups[entry.group]
    require(custody.group.epoch == entry.epoch and not custody.digest, "O2", "this epoch is sealed already")
    require(len(entry.digest) == _DIGEST_LETTERS, "O2", "the envelope has no digest")
    opened = entry.epoch == 1 or any(
        one.outcome == OPENED and (one.group, one.epoch, one.purpose) == (entry.group, entry.epoch - 1, REWRAP)
        for one in state.openings.values()
    )
    require(opened, "O2", "the epoch before was not opened to be wrapped anew")
    wrapped = [one.account for one in entry.account_keys]
    require(sorted(wrapped) in ([], sorted(custody.group.accounts)), "O2", "the keys are not those of the accounts")
    held = {(account, device): record for account, device, record in records_of(state, entry.group)}
    named = {(one.account, one.device): one for one in entry.records}
    whole = len(named) == len(entry.records) and named.keys() == held.keys()
    require(whole, "O2", "the records of the group are not all encrypted anew")
    for where, one in named.items():
        later = one.version > held[where].version and len(one.digest) == _DIGEST_LETTERS
        require(later, "O2", f"the record of `{one.device}` is no later one")


def apply_epoch_sealed(state: State, entry: EpochSealed) -> None:
    """It can be opened from now on, and the one before cannot."""
    custody = state.groups[entry.group]
    custody.digest, custody.before = entry.digest, None
    custody.account_keys = {one.account: one.digest for one in entry.account_keys}
    for one in entry.records:
        record = state.accounts[one.account].records[one.device]
        record.epoch, record.version, record.digest = entry.epoch, one.version, one.digest


def records_of(state: State, group: str) -> tuple[tuple[str, str, Record], ...]:
    """What the vault holds below the key of a custody group: account, device, record."""
    return tuple(
        (account, device, record)
        for account, guarded in sorted(state.accounts.items())
        for device, record in sorted(guarded.records.items())
        if record.group == group
    )


def check_opening(state: State, entry: OpeningBegun) -> None:
    """O1, O2; and O5 when somebody asks for it anew."""
    if entry.actor != SYSTEM:
        _check_asked_again(state, entry)
    group = group_in(state, entry.group, entry.epoch)
    require(entry.opening not in state.openings and bool(entry.opening), "O1", "there is such an opening already")
    require(bool(entry.fingerprint), "O1", "the opening has no fingerprint")
    custody = state.groups[entry.group]
    if entry.purpose == REWRAP:
        stands = custody.before is not None and entry.epoch == custody.before.group.epoch
        require(stands and entry.reference == entry.group, "O1", "no change of custody asks for this opening")
        return
    require(entry.purpose == LEASE, "O1", f"`{entry.purpose}` is no purpose of an opening")
    require(bool(custody.digest) and custody.group.epoch == entry.epoch, "O2", "this epoch is not sealed")
    lease = open_lease(state, entry.reference, entry.at, step="O1")
    require(lease.request.account in group.accounts, "O1", "the group does not open the account of this lease")
    needed = group.holds in opened_for(lease.request)
    require(needed, "O1", f"nothing of this lease needs the {group.holds} that `{group.id}` holds")


def apply_opening(state: State, entry: OpeningBegun) -> None:
    """Custodians are asked."""
    state.openings[entry.opening] = Opening(
        id=entry.opening,
        group=entry.group,
        epoch=entry.epoch,
        purpose=entry.purpose,
        reference=entry.reference,
        fingerprint=entry.fingerprint,
        at=entry.at,
        index=state.size,
    )


def check_share(state: State, entry: ShareGiven) -> None:
    """O2 to O4."""
    opening = _opening(state, entry.opening)
    require(entry.at < opening.at + OPENING_LIVES, "O4", "the opening is over")
    group = group_in(state, opening.group, opening.epoch)
    own = entry.actor in {custodian.person for custodian in group.custodians}
    require(own, "O2", f"`{entry.actor}` is no custodian of `{opening.group}`")
    require(entry.actor not in opening.shares, "O3", f"`{entry.actor}` gave already")
    require(entry.fingerprint == opening.fingerprint, "O1", "the fingerprint is that of another opening")
    if opening.purpose == LEASE:
        request = open_lease(state, opening.reference, entry.at, step="O1").request
        own = entry.actor in {request.requester, *request.recipients}
        require(not own, "O2", "who has the lease gives no share to it", hint="another custodian gives")


def apply_share(state: State, entry: ShareGiven) -> None:
    """One more gave."""
    state.openings[entry.opening].shares[entry.actor] = entry.digest


def check_share_refused(state: State, entry: ShareRefused) -> None:
    """O3: what was given and is not used."""
    gave = entry.custodian in _opening(state, entry.opening).shares
    require(gave, "O3", f"`{entry.custodian}` gave nothing to this opening")


def apply_share_refused(state: State, entry: ShareRefused) -> None:
    """They may give again."""
    del state.openings[entry.opening].shares[entry.custodian]


def check_opening_ended(state: State, entry: OpeningEnded) -> None:
    """O1: as it went; opened only with enough shares."""
    opening = _opening(state, entry.opening)
    require(entry.outcome in OUTCOMES, "O1", f"`{entry.outcome}` is no end of an opening")
    if entry.outcome != OPENED:
        return
    group = group_in(state, opening.group, opening.epoch)
    require(len(opening.shares) >= group.threshold, "O1", "too few custodians gave a share")
    require(entry.at < opening.at + OPENING_LIVES, "O4", "the opening is over")
    if opening.purpose == LEASE:
        open_lease(state, opening.reference, entry.at, step="O1")


def apply_opening_ended(state: State, entry: OpeningEnded) -> None:
    """It is over."""
    opening = state.openings[entry.opening]
    opening.outcome, opening.ended = entry.outcome, entry.at
    if opening.purpose == LEASE:
        opening.given = len(state.leases[opening.reference].steps)


def newest_opened(state: State, lease: str, holds: str) -> Opening | None:
    """The opening that custodians opened last for a lease, in the present epoch of its group."""
    for one in reversed(state.openings.values()):
        if (one.reference, one.purpose, one.outcome) == (lease, LEASE, OPENED):
            group = state.groups[one.group].group
            if (group.holds, group.epoch) == (holds, one.epoch):
                return one
    return None


def still_opens(state: State, lease: Lease, holds: str, at: datetime) -> int:
    """How many releases of a lease the keys serve that custodians opened last, as far as a log can tell.

    Of an enrolment or an export the vault alone counts: 1 while their time lasts.
    """
    opened = newest_opened(state, lease.id, holds)
    if opened is None or opened.ended is None or at >= opened.ended + OPENED_LIVES:
        return 0
    if holds == PASSWORD or lease.request.purpose is not Purpose.VISIT:
        return 1
    serves = state.quorum_of(lease.request).codes_per_opening
    return max(0, serves - (len(lease.steps) - opened.given))


def exported_records(state: State, request: Request) -> tuple[tuple[str, Record], ...]:
    """What an export of this request holds, by device: every record that the group of the asked one keeps."""
    account = state.accounts[request.account]
    asked = account.records.get(request.device)
    return tuple(
        (device, record)
        for device, record in sorted(account.records.items())
        if asked is not None and record.group == asked.group and bool(device) is bool(request.device)
    )


def still_owed(state: State, lease: Lease, holds: str) -> bool:
    """Whether a lease still has to give, or to take in, what a group of this kind holds."""
    request = lease.request
    if holds not in opened_for(request):
        return False
    if request.purpose is Purpose.EXPORT:
        return not lease.exported
    if request.purpose is Purpose.ENROLMENT:
        record = state.accounts[request.account].records.get(request.device)
        is_done = record is not None and record.lease == lease.id and record.proven
        return not is_done
    if holds == PASSWORD:
        return not lease.password_released
    return len(lease.steps) < state.quorum_of(request).codes


def check_record(state: State, entry: RecordSealed) -> None:
    """N1: during an approved enrolment, by who asked for it, into a sealed group that covers the account."""
    lease = _enrolment(state, entry.lease, entry.at)
    require(entry.actor == lease.request.requester, "N1", "who asked for the enrolment brings the seed")
    asked = (entry.account, entry.device) == (lease.request.account, lease.request.device)
    require(asked, "N1", "the enrolment is for another account, or another device")
    custody = state.groups.get(entry.group)
    sealed = custody is not None and bool(custody.digest) and custody.group.epoch == entry.epoch
    require(sealed, "N1", f"the custody group `{entry.group}` is not sealed in epoch {entry.epoch}")
    if custody is not None:
        require(entry.account in custody.group.accounts, "N1", f"`{entry.group}` does not cover the account")
        require(custody.group.holds == entry.holds, "N1", f"`{entry.group}` does not hold a {entry.holds}")
    guarded = state.accounts[entry.account]
    named = entry.device in vaulted(state, entry.account) if entry.holds == SEED else entry.device == ""
    require(named, "N1", f"the account has no device `{entry.device}` to enrol")
    known = guarded.records.get(entry.device)
    require(entry.version == (known.version + 1 if known else 1), "N1", "the version does not follow the one before")
    require(len(entry.digest) == _DIGEST_LETTERS, "N1", "the record has no digest")


def apply_record(state: State, entry: RecordSealed) -> None:
    """It is there; a seed gives codes only when it is proven, a password at once."""
    state.accounts[entry.account].records[entry.device] = Record(
        index=state.size,
        group=entry.group,
        epoch=entry.epoch,
        version=entry.version,
        fingerprint=entry.fingerprint,
        digest=entry.digest,
        enroller=entry.actor,
        lease=entry.lease,
        proven=entry.holds == PASSWORD,
    )


def check_served(state: State, entry: EnrolmentServed) -> None:
    """N2: exactly two consecutive codes, once (BG-15)."""
    lease = _enrolment(state, entry.lease, entry.at)
    require(entry.actor == lease.request.requester, "N2", "who asked for the enrolment gets its codes")
    record = state.accounts[lease.request.account].records.get(entry.device)
    if record is None or record.proven or record.lease != entry.lease:
        raise Refused("N2", f"the device `{entry.device}` is not being enrolled")
    require(
        record.served is None, "N2", "its two codes were served already", hint="prove them, or enrol the seed again"
    )
    floor, _ = state.last_steps.get((lease.request.account, entry.device), (-1, ""))
    require(entry.step > floor, "R4", "a code of this step, or a later one, was released already")
    begins = step_begins(entry.step)
    near = begins - PERIOD <= entry.at < begins + PERIOD and begins < lease.until
    require(near, "R5", "the step is outside of the lease, or not the present one or the next")


def apply_served(state: State, entry: EnrolmentServed) -> None:
    """Both steps are spent."""
    lease = state.leases[entry.lease]
    record = state.accounts[lease.request.account].records[entry.device]
    record.served = entry.step
    state.last_steps[lease.request.account, entry.device] = (entry.step + 1, lease.id)


def check_proven(state: State, entry: EnrolmentProven) -> None:
    """N3: after the codes, with evidence of a sign-in."""
    lease = state.lease(entry.lease)
    require(lease.request.purpose is Purpose.ENROLMENT, "N3", "the lease is for no enrolment")
    require(entry.actor == lease.request.requester, "N3", "who asked for the enrolment proves it")
    record = state.accounts[lease.request.account].records.get(entry.device)
    served = record is not None and record.served is not None and not record.proven and record.lease == entry.lease
    require(served, "N3", f"the codes of `{entry.device}` were not served, or it is proven already")
    require(bool(entry.evidence.strip()), "N3", "what proves the sign-in is missing")


def apply_proven(state: State, entry: EnrolmentProven) -> None:
    """It gives codes from now on."""
    lease = state.leases[entry.lease]
    state.accounts[lease.request.account].records[entry.device].proven = True


def opened_for(request: Request) -> frozenset[str]:
    """What custodians may be asked to open for a lease: nothing that it does not release or take in."""
    if request.purpose is Purpose.VISIT:
        return frozenset({*([SEED] if request.code_to else []), *([PASSWORD] if request.password_to else [])})
    if request.purpose is Purpose.TASK_SESSION:
        return frozenset()
    return frozenset({SEED if request.device else PASSWORD})


def _check_asked_again(state: State, entry: OpeningBegun) -> None:
    """O5: who asks custodians again, for what, and how often."""
    of_it = [one for one in state.openings.values() if one.reference == entry.reference]
    if entry.purpose == REWRAP:
        require(has_any(state, entry.actor, [Role.ADMINISTRATOR], entry.at), "G6", "administrators ask for a new epoch")
    else:
        lease = state.lease(entry.reference)
        own = entry.actor in {lease.request.requester, *lease.request.recipients}
        require(own, "G6", "custodians are asked again by who has the lease")
        holds = group_in(state, entry.group, entry.epoch).holds
        require(still_owed(state, lease, holds), "O5", f"nothing of this lease needs the {holds} any more")
        require(len(of_it) < MOST_OPENINGS, "O5", "custodians were asked too often", hint="file a new request")
    waits = [one.id for one in of_it if one.group == entry.group and not one.outcome]
    require(not waits, "O5", f"custodians are asked already, by `{''.join(waits[:1])}`")


def _enrolment(state: State, name: str, at: datetime) -> Lease:
    lease = open_lease(state, name, at, step="N1")
    require(lease.request.purpose is Purpose.ENROLMENT, "N1", "there is no open enrolment of this name")
    return lease


def _opening(state: State, name: str) -> Opening:
    opening = state.openings.get(name)
    if opening is None:
        raise Refused("O1", f"there is no opening `{name}`")
    require(not opening.outcome, "O1", "the opening is over")
    return opening
