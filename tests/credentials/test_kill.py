"""SIGKILL at every write of the journal, and in between: the next run goes on, and nothing is done twice or lost.

A kill is a process that ends without a word. It is tried again and again until a run reaches the end: before an entry
is on the disk, in the middle of its line, and after it. Real SIGKILLs of the command are in `tests/cli`.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from tests.credentials.rig import KEY, Rig, full_world, left

from rootwarden.credentials.apply import Applying
from rootwarden.rollout.entry import Kind
from rootwarden.rollout.reading import read_journal, verify
from rootwarden.simulator import running

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.credentials.plan import Plan

CHANGES = ("iam:Delete", "iam:Deactivate")


class Killed(BaseException):
    """What stands for SIGKILL: nothing catches it, and nothing is written after it."""


def killed_at(rig: Rig, plan: Plan, writes: int, moment: str) -> None:
    """A run that ends at one write of the journal: before it, within its line, or right after it."""
    with suppress(Killed), rig.journal(plan) as journal:
        append, done = journal._append, 0

        def counted(entry: Any) -> Any:
            nonlocal done
            done += 1
            if done > writes:
                if moment == "within" and done == writes + 1:
                    os.write(journal._file, b'{"at":"2026-03-02T12:')
                if moment == "after" and done == writes + 1:
                    append(entry)
                raise Killed
            return append(entry)

        journal._append = counted  # type: ignore[method-assign]  # stands where the disk is
        Applying(
            plan=plan, journal=journal, members=rig.members(), clock=rig.clock, stop=threading.Event(), workers=1
        ).run()
        journal.sign("end")


def changes_made(rig: Rig) -> Counter[tuple[str, str]]:
    """Calls that change something, by account."""
    made = rig.simulator.calls.snapshot().items()
    return Counter({key: count for key, count in made if key[1].startswith(CHANGES)})


@pytest.mark.parametrize("moment", ["before", "within", "after"])
def test_a_kill_at_every_entry(tmp_path: Path, moment: str) -> None:
    """Six accounts; each run gets a few entries further, so that every kind of entry is where one of them ends."""
    with running(full_world(8)) as simulator:
        plan = Rig(simulator, tmp_path).plan()
        rig = Rig(simulator, tmp_path)
        runs = 0
        while left(simulator.world) or runs == 0:
            killed_at(rig, plan, 2 + runs % 5, moment)
            runs += 1
            assert runs < 200
        done = rig.apply(plan, workers=1)
        assert done.surprises == []
        assert sorted(done.removed) == sorted(one.account for one in plan.ready())
        found = verify(tmp_path / "journal.jsonl", [KEY.public_key()])
        assert (found.holds, found.unsettled) == (True, ())
        assert runs > 10
        wanted = Counter(
            (one.account, step.call) for one in plan.ready() for step in one.steps if step.call.startswith(CHANGES)
        )
        made = changes_made(rig)
        assert set(made) == set(wanted)
        entries = read_journal(tmp_path / "journal.jsonl").entries
        intents = Counter((each.target, each.call) for each in entries if each.kind is Kind.INTENT)
        assert all(made[key] <= intents[key] for key in made)


def test_a_call_whose_outcome_was_lost_is_looked_up_and_not_repeated(tmp_path: Path) -> None:
    with running(full_world(4)) as simulator:
        rig = Rig(simulator, tmp_path)
        plan = rig.plan()
        lost = next(one for one in plan.ready() if len(one.steps) == 1)
        with rig.journal(plan) as journal:
            step = lost.steps[0]
            journal.intend(target=lost.account, step=step.id, call=step.call, parameters=step.parameters)
            members = rig.members()
            members.step(step, members.open(lost.account, step.through))
        before = changes_made(rig)[(lost.account, step.call)]
        assert rig.apply(plan).surprises == []
        assert changes_made(rig)[(lost.account, step.call)] == before == 1
        results = [
            each.result for each in read_journal(tmp_path / "journal.jsonl").entries if each.kind is Kind.OUTCOME
        ]
        assert "found" in results


def slice_of(tmp_path: Path, accounts: int, *, stops: int, workers: int) -> None:
    """Removal in waves, stopped and gone on with, leaves nothing."""
    with running(full_world(accounts)) as simulator:
        rig = Rig(simulator, tmp_path)
        plan = rig.plan(cap=max(4, accounts // 20))
        members = len(plan.ready())
        for _ in range(stops):
            stop = threading.Event()
            ended = 0

            def ends_here(_line: str, stop: threading.Event = stop) -> None:
                nonlocal ended
                ended += 1
                if ended >= max(1, members // (stops + 2)):
                    stop.set()

            with rig.journal(plan) as journal:
                Applying(
                    plan=plan,
                    journal=journal,
                    members=rig.members(),
                    clock=rig.clock,
                    stop=stop,
                    workers=workers,
                    on_account=ends_here,
                ).run()
        assert left(simulator.world)
        done = rig.apply(plan, workers=workers)
        assert (done.surprises, left(simulator.world)) == ([], [])
        found = verify(tmp_path / "journal.jsonl", [KEY.public_key()])
        assert (found.holds, found.unsettled, found.signed) == (True, (), found.entries)


def test_sixty_accounts_stopped_and_gone_on_with(tmp_path: Path) -> None:
    slice_of(tmp_path, 60, stops=10, workers=4)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_thousand_accounts_stopped_and_gone_on_with(tmp_path: Path) -> None:
    slice_of(tmp_path, 1000, stops=10, workers=8)
