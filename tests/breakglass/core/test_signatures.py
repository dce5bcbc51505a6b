"""Every kind of entry that people sign, found by reflection: only their own, counted key over exactly this is good."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final, get_args

import msgspec
import pytest
from tests.breakglass.core.situations import SITUATIONS
from tests.breakglass.core.test_triples import written
from tests.breakglass.core.wellmade import WELL_MADE, players
from tests.breakglass.core.world import World, spare

from rootwarden.breakglass.core import change as changes
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.entry import Cosigner, kind_of, signed_message
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.core.state import State
from rootwarden.breakglass.core.step import check, step
from rootwarden.breakglass.rehearsal.cast import UNSIGNED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rootwarden.breakglass.core.authenticator import Authenticator

KINDS: Final = {str(kind.__struct_config__.tag): kind for kind in get_args(log.AnyEntry)}
SIGNED: Final = sorted(name for name, kind in KINDS.items() if kind.SIGNED)
# A key that is offered signs for itself, before it is anybody's.
HELD: Final = [name for name in SIGNED if name not in {"log-begun", "key-offered"}]


@cache
def example(kind: str) -> tuple[str, str, str]:
    """(situation, name of the maker, person) where a kind is allowed, as the table of triples has it."""
    for situation in SITUATIONS:
        for name, people in written(situation).items():
            if name.partition("/")[0] == kind:
                return situation, name, people.split()[0]
    raise LookupError(kind)


def played(kind: str) -> tuple[World, str, Callable[[], log.Entry]]:
    situation, name, who = example(kind)
    world = SITUATIONS[situation]()
    return world, who, lambda: WELL_MADE[name](world, who)


def beginning() -> log.Entry:
    return log.from_bytes(World(founded_only=True).entries[0])


def resigned(entry: log.Entry, who: str, sign: Callable[[bytes], Authenticator], message: bytes) -> log.Entry:
    """An entry with another signature in the place of somebody's."""
    if isinstance(entry, log.JointEntry):
        signers = tuple(
            Cosigner(person=one.person, authenticator=sign(message)) if one.person == who else one
            for one in entry.signers
        )
        return msgspec.structs.replace(entry, signers=signers)
    assert isinstance(entry, log.SignedEntry)
    return msgspec.structs.replace(entry, authenticator=sign(message))


def changed(value: Any) -> Iterator[Any]:
    """A value with one leaf of it changed, for every leaf."""
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            for other in changed(getattr(value, name)):
                yield msgspec.structs.replace(value, **{name: other})
    elif isinstance(value, tuple):
        yield value[1:] if value else ("added",)
        for at, one in enumerate(value[:2]):
            yield from ((*value[:at], other, *value[at + 1 :]) for other in changed(one))
    elif isinstance(value, dict):
        yield {f"{name}x": one for name, one in value.items()}
        for name, one in value.items():
            yield from ({**value, name: other} for other in changed(one))
    else:
        yield from _other(value)


def _other(value: Any) -> Iterator[Any]:
    if isinstance(value, datetime):
        yield value + timedelta(seconds=1)
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
    elif isinstance(value, str):
        yield value + "a"
        yield from [value[1:]] if value else ()


def test_every_kind_that_is_signed_has_an_example() -> None:
    assert {kind: bool(example(kind)) for kind in SIGNED if kind != "log-begun"} == dict.fromkeys(
        (kind for kind in SIGNED if kind != "log-begun"), True
    )
    assert len(SIGNED) >= 20


@pytest.mark.parametrize("kind", SIGNED)
def test_any_field_that_changes_after_signing_is_noticed(kind: str) -> None:
    if kind == "log-begun":
        state, entry = State(), beginning()
    else:
        world, _, make = played(kind)
        state, entry = world.state, make()
    check(state, entry)
    seen = 0
    for field in entry.__struct_fields__:
        if field in {"at", "authenticator", "signers"}:
            continue
        for other in changed(getattr(entry, field)):
            broken = msgspec.structs.replace(entry, **{field: other})
            assert state.message(broken) != state.message(entry), field
            with pytest.raises(Refused):
                check(state, broken)
            seen += 1
    assert seen >= 2


@pytest.mark.parametrize("kind", HELD)
def test_only_a_counted_key_of_the_person_is_good(kind: str) -> None:
    world, who, make = played(kind)
    state, entry = world.state, make()
    check(state, entry)
    message = state.message(entry)
    own, other, stranger = players(world)[who], players(world)["ida" if who != "ida" else "dan"], spare(who)
    bad = {
        "another person's key": resigned(entry, who, other.answer, message),
        "a key that is not in the log": resigned(entry, who, stranger.answer, message),
        "no signature": resigned(entry, who, lambda _: UNSIGNED, message),
        "another log": resigned(entry, who, own.answer, signed_message(entry, log="x", epoch=state.epoch_root)),
        "another epoch": resigned(entry, who, own.answer, signed_message(entry, log=state.log, epoch="")),
        "another message": resigned(entry, who, own.answer, message + b" "),
    }
    for what, one in bad.items():
        with pytest.raises(Refused) as refused:
            check(state, one)
        assert refused.value.step == "G5", what
    state.nonces.add(entry.nonce)  # type: ignore[attr-defined]  # every kind here has one
    with pytest.raises(Refused) as refused:
        check(state, entry)
    assert refused.value.step == "G4"


