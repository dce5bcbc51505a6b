from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.iam.usage.story import (
    AWAY,
    HOME,
    allow,
    assume,
    call,
    compare,
    deny,
    doubts,
    dump,
    of,
    session,
    user,
    uses,
)

from rootwarden.iam.usage.judge import Asked

ANA = user("ana")


def test_used_unused_and_what_nobody_can_tell() -> None:
    ana = of(
        compare(
            [call("ec2:DescribeInstances", ANA)],
            dump(users={"ana": [allow("ec2:DescribeInstances", "ec2:StopInstances", "iam:PassRole", "s3:GetObject")]}),
        ),
        "ana",
    )
    assert uses(ana) == {"ec2:DescribeInstances": "done"}
    # Nothing in this log writes: a trail may have only reads.
    assert doubts(ana) == {
        "ec2:StopInstances": "left_out",
        "iam:PassRole": "not_recorded",
        "s3:GetObject": "data_event",
    }
    assert ana.granted == 4


def test_what_is_not_there_where_it_would_be_is_unused() -> None:
    records = [call("ec2:DescribeInstances", ANA), call("ec2:StopInstances", user("ben"))]
    ana = of(compare(records, dump(users={"ana": [allow("ec2:StopInstances", "ec2:DescribeInstances")]})), "ana")
    assert ana.unused == ("ec2:StopInstances",)
    assert ana.unjudged == ()


def test_copies_of_records_change_nothing() -> None:
    records = [call("ec2:DescribeInstances", ANA), call("ec2:StopInstances", ANA, errorCode="AccessDenied")]
    holders = dump(users={"ana": [allow("ec2:*")]})
    assert compare(records * 3, holders) == compare(list(reversed(records)), holders)


DENIALS = ["AccessDenied", "Client.UnauthorizedOperation", "AccessDeniedException", "VpceAccessDenied"]


@pytest.mark.parametrize("code", DENIALS)
def test_refused_calls_are_apart_and_not_unused(code: str) -> None:
    holders = dump(users={"ana": [allow("ec2:StopInstances")]})
    ana = of(compare([call("ec2:StopInstances", ANA, errorCode=code)], holders), "ana")
    assert uses(ana) == {"ec2:StopInstances": "denied"}
    assert (ana.unused, ana.no_longer_granted) == ((), ())


def test_failed_calls_are_apart_and_one_success_outweighs_them() -> None:
    failed = call("ec2:StopInstances", ANA, errorCode="Client.InvalidInstanceID.NotFound")
    holders = dump(users={"ana": [allow("ec2:StopInstances")]})
    assert uses(of(compare([failed], holders), "ana")) == {"ec2:StopInstances": "failed"}
    both = of(compare([failed, call("ec2:StopInstances", ANA, time="2026-03-04T00:00:00Z")], holders), "ana")
    assert uses(both) == {"ec2:StopInstances": "done"}
    assert both.used[0].first == "2026-03-04T00:00:00Z"


def test_a_dry_run_would_have_succeeded() -> None:
    records = [call("ec2:StopInstances", ANA, errorCode="Client.DryRunOperation")]
    assert uses(of(compare(records), "ana")) == {"ec2:StopInstances": "done"}


def test_calls_of_a_service_in_their_name_are_apart_and_consoles_are_not_services() -> None:
    records = [
        call("ec2:RunInstances", user("ana", invokedBy="cloudformation.amazonaws.com")),
        call("ec2:StopInstances", user("ana", invokedBy="signin.amazonaws.com")),
        call("ec2:StartInstances", user("ana", invokedBy="AWS Internal")),
    ]
    ana = of(compare(records), "ana")
    assert uses(ana) == {
        "ec2:RunInstances": "by_service",
        "ec2:StartInstances": "done",
        "ec2:StopInstances": "done",
    }
    assert [one.via for one in ana.used if one.via] == [("cloudformation.amazonaws.com",)]


def test_not_action_is_expanded() -> None:
    """CloudTracker #76."""
    records = [call("ec2:DescribeInstances", ANA), call("ec2:StopInstances", ANA)]
    policy = {"Effect": "Allow", "NotAction": ["iam:*", "organizations:*"], "Resource": "*"}
    ana = of(compare(records, dump(users={"ana": [policy]})), "ana")
    assert "ec2:StartInstances" in ana.unused
    assert not any(action.startswith(("iam:", "organizations:")) for action in (*ana.unused, *doubts(ana)))


