"""`CloudTrail`, `CloudWatchLogGroup`, `MetricAlarm` and `SNSTopic`: the chain from an event to a person, link by link.

A trail of the organization is told by its owner where the owner was read, and a log group by the account it is in:
status, filters and alarms can be asked only there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from rootwarden.audit.entities.management_events import management_events
from rootwarden.audit.entities.organization import account_name
from rootwarden.audit.entities.record import LazyRecord, Resource, date, sourced, text
from rootwarden.audit.entities.view import View
from rootwarden.facts.fact import Absent, Fact, Known, Unknown, Why, transform, unlisted
from rootwarden.facts.monitoring import (
    Alarm,
    LogGroup,
    LogGroupDetail,
    Monitoring,
    Topic,
    Trail,
    Transformation,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rootwarden.audit.entities.record import Listing, Record, Table
    from rootwarden.facts.fact import Source
    from rootwarden.facts.monitoring import (
        Alarms,
        MetricFilter,
        RegionMonitoring,
        Subscription,
        TrailStatus,
    )


class Seen(msgspec.Struct, frozen=True, eq=False):
    """Something of a region, seen in one place for the account a view is of.

    Attributes:
        place: What watches the account it is in.
        region: The region it is in.
    """

    view: View
    place: Monitoring
    region: str


class SeenTrail(Seen, frozen=True, eq=False):
    """A trail."""

    trail: Trail


class SeenGroup(Seen, frozen=True, eq=False):
    """A log group and what CloudWatch Logs says of it."""

    group: LogGroup
    detail: Fact[LogGroupDetail]


class SeenMetric(Seen, frozen=True, eq=False):
    """The metric a filter writes."""

    metric: Transformation


class SeenAlarm(Seen, frozen=True, eq=False):
    """A metric alarm."""

    alarm: Alarm


class SeenTopic(Seen, frozen=True, eq=False):
    """A topic by its ARN, and who is subscribed."""

    topic: Topic


def trails(view: View) -> Listing:
    """Every trail that records the account, as far as the regions asked show them."""

    def listed(place: Monitoring) -> Listing:
        home = place.region(place.home_region).trails
        found = {each.arn: each for region in place.regions for each in _listed(region.trails)}
        if not isinstance(home, Known):
            return home if isinstance(home, Unknown) else Known(())
        made: list[Resource | Unknown] = [_trail(view, place, each, home.sources) for _, each in sorted(found.items())]
        # A region that refused may have trails of its own.
        refused = (region.trails for region in place.regions if isinstance(region.trails, Unknown))
        made += [unlisted(each) for each in refused if _was_asked(each)]
        return Known(tuple(made), home.sources)

    return _of(view, listed)


def log_groups(view: View) -> Listing:
    """Every log group that a trail of the account delivers to."""
    found = view.listing("CloudTrail")
    if not isinstance(found, Known):
        return found
    groups: dict[str, Resource | Unknown] = {}
    for each in found.value:
        group = each if isinstance(each, Unknown) else _delivers_to(each)
        if isinstance(group, Unknown):
            groups.setdefault(group.reason, unlisted(group))
        elif group is not None:
            groups[group.name] = group
    return Known(tuple(groups[name] for name in sorted(groups)), found.sources)


def alarms(view: View) -> Listing:
    """Every metric alarm of the regions that were asked."""

    def listed(place: Monitoring) -> Listing:
        home = place.region(place.home_region).alarms
        if not isinstance(home, Known):
            return home if isinstance(home, Unknown) else Known(())
        made: list[Resource | Unknown] = []
        for region in place.regions:
            if isinstance(region.alarms, Known):
                made += [_alarm(view, place, region, each) for each in region.alarms.value.metric]
            elif isinstance(region.alarms, Unknown) and _was_asked(region.alarms):
                made.append(unlisted(region.alarms))
        return Known(tuple(made), home.sources)

    return _of(view, listed)


def topics(view: View) -> Listing:
    """Every topic that an alarm, a rule or a trail of the account sends to."""

    def listed(place: Monitoring) -> Listing:
        home = place.region(place.home_region)
        if isinstance(home.alarms, Unknown) and isinstance(home.trails, Unknown):
            return home.alarms
        naming = [(region, fact) for region in place.regions for fact in _naming_topics(region)]
        found = {topic.arn: topic for region in place.regions for topic in region.topics}
        for region in place.regions:
            for trail in _listed(region.trails):
                if isinstance(trail.topic, Known):
                    found.setdefault(trail.topic.value, region.topic(trail.topic.value))
        made: list[Resource | Unknown] = [_topic(view, place, found[arn]) for arn in sorted(found)]
        # Where something that names topics could not be read, there may be more.
        made += [
            unlisted(each)
            for region, each in naming
            if isinstance(each, Unknown) and (_was_asked(each) or each in (home.alarms, home.trails))
        ]
        return Known(tuple(made), (*home.alarms.sources, *home.trails.sources))

    return _of(view, listed)


def _naming_topics(region: RegionMonitoring) -> Iterator[Fact[Any]]:
    """What tells of a region which topics something there sends to."""
    yield from (region.alarms, region.trails, region.event_rules)
    if isinstance(region.event_rules, Known):
        yield from (rule.targets for rule in region.event_rules.value)


def _was_asked(fact: Unknown) -> bool:
    return fact.why is not Why.NOT_COLLECTED


def _of(view: View, listed: Callable[[Monitoring], Listing]) -> Listing:
    place = view.account.inventory.monitoring
    if isinstance(place, Known):
        return listed(place.value)
    return place if isinstance(place, Unknown) else Known(())


def _listed(trails_: Fact[tuple[Trail, ...]]) -> tuple[Trail, ...]:
    return trails_.value if isinstance(trails_, Known) else ()


def _place_of(view: View, account: str, near: Monitoring) -> Monitoring | None:
    """What watches an account, if it was read in this run."""
    places = (near, *view.account.inventory.elsewhere)
    return next((each for each in places if each.account == account), None)


def _trail(view: View, place: Monitoring, trail: Trail, sources: tuple[Source, ...]) -> Resource:
    """A trail, as its owner describes it where the owner was read."""
    owner = _place_of(view, trail.account, place) if trail.account != place.account else None
    told = [each for region in owner.regions for each in _listed(region.trails)] if owner is not None else []
    own = next((each for each in told if each.arn == trail.arn), None)
    seen_in, best = (owner, own) if owner is not None and own is not None else (place, trail)
    seen = SeenTrail(view, seen_in, best.home_region, best)
    return Resource(trail.arn, seen, TRAIL, sources=sources)


def _delivers_to(trail: Resource) -> Resource | Unknown | None:
    """The log group of a trail, as the trail's own reference has it."""
    found = trail["LogGroup"]
    if isinstance(found, Known) and isinstance(found.value, Resource):
        return found.value
    return found if isinstance(found, Unknown) else None


