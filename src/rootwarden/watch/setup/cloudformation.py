"""The set-up as one CloudFormation template, for a StackSet over every enabled region of one account or of many.

The same template everywhere: at home it makes the queue, elsewhere rules that forward to the home bus. Roles are
global, so each account's stack in the home region makes them; the others name them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.report.encoding import to_json
from rootwarden.watch.setup import parts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.report.encoding import JsonObject, JsonValue

FORWARDER: Final = "rootwarden-forwarder"
_ACCOUNT: Final[JsonObject] = {"Ref": "AWS::AccountId"}


def render(names: Iterable[str]) -> str:
    """The template as JSON; it ends with a newline.

    Args:
        names: `eventName`s that others make on the way to root.
    """
    template: JsonObject = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "What the watcher of Rootwarden listens to. Deploy in every enabled region, first at home.",
        "Parameters": _parameters(),
        "Conditions": {
            "IsHomeRegion": {"Fn::Equals": [{"Ref": "AWS::Region"}, {"Ref": "HomeRegion"}]},
            "HasHomeAccount": {"Fn::Not": [{"Fn::Equals": [{"Ref": "HomeAccount"}, ""]}]},
            "IsHomeAccount": {
                "Fn::Or": [
                    {"Fn::Equals": [{"Ref": "HomeAccount"}, ""]},
                    {"Fn::Equals": [{"Ref": "HomeAccount"}, _ACCOUNT]},
                ]
            },
            "IsHome": {"Fn::And": [{"Condition": "IsHomeRegion"}, {"Condition": "IsHomeAccount"}]},
            "TakesFromOthers": {
                "Fn::And": [{"Condition": "IsHome"}, {"Fn::Not": [{"Fn::Equals": [{"Ref": "OrganizationId"}, ""]}]}]
            },
            "HasKey": {"Fn::Not": [{"Fn::Equals": [{"Ref": "TrailKeyArn"}, ""]}]},
        },
        "Resources": _home() | _rules(tuple(names)) | _canary(),
        "Outputs": {
            "QueueUrl": {"Condition": "IsHome", "Description": "for --queue", "Value": {"Ref": "Queue"}},
            "WatcherPolicyArn": {
                "Condition": "IsHome",
                "Description": "attach it to the role the watcher runs as",
                "Value": {"Ref": "WatcherPolicy"},
            },
        },
    }
    return to_json(template, indent=2) + "\n"


def _parameters() -> JsonObject:
    return {
        "HomeRegion": {"Type": "String", "Description": "Where the queue is: the region of the trail's bucket."},
        "TrailBucket": {
            "Type": "String",
            "Description": "The trail's bucket. Its notifications to EventBridge must be on.",
        },
        "HomeAccount": {
            "Type": "String",
            "Default": "",
            "AllowedPattern": "([0-9]{12})?",
            "Description": "The account of the queue, where the stack is in several; empty when it is in one.",
        },
        "OrganizationId": {
            "Type": "String",
            "Default": "",
            "AllowedPattern": "(o-[a-z0-9]{10,32})?",
            "Description": "The organization whose accounts may send to the home bus; empty when none may.",
        },
        "TrailKeyArn": {
            "Type": "String",
            "Default": "",
            "Description": "KMS key of the trail; empty when it has none.",
        },
    }


def _home() -> JsonObject:
    """What stands once, at home, and the roles every account's stack makes in the home region."""
    queue: JsonObject = {"Fn::GetAtt": ["Queue", "Arn"]}
    return _queues(queue) | _watcher(queue) | _roles() | _arriving(queue)


def _queues(queue: JsonObject) -> JsonObject:
    dead: JsonObject = {"Fn::GetAtt": ["DeadLetters", "Arn"]}
    return {
        "DeadLetters": {
            "Type": "AWS::SQS::Queue",
            "Condition": "IsHome",
            "Properties": {"MessageRetentionPeriod": parts.RETENTION_SECONDS, "SqsManagedSseEnabled": True},
        },
        "Queue": {
            "Type": "AWS::SQS::Queue",
            "Condition": "IsHome",
            "Properties": {
                "VisibilityTimeout": parts.VISIBILITY_SECONDS,
                "MessageRetentionPeriod": parts.RETENTION_SECONDS,
                "SqsManagedSseEnabled": True,
                "RedrivePolicy": {"deadLetterTargetArn": dead, "maxReceiveCount": parts.MOST_RECEIVES},
            },
        },
        "QueuePolicy": {
            "Type": "AWS::SQS::QueuePolicy",
            "Condition": "IsHome",
            "Properties": {"Queues": [{"Ref": "Queue"}], "PolicyDocument": parts.queue_policy(queue, _ACCOUNT)},
        },
    }


