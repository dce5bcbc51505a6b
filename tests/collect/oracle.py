"""What a run must say when it cannot see something, worked out from what is true in the simulated world.

Never from the collector: each action loses some facts, where no other source proves them. Those facts are put out of
sight in the records of a run that saw everything, and the rules judge what is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.collect import looks

from rootwarden.audit.entities.root_user import root_user
from rootwarden.facts.fact import Known, Unknown
from rootwarden.simulator import parts
from rootwarden.simulator.knobs import ReportPolls
from rootwarden.simulator.world import MANAGEMENT_ID
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rootwarden.collect.collected import Collected
    from rootwarden.facts.fact import Fact
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


def world_with(chain: str) -> World:
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


def expected(clean: Collected, lost: Callable[[str], tuple[str, ...]], *rules: str) -> looks.Verdicts:
    """What the rules say of the clean facts without those each account loses."""
    said = {}
    for each in clean.accounts:
        left = dict(root_user(each.facts))
        for path in lost(each.facts.id):
            left = without(left, path.split("."))
        for rule in looks.book(*rules).rules:
            said[each.facts.id, rule.rule.id] = str(rule.judge(left, as_of=clean.as_of).outcome.verdict)
    return said


def without(record: Mapping[str, Fact[object]], path: list[str]) -> dict[str, Fact[object]]:
    """The record with one fact put out of sight; below a list, in each of its elements."""
    name, *rest = path
    changed: Fact[Any] = record[name]
    if not rest:
        changed = OUT_OF_SIGHT
    elif isinstance(changed, Known) and isinstance(changed.value, tuple):
        changed = Known(tuple(without(each, rest) for each in changed.value), changed.sources, changed.note)
    elif isinstance(changed, Known):
        changed = Known(without(changed.value, rest), changed.sources, changed.note)
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


def lost_without(world: World, chain: str, action: str, account: str) -> tuple[str, ...]:
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


def lost_to_a_root_session(world: World, action: str, account: str) -> tuple[str, ...]:
    if account == MANAGEMENT_ID:
        return lost_without(world, "both ways", action, account)
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
