"""CloudTrail: trails, whether they log, which events they select, and the keys their digests are signed with.

An organization trail of the management account shows in every member under its own ARN; a multi-Region trail shows
in every Region. Both are shadow trails there, left out when the caller says so.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import msgspec

from rootwarden.simulator.monitoring import Trail
from rootwarden.simulator.refusal import Refusal

if TYPE_CHECKING:
    from rootwarden.simulator.call import Call, Handler
    from rootwarden.simulator.monitoring import AdvancedEventSelector, FieldSelector
    from rootwarden.simulator.world import World


class _Seen(msgspec.Struct, frozen=True):
    trail: Trail
    owner: str

    def arn(self, world: World) -> str:
        return world.arn("cloudtrail", self.trail.home_region, self.owner, f"trail/{self.trail.name}")


def _visible(call: Call) -> list[_Seen]:
    seen = [_Seen(trail, call.account.account_id) for trail in call.account.trails]
    management = call.world.management
    if call.world.organization is not None and management is not call.account:
        seen += [_Seen(trail, management.account_id) for trail in management.trails if trail.organization]
    return [item for item in seen if item.trail.multi_region or item.trail.home_region == call.region]


def _is_shadow(call: Call, seen: _Seen) -> bool:
    return seen.owner != call.account.account_id or seen.trail.home_region != call.region


def _named(call: Call, parameter: str) -> _Seen:
    wanted = call.required(parameter)
    for seen in _visible(call):
        by_name = seen.trail.name == wanted and not _is_shadow(call, seen)
        if by_name or seen.arn(call.world) == wanted:
            return seen
    raise Refusal("TrailNotFoundException", f"Unknown trail: {wanted[:200]} for the user: {call.account.account_id}")


def describe_trails(call: Call) -> dict[str, Any]:
    """The trails that reach this account and Region."""
    names = set(call.texts("trailNameList"))
    with_shadows = call.parameters.get("includeShadowTrails", True) is not False
    found = []
    for seen in _visible(call):
        shadow = _is_shadow(call, seen)
        wanted = not names or seen.arn(call.world) in names or (seen.trail.name in names and not shadow)
        if wanted and (with_shadows or not shadow):
            found.append(_describe(call, seen))
    return {"trailList": found}


def _describe(call: Call, seen: _Seen) -> dict[str, Any]:
    trail = seen.trail
    role = call.world.arn("iam", "", seen.owner, "role/CloudTrailToLogs")
    return {
        "Name": trail.name,
        "S3BucketName": trail.bucket,
        "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": trail.multi_region,
        "HomeRegion": trail.home_region,
        "TrailARN": seen.arn(call.world),
        "LogFileValidationEnabled": trail.log_file_validation,
        "CloudWatchLogsLogGroupArn": trail.log_group or None,
        "CloudWatchLogsRoleArn": role if trail.log_group else None,
        "HasCustomEventSelectors": bool(trail.advanced_selectors),
        "HasInsightSelectors": False,
        "IsOrganizationTrail": trail.organization,
    }


def list_trails(call: Call) -> dict[str, Any]:
    """The trails that reach this account, in short."""
    trails = [
        {"TrailARN": seen.arn(call.world), "Name": seen.trail.name, "HomeRegion": seen.trail.home_region}
        for seen in _visible(call)
    ]
    page, token = call.page(trails, cursor="NextToken", size=50)
    return {"Trails": page, "NextToken": token}


def get_trail_status(call: Call) -> dict[str, Any]:
    """Whether a trail logs."""
    trail = _named(call, "Name").trail
    now = call.state.clock()
    return {
        "IsLogging": trail.logging,
        "LatestDeliveryTime": now,
        "StartLoggingTime": call.world.management.create_date,
        "StopLoggingTime": None if trail.logging else now,
        "LatestCloudWatchLogsDeliveryTime": now if trail.log_group else None,
    }


def get_event_selectors(call: Call) -> dict[str, Any]:
    """Which events a trail takes: advanced selectors where it has them, else classic ones."""
    seen = _named(call, "TrailName")
    answer: dict[str, Any] = {"TrailARN": seen.arn(call.world)}
    if seen.trail.advanced_selectors:
        return answer | {"AdvancedEventSelectors": [_advanced(item) for item in seen.trail.advanced_selectors]}
    selectors = [
        {
            "ReadWriteType": selector.read_write_type,
            "IncludeManagementEvents": selector.management_events,
            "DataResources": [],
            "ExcludeManagementEventSources": list(selector.excluded_sources),
        }
        for selector in seen.trail.selectors
    ]
    return answer | {"EventSelectors": selectors}


def _advanced(selector: AdvancedEventSelector) -> dict[str, Any]:
    return {"Name": selector.name, "FieldSelectors": [_field(item) for item in selector.field_selectors]}


def _field(selector: FieldSelector) -> dict[str, Any]:
    return {
        "Field": selector.field,
        "Equals": list(selector.equals) or None,
        "NotEquals": list(selector.not_equals) or None,
        "StartsWith": list(selector.starts_with) or None,
    }


def list_public_keys(call: Call) -> dict[str, Any]:
    """The keys that signed this Region's digests between two instants; now, where none is given."""
    now = call.state.clock().timestamp()
    start, end = (_epoch(call, name, now) for name in ("StartTime", "EndTime"))
    keys = [
        {
            "Value": base64.b64decode(key.value),
            "ValidityStartTime": key.valid_from,
            "ValidityEndTime": key.valid_to,
            "Fingerprint": key.fingerprint,
        }
        for key in call.state.public_keys
        if key.region == call.region and key.valid_from.timestamp() <= end and key.valid_to.timestamp() >= start
    ]
    page, token = call.page(keys, cursor="NextToken", size=50)
    return {"PublicKeyList": page, "NextToken": token}


def _epoch(call: Call, name: str, default: float) -> float:
    value = call.parameters.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise call.invalid(f"value at '{name}' is not a timestamp")
    return value


OPERATIONS: dict[str, Handler] = {
    "DescribeTrails": describe_trails,
    "ListTrails": list_trails,
    "GetTrailStatus": get_trail_status,
    "GetEventSelectors": get_event_selectors,
    "ListPublicKeys": list_public_keys,
}