@pytest.mark.parametrize("kind", HELD)
def test_a_new_key_is_good_when_it_has_settled_and_a_revoked_one_never(kind: str) -> None:
    """A passkey is admitted beside the first key; then the first is revoked."""
    world, who, make = played(kind)
    new, seconds = (
        spare(who),
        ("ada", "ben") if who not in {"ada", "ben"} else ("ida", "ben" if who == "ada" else "ada"),
    )
    world.add(WELL_MADE["key-offered"](world, who))
    world.change(changes.AdmitKey(person=who, key=new.key.id), by=seconds)
    entry = make()
    check(world.state, entry)
    with pytest.raises(Refused, match=r"G5: the key of .* does not count yet"):
        check(world.state, resigned(entry, who, new.answer, world.state.message(entry)))
    world.change(changes.RevokeKey(person=who, key=players(world)[who].key.id, reason="lost"), by=seconds)
    with pytest.raises(Refused) as refused:
        check(world.state, make())
    # An approval is refused; a lease that its people signed for stays theirs, and what they sign with the key is not.
    assert refused.value.step == "G5"


@pytest.mark.parametrize("kind", [name for name in HELD if issubclass(KINDS[name], log.JointEntry)])
def test_several_people_are_several(kind: str) -> None:
    world, _, make = played(kind)
    entry = make()
    assert isinstance(entry, log.JointEntry)
    twice = msgspec.structs.replace(entry, signers=(*entry.signers, entry.signers[0]))
    with pytest.raises(Refused, match="G5: somebody signed twice"):
        check(world.state, twice)
    for missing in range(len(entry.signers)):
        fewer = msgspec.structs.replace(entry, signers=(*entry.signers[:missing], *entry.signers[missing + 1 :]))
        with pytest.raises(Refused):
            check(world.state, fewer)


def test_a_key_proves_itself_when_it_is_offered() -> None:
    world, who, make = played("key-offered")
    entry = make()
    for bad in (players(world)[who], spare("nobody")):
        with pytest.raises(Refused, match="G5"):
            check(world.state, resigned(entry, who, bad.answer, world.state.message(entry)))


@pytest.mark.parametrize("kind", sorted(set(KINDS) - set(SIGNED)))
def test_what_nobody_signs_gives_nobody_a_right(kind: str) -> None:
    """Entries without a signature say what the system saw, or take something away; opening a lease has its quorum."""
    from rootwarden.breakglass.core.who import SYSTEM_MAY, WHO_MAY

    harmless = {
        "request-withdrawn",
        "lease-opened",
        # Only asks custodians, each of whom signs.
        "opening-begun",
        "lease-ended",
        "drill-begun",
        "drill-done",
        "signed-in",
        "attempt-refused",
    }
    assert WHO_MAY[kind] == {SYSTEM_MAY} or kind in harmless


def test_a_passkey_that_counted_goes_on_counting() -> None:
    """WebAuthn Level 3, 7.2: a counter that goes back, or stops, may be a copy."""
    world = World(founded_only=True)
    player = spare("ada")
    assert player.passkey is not None
    key = player.key
    player.passkey.counter = 4
    world.add(WELL_MADE["key-offered"](world, "ada"))
    world.change(changes.AdmitKey(person="ada", key=key.id), by=("ben", "ida"))
    world.wait(minutes=61)
    for counter, good in ((6, True), (6, False), (5, False), (None, False), (7, True)):
        player.passkey.counter = None if counter is None else counter - 1
        entry = log.PersonSuspended(
            at=world.now, actor="ada", nonce=world.nonce(), authenticator=UNSIGNED, person="uma", reason="x"
        )
        entry = player.sign(entry, world.state)
        if good:
            check(world.state, entry)
            world.state.counters[key.id] = counter or 0
        else:
            with pytest.raises(Refused, match="G5"):
                check(world.state, entry)
    player.passkey.counter = None


def test_a_signature_of_an_epoch_that_was_lost_is_not_good_after_it() -> None:
    """The thief of a backup: what was signed in the part of the log that was lost cannot be played again."""
    world = SITUATIONS["guarded"]()
    backup = list(world.entries)
    world.change(changes.RevokeKey(person="uma", key=world.players["uma"].key.id, reason="lost"))
    lost = [log.from_bytes(content) for content in world.entries[len(backup) :]]
    restored = World(founded_only=True)
    restored.state, restored._nonces = State(), world._nonces
    for content in backup:
        step(restored.state, log.from_bytes(content))
    restored.now = world.now
    for entry in lost:
        check(restored.state, entry)
        break
    seen = {"head_size": restored.state.size, "head_root": restored.state.tree.root.hex()}
    restored.together(log.EpochBegun, "ada", "ben", "carl", epoch=2, reason="restored", **seen)
    for entry in lost:
        with pytest.raises(Refused) as refused:
            check(restored.state, entry)
        assert refused.value.step == "G5", kind_of(entry)
