"""Everybody is judged as the truth has it: crowds of many sizes, `breached`, the worlds of every path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.iam.admins.judged import by_arn, classes, crowd, judged_folder
from tests.iam.path_worlds import InTheWay, worlds_of

from rootwarden.iam.escalation.path import Actor
from rootwarden.packs import escalation_paths
from rootwarden.simulator.evidence import write_evidence
from rootwarden.simulator.ways_up import truth_of
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from pathlib import Path

    from tests.iam.path_worlds import PathWorld

    from rootwarden.iam.admins.verdict import PrincipalVerdict
    from rootwarden.iam.escalation.path import EscalationPath

PATHS = escalation_paths()
# Where something easier or clearer is there as well: the path that is told instead, and why.
TOLD_INSTEAD = {
    "control-tower-role-assume": "role-assume",  # the member's role is in its dump
    "organization-access-role-assume": "role-assume",
    "root-session-remove-mfa": "root-session-create-password",  # any task but looking is allowed
    "user-create-and-attach-policy": "user-attach-own-policy",  # what attaches the new policy attaches one of AWS
}


def differences(truth: dict[str, str], found: dict[str, str]) -> dict[str, tuple[str, str]]:
    return {arn: (truth.get(arn, ""), found.get(arn, "")) for arn in truth | found if truth.get(arn) != found.get(arn)}


@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("principals", [50, 200, 1_000])
def test_a_crowd_is_judged_as_it_is(tmp_path: Path, principals: int, seed: int) -> None:
    truth = crowd(tmp_path / "crowd", principals=principals, seed=seed)
    found = judged_folder(tmp_path / "crowd")
    assert differences(truth, classes(found)) == {}
    assert set(truth.values()) >= {"direct", "escalation", "none"}


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(11, 16))
def test_a_large_crowd_is_judged_as_it_is(tmp_path: Path, seed: int) -> None:
    truth = crowd(tmp_path / "crowd", principals=5_000, seed=seed)
    assert differences(truth, classes(judged_folder(tmp_path / "crowd"))) == {}


@pytest.mark.parametrize(
    ("accounts", "principals", "seed"), [(2, 60, 1), (5, 60, 2), (12, 40, 3), (40, 20, 4), (4, 400, 5)]
)
def test_an_organization_is_judged_as_it_is(tmp_path: Path, accounts: int, principals: int, seed: int) -> None:
    truth = crowd(tmp_path / "crowd", principals=principals, seed=seed, accounts=accounts)
    assert differences(truth, classes(judged_folder(tmp_path / "crowd"))) == {}


@pytest.mark.soak
def test_a_large_organization_is_judged_as_it_is(tmp_path: Path) -> None:
    truth = crowd(tmp_path / "crowd", principals=50, seed=21, accounts=300)
    assert differences(truth, classes(judged_folder(tmp_path / "crowd"))) == {}


def test_in_breached_the_planted_ways_are_found_and_nothing_else(tmp_path: Path) -> None:
    world = make_world("breached")
    write_evidence(tmp_path / "saved", [world.account(each) for each in world.account_ids], world.organization)
    truth = truth_of(world)
    found = by_arn(judged_folder(tmp_path / "saved"))
    assert differences({arn: one.standing for arn, one in truth.items()}, classes_of(found)) == {}
    ways = {arn: tuple(step.id for step in one.path) for arn, one in found.items()}
    assert {arn: ways[arn] for arn, one in truth.items() if one.path} == {
        arn: one.path for arn, one in truth.items() if one.path
    }


def classes_of(found: dict[str, PrincipalVerdict]) -> dict[str, str]:
    return {arn: one.kind.value for arn, one in found.items()}


def verdict(world: PathWorld, folder: Path, *, with_inventory: bool) -> PrincipalVerdict:
    world.write(folder)
    return by_arn(judged_folder(folder, world.inventory if with_inventory else None))[world.actor]


@pytest.mark.parametrize("path", [path for path in PATHS if path.actor is not Actor.OUTSIDER], ids=lambda path: path.id)
def test_a_path_is_walked_where_it_can_be_and_nowhere_else(path: EscalationPath, tmp_path: Path) -> None:
    for number, world in enumerate(worlds_of(path)):
        for given, standing in ((False, world.standing), (True, world.standing_with_inventory)):
            if given and not world.inventory:
                continue
            found = verdict(world, tmp_path / f"{number}-{given}", with_inventory=given)
            ids = {step.id for step in found.path}
            if standing == "none":
                assert path.id not in ids, world.name
                assert found.kind.value in {"none", "lateral"} or ids & set(world.others), (world.name, ids)
            elif standing == "lateral":
                assert found.kind.value in {"none", "lateral"}, (world.name, ids)
            else:
                assert found.kind.value == standing, (world.name, ids)
            if world.in_the_way is InTheWay.NOTHING and standing in {"escalation", "conditional"}:
                assert ids & {path.id, TOLD_INSTEAD.get(path.id, path.id)}, (world.name, ids)
