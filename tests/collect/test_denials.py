"""A fake denial of each call in turn turns exactly the dependent verdicts to unknown, and changes no other.

What depends on a call is worked out here from what is true in the simulated world, never from the collector: each
action loses some facts, where no other source proves them. Those facts are put out of sight in the records of a run
without denials, and the rules judge what is left.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.collect import looks

from rootwarden.audit.entities import root_user_records
from rootwarden.collect.live import Scope
from rootwarden.collect.plan import MANAGEMENT_ACTIONS, MEMBER_ACTIONS
from rootwarden.facts.fact import Known, Unknown
from rootwarden.simulator import parts, running
from rootwarden.simulator.knobs import Deny, ReportPolls, StaleReport
from rootwarden.simulator.world import MANAGEMENT_ID
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from rootwarden.aws.door import Door
    from rootwarden.collect.collected import Collected
    from rootwarden.facts.fact import Fact
    from rootwarden.simulator import Simulator
    from rootwarden.simulator.world import World

OUT_OF_SIGHT: Final = Unknown("put out of sight by the test")
CONTACTS: Final = ("Contacts.Count", "Contacts.SamePerson", "Contacts.SameEmailAddress", "Contacts.SamePhoneNumber")
ALARM: Final = ("UsageAlarm.Works", "UsageAlarm.Chain")
GUARDRAIL: Final = ("Guardrail.DeniesRootActions", "Guardrail.DeniesRootKeyCreation")
FEATURES: Final = ("Organization.RootCredentialsManagement", "Organization.RootSessions")
REPORT: Final = ("CreationDate", "Password.LastUsedTime", "AccessKey", "LastUsedTime")

TRAILS, STATUS, SELECTORS = "cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors"
FILTERS, ALARMS, TOPIC = "logs:DescribeMetricFilters", "cloudwatch:DescribeAlarms", "sns:ListSubscriptionsByTopic"
RULES, TARGETS = "events:ListRules", "events:ListTargetsByRule"
LINKS: Final = (TRAILS, STATUS, SELECTORS, FILTERS, ALARMS, TOPIC, RULES, TARGETS)
METRIC_WAY: Final = {TRAILS, STATUS, SELECTORS, FILTERS, ALARMS, TOPIC}
# What the management account's verdict needs, and what a member's does. A member is served by the organization's trail
# and so by the metric alarm, never by the event rule, which sees events of its own account only. Where two ways work,
# a call is needed only if both need it; where no way works, if it alone could have shown another one.
CHAINS: Final = {
    "both ways": ({TRAILS, STATUS, TOPIC}, METRIC_WAY),
    "metric alarm only": (METRIC_WAY, METRIC_WAY),
    "event rule only": ({TRAILS, STATUS, RULES, TARGETS, TOPIC}, {TRAILS, FILTERS, RULES}),
    "nobody confirmed": ({TRAILS, FILTERS, ALARMS, TOPIC, RULES}, {TRAILS, FILTERS, ALARMS, TOPIC, RULES}),
}


def _world(chain: str) -> World:
    world = make_world("patchwork", 8)
    world.initial_knobs = (ReportPolls(polls=0),)
    home = world.management.region(parts.HOME_REGION)
    if chain in ("metric alarm only", "nobody confirmed"):
        home.event_rules.clear()
    if chain == "event rule only":
        home.metric_filters.clear()
    if chain == "nobody confirmed":
        for topic in home.topics:
            for subscription in topic.subscriptions:
                subscription.confirmed = False
    return world


class Stage:
    """A simulated organization, a door to it, and what a run without denials saw."""

    def __init__(self, simulator: Simulator, scope: Scope, rules: tuple[str, ...]) -> None:
        self.simulator = simulator
        self.scope = scope
        self.rules = rules
        self.door: Door = looks.door_to(simulator)
        self.clean = self.look()

    def look(self, *knobs: Deny) -> Collected:
        self.simulator.knobs.reset()
        self.simulator.knobs.add(*knobs)
        self.simulator.state.reports.clear()
        return looks.live(self.simulator, door=self.door, scope=self.scope, rules=self.rules)

    def expected(self, lost: Callable[[str], tuple[str, ...]]) -> looks.Verdicts:
        """What the rules say of the clean facts without those each account loses."""
        expected = {}
        for each in self.clean.accounts:
            (record,) = root_user_records(each.facts)
            left = dict(record)
            for path in lost(each.facts.id):
                left = _without(left, path.split("."))
            for rule in looks.book(*self.rules).rules:
                judged = rule.judge(left, as_of=self.clean.as_of)
                expected[each.facts.id, rule.rule.id] = str(judged.outcome.verdict)
        return expected


def _without(record: Mapping[str, Fact[object]], path: list[str]) -> dict[str, Fact[object]]:
    """The record with one fact put out of sight; below a list, in each of its elements."""
    name, *rest = path
    changed: Fact[Any] = record[name]
    if not rest:
        changed = OUT_OF_SIGHT
    elif isinstance(changed, Known) and isinstance(changed.value, tuple):
        changed = Known(tuple(_without(each, rest) for each in changed.value), changed.sources, changed.note)
    elif isinstance(changed, Known):
        changed = Known(_without(changed.value, rest), changed.sources, changed.note)
    return {**record, name: changed}


def _proves_key(world: World, account: str) -> bool:
    """The report shows a key of root: an active one, or one with a date of use left in it."""
    return any(key.active or key.last_used for key in world.account(account).root.keys)


def _without_summary(world: World, account: str) -> tuple[str, ...]:
    """The report still tells MFA, password and active certificates; no source but the flags shows an inactive key."""
    root = world.account(account).root
    lost = [] if _proves_key(world, account) else ["AccessKeysPresent"]
    if not any(each.active for each in root.certificates):
        lost.append("SigningCertificatesPresent")
    seen = root.password or root.devices or _proves_key(world, account) or any(c.active for c in root.certificates)
    return (*lost,) if seen else (*lost, "CredentialsPresent")


def _without_report(world: World, account: str) -> tuple[str, ...]:
    """The flags tell what there is but no date, and not whether a certificate that is there is active."""
    return (*REPORT, "ActiveSigningCertificatesPresent") if world.account(account).root.certificates else REPORT


def _everything_of_a_member(world: World, account: str) -> tuple[str, ...]:
    """Nobody gets in: what the management account tells is left, the organization's alarm among it."""
    if account == MANAGEMENT_ID:
        return ()
    names = ("MFAActive", "MFADevices", "Password", "AccessKeysPresent", "SigningCertificatesPresent")
    more = ("ActiveSigningCertificatesPresent", "CredentialsPresent", "PrimaryContact", "SecurityContact")
    return (*REPORT, *names, *more, *CONTACTS)


