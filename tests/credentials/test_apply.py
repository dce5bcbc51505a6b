"""A plan carried out: nothing is left, and everything that is not our own doing stops it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.credentials.rig import KEY, left

from rootwarden.credentials.plan import State
from rootwarden.rollout.reading import verify

if TYPE_CHECKING:
    from tests.credentials.rig import Rig


def test_nothing_is_left_and_the_journal_says_so(rig: Rig) -> None:
    plan = rig.plan()
    assert len(plan.ready()) == len(left(rig.simulator.world)) == 12
    done = rig.apply(plan)
    assert (done.surprises, done.gone, done.waiting, done.untouched) == ([], {}, {}, [])
    assert sorted(done.removed) == sorted(one.account for one in plan.ready())
    assert left(rig.simulator.world) == []
    found = verify(rig.folder / "journal.jsonl", [KEY.public_key()])
    assert (found.holds, found.unsettled, found.signed) == (True, (), found.entries)
    assert rig.plan("again").of(State.READY) == ()
