"""What watches an account: trails, metric filters, alarms, topics, event rules — as AWS describes them, frozen.

A list that could not be read is an unknown fact; an empty list is a known one. Nothing here decides whether the
chain from an event to a person works: that is `detect.alarm_chain`.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from rootwarden.facts.fact import Fact, Unknown, Why

_NOT_TOLD = Unknown("not collected")


class ClassicSelector(msgspec.Struct, frozen=True, kw_only=True):
    """A basic event selector of a trail; `None` where the answer did not say.

    Attributes:
        read_write: `All`, `ReadOnly` or `WriteOnly`.
        management_events: Management events are recorded.
        excluded_sources: Services whose management events are left out.
    """

    read_write: str | None
    management_events: bool | None
    excluded_sources: tuple[str, ...] = ()


class FieldSelector(msgspec.Struct, frozen=True, kw_only=True):
    """One condition of an advanced event selector: the field fits each operator that has values."""

    field: str
    equals: tuple[str, ...] = ()
    starts_with: tuple[str, ...] = ()
    ends_with: tuple[str, ...] = ()
    not_equals: tuple[str, ...] = ()
    not_starts_with: tuple[str, ...] = ()
    not_ends_with: tuple[str, ...] = ()


class AdvancedSelector(msgspec.Struct, frozen=True, kw_only=True):
    """An advanced event selector: an event is recorded when every field fits."""

    name: str
    fields: tuple[FieldSelector, ...]


class Selectors(msgspec.Struct, frozen=True, kw_only=True):
    """What a trail records: an event is recorded when one selector takes it."""

    classic: tuple[ClassicSelector, ...] = ()
    advanced: tuple[AdvancedSelector, ...] = ()


class LogGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The CloudWatch Logs log group a trail delivers to, taken apart from its ARN."""

    name: str
    account: str
    region: str


class LogGroupDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A log group as CloudWatch Logs describes it.

    Attributes:
        retention_days: Absent when events are kept for ever.
        stored_bytes: As CloudWatch Logs counts them.
    """

    created: Fact[datetime] = _NOT_TOLD
    retention_days: Fact[int] = _NOT_TOLD
    stored_bytes: Fact[int] = _NOT_TOLD


class TrailStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a trail records now, and the errors of its last deliveries (empty: none).

    Attributes:
        delivery_error: To CloudWatch Logs.
        bucket_error: To the S3 bucket.
        notification_error: To the SNS topic.
        delivered: Last delivery to CloudWatch Logs.
        bucket_delivered: To the S3 bucket.
        digest_delivered: Of a digest file.
    """

    logging: bool
    delivery_error: str = ""
    bucket_error: str = ""
    notification_error: str = ""
    delivered: Fact[datetime] = _NOT_TOLD
    bucket_delivered: Fact[datetime] = _NOT_TOLD
    digest_delivered: Fact[datetime] = _NOT_TOLD


class Trail(msgspec.Struct, frozen=True, kw_only=True):
    """A trail as `DescribeTrails` shows it in some account.

    Attributes:
        account: The account that owns it, twelve digits; another one for an organization trail seen in a member.
        home_region: Where it was made, and where its status and selectors are asked.
        multi_region: It records every region.
        organization: It records every account of the organization.
        log_group: Absent when it delivers to S3 only.
        log_group_detail: What CloudWatch Logs says of that group.
        bucket: Name of the S3 bucket it delivers to.
        key_prefix: Absent when it delivers to the bucket's top.
        topic: ARN of the SNS topic it announces deliveries to; absent when it announces none.
        key: ARN of the KMS key log files are encrypted with; absent when it is S3's own.
        validated: Digest files let a reader notice changed or deleted log files.
        global_events: Events of global services are recorded.
    """

    name: str
    arn: str
    account: str
    home_region: str
    multi_region: Fact[bool]
    organization: Fact[bool]
    log_group: Fact[LogGroup]
    status: Fact[TrailStatus]
    selectors: Fact[Selectors]
    log_group_detail: Fact[LogGroupDetail] = _NOT_TOLD
    bucket: Fact[str] = _NOT_TOLD
    key_prefix: Fact[str] = _NOT_TOLD
    topic: Fact[str] = _NOT_TOLD
    key: Fact[str] = _NOT_TOLD
    validated: Fact[bool] = _NOT_TOLD
    global_events: Fact[bool] = _NOT_TOLD


