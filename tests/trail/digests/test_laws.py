"""Laws over any damage: never more is proven than was, and what is learned flips nothing that was decided."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.trail.digests.worlds import World, counted

from rootwarden.simulator import digest_forgeries as forgeries
from rootwarden.simulator.digests import Stored
from rootwarden.trail.digests.result import Verdict

if TYPE_CHECKING:
    from rootwarden.trail.digests.result import Verification

HOURS = 5
WHOLE = World().hours(HOURS)
KEYS = sorted(WHOLE.bucket)
DAMAGE = st.lists(
    st.tuples(
        st.sampled_from(KEYS), st.sampled_from(["remove", "flip", "cut", "append", "forget"]), st.integers(0, 5000)
    ),
    max_size=6,
)


def damaged(steps: list[tuple[str, str, int]]) -> World:
    world = World()
    world.bucket.update(WHOLE.bucket)
    for key, kind, place in steps:
        if key in world.bucket:
            _damage(world.bucket, key, kind, place)
    return world


def _damage(bucket: dict[str, Stored], key: str, kind: str, place: int) -> None:
    stored = bucket[key]
    content = stored.content
    if kind == "remove":
        forgeries.remove(bucket, key)
    elif kind == "cut":
        forgeries.cut(bucket, key, place % max(1, len(content)))
    elif kind == "append":
        forgeries.append_bytes(bucket, key, b"\x1f\x8b" + b"\0" * (place % 9))
    elif kind == "forget":
        bucket[key] = Stored(content)
    elif content:
        at = place % len(content)
        bucket[key] = Stored(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :], stored.metadata)


def verified(world: World) -> Verification:
    with TemporaryDirectory() as folder:
        return world.verify(Path(folder))


def of_digests(result: Verification) -> dict[str, str]:
    """What is known of each digest that is not valid."""
    return {each.object: each.verdict for chain in result.chains for each in chain.findings if each.kind == "digest"}


def unharmed(world: World) -> tuple[set[str], set[str]]:
    """The digests and log files whose bytes are what was written, flags of the gzip header apart."""
    same = {key for key, stored in world.bucket.items() if stored.content == WHOLE.bucket[key].content}
    return {key for key in same if "Digest" in key}, {key for key in same if "Digest" not in key}


@settings(max_examples=60, deadline=None)
@given(DAMAGE)
def test_never_more_is_valid_than_was_left_alone(steps: list[tuple[str, str, int]]) -> None:
    """A flipped bit in a gzip header's time changes no content; everything else that is valid is untouched."""
    world = damaged(steps)
    digests, files = counted(verified(world))
    flipped = {
        key for key, kind, place in steps if kind == "flip" and place % max(1, len(WHOLE.bucket[key].content)) < 10
    }
    whole, logs = unharmed(world)
    assert digests[0] <= len(whole | {key for key in flipped if "Digest" in key})
    assert files[0] <= len(logs | {key for key in flipped if "Digest" not in key})


@settings(max_examples=60, deadline=None)
@given(DAMAGE, st.sets(st.sampled_from([key for key in KEYS if "Digest" in key])))
def test_a_signature_that_is_learned_flips_no_decided_verdict(
    steps: list[tuple[str, str, int]], lost: set[str]
) -> None:
    knowing = damaged(steps)
    guessing = damaged(steps)
    for key in lost & guessing.bucket.keys():
        guessing.bucket[key] = Stored(guessing.bucket[key].content)
    more, less = verified(knowing), verified(guessing)
    if less.verdict is not Verdict.UNKNOWN:
        assert more.verdict is less.verdict
    before, after = of_digests(less), of_digests(more)
    for key in (each for each in guessing.bucket if "Digest" in each):
        if before.get(key) != "unknown":
            assert after.get(key) == before.get(key)


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300))
def test_whatever_lies_in_a_digests_place_is_never_valid(junk: bytes) -> None:
    world = damaged([])
    for key in (each for each in KEYS if "Digest" in each):
        world.bucket[key] = Stored(junk, WHOLE.bucket[key].metadata)
    result = verified(world)
    assert counted(result)[0] == (0, HOURS, 0, 0)
    assert result.verdict is Verdict.INVALID
