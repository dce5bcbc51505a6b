"""What would end a way up: each change is made in the dump itself, by hand, and the account judged anew."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pytest
from tests.iam.admins.drawn_account import ACCOUNT, Drawn, arn, copied
from tests.iam.admins.judged import classes_of_dump, judged_dump

from rootwarden.audit.root_stops import stops_of
from rootwarden.errors import UsageError
from rootwarden.iam.admins.stopping.hitting import smallest
from rootwarden.iam.admins.stopping.outcome import How, RemedyKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.iam.admins.drawn_account import Dump

    from rootwarden.audit.root_stops import RootStops
    from rootwarden.iam.admins.stopping.outcome import Remedy

UP: Final = frozenset({"direct", "escalation", "conditional"})
FULL: Final = {"Effect": "Allow", "Action": "*", "Resource": "*"}
LAMBDA: Final = {"Service": "lambda.amazonaws.com"}
AWS_ADMINISTRATOR: Final = "arn:aws:iam::aws:policy/AdministratorAccess"
_INLINE: Final = {
    "UserDetailList": "UserPolicyList",
    "GroupDetailList": "GroupPolicyList",
    "RoleDetailList": "RolePolicyList",
}


def holders(dump: Dump) -> Iterator[tuple[str, Any]]:
    for listed in _INLINE:
        yield from ((listed, one) for one in dump[listed])


def written(dump: Dump, owner: str, name: str, layer: str, document: object) -> None:
    """Put a document in the place of a policy; no statement left: take the policy away."""
    gone = document == []
    for listed, one in holders(dump):
        if one["Arn"] == owner and layer == "trust":
            nobody = {"Effect": "Deny", "Action": "sts:*", "Principal": "*"}
            one["AssumeRolePolicyDocument"] = {"Version": "2012-10-17", "Statement": [nobody]} if gone else document
        elif one["Arn"] == owner:
            kept = [each for each in one[_INLINE[listed]] if each["PolicyName"] != name]
            one[_INLINE[listed]] = kept + ([] if gone else [{"PolicyName": name, "PolicyDocument": document}])
    for policy in dump["Policies"]:
        if policy["Arn"] == owner:
            empty = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:", "Resource": "*"}]}
            version = next(each for each in policy["PolicyVersionList"] if each["IsDefaultVersion"])
            version["Document"] = empty if gone else document


def with_remedy(dump: Dump, who: str, remedy: Remedy) -> dict[str, str]:
    """The class of everybody when somebody did what a remedy says."""
    changed, scp = copied(dump), None
    for change in remedy.statements:
        if change.how is How.DETACH:
            (one,) = (one for _, one in holders(changed) if one["Arn"] == change.owner)
            one["AttachedManagedPolicies"] = [
                each for each in one["AttachedManagedPolicies"] if each["PolicyArn"] != change.policy
            ]
    for policy in remedy.policies:
        document = msgspec.to_builtins(policy.document)
        if policy.layer == "boundary":
            made = {"PolicyName": policy.name, "PolicyId": "ANPAFAKENEW", "Arn": arn("policy", policy.name)}
            version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": document}
            changed["Policies"].append(
                made | {"Path": "/", "DefaultVersionId": "v1", "AttachmentCount": 0, "PolicyVersionList": [version]}
            )
            (bounded,) = (one for _, one in holders(changed) if one["Arn"] == who)
            bounded["PermissionsBoundary"] = {
                "PermissionsBoundaryType": "Policy",
                "PermissionsBoundaryArn": arn("policy", policy.name),
            }
        elif policy.layer == "scp":
            scp = [document | {"Statement": [FULL, *document["Statement"]]}]
        elif policy.layer in {"identity", "trust"}:
            whole = document if document["Statement"] else []
            written(changed, policy.owner, policy.name, policy.layer, whole)
    return classes_of_dump(changed, scp=scp)


def check(dump: Dump, who: str, before: dict[str, str]) -> RootStops:
    stops = stops_of(judged_dump(dump), who)
    assert stops.stopping.standing.value == before[who]
    assert len(stops.stopping.remedies) + len(stops.stopping.not_found) == len(RemedyKind)
    for remedy in stops.stopping.remedies:
        after = with_remedy(dump, who, remedy)
        assert after[who] not in UP, (who, remedy)
        assert after[who] == remedy.leaves.value
        helped = {one.arn: (one.before.value, one.after.value) for one in remedy.helped}
        fallen = {one: (before[one], after[one]) for one in before if one != who and before[one] in UP}
        assert helped == {one: pair for one, pair in fallen.items() if pair[0] != pair[1]}
    return stops


def drawn(seed: int) -> None:
    dump = Drawn(Random(seed)).dump()
    before = classes_of_dump(dump)
    for who in [one for one in before if before[one] in UP][:3]:
        stops = check(dump, who, before)
        for remedy in stops.stopping.remedies:
            if remedy.smallest and len(remedy.statements) == 2:  # a smaller set would be one statement
                assert_no_single(dump, who)


def assert_no_single(dump: Dump, who: str) -> None:
    """No statement that grants something alone ends every way of somebody: each is taken out in turn.

    What a boundary allows grants nothing, and is not among the statements a remedy takes out.
    """
    bounds = {one.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn") for _, one in holders(dump)}
    of_bounds = [
        each["Document"]["Statement"]
        for one in dump["Policies"]
        for each in one["PolicyVersionList"]
        if one["Arn"] in bounds
    ]
    for place, statements in enumerate(statement_lists(dump)):
        if any(statements is one for one in of_bounds):
            continue
        for index in range(len(statements)):
            changed = copied(dump)
            made = list(statement_lists(changed))[place]
            # Allows nothing. A deny of nothing would not do: who has any deny is no administrator as it is.
            about = "Principal" if "Principal" in statements[index] else "Resource"
            made[index] = {"Effect": "Allow", "Action": "s3:", about: statements[index].get(about, "*")}
            assert classes_of_dump(changed)[who] in UP, (who, statements[index])


def statement_lists(dump: Dump) -> Iterator[list[dict[str, Any]]]:
    for listed, one in holders(dump):
        yield from (each["PolicyDocument"]["Statement"] for each in one[_INLINE[listed]])
    for role in dump["RoleDetailList"]:
        yield role["AssumeRolePolicyDocument"]["Statement"]
    for policy in dump["Policies"]:
        yield from (each["Document"]["Statement"] for each in policy["PolicyVersionList"] if each["IsDefaultVersion"])


@pytest.mark.parametrize("seed", range(12))
def test_doing_what_a_remedy_says_ends_every_way(seed: int) -> None:
    drawn(seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 400))
def test_doing_what_a_remedy_says_ends_every_way_at_length(seed: int) -> None:
    drawn(seed)


def dump_of(
    statements: list[dict[str, Any]], *roles: tuple[str, object, list[dict[str, Any]]], attached: tuple[str, ...] = ()
) -> Dump:
    """One user `dev` with an inline policy, and roles: name, principal of the trust policy, inline statements."""
    user = {
        "UserName": "dev",
        "UserId": "AIDAFAKEDEV",
        "Arn": arn("user", "dev"),
        "Path": "/",
        "CreateDate": "2026-01-01T00:00:00Z",
        "GroupList": [],
        "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": document(statements)}] if statements else [],
        "AttachedManagedPolicies": [{"PolicyName": one.rpartition("/")[2], "PolicyArn": one} for one in attached],
    }
    policies = [
        {
            "PolicyName": "AdministratorAccess",
            "PolicyId": "ANPAFAKE",
            "Arn": AWS_ADMINISTRATOR,
            "Path": "/",
            "DefaultVersionId": "v1",
            "AttachmentCount": 1,
            "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": True, "Document": document([FULL])}],
        }
    ]
    return {
        "UserDetailList": [user],
        "GroupDetailList": [],
        "RoleDetailList": [role(*one) for one in roles],
        "Policies": policies if attached else [],
    }


def document(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}


def role(name: str, principal: object, statements: list[dict[str, Any]]) -> dict[str, Any]:
    path = "/aws-reserved/sso.amazonaws.com/" if name.startswith("AWSReservedSSO") else "/"
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    return {
        "RoleName": name,
        "RoleId": f"AROAFAKE{name}",
        "Arn": f"arn:aws:iam::{ACCOUNT}:role{path}{name}",
        "Path": path,
        "CreateDate": "2026-01-01T00:00:00Z",
        "AssumeRolePolicyDocument": document([trust]),
        "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": document(statements)}],
        "AttachedManagedPolicies": [],
        "InstanceProfileList": [],
    }


DEV: Final = arn("user", "dev")
READ: Final = [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]
FUNCTIONS: Final = {"Effect": "Allow", "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": "*"}
PASS: Final = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}


def statements_of(dump: Dump) -> Remedy:
    stops = check(dump, DEV, classes_of_dump(dump))
    return next(one for one in stops.stopping.remedies if one.kind is RemedyKind.STATEMENTS)


def test_a_service_that_only_harmless_roles_lend_themselves_to_is_still_passed_to() -> None:
    dump = dump_of([PASS, FUNCTIONS], ("deploy", LAMBDA, [FULL]), ("batch", {"Service": "batch.amazonaws.com"}, READ))
    (change,) = statements_of(dump).statements
    assert (change.how, change.index) == (How.NARROW, 0)
    (after,) = change.after
    assert after.conditions == {"StringEquals": {"iam:PassedToService": ("batch.amazonaws.com",)}}


def test_where_the_service_does_not_tell_them_apart_the_harmless_roles_are_named() -> None:
    dump = dump_of([PASS, FUNCTIONS], ("deploy", LAMBDA, [FULL]), ("reads", LAMBDA, READ))
    (change,) = statements_of(dump).statements
    assert change.how is How.NARROW
    assert [one.resources for one in change.after] == [(arn("role", "reads"),)]


def test_one_action_of_several_is_taken_out() -> None:
    statement = {"Effect": "Allow", "Action": ["iam:GetUser", "iam:PutUserPolicy"], "Resource": DEV}
    (change,) = statements_of(dump_of([statement])).statements
    assert change.how is How.NARROW
    assert [one.actions for one in change.after] == [("iam:GetUser",)]


def test_a_wildcard_has_a_deny_beside_it() -> None:
    statement = {"Effect": "Allow", "Action": ["iam:Put*"], "Resource": DEV}
    (change,) = statements_of(dump_of([statement])).statements
    assert [(one.effect, one.actions) for one in change.after] == [
        ("Allow", ("iam:Put*",)),
        ("Deny", ("iam:PutUserPolicy",)),
    ]


def test_two_ways_need_two_statements_and_a_shared_one_only_itself() -> None:
    both = [
        {"Effect": "Allow", "Action": one, "Resource": DEV} for one in ("iam:PutUserPolicy", "iam:AttachUserPolicy")
    ]
    remedy = statements_of(dump_of(both))
    assert remedy.smallest
    assert [one.index for one in remedy.statements] == [0, 1]
    shared = statements_of(
        dump_of([PASS, FUNCTIONS, {"Effect": "Allow", "Action": "glue:*", "Resource": "*"}], ("deploy", LAMBDA, [FULL]))
    )
    assert len(shared.statements) == 1


def test_a_policy_of_aws_is_detached() -> None:
    (change,) = statements_of(dump_of([], attached=(AWS_ADMINISTRATOR,))).statements
    assert (change.how, change.policy, change.owner) == (How.DETACH, AWS_ADMINISTRATOR, DEV)


def test_a_trust_policy_that_names_the_user_is_what_has_to_change() -> None:
    dump = dump_of([], ("deploy", {"AWS": DEV}, [FULL]))
    (change,) = statements_of(dump).statements
    assert (change.layer, change.owner) == ("trust", arn("role", "deploy"))


def test_a_role_of_identity_center_takes_a_service_control_policy_only() -> None:
    name = "AWSReservedSSO_Admin_fake"
    dump = dump_of([], (name, {"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/AWSSSO_fake"}, [FULL]))
    who = f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/{name}"
    stops = check(dump, who, classes_of_dump(dump))
    assert {one.kind for one in stops.stopping.not_found} == {RemedyKind.STATEMENTS, RemedyKind.BOUNDARY}
    assert [one.kind for one in stops.stopping.remedies] == [RemedyKind.SCP]
    assert all("Identity Center" in one.why for one in stops.stopping.not_found)


def test_the_other_administrators_are_spared_unless_others_are_named() -> None:
    dump = dump_of([PASS, FUNCTIONS], ("deploy", LAMBDA, [FULL]), ("reads", LAMBDA, READ))
    found = judged_dump(dump)
    spares = {}
    for given in ((), (arn("role", "reads"),)):
        stops = stops_of(found, DEV, spared=given)
        spares[given] = next(one.spares for one in stops.stopping.remedies if one.kind is RemedyKind.SCP)
    assert spares == {(): (arn("role", "deploy"),), (arn("role", "reads"),): (arn("role", "reads"),)}
    with pytest.raises(UsageError, match="itself"):
        stops_of(found, DEV, spared=(DEV,))
    with pytest.raises(UsageError, match="nobody is called"):
        stops_of(found, arn("user", "nobody"))


def test_who_has_no_way_up_has_nothing_to_end() -> None:
    stops = stops_of(judged_dump(dump_of(READ)), DEV)
    assert stops.stopping.standing.value == "none"
    assert not stops.stopping.remedies + stops.stopping.not_found


def test_every_printed_policy_is_one_that_aws_takes() -> None:
    dump = dump_of([PASS, FUNCTIONS], ("deploy", LAMBDA, [FULL]), ("reads", LAMBDA, READ))
    stops = stops_of(judged_dump(dump), DEV)
    printed = [one for each in stops.stopping.remedies for one in each.policies if one.document.statements]
    assert [(one.owner, one.name) for one in stops.linted] == [(one.owner, one.name) for one in printed]
    for said, policy in zip(stops.linted, printed, strict=True):
        assert not said.findings
        assert said.characters == len(json.dumps(msgspec.to_builtins(policy.document), separators=(",", ":")))
        assert said.characters < said.limit


@pytest.mark.parametrize(
    ("cores", "expected"),
    [
        ([], set()),
        ([{"a"}], {"a"}),
        ([{"a", "b"}, {"b", "c"}, {"c", "d"}], {"a", "c"}),
        ([{"a", "b"}, {"a", "c"}, {"b", "c"}], {"a", "b"}),
        ([{"x", "a"}, {"x", "b"}, {"x", "c"}], {"x"}),
    ],
)
def test_the_smallest_set_has_something_of_each(cores: list[set[str]], expected: set[str]) -> None:
    assert smallest(cores, lambda one: (0, one)) == (frozenset(expected), True)


def test_what_is_given_up_more_gladly_is_taken_first() -> None:
    assert smallest([{"a", "b"}], lambda one: (0 if one == "b" else 1, one))[0] == {"b"}


def test_of_what_is_denied_to_an_administrator_nothing_is_needless() -> None:
    dump = dump_of([], ("deploy", LAMBDA, [FULL]), ("reads", LAMBDA, READ))
    who = arn("role", "deploy")
    stops = check(dump, who, classes_of_dump(dump))
    boundary = next(one for one in stops.stopping.remedies if one.kind is RemedyKind.BOUNDARY)
    assert boundary.smallest
    (policy,) = boundary.policies
    everything, deny = policy.document.statements
    for action in boundary.denies:
        left = msgspec.structs.replace(deny, actions=tuple(one for one in deny.actions or () if one != action))
        fewer = msgspec.structs.replace(policy.document, statements=(everything, left))
        changed = msgspec.structs.replace(boundary, policies=(msgspec.structs.replace(policy, document=fewer),))
        assert with_remedy(dump, who, changed)[who] in UP, action


WRITES: Final = {"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*"}
CHANGES_DEV: Final = {"Effect": "Allow", "Action": ["iam:GetUser", "iam:PutUserPolicy"], "Resource": DEV}


def test_a_role_that_changes_who_assumed_it_is_stopped() -> None:
    dump = dump_of(READ, ("hands", {"AWS": DEV}, [CHANGES_DEV]))
    (change,) = statements_of(dump).statements
    assert (change.layer, change.owner) == ("trust", arn("role", "hands"))


def test_two_roles_that_change_who_assumed_them_are_both_stopped() -> None:
    remedy = statements_of(dump_of(READ, *((name, {"AWS": DEV}, [CHANGES_DEV]) for name in ("one", "two"))))
    assert remedy.smallest
    assert {one.owner for one in remedy.statements} == {arn("role", "one"), arn("role", "two")}


def test_a_role_that_is_run_as_and_written_into_is_stopped() -> None:
    dump = dump_of([PASS, FUNCTIONS, WRITES], ("reads", LAMBDA, READ))
    assert len(statements_of(dump).statements) == 1


def test_a_role_that_changes_another_is_stopped() -> None:
    first = {"Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": arn("role", "second")}
    dump = dump_of(READ, ("first", {"AWS": DEV}, [first]), ("second", {"AWS": DEV}, READ))
    (change,) = statements_of(dump).statements
    assert change.layer == "trust"
