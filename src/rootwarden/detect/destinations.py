"""Where an alarm or a rule sends to, and whether somebody is there.

People: confirmed e-mail and SMS subscribers. Machines: every other confirmed subscriber and every target that is not a
topic; they count, because pagers and chats are reached through them, and the note says that nobody can see from
here who reads them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.detect.way import Need, NeedKind, undecided
from rootwarden.facts.fact import Known, Unknown, Why

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.detect.way import Scene, Way
    from rootwarden.facts.monitoring import Monitoring, Subscription, Topic

_PEOPLE = {"email": "e-mail", "email-json": "e-mail", "sms": "SMS"}
_MACHINES = {"https": "HTTPS", "http": "HTTP", "lambda": "Lambda", "sqs": "SQS", "firehose": "Firehose"}
_TELLS_NOBODY = frozenset({"autoscaling", "automate", "swf", "ec2"})
_ARN_PARTS = 6


def reach(scene: Scene, place: Monitoring, region: str, way: Way, arn: str) -> Iterator[Way]:
    """Follow a way to one action or target.

    Args:
        scene: The search.
        place: The account whose alarm or rule sends.
        region: Where the alarm or rule is.
        way: The way so far.
        arn: ARN of the action or target.
    """
    parts = arn.split(":", _ARN_PARTS - 1)
    if len(parts) != _ARN_PARTS:
        yield way.link(f"action {arn}").doubtful(undecided(f"`{arn}` is no ARN"))
        return
    service, name = parts[2], parts[5]
    if service == "sns":
        yield _topic(scene, place, region, way.link(f"topic {name}"), arn)
    elif service in _TELLS_NOBODY:
        yield way.link(f"action {service}").broken("acts on resources and tells nobody")
    elif service == "events" and name.startswith("event-bus/"):
        forwarded = way.link(f"event bus {name.removeprefix('event-bus/')} of account {parts[4]}")
        yield forwarded.doubtful(undecided("what the rules of that event bus do was not followed"))
    else:
        yield way.link(f"{service} {name}").noted(f"ends at a machine ({service} {name}): who reads it cannot be seen")


def _topic(scene: Scene, place: Monitoring, region: str, way: Way, arn: str) -> Way:
    account, topic_region, name = arn.split(":")[4], arn.split(":")[3], arn.split(":")[5]
    subscriptions = _find(scene, place, region, arn).subscriptions
    way = way.seen(subscriptions)
    if isinstance(subscriptions, Unknown):
        if account == place.account == scene.account.account:
            return way.doubtful(subscriptions, Need(NeedKind.SUBSCRIPTIONS, topic_region, name, arn))
        where = f"the subscriptions of topic {name} in account {account} are not known"
        return way.doubtful(undecided(where, "sns:ListSubscriptionsByTopic"))
    everybody = subscriptions.value if isinstance(subscriptions, Known) else ()
    confirmed = [one for one in everybody if one.confirmed]
    if not everybody:
        return way.broken("the topic has no subscription")
    if not confirmed:
        return way.broken(f"no subscription is confirmed ({len(everybody)} pending)")
    return _subscribers(way, confirmed)


def _find(scene: Scene, place: Monitoring, region: str, arn: str) -> Topic:
    """The topic as the sending account knows it, else as its own account does, else as nobody does."""
    _, _, _, topic_region, account, _ = arn.split(":", _ARN_PARTS - 1)
    owner = scene.place(account)
    topics = [place.region(region).topic(arn), place.region(topic_region).topic(arn)]
    topics += [owner.region(topic_region).topic(arn)] if owner is not None else []
    answered = [topic for topic in topics if not isinstance(topic.subscriptions, Unknown)]
    asked = [
        topic
        for topic in topics
        if isinstance(topic.subscriptions, Unknown) and topic.subscriptions.why is not Why.NOT_COLLECTED
    ]
    return (answered or asked or topics)[0]


def _subscribers(way: Way, confirmed: list[Subscription]) -> Way:
    people = [one for one in confirmed if one.protocol in _PEOPLE]
    if people:
        return way.link(f"confirmed {_PEOPLE[people[0].protocol]} subscriber").to_person()
    protocol = confirmed[0].protocol
    words = _MACHINES.get(protocol, protocol)
    return way.link(f"confirmed {words} subscriber").noted(
        f"ends at a machine (a confirmed {words} subscriber): who reads it cannot be seen"
    )
