"""Raw answers about monitoring → `facts.monitoring`. A document of the wrong shape makes its fact unknown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

import msgspec

from rootwarden.collect.answers import file_name
from rootwarden.collect.monitoring_wire import (
    AlarmsWire,
    FiltersWire,
    LogGroupsWire,
    RulesWire,
    SelectorsWire,
    StatusWire,
    SubscriptionsWire,
    TargetsWire,
    TrailsWire,
)
from rootwarden.collect.read import instant, instant_or_none
from rootwarden.errors import InputError
from rootwarden.facts.fact import Absent, Known, Unknown, Why
from rootwarden.facts.monitoring import (
    AdvancedSelector,
    Alarm,
    Alarms,
    ClassicSelector,
    CompositeAlarm,
    EventRule,
    FieldSelector,
    LogGroup,
    LogGroupDetail,
    MetricFilter,
    Monitoring,
    RegionMonitoring,
    Selectors,
    Subscription,
    Topic,
    Trail,
    TrailStatus,
    Transformation,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from rootwarden.collect.answers import Answers
    from rootwarden.collect.monitoring_wire import (
        AlarmWire,
        FilterWire,
        TrailWire,
    )
    from rootwarden.facts.fact import Fact

Wire = TypeVar("Wire")
T = TypeVar("T")
_ARN_PARTS = 6
# Regions become names of folders: what is none must not lead out of the evidence.
_REGION = re.compile(r"[a-z0-9-]*")


def monitoring_facts(answers: Answers, home_region: str) -> Monitoring:
    """Everything the answers tell about what watches the account.

    Args:
        answers: The account's raw answers.
        home_region: Where the partition records sign-ins and IAM calls (`us-east-1`).
    """
    names = dict.fromkeys((home_region, *answers.regions()))
    trails = {name: _trails(answers, name) for name in names}
    for found in list(trails.values()):
        for trail in found.value if isinstance(found, Known) else ():
            names[trail.home_region] = None
            if isinstance(trail.log_group, Known):
                names[trail.log_group.value.region] = None
    return Monitoring(
        account=answers.account,
        partition=answers.partition,
        home_region=home_region,
        regions=tuple(_region(answers, name, trails.get(name) or _trails(answers, name)) for name in names),
    )


def _region(answers: Answers, region: str, trails: Fact[tuple[Trail, ...]]) -> RegionMonitoring:
    folder = f"regions/{region}"
    alarms = _read(answers, f"{folder}/metric-alarms.json", AlarmsWire, _alarms, "cloudwatch:DescribeAlarms")
    rules = _event_rules(answers, folder)
    return RegionMonitoring(
        region=region,
        trails=trails,
        metric_filters=_read(
            answers, f"{folder}/metric-filters.json", FiltersWire, _filters, "logs:DescribeMetricFilters"
        ),
        alarms=alarms,
        event_rules=rules,
        topics=tuple(_topic(answers, arn, region) for arn in _topic_arns(alarms, rules)),
    )


def _trails(answers: Answers, region: str) -> Fact[tuple[Trail, ...]]:
    def change(wire: TrailsWire) -> tuple[Trail, ...]:
        return tuple(_trail(answers, region, one) for one in wire.trails)

    file = f"regions/{region}/describe-trails.json"
    return _read(answers, file, TrailsWire, change, "cloudtrail:DescribeTrails")


def _trail(answers: Answers, seen_in: str, wire: TrailWire) -> Trail:
    _, _, _, region, account, _ = _arn(wire.arn)
    home = wire.home_region or region
    if not _REGION.fullmatch(home):
        raise InputError(f"the home region of the trail `{wire.name}` is no region")
    folders = tuple(dict.fromkeys((f"regions/{home}", f"regions/{seen_in}")))
    name = file_name(wire.name)
    return Trail(
        name=wire.name,
        arn=wire.arn,
        account=account,
        home_region=home,
        multi_region=_flag(wire.multi_region, "IsMultiRegionTrail"),
        organization=_flag(wire.organization, "IsOrganizationTrail"),
        log_group=Known(_log_group(wire.log_group)) if wire.log_group else Absent(),
        status=_read_first(
            answers,
            [f"{folder}/trail-status/{name}.json" for folder in folders],
            StatusWire,
            _status,
            "cloudtrail:GetTrailStatus",
        ),
        selectors=_read_first(
            answers,
            [f"{folder}/event-selectors/{name}.json" for folder in folders],
            SelectorsWire,
            lambda selectors: _selectors(selectors, custom=wire.custom_selectors),
            "cloudtrail:GetEventSelectors",
        ),
        log_group_detail=_log_group_detail(answers, wire.log_group),
        bucket=Known(wire.bucket) if wire.bucket else _untold("S3BucketName"),
        key_prefix=Known(wire.key_prefix) if wire.key_prefix else Absent(),
        topic=Known(wire.topic) if wire.topic else Absent(),
        key=Known(wire.key) if wire.key else Absent(),
        validated=_untold("LogFileValidationEnabled") if wire.validated is None else Known(wire.validated),
        global_events=_untold("IncludeGlobalServiceEvents")
        if wire.global_events is None
        else Known(wire.global_events),
    )


def _status(wire: StatusWire) -> TrailStatus:
    return TrailStatus(
        logging=wire.logging,
        delivery_error=wire.delivery_error or "",
        bucket_error=wire.bucket_error or "",
        notification_error=wire.notification_error or "",
        delivered=instant(wire.delivered, (), "LatestCloudWatchLogsDeliveryTime"),
        bucket_delivered=instant(wire.bucket_delivered, (), "LatestDeliveryTime"),
        digest_delivered=instant(wire.digest_delivered, (), "LatestDigestDeliveryTime"),
    )


def _log_group_detail(answers: Answers, arn: str | None) -> Fact[LogGroupDetail]:
    """What CloudWatch Logs says of the group a trail delivers to; that of another account is asked there."""
    if not arn:
        return Absent()
    place = _log_group(arn)
    if place.account != answers.account:
        return Unknown(f"the log group `{place.name}` is in account {place.account}", Why.NOT_COLLECTED)

    def change(wire: LogGroupsWire) -> LogGroupDetail:
        for one in wire.groups:
            if one.name == place.name:
                return LogGroupDetail(
                    created=_untold("creationTime") if one.created is None else _moment(one.created),
                    retention_days=Absent() if one.retention_days is None else Known(one.retention_days),
                    stored_bytes=_untold("storedBytes") if one.stored_bytes is None else Known(one.stored_bytes),
                )
        raise InputError(f"it has no log group `{place.name}`")

    file = f"regions/{place.region}/log-groups/{file_name(place.name)}.json"
    return _read(answers, file, LogGroupsWire, change, "logs:DescribeLogGroups")


def _moment(milliseconds: int) -> Fact[datetime]:
    seen = instant_or_none(milliseconds / 1000)
    return Known(seen) if seen else Unknown("`creationTime` is no instant", Why.MALFORMED)


def _untold(name: str) -> Unknown:
    return Unknown(f"`{name}` is missing in the answer", Why.NOT_SUPPORTED)


def _flag(value: bool | None, name: str) -> Fact[bool]:
    if value is None:
        return Unknown(f"`{name}` is missing in the description of the trail", Why.MALFORMED)
    return Known(value)


def _log_group(arn: str) -> LogGroup:
    _, _, _, region, account, resource = _arn(arn)
    kind, _, name = resource.partition(":")
    if kind != "log-group" or not name:
        raise InputError(f"`{arn}` is no ARN of a log group")
    return LogGroup(name=name.removesuffix(":*"), account=account, region=region)


def _selectors(wire: SelectorsWire, *, custom: bool | None) -> Selectors:
    """The selectors as answered; a trail without selectors of its own records every management event (AWS default)."""
    if wire.classic is None and wire.advanced is None:
        raise InputError("there are neither `EventSelectors` nor `AdvancedEventSelectors`")
    if not wire.classic and not wire.advanced:
        if custom is not False:
            raise InputError("it shows no event selector, though the trail is not known to have the default one")
        return Selectors(classic=(ClassicSelector(read_write="All", management_events=True),))
    return Selectors(
        classic=tuple(
            ClassicSelector(
                read_write=one.read_write, management_events=one.management, excluded_sources=tuple(one.excluded or ())
            )
            for one in wire.classic or ()
        ),
        advanced=tuple(
            AdvancedSelector(
                name=one.name or "",
                fields=tuple(
                    FieldSelector(
                        field=condition.name,
                        equals=tuple(condition.equals),
                        starts_with=tuple(condition.starts_with),
                        ends_with=tuple(condition.ends_with),
                        not_equals=tuple(condition.not_equals),
                        not_starts_with=tuple(condition.not_starts_with),
                        not_ends_with=tuple(condition.not_ends_with),
                    )
                    for condition in one.fields
                ),
            )
            for one in wire.advanced or ()
        ),
    )


def _filters(wire: FiltersWire) -> tuple[MetricFilter, ...]:
    return tuple(
        MetricFilter(
            name=one.name,
            log_group=one.log_group,
            pattern=one.pattern,
            transformations=tuple(
                Transformation(
                    namespace=metric.namespace,
                    metric=metric.metric,
                    value=metric.value,
                    default=metric.default,
                    dimensions=tuple(sorted((metric.dimensions or {}).items())),
                )
                for metric in one.transformations
            ),
            beyond=_beyond(one),
        )
        for one in wire.filters
    )


def _beyond(wire: FilterWire) -> str:
    if wire.criteria:
        return "fieldSelectionCriteria"
    if wire.system_dimensions:
        return "emitSystemFieldDimensions"
    return "applyOnTransformedLogs" if wire.transformed else ""


def _alarms(wire: AlarmsWire) -> Alarms:
    return Alarms(
        metric=tuple(_alarm(one) for one in wire.metric),
        composite=tuple(
            CompositeAlarm(
                name=one.name, rule=one.rule, actions_enabled=one.actions_enabled, actions=tuple(one.actions or ())
            )
            for one in wire.composite or ()
        ),
    )


def _alarm(wire: AlarmWire) -> Alarm:
    stats = [query.stat for query in wire.queries or () if query.stat is not None]
    single = stats[0] if len(stats) == 1 and len(wire.queries or ()) == 1 else None
    watched = [(stat.metric.namespace, stat.metric.metric) for stat in stats]
    if wire.namespace is not None and wire.metric is not None:
        watched = [(wire.namespace, wire.metric)]
    dimensions = (single.metric.dimensions if single else wire.dimensions) or []
    periods = wire.evaluation_periods
    return Alarm(
        name=wire.name,
        arn=wire.arn,
        watched=tuple(watched),
        dimensions=tuple(sorted((one.name, one.value) for one in dimensions)),
        computed=(bool(wire.queries) and single is None) or wire.threshold_metric is not None,
        statistic=(single.statistic if single else wire.statistic or wire.extended_statistic) or "",
        comparison=wire.comparison or "",
        threshold=wire.threshold,
        period=single.period if single else wire.period,
        evaluation_periods=periods,
        datapoints_to_alarm=periods if wire.datapoints_to_alarm is None else wire.datapoints_to_alarm,
        treat_missing=wire.treat_missing or "missing",
        actions_enabled=wire.actions_enabled,
        actions=tuple(wire.actions or ()),
        state=wire.state or "",
    )


def _event_rules(answers: Answers, folder: str) -> Fact[tuple[EventRule, ...]]:
    def change(wire: RulesWire) -> tuple[EventRule, ...]:
        return tuple(
            EventRule(
                name=one.name,
                bus=one.bus or "default",
                state=one.state,
                pattern=one.pattern or "",
                targets=_read(
                    answers,
                    f"{folder}/event-targets/{file_name(one.name)}.json",
                    TargetsWire,
                    lambda targets: tuple(target.arn for target in targets.targets),
                    "events:ListTargetsByRule",
                ),
            )
            for one in wire.rules
        )

    return _read(answers, f"{folder}/event-rules.json", RulesWire, change, "events:ListRules")


def _topic_arns(alarms: Fact[Alarms], rules: Fact[tuple[EventRule, ...]]) -> Iterable[str]:
    arns: dict[str, None] = {}
    if isinstance(alarms, Known):
        arns.update(dict.fromkeys(arn for alarm in alarms.value.metric for arn in alarm.actions))
        arns.update(dict.fromkeys(arn for alarm in alarms.value.composite for arn in alarm.actions))
    for rule in rules.value if isinstance(rules, Known) else ():
        if isinstance(rule.targets, Known):
            arns.update(dict.fromkeys(rule.targets.value))
    return [arn for arn in arns if _is_topic(arn.split(":"))]


def _is_topic(parts: list[str]) -> bool:
    return len(parts) == _ARN_PARTS and parts[2] == "sns" and bool(_REGION.fullmatch(parts[3]))


def _topic(answers: Answers, arn: str, seen_in: str) -> Topic:
    _, _, _, region, _, name = _arn(arn)
    folders = tuple(dict.fromkeys((f"regions/{region}", f"regions/{seen_in}")))

    def change(wire: SubscriptionsWire) -> tuple[Subscription, ...]:
        if any(one.topic not in {"", arn} for one in wire.subscriptions):
            raise InputError(f"the subscriptions are not those of the topic `{arn}`")
        return tuple(
            Subscription(
                protocol=one.protocol,
                endpoint=one.endpoint,
                confirmed=one.arn.startswith("arn:"),
                arn=one.arn if one.arn.startswith("arn:") else "",
                owner=one.owner,
            )
            for one in wire.subscriptions
        )

    files = [f"{folder}/sns-subscriptions/{file_name(name)}.json" for folder in folders]
    return Topic(
        arn=arn,
        subscriptions=_read_first(answers, files, SubscriptionsWire, change, "sns:ListSubscriptionsByTopic"),
    )


def _arn(arn: str) -> list[str]:
    parts = arn.split(":", _ARN_PARTS - 1)
    if len(parts) != _ARN_PARTS or parts[0] != "arn" or not _REGION.fullmatch(parts[3]):
        raise InputError(f"`{arn}` is no ARN")
    return parts


def _read_first(
    answers: Answers, files: list[str], wire: type[Wire], change: Callable[[Wire], T], permission: str
) -> Fact[T]:
    """The first of several places the answer may be kept in; unknown as in the first when it is in none."""
    found = [_read(answers, file, wire, change, permission) for file in files]
    asked = [fact for fact in found if not (isinstance(fact, Unknown) and fact.why is Why.NOT_COLLECTED)]
    return (asked or found)[0]


def _read(answers: Answers, file: str, wire: type[Wire], change: Callable[[Wire], T], permission: str) -> Fact[T]:
    """Read one document, all of it: a wrong type anywhere, or a further page, makes it unknown."""
    fact = answers.answer(file)
    if isinstance(fact, Absent):
        return fact
    if isinstance(fact, Unknown):
        return fact if fact.permission else msgspec.structs.replace(fact, permission=permission)
    if fact.value.get("NextToken") or fact.value.get("nextToken"):
        return Unknown(f"`{file}` holds only the first page", Why.MALFORMED, permission, fact.sources)
    try:
        return Known(change(msgspec.convert(fact.value, wire)), fact.sources, fact.note)
    except msgspec.ValidationError as error:
        return Unknown(f"`{file}` cannot be read: {error}", Why.MALFORMED, "", fact.sources)
    except InputError as error:
        return Unknown(f"`{file}` cannot be read: {error.message}", Why.MALFORMED, "", fact.sources)
