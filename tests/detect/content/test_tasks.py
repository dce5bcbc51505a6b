"""Every root-only task and task policy: which events belong to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rootwarden.detect.visits.event import read_event
from rootwarden.detect.visits.task_file import TASK_POLICIES
from rootwarden.packs import root_tasks, task_policies

if TYPE_CHECKING:
    from rootwarden.detect.visits.detection import Case, Task, TaskPolicy

EVERYTHING: tuple[Task | TaskPolicy, ...] = (*root_tasks(), *task_policies())


@pytest.mark.parametrize(("task", "case"), [(one, case) for one in EVERYTHING for case in one.cases])
def test_a_case_is_answered_as_it_says(task: Task | TaskPolicy, case: Case) -> None:
    assert task.holds(read_event(case.record)) is case.fits, (task.id, case.name)


def test_the_task_policies_are_the_five_of_aws() -> None:
    assert tuple(one.id for one in task_policies()) == TASK_POLICIES


@pytest.mark.parametrize("task", [one for one in root_tasks() if one.task_policy], ids=lambda one: one.id)
def test_a_policy_allows_what_its_task_needs(task: Task) -> None:
    policy = next(one for one in task_policies() if one.id == task.task_policy)
    needed = [case for case in task.cases if case.fits and not str(case.record["eventSource"]).startswith("signin")]
    assert needed
    assert [case.name for case in needed if not policy.holds(read_event(case.record))] == []
