"""The beginning of a log, the beginning of an epoch after a rollback, and attested clocks."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rootwarden.breakglass.core.entry import EpochBegun, LogBegun
from rootwarden.breakglass.core.governing import check_checkpoint_key, check_person
from rootwarden.breakglass.core.people import HeldKey, Role, Standing
from rootwarden.breakglass.core.public_key import UnverifiedError, check_public_key
from rootwarden.breakglass.core.refusal import Refused, require
from rootwarden.breakglass.core.releasing import PERIOD, step_begins
from rootwarden.breakglass.core.settings import LEAST_ADMINISTRATORS, check_settings
from rootwarden.breakglass.core.standing import has_any, signed_by, signed_with
from rootwarden.breakglass.core.state import Stage

if TYPE_CHECKING:
    from rootwarden.breakglass.core.entry import ClockAttested, Cosigner, JointEntry
    from rootwarden.breakglass.core.standing import Signed
    from rootwarden.breakglass.core.state import State

CLOCK_BOUND: Final = timedelta(seconds=5)
ATTESTATION_LIVES: Final = timedelta(minutes=30)
ATTESTORS: Final = 2


def check_founders(entry: LogBegun, message: bytes) -> tuple[Signed, ...]:
    """G1: every founder signs with the key they bring.

    Raises:
        Refused: One does not.
    """
    keys = {founder.person.id: founder.key for founder in entry.founders}
    require(len(keys) == len(entry.founders), "G1", "two founders have one id")
    require({one.person for one in entry.signers} == set(keys), "G1", "not every founder, and nobody else, signs")
    require(len(entry.signers) == len(keys), "G1", "a founder signs twice")
    for key in keys.values():
        try:
            check_public_key(key)
        except UnverifiedError as error:
            raise Refused("C5", error.message, hint=error.hint) from error
    return tuple(signed_with(keys[one.person], message, one.authenticator) for one in entry.signers)


def check_signer(state: State, entry: JointEntry, signer: Cosigner) -> None:
    """Check the signature of one of several, before the others have signed.

    Raises:
        Refused: It is not theirs (G5), or they are no founder (G1).
    """
    if not isinstance(entry, LogBegun):
        signed_by(state, signer.person, state.message(entry), signer.authenticator, entry.at)
        return
    keys = {founder.person.id: founder.key for founder in entry.founders}
    require(signer.person in keys, "G1", f"`{signer.person}` is no founder")
    signed_with(keys[signer.person], state.message(entry), signer.authenticator)


def signers_needed(entry: JointEntry) -> int:
    """How many people sign an entry of several before it can be written."""
    if isinstance(entry, LogBegun):
        return len(entry.founders)
    return LEAST_ADMINISTRATORS + 1 if isinstance(entry, EpochBegun) else ATTESTORS


def check_log_begun(_state: State, entry: LogBegun) -> None:
    """G1: at least two administrators, a checkpoint key, settings within their limits."""
    people = {founder.person.id: founder.person for founder in entry.founders}
    administrators = [one for one in people.values() if Role.ADMINISTRATOR in one.roles]
    require(len(administrators) >= LEAST_ADMINISTRATORS, "G1", "a log is founded by at least two administrators")
    named = [name for founder in entry.founders for name in {founder.key.id, founder.key.credential_id} if name]
    require(len(set(named)) == len(named), "C5", "two founders share a key")
    check_checkpoint_key(entry.checkpoint_key, "G1")
    for person in people.values():
        check_person(person, people)
    check_settings(entry.settings)


def apply_log_begun(state: State, entry: LogBegun) -> None:
    """Founders and their keys count at once."""
    state.log, state.checkpoint_key, state.settings = entry.log, entry.checkpoint_key, entry.settings
    for founder in entry.founders:
        state.people[founder.person.id] = Standing(
            person=founder.person,
            keys={founder.key.id: HeldKey(key=founder.key, counts_from=entry.at)},
            roles_from=dict.fromkeys(founder.person.roles, entry.at),
        )


def check_epoch_begun(state: State, entry: EpochBegun) -> None:
    """E1 to E3."""
    signers = [one.person for one in entry.signers]
    administrators = {one for one in signers if has_any(state, one, [Role.ADMINISTRATOR], entry.at)}
    custodians = {one for one in signers if has_any(state, one, [Role.CUSTODIAN], entry.at)}
    met = len(administrators) >= LEAST_ADMINISTRATORS and bool(custodians - administrators)
    require(met, "E1", "an epoch is begun by two administrators and a custodian")
    require(entry.epoch == state.epoch + 1, "E2", f"the next epoch is {state.epoch + 1}")
    whole = (entry.head_size, entry.head_root) == (state.size, state.tree.root.hex())
    require(whole, "E2", "the log its signers saw is not this one, or it moved on", hint="sign it again")
    floors = {(floor.account, floor.device): floor.step for floor in entry.floors}
    for where, (released, _) in state.last_steps.items():
        require(floors.get(where, released) >= released, "E3", "a floor lies below a step that was released")
    latest = max(floors.values(), default=0)
    near = step_begins(latest) <= entry.at + 2 * PERIOD
    require(near, "E3", "a floor lies in the future: no code would be served until then")


def apply_epoch_begun(state: State, entry: EpochBegun) -> None:
    """Everything open ends."""
    state.epoch, state.epoch_index = entry.epoch, state.size
    for floor in entry.floors:
        state.last_steps[floor.account, floor.device] = (floor.step, "")
    for name in [*state.waiting]:
        state.over(state.requests[name], Stage.VOID)
    for name in [*state.open_leases.values()]:
        state.end(state.leases[name], entry.at, "epoch")
    state.proposals.clear()
    state.offered.clear()
    state.nonces.clear()
    for opening in state.openings.values():
        opening.outcome = opening.outcome or "epoch"


def check_clock_attested(_state: State, entry: ClockAttested) -> None:
    """Two people attest one instant, from a source of their own, close to the clock it corrects."""
    require(len(entry.signers) >= ATTESTORS, "V5", "a clock is attested by two people")
    require(bool(entry.source), "V5", "where the time was read is missing")
    fresh = timedelta() <= entry.at - entry.read_at <= ATTESTATION_LIVES
    require(fresh, "V5", "the time was read too long ago", hint="read it again, and attest it within half an hour")
    near = abs(entry.read_at - entry.instant) <= CLOCK_BOUND
    require(near, "V5", "the clock is more than 5 s from the attested time", hint="set the clock, then attest again")


def apply_clock_attested(state: State, entry: ClockAttested) -> None:
    """It carries the clock on while no source can be reached."""
    state.attested = entry
