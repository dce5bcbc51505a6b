"""A wish becomes an entry that lacks nothing but signatures."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from rootwarden.breakglass.broker import wishes
from rootwarden.breakglass.codes.step import step_of
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core import strict_base64
from rootwarden.breakglass.core.authenticator import Signature
from rootwarden.breakglass.core.custody import PASSWORD, SEED, newest_opened, still_opens
from rootwarden.breakglass.core.phrase import WORDS, phrase_digest, spell
from rootwarden.breakglass.core.refusal import Refused, require
from rootwarden.breakglass.core.releasing import step_begins
from rootwarden.breakglass.core.request import Request
from rootwarden.breakglass.core.settings import OPENED_LIVES
from rootwarden.breakglass.custody.opening import share_digest

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from rootwarden.breakglass.core.state import Lease, State

S = TypeVar("S", bound=log.SignedEntry)
J = TypeVar("J", bound=log.JointEntry)
W = TypeVar("W", bound=wishes.Wish)

UNSIGNED: Final = Signature(key="", signature="")
# How long it takes to touch a passkey, and to type the code.
SIGNING_TAKES: Final = timedelta(seconds=12)


class Scene(NamedTuple):
    """What drafting goes by.

    Attributes:
        state: The replay of the log.
        person: Who wishes.
        now: The trusted instant.
        random: Gives random bytes.
        host: Boot id and monotonic clock of the host, in nanoseconds.
        signing: How long a person takes to sign; a step that ends earlier is not worth asking for.
    """

    state: State
    person: str
    now: datetime
    random: Callable[[int], bytes]
    host: tuple[str, int]
    signing: timedelta = SIGNING_TAKES


class Drafted(NamedTuple):
    """An entry without signatures, and what goes with it.

    Attributes:
        entry: The entry.
        phrase: What only who files a request is told.
        extra: What the entry names by its digest: the peeled layers of a share, in Base64.
    """

    entry: log.AnyEntry
    phrase: str = ""
    extra: tuple[str, ...] = ()


def draft(wish: wishes.AnyWish, scene: Scene) -> Drafted:
    """Write the entry a wish asks for.

    Raises:
        Refused: It speaks of something that is not there.
    """
    return _DRAFTERS[type(wish)](wish, scene)


def name_of(random: Callable[[int], bytes], kind: str) -> str:
    """A new name, such as `lease-5f1c…`."""
    return f"{kind}-{random(6).hex()}"


def kept_under(opening: str, custodian: str) -> str:
    """The name under which a share is kept until the vault has it."""
    return f"share of {custodian} to {opening}"


def next_step(last: int, now: datetime, signing: timedelta = SIGNING_TAKES) -> int:
    """The step a code is asked for: the present one while there is time to sign, else the next; never a spent one."""
    present = step_of(now)
    if step_begins(present + 1) - now < signing:
        present += 1
    return max(present, last + 1)


def _file(wish: wishes.File, scene: Scene) -> Drafted:
    phrase = spell(scene.random(2 * WORDS))
    salt = base64.b64encode(scene.random(16)).decode()
    start = wish.start or scene.now
    request = Request(
        id=name_of(scene.random, "request"),
        purpose=wish.purpose,
        account=wish.account,
        requester=scene.person,
        task=wish.task,
        ticket=wish.ticket,
        reason=wish.reason,
        start=start,
        until=start + timedelta(minutes=max(0, min(wish.minutes, _MOST_MINUTES))),
        words=wish.words,
        code_to=wish.code_to,
        password_to=wish.password_to,
        device=wish.device,
        sources=wish.sources,
        task_policy=wish.task_policy,
        role=wish.role,
        emergency=wish.emergency,
        drill=wish.drill,
        overrides_duties=wish.overrides_duties,
        phrase_salt=salt,
        phrase_digest=phrase_digest(phrase, salt),
    )
    return Drafted(_signed(log.RequestFiled, scene, request=request), phrase)


def _approve(wish: wishes.Approve, scene: Scene) -> Drafted:
    filed = scene.state.request(wish.request)
    fields = {"request": wish.request, "digest": filed.digest, "phrase": wish.phrase}
    seen = {"head_size": scene.state.size, "head_root": scene.state.tree.root.hex()}
    return Drafted(_signed(log.ApprovalGiven, scene, **fields, **seen))


def _deny(wish: wishes.Deny, scene: Scene) -> Drafted:
    return Drafted(_signed(log.RequestDenied, scene, request=wish.request, reason=wish.reason))


def _report(wish: wishes.Report, scene: Scene) -> Drafted:
    return Drafted(_signed(log.RequestReported, scene, request=wish.request, reason=wish.reason))


def _suspend(wish: wishes.Suspend, scene: Scene) -> Drafted:
    return Drafted(_signed(log.PersonSuspended, scene, person=wish.person, reason=wish.reason))


def _export(wish: wishes.GetExport, scene: Scene) -> Drafted:
    return Drafted(_signed(log.ExportReleased, scene, lease=wish.lease, digest=wish.digest))


def _code(wish: wishes.GetCode, scene: Scene) -> Drafted:
    lease = scene.state.lease(wish.lease)
    device = lease.request.device
    _check_opened(scene, lease, SEED)
    last, _ = scene.state.last_steps.get((lease.request.account, device), (-1, ""))
    step = next_step(last, scene.now, scene.signing)
    return Drafted(_signed(log.CodeReleased, scene, lease=wish.lease, device=device, step=step))


def _password(wish: wishes.GetPassword, scene: Scene) -> Drafted:
    _check_opened(scene, scene.state.lease(wish.lease), PASSWORD)
    return Drafted(_signed(log.PasswordReleased, scene, lease=wish.lease))


def _check_opened(scene: Scene, lease: Lease, holds: str) -> None:
    """O1: nobody signs for, and spends, what the vault cannot open: a cold record needs its custodians first."""
    state = scene.state
    if holds == SEED and state.warm_minutes(lease.request.account, scene.now):
        return
    again = f"ask them again: `rootwarden breakglass ask-again {lease.id}`"
    opened = newest_opened(state, lease.id, holds)
    if opened is None or opened.ended is None:
        raise Refused("O1", "the custodians have not given their shares yet", hint="the lease says who is needed")
    in_time = scene.now < opened.ended + OPENED_LIVES
    require(in_time, "O1", "what the custodians opened waited for five minutes, and is closed again", hint=again)
    left = still_opens(state, lease, holds, scene.now)
    require(left > 0, "O1", "the custodians opened for the codes that were given", hint=again)


def _task_session(wish: wishes.GetTaskSession, scene: Scene) -> Drafted:
    request = scene.state.lease(wish.lease).request
    fields = {"task_policy": request.task_policy, "role": request.role, "seconds": wish.seconds}
    return Drafted(_signed(log.TaskSessionReleased, scene, lease=wish.lease, **fields))


def _share(wish: wishes.GiveShare, scene: Scene) -> Drafted:
    peeled = [content for one in wish.peeled if (content := strict_base64.decode(one)) is not None]
    require(len(peeled) == len(wish.peeled), "O1", "what was handed in is not in Base64")
    fields = {"opening": wish.opening, "fingerprint": wish.fingerprint, "digest": share_digest(peeled)}
    return Drafted(_signed(log.ShareGiven, scene, **fields), extra=wish.peeled)


def _offer(wish: wishes.OfferKey, scene: Scene) -> Drafted:
    return Drafted(_signed(log.KeyOffered, scene, person=scene.person, key=wish.key))


def _propose(wish: wishes.Propose, scene: Scene) -> Drafted:
    return Drafted(_signed(log.ChangeProposed, scene, proposal=name_of(scene.random, "proposal"), change=wish.change))


def _second(wish: wishes.Second, scene: Scene) -> Drafted:
    proposal = scene.state.proposals.get(wish.proposal)
    if proposal is None:
        raise Refused("C2", f"there is no proposal `{wish.proposal}`")
    return Drafted(_signed(log.ChangeSeconded, scene, proposal=wish.proposal, digest=proposal.digest))


def _record(wish: wishes.ConfirmRecord, scene: Scene) -> Drafted:
    account = scene.state.lease(wish.lease).request.account
    holds = SEED if wish.device else PASSWORD
    return Drafted(_signed(log.RecordSealed, scene, account=account, holds=holds, **_fields(wish)))


def _enrolment(wish: wishes.ServeEnrolment, scene: Scene) -> Drafted:
    lease = scene.state.lease(wish.lease)
    _check_opened(scene, lease, SEED)
    account = lease.request.account
    last, _ = scene.state.last_steps.get((account, wish.device), (-1, ""))
    step = next_step(last, scene.now, scene.signing)
    return Drafted(_signed(log.EnrolmentServed, scene, lease=wish.lease, device=wish.device, step=step))


def _prove(wish: wishes.ProveEnrolment, scene: Scene) -> Drafted:
    return Drafted(_signed(log.EnrolmentProven, scene, **_fields(wish)))


def _check_in(wish: wishes.CheckIn, scene: Scene) -> Drafted:
    return Drafted(_signed(log.CheckedIn, scene, **_fields(wish)))


def _fields(wish: wishes.Wish) -> dict[str, Any]:
    return {name: getattr(wish, name) for name in wish.__struct_fields__}


def _accept(wish: wishes.AcceptDuty, scene: Scene) -> Drafted:
    evidence = scene.state.lease(wish.lease).evidence
    fields = {"lease": wish.lease, "duty": wish.duty, "evidence": evidence, "reason": wish.reason}
    return Drafted(_joint(log.DutyAccepted, scene, **fields))


def _attest(wish: wishes.AttestClock, scene: Scene) -> Drafted:
    boot, monotonic = scene.host
    fields = {"instant": wish.instant, "source": wish.source, "boot": boot, "monotonic_us": monotonic // 1000}
    return Drafted(_joint(log.ClockAttested, scene, read_at=scene.now, **fields))


def _epoch(wish: wishes.BeginEpoch, scene: Scene) -> Drafted:
    # Nothing up to the present step is served again, whatever the lost part of the log released.
    present = step_of(scene.now) + 1
    floors = tuple(
        log.StepFloor(account=account, device=device, step=max(present, last))
        for (account, device), (last, _) in sorted(_known_devices(scene.state).items())
    )
    seen = {"head_size": scene.state.size, "head_root": scene.state.tree.root.hex()}
    fields: dict[str, Any] = {"epoch": scene.state.epoch + 1, "reason": wish.reason, "floors": floors, **seen}
    return Drafted(_joint(log.EpochBegun, scene, **fields))


def _known_devices(state: State) -> dict[tuple[str, str], tuple[int, str]]:
    known = {
        (name, device): (-1, "") for name, guarded in state.accounts.items() for device in guarded.records if device
    }
    return {**known, **state.last_steps}


def _found(wish: wishes.Found, scene: Scene) -> Drafted:
    if len(wish.people) != len(wish.keys):
        raise Refused("G1", "every founder brings one key")
    founders = tuple(log.Founder(person=person, key=key) for person, key in zip(wish.people, wish.keys, strict=True))
    fields: dict[str, Any] = {"log": wish.log, "founders": founders, "settings": wish.settings}
    return Drafted(_joint(log.LogBegun, scene, checkpoint_key="", **fields))


def _signed(kind: type[S], scene: Scene, **fields: Any) -> S:
    nonce = scene.random(16).hex()
    return kind(at=scene.now, actor=scene.person, nonce=nonce, authenticator=UNSIGNED, **fields)


def _joint(kind: type[J], scene: Scene, **fields: Any) -> J:
    nonce = scene.random(16).hex()
    return kind(at=scene.now, actor=log.SYSTEM, nonce=nonce, signers=(), **fields)


_MOST_MINUTES: Final = 24 * 60
_DRAFTERS: Final[dict[type[wishes.Wish], Callable[[Any, Scene], Drafted]]] = {
    wishes.File: _file,
    wishes.Approve: _approve,
    wishes.Deny: _deny,
    wishes.Report: _report,
    wishes.Suspend: _suspend,
    wishes.GetExport: _export,
    wishes.GetCode: _code,
    wishes.GetPassword: _password,
    wishes.GetTaskSession: _task_session,
    wishes.GiveShare: _share,
    wishes.OfferKey: _offer,
    wishes.Propose: _propose,
    wishes.Second: _second,
    wishes.ConfirmRecord: _record,
    wishes.ServeEnrolment: _enrolment,
    wishes.ProveEnrolment: _prove,
    wishes.CheckIn: _check_in,
    wishes.AcceptDuty: _accept,
    wishes.AttestClock: _attest,
    wishes.BeginEpoch: _epoch,
    wishes.Found: _found,
}
