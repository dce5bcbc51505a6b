"""Which calls tell whether AWS's own services are on; made for `rootwarden advise` only.

In the management account and in each account that administers one of them: the list of regions, then at most five
calls in each, so that their number grows with regions and not with accounts (Security Hub's list of members has a page
for fifty accounts).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.aws.calls import Call
from rootwarden.collect import files
from rootwarden.collect.native_services import detector_id, enabled_regions
from rootwarden.facts.fact import Known, Unknown, Why
from rootwarden.facts.native_services import DELEGATED, NativeService

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.aws.calls import Json
    from rootwarden.collect.answers import Answers
    from rootwarden.collect.native_services import Duties

# Asked with the caller's own credentials, of the organization.
ORGANIZATION_SERVICE_ACTIONS = (
    "organizations:ListAWSServiceAccessForOrganization",
    "organizations:ListDelegatedAdministrators",
)
# Asked inside the management account and the administrators.
SERVICE_ACTIONS = (
    "access-analyzer:ListAnalyzers",
    "ce:GetAnomalySubscriptions",
    "ec2:DescribeRegions",
    "guardduty:DescribeOrganizationConfiguration",
    "guardduty:GetDetector",
    "guardduty:ListDetectors",
    "securityhub:DescribeHub",
    "securityhub:ListMembers",
)


def organization_calls(home: str) -> tuple[Call, ...]:
    """Trusted access, and who administers what."""
    access = Call(
        service="organizations",
        operation="ListAWSServiceAccessForOrganization",
        file=files.SERVICE_ACCESS,
        region=home,
    )
    administrators = (
        Call(
            service="organizations",
            operation="ListDelegatedAdministrators",
            file=files.administrators(service.principal),
            parameters={"ServicePrincipal": service.principal},
            region=home,
        )
        for service in DELEGATED
    )
    return (access, *administrators)


def first_service_calls(duties: Duties) -> tuple[Call, ...]:
    """The calls that need no other's answer."""
    calls = []
    if duties.asked - {NativeService.COST_ANOMALIES}:
        calls.append(Call(service="ec2", operation="DescribeRegions", file=files.ENABLED_REGIONS))
    if NativeService.COST_ANOMALIES in duties.asked:
        calls.append(Call(service="ce", operation="GetAnomalySubscriptions", file=files.COST_SUBSCRIPTIONS))
    return tuple(calls)


def service_calls(answers: Answers, duties: Duties) -> tuple[Call, ...]:
    """The calls to make next; call again with their answers until nothing is returned.

    Args:
        answers: What was answered so far, or refused.
        duties: What the account is asked about.
    """
    regions = enabled_regions(answers)
    names = regions.value if isinstance(regions, Known) else ()
    wanted = (*first_service_calls(duties), *(call for name in names for call in _in_region(answers, name, duties)))
    return tuple(call for call in wanted if _open(answers, call.file))


def _in_region(answers: Answers, region: str, duties: Duties) -> Iterator[Call]:
    def call(service: str, operation: str, file: str, parameters: dict[str, Json] | None = None) -> Call:
        place = files.in_services(region, file)
        return Call(service=service, operation=operation, file=place, parameters=parameters or {}, region=region)

    if NativeService.GUARDDUTY in duties.asked:
        yield call("guardduty", "ListDetectors", files.GUARDDUTY_DETECTORS)
        found = detector_id(answers.answer(files.in_services(region, files.GUARDDUTY_DETECTORS)))
        if isinstance(found, Known) and found.value:
            which: dict[str, Json] = {"DetectorId": found.value}
            yield call("guardduty", "GetDetector", files.GUARDDUTY_DETECTOR, which)
            if NativeService.GUARDDUTY in duties.administers:
                yield call("guardduty", "DescribeOrganizationConfiguration", files.GUARDDUTY_ORGANIZATION, which)
    if NativeService.SECURITY_HUB in duties.asked:
        yield call("securityhub", "DescribeHub", files.SECURITY_HUB)
        if isinstance(answers.answer(files.in_services(region, files.SECURITY_HUB)), Known):
            yield call("securityhub", "ListMembers", files.SECURITY_HUB_MEMBERS, {"OnlyAssociated": True})
    if NativeService.ACCESS_ANALYZER in duties.asked:
        yield call("accessanalyzer", "ListAnalyzers", files.ANALYZERS)


def _open(answers: Answers, file: str) -> bool:
    answer = answers.answer(file)
    return isinstance(answer, Unknown) and answer.why is Why.NOT_COLLECTED