def _status(seen: SeenTrail, read: Callable[[TrailStatus], Fact[object]]) -> Fact[object]:
    """Something of a trail's status; that of another account's trail is asked there."""
    status = seen.trail.status
    if isinstance(status, Known):
        return sourced(read(status.value), status.sources)
    if isinstance(status, Unknown) and seen.trail.account != seen.place.account:
        reason = f"the trail belongs to account {seen.trail.account}, whose answers are missing"
        return msgspec.structs.replace(status, reason=reason)
    return status


def _log_group(seen: SeenTrail) -> Fact[object]:
    """The log group a trail delivers to, told by the account it is in."""
    found = seen.trail.log_group
    if not isinstance(found, Known):
        return found
    group = found.value
    place = _place_of(seen.view, group.account, seen.place)
    if place is None:
        return Unknown(f"the log group is in account {group.account}, which was not read", Why.NOT_COLLECTED)
    arn = _group_arn(group, place.partition)
    subject = SeenGroup(seen.view, place, group.region, group, _detail_of(group, place, seen.trail))
    sources = seen.place.region(seen.place.home_region).trails.sources
    return Known(Resource(arn, subject, LOG_GROUP, sources=sources), sources)


def _described(seen: SeenGroup, read: Callable[[LogGroupDetail], Fact[object]]) -> Fact[object]:
    """Something CloudWatch Logs says of the group."""
    detail = seen.detail
    if isinstance(detail, Absent):  # a group that is not there keeps nothing, least of all for ever
        return Unknown("CloudWatch Logs does not know the log group", Why.CONFLICTING, "", detail.sources)
    return sourced(read(detail.value), detail.sources) if isinstance(detail, Known) else detail


