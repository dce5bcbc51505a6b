"""The five asset counts of an account: counted live in every enabled region, kept in `asset-counts.json`, read back.

The file is ours: no single AWS call tells these numbers. A region that refuses makes a count unknown, never smaller.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from rootwarden.aws.calls import Call, CallFailed
from rootwarden.collect import files
from rootwarden.collect.refusal import fact_of_error
from rootwarden.facts.assets import AssetCounts, read_asset_counts
from rootwarden.facts.fact import Known, Source, Unknown, Why
from rootwarden.facts.inventory import Part

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.aws.calls import Json, JsonObject
    from rootwarden.collect.answers import Answers

REGIONS: Final = "ec2:DescribeRegions"
# The IAM action behind each count.
ACTIONS: Final = {
    "iam_users": "iam:GetAccountSummary",
    "rds_instances": "rds:DescribeDBInstances",
    "buckets": "s3:ListAllMyBuckets",
    "ec2_instances": "ec2:DescribeInstances",
    "trails": "cloudtrail:DescribeTrails",
}
# AWS has some forty regions; an answer that names many more is none.
MOST_REGIONS: Final = 100
_REGION = re.compile(r"[a-z]{2,5}(-[a-z]{2,12}){1,3}-[0-9]{1,2}")
_NOT_READ = Unknown("nobody asked for asset counts")
# Makes a call, page by page, and adds up what is counted on each page.
Total: TypeAlias = "Callable[[Call, Callable[[JsonObject], int]], int]"


class NoCount(Exception):  # noqa: N818 - becomes the reason of an unknown count, never reaches people as an error
    """A count that cannot be told; its text is the reason."""


def read_assets(answers: Answers, parts: frozenset[Part]) -> AssetCounts:
    """The counts of an account, each traced to the call that tells it."""
    if Part.ASSETS not in parts:
        return AssetCounts(**dict.fromkeys(ACTIONS, _NOT_READ))
    kept = answers.answer(files.ASSET_COUNTS)
    if not isinstance(kept, Known):
        why = kept if isinstance(kept, Unknown) else Unknown("nobody counted")
        return AssetCounts(**dict.fromkeys(ACTIONS, why))
    document, told = kept.value, kept.sources[0]
    counts = {}
    for name, action in ACTIONS.items():
        source = Source(call=action, account=told.account, observed_at=told.observed_at)
        only = {name: document[name]} if name in document else {}
        counts[name] = getattr(read_asset_counts(only, source), name)
    return AssetCounts(**counts)


def count_assets(total: Total, summary: JsonObject | Unknown) -> JsonObject:
    """Count what an account holds: the content of `asset-counts.json`.

    Args:
        total: Asks, and adds up what each page holds; raises `CallFailed`.
        summary: The answer of `iam:GetAccountSummary`, or why there is none.

    Returns:
        A number for each count, or `{"$unknown": reason}`.
    """
    enabled: list[str] = []

    def regions() -> list[str]:
        if not enabled:
            enabled.extend(_regions(total))
        return enabled

    ways: dict[str, Callable[[], int]] = {
        "iam_users": lambda: _users(summary),
        "rds_instances": lambda: _everywhere(total, regions(), "rds_instances", _DATABASES),
        "buckets": lambda: _asked(total, ACTIONS["buckets"], _BUCKETS, lambda page: _length(page, "Buckets")),
        "ec2_instances": lambda: _everywhere(total, regions(), "ec2_instances", _INSTANCES),
        "trails": lambda: _everywhere(total, regions(), "trails", _TRAILS),
    }
    return {name: _counted(way) for name, way in ways.items()}


def _counted(way: Callable[[], int]) -> Json:
    try:
        return way()
    except NoCount as none:
        return {"$unknown": str(none)}


_DATABASES = Call(service="rds", operation="DescribeDBInstances", file="")
_BUCKETS = Call(service="s3", operation="ListBuckets", file="")
_INSTANCES = Call(service="ec2", operation="DescribeInstances", file="")
# A trail counts once, in its home region; an organization's trail counts in the account that owns it (CloudTrail API
# reference, DescribeTrails, includeShadowTrails).
_TRAILS = Call(service="cloudtrail", operation="DescribeTrails", file="", parameters={"includeShadowTrails": False})


def _everywhere(total: Total, regions: list[str], name: str, call: Call) -> int:
    """The sum over all regions; the first that gives no answer ends it."""
    return sum(
        _asked(total, ACTIONS[name], msgspec.structs.replace(call, region=region), _ON_A_PAGE[name])
        for region in regions
    )


def _asked(total: Total, action: str, call: Call, count: Callable[[JsonObject], int]) -> int:
    where = f" in {call.region}" if call.region else ""
    try:
        return total(call, count)
    except CallFailed as failed:
        fact = fact_of_error(failed.code, action, Source(call=action))
        if isinstance(fact, Unknown) and fact.why is Why.DENIED:
            raise NoCount(f"{action} was refused{where} ({failed.code})") from failed
        raise NoCount(f"no answer to {action}{where} ({failed.code})") from failed


def _regions(total: Total) -> list[str]:
    """The regions that are enabled for the account."""
    names: list[object] = []

    def note(page: JsonObject) -> int:
        listed = page.get("Regions")
        # What is no region stays in the list, as a region without a name: a shorter list would make counts smaller.
        entries = listed if isinstance(listed, list) else [None]
        names.extend(each.get("RegionName") if isinstance(each, dict) else None for each in entries)
        return len(names)

    _asked(total, REGIONS, Call(service="ec2", operation="DescribeRegions", file=""), note)
    regions = [name for name in names if isinstance(name, str) and _REGION.fullmatch(name)]
    if not regions or len(regions) != len(names) or len(regions) > MOST_REGIONS:
        raise NoCount(f"the answer to {REGIONS} is no list of regions")
    return sorted(set(regions))


def _users(summary: JsonObject | Unknown) -> int:
    if isinstance(summary, Unknown):
        raise NoCount(summary.reason)
    entries = summary.get("SummaryMap")
    users = entries.get("Users") if isinstance(entries, dict) else None
    if not isinstance(users, int) or isinstance(users, bool) or users < 0:
        raise NoCount(f"the answer to {ACTIONS['iam_users']} does not tell `Users`")
    return users


def _length(page: JsonObject, name: str) -> int:
    listed = page.get(name)
    if not isinstance(listed, list):
        raise NoCount(f"an answer has no list `{name}`")
    return len(listed)


def _running(page: JsonObject) -> int:
    """EC2 instances of a page; a terminated one is listed for a while, and is no instance any more."""
    reservations = page.get("Reservations")
    if not isinstance(reservations, list):
        raise NoCount("an answer has no list `Reservations`")
    return sum(_alive(each) for each in reservations)


def _alive(reservation: Json) -> int:
    instances = reservation.get("Instances") if isinstance(reservation, dict) else None
    if not isinstance(instances, list):
        raise NoCount("a reservation has no list `Instances`")
    states = [each.get("State") if isinstance(each, dict) else None for each in instances]
    return sum(not (isinstance(state, dict) and state.get("Name") == "terminated") for state in states)


_ON_A_PAGE: Final[dict[str, Callable[[JsonObject], int]]] = {
    "rds_instances": lambda page: _length(page, "DBInstances"),
    "ec2_instances": _running,
    "trails": lambda page: _length(page, "trailList"),
}
