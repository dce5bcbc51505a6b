"""Ways that need two principals at once are found where both can be in hand, and nowhere else."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from tests.iam.admins.drawn_account import Drawn
from tests.iam.admins.judged import by_arn, judged_dump, judged_folder
from tests.iam.admins.plain_search import PlainSearch
from tests.iam.hand_worlds import by_hands, by_writing, worlds_by_hands, worlds_by_writing
from tests.iam.path_worlds import InTheWay

from rootwarden.iam.admins.verdict import Class
from rootwarden.packs import escalation_paths

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.iam.hand_worlds import HandWorld

    from rootwarden.audit.root_equivalents import RootEquivalents
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


def judged(seed: int) -> RootEquivalents:
    return judged_dump(Drawn(Random(seed)).dump())


def taken_by_who_is_in_hand(seed: int) -> int:
    """Every step is taken by somebody who is in hand by then; how many take one that is not the last they became."""
    aside = 0
    for one in judged(seed).principals:
        in_hand, last = {one.arn}, one.arn
        for step in one.path:
            assert step.by in in_hand, (seed, one.arn, [each.id for each in one.path])
            aside += step.by != last
            last = step.leads_to
            in_hand.add(last)
    return aside


def missed(seed: int) -> tuple[int, int]:
    """How many were compared with a search that tries everything on everybody, and how many that alone proves up.

    Nobody may be proven to get up whom it does not prove to.
    """
    found = judged(seed)
    assert found.land is not None
    plain = PlainSearch(found.land, escalation_paths())
    compared = left_out = 0
    for one in found.principals:
        up = plain.gets_up(found.land.by_arn[one.arn])
        proven = one.kind in {Class.DIRECT, Class.ESCALATION}
        if up is not None:
            compared += 1
            assert up or not proven, (seed, one.arn, one.kind)
            left_out += up and not proven
    return compared, left_out


def test_a_step_is_taken_by_who_is_in_hand() -> None:
    assert sum(map(taken_by_who_is_in_hand, range(300))) > 5


def test_the_same_get_up_as_if_everything_is_tried_on_everybody() -> None:
    compared, left_out = map(sum, zip(*map(missed, range(40)), strict=True))
    assert compared > 100
    assert left_out == 0


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("first", range(50_000, 52_000, 500))
def test_nearly_the_same_get_up_as_if_everything_is_tried_on_everybody(first: int) -> None:
    # What somebody loses by changing itself has to be used before; not every such order is tried (docs/iam-admins.md).
    compared, left_out = map(sum, zip(*map(missed, range(first, first + 500)), strict=True))
    assert compared > 1_000
    assert left_out <= compared // 500
