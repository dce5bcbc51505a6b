"""Ways that need two principals at once are found where both can be in hand, and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.iam.admins.judged import by_arn, judged_folder
from tests.iam.hand_worlds import by_hands, by_writing, worlds_by_hands, worlds_by_writing
from tests.iam.path_worlds import InTheWay

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.iam.hand_worlds import HandWorld

    from rootwarden.iam.escalation.path import EscalationPath


def check(worlds: Iterable[HandWorld], folder: Path) -> None:
    for number, world in enumerate(worlds):
        world.write(folder / str(number))
        found = by_arn(judged_folder(folder / str(number)))[world.site.actor]
        told = tuple((step.id, step.by) for step in found.path)
        if world.in_the_way is InTheWay.NOTHING:
            assert found.kind.value == world.standing
            assert [by for _, by in told[:2]] == [by for _, by in world.steps]
            assert all(one in ids for (one, _), (ids, _) in zip(told, world.steps, strict=False)), told
        else:
            assert found.kind.value in {"lateral", "none"}, (world.in_the_way, told)


@pytest.mark.parametrize("path", by_hands(), ids=lambda path: path.id)
def test_somebody_is_changed_by_a_role_it_may_assume(path: EscalationPath, tmp_path: Path) -> None:
    check(worlds_by_hands(path), tmp_path)


@pytest.mark.parametrize("path", by_writing(), ids=lambda path: path.id)
def test_a_role_that_is_run_as_has_a_policy_written_into_it(path: EscalationPath, tmp_path: Path) -> None:
    check(worlds_by_writing(path), tmp_path)
