"""EventBridge and SNS: rules and their targets, topics and their subscribers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rootwarden.simulator.refusal import Refusal

if TYPE_CHECKING:
    from rootwarden.simulator.call import Call, Handler
    from rootwarden.simulator.monitoring import EventRule, Topic

_TOPIC_ARN_PARTS = 6


def _bus(call: Call) -> str:
    return (call.text("EventBusName") or "default").rpartition("/")[2]


def _rules(call: Call) -> list[EventRule]:
    rules = call.account.region(call.region).event_rules
    bus = _bus(call)
    if bus != "default" and all(rule.bus != bus for rule in rules):
        raise Refusal("ResourceNotFoundException", f"Event bus {bus[:200]} does not exist.")
    return [rule for rule in rules if rule.bus == bus]


def list_rules(call: Call) -> dict[str, Any]:
    """The rules of an event bus, by prefix."""
    size = call.number("Limit", default=100, low=1, high=100)
    found = [rule for rule in _rules(call) if rule.name.startswith(call.text("NamePrefix"))]
    page, token = call.page(found, cursor="NextToken", size=size)
    described = [
        {
            "Name": rule.name,
            "Arn": call.world.arn("events", call.region, call.account.account_id, f"rule/{rule.name}"),
            "EventPattern": rule.pattern,
            "State": rule.state,
            "EventBusName": rule.bus,
        }
        for rule in page
    ]
    return {"Rules": described, "NextToken": token}


def list_targets_by_rule(call: Call) -> dict[str, Any]:
    """Where a rule sends what it matches."""
    name = call.required("Rule")
    rule = next((rule for rule in _rules(call) if rule.name == name), None)
    if rule is None:
        raise Refusal("ResourceNotFoundException", f"Rule {name[:64]} does not exist on EventBus {_bus(call)[:64]}.")
    size = call.number("Limit", default=100, low=1, high=100)
    page, token = call.page(rule.targets, cursor="NextToken", size=size)
    return {"Targets": [{"Id": target.target_id, "Arn": target.arn} for target in page], "NextToken": token}


def list_event_buses(call: Call) -> dict[str, Any]:
    """The default bus, and those that rules name."""
    names = ["default", *sorted({rule.bus for rule in call.account.region(call.region).event_rules} - {"default"})]
    size = call.number("Limit", default=100, low=1, high=100)
    found = [name for name in names if name.startswith(call.text("NamePrefix"))]
    page, token = call.page(found, cursor="NextToken", size=size)
    buses = [
        {"Name": name, "Arn": call.world.arn("events", call.region, call.account.account_id, f"event-bus/{name}")}
        for name in page
    ]
    return {"EventBuses": buses, "NextToken": token}


def _topic(call: Call) -> tuple[str, Topic]:
    arn = call.required("TopicArn")
    parts = arn.split(":")
    if len(parts) != _TOPIC_ARN_PARTS or parts[2] != "sns" or parts[3] != call.region:
        raise Refusal("InvalidParameter", "Invalid parameter: TopicArn")
    if parts[4] != call.account.account_id:
        raise call.denied(f"SNS:{call.operation}", arn[:300])
    topic = next((topic for topic in call.account.region(call.region).topics if topic.name == parts[5]), None)
    if topic is None:
        raise Refusal("NotFound", "Topic does not exist", 404)
    return arn, topic


def list_subscriptions_by_topic(call: Call) -> dict[str, Any]:
    """Who gets what is sent to a topic; an unconfirmed subscriber shows as `PendingConfirmation`."""
    arn, topic = _topic(call)
    numbered = list(enumerate(topic.subscriptions))
    page, token = call.page(numbered, cursor="NextToken", size=100)
    subscriptions = [
        {
            "SubscriptionArn": f"{arn}:fake-{number:04d}" if subscription.confirmed else "PendingConfirmation",
            "Owner": call.account.account_id,
            "Protocol": subscription.protocol,
            "Endpoint": subscription.endpoint,
            "TopicArn": arn,
        }
        for number, subscription in page
    ]
    return {"Subscriptions": subscriptions, "NextToken": token}


def get_topic_attributes(call: Call) -> dict[str, Any]:
    """A topic's attributes, all of them text."""
    arn, topic = _topic(call)
    confirmed = sum(1 for subscription in topic.subscriptions if subscription.confirmed)
    return {
        "Attributes": {
            "TopicArn": arn,
            "Owner": call.account.account_id,
            "DisplayName": "",
            "SubscriptionsConfirmed": str(confirmed),
            "SubscriptionsPending": str(len(topic.subscriptions) - confirmed),
            "SubscriptionsDeleted": "0",
        }
    }


EVENTS_OPERATIONS: dict[str, Handler] = {
    "ListRules": list_rules,
    "ListTargetsByRule": list_targets_by_rule,
    "ListEventBuses": list_event_buses,
}
SNS_OPERATIONS: dict[str, Handler] = {
    "ListSubscriptionsByTopic": list_subscriptions_by_topic,
    "GetTopicAttributes": get_topic_attributes,
}
