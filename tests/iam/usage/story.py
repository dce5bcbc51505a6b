"""Made-up records of CloudTrail and account dumps, small enough to know what they mean."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from rootwarden.collect.principals import details_in
from rootwarden.iam.admins.building import Library, household
from rootwarden.iam.admins.holders import AccountSeat
from rootwarden.iam.admins.powers import Book
from rootwarden.iam.usage.judge import Asked, Judge
from rootwarden.iam.usage.mapping import EventMap, EventRules
from rootwarden.iam.usage.visibility import Visibility
from rootwarden.packs.actions import action_catalogue
from rootwarden.packs.event_names import event_names, operations
from rootwarden.trail.place_names import Restriction
from rootwarden.trail.usage import UsageScan
from rootwarden.trail.usage_tally import UsageTally

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rootwarden.iam.usage.result import PrincipalUsage, Usage
    from rootwarden.iam.usage.tally import Tally

HOME: Final = "000000000000"
AWAY: Final = "111111111111"
NOON: Final = "2026-03-02T12:00:00Z"
CATALOGUE: Final = action_catalogue()
RULES: Final = EventRules(event_names())
EVENTS: Final = EventMap(RULES, CATALOGUE)
VISIBILITY: Final = Visibility(CATALOGUE, event_names(), operations())


def user(name: str, account: str = HOME, **more: Any) -> dict[str, Any]:
    arn = f"arn:aws:iam::{account}:user/{name}"
    return {
        "type": "IAMUser",
        "principalId": f"AIDA{name.upper()}{account[0]}",
        "arn": arn,
        "accountId": account,
        "accessKeyId": f"AKIA{name.upper()}",
        "userName": name,
        **more,
    }


def session(role: str, key: str, account: str = HOME, *, path: str = "/", **more: Any) -> dict[str, Any]:
    issuer = {
        "type": "Role",
        "principalId": f"AROA{role.upper()}{account[0]}",
        "arn": f"arn:aws:iam::{account}:role{path}{role}",
        "accountId": account,
        "userName": role,
    }
    return {
        "type": "AssumedRole",
        "principalId": f"AROA{role.upper()}{account[0]}:somebody",
        "arn": f"arn:aws:sts::{account}:assumed-role/{role}/somebody",
        "accountId": account,
        "accessKeyId": key,
        "sessionContext": {"sessionIssuer": issuer, **more.pop("context", {})},
        **more,
    }


def call(event: str, who: Mapping[str, Any], *, account: str = "", time: str = NOON, **more: Any) -> dict[str, Any]:
    """A record of `source:name`."""
    source, _, name = event.partition(":")
    return {
        "eventVersion": "1.11",
        "userIdentity": who,
        "eventTime": time,
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-west-1",
        "requestParameters": None,
        "responseElements": None,
        "readOnly": name.startswith(("Get", "List", "Describe", "Head")),
        "managementEvent": True,
        "recipientAccountId": account or who.get("accountId", HOME),
        **more,
    }


def assume(who: Mapping[str, Any], role: str, key: str, account: str, *, at: str = "", **more: Any) -> dict[str, Any]:
    """An AssumeRole of a role in `account`, in the trail of account `at`."""
    response = {
        "credentials": {"accessKeyId": key, "sessionToken": "…"},
        "assumedRoleUser": {"arn": f"arn:aws:sts::{account}:assumed-role/{role}/somebody"},
    }
    parameters = {"roleArn": f"arn:aws:iam::{account}:role/{role}", "roleSessionName": "somebody"}
    return call("sts:AssumeRole", who, account=at, requestParameters=parameters, responseElements=response, **more)


def allow(*actions: str, resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


def deny(*actions: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": list(actions), "Resource": resource, **more}


def document(*statements: Mapping[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def dump(
    account: str = HOME,
    users: Mapping[str, Iterable[Mapping[str, Any]]] | None = None,
    roles: Mapping[str, Iterable[Mapping[str, Any]]] | None = None,
    *,
    boundary: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Users and roles by name (roles may have a path), each with the statements of its one policy."""
    bounded = {"PermissionsBoundary": {"PermissionsBoundaryArn": f"arn:aws:iam::{account}:policy/limit"}}
    limit = {
        "PolicyName": "limit",
        "Arn": f"arn:aws:iam::{account}:policy/limit",
        "PolicyId": "ANPALIMIT",
        "DefaultVersionId": "v1",
        "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": True, "Document": boundary}],
    }
    return {
        "UserDetailList": [
            {
                "UserName": name,
                "Arn": f"arn:aws:iam::{account}:user/{name}",
                "UserId": f"AIDA{name.upper()}{account[0]}",
                "Path": "/",
                "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": document(*statements)}],
                **(bounded if boundary is not None else {}),
            }
            for name, statements in (users or {}).items()
        ],
        "GroupDetailList": [],
        "RoleDetailList": [
            {
                "RoleName": name.rpartition("/")[2],
                "Arn": f"arn:aws:iam::{account}:role/{name}",
                "RoleId": f"AROA{name.rpartition('/')[2].upper()}{account[0]}",
                "Path": f"/{name.rpartition('/')[0]}/" if "/" in name else "/",
                "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": document(*statements)}],
                "AssumeRolePolicyDocument": document(
                    {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
                ),
            }
            for name, statements in (roles or {}).items()
        ],
        "Policies": [limit] if boundary is not None else [],
    }


def log(records: Iterable[Mapping[str, Any]]) -> bytes:
    return json.dumps({"Records": list(records)}).encode()


def tally(records: Iterable[Mapping[str, Any]], restriction: Restriction = Restriction()) -> Tally:  # noqa: B008 - frozen
    sum_of = UsageTally(RULES, restriction)
    for calls in UsageScan(log(records)).calls():
        for each in calls:
            sum_of.take(each)
    return sum_of.tally


def compare(
    records: Iterable[Mapping[str, Any]],
    *dumps: Mapping[str, Any],
    asked: Asked = Asked(),  # noqa: B008 - frozen
) -> Usage:
    """What the command would say, without its files."""
    book, library = Book(action.full for action in VISIBILITY.actions), Library()
    found = [details_in(json.dumps(each).encode(), "dump") for each in dumps]
    homes = [household(each.details, AccountSeat(id=each.account), book, library) for each in found]
    holders = [holder for home in homes for holder in home.holders]
    return Judge(CATALOGUE, EVENTS, VISIBILITY).usage(tally(records), holders, [one.seat.id for one in homes], asked)


def of(usage: Usage, name: str) -> PrincipalUsage:
    """The one principal of that name."""
    (found,) = [one for one in usage.principals if one.arn.rpartition("/")[2] == name]
    return found


def uses(principal: PrincipalUsage) -> dict[str, str]:
    return {one.action: one.use.value for one in principal.used}


def doubts(principal: PrincipalUsage) -> dict[str, str]:
    return {action: doubt.why.value for doubt in principal.unjudged for action in doubt.actions}