def test_denies_boundary_and_wildcards_limit_what_is_granted() -> None:
    records = [call("ec2:DescribeInstances", ANA), call("ec2:CreateVpc", user("ben"))]
    statements = [allow("ec2:St*Instances", "ec2:Reboot?nstances"), deny("ec2:StartInstances")]
    ana = of(compare(records, dump(users={"ana": statements})), "ana")
    assert ana.unused == ("ec2:RebootInstances", "ec2:StopInstances")
    limit = {"Version": "2012-10-17", "Statement": [allow("ec2:Stop*")]}
    bounded = of(compare(records, dump(users={"ana": statements}, boundary=limit)), "ana")
    assert bounded.unused == ("ec2:StopInstances",)


def test_a_deny_of_some_resources_takes_no_action_away() -> None:
    records = [call("ec2:DescribeInstances", ANA), call("ec2:CreateVpc", user("ben"))]
    statements = [allow("ec2:StopInstances"), deny("ec2:StopInstances", resource="arn:aws:ec2:*:*:instance/i-0")]
    assert of(compare(records, dump(users={"ana": statements})), "ana").unused == ("ec2:StopInstances",)


def test_used_and_not_granted_any_more() -> None:
    key = "arn:aws:secretsmanager:eu-west-1:000000000000:secret:prod/db-AbCdEf"
    records = [
        call("ec2:StopInstances", ANA),
        call("ec2:StartInstances", ANA),
        call("secretsmanager:GetSecretValue", ANA, requestParameters={"secretId": key}),
    ]
    statements = [
        allow("ec2:St*"),
        deny("ec2:StartInstances"),
        allow("secretsmanager:*", resource=key.replace("prod", "dev")),
    ]
    ana = of(compare(records, dump(users={"ana": statements})), "ana")
    assert [(one.action, one.resource) for one in ana.no_longer_granted] == [
        ("ec2:StartInstances", "*"),
        ("secretsmanager:GetSecretValue", key),
    ]
    assert ana.no_longer_granted[0].blocking == ("identity own 1",)


def test_unused_and_on_a_way_up() -> None:
    records = [call("ec2:DescribeInstances", ANA), call("ec2:CreateVpc", user("ben"))]
    holders = dump(users={"ana": [allow("iam:AttachUserPolicy", "ec2:CreateVpc")]})
    asked = Asked(escalation=frozenset({"iam:AttachUserPolicy", "iam:PutUserPolicy"}))
    ana = of(compare(records, holders, asked=asked), "ana")
    assert ana.escalation == ("iam:AttachUserPolicy",)
    assert ana.unused == ("ec2:CreateVpc", "iam:AttachUserPolicy")


def test_an_account_without_a_log_is_not_unused() -> None:
    ana = of(
        compare([call("ec2:StopInstances", user("ben", AWAY))], dump(users={"ana": [allow("ec2:StopInstances")]})),
        "ana",
    )
    assert (ana.unused, doubts(ana)) == ((), {"ec2:StopInstances": "no_log"})


@pytest.mark.parametrize(("unread", "why"), [({HOME: 1}, "unread"), ({"": 1}, "unread"), ({AWAY: 1}, None)])
def test_a_file_that_could_not_be_read_spoils_its_account_only(unread: dict[str, int], why: str | None) -> None:
    records = [call("ec2:DescribeInstances", ANA), call("ec2:CreateVpc", ANA)]
    holders = dump(users={"ana": [allow("ec2:StopInstances")]})
    ana = of(compare(records, holders, asked=Asked(unread=unread)), "ana")
    assert doubts(ana).get("ec2:StopInstances") == why
    assert bool(ana.unused) is (why is None)


def test_data_events_count_only_when_all_of_them_are_there() -> None:
    """CloudTracker #62, and the reason `s3:GetObject` is mostly shown as unused."""
    seen = call("s3:GetObject", user("ben"), managementEvent=False, requestParameters={"bucketName": "b", "key": "k"})
    records = [seen, call("ec2:CreateVpc", ANA), call("ec2:DescribeVpcs", ANA)]
    holders = dump(users={"ana": [allow("s3:GetObject", "sqs:SendMessage")]})
    assert doubts(of(compare(records, holders), "ana"))["s3:GetObject"] == "data_event"
    told = of(compare(records, holders, asked=Asked(data_events=frozenset({"s3"}))), "ana")
    assert told.unused == ("s3:GetObject",)
    assert doubts(told) == {"sqs:SendMessage": "data_event"}


def test_key_events_may_be_left_out_of_a_trail() -> None:
    records = [call("ec2:CreateVpc", ANA), call("ec2:DescribeVpcs", ANA)]
    holders = dump(users={"ana": [allow("kms:CreateGrant")]})
    assert doubts(of(compare(records, holders), "ana")) == {"kms:CreateGrant": "left_out"}
    with_keys = [*records, call("kms:ListKeys", user("ben"))]
    assert of(compare(with_keys, holders), "ana").unused == ("kms:CreateGrant",)


