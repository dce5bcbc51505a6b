"""Every byte of every entry of a whole play, flipped: refused, or seen in the root, and in nothing anybody signed."""

from __future__ import annotations

from typing import Final

import pytest
from tests.breakglass.core.situations import SITUATIONS

from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.core.state import State
from rootwarden.breakglass.core.step import check, replay, step
from rootwarden.breakglass.rehearsal.cast import cast
from rootwarden.breakglass.rehearsal.play import DEVICE, Play, time_step
from rootwarden.errors import InputError


def ed25519_play() -> list[bytes]:
    return SITUATIONS["closed"]().entries


def opening_play() -> list[bytes]:
    return SITUATIONS["opened"]().entries


def passkey_play() -> list[bytes]:
    everybody = cast(passkeys=True)
    few = {name: everybody[name] for name in ("ada", "ben", "rita", "rob", "anna", "omar", "carl", "cleo")}
    play = Play(players=few)
    play.guard()
    play.wait(minutes=1)
    play.file(overrides_duties=True)
    play.approve("request", "anna")
    play.approve("request", "omar")
    play.open()
    play.say(log.CodeReleased, "rita", lease="lease", device=DEVICE, step=time_step(play.now))
    play.say(log.LeaseEnded, "rita", lease="lease", why="returned")
    return play.entries


PLAYS: Final = {"ed25519": ed25519_play, "openings": opening_play, "passkeys": passkey_play}
# The second play begins as the first does, and both with more founders than a flip has to be tried on.
SKIPPED: Final = {"ed25519": 1, "openings": len(SITUATIONS["guarded"]().entries), "passkeys": 0}


def bits(place: int, *, every: bool) -> range:
    return range(8) if every else range(place % 8, place % 8 + 1)


def survives(state: State, content: bytes) -> log.Entry | None:
    """The entry a content is, if the protocol allows it next; nothing but these two errors says no."""
    try:
        entry = log.from_bytes(content)
        check(state, entry)
    except (InputError, Refused):
        return None
    return entry


@pytest.mark.parametrize("play", PLAYS)
@pytest.mark.parametrize("every", [False, pytest.param(True, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])])
def test_a_flipped_byte_is_noticed(play: str, *, every: bool) -> None:
    state, flips = State(), 0
    for index, content in enumerate(PLAYS[play]()):
        original = log.from_bytes(content)
        with_it = state.tree.root_with(content)
        for place in range(len(content) if index >= SKIPPED[play] else 0):
            for bit in bits(place, every=every):
                flipped = content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :]
                entry = survives(state, flipped)
                flips += 1
                if entry is not None:
                    assert state.tree.root_with(flipped) != with_it
                    signed = isinstance(original, (log.SignedEntry, log.JointEntry))
                    assert not signed or state.message(entry) == state.message(original), flipped
        step(state, original)
    assert flips > 2_000


def test_a_flip_in_the_middle_stops_the_replay_there() -> None:
    entries = ed25519_play()
    for index, content in enumerate(entries):
        place = content.index(b'"kind"') + 1
        broken = content[:place] + b"K" + content[place + 1 :]
        with pytest.raises(Refused, match=f"G3: entry {index}: "):
            replay([*entries[:index], broken, *entries[index + 1 :]])


@pytest.mark.parametrize("index", range(1, 40, 3))
def test_an_entry_that_is_gone_twice_or_elsewhere_is_noticed(index: int) -> None:
    entries = ed25519_play()
    root = replay(entries).tree.root
    changed = {
        "gone": [*entries[:index], *entries[index + 1 :]],
        "twice": [*entries[: index + 1], *entries[index:]],
        "swapped": [*entries[:index], entries[index + 1], entries[index], *entries[index + 2 :]],
        "cut": entries[:-1],
    }
    for what, other in changed.items():
        try:
            assert replay(other).tree.root != root, what
        except Refused:
            continue