def _lost(world: World, chain: str, action: str, account: str) -> tuple[str, ...]:
    """Facts an account loses when nobody may make this call."""
    if action == "iam:GetAccountSummary":
        return _without_summary(world, account)
    if action in ("iam:GetCredentialReport", "iam:GenerateCredentialReport"):
        return _without_report(world, account)
    if action == "sts:AssumeRole":
        return _everything_of_a_member(world, account)
    of_management, of_member = CHAINS[chain]
    if action in (of_management if account == MANAGEMENT_ID else of_member):
        return ALARM
    if action == "organizations:DescribeOrganization":
        # Members rest on the organization's trail, and only this call tells whose organization it is.
        return ("Position",) if account == MANAGEMENT_ID else ("Position", *ALARM)
    return {
        "iam:ListVirtualMFADevices": ("MFADevices.Virtual",),
        "account:GetContactInformation": ("PrimaryContact", *CONTACTS),
        "account:GetAlternateContact": ("SecurityContact", *CONTACTS),
        "iam:ListOrganizationsFeatures": FEATURES,
        "organizations:ListRoots": GUARDRAIL,
        "organizations:ListOrganizationalUnitsForParent": GUARDRAIL,
        "organizations:ListAccountsForParent": GUARDRAIL,
        "organizations:ListPolicies": GUARDRAIL,
        "organizations:DescribePolicy": GUARDRAIL,
        "organizations:ListTargetsForPolicy": GUARDRAIL,
        "signin:GetResourcePolicy": ("SignInPolicy",),
        "signin:GetConsoleAuthorizationConfiguration": ("SignInPolicy",),
    }.get(action, ())


# A denied ListAccounts ends the run (there is no list to go by), and tags decide no verdict.
APART: Final = {"organizations:ListAccounts", "organizations:ListTagsForResource"}
ACTIONS: Final = sorted(({*MEMBER_ACTIONS, *MANAGEMENT_ACTIONS} - APART) | {"sts:AssumeRole"})


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with running(_world("both ways")) as simulator:
        yield Stage(simulator, Scope(organization=True, role_name=looks.ROLE), ())


@pytest.mark.parametrize("action", ACTIONS)
def test_a_denied_call_costs_exactly_what_depends_on_it(stage: Stage, action: str) -> None:
    world = stage.simulator.world
    seen = looks.judged(stage.look(Deny(call=action)))
    expected = stage.expected(lambda account: _lost(world, "both ways", action, account))
    assert looks.differences(expected, looks.verdicts(seen)) == {}
    changed = looks.differences(stage.expected(lambda _account: ()), looks.verdicts(seen))
    assert {after for _, after in changed.values()} <= {"unknown"}
    assert bool(changed) is bool(action not in SPARED), changed
    for finding in seen.findings:
        if (finding.account, finding.rule) in changed and (action, finding.rule) not in SAID_OTHERWISE:
            said = [f"{each.reason} {each.permission}" for each in finding.missing]
            assert any(action in each for each in said), (finding.account, finding.rule, said)