def test_an_event_nobody_can_map_spoils_its_service_for_that_principal() -> None:
    records = [
        call("ec2:MadeUpCall", ANA),
        call("ec2:CreateVpc", ANA),
        call("ec2:DescribeVpcs", ANA),
        call("ec2:CreateVpc", user("ben")),
    ]
    holders = dump(users={"ana": [allow("ec2:StopInstances", "sns:CreateTopic")], "ben": [allow("ec2:StopInstances")]})
    found = compare(records, holders)
    ana = of(found, "ana")
    assert [(one.source, one.name) for one in ana.unknown_events] == [("ec2", "MadeUpCall")]
    assert doubts(ana) == {"ec2:StopInstances": "unknown_event"}
    assert ana.unused == ("sns:CreateTopic",)
    assert of(found, "ben").unused == ("ec2:StopInstances",)


def test_a_call_that_may_have_needed_it() -> None:
    records = [
        call("dynamodb:TransactWriteItems", ANA, managementEvent=False),
        call("ec2:CreateVpc", ANA),
        call("ec2:DescribeVpcs", ANA),
    ]
    holders = dump(users={"ana": [allow("dynamodb:PutItem", "dynamodb:Scan")]})
    ana = of(compare(records, holders, asked=Asked(data_events=frozenset({"dynamodb"}))), "ana")
    assert doubts(ana) == {"dynamodb:PutItem": "perhaps"}
    assert ana.unused == ("dynamodb:Scan",)


def test_permissions_without_a_call_cannot_be_judged() -> None:
    records = [call("ec2:CreateVpc", ANA), call("ec2:DescribeVpcs", ANA)]
    ana = of(compare(records, dump(users={"ana": [allow("s3:ReplicateObject")]})), "ana")
    assert doubts(ana) == {"s3:ReplicateObject": "no_call"}


def test_a_role_passed_in_a_call_was_passed() -> None:
    role = f"arn:aws:iam::{HOME}:role/service/worker"
    made = call("lambda:CreateFunction20150331", ANA, requestParameters={"functionName": "f", "role": role})
    ana = of(compare([made], dump(users={"ana": [allow("lambda:CreateFunction", "iam:PassRole")]})), "ana")
    passed = next(one for one in ana.used if one.action == "iam:PassRole")
    assert (passed.resources, passed.inferred) == ((role,), True)
    refused = call("lambda:CreateFunction20150331", ANA, requestParameters={"role": role}, errorCode="AccessDenied")
    assert "iam:PassRole" not in uses(of(compare([refused]), "ana"))


def test_a_policy_that_cannot_be_read_is_told_and_grants_nothing_here() -> None:
    records = [call("ec2:CreateVpc", ANA), call("ec2:DescribeVpcs", ANA)]
    holders = dump(users={"ana": [allow("ec2:StopInstances")]})
    holders["UserDetailList"][0]["UserPolicyList"].append({"PolicyName": "odd", "PolicyDocument": "{"})
    ana = of(compare(records, holders), "ana")
    assert ana.unreadable == ("policy `odd`",)
    assert (ana.unused, ana.no_longer_granted) == (("ec2:StopInstances",), ())


def test_sessions_are_their_roles_with_or_without_issuer_and_path() -> None:
    with_path = session("ci", "ASIA1", path="/build/")
    bare = {key: value for key, value in session("ci", "ASIA2").items() if key != "sessionContext"}
    records = [call("ec2:CreateVpc", with_path), call("ec2:DescribeVpcs", bare)]
    found = compare(records, dump(roles={"build/ci": [allow("ec2:*")]}))
    ci = of(found, "ci")
    assert ci.arn == f"arn:aws:iam::{HOME}:role/build/ci"
    assert set(uses(ci)) == {"ec2:CreateVpc", "ec2:DescribeVpcs"}
    assert len(found.principals) == 1


def test_a_role_made_again_did_not_do_what_the_first_one_did() -> None:
    old = session("ci", "ASIA1")
    old["sessionContext"]["sessionIssuer"]["principalId"] = "AROAOLD"
    found = compare([call("ec2:CreateVpc", old)], dump(roles={"ci": [allow("ec2:CreateVpc")]}))
    assert sorted((one.exists, set(uses(one))) for one in found.principals) == [
        (False, {"ec2:CreateVpc"}),
        (True, set()),
    ]


def test_root_is_apart() -> None:
    who = {"type": "Root", "arn": f"arn:aws:iam::{HOME}:root", "accountId": HOME, "principalId": HOME}
    token = {
        "type": "AssumedRole",
        "sessionContext": {"sessionIssuer": {"type": "Root", "arn": f"arn:aws:iam::{HOME}:root"}},
    }
    found = compare([call("iam:CreateUser", who), call("iam:ListUsers", token, account=HOME)], dump(users={"ana": []}))
    (root,) = [one for one in found.principals if one.kind == "root"]
    assert set(uses(root)) == {"iam:CreateUser", "iam:ListUsers"}
    assert (root.granted, root.exists) == (None, None)