def _group_arn(group: LogGroup, partition: str) -> str:
    return f"arn:{partition}:logs:{group.region}:{group.account}:log-group:{group.name}"


def _detail_of(group: LogGroup, place: Monitoring, trail: Trail) -> Fact[LogGroupDetail]:
    """What any trail there tells of the group."""
    for region in place.regions:
        for each in _listed(region.trails):
            if each.log_group == Known(group) and isinstance(each.log_group_detail, Known):
                return each.log_group_detail
    return trail.log_group_detail


def _topic_reference(view: View, place: Monitoring, arn: str) -> Fact[object]:
    """A topic that something sends to, subscriptions as far as anybody asked for them."""
    places = (place, *view.account.inventory.elsewhere)
    told = [topic for each in places for region in each.regions for topic in region.topics if topic.arn == arn]
    best = next((each for each in told if isinstance(each.subscriptions, Known)), None) or next(iter(told), None)
    return Known(_topic(view, place, best or place.region(_region_of(arn, place)).topic(arn)))


def _topic(view: View, place: Monitoring, topic: Topic) -> Resource:
    sources = topic.subscriptions.sources
    return Resource(topic.arn, SeenTopic(view, place, _region_of(topic.arn, place), topic), TOPIC, sources=sources)


def _region_of(arn: str, place: Monitoring) -> str:
    parts = arn.split(":")
    return parts[3] if len(parts) > 5 else place.home_region  # noqa: PLR2004 - parts of an ARN


def _owner(topic: Topic) -> Fact[str]:
    """The account in a topic's ARN."""
    parts = topic.arn.split(":", 5)
    return Known(parts[4]) if len(parts) > 5 else Unknown("what is told is no ARN", Why.MALFORMED)  # noqa: PLR2004 - parts of an ARN


def _owner_name(view: View, owner: Fact[str]) -> Fact[object]:
    return account_name(view, owner.value) if isinstance(owner, Known) else owner


def _alarm(view: View, place: Monitoring, region: RegionMonitoring, alarm: Alarm) -> Resource:
    arn = alarm.arn or f"arn:{place.partition}:cloudwatch:{region.region}:{place.account}:alarm:{alarm.name}"
    return Resource(arn, SeenAlarm(view, place, region.region, alarm), ALARM, sources=region.alarms.sources)


def _filters(seen: SeenGroup) -> Fact[object]:
    found = seen.place.region(seen.region).metric_filters

    def of_group(all_: tuple[MetricFilter, ...]) -> tuple[Record, ...]:
        return tuple(_filter(seen, each) for each in all_ if each.log_group == seen.group.name)

    return transform(found, of_group)


def _filter(seen: SeenGroup, metric_filter: MetricFilter) -> Record:
    metrics = (
        LazyRecord(SeenMetric(seen.view, seen.place, seen.region, each), METRIC)
        for each in metric_filter.transformations
    )
    pattern: Fact[object] = Known(metric_filter.pattern)
    if metric_filter.beyond:
        pattern = Unknown(f"the filter uses `{metric_filter.beyond}`, which is not evaluated", Why.NOT_SUPPORTED)
    return {"Name": Known(metric_filter.name), "FilterPattern": pattern, "Transformations": Known(tuple(metrics))}


