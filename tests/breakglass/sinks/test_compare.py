"""Deliverable 7: start-up, restore and failover compare the local head with heads kept elsewhere; else sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.breakglass.logs import LOG_KEY, OTHER_KEY, Log

from rootwarden.breakglass.sinks.compare import Held, Standing, Unreachable, compare

if TYPE_CHECKING:
    from rootwarden.breakglass.sinks.compare import Answer, Compared
    from rootwarden.transparency.head import Head

LOG = Log(8)


def judged(log: Log, *answers: Answer, needed: int = 1) -> Compared:
    return compare(answers, size=log.size, root_at=log.root_at, keys=[LOG_KEY.public_key()], needed=needed)


def held(*heads: Head, sink: str = "witness", accepted: int = 0) -> Held:
    return Held(sink=sink, heads=heads, accepted=accepted)


FORK = LOG.forked_at(3, 8)
NOT_OURS = Log(20, key=OTHER_KEY).head()
BROKEN = msgspec.structs.replace(LOG.head(), root="not Base64")
HUGE = msgspec.structs.replace(LOG.head(), size=1 << 60)
GONE = Unreachable(sink="s3", why="no answer in 5 s")

CASES = [
    ("the same head", [held(LOG.head())], False, [Standing.EQUAL]),
    ("the log here is longer", [held(LOG.head(5))], False, [Standing.BEHIND]),
    ("an old backup was restored", [held(Log(9).head())], True, [Standing.AHEAD]),
    ("a fork of the same size", [held(FORK.head())], True, [Standing.FORKED]),
    ("a fork that is shorter", [held(FORK.head(5))], True, [Standing.FORKED]),
    ("a fork that is longer", [held(LOG.forked_at(3, 12).head())], True, [Standing.AHEAD]),
    ("two heads of one size, one of them ours", [held(LOG.head(), FORK.head())], True, [Standing.FORKED]),
    ("all unreachable", [GONE, Unreachable(sink="x", why="y")], True, [Standing.UNREACHABLE] * 2),
    ("one unreachable, one fine", [GONE, held(LOG.head())], False, [Standing.UNREACHABLE, Standing.EQUAL]),
    ("one fine, one accuses", [held(LOG.head()), held(Log(9).head())], True, [Standing.EQUAL, Standing.AHEAD]),
    ("a lie accuses nobody", [held(NOT_OURS), held(LOG.head())], False, [Standing.NOT_SIGNED, Standing.EQUAL]),
    ("a lie vouches for nobody", [held(NOT_OURS)], True, [Standing.NOT_SIGNED]),
    ("nonsense vouches for nobody", [held(BROKEN), held(HUGE)], True, [Standing.NOT_SIGNED] * 2),
    ("a lie beside the truth", [held(NOT_OURS, LOG.head())], True, [Standing.NOT_SIGNED]),
    ("a lie beside an accusation", [held(NOT_OURS, FORK.head())], True, [Standing.FORKED]),
    ("a sink that lost heads", [held(LOG.head(4), accepted=8)], True, [Standing.WENT_BACK]),
    ("a sink that lost all", [held(accepted=8)], True, [Standing.WENT_BACK]),
    (
        "one old, one fine",
        [held(LOG.head(4), accepted=8), held(LOG.head())],
        False,
        [Standing.WENT_BACK, Standing.EQUAL],
    ),
    ("a sink that is new", [held()], False, [Standing.NOTHING_YET]),
    ("no sink at all", [], True, []),
]


@pytest.mark.parametrize(
    ("answers", "sealed", "standings"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_what_sinks_hold_decides(answers: list[Answer], sealed: bool, standings: list[Standing]) -> None:
    result = judged(LOG, *answers)
    assert result.sealed is sealed
    assert bool(result.reason) is sealed
    assert [each.standing for each in result.findings] == standings


def test_the_reason_names_the_sink_and_both_sizes() -> None:
    assert judged(LOG, held(Log(9).head())).reason == ("`witness` holds a head over 9 entries, and the log here has 8")
    assert judged(LOG, GONE).reason == ("0 of 1 sinks vouch for the log here: `s3` cannot be asked: no answer in 5 s")


def test_an_empty_log_and_empty_sinks_are_a_beginning() -> None:
    assert not judged(Log(0), held()).sealed
    assert judged(Log(0), held(Log(1).head())).sealed


def test_as_many_as_needed_must_vouch() -> None:
    assert judged(LOG, held(LOG.head()), GONE, needed=2).sealed
    assert not judged(LOG, held(LOG.head()), held(LOG.head(2)), needed=2).sealed
    assert judged(LOG, GONE, needed=0).sealed, "nobody asked is never enough"


@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 12), st.booleans())
def test_sealed_exactly_when_the_head_is_not_in_the_log(size: int, common: int, other: int, unreachable: bool) -> None:
    """A sink that took a head of a log that shares a beginning with ours."""
    log = Log(size)
    theirs = Log(12).forked_at(min(common, 12), 12) if common < 12 else Log(12)
    answers: list[Answer] = [held(theirs.head(other)) if other else held()]
    if unreachable:
        answers.append(GONE)
    is_ours = other == 0 or (other <= size and other <= common)
    assert judged(log, *answers).sealed is not is_ours
