"""Refused attempts are in the log, counted and bounded: nobody fills it by being refused (BG-16)."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from rootwarden.breakglass.broker import wishes
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.service.refusals import MOST_AN_HOUR, RefusedAttempts
from rootwarden.breakglass.store import refusal_counts

if TYPE_CHECKING:
    import pytest
    from tests.breakglass.service.plain import Plain


def told(plain: Plain) -> dict[tuple[str, str, str], int]:
    found: dict[tuple[str, str, str], int] = {}
    for entry in plain.entries(log.AttemptRefused):
        kind = (entry.actor, entry.attempted, entry.step)
        found[kind] = found.get(kind, 0) + entry.count
    return found


def test_a_thousand_of_a_kind_are_one_entry(plain: Plain) -> None:
    for _ in range(1000):
        plain.house.refusals.note("rita", "POST /drafts", "F1")
    plain.house.refusals.note("", "sign-in", "no such key")
    plain.house.refusals.note("mallory", "sign-in", "G6")
    plain.house.look_after()
    assert told(plain) == {
        ("rita", "POST /drafts", "F1"): 1000,
        ("system", "sign-in", "other"): 1,
        ("system", "sign-in as mallory", "G6"): 1,
    }
    assert len(plain.entries(log.AttemptRefused)) == 3
    plain.later(120)
    assert len(plain.entries(log.AttemptRefused)) == 3


def test_a_flood_of_kinds_makes_a_bounded_number_of_entries_an_hour_and_is_counted_whole(plain: Plain) -> None:
    number = 3000
    for each in range(number):
        plain.house.refusals.note("", f"sign-in {each}", "G5")
    for _ in range(10):
        plain.later(100)
    assert len(plain.entries(log.AttemptRefused)) == MOST_AN_HOUR
    waiting = plain.house.store.database.read(refusal_counts.counted)
    assert sum(told(plain).values()) + sum(one.count for one in waiting) == number
    assert len(waiting) <= refusal_counts.MOST_KINDS
    # The rest of the day is bounded alike, and people are let in meanwhile.
    plain.later(3600)
    plain.troupe.do("ada", wishes.Suspend(person="carl", reason="left"))
    assert len(plain.entries(log.AttemptRefused)) <= 2 * MOST_AN_HOUR


def test_what_was_counted_is_there_after_an_end_and_of_somebody_suspended_the_broker_tells(plain: Plain) -> None:
    plain.house.look_after()
    plain.house.refusals.note("carl", "give a share", "O2")
    plain.troupe.do("ada", wishes.Suspend(person="carl", reason="left"))
    plain.reopen()
    plain.house.look_after()
    assert told(plain) == {("system", "give a share as carl", "O2"): 1}


def test_counts_are_not_lost_when_the_database_does_not_take_them(
    plain: Plain, monkeypatch: pytest.MonkeyPatch
) -> None:
    class FullError(Exception):
        """The disk is full."""

    def full(*_: object, **__: object) -> None:
        raise FullError

    plain.house.refusals.note("rita", "code", "R1")
    with monkeypatch.context() as patch:
        patch.setattr(refusal_counts, "count", full)
        try:
            plain.house.refusals.flush()
        except FullError:
            plain.house.refusals.note("rita", "code", "R1")
    plain.house.look_after()
    assert told(plain) == {("rita", "code", "R1"): 2}


def test_doors_count_at_once(plain: Plain) -> None:
    def many() -> None:
        for each in range(400):
            plain.house.refusals.note("rita", "code", f"R{each % 3}")

    threads = [threading.Thread(target=many) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    plain.house.look_after()
    assert sum(told(plain).values()) == 1600


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=300))
def test_whatever_a_door_says_is_counted_in_bounds(person: str, attempted: str, step: str) -> None:
    counting = RefusedAttempts(None, None, lambda: 0.0)  # type: ignore[arg-type]  # counting touches neither store nor broker
    counting.note(person, attempted, step)
    ((kind, count),) = counting._counted.items()
    assert count == 1
    assert len(kind.attempted) <= 200
    assert kind.step in {"other", step}
