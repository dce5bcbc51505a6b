"""GuardDuty, Security Hub, Access Analyzer and Cost Anomaly Detection, as far as one asks whether they are on.

Documented: one GuardDuty detector a region; settings of the organization are told to its administrator only. Simulator
only: the codes of refusals where a service is off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rootwarden.simulator.refusal import Refusal

if TYPE_CHECKING:
    from rootwarden.simulator.call import Call, Handler
    from rootwarden.simulator.monitoring import Detector, Hub

_CREATED: Final = "2025-06-01T00:00:00.000Z"


def detector_id(account_id: str) -> str:
    """The id of an account's detector: 32 letters and digits, visibly fake."""
    return f"fake{account_id:0>28}"


def _administers(call: Call, principal: str) -> bool:
    organization = call.world.organization
    delegated = organization.delegated if organization is not None else []
    return any((one.account_id, one.service_principal) == (call.account.account_id, principal) for one in delegated)


def list_detectors(call: Call) -> dict[str, Any]:
    """The detector of the region, if there is one."""
    detector = call.account.region(call.region).detector
    return {"DetectorIds": [detector_id(call.account.account_id)] if detector is not None else []}


def _detector(call: Call) -> Detector:
    detector = call.account.region(call.region).detector
    if detector is None or call.required("DetectorId") != detector_id(call.account.account_id):
        raise call.invalid("the input detectorId is not owned by the current account")
    return detector


def get_detector(call: Call) -> dict[str, Any]:
    """Whether a detector is enabled."""
    detector = _detector(call)
    return {
        "CreatedAt": _CREATED,
        "UpdatedAt": _CREATED,
        "FindingPublishingFrequency": "SIX_HOURS",
        "ServiceRole": call.world.arn(
            "iam",
            "",
            call.account.account_id,
            "role/aws-service-role/guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDuty",
        ),
        "Status": "ENABLED" if detector.enabled else "DISABLED",
        "Tags": {},
    }


def describe_organization_configuration(call: Call) -> dict[str, Any]:
    """Whose detector the administrator sees to."""
    detector = _detector(call)
    if not _administers(call, "guardduty.amazonaws.com"):
        raise call.invalid("the account is not the delegated GuardDuty administrator of an organization")
    return {
        "AutoEnable": detector.members != "NONE",
        "AutoEnableOrganizationMembers": detector.members,
        "MemberAccountLimitReached": detector.limit_reached,
    }


def _hub(call: Call) -> Hub:
    hub = call.account.region(call.region).hub
    if hub is None:
        message = f"Account {call.account.account_id} is not subscribed to AWS Security Hub"
        raise Refusal("InvalidAccessException", message, 401)
    return hub


def describe_hub(call: Call) -> dict[str, Any]:
    """The hub of the region."""
    _hub(call)
    return {
        "HubArn": call.world.arn("securityhub", call.region, call.account.account_id, "hub/default"),
        "SubscribedAt": _CREATED,
        "AutoEnableControls": True,
    }


def list_members(call: Call) -> dict[str, Any]:
    """The members of the administrator, fifty a page."""
    hub = _hub(call)
    size = call.number("MaxResults", default=50, low=1, high=50)
    members = hub.members if _administers(call, "securityhub.amazonaws.com") else ()
    page, token = call.page(members, cursor="NextToken", size=size)
    listed = [
        {"AccountId": each, "MemberStatus": "Enabled", "AdministratorId": call.account.account_id} for each in page
    ]
    return {"Members": listed, "NextToken": token}


def list_analyzers(call: Call) -> dict[str, Any]:
    """The analyzers of the region."""
    region = call.region
    size = call.number("maxResults", default=100, low=1, high=100)
    page, token = call.page(call.account.region(region).analyzers, cursor="nextToken", size=size)
    listed = [
        {
            "arn": call.world.arn("access-analyzer", region, call.account.account_id, f"analyzer/{each.name}"),
            "name": each.name,
            "type": each.kind,
            "createdAt": call.account.create_date,
            "status": "ACTIVE" if each.active else "DISABLED",
        }
        for each in page
    ]
    return {"analyzers": listed, "nextToken": token}


def get_anomaly_subscriptions(call: Call) -> dict[str, Any]:
    """Who hears of which monitor."""
    size = call.number("MaxResults", default=100, low=1, high=100)
    page, token = call.page(call.account.cost_subscriptions, cursor="NextPageToken", size=size)
    account = call.account.account_id
    listed = [
        {
            "SubscriptionArn": call.world.arn("ce", "", account, f"anomalysubscription/{each.name}"),
            "AccountId": account,
            "MonitorArnList": [
                call.world.arn("ce", "", account, f"anomalymonitor/{number}") for number in range(each.monitors)
            ],
            "Subscribers": [{"Address": one, "Type": "EMAIL", "Status": "CONFIRMED"} for one in each.addresses]
            + [{"Address": one, "Type": "EMAIL", "Status": "DECLINED"} for one in each.declined],
            "Frequency": "DAILY",
            "SubscriptionName": each.name,
        }
        for each in page
    ]
    return {"AnomalySubscriptions": listed, "NextPageToken": token}


ANALYZER_OPERATIONS: dict[str, Handler] = {"ListAnalyzers": list_analyzers}
COST_OPERATIONS: dict[str, Handler] = {"GetAnomalySubscriptions": get_anomaly_subscriptions}
GUARDDUTY_OPERATIONS: dict[str, Handler] = {
    "DescribeOrganizationConfiguration": describe_organization_configuration,
    "GetDetector": get_detector,
    "ListDetectors": list_detectors,
}
SECURITY_HUB_OPERATIONS: dict[str, Handler] = {"DescribeHub": describe_hub, "ListMembers": list_members}
