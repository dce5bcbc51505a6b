"""The worlds of the escalation paths are what they say: judged by the evaluator, which knows nothing of paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.iam.account_cases import answer, holder
from tests.iam.path_site import MANAGEMENT, Site
from tests.iam.path_worlds import InTheWay, breaks_of, worlds_of

from rootwarden.collect.folder import EvidenceFolder
from rootwarden.collect.principals import authorization_details
from rootwarden.facts.fact import Known
from rootwarden.iam.escalation.path import Actor, Gain, TargetKind
from rootwarden.packs import escalation_paths
from rootwarden.simulator.population import ADMINISTRATOR

if TYPE_CHECKING:
    from pathlib import Path

    from tests.iam.path_worlds import PathWorld

    from rootwarden.iam.escalation.path import EscalationPath, Permission

PATHS = {path.id: path for path in escalation_paths()}
WALKED = [path for path in PATHS.values() if path.actor is not Actor.OUTSIDER]


def named(path: EscalationPath) -> str:
    return path.id


def said(world: PathWorld, action: str, permission: Permission) -> str:
    """What the evaluator says to the first such request of the path, made as the statement of the actor has it."""
    (account,) = (each for each in world.accounts if each.account_id == world.home)
    context: dict[str, object] = {}
    for key in permission.context:
        context[key.key] = key.values[0] if key.values else None
    site = Site(PATHS[world.path])
    resource = site.resource(permission)
    return answer(
        account,
        world.organization,
        world.actor,
        action,
        resource=resource.replace("*", "fake") if resource != "*" else "*",
        context=context,
        management=MANAGEMENT,
        others=world.accounts,
    )


def in_the_way(path: EscalationPath, sort: InTheWay) -> list[PathWorld]:
    return [world for world in worlds_of(path) if world.in_the_way is sort]


@pytest.mark.parametrize("path", WALKED, ids=named)
def test_where_nothing_is_in_the_way_every_permission_is_there(path: EscalationPath) -> None:
    (world,) = in_the_way(path, InTheWay.NOTHING)
    answers = {permission.action: said(world, permission.action, permission) for permission in path.permissions}
    assert set(answers.values()) == {"Allowed"}, answers


@pytest.mark.parametrize("path", WALKED, ids=named)
def test_a_denied_action_is_denied_and_the_others_are_not(path: EscalationPath) -> None:
    for world in in_the_way(path, InTheWay.DENY):
        for permission in path.permissions:
            expected = "ExplicitlyDenied" if permission.action == world.what else "Allowed"
            assert said(world, permission.action, permission) == expected, world.name


@pytest.mark.parametrize("path", WALKED, ids=named)
@pytest.mark.parametrize("sort", [InTheWay.BOUNDARY, InTheWay.SCP])
def test_what_boundary_or_scp_lack_is_not_allowed(path: EscalationPath, sort: InTheWay) -> None:
    for world in in_the_way(path, sort):
        for permission in path.permissions:
            expected = "ImplicitlyDenied" if permission.action == world.what else "Allowed"
            assert said(world, permission.action, permission) == expected, world.name


def test_every_path_has_worlds_of_every_sort() -> None:
    for path in WALKED:
        if path.ended:
            continue
        sorts = {world.in_the_way for world in worlds_of(path)}
        assert {InTheWay.NOTHING, InTheWay.PRECONDITION, InTheWay.DENY} <= sorts, path.id
        assert sorts & {InTheWay.BOUNDARY, InTheWay.SCP}, path.id


@pytest.mark.parametrize("path", [path for path in WALKED if not path.ended], ids=named)
def test_a_broken_precondition_changes_one_thing(path: EscalationPath) -> None:
    (works,) = in_the_way(path, InTheWay.NOTHING)
    for world in in_the_way(path, InTheWay.PRECONDITION):
        different = (world.accounts, world.inventory, world.actor) != (works.accounts, works.inventory, works.actor)
        assert different, world.name


@pytest.mark.parametrize("path", [path for path in WALKED if path.target.trusts], ids=named)
def test_the_wrong_service_is_trusted(path: EscalationPath) -> None:
    worlds = [world for world in in_the_way(path, InTheWay.PRECONDITION) if world.what == "trusts"]
    for world in worlds:
        trusts = [role.trust for account in world.accounts for role in account.roles if role.name == "target"]
        assert len(trusts) == 1
        assert not any(service in trusts[0] for service in path.target.trusts)


@pytest.mark.parametrize("path", [path for path in WALKED if "passed-to-service" in breaks_of(path)], ids=named)
def test_a_role_may_be_passed_to_another_service_only(path: EscalationPath) -> None:
    if path.ended:
        return
    (world,) = [each for each in in_the_way(path, InTheWay.PRECONDITION) if each.what == "passed-to-service"]
    passing = [each for each in path.permissions if each.action == "iam:PassRole"]
    assert {said(world, each.action, each) for each in passing} == {"ImplicitlyDenied"}


def test_an_actor_to_be_unblocked_is_an_administrator_but_for_what_blocks_it() -> None:
    for path in WALKED:
        if path.gain is not Gain.UNBLOCKS_SELF or path.target.kind is TargetKind.ACCOUNT:
            continue
        (world,) = in_the_way(path, InTheWay.NOTHING)
        (account,) = (each for each in world.accounts if each.account_id == world.home)
        assert ADMINISTRATOR in holder(account, world.actor).policies
        asked = answer(account, world.organization, world.actor, "ec2:RunInstances", context={}, management=MANAGEMENT)
        assert asked in {"ExplicitlyDenied", "ImplicitlyDenied"}, path.id


@pytest.mark.parametrize("path", list(PATHS.values())[::12], ids=named)
def test_a_world_is_written_as_an_evidence_folder(path: EscalationPath, tmp_path: Path) -> None:
    for number, world in enumerate(worlds_of(path)):
        folder = tmp_path / str(number)
        world.write(folder)
        evidence = EvidenceFolder(folder)
        for account in world.accounts:
            details = authorization_details(evidence.account(account.account_id))
            assert isinstance(details, Known)
            assert len(details.value.users) == len(account.users)
            assert len(details.value.roles) == len(account.roles)
        assert (folder / "inventory.json").exists() is bool(world.inventory)
        assert not evidence.unreadable
