"""An independent witness for the shapes of the answers: moto's AWS, asked by the plan."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import botocore.session
import msgspec
import pytest
from moto import mock_aws

from rootwarden.collect.monitoring import monitoring_facts
from rootwarden.collect.monitoring_plan import next_calls
from rootwarden.detect.alarm_chain import root_usage_alarm
from rootwarden.facts.fact import Known, Unknown
from rootwarden.packs.samples import root_samples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.aws.calls import Call, JsonObject
    from rootwarden.facts.fact import Fact

ACCOUNT = "123456789012"  # moto's
HOME = "us-east-1"
TOPIC = f"arn:aws:sns:{HOME}:{ACCOUNT}:root-alarm"


class Live:
    """Answers of moto, kept by file."""

    account = ACCOUNT
    partition = "aws"

    def __init__(self) -> None:
        self.files: dict[str, JsonObject] = {}

    def answer(self, file: str) -> Fact[JsonObject]:
        return Known(self.files[file]) if file in self.files else Unknown("not asked")

    def regions(self) -> tuple[str, ...]:
        return (HOME,)

    def ask(self, call: Call) -> None:
        method = re.sub(r"(?<!^)(?=[A-Z])", "_", call.operation).lower()
        answer = getattr(client(call.service), method)(**call.parameters)
        del answer["ResponseMetadata"]
        self.files[call.file] = msgspec.json.decode(msgspec.json.encode(answer))


def client(service: str) -> Any:
    return botocore.session.get_session().create_client(service, region_name=HOME)


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAFAKE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "fake")
    with mock_aws():
        client("s3").create_bucket(Bucket="trail-bucket")
        client("logs").create_log_group(logGroupName="trail-logs")
        client("cloudtrail").create_trail(
            Name="main",
            S3BucketName="trail-bucket",
            IsMultiRegionTrail=True,
            CloudWatchLogsLogGroupArn=f"arn:aws:logs:{HOME}:{ACCOUNT}:log-group:trail-logs:*",
            CloudWatchLogsRoleArn=f"arn:aws:iam::{ACCOUNT}:role/trail",
        )
        client("cloudtrail").start_logging(Name="main")
        client("sns").create_topic(Name="root-alarm")
        client("sns").subscribe(TopicArn=TOPIC, Protocol="email", Endpoint="security@example.com")
        yield


def followed() -> tuple[bool, str, int]:
    live = Live()
    while calls := next_calls(live, HOME):
        for call in calls:
            live.ask(call)
    alarm = root_usage_alarm(monitoring_facts(live, HOME), None, root_samples())
    assert isinstance(alarm.works, Known)
    assert isinstance(alarm.chain, Known)
    return alarm.works.value, alarm.chain.value, len(live.files)


def test_cloudwatch_chain() -> None:
    client("logs").put_metric_filter(
        logGroupName="trail-logs",
        filterName="root-use",
        filterPattern='{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS }',
        metricTransformations=[{"metricName": "RootUse", "metricNamespace": "CIS", "metricValue": "1"}],
    )
    client("cloudwatch").put_metric_alarm(
        AlarmName="root-used",
        Namespace="CIS",
        MetricName="RootUse",
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        AlarmActions=[TOPIC],
    )
    words = "trail main → log group trail-logs → filter root-use → alarm root-used → topic root-alarm"
    assert followed() == (True, f"{words} → confirmed e-mail subscriber", 7)


def test_event_rule() -> None:
    client("events").put_rule(Name="root", EventPattern='{"detail": {"userIdentity": {"type": ["Root"]}}}')
    client("events").put_targets(Rule="root", Targets=[{"Id": "1", "Arn": TOPIC}])
    assert followed() == (True, "event rule root → topic root-alarm → confirmed e-mail subscriber", 7)


def test_nothing_watches() -> None:
    assert followed() == (False, "trail main → log group trail-logs: has no metric filter", 5)
