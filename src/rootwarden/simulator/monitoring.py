"""What notices something in a simulated account: trails, alarms, topics, event rules, and AWS's own services."""

from __future__ import annotations

from typing import Literal

import msgspec


class EventSelector(msgspec.Struct, kw_only=True):
    """A classic event selector."""

    read_write_type: Literal["All", "ReadOnly", "WriteOnly"] = "All"
    management_events: bool = True
    excluded_sources: tuple[str, ...] = ()


class FieldSelector(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One condition of an advanced event selector."""

    field: str
    equals: tuple[str, ...] = ()
    not_equals: tuple[str, ...] = ()
    starts_with: tuple[str, ...] = ()


class AdvancedEventSelector(msgspec.Struct, kw_only=True):
    """An advanced event selector: all its field selectors must hold."""

    name: str
    field_selectors: tuple[FieldSelector, ...]


class Trail(msgspec.Struct, kw_only=True):
    """A CloudTrail trail, owned by the account that lists it."""

    name: str
    home_region: str
    bucket: str
    multi_region: bool = True
    organization: bool = False
    logging: bool = True
    log_group: str = ""
    log_file_validation: bool = True
    selectors: tuple[EventSelector, ...] = (EventSelector(),)
    advanced_selectors: tuple[AdvancedEventSelector, ...] = ()


class LogGroup(msgspec.Struct, kw_only=True):
    """A CloudWatch Logs group."""

    name: str
    retention_days: int = 365


class MetricFilter(msgspec.Struct, kw_only=True):
    """A metric filter on a log group."""

    name: str
    log_group: str
    pattern: str
    metric_name: str
    metric_namespace: str
    metric_value: str = "1"


class Alarm(msgspec.Struct, kw_only=True):
    """A metric alarm; `actions` are ARNs."""

    name: str
    metric_name: str
    metric_namespace: str
    actions: tuple[str, ...] = ()
    actions_enabled: bool = True
    statistic: str = "Sum"
    threshold: float = 1.0
    comparison: str = "GreaterThanOrEqualToThreshold"
    period: int = 300
    evaluation_periods: int = 1
    treat_missing_data: str = "notBreaching"


class Subscription(msgspec.Struct, kw_only=True):
    """A subscription of a topic; an unconfirmed one has no ARN."""

    protocol: str
    endpoint: str
    confirmed: bool = True


class Topic(msgspec.Struct, kw_only=True):
    """An SNS topic."""

    name: str
    subscriptions: list[Subscription] = []


class EventTarget(msgspec.Struct, kw_only=True):
    """A target of an EventBridge rule."""

    target_id: str
    arn: str


class EventRule(msgspec.Struct, kw_only=True):
    """An EventBridge rule on an event bus."""

    name: str
    pattern: str
    state: Literal["ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"] = "ENABLED"
    bus: str = "default"
    targets: list[EventTarget] = []


class Detector(msgspec.Struct, kw_only=True):
    """The GuardDuty detector of a region; `members` says whose it sees to, where the account administers it."""

    enabled: bool = True
    members: Literal["ALL", "NEW", "NONE"] = "NONE"
    limit_reached: bool = False


class Hub(msgspec.Struct, kw_only=True):
    """Security Hub in a region; `members` are ids of accounts, where the account administers it."""

    members: tuple[str, ...] = ()


class Analyzer(msgspec.Struct, kw_only=True):
    """An analyzer of IAM Access Analyzer."""

    name: str
    kind: Literal["ACCOUNT", "ORGANIZATION", "ORGANIZATION_UNUSED_ACCESS"] = "ORGANIZATION"
    active: bool = True


class CostSubscription(msgspec.Struct, kw_only=True):
    """A subscription of Cost Anomaly Detection."""

    name: str
    monitors: int = 1
    addresses: tuple[str, ...] = ()
    declined: tuple[str, ...] = ()
