"""One step: an entry is checked against the state, and only then becomes part of it.

The broker calls `step` before it writes, the vault before it releases, an auditor over the whole log: they all decide
alike. Checks cite the steps of docs/break-glass-protocol.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from rootwarden.breakglass.core import (
    custody,
    drilling,
    founding,
    governing,
    leasing,
    recording,
    releasing,
    requesting,
    returning,
)
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.people import Role
from rootwarden.breakglass.core.refusal import Refused, require
from rootwarden.breakglass.core.standing import has_any, person_of, signed_by, signed_with
from rootwarden.breakglass.core.state import State
from rootwarden.breakglass.core.who import PERSON_MAY, SYSTEM_MAY, WHO_MAY
from rootwarden.errors import InputError
from rootwarden.facts.instant import sensible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rootwarden.breakglass.core.public_key import PublicKey
    from rootwarden.breakglass.core.standing import Signed


class Rule(NamedTuple):
    """What one kind of entry needs, what it needs of the key that signs it, and what it does."""

    check: Callable[[State, Any], None]
    apply: Callable[[State, Any], None]
    check_key: Callable[[State, Any, PublicKey], None] | None = None


def _nothing(_state: State, _entry: log.Entry) -> None:
    """For what is only recorded."""


_RULES: Final[dict[type[log.Entry], Rule]] = {
    log.LogBegun: Rule(founding.check_log_begun, founding.apply_log_begun),
    log.EpochBegun: Rule(founding.check_epoch_begun, founding.apply_epoch_begun),
    log.ClockAttested: Rule(founding.check_clock_attested, founding.apply_clock_attested),
    log.SinkChanged: Rule(_nothing, recording.apply_sink),
    log.KeyOffered: Rule(governing.check_key_offered, governing.apply_key_offered),
    log.ChangeProposed: Rule(governing.check_proposed, governing.apply_proposed),
    log.ChangeSeconded: Rule(governing.check_seconded, governing.apply_seconded),
    log.PersonSuspended: Rule(governing.check_suspended, governing.apply_suspended),
    log.LeaverSuspended: Rule(governing.check_suspended, governing.apply_suspended),
    log.RequestFiled: Rule(requesting.check_filed, requesting.apply_filed),
    log.ApprovalGiven: Rule(requesting.check_approval, requesting.apply_approval, requesting.check_approving_key),
    log.RequestDenied: Rule(requesting.check_denied, requesting.apply_denied),
    log.RequestWithdrawn: Rule(requesting.check_withdrawn, requesting.apply_withdrawn),
    log.RequestReported: Rule(requesting.check_reported, requesting.apply_reported),
    log.RequestExpired: Rule(requesting.check_expired, requesting.apply_expired),
    log.NoticeRecorded: Rule(requesting.check_notice, requesting.apply_notice),
    log.LeaseOpened: Rule(leasing.check_opened, leasing.apply_opened),
    log.LeaseEnded: Rule(leasing.check_ended, leasing.apply_ended),
    log.CodeReleased: Rule(releasing.check_code, releasing.apply_code, releasing.check_releasing_key),
    log.PasswordReleased: Rule(releasing.check_password, releasing.apply_password, releasing.check_releasing_key),
    log.TaskSessionReleased: Rule(
        releasing.check_task_session, releasing.apply_task_session, releasing.check_releasing_key
    ),
    log.ExportReleased: Rule(releasing.check_export, releasing.apply_export, releasing.check_releasing_key),
    log.CheckoutPublished: Rule(releasing.check_checkout, _nothing),
    log.CheckedIn: Rule(returning.check_checked_in, returning.apply_checked_in),
    log.DutyAccepted: Rule(returning.check_accepted, returning.apply_accepted),
    log.LeaseClosed: Rule(returning.check_closed, returning.apply_closed),
    log.EpochSealed: Rule(custody.check_epoch_sealed, custody.apply_epoch_sealed),
    log.OpeningBegun: Rule(custody.check_opening, custody.apply_opening),
    log.ShareGiven: Rule(custody.check_share, custody.apply_share),
    log.ShareRefused: Rule(custody.check_share_refused, custody.apply_share_refused),
    log.OpeningEnded: Rule(custody.check_opening_ended, custody.apply_opening_ended),
    log.RecordSealed: Rule(custody.check_record, custody.apply_record),
    log.EnrolmentServed: Rule(custody.check_served, custody.apply_served, releasing.check_releasing_key),
    log.EnrolmentProven: Rule(custody.check_proven, custody.apply_proven),
    log.DrillBegun: Rule(drilling.check_begun, drilling.apply_begun),
    log.DrillDone: Rule(drilling.check_done, drilling.apply_done),
    log.SignedIn: Rule(_nothing, _nothing),
    log.HazardNoticed: Rule(recording.check_hazard, recording.apply_hazard),
    log.AttemptRefused: Rule(_nothing, _nothing),
}


def check(state: State, entry: log.Entry) -> tuple[Signed, ...]:
    """Do every check of an entry, and change nothing.

    Returns:
        The signatures it bears.

    Raises:
        Refused: A step refused it.
    """
    _content_of(entry)
    return _check(state, entry)


def _check(state: State, entry: log.Entry) -> tuple[Signed, ...]:
    _check_order(state, entry)
    _check_actor(state, entry)
    signed = _check_signatures(state, entry)
    rule = _RULES[type(entry)]
    rule.check(state, entry)
    if rule.check_key is not None:
        rule.check_key(state, entry, signed[0].key)
    return signed


def precheck(state: State, entry: log.Entry) -> None:
    """Do the checks of an entry that nobody has signed yet, so that nobody is asked to sign in vain.

    Raises:
        Refused: A step refused it.
    """
    _content_of(entry)
    _check_order(state, entry)
    _check_actor(state, entry)
    if not isinstance(entry, log.JointEntry):
        _RULES[type(entry)].check(state, entry)


def step(state: State, entry: log.Entry) -> None:
    """Check an entry and make it part of the state.

    Args:
        state: The replay so far; unchanged when the entry is refused.
        entry: The next entry of the log.

    Raises:
        Refused: A step refused it.
    """
    _step(state, entry, _content_of(entry))


def _step(state: State, entry: log.Entry, content: bytes) -> None:
    signed = _check(state, entry)
    _RULES[type(entry)].apply(state, entry)
    for one in signed:
        state.counters[one.key.id] = one.counter
    if isinstance(entry, (log.SignedEntry, log.JointEntry)):
        state.nonces.add(entry.nonce)
    state.newest_at = entry.at
    root = state.tree.append(content)
    if isinstance(entry, (log.LogBegun, log.EpochBegun)):
        state.epoch_root = root.hex()


def replay(entries: Iterable[bytes]) -> State:
    """The state a log makes.

    Raises:
        Refused: An entry is not allowed, or cannot be read (G3); the message names its place.
    """
    state = State()
    for content in entries:
        try:
            _step(state, _read(content), content)
        except Refused as error:
            raise Refused(error.step, f"entry {state.size}: {error.message}", hint=error.hint) from error
    return state


def _read(content: bytes) -> log.Entry:
    """G3."""
    try:
        return log.from_bytes(content)
    except InputError as error:
        raise Refused("G3", error.message, hint=error.hint) from error


def _content_of(entry: log.Entry) -> bytes:
    """The bytes of an entry that was made here, once they would also be read by those who only have the bytes (G3)."""
    try:
        content = log.to_bytes(entry)
    except InputError as error:
        raise Refused("G3", error.message, hint=error.hint) from error
    require(_read(content) == entry, "G3", "the entry is not what its bytes say")
    return content


def _check_order(state: State, entry: log.Entry) -> None:
    first = isinstance(entry, log.LogBegun)
    require(first is (state.size == 0), "G1", "a log begins with `log-begun`, once")
    require(entry.at >= state.newest_at, "G2", "the entry is older than the one before it")
    require(sensible(entry.at), "G2", "the entry is of a year that cannot be reckoned with")
    if isinstance(entry, (log.SignedEntry, log.JointEntry)):
        require(len(entry.nonce) >= _SHORTEST_NONCE, "G4", "the nonce is too short")
        require(entry.nonce not in state.nonces, "G4", "the signature was used already")


def _check_actor(state: State, entry: log.Entry) -> None:
    may = WHO_MAY[log.kind_of(entry)]
    if entry.actor == log.SYSTEM:
        require(SYSTEM_MAY in may, "G6", f"`{log.kind_of(entry)}` is for people to say")
        return
    person_of(state, entry.actor)
    roles = [Role(one) for one in may if one not in (SYSTEM_MAY, PERSON_MAY)]
    allowed = PERSON_MAY in may or has_any(state, entry.actor, roles, entry.at)
    require(allowed, "G6", f"`{entry.actor}` may not write `{log.kind_of(entry)}`")


def _check_signatures(state: State, entry: log.Entry) -> tuple[Signed, ...]:
    if not isinstance(entry, (log.SignedEntry, log.JointEntry)):
        return ()
    message = state.message(entry)
    if isinstance(entry, log.LogBegun):
        return founding.check_founders(entry, message)
    if isinstance(entry, log.KeyOffered):
        return (signed_with(entry.key, message, entry.authenticator),)
    if isinstance(entry, log.JointEntry):
        people = [one.person for one in entry.signers]
        require(len(set(people)) == len(people), "G5", "somebody signed twice")
        return tuple(signed_by(state, one.person, message, one.authenticator, entry.at) for one in entry.signers)
    return (signed_by(state, entry.actor, message, entry.authenticator, entry.at),)


# 128 random bits in Base64 or hexadecimal.
_SHORTEST_NONCE: Final = 22