def test_services_and_federated_callers_are_counted_and_left_out() -> None:
    service = {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}
    saml = {"type": "SAMLUser", "principalId": "idp:ana", "userName": "ana"}
    found = compare([assume(service, "ec2", "ASIA1", HOME, at=HOME), assume(saml, "ci", "ASIA2", HOME, at=HOME)])
    assert found.others == {"federated": 1, "service": 1}
    assert found.principals == ()


def test_a_chain_over_two_accounts() -> None:
    first = session("deploy", "ASIA1")
    second = session("admin", "ASIA2", AWAY, context={"sourceIdentity": "ana@example.org"})
    records = [
        assume(ANA, "deploy", "ASIA1", HOME),
        assume(first, "admin", "ASIA2", AWAY),
        # The same call in the trail of the other account, which knows the caller by unique id only.
        assume(
            {"type": "AWSAccount", "principalId": "AROADEPLOY0:somebody", "accountId": HOME, "accessKeyId": "ASIA1"},
            "admin",
            "ASIA2",
            AWAY,
            at=AWAY,
        ),
        call("iam:CreateUser", second),
        call("ec2:CreateVpc", first),
        call("iam:DeleteUser", session("admin", "ASIA9", AWAY)),
    ]
    found = compare(
        records,
        dump(HOME, users={"ana": [allow("sts:AssumeRole")]}, roles={"deploy": [allow("sts:AssumeRole")]}),
        dump(AWAY, roles={"admin": [allow("*")]}),
    )
    ana, deploy, admin = of(found, "ana"), of(found, "deploy"), of(found, "admin")
    assert [(one.path, one.actions) for one in admin.chains] == [((ana.arn, deploy.arn), ("iam:CreateUser",))]
    assert [one.path for one in deploy.chains] == [(ana.arn,)]
    assert ana.reached == (deploy.arn, admin.arn)
    assert admin.source_identities == ("ana@example.org",)
    assert len(found.principals) == 3
    assert {"iam:CreateUser", "iam:DeleteUser"} <= set(uses(admin))


def test_a_chain_of_which_the_first_trail_is_missing_names_the_id() -> None:
    who = {"type": "AWSAccount", "principalId": "AROAELSEWHERE:x", "accountId": HOME}
    records = [assume(who, "admin", "ASIA2", AWAY, at=AWAY), call("iam:CreateUser", session("admin", "ASIA2", AWAY))]
    (chain,) = of(compare(records), "admin").chains
    assert chain.path == (f"AROAELSEWHERE of {HOME}",)


def test_a_made_up_circle_of_sessions_ends() -> None:
    records = [
        assume(session("one", "ASIA1"), "two", "ASIA2", HOME),
        assume(session("two", "ASIA2"), "one", "ASIA1", HOME),
        call("ec2:CreateVpc", session("two", "ASIA2")),
    ]
    assert of(compare(records), "two").chains


def test_accounts_tell_days_without_events() -> None:
    records = [call("ec2:CreateVpc", ANA, time=f"2026-03-{day:02}T00:00:00Z") for day in (1, 2, 5)]
    (account,) = compare(records, dump(users={"ana": []})).accounts
    assert (account.days, account.days_without) == (3, 2)
    assert (account.reads, account.writes, account.dump) == (False, True, True)


def test_odd_records_cost_no_others() -> None:
    records = [
        call("ec2:CreateVpc", ANA),
        {"eventName": "X"},
        call("ec2:CreateSubnet", ANA, requestParameters=["no", "object"]),
        call("ec2:DeleteVpc", ANA, requestParameters={"a": {"b": [1]}}, resources="none"),
        call("ec2:DeleteSubnet", ANA, time="yesterday"),
        call("ec2:CreateSecurityGroup", {"type": "IAMUser"}),
        call("ec2:CreateRoute", ANA, time="9999-12-31T00:00:00Z"),
        call("sts:AssumeRole", ANA, responseElements={"credentials": 7}),
    ]
    found = compare(records)
    assert set(uses(of(found, "ana"))) == {
        "ec2:CreateVpc",
        "ec2:CreateSubnet",
        "ec2:DeleteVpc",
        "ec2:DeleteSubnet",
        "ec2:CreateRoute",
        "sts:AssumeRole",
    }
    assert found.undated


def test_a_window_is_told_to_the_judge_of_last_accessed_only() -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    ana = of(compare([call("ec2:CreateVpc", ANA)], dump(users={"ana": []}), asked=Asked(start=start)), "ana")
    assert uses(ana) == {"ec2:CreateVpc": "done"}
