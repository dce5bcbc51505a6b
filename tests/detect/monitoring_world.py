"""Answers about one account, as the AWS CLI prints them, with a working CloudWatch chain to change case by case."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from rootwarden.facts.fact import Known, Source, Unknown, Why

if TYPE_CHECKING:
    from rootwarden.aws.calls import JsonObject
    from rootwarden.facts.fact import Fact

ACCOUNT = "111122223333"
OWNER = "999900001111"
HOME = "us-east-1"
CIS = '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }'


class World:
    """Answers kept in memory; `refused` files are denied, files that are not there were not collected."""

    def __init__(self, files: dict[str, Any], *, account: str = ACCOUNT, refused: dict[str, str] | None = None) -> None:
        self.account = account
        self.partition = "aws"
        self.files = files
        self.refused = refused or {}

    def answer(self, file: str) -> Fact[JsonObject]:
        if file in self.refused:
            return Unknown(f"{self.refused[file]} was denied", Why.DENIED, self.refused[file])
        if file in self.files:
            return Known(self.files[file], (Source(call=file, account=self.account),))
        return Unknown(f"`{file}` was not collected", Why.NOT_COLLECTED)

    def regions(self) -> tuple[str, ...]:
        return tuple(sorted({file.split("/")[1] for file in {**self.files, **self.refused} if "/" in file}))


def trail(name: str = "org-trail", account: str = ACCOUNT, **changes: object) -> dict[str, Any]:
    return {
        "Name": name,
        "S3BucketName": "trail-bucket",
        "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": True,
        "HomeRegion": HOME,
        "TrailARN": f"arn:aws:cloudtrail:{HOME}:{account}:trail/{name}",
        "CloudWatchLogsLogGroupArn": f"arn:aws:logs:{HOME}:{account}:log-group:trail-logs:*",
        "HasCustomEventSelectors": False,
        "IsOrganizationTrail": False,
        **changes,
    }


def chain(account: str = ACCOUNT, **trail_changes: object) -> dict[str, Any]:
    """The files of a chain that works: `{file below regions/us-east-1/: document}` with full paths."""
    topic = f"arn:aws:sns:{HOME}:{account}:root-alarm"
    files = {
        "describe-trails.json": {"trailList": [trail(account=account, **trail_changes)]},
        "event-rules.json": {"Rules": []},
        "trail-status/org-trail.json": {"IsLogging": True},
        "event-selectors/org-trail.json": {
            "EventSelectors": [
                {
                    "ReadWriteType": "All",
                    "IncludeManagementEvents": True,
                    "DataResources": [],
                    "ExcludeManagementEventSources": [],
                }
            ]
        },
        "metric-filters.json": {
            "metricFilters": [
                {
                    "filterName": "root-use",
                    "logGroupName": "trail-logs",
                    "filterPattern": CIS,
                    "metricTransformations": [{"metricName": "RootUse", "metricNamespace": "CIS", "metricValue": "1"}],
                }
            ]
        },
        "metric-alarms.json": {
            "MetricAlarms": [
                {
                    "AlarmName": "root-used",
                    "AlarmArn": f"arn:aws:cloudwatch:{HOME}:{account}:alarm:root-used",
                    "ActionsEnabled": True,
                    "AlarmActions": [topic],
                    "StateValue": "OK",
                    "Namespace": "CIS",
                    "MetricName": "RootUse",
                    "Dimensions": [],
                    "Statistic": "Sum",
                    "Period": 300,
                    "EvaluationPeriods": 1,
                    "Threshold": 1.0,
                    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                    "TreatMissingData": "notBreaching",
                }
            ],
            "CompositeAlarms": [],
        },
        "sns-subscriptions/root-alarm.json": {
            "Subscriptions": [
                {
                    "SubscriptionArn": f"{topic}:00000000-0000-4000-8000-000000000001",
                    "Owner": account,
                    "Protocol": "email",
                    "Endpoint": "security@example.com",
                    "TopicArn": topic,
                }
            ]
        },
    }
    return {f"regions/{HOME}/{name}": document for name, document in files.items()}


def changed(files: dict[str, Any], edits: dict[str, Any]) -> dict[str, Any]:
    """A copy with values set by path: `metric-alarms.json:MetricAlarms.0.Threshold`; a value `"<gone>"` removes."""
    copy = deepcopy(files)
    for where, value in edits.items():
        file, _, path = where.partition(":")
        name = f"regions/{HOME}/{file}" if not file.startswith("regions/") else file
        if not path:
            if value == "<gone>":
                copy.pop(name)
            else:
                copy[name] = value
            continue
        target = copy[name]
        *steps, last = path.split(".")
        for step in steps:
            target = target[int(step) if isinstance(target, list) else step]
        if value == "<gone>":
            del target[int(last) if isinstance(target, list) else last]
        else:
            target[int(last) if isinstance(target, list) else last] = value
    return copy
