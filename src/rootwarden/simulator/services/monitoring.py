"""CloudWatch Logs and CloudWatch: log groups, metric filters and alarms of one Region."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rootwarden.simulator.refusal import Refusal

if TYPE_CHECKING:
    from rootwarden.simulator.call import Call, Handler
    from rootwarden.simulator.monitoring import Alarm, MetricFilter


def describe_log_groups(call: Call) -> dict[str, Any]:
    """Log groups, by prefix of their names."""
    region = call.account.region(call.region)
    size = call.number("limit", default=50, low=1, high=50)
    groups = [group for group in region.log_groups if group.name.startswith(call.text("logGroupNamePrefix"))]
    page, token = call.page(groups, cursor="nextToken", size=size)
    described = []
    for group in page:
        arn = call.world.arn("logs", call.region, call.account.account_id, f"log-group:{group.name}")
        described.append(
            {
                "logGroupName": group.name,
                "creationTime": _milliseconds(call),
                "retentionInDays": group.retention_days,
                "metricFilterCount": sum(1 for item in region.metric_filters if item.log_group == group.name),
                "arn": f"{arn}:*",
                "logGroupArn": arn,
                "storedBytes": 0,
                "logGroupClass": "STANDARD",
            }
        )
    return {"logGroups": described, "nextToken": token}


def describe_metric_filters(call: Call) -> dict[str, Any]:
    """Metric filters, by log group, prefix or metric."""
    region = call.account.region(call.region)
    size = call.number("limit", default=50, low=1, high=50)
    group = call.text("logGroupName")
    if group and all(known.name != group for known in region.log_groups):
        raise Refusal("ResourceNotFoundException", "The specified log group does not exist.")
    found = [item for item in region.metric_filters if _is_wanted(call, item)]
    page, token = call.page(found, cursor="nextToken", size=size)
    return {"metricFilters": [_describe_filter(call, item) for item in page], "nextToken": token}


def _is_wanted(call: Call, item: MetricFilter) -> bool:
    return (
        call.text("logGroupName") in {"", item.log_group}
        and item.name.startswith(call.text("filterNamePrefix"))
        and call.text("metricName") in {"", item.metric_name}
        and call.text("metricNamespace") in {"", item.metric_namespace}
    )


def _describe_filter(call: Call, item: MetricFilter) -> dict[str, Any]:
    transformation = {
        "metricName": item.metric_name,
        "metricNamespace": item.metric_namespace,
        "metricValue": item.metric_value,
    }
    return {
        "filterName": item.name,
        "filterPattern": item.pattern,
        "metricTransformations": [transformation],
        "creationTime": _milliseconds(call),
        "logGroupName": item.log_group,
        "applyOnTransformedLogs": False,
    }


def _milliseconds(call: Call) -> int:
    return int(call.account.create_date.timestamp() * 1000)


def describe_alarms(call: Call) -> dict[str, Any]:
    """Metric alarms, by name or prefix; there are no composite alarms here."""
    size = call.number("MaxRecords", default=50, low=1, high=100)
    names = set(call.texts("AlarmNames"))
    prefix = call.text("AlarmNamePrefix")
    state = call.text("StateValue")
    alarms: list[Alarm] = []
    if set(call.texts("AlarmTypes")) in (set(), {"MetricAlarm"}) or "MetricAlarm" in call.texts("AlarmTypes"):
        alarms = [
            alarm
            for alarm in call.account.region(call.region).alarms
            if (not names or alarm.name in names) and alarm.name.startswith(prefix) and state in {"", "OK"}
        ]
    page, token = call.page(alarms, cursor="NextToken", size=size)
    return {
        "MetricAlarms": [_describe_alarm(call, alarm) for alarm in page],
        "CompositeAlarms": [],
        "NextToken": token,
    }


def describe_alarms_for_metric(call: Call) -> dict[str, Any]:
    """The alarms on one metric."""
    metric, namespace = call.required("MetricName"), call.required("Namespace")
    found = [
        _describe_alarm(call, alarm)
        for alarm in call.account.region(call.region).alarms
        if (alarm.metric_name, alarm.metric_namespace) == (metric, namespace)
    ]
    return {"MetricAlarms": found}


def _describe_alarm(call: Call, alarm: Alarm) -> dict[str, Any]:
    return {
        "AlarmName": alarm.name,
        "AlarmArn": call.world.arn("cloudwatch", call.region, call.account.account_id, f"alarm:{alarm.name}"),
        "AlarmConfigurationUpdatedTimestamp": call.account.create_date,
        "ActionsEnabled": alarm.actions_enabled,
        "OKActions": [],
        "AlarmActions": list(alarm.actions),
        "InsufficientDataActions": [],
        "StateValue": "OK",
        "StateReason": "no root activity",
        "StateUpdatedTimestamp": call.account.create_date,
        "MetricName": alarm.metric_name,
        "Namespace": alarm.metric_namespace,
        "Statistic": alarm.statistic,
        "Dimensions": [],
        "Period": alarm.period,
        "EvaluationPeriods": alarm.evaluation_periods,
        "Threshold": alarm.threshold,
        "ComparisonOperator": alarm.comparison,
        "TreatMissingData": alarm.treat_missing_data,
    }


LOGS_OPERATIONS: dict[str, Handler] = {
    "DescribeLogGroups": describe_log_groups,
    "DescribeMetricFilters": describe_metric_filters,
}
CLOUDWATCH_OPERATIONS: dict[str, Handler] = {
    "DescribeAlarms": describe_alarms,
    "DescribeAlarmsForMetric": describe_alarms_for_metric,
}
