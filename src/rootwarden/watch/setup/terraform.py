"""The set-up as Terraform's JSON syntax (`rootwarden-watch.tf.json`), for the AWS provider from version 6 on.

Version 6 takes a region on each resource, so that one provider serves all regions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.report.encoding import to_json
from rootwarden.watch.setup import parts
from rootwarden.watch.setup.cloudformation import FORWARDER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.report.encoding import JsonObject

_ACCOUNT: Final = "${data.aws_caller_identity.here.account_id}"
_PARTITION: Final = "${data.aws_partition.here.partition}"
_QUEUE: Final = "${aws_sqs_queue.rootwarden.arn}"
_HOME_BUS: Final = f"arn:{_PARTITION}:events:${{var.home_region}}:{_ACCOUNT}:event-bus/default"
_ELSEWHERE: Final = "${setsubtract(var.regions, [var.home_region])}"


def render(names: Iterable[str]) -> str:
    """The configuration as JSON; it ends with a newline.

    Args:
        names: `eventName`s that others make on the way to root.
    """
    configuration: JsonObject = {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": ">= 6.0"}}},
        "variable": {
            "home_region": {"type": "string", "description": "Where the queue is: the region of the trail's bucket."},
            "regions": {"type": "set(string)", "description": "Every enabled region, the home region among them."},
            "trail_bucket": {
                "type": "string",
                "description": "The trail's bucket. Its notifications to EventBridge must be on.",
            },
            "trail_key_arn": {"type": "string", "default": "", "description": "KMS key of the trail; empty for none."},
        },
        "data": {"aws_caller_identity": {"here": {}}, "aws_partition": {"here": {}}},
        "resource": _resources(tuple(names)),
        "output": {
            "queue_url": {"value": "${aws_sqs_queue.rootwarden.url}"},
            "watcher_policy_arn": {"value": "${aws_iam_policy.watcher.arn}"},
        },
    }
    return to_json(configuration, indent=2) + "\n"


def _resources(names: tuple[str, ...]) -> JsonObject:
    rules, targets = _rules(names)
    return {
        "aws_sqs_queue": _queues(),
        "aws_sqs_queue_policy": {
            "rootwarden": {
                "region": "${var.home_region}",
                "queue_url": "${aws_sqs_queue.rootwarden.url}",
                "policy": to_json(parts.queue_policy(_QUEUE, _ACCOUNT)),
            }
        },
        "aws_iam_policy": {"watcher": _watcher()},
        "aws_iam_role": {
            "forwarder": _role(FORWARDER, parts.trusts("events.amazonaws.com", _ACCOUNT)),
            "canary": _role(parts.CANARY_ROLE, parts.trusts("scheduler.amazonaws.com", _ACCOUNT)),
        },
        "aws_iam_role_policy": {
            "forwarder": _attached("forwarder", parts.allows("events:PutEvents", _HOME_BUS)),
            "canary": _attached("canary", parts.allows("ssm:PutParameter", _parameter())),
        },
        "aws_cloudwatch_event_rule": rules,
        "aws_cloudwatch_event_target": targets,
        "aws_scheduler_schedule": {"canary": _canary()},
    }


def _queues() -> JsonObject:
    shared: JsonObject = {
        "region": "${var.home_region}",
        "message_retention_seconds": parts.RETENTION_SECONDS,
        "sqs_managed_sse_enabled": True,
    }
    redrive = to_json(
        {"deadLetterTargetArn": "${aws_sqs_queue.dead_letters.arn}", "maxReceiveCount": parts.MOST_RECEIVES}
    )
    queue: JsonObject = {"name": "rootwarden", "visibility_timeout_seconds": parts.VISIBILITY_SECONDS}
    return {
        "dead_letters": {"name": "rootwarden-dead-letters", **shared},
        "rootwarden": {**queue, "redrive_policy": redrive, **shared},
    }


def _watcher() -> JsonObject:
    objects = f"arn:{_PARTITION}:s3:::${{var.trail_bucket}}/*"
    with_key = to_json(parts.watcher_policy(_QUEUE, objects, "${var.trail_key_arn}"))
    without = to_json(parts.watcher_policy(_QUEUE, objects, None))
    chosen = f'${{var.trail_key_arn == "" ? {_heredoc(without)} : {_heredoc(with_key)}}}'
    return {"name": "rootwarden-watcher", "description": "What the watcher of Rootwarden needs.", "policy": chosen}


def _heredoc(text: str) -> str:
    """A text as a quoted string inside an expression; interpolations in it stay alive."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _role(name: str, trust: JsonObject) -> JsonObject:
    return {"name": name, "assume_role_policy": to_json(trust)}


def _attached(role: str, policy: JsonObject) -> JsonObject:
    return {"name": "rootwarden", "role": f"${{aws_iam_role.{role}.id}}", "policy": to_json(policy)}


def _parameter() -> str:
    return f"arn:{_PARTITION}:ssm:*:{_ACCOUNT}:parameter{parts.CANARY_PARAMETER}"


def _rules(names: tuple[str, ...]) -> tuple[JsonObject, JsonObject]:
    """Every rule at home, with the queue as target, and elsewhere, with the home region's bus."""
    rules: JsonObject = {"trail": _rule("trail", parts.trail_pattern("${var.trail_bucket}"), "ENABLED")}
    targets: JsonObject = {"trail": _to_queue("trail")}
    for number, pattern in enumerate((*parts.root_patterns(names), parts.canary_pattern()), 1):
        home, away = f"root_{number}", f"root_{number}_elsewhere"
        rules[home] = _rule(f"root-{number}", pattern, parts.RULE_STATE)
        targets[home] = _to_queue(home)
        rules[away] = {**_rule(f"root-{number}", pattern, parts.RULE_STATE), **_everywhere()}
        targets[away] = {
            **_everywhere(),
            "rule": f"${{aws_cloudwatch_event_rule.{away}[each.key].name}}",
            "arn": _HOME_BUS,
            "role_arn": "${aws_iam_role.forwarder.arn}",
        }
    return rules, targets


def _everywhere() -> JsonObject:
    return {"for_each": _ELSEWHERE, "region": "${each.key}"}


def _rule(name: str, pattern: JsonObject, state: str) -> JsonObject:
    return {
        "name": f"rootwarden-{name}",
        "region": "${var.home_region}",
        "event_pattern": to_json(pattern),
        "state": state,
    }


def _to_queue(rule: str) -> JsonObject:
    return {"region": "${var.home_region}", "rule": f"${{aws_cloudwatch_event_rule.{rule}.name}}", "arn": _QUEUE}


def _canary() -> JsonObject:
    return {
        "for_each": "${var.regions}",
        "region": "${each.key}",
        "name": parts.CANARY_ROLE,
        "schedule_expression": "rate(1 day)",
        "flexible_time_window": {"mode": "FLEXIBLE", "maximum_window_in_minutes": 60},
        "target": {
            "arn": f"arn:{_PARTITION}:{parts.CANARY_TARGET}",
            "role_arn": "${aws_iam_role.canary.arn}",
            "input": to_json(dict(parts.CANARY_INPUT)),
        },
    }
