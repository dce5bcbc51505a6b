"""The calls to compare, as data: those of `collect.plan` that an account can answer about itself, and asset counts.

A call may take a parameter from an earlier answer (the first trail's ARN) or from who is asking (`{account}`). Cases
called `not there` ask for something no account has, to learn with which error code AWS says so.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

NOT_THERE: Final = "rootwarden-conformance-not-there"
ANNOUNCED: Final = "iam:GenerateCredentialReport"


class Standing(StrEnum):
    """Where the caller's account stands."""

    STANDALONE = "standalone"
    MEMBER = "member"
    MANAGEMENT = "management"
    UNKNOWN = "unknown"


class CallerKind(StrEnum):
    """What signs the calls."""

    USER = "user"
    ROLE = "role"
    ROOT = "root"
    OTHER = "other"


ANY: Final = frozenset(Standing)
_SEES_ORGANIZATION: Final = frozenset({Standing.STANDALONE, Standing.MANAGEMENT})
_MANAGES: Final = frozenset({Standing.MANAGEMENT})


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter that is taken from an earlier answer.

    Attributes:
        parameter: Its name.
        call: Key of the earlier call.
        path: Members to follow, through every list on the way; the first text found is taken.
        containing: Only a text with this in it.
        what: What is missing when there is none, for people.
    """

    parameter: str
    call: str
    path: tuple[str, ...]
    what: str
    containing: str = ""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One call to compare.

    Attributes:
        call: `service:Operation`.
        case: Tells calls of one operation apart.
        parameters: With `{account}`, `{partition}`, `{region}` and `{user}` filled in when asked.
        taken: A parameter from an earlier answer.
        standings: From which accounts it is asked.
        own_user: Only asked by an IAM user, about itself: what an AssumeRoot session would ask about root.
    """

    call: str
    case: str = ""
    parameters: dict[str, str | list[str]] = {}
    taken: Taken | None = None
    standings: frozenset[Standing] = ANY
    own_user: bool = False

    @property
    def key(self) -> str:
        """The call with its case."""
        return f"{self.call} ({self.case})" if self.case else self.call

    @property
    def condition(self) -> str:
        """When it is asked, in words; empty for always."""
        told = []
        if self.standings != ANY:
            told.append(" or ".join(sorted(self.standings)) + " accounts only")
        if self.own_user:
            told.append("IAM users only, about themselves")
        if self.taken is not None:
            told.append(f"if there is {self.taken.what}")
        return "; ".join(told)


def _own(operation: str, taken: Taken | None = None) -> Step:
    named: dict[str, str | list[str]] = {} if taken else {"UserName": "{user}"}
    return Step(call=f"iam:{operation}", parameters=named, taken=taken, own_user=True)


def _alternate(kind: str) -> Step:
    return Step(call="account:GetAlternateContact", case=kind, parameters={"AlternateContactType": kind.upper()})


def _of_trail(operation: str, parameter: str) -> tuple[Step, Step]:
    first = Taken(parameter=parameter, call="cloudtrail:DescribeTrails", path=("trailList", "TrailARN"), what="a trail")
    call = f"cloudtrail:{operation}"
    return Step(call=call, taken=first), Step(call=call, case="not there", parameters={parameter: NOT_THERE})


def _in_tree(operation: str) -> Step:
    root = Taken(parameter="ParentId", call="organizations:ListRoots", path=("Roots", "Id"), what="a root")
    return Step(call=f"organizations:{operation}", taken=root, standings=_MANAGES)


def _of_policy(operation: str) -> Step:
    first = Taken(parameter="PolicyId", call="organizations:ListPolicies", path=("Policies", "Id"), what="a policy")
    return Step(call=f"organizations:{operation}", taken=first, standings=_MANAGES)


_FIRST_KEY = Taken(
    parameter="AccessKeyId", call="iam:ListAccessKeys", path=("AccessKeyMetadata", "AccessKeyId"), what="an access key"
)
_FIRST_TOPIC = Taken(
    parameter="TopicArn",
    call="cloudwatch:DescribeAlarms",
    path=("MetricAlarms", "AlarmActions"),
    containing=":sns:",
    what="an alarm that tells a topic",
)
_FIRST_RULE = Taken(parameter="Rule", call="events:ListRules", path=("Rules", "Name"), what="an event rule")

STEPS: Final[tuple[Step, ...]] = (
    Step(call="sts:GetCallerIdentity"),
    Step(call="organizations:DescribeOrganization"),
    Step(call=ANNOUNCED),
    Step(call="iam:GetAccountSummary"),
    Step(call="iam:ListVirtualMFADevices", parameters={"AssignmentStatus": "Assigned"}),
    Step(call="iam:GetCredentialReport"),
    Step(call="iam:GetAccountPasswordPolicy"),
    Step(call="iam:GetAccountAuthorizationDetails"),
    _own("GetUser"),
    _own("ListMFADevices"),
    _own("ListAccessKeys"),
    _own("GetAccessKeyLastUsed", _FIRST_KEY),
    _own("GetLoginProfile"),
    _own("ListSigningCertificates"),
    Step(call="account:GetContactInformation"),
    *(_alternate(kind) for kind in ("billing", "operations", "security")),
    Step(call="signin:GetResourcePolicy"),
    Step(call="signin:GetConsoleAuthorizationConfiguration"),
    Step(call="cloudtrail:DescribeTrails"),
    *_of_trail("GetTrailStatus", "Name"),
    *_of_trail("GetEventSelectors", "TrailName"),
    Step(call="logs:DescribeMetricFilters"),
    Step(call="logs:DescribeLogGroups"),
    Step(call="cloudwatch:DescribeAlarms", parameters={"AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}),
    Step(call="sns:ListSubscriptionsByTopic", taken=_FIRST_TOPIC),
    Step(
        call="sns:ListSubscriptionsByTopic",
        case="not there",
        parameters={"TopicArn": f"arn:{{partition}}:sns:{{region}}:{{account}}:{NOT_THERE}"},
    ),
    Step(call="events:ListRules"),
    Step(call="events:ListTargetsByRule", taken=_FIRST_RULE),
    Step(call="events:ListTargetsByRule", case="not there", parameters={"Rule": NOT_THERE}),
    Step(call="rds:DescribeDBInstances"),
    Step(call="s3:ListBuckets"),
    Step(call="ec2:DescribeInstances"),
    Step(call="iam:ListOrganizationsFeatures"),
    Step(call="organizations:ListAccounts", standings=_SEES_ORGANIZATION),
    Step(call="organizations:ListRoots", standings=_SEES_ORGANIZATION),
    _in_tree("ListOrganizationalUnitsForParent"),
    _in_tree("ListAccountsForParent"),
    Step(
        call="organizations:ListPolicies",
        parameters={"Filter": "SERVICE_CONTROL_POLICY"},
        standings=_SEES_ORGANIZATION,
    ),
    _of_policy("DescribePolicy"),
    _of_policy("ListTargetsForPolicy"),
    Step(
        call="organizations:ListTagsForResource",
        parameters={"ResourceId": "{account}"},
        standings=_MANAGES,
    ),
)
