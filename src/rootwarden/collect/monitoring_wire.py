"""The AWS CLI answers about monitoring, as far as they are read: one structure an answer, unknown keys ignored."""

from __future__ import annotations

import msgspec
from msgspec import field


class TrailWire(msgspec.Struct, frozen=True):
    """One trail of `describe-trails`."""

    name: str = field(name="Name")
    arn: str = field(name="TrailARN")
    home_region: str | None = field(name="HomeRegion", default=None)
    multi_region: bool | None = field(name="IsMultiRegionTrail", default=None)
    organization: bool | None = field(name="IsOrganizationTrail", default=None)
    log_group: str | None = field(name="CloudWatchLogsLogGroupArn", default=None)
    custom_selectors: bool | None = field(name="HasCustomEventSelectors", default=None)
    bucket: str | None = field(name="S3BucketName", default=None)
    key_prefix: str | None = field(name="S3KeyPrefix", default=None)
    topic: str | None = field(name="SnsTopicARN", default=None)
    key: str | None = field(name="KmsKeyId", default=None)
    validated: bool | None = field(name="LogFileValidationEnabled", default=None)
    global_events: bool | None = field(name="IncludeGlobalServiceEvents", default=None)


class TrailsWire(msgspec.Struct, frozen=True):
    """`describe-trails`."""

    trails: list[TrailWire] = field(name="trailList")


class StatusWire(msgspec.Struct, frozen=True):
    """`get-trail-status`."""

    logging: bool = field(name="IsLogging")
    delivery_error: str | None = field(name="LatestCloudWatchLogsDeliveryError", default=None)
    bucket_error: str | None = field(name="LatestDeliveryError", default=None)
    notification_error: str | None = field(name="LatestNotificationError", default=None)
    delivered: str | float | None = field(name="LatestCloudWatchLogsDeliveryTime", default=None)
    bucket_delivered: str | float | None = field(name="LatestDeliveryTime", default=None)
    digest_delivered: str | float | None = field(name="LatestDigestDeliveryTime", default=None)


class LogGroupWire(msgspec.Struct, frozen=True):
    """One log group of `describe-log-groups`; AWS prints no retention for one that keeps everything."""

    name: str = field(name="logGroupName")
    created: int | None = field(name="creationTime", default=None)
    retention_days: int | None = field(name="retentionInDays", default=None)
    stored_bytes: int | None = field(name="storedBytes", default=None)


class LogGroupsWire(msgspec.Struct, frozen=True):
    """`describe-log-groups`."""

    groups: list[LogGroupWire] = field(name="logGroups")


class ClassicWire(msgspec.Struct, frozen=True):
    """One basic selector of `get-event-selectors`."""

    read_write: str | None = field(name="ReadWriteType", default=None)
    management: bool | None = field(name="IncludeManagementEvents", default=None)
    excluded: list[str] | None = field(name="ExcludeManagementEventSources", default=None)


class FieldWire(msgspec.Struct, frozen=True):
    """One condition of an advanced selector."""

    name: str = field(name="Field")
    equals: list[str] = field(name="Equals", default_factory=list)
    starts_with: list[str] = field(name="StartsWith", default_factory=list)
    ends_with: list[str] = field(name="EndsWith", default_factory=list)
    not_equals: list[str] = field(name="NotEquals", default_factory=list)
    not_starts_with: list[str] = field(name="NotStartsWith", default_factory=list)
    not_ends_with: list[str] = field(name="NotEndsWith", default_factory=list)


class AdvancedWire(msgspec.Struct, frozen=True):
    """One advanced selector."""

    fields: list[FieldWire] = field(name="FieldSelectors")
    name: str | None = field(name="Name", default=None)


class SelectorsWire(msgspec.Struct, frozen=True):
    """`get-event-selectors`: AWS gives one of the two lists."""

    classic: list[ClassicWire] | None = field(name="EventSelectors", default=None)
    advanced: list[AdvancedWire] | None = field(name="AdvancedEventSelectors", default=None)


class TransformationWire(msgspec.Struct, frozen=True):
    """The metric of a filter."""

    namespace: str = field(name="metricNamespace")
    metric: str = field(name="metricName")
    value: str = field(name="metricValue")
    default: float | None = field(name="defaultValue", default=None)
    dimensions: dict[str, str] | None = field(name="dimensions", default=None)


