"""Answers of GuardDuty, Security Hub, Access Analyzer and Cost Anomaly Detection → facts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.collect import files, read
from rootwarden.facts.fact import Absent, Known, Unknown, Why
from rootwarden.facts.native_services import AccountServices, NativeService, RegionServices

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.aws.calls import Json, JsonObject
    from rootwarden.collect.answers import Answers
    from rootwarden.facts.fact import Fact
    from rootwarden.facts.organization import Organization

# AWS has some forty regions; a list much longer is not one of AWS.
MOST_REGIONS: Final = 64
_REGION: Final = re.compile(r"[a-z]{2,4}(-[a-z]{2,12}){1,3}-[0-9]{1,2}")
_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_AUTO_ENABLE: Final = ("ALL", "NEW", "NONE")
_STATUSES: Final = ("ENABLED", "DISABLED")
_OF_ITS_OWN: Final = frozenset({NativeService.ACCESS_ANALYZER, NativeService.COST_ANOMALIES, NativeService.GUARDDUTY})
_LIMIT_REACHED: Final = "GuardDuty has as many members as it takes"


class Duties(msgspec.Struct, frozen=True):
    """What an account is asked about, and what of it it administers for its organization."""

    asked: frozenset[NativeService] = frozenset()
    administers: frozenset[NativeService] = frozenset()


def read_services(answers: Answers) -> AccountServices:
    """What is on in an account, as far as it was asked."""
    regions = enabled_regions(answers)
    if not isinstance(regions, Known):
        return AccountServices(regions=regions, cost_alerts=_cost_alerts(answers))
    each = tuple(_region(answers, name) for name in regions.value)
    return AccountServices(regions=Known(each, regions.sources), cost_alerts=_cost_alerts(answers))


def enabled_regions(answers: Answers) -> Fact[tuple[str, ...]]:
    """The regions an account may use, in order (`ec2:DescribeRegions` lists no others unless it is asked to)."""
    listed = read.records(answers.answer(files.ENABLED_REGIONS), "Regions")
    if not isinstance(listed, Known):
        return _never_absent(listed, "`Regions`")
    on = [each.get("RegionName") for each in listed.value if each.get("OptInStatus") != "not-opted-in"]
    names = {name for name in on if isinstance(name, str) and _REGION.fullmatch(name)}
    if not names or len(names) != len(on) or len(names) > MOST_REGIONS:
        return read.malformed("`Regions`", listed.sources)
    return Known(tuple(sorted(names)), listed.sources)


def read_service_access(answer: Fact[JsonObject]) -> Fact[tuple[str, ...]]:
    """Service principals with trusted access in the organization."""
    return _texts(answer, "EnabledServicePrincipals", "ServicePrincipal")


def read_administrators(answer: Fact[JsonObject]) -> Fact[tuple[str, ...]]:
    """Accounts that administer a service and are active."""
    listed = read.records(answer, "DelegatedAdministrators")
    if not isinstance(listed, Known):
        return listed
    ids = [_account_id(each.get("Id")) for each in listed.value]
    if not all(ids):
        return read.malformed("`DelegatedAdministrators`", listed.sources)
    states = [each.get("State") or each.get("Status") for each in listed.value]
    return Known(tuple(one for one, state in zip(ids, states, strict=True) if state == "ACTIVE"), listed.sources)


def duties(organization: Organization, account: str) -> Duties:
    """What an account is asked about: only the management account, administrators, and accounts in no organization.

    Args:
        organization: What is known of the organization.
        account: Twelve digits.
    """
    if isinstance(organization.id, Absent):
        return Duties(_OF_ITS_OWN)
    administers = frozenset(
        service
        for service in (NativeService.ACCESS_ANALYZER, NativeService.GUARDDUTY, NativeService.SECURITY_HUB)
        if isinstance(who := organization.administrators_of(service), Known) and account in who.value
    )
    manager = organization.management_account
    manages = isinstance(manager, Known) and manager.value == account
    return Duties(administers | _OF_ITS_OWN if manages else administers, administers)


def _region(answers: Answers, region: str) -> RegionServices:
    def answer(file: str) -> Fact[JsonObject]:
        return answers.answer(files.in_services(region, file))

    return RegionServices(
        region=region,
        detector=_detector(answer),
        detector_for=_detector_for(answer(files.GUARDDUTY_ORGANIZATION)),
        hub=_hub(answer(files.SECURITY_HUB)),
        hub_members=_hub_members(answer(files.SECURITY_HUB_MEMBERS)),
        analyzers=_analyzers(answer(files.ANALYZERS)),
    )


def detector_id(answer: Fact[JsonObject]) -> Fact[str]:
    """The detector of a region, of which there is at most one; empty where there is none."""
    if not isinstance(answer, Known):
        return _never_absent(answer, "`DetectorIds`")
    ids = answer.value.get("DetectorIds")
    if not isinstance(ids, list) or answer.value.get("NextToken") or len(ids) > 1:
        return read.malformed("`DetectorIds`", answer.sources)
    if not ids:
        return Known("", answer.sources)
    one = ids[0]
    usable = isinstance(one, str) and re.fullmatch(r"[A-Za-z0-9]{1,300}", one)
    return Known(str(one), answer.sources) if usable else read.malformed("`DetectorIds`", answer.sources)


def _detector(answer: Callable[[str], Fact[JsonObject]]) -> Fact[bool]:
    found = detector_id(answer(files.GUARDDUTY_DETECTORS))
    if not isinstance(found, Known):
        return found
    if not found.value:
        return Known(False, found.sources)
    status = read.required_text(answer(files.GUARDDUTY_DETECTOR), "Status")
    if not isinstance(status, Known):
        return _never_absent(status, "`Status`")
    known = status.value in _STATUSES
    return Known(status.value == "ENABLED", status.sources) if known else read.malformed("`Status`", status.sources)


def _detector_for(answer: Fact[JsonObject]) -> Fact[str]:
    told = read.required_text(answer, "AutoEnableOrganizationMembers")
    if not isinstance(told, Known) or not isinstance(answer, Known):
        return _never_absent(told, "`AutoEnableOrganizationMembers`")
    full = answer.value.get("MemberAccountLimitReached")
    if told.value not in _AUTO_ENABLE or not isinstance(full, bool):
        return read.malformed("`AutoEnableOrganizationMembers`", told.sources)
    return Unknown(_LIMIT_REACHED, Why.NOT_SUPPORTED, "", told.sources) if full else told


def _hub(answer: Fact[JsonObject]) -> Fact[bool]:
    if isinstance(answer, Absent):
        return Known(False, answer.sources)
    arn = read.required_text(answer, "HubArn")
    return Known(True, arn.sources) if isinstance(arn, Known) else _never_absent(arn, "`HubArn`")


def _hub_members(answer: Fact[JsonObject]) -> Fact[tuple[str, ...]]:
    listed = read.records(answer, "Members")
    if not isinstance(listed, Known):
        return _never_absent(listed, "`Members`")
    ids = [_account_id(each.get("AccountId")) for each in listed.value]
    if not all(ids):
        return read.malformed("`Members`", listed.sources)
    # `Enabled` is a member of an organization, `Associated` and others are on their way (Security Hub API, Member).
    on = (one for one, each in zip(ids, listed.value, strict=True) if each.get("MemberStatus") == "Enabled")
    return Known(tuple(on), listed.sources)


def _analyzers(answer: Fact[JsonObject]) -> Fact[tuple[str, ...]]:
    listed = read.records(answer, "analyzers")
    if not isinstance(listed, Known):
        return _never_absent(listed, "`analyzers`")
    if not all(isinstance(each.get("type"), str) for each in listed.value):
        return read.malformed("`analyzers`", listed.sources)
    return Known(tuple(str(each["type"]) for each in listed.value if each.get("status") == "ACTIVE"), listed.sources)


def _cost_alerts(answers: Answers) -> Fact[bool]:
    answer = answers.answer(files.COST_SUBSCRIPTIONS)
    listed = read.records(answer, "AnomalySubscriptions")
    if not isinstance(listed, Known) or not isinstance(answer, Known):
        return _never_absent(listed, "`AnomalySubscriptions`")
    if any(map(_reaches_somebody, listed.value)):
        return Known(True, listed.sources)
    if answer.value.get("NextPageToken"):
        return Unknown("ce:GetAnomalySubscriptions was kept only in part", Why.MALFORMED, "", listed.sources)
    return Known(False, listed.sources)


def _reaches_somebody(subscription: JsonObject) -> bool:
    monitors, subscribers = subscription.get("MonitorArnList"), subscription.get("Subscribers")
    if not (isinstance(monitors, list) and monitors and isinstance(subscribers, list)):
        return False
    return any(
        isinstance(each, dict) and each.get("Address") and each.get("Status") != "DECLINED" for each in subscribers
    )


def _texts(answer: Fact[JsonObject], list_: str, name: str) -> Fact[tuple[str, ...]]:
    listed = read.records(answer, list_)
    if not isinstance(listed, Known):
        return listed
    values = tuple(one for each in listed.value if isinstance(one := each.get(name), str))
    return (
        Known(values, listed.sources)
        if len(values) == len(listed.value)
        else read.malformed(f"`{list_}`", listed.sources)
    )


def _account_id(value: Json) -> str:
    return value if isinstance(value, str) and _ACCOUNT.fullmatch(value) else ""


def _never_absent(fact: Fact[object], what: str) -> Unknown:
    """None of these calls answers "there is none" by an error: such an error is no answer."""
    return fact if isinstance(fact, Unknown) else read.malformed(what, fact.sources)