def _watcher(queue: JsonObject) -> JsonObject:
    objects: JsonObject = {"Fn::Sub": "arn:${AWS::Partition}:s3:::${TrailBucket}/*"}
    without = parts.watcher_policy(queue, objects, None)
    decrypting = parts.watcher_policy(queue, objects, {"Ref": "TrailKeyArn"})
    return {
        "WatcherPolicy": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Condition": "IsHome",
            "Properties": {
                "Description": "What the watcher of Rootwarden needs, and no more.",
                "PolicyDocument": {"Fn::If": ["HasKey", decrypting, without]},
            },
        },
    }


def _roles() -> JsonObject:
    return {
        "ForwarderRole": _role(
            FORWARDER,
            parts.trusts("events.amazonaws.com", _ACCOUNT),
            parts.allows("events:PutEvents", _home_bus()),
        ),
        "CanaryRole": _role(
            parts.CANARY_ROLE,
            parts.trusts("scheduler.amazonaws.com", _ACCOUNT),
            parts.allows("ssm:PutParameter", _arn(f"ssm:*:${{AWS::AccountId}}:parameter{parts.CANARY_PARAMETER}")),
        ),
    }


def _arriving(queue: JsonObject) -> JsonObject:
    """What comes to the queue at home: what other accounts send, and objects of the trail."""
    return {
        "HomeBusPolicy": {
            "Type": "AWS::Events::EventBusPolicy",
            "Condition": "TakesFromOthers",
            "Properties": {
                "StatementId": "rootwarden-organization",
                "Statement": parts.organization_sends(_home_bus(), {"Ref": "OrganizationId"}),
            },
        },
        "TrailRule": {
            "Type": "AWS::Events::Rule",
            "Condition": "IsHome",
            "Properties": {
                "Description": "objects written into the trail's bucket",
                "EventPattern": parts.trail_pattern({"Ref": "TrailBucket"}),
                "State": "ENABLED",
                "Targets": [{"Id": "queue", "Arn": queue}],
            },
        },
    }


def _rules(names: tuple[str, ...]) -> JsonObject:
    patterns = (*parts.root_patterns(names), parts.canary_pattern())
    return {f"EventRule{number}": _rule(pattern) for number, pattern in enumerate(patterns, 1)}


def _rule(pattern: JsonObject) -> JsonObject:
    """To the queue at home; elsewhere to the home region's bus, where the same rule sends it to the queue."""
    queue: JsonObject = {"Id": "queue", "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}}
    bus: JsonObject = {"Id": "home", "Arn": _home_bus(), "RoleArn": _arn(f"iam::${{AWS::AccountId}}:role/{FORWARDER}")}
    return {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "Description": "root, or somebody on the way to root",
            "EventPattern": pattern,
            "State": parts.RULE_STATE,
            "Targets": [{"Fn::If": ["IsHome", queue, bus]}],
        },
    }


def _canary() -> JsonObject:
    return {
        "Canary": {
            "Type": "AWS::Scheduler::Schedule",
            "Properties": {
                "Description": "a harmless call a day; the watcher misses it when it does not come through",
                "ScheduleExpression": "rate(1 day)",
                "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 60},
                "Target": {
                    "Arn": _arn(parts.CANARY_TARGET),
                    "RoleArn": _arn(f"iam::${{AWS::AccountId}}:role/{parts.CANARY_ROLE}"),
                    "Input": to_json(dict(parts.CANARY_INPUT)),
                },
            },
        }
    }


def _role(name: str, trust: JsonObject, policy: JsonObject) -> JsonObject:
    return {
        "Type": "AWS::IAM::Role",
        "Condition": "IsHomeRegion",
        "Properties": {
            "RoleName": name,
            "AssumeRolePolicyDocument": trust,
            "Policies": [{"PolicyName": name, "PolicyDocument": policy}],
        },
    }


def _home_bus() -> JsonValue:
    account: JsonObject = {"Fn::If": ["HasHomeAccount", {"Ref": "HomeAccount"}, _ACCOUNT]}
    bus = "arn:${AWS::Partition}:events:${HomeRegion}:${Account}:event-bus/default"
    return {"Fn::Sub": [bus, {"Account": account}]}


def _arn(rest: str) -> JsonValue:
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:{rest}"}