class Transformation(msgspec.Struct, frozen=True, kw_only=True):
    """The metric a filter writes.

    Attributes:
        value: A number as text, or a selector such as `$.size`.
        default: Written in a period in which logs came but none matched; `None` when nothing is written.
        dimensions: Name and selector of each dimension.
    """

    namespace: str
    metric: str
    value: str
    default: float | None = None
    dimensions: tuple[tuple[str, str], ...] = ()


class MetricFilter(msgspec.Struct, frozen=True, kw_only=True):
    """A metric filter on a log group.

    Attributes:
        beyond: What it uses that is not evaluated (`fieldSelectionCriteria`), or empty.
    """

    name: str
    log_group: str
    pattern: str
    transformations: tuple[Transformation, ...]
    beyond: str = ""


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """A metric alarm; numbers and names as `DescribeAlarms` gives them.

    Attributes:
        computed: It watches an expression or an anomaly band, not one metric.
        watched: Every (namespace, metric) it reads; one, unless it is computed.
        period: Seconds.
        datapoints_to_alarm: Breaching periods needed; AWS takes `evaluation_periods` when unset.
        treat_missing: `missing` (default), `ignore`, `breaching` or `notBreaching`.
        actions: ARNs of the actions on ALARM.
    """

    name: str
    arn: str
    watched: tuple[tuple[str, str], ...]
    dimensions: tuple[tuple[str, str], ...] = ()
    computed: bool = False
    statistic: str = ""
    comparison: str = ""
    threshold: float | None = None
    period: int | None = None
    evaluation_periods: int | None = None
    datapoints_to_alarm: int | None = None
    treat_missing: str = "missing"
    actions_enabled: bool | None = None
    actions: tuple[str, ...] = ()
    state: str = ""


class CompositeAlarm(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm over alarms; `rule` as written."""

    name: str
    rule: str
    actions_enabled: bool | None = None
    actions: tuple[str, ...] = ()


class Alarms(msgspec.Struct, frozen=True, kw_only=True):
    """Every alarm of a region."""

    metric: tuple[Alarm, ...] = ()
    composite: tuple[CompositeAlarm, ...] = ()


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """Who gets a topic's messages: `protocol` is `email`, `sms`, `https`, …; an unconfirmed one has no ARN."""

    protocol: str
    endpoint: str
    confirmed: bool
    arn: str = ""
    owner: str = ""


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """An SNS topic some alarm or rule sends to."""

    arn: str
    subscriptions: Fact[tuple[Subscription, ...]]


class EventRule(msgspec.Struct, frozen=True, kw_only=True):
    """An EventBridge rule.

    Attributes:
        bus: Name of its event bus; AWS sends its own events to `default` only.
        state: `ENABLED`, `ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS` or `DISABLED`.
        pattern: As written; empty for a schedule.
        targets: ARNs of its targets.
    """

    name: str
    bus: str
    state: str
    pattern: str
    targets: Fact[tuple[str, ...]]


class RegionMonitoring(msgspec.Struct, frozen=True, kw_only=True):
    """What watches one region of one account."""

    region: str
    trails: Fact[tuple[Trail, ...]]
    metric_filters: Fact[tuple[MetricFilter, ...]]
    alarms: Fact[Alarms]
    event_rules: Fact[tuple[EventRule, ...]]
    topics: tuple[Topic, ...] = ()

    def topic(self, arn: str) -> Topic:
        """The topic with that ARN; one nobody asked about has unknown subscriptions."""
        for topic in self.topics:
            if topic.arn == arn:
                return topic
        return Topic(arn=arn, subscriptions=_not_collected("sns:ListSubscriptionsByTopic"))


class Monitoring(msgspec.Struct, frozen=True, kw_only=True):
    """What watches one account.

    Attributes:
        account: Twelve digits.
        partition: `aws`, `aws-us-gov`, …
        home_region: Where the partition records sign-ins and IAM calls.
        regions: Those of which anything is known; the home region is always among them.
    """

    account: str
    partition: str
    home_region: str
    regions: tuple[RegionMonitoring, ...]

    def region(self, name: str) -> RegionMonitoring:
        """What watches that region; everything unknown when it was not collected."""
        for region in self.regions:
            if region.region == name:
                return region
        return RegionMonitoring(
            region=name,
            trails=_not_collected("cloudtrail:DescribeTrails"),
            metric_filters=_not_collected("logs:DescribeMetricFilters"),
            alarms=_not_collected("cloudwatch:DescribeAlarms"),
            event_rules=_not_collected("events:ListRules"),
        )


def _not_collected(permission: str) -> Unknown:
    return Unknown(f"{permission} was not collected", Why.NOT_COLLECTED, permission)
