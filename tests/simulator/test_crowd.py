"""Accounts full of principals: the same every time, of the promised shape, and true in what they say of themselves."""

from __future__ import annotations

from collections import Counter
from fnmatch import fnmatchcase
from random import Random
from typing import TYPE_CHECKING

import msgspec
import pytest

from rootwarden.collect.folder import EvidenceFolder
from rootwarden.collect.offline import collect_folder
from rootwarden.collect.principals import authorization_details
from rootwarden.errors import UsageError
from rootwarden.facts.fact import Absent, Known
from rootwarden.packs import escalation_paths
from rootwarden.simulator import aws_managed
from rootwarden.simulator.crowd.conditions import CONDITIONAL, LATERAL
from rootwarden.simulator.crowd.crowd import ESCALATIONS, Crowd, Size
from rootwarden.simulator.crowd.lookalikes import LOOKALIKES
from rootwarden.simulator.crowd.management import MANAGEMENT_KINDS
from rootwarden.simulator.crowd.ordinary import harmless
from rootwarden.simulator.crowd.together import TOGETHER
from rootwarden.simulator.crowd.write import write_crowd
from rootwarden.simulator.policy_text import document

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.facts.principals import RoleDetail, UserDetail
    from rootwarden.simulator.crowd.crowd import Filled
    from rootwarden.simulator.identities import IAMUser, Role
    from rootwarden.simulator.policy_text import Statement

ALONE = Size(principals=400, seed=5)
ORGANIZATION = Size(accounts=24, principals=30, seed=5)


def filled(size: Size) -> list[Filled]:
    return list(Crowd(size).accounts())


@pytest.mark.parametrize("size", [ALONE, ORGANIZATION])
def test_the_same_seed_gives_the_same_and_another_seed_another(size: Size) -> None:
    assert msgspec.json.encode(filled(size)) == msgspec.json.encode(filled(size))
    other = msgspec.structs.replace(size, seed=size.seed + 1)
    assert msgspec.json.encode(filled(size)) != msgspec.json.encode(filled(other))


@pytest.mark.parametrize("principals", [50, 200, 1000, 5000])
def test_the_shape_of_an_account(principals: int) -> None:
    (one,) = filled(Size(principals=principals))
    account, truth = one.account, one.truth
    users, roles = len(account.users), len(account.roles)
    assert users + roles == principals == len(truth)
    assert 0.25 <= users / principals <= 0.35
    counted = Counter(each.standing for each in truth.values())
    assert 0.04 <= counted["direct"] / principals <= 0.12
    assert 0.08 <= counted["escalation"] / principals <= 0.13
    assert counted["conditional"] > 0
    assert counted["lateral"] > 0
    holders: list[IAMUser | Role] = [*account.users, *account.roles]
    inline = sum(bool(each.inline) for each in holders) / principals
    assert 0.25 <= inline <= 0.55
    if principals >= 200:
        assert 0.02 <= sum(bool(each.boundary) for each in holders) / principals <= 0.09
    assert len(account.policies) >= principals // 4
    used = {name for each in holders for name in each.policies}
    assert used & set(aws_managed.DOCUMENTS)
    assert used <= set(aws_managed.DOCUMENTS) | {each.name for each in account.policies}


def test_names_are_there_once_and_refer_to_what_is_there() -> None:
    for each in (*filled(ALONE), *filled(ORGANIZATION)):
        account = each.account
        for names in (
            [user.name for user in account.users],
            [role.name for role in account.roles],
            [group.name for group in account.groups],
            [policy.name for policy in account.policies],
        ):
            assert len(set(names)) == len(names)
            assert all(0 < len(name) <= 64 for name in names)
        groups = {group.name for group in account.groups}
        assert all(set(user.groups) <= groups for user in account.users)


def test_every_kind_is_planted_in_a_large_account() -> None:
    (one,) = filled(Size(principals=2000))
    names = " ".join(one.truth)
    neighbours = {kind.name for kind in ESCALATIONS if kind.neighbour}
    for kind in (*ESCALATIONS, *CONDITIONAL, *LATERAL, *LOOKALIKES, *TOGETHER):
        assert (f"/{kind.name}-0001" in names) is (kind.name not in neighbours), kind.name


def test_paths_of_the_truth_are_in_the_catalogue() -> None:
    known = {path.id for path in escalation_paths()}
    told = [truth for size in (ALONE, ORGANIZATION) for each in filled(size) for truth in each.truth.values()]
    for truth in told:
        assert set(truth.path) <= known
        if truth.path:
            assert truth.steps == len(truth.path)
        assert truth.steps > 0 or truth.standing in {"direct", "conditional", "none"}
        assert truth.why
    assert len({truth.path for truth in told}) > 30


