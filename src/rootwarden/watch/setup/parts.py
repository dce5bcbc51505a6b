"""What both set-ups share: event patterns, queue policy, the watcher's permissions, and the numbers behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from rootwarden.errors import UsageError
from rootwarden.report.encoding import to_json
from rootwarden.watch.messages import RECORD_DETAIL_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.report.encoding import JsonObject, JsonValue

Json: TypeAlias = "JsonValue"

# A batch takes seconds; a watcher that died is replaced after this long.
VISIBILITY_SECONDS: Final = 300
# Longer than any outage somebody may sleep through: the most SQS keeps (*SQS message quotas*).
RETENTION_SECONDS: Final = 14 * 24 * 3600
# The watcher parks what it cannot work off long before; dead letters are what it never got hold of.
MOST_RECEIVES: Final = 20
# A rule that is only ENABLED does not see read-only management events (*EventBridge: events from CloudTrail*).
RULE_STATE: Final = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
CANARY_ROLE: Final = "rootwarden-canary"
CANARY_OPERATION: Final = "PutParameter"
CANARY_PARAMETER: Final = "/rootwarden/canary"
# Scheduler calls no operation that only reads (*Using universal targets*, EventBridge Scheduler); this one writes a
# parameter of its own, is a management event, and costs nothing in the standard tier.
CANARY_TARGET: Final = "scheduler:::aws-sdk:ssm:putParameter"
CANARY_INPUT: Final = {
    "Name": CANARY_PARAMETER,
    "Value": "a canary of Rootwarden: it is missed when it stops",
    "Type": "String",
    "Overwrite": True,
}
# *EventBridge quotas*: a pattern of a rule holds so many characters, unless a higher quota was asked for.
LONGEST_PATTERN: Final = 2048


def root_patterns(names: Iterable[str]) -> tuple[JsonObject, ...]:
    """Event patterns of rules that together send every event of root, and the calls others make on the way to it.

    Args:
        names: `eventName`s to be sent whoever made the call.

    Returns:
        One pattern for each rule; the names are split over as many as their length needs.

    Raises:
        UsageError: A name alone is longer than a pattern may be.
    """
    issued: JsonObject = {"sessionContext": {"sessionIssuer": {"type": ["Root"]}}}
    of_root = _pattern({"$or": [{"userIdentity": {"type": ["Root"]}}, {"userIdentity": issued}]})
    return (of_root, *(_of_names(chunk) for chunk in _chunks(sorted(set(names)))))


def trail_pattern(bucket: Json, prefix: str = "") -> JsonObject:
    """The pattern of objects written into the trail's bucket."""
    detail: JsonObject = {"bucket": {"name": [bucket]}}
    if prefix:
        detail["object"] = {"key": [{"prefix": prefix}]}
    return {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": detail}


def canary_pattern() -> JsonObject:
    """The pattern of the canary's calls, so that they come the fast way too."""
    role: JsonObject = {"sessionContext": {"sessionIssuer": {"userName": [CANARY_ROLE]}}}
    return _pattern({"eventName": [CANARY_OPERATION], "userIdentity": role})


def queue_policy(queue: Json, account: Json) -> JsonObject:
    """Rules of this account may send to the queue; nobody may without TLS."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "RulesSend",
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue,
                "Condition": {"StringEquals": {"aws:SourceAccount": account}},
            },
            {
                "Sid": "OnlyTls",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sqs:*",
                "Resource": queue,
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ],
    }


def watcher_policy(queue: Json, objects: Json, key: Json | None) -> JsonObject:
    """What the watcher may: receive and delete messages of this queue, read objects of the trail, decrypt them.

    Args:
        queue: ARN of the queue.
        objects: ARN pattern of the trail's objects.
        key: ARN of the KMS key they are encrypted with; `None` when there is none.
    """
    statements: list[JsonValue] = [
        {
            "Sid": "Receive",
            "Effect": "Allow",
            "Action": [
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:ChangeMessageVisibility",
            ],
            "Resource": queue,
        },
        {"Sid": "ReadTrail", "Effect": "Allow", "Action": "s3:GetObject", "Resource": objects},
    ]
    if key is not None:
        statements.append({"Sid": "Decrypt", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": key})
    return {"Version": "2012-10-17", "Statement": statements}


def organization_sends(bus: Json, organization: Json) -> JsonObject:
    """The statement of a bus that takes events from every account of an organization, and from nobody else."""
    return {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "events:PutEvents",
        "Resource": bus,
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": organization}},
    }


def trusts(service: str, account: Json) -> JsonObject:
    """The trust policy of a role that a service of this account takes."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": service},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceAccount": account}},
            }
        ],
    }


def allows(action: str, resource: Json) -> JsonObject:
    """A policy of one statement."""
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}],
    }


def _pattern(detail: JsonObject) -> JsonObject:
    return {"detail-type": [*sorted(RECORD_DETAIL_TYPES - {"AWS Insight via CloudTrail"})], "detail": detail}


def _of_names(names: list[str]) -> JsonObject:
    return _pattern({"eventName": [*names]})


def _chunks(names: list[str]) -> list[list[str]]:
    chunks: list[list[str]] = []
    for name in names:
        if chunks and _length(_of_names([*chunks[-1], name])) <= LONGEST_PATTERN:
            chunks[-1].append(name)
        elif _length(_of_names([name])) <= LONGEST_PATTERN:
            chunks.append([name])
        else:
            raise UsageError(f"the event name `{name[:60]}…` is longer than an event pattern may be")
    return chunks


def _length(pattern: JsonObject) -> int:
    return len(to_json(pattern))