# Denied everywhere and still nothing is lost: in the management account metric alarm and event rule stand in for each
# other, members never need the event rule, and the simulated Sign-In does not answer the last one at all.
SPARED: Final = {RULES, TARGETS, "signin:GetConsoleAuthorizationConfiguration", "signin:GetResourcePolicy"}
# The reason names the trail's owner, whose answers are not known to be the organization's without that call.
SAID_OTHERWISE: Final = {("organizations:DescribeOrganization", "root-usage-alarm")}


@pytest.mark.parametrize("chain", [chain for chain in CHAINS if chain != "both ways"])
def test_every_link_of_the_alarm_chain(chain: str) -> None:
    with running(_world(chain)) as simulator:
        stage = Stage(simulator, Scope(organization=True, role_name=looks.ROLE), ("root-usage-alarm",))
        for action in LINKS:
            seen = looks.verdicts(looks.judged(stage.look(Deny(call=action)), *stage.rules))
            expected = stage.expected(partial(_lost, simulator.world, chain, action))
            assert looks.differences(expected, seen) == {}, action


def test_a_denial_in_one_account_stays_there(stage: Stage) -> None:
    clean, one = looks.verdicts(looks.judged(stage.clean)), parts.member_id(3)
    for action in (*MEMBER_ACTIONS, "sts:AssumeRole"):
        seen = looks.verdicts(looks.judged(stage.look(Deny(call=action, account=one))))
        assert {account for account, _ in looks.differences(clean, seen)} <= {one}, action


def test_an_old_report_serves_when_none_may_be_made() -> None:
    world = make_world("patchwork", 8)
    world.initial_knobs = (StaleReport(age_seconds=3600),)
    with running(world) as simulator:
        stage = Stage(simulator, Scope(organization=True, role_name=looks.ROLE), ())
        seen = looks.judged(stage.look(Deny(call="iam:GenerateCredentialReport")))
        assert looks.differences(looks.verdicts(looks.judged(stage.clean)), looks.verdicts(seen)) == {}


# Through AssumeRoot: the audit session's seven reads in members, the ordinary calls in the management account.


def _lost_to_a_root_session(world: World, action: str, account: str) -> tuple[str, ...]:
    if account == MANAGEMENT_ID:
        return _lost(world, "both ways", action, account)
    root = world.account(account).root
    if action == "sts:AssumeRoot":
        gone = _everything_of_a_member(world, account)
        asked_centrally = ("PrimaryContact", "SecurityContact", *CONTACTS)
        return tuple(path for path in gone if path not in asked_centrally)
    return {
        "iam:GetUser": ("CreationDate", "Password.LastUsedTime", "LastUsedTime"),
        "iam:ListMFADevices": ("MFADevices.Virtual", "MFADevices.Physical", "MFADevices.Count")
        if root.devices
        else ("MFADevices.Virtual", "MFADevices.Physical"),
        "iam:ListAccessKeys": ("AccessKey", "LastUsedTime"),
        "iam:GetAccessKeyLastUsed": ("AccessKey.LastUsedTime", "LastUsedTime") if root.keys else (),
        "iam:ListSigningCertificates": ("ActiveSigningCertificatesPresent",) if root.certificates else (),
        "account:GetContactInformation": ("PrimaryContact", *CONTACTS),
        "account:GetAlternateContact": ("SecurityContact", *CONTACTS),
        "iam:ListOrganizationsFeatures": FEATURES,
    }.get(action, ())


ROOT_SESSION: Final = [
    "sts:AssumeRoot",
    "iam:GetAccountSummary",
    "iam:GetUser",
    "iam:ListMFADevices",
    "iam:ListAccessKeys",
    "iam:GetAccessKeyLastUsed",
    "iam:GetLoginProfile",
    "iam:ListSigningCertificates",
    "account:GetContactInformation",
    "account:GetAlternateContact",
    "iam:ListOrganizationsFeatures",
]


@pytest.fixture(scope="module")
def root_stage() -> Iterator[Stage]:
    world = _world("both ways")
    assert world.organization is not None
    world.organization.attachments = {}  # a policy that denies root would deny the sessions' reads too
    with running(world) as simulator:
        yield Stage(simulator, Scope(organization=True, assume_root=True), ())


@pytest.mark.parametrize("action", ROOT_SESSION)
def test_a_denied_read_of_a_root_session(root_stage: Stage, action: str) -> None:
    world = root_stage.simulator.world
    seen = looks.judged(root_stage.look(Deny(call=action)))
    expected = root_stage.expected(lambda account: _lost_to_a_root_session(world, action, account))
    assert looks.differences(expected, looks.verdicts(seen)) == {}
