"""How many calls a run makes, and which: only what the chosen rules need, once where once is enough."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import msgspec
import pytest
from tests.collect import looks

from rootwarden.collect.live import Scope
from rootwarden.collect.permissions import ADVISE, READS
from rootwarden.collect.plan import (
    ADMINS_MANAGEMENT_ACTIONS,
    ADMINS_MEMBER_ACTIONS,
    MANAGEMENT_ACTIONS,
    MEMBER_ACTIONS,
    ROOT_READS,
)
from rootwarden.simulator import parts, running
from rootwarden.simulator.identities import IAMUser
from rootwarden.simulator.knobs import ReportPolls
from rootwarden.simulator.parts import member_id
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rootwarden.simulator.world import World

CREDENTIAL_RULES: Final = (
    "root-mfa",
    "root-hardware-mfa",
    "root-mfa-backup",
    "root-access-key",
    "root-usage",
    "root-signing-certificate",
    "root-credentials-present",
    "root-password-age",
)
SUMMARY, DEVICES = "iam:GetAccountSummary", "iam:ListVirtualMFADevices"
REPORT: Final = {"iam:GenerateCredentialReport", "iam:GetCredentialReport"}
CONTACTS: Final = {"account:GetContactInformation", "account:GetAlternateContact"}
# Asked on every run: who we are, and which organization it is; then the list that --org goes by.
ALWAYS: Final = {"sts:GetCallerIdentity", "sts:AssumeRole", "organizations:DescribeOrganization"}
LIST: Final = {"organizations:ListAccounts"}
TREE: Final = {
    "organizations:ListRoots",
    "organizations:ListAccountsForParent",
    "organizations:ListOrganizationalUnitsForParent",
    "organizations:ListPolicies",
    "organizations:DescribePolicy",
    "organizations:ListTargetsForPolicy",
}
FEATURES: Final = {"iam:ListOrganizationsFeatures"}


def calls_of(
    world: World, rules: Sequence[str] = (), scope: Scope | None = None, *, polls: int = 0
) -> dict[tuple[str, str], int]:
    """Every call of one run, by account that signed it."""
    world.initial_knobs = (ReportPolls(polls=polls),)
    with running(world) as simulator:
        looks.live(simulator, rules=rules, scope=scope)
        return simulator.calls.snapshot()


def per_account(calls: dict[tuple[str, str], int]) -> dict[str, int]:
    """Calls about each account: those it answered, and the one that led into it."""
    counts: dict[str, int] = {}
    for (account, call), count in calls.items():
        if not (call.startswith(("organizations:", "sts:")) or call in FEATURES):
            counts[account] = counts.get(account, 0) + count
    return {account: count + (account != looks.MANAGEMENT) for account, count in counts.items()}


@pytest.mark.parametrize("world", ["greenfield", "forgotten_mailbox", "central_root", "breached", "patchwork"])
def test_at_most_ten_calls_an_account_for_the_credential_rules(world: str) -> None:
    calls = per_account(calls_of(make_world(world, 8), CREDENTIAL_RULES))
    assert len(calls) == 8
    assert max(calls.values()) <= 10, calls


@pytest.mark.parametrize("world", ["greenfield", "forgotten_mailbox", "central_root", "breached", "patchwork"])
def test_at_most_twenty_five_calls_an_account_for_the_whole_pack(world: str) -> None:
    calls = per_account(calls_of(make_world(world, 30)))
    assert len(calls) >= 27
    assert max(calls.values()) <= 25, calls


def test_a_crowded_chain_stays_within_the_budget() -> None:
    world = make_world("standalone")
    account = world.management
    home = account.region(parts.HOME_REGION)
    parts.add_root_event_rule(account)
    home.topics[0].subscriptions[0].confirmed = False
    for number in range(1, 30):
        home.topics.append(msgspec.structs.replace(home.topics[0], name=f"topic-{number}"))
        for rule in home.event_rules[:1]:
            home.event_rules.append(msgspec.structs.replace(rule, name=f"rule-{number}"))
        home.alarms.append(msgspec.structs.replace(home.alarms[0], name=f"alarm-{number}"))
        arn = world.arn("sns", parts.HOME_REGION, account.account_id, f"topic-{number}")
        home.alarms[-1].actions = (arn,)
        account.trails.append(msgspec.structs.replace(account.trails[0], name=f"trail-{number}"))
    calls = per_account(calls_of(world, scope=Scope()))
    assert max(calls.values()) <= 25, calls


def crowd(users: int) -> World:
    world = make_world("greenfield", 3)
    for account in world.account_ids:
        world.account(account).users = [
            IAMUser(name=f"user-{number:03d}", create_date=parts.days_ago(100), password=True)
            for number in range(users)
        ]
    return world


def test_calls_do_not_grow_with_users() -> None:
    assert calls_of(crowd(10)) == calls_of(crowd(500))


def test_calls_grow_by_the_polls_of_a_slow_report_alone() -> None:
    quick, slow = calls_of(make_world("greenfield", 2)), calls_of(make_world("greenfield", 2), polls=2)
    polls = {(account, "iam:GetCredentialReport"): 2 for account in (member_id(0), member_id(1))}
    assert {key: slow[key] - quick[key] for key in slow if slow[key] != quick[key]} == polls


def test_the_organization_is_asked_once() -> None:
    few, many = calls_of(make_world("greenfield", 3)), calls_of(make_world("greenfield", 12))
    central = {key for key in many if key[1].startswith("organizations:") or key[1] in FEATURES}
    assert {account for account, _ in central} == {looks.MANAGEMENT}
    assert {key: many[key] for key in central} == {key: few[key] for key in central}
    for call in ("DescribeOrganization", "ListAccounts", "ListRoots", "ListPolicies"):
        assert many[looks.MANAGEMENT, f"organizations:{call}"] == 1


def test_what_the_organization_trail_answers_is_not_asked_in_members() -> None:
    calls = calls_of(make_world("greenfield", 6), ["root-usage-alarm"])
    monitoring = ("cloudtrail:", "logs:", "cloudwatch:", "sns:", "events:")
    assert {account for account, call in calls if call.startswith(monitoring)} == {looks.MANAGEMENT}


# Each rule by itself: exactly these calls in a healthy organization.
NEEDS: Final[dict[str, set[str]]] = {
    "root-mfa": {SUMMARY, *REPORT},
    "root-hardware-mfa": {SUMMARY, DEVICES, *REPORT},
    "root-mfa-backup": {SUMMARY, *REPORT},
    "root-access-key": {SUMMARY, *REPORT},
    "root-signing-certificate": {SUMMARY, *REPORT},
    "root-usage": REPORT,
    "root-password-age": {SUMMARY, *REPORT},
    "root-credentials-present": {SUMMARY, DEVICES, *REPORT, *FEATURES},
    "root-central-management": FEATURES,
    "root-sessions": FEATURES,
    "root-contact-primary": CONTACTS,
    "root-contact-security": CONTACTS,
    "root-contact-distinct": CONTACTS,
    "root-email": set(),
    "root-deny-guardrail": TREE,
    "root-sign-in-policy": {"signin:GetResourcePolicy", "signin:GetConsoleAuthorizationConfiguration"},
    "root-usage-alarm": {
        "cloudtrail:DescribeTrails",
        "cloudtrail:GetTrailStatus",
        "cloudtrail:GetEventSelectors",
        "logs:DescribeMetricFilters",
        "cloudwatch:DescribeAlarms",
        "sns:ListSubscriptionsByTopic",
        "events:ListRules",
        "events:ListTargetsByRule",
    },
}


def test_the_table_has_every_rule() -> None:
    assert set(NEEDS) == {rule.rule.id for rule in looks.book().rules}


@pytest.mark.parametrize("rule", NEEDS)
def test_only_what_the_rule_needs_is_asked(rule: str) -> None:
    made = {call for _, call in calls_of(make_world("greenfield", 3), [rule])}
    # The simulated Sign-In does not know one of its calls, and so does not count it.
    unseen = {"signin:GetConsoleAuthorizationConfiguration"}
    allowed = ALWAYS | LIST | NEEDS[rule]
    assert made - unseen <= allowed
    assert (NEEDS[rule] | LIST) - unseen <= made


# permissions


def test_every_need_of_a_rule_is_permitted_or_needs_no_permission() -> None:
    actions = {need for need in looks.book().needs if not need.startswith(("declaration:", "root:"))}
    assert actions <= {*MEMBER_ACTIONS, *MANAGEMENT_ACTIONS}


def every_call_of_a_full_audit(*, assume_root: bool) -> set[tuple[str, str]]:
    scope = Scope(organization=True, role_name="" if assume_root else looks.ROLE, assume_root=assume_root)
    calls: set[tuple[str, str]] = set()
    for world in ("greenfield", "forgotten_mailbox", "breached", "patchwork"):
        calls |= set(calls_of(make_world(world, 10), scope=scope))
    return calls


FREE: Final = {"sts:GetCallerIdentity"}  # needs no permission


def test_a_full_audit_stays_within_the_listed_permissions() -> None:
    calls = every_call_of_a_full_audit(assume_root=False)
    of_members = {call for account, call in calls if account != looks.MANAGEMENT}
    of_management = {call for account, call in calls if account == looks.MANAGEMENT}
    assert of_members <= set(MEMBER_ACTIONS)
    assert of_management <= {*MANAGEMENT_ACTIONS, "sts:AssumeRole"} | FREE


def test_a_root_audit_stays_within_the_task_policy() -> None:
    calls = every_call_of_a_full_audit(assume_root=True)
    assert {call for account, call in calls if account != looks.MANAGEMENT} <= ROOT_READS
    assert {call for account, call in calls if account == looks.MANAGEMENT} <= {
        *MANAGEMENT_ACTIONS,
        "sts:AssumeRoot",
    } | FREE


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], {*MANAGEMENT_ACTIONS, "sts:AssumeRole"}),
        (["--assume-root"], {*MANAGEMENT_ACTIONS, "sts:AssumeRoot"}),
        (["--format", "stackset"], {*MEMBER_ACTIONS, "sts:AssumeRole"}),
        (["--for", "advise"], {*READS[ADVISE].caller, "sts:AssumeRole"}),
        (["--for", "advise", "--assume-root"], {*READS[ADVISE].caller, "sts:AssumeRoot"}),
        (["--for", "advise", "--format", "stackset"], {*READS[ADVISE].member, "sts:AssumeRole"}),
        (["--for", "iam-admins"], {*ADMINS_MANAGEMENT_ACTIONS, "sts:AssumeRole"}),
        (["--for", "iam-admins", "--format", "stackset"], {*ADMINS_MEMBER_ACTIONS, "sts:AssumeRole"}),
    ],
)
def test_permissions_prints_every_action(tmp_path: Path, arguments: list[str], expected: set[str]) -> None:
    run = looks.command("permissions", *arguments, cwd=tmp_path)
    assert run.code == 0
    assert actions_in(json.loads(run.out)) == expected


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--for", "everything"], "no permissions for `everything`"),
        (["--for", "iam-admins", "--assume-root"], "are for audits"),
        (["--for", "iam-admins", "--archive"], "are for audits"),
        (["--for", "advise", "--archive"], "are for audits"),
        (["--for", "advise", "--send-to", "securityhub"], "are for audits"),
    ],
)
def test_permissions_that_there_are_not(tmp_path: Path, arguments: list[str], said: str) -> None:
    assert looks.command("permissions", *arguments, cwd=tmp_path).complained(2, said)


def actions_in(document: object) -> set[str]:
    """Every `Action` of every statement, at any depth."""
    if isinstance(document, list):
        return {action for each in document for action in actions_in(each)}
    if not isinstance(document, dict):
        return set()
    own = document.get("Action", [])
    found = {own} if isinstance(own, str) else set(own)
    return found | {action for each in document.values() for action in actions_in(each)}


def test_a_root_policy_allows_no_task_but_the_audit(tmp_path: Path) -> None:
    policy = json.loads(looks.command("permissions", "--assume-root", cwd=tmp_path).out)
    (statement,) = [each for each in policy["Statement"] if "sts:AssumeRoot" in each["Action"]]
    task = "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"
    assert statement["Condition"] == {"StringEquals": {"sts:TaskPolicyArn": task}}