class FilterWire(msgspec.Struct, frozen=True):
    """One filter of `describe-metric-filters`."""

    name: str = field(name="filterName")
    log_group: str = field(name="logGroupName")
    pattern: str = field(name="filterPattern")
    transformations: list[TransformationWire] = field(name="metricTransformations")
    criteria: str | None = field(name="fieldSelectionCriteria", default=None)
    system_dimensions: list[str] | None = field(name="emitSystemFieldDimensions", default=None)
    transformed: bool | None = field(name="applyOnTransformedLogs", default=None)


class FiltersWire(msgspec.Struct, frozen=True):
    """`describe-metric-filters`."""

    filters: list[FilterWire] = field(name="metricFilters")


class DimensionWire(msgspec.Struct, frozen=True):
    """A dimension of a metric."""

    name: str = field(name="Name")
    value: str = field(name="Value")


class MetricWire(msgspec.Struct, frozen=True):
    """A metric inside `Metrics`."""

    namespace: str = field(name="Namespace")
    metric: str = field(name="MetricName")
    dimensions: list[DimensionWire] | None = field(name="Dimensions", default=None)


class StatWire(msgspec.Struct, frozen=True):
    """A metric with its statistic inside `Metrics`."""

    metric: MetricWire = field(name="Metric")
    period: int = field(name="Period")
    statistic: str = field(name="Stat")


class QueryWire(msgspec.Struct, frozen=True):
    """One element of `Metrics`: a metric or an expression."""

    stat: StatWire | None = field(name="MetricStat", default=None)
    expression: str | None = field(name="Expression", default=None)


class AlarmWire(msgspec.Struct, frozen=True):
    """One metric alarm of `describe-alarms`."""

    name: str = field(name="AlarmName")
    arn: str = field(name="AlarmArn", default="")
    namespace: str | None = field(name="Namespace", default=None)
    metric: str | None = field(name="MetricName", default=None)
    dimensions: list[DimensionWire] | None = field(name="Dimensions", default=None)
    queries: list[QueryWire] | None = field(name="Metrics", default=None)
    statistic: str | None = field(name="Statistic", default=None)
    extended_statistic: str | None = field(name="ExtendedStatistic", default=None)
    comparison: str | None = field(name="ComparisonOperator", default=None)
    threshold: float | None = field(name="Threshold", default=None)
    threshold_metric: str | None = field(name="ThresholdMetricId", default=None)
    period: int | None = field(name="Period", default=None)
    evaluation_periods: int | None = field(name="EvaluationPeriods", default=None)
    datapoints_to_alarm: int | None = field(name="DatapointsToAlarm", default=None)
    treat_missing: str | None = field(name="TreatMissingData", default=None)
    actions_enabled: bool | None = field(name="ActionsEnabled", default=None)
    actions: list[str] | None = field(name="AlarmActions", default=None)
    state: str | None = field(name="StateValue", default=None)


class CompositeWire(msgspec.Struct, frozen=True):
    """One composite alarm of `describe-alarms`."""

    name: str = field(name="AlarmName")
    rule: str = field(name="AlarmRule")
    actions_enabled: bool | None = field(name="ActionsEnabled", default=None)
    actions: list[str] | None = field(name="AlarmActions", default=None)


class AlarmsWire(msgspec.Struct, frozen=True):
    """`describe-alarms`."""

    metric: list[AlarmWire] = field(name="MetricAlarms")
    composite: list[CompositeWire] | None = field(name="CompositeAlarms", default=None)


class SubscriptionWire(msgspec.Struct, frozen=True):
    """One subscription of `list-subscriptions-by-topic`."""

    arn: str = field(name="SubscriptionArn")
    protocol: str = field(name="Protocol")
    endpoint: str = field(name="Endpoint", default="")
    topic: str = field(name="TopicArn", default="")
    owner: str = field(name="Owner", default="")


class SubscriptionsWire(msgspec.Struct, frozen=True):
    """`list-subscriptions-by-topic`."""

    subscriptions: list[SubscriptionWire] = field(name="Subscriptions")


class RuleWire(msgspec.Struct, frozen=True):
    """One rule of `list-rules`."""

    name: str = field(name="Name")
    state: str = field(name="State")
    pattern: str | None = field(name="EventPattern", default=None)
    bus: str | None = field(name="EventBusName", default=None)


class RulesWire(msgspec.Struct, frozen=True):
    """`list-rules`."""

    rules: list[RuleWire] = field(name="Rules")


class TargetWire(msgspec.Struct, frozen=True):
    """One target of `list-targets-by-rule`."""

    arn: str = field(name="Arn")


class TargetsWire(msgspec.Struct, frozen=True):
    """`list-targets-by-rule`."""

    targets: list[TargetWire] = field(name="Targets")