def _metric_alarms(seen: SeenMetric) -> Fact[object]:
    """The alarms that read the metric; one over an expression or anomaly band among them is no answer."""
    region = seen.place.region(seen.region)
    wanted = seen.metric.namespace, seen.metric.metric

    def reading(known: Alarms) -> tuple[Resource | Unknown, ...]:
        there = (each for each in known.metric if wanted in each.watched)
        found = ((each, _same_dimensions(seen.metric, each)) for each in there)
        return tuple(
            _alarm(seen.view, seen.place, region, each) if same is True else same for each, same in found if same
        )

    return transform(region.alarms, reading)


def _same_dimensions(metric: Transformation, alarm: Alarm) -> bool | Unknown:
    """Whether an alarm watches the metric with the dimensions the filter writes: with others it is another metric.

    Of a metric with dimensions an alarm watches one value each, and which events have it is not followed here.
    """
    if alarm.computed:
        return True
    names = [name for name, _ in alarm.dimensions]
    if names != [name for name, _ in metric.dimensions]:
        return False
    reason = f"the alarm `{alarm.name}` watches one value of a dimension: which events have it is not evaluated"
    return unlisted(Unknown(reason, Why.NOT_SUPPORTED)) if names else True


def _actions(seen: SeenAlarm) -> Fact[object]:
    return Known(tuple(_action(seen, arn) for arn in seen.alarm.actions))


def _action(seen: SeenAlarm, arn: str) -> Record:
    topic = arn.split(":")[2:3] == ["sns"]
    return {
        "Arn": Known(arn),
        "SNSTopic": _topic_reference(seen.view, seen.place, arn) if topic else Absent(),
    }


def _subscriptions(seen: SeenTopic) -> Fact[object]:
    return transform(seen.topic.subscriptions, lambda all_: tuple(_subscription(each) for each in all_))


def _subscription(subscription: Subscription) -> Record:
    return {
        "Arn": Known(subscription.arn or "PendingConfirmation"),
        "Owner": text(subscription.owner),
        "Protocol": Known(subscription.protocol),
        "Endpoint": Known(subscription.endpoint),
        "Confirmed": Known(subscription.confirmed),
    }


def _bucket(seen: SeenTrail) -> Fact[object]:
    """The bucket a trail delivers to; of it only the name is read."""
    return transform(seen.trail.bucket, lambda name: {"id": Known(name), "Name": Known(name)})


def _key(seen: SeenTrail) -> Fact[object]:
    """The key log files are encrypted with; of it only what its ARN says is read."""
    return transform(seen.trail.key, lambda arn: {"id": Known(arn.rpartition("/")[2]), "Arn": Known(arn)})


def _known_or_unsaid(value: object, name: str) -> Fact[object]:
    return Unknown(f"DescribeAlarms gave no `{name}`", Why.NOT_SUPPORTED) if value in (None, "") else Known(value)


def _single_metric(alarm: Alarm, place: int) -> Fact[object]:
    """Namespace or name of the one metric an alarm watches; absent where it computes something."""
    return Absent() if alarm.computed or len(alarm.watched) != 1 else Known(alarm.watched[0][place])


def _optional(value: object) -> Fact[object]:
    return Absent() if value is None else Known(value)


def _default(metric: Transformation) -> Fact[object]:
    """Written in a period without a match, as the text a whole number has without a fraction."""
    value = metric.default
    return Absent() if value is None else Known(str(int(value)) if value.is_integer() else str(value))