def test_nothing_harmless_holds_all_that_any_path_needs() -> None:
    """Whatever ordinary principals have, all of it together is no way up: so what is not planted is not there."""
    random = Random("harmless")
    statements: list[Statement] = [each for one in aws_managed.HARMLESS.values() for each in one]
    for _ in range(3000):
        statements += harmless(random)
    patterns = {action.lower() for each in statements if each.effect == "Allow" for action in each.action}
    assert not [each for each in statements if each.effect == "Allow" and each.not_action]
    for path in escalation_paths():
        missing = [action for action in path.actions if not any(fnmatchcase(action.lower(), each) for each in patterns)]
        assert missing, path.id


def test_an_organization_fences_some_accounts_and_lets_others_in() -> None:
    accounts = {each.account.name: each for each in filled(ORGANIZATION)}
    assert {truth.standing for truth in accounts["workload-0007"].truth.values()} == {"none"}
    quarantined = accounts["workload-0007"].truth.values()
    assert any(truth.seen(organization=False) == "direct" for truth in quarantined)
    management = {arn.rpartition("/")[2] for arn in accounts["management"].truth}
    assert {f"{kind.name}-0001" for kind in MANAGEMENT_KINDS} <= management
    assert "OrganizationAccountAccessRole" not in management
    trusted = accounts["workload-0005"].account.role("shared-deploy")
    assert trusted is not None
    assert accounts["workload-0004"].account.account_id in trusted.trust


def test_an_scp_takes_ways_that_need_what_it_denies() -> None:
    accounts = {each.account.name: each for each in filled(Size(accounts=24, principals=200))}
    sandbox = (*accounts["workload-0003"].truth.values(), *accounts["workload-0023"].truth.values())
    barred = [truth for truth in sandbox if "SCP" in truth.why]
    assert barred
    assert {truth.standing for truth in barred} == {"none"}
    assert {truth.dump_alone for truth in barred} <= {"escalation", "conditional", "lateral"}


@pytest.mark.parametrize("size", [ALONE, ORGANIZATION])
def test_a_crowd_is_written_as_evidence_that_is_read_whole(tmp_path: Path, size: Size) -> None:
    made = write_crowd(Crowd(size), tmp_path / "crowd", tmp_path / "truth.json")
    truth = msgspec.json.decode((tmp_path / "truth.json").read_bytes())
    evidence = EvidenceFolder(tmp_path / "crowd")
    arns: set[str] = set()
    for account in evidence.account_folders():
        details = authorization_details(evidence.account(account))
        assert isinstance(details, Known)
        everybody: list[UserDetail | RoleDetail] = [*details.value.users, *details.value.roles]
        arns |= {each.arn for each in everybody}
        documents = [one.document for each in everybody for one in each.inline]
        documents += [each.trust for each in details.value.roles] + [each.document for each in details.value.policies]
        assert all(isinstance(each, Known) for each in documents)
    assert arns == set(truth["principals"])
    assert made.principals == len(arns)
    assert made.accounts == size.accounts
    assert sum(made.standings.values()) == len(arns)
    assert not evidence.unreadable
    organization = collect_folder(evidence).organization
    assert isinstance(organization.id, Absent if size.accounts == 1 else Known)


def test_identifiers_are_there_once(tmp_path: Path) -> None:
    write_crowd(Crowd(Size(principals=1000)), tmp_path / "crowd", tmp_path / "truth.json")
    (path,) = (tmp_path / "crowd").glob("accounts/*/authorization-details.json")
    answer = msgspec.json.decode(path.read_bytes())
    ids = [each["UserId"] for each in answer["UserDetailList"]] + [each["RoleId"] for each in answer["RoleDetailList"]]
    assert len(set(ids)) == len(ids) == 1000


def test_what_cannot_be_written(tmp_path: Path) -> None:
    crowd = Crowd(Size(principals=20))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "something").touch()
    with pytest.raises(UsageError, match="not empty"):
        write_crowd(crowd, tmp_path / "full", tmp_path / "truth.json")
    with pytest.raises(UsageError, match="is inside of"):
        write_crowd(crowd, tmp_path / "new", tmp_path / "new" / "truth.json")


def test_every_document_of_ours_for_a_policy_of_aws_can_be_read() -> None:
    assert len(aws_managed.DOCUMENTS) == 60
    for statements in aws_managed.DOCUMENTS.values():
        assert msgspec.json.decode(document(*statements))["Statement"]
