"""The catalogue as a corpus: what public lists name is there once, and every file keeps to the vocabulary."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rootwarden.iam.escalation.path import Actor, Category, Gain, PublicList, TargetKind, Where
from rootwarden.iam.escalation.template import Placeholder, placeholders
from rootwarden.packs import escalation_paths, escalation_words

if TYPE_CHECKING:
    from rootwarden.iam.escalation.path import EscalationPath

PATHS = escalation_paths()
BY_ID = {path.id: path for path in PATHS}
ROWS = [
    line.split("\t")
    for line in (Path(__file__).parent / "public-catalogue.tsv").read_text(encoding="utf-8").splitlines()[1:]
]
# Listed as a new resource, but a change set that makes a stack runs as the actor: only an existing stack has a role.
OTHER_CATEGORY = {"cloudformation-005": Category.EXISTING_PASSROLE}
# These two name no action: the way is open from outside the account.
OUTSIDE = {"sts-002", "sts-003"}
# Known elsewhere without an id of pathfinding.cloud.
ELSEWHERE: dict[str, tuple[set[str], set[PublicList]]] = {
    "policy-set-default-version": (
        {"iam:SetDefaultPolicyVersion"},
        {
            PublicList.RHINO,
            PublicList.CLOUDSPLAINING,
            PublicList.PROWLER,
            PublicList.IAM_VULNERABLE,
            PublicList.HACKING_THE_CLOUD,
        },
    ),
    "lambda-add-layer": (
        {"lambda:UpdateFunctionConfiguration"},
        {PublicList.RHINO, PublicList.PROWLER, PublicList.PMAPPER},
    ),
    "codestar-create-project-with-role": (
        {"iam:PassRole", "codestar:CreateProject"},
        {PublicList.RHINO, PublicList.PROWLER},
    ),
    "codestar-create-project-from-template": (
        {"codestar:CreateProjectFromTemplate"},
        {PublicList.RHINO, PublicList.PROWLER},
    ),
    "codestar-join-project": (
        {"codestar:CreateProject", "codestar:AssociateTeamMember"},
        {PublicList.RHINO, PublicList.PROWLER},
    ),
    **{
        f"autoscaling-{verb.lower()}-group-with-launch-{kind.lower()}": (
            {"iam:PassRole", f"autoscaling:{verb}AutoScalingGroup", f"{service}:CreateLaunch{kind}"},
            {PublicList.PROWLER, PublicList.PMAPPER, PublicList.HACKING_THE_CLOUD},
        )
        for verb in ("Create", "Update")
        for service, kind in (("autoscaling", "Configuration"), ("ec2", "Template"))
    },
    "ec2-associate-instance-profile": ({"iam:PassRole", "ec2:AssociateIamInstanceProfile"}, {PublicList.PMAPPER}),
    "codebuild-update-project-and-start-build": (
        {"iam:PassRole", "codebuild:UpdateProject", "codebuild:StartBuild"},
        {PublicList.PMAPPER},
    ),
    "role-create-and-attach-policy": ({"iam:CreateRole", "iam:AttachRolePolicy"}, {PublicList.PMAPPER}),
    "role-create-and-put-policy": ({"iam:CreateRole", "iam:PutRolePolicy"}, {PublicList.PMAPPER}),
    "instance-profile-swap-role": ({"iam:PassRole", "iam:AddRoleToInstanceProfile"}, {PublicList.CLOUDMAPPER}),
    "role-detach-own-policy": ({"iam:DetachRolePolicy"}, {PublicList.HACKING_THE_CLOUD}),
    "role-delete-own-policy": ({"iam:DeleteRolePolicy"}, {PublicList.HACKING_THE_CLOUD}),
    "role-replace-own-boundary": ({"iam:PutRolePermissionsBoundary"}, {PublicList.HACKING_THE_CLOUD}),
}
# No public list we know has these: they lead to root, or into an account from its organization.
TO_ROOT = {
    "root-session-create-password": {"sts:AssumeRoot"},
    "root-session-remove-mfa": {"sts:AssumeRoot"},
    "organization-enable-root-sessions": {"iam:EnableOrganizationsRootSessions", "sts:AssumeRoot"},
    "organization-manage-root-credentials": {"iam:EnableOrganizationsRootCredentialsManagement", "sts:AssumeRoot"},
    "organization-delegate-root-access": {"organizations:RegisterDelegatedAdministrator"},
    "account-change-root-email": {"account:StartPrimaryEmailUpdate", "account:AcceptPrimaryEmailUpdate"},
    "organization-detach-policy": {"organizations:DetachPolicy"},
    "organization-update-policy": {"organizations:UpdatePolicy"},
    "organization-move-account": {"organizations:MoveAccount"},
    "organization-leave": {"organizations:LeaveOrganization"},
    "organization-access-role-assume": {"sts:AssumeRole"},
    "control-tower-role-assume": {"sts:AssumeRole"},
    "saml-provider-replace-metadata": {"iam:UpdateSAMLProvider"},
    "saml-provider-create-missing": {"iam:CreateSAMLProvider"},
    "oidc-provider-create-missing": {"iam:CreateOpenIDConnectProvider"},
    "oidc-provider-add-audience": {"iam:AddClientIDToOpenIDConnectProvider"},
    "oidc-provider-replace-thumbprint": {"iam:UpdateOpenIDConnectProviderThumbprint"},
}


def test_every_public_id_is_there_once() -> None:
    assert len(ROWS) == 103
    named = Counter(listed for path in PATHS for listed in path.catalogue.pathfinding)
    assert named == Counter(row[0] for row in ROWS)


@pytest.mark.parametrize(("listed", "category", "actions", "lists"), ROWS, ids=[row[0] for row in ROWS])
def test_a_public_id_means_what_its_list_says(listed: str, category: str, actions: str, lists: str) -> None:
    (path,) = [one for one in PATHS if listed in one.catalogue.pathfinding]
    assert set(path.actions) == ({"sts:AssumeRole"} if listed in OUTSIDE else set(actions.split()))
    assert path.category == OTHER_CATEGORY.get(listed, category) or listed == "sts-004"
    assert set(lists.split()) - {"-"} <= set(path.catalogue.lists)


def test_a_list_is_only_named_where_it_has_the_technique() -> None:
    known = {row[0]: set(row[3].split()) - {"-"} for row in ROWS}
    for path in PATHS:
        said = set(path.catalogue.lists)
        if path.catalogue.pathfinding:
            assert said == set().union(*(known[listed] for listed in path.catalogue.pathfinding)), path.id


@pytest.mark.parametrize("name", ELSEWHERE)
def test_what_is_known_elsewhere_is_there(name: str) -> None:
    actions, lists = ELSEWHERE[name]
    assert actions <= set(BY_ID[name].actions)
    assert set(BY_ID[name].catalogue.lists) == lists
    assert BY_ID[name].catalogue.pathfinding == ()


@pytest.mark.parametrize("name", TO_ROOT)
def test_the_paths_to_root_are_there(name: str) -> None:
    assert set(BY_ID[name].actions) == TO_ROOT[name]


def test_no_public_list_has_the_paths_to_root() -> None:
    for path in PATHS:
        if path.category is Category.ROOT or path.id in TO_ROOT:
            assert path.catalogue.pathfinding == ()
            assert path.catalogue.lists == ()


def test_no_two_paths_are_the_same() -> None:
    def signature(path: EscalationPath) -> tuple[object, ...]:
        return (path.permissions, path.actor, path.target, path.policies, path.also, path.existing)

    seen = Counter(signature(path) for path in PATHS)
    assert [path.id for path in PATHS if seen[signature(path)] > 1] == []
    assert len({path.title for path in PATHS}) == len(PATHS)


def test_every_word_is_used_and_means_something() -> None:
    words = escalation_words()
    used = {word for path in PATHS for word in (*path.requires, *path.assumes)}
    assert used == set(words.requires)
    conditions = {
        word for path in PATHS for word in (*path.target.where, *path.policies, *(path.also.where if path.also else ()))
    }
    assert conditions == set(Where)
    named = {
        name
        for path in PATHS
        for one in path.permissions
        for template in (one.resource, *(value for key in one.context for value in key.values))
        for name in placeholders(template)
    }
    assert named == {str(one) for one in Placeholder}
    for table in (words.where, words.requires, words.template):
        assert all(said and said == said.strip().rstrip(".") for said in table.values())


def test_every_kind_of_path_is_there() -> None:
    assert {path.category for path in PATHS} == set(Category)
    assert {path.actor for path in PATHS} == set(Actor)
    assert {path.gain for path in PATHS} == set(Gain)
    assert {path.target.kind for path in PATHS} == set(TargetKind)
    assert {name for path in PATHS for name in path.catalogue.lists} == set(PublicList)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.id)
def test_a_path_says_what_a_reader_needs(path: EscalationPath) -> None:
    assert path.title[0].isupper()
    assert not path.title.endswith(".")
    assert path.remedy.endswith(".")
    assert path.notes == "" or path.notes.endswith(".")
    assert path.doubtful == path.doubtful.rstrip(".")
    if path.actor in (Actor.USER, Actor.ROLE) and not path.ended:
        assert path.notes, "who cannot walk it, and what they do instead, is said in the notes"
    if path.category is Category.NEW_PASSROLE:
        assert path.actions[0] == "iam:PassRole"
        assert "iam:PassRole" in path.stops
    for one in path.permissions:
        if one.action == "iam:PassRole":
            assert [key.key for key in one.context] == ["iam:PassedToService"]
            passed = path.target if one.resource == "{target}" else path.also
            assert passed is not None
            assert set(one.context[0].values) <= set(passed.trusts)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.id)
def test_a_note_names_paths_that_exist(path: EscalationPath) -> None:
    for name in re.findall(r"`([a-z0-9]+(?:-[a-z0-9]+)+)`", f"{path.notes} {path.doubtful} {path.remedy}"):
        assert name in BY_ID or name == "automation-definition"


@pytest.mark.parametrize("path", [path for path in PATHS if not path.ended], ids=lambda path: path.id)
def test_reserved_roles_are_neither_edited_nor_passed(path: EscalationPath) -> None:
    for one in path.permissions:
        if not one.action.startswith("iam:"):
            continue
        if one.resource == "{target}" and path.target.kind is TargetKind.ROLE:
            assert Where.NOT_RESERVED in path.target.where
        if one.resource == "{also}" and path.also and path.also.kind is TargetKind.ROLE:
            assert Where.NOT_RESERVED in path.also.where