TRAIL: Table[SeenTrail] = {
    "id": lambda each: Known(each.trail.arn),
    "Name": lambda each: Known(each.trail.name),
    "RegionId": lambda each: Known(each.trail.home_region),
    "AccountName": lambda each: account_name(each.view, each.trail.account),
    "AccountId": lambda each: Known(each.trail.account),
    "HomeRegion": lambda each: Known(each.trail.home_region),
    "MultiRegionTrailEnabled": lambda each: each.trail.multi_region,
    "IsOrganizationTrail": lambda each: each.trail.organization,
    "ManagementEvents": lambda each: management_events(each.trail.selectors),
    "LogFileValidationEnabled": lambda each: each.trail.validated,
    "LoggingEnabled": lambda each: _status(each, lambda status: Known(status.logging)),
    "LatestDeliveryTime": lambda each: _status(each, lambda status: date(status.bucket_delivered)),
    "LatestDeliveryError": lambda each: _status(each, lambda status: text(status.bucket_error)),
    "LatestDigestDeliveryTime": lambda each: _status(each, lambda status: date(status.digest_delivered)),
    "LatestNotificationError": lambda each: _status(each, lambda status: text(status.notification_error)),
    "LatestCloudWatchLogsDeliveryTime": lambda each: _status(each, lambda status: date(status.delivered)),
    "LatestCloudWatchLogsDeliveryError": lambda each: _status(each, lambda status: text(status.delivery_error)),
    "S3Bucket": _bucket,
    "S3KeyPrefix": lambda each: each.trail.key_prefix,
    "SNSTopic": lambda each: (
        _topic_reference(each.view, each.place, each.trail.topic.value)
        if isinstance(each.trail.topic, Known)
        else each.trail.topic
    ),
    "LogGroup": _log_group,
    "KMSKey": _key,
    "GlobalServiceEvents": lambda each: each.trail.global_events,
}
LOG_GROUP: Table[SeenGroup] = {
    "id": lambda each: Known(_group_arn(each.group, each.place.partition)),
    "Name": lambda each: Known(each.group.name),
    "RegionId": lambda each: Known(each.region),
    "AccountName": lambda each: account_name(each.view, each.group.account),
    "AccountId": lambda each: Known(each.group.account),
    "CreationDate": lambda each: _described(each, lambda detail: date(detail.created)),
    "Retention": lambda each: _described(each, lambda detail: detail.retention_days),
    "StoredBytes": lambda each: _described(each, lambda detail: detail.stored_bytes),
    "MetricFilters": _filters,
}
METRIC: Table[SeenMetric] = {
    "MetricName": lambda each: Known(each.metric.metric),
    "MetricNamespace": lambda each: Known(each.metric.namespace),
    "MetricValue": lambda each: Known(each.metric.value),
    "DefaultValue": lambda each: _default(each.metric),
    "MetricAlarms": _metric_alarms,
}
ALARM: Table[SeenAlarm] = {
    "id": lambda each: _known_or_unsaid(each.alarm.arn, "AlarmArn"),
    "Name": lambda each: Known(each.alarm.name),
    "RegionId": lambda each: Known(each.region),
    "AccountName": lambda each: account_name(each.view, each.place.account),
    "AccountId": lambda each: Known(each.place.account),
    "Status": lambda each: _known_or_unsaid(each.alarm.state, "StateValue"),
    "ActionsEnabled": lambda each: _known_or_unsaid(each.alarm.actions_enabled, "ActionsEnabled"),
    "Namespace": lambda each: _single_metric(each.alarm, 0),
    "MetricName": lambda each: _single_metric(each.alarm, 1),
    "Statistic": lambda each: text(each.alarm.statistic),
    "ComparisonOperator": lambda each: _known_or_unsaid(each.alarm.comparison, "ComparisonOperator"),
    "Threshold": lambda each: _optional(each.alarm.threshold),
    "Period": lambda each: _optional(each.alarm.period),
    "EvaluationPeriods": lambda each: _known_or_unsaid(each.alarm.evaluation_periods, "EvaluationPeriods"),
    "TreatMissingData": lambda each: Known(each.alarm.treat_missing),
    "AlarmActions": _actions,
}
TOPIC: Table[SeenTopic] = {
    "id": lambda each: Known(each.topic.arn),
    "Name": lambda each: Known(each.topic.arn.rpartition(":")[2]),
    "RegionId": lambda each: Known(each.region),
    "AccountName": lambda each: _owner_name(each.view, _owner(each.topic)),
    "AccountId": lambda each: _owner(each.topic),
    "Owner": lambda each: _owner(each.topic),
    "Subscriptions": _subscriptions,
}
