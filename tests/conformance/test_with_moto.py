"""moto plays AWS: an independent witness for the calls both have. What differs is known, and whose doing it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.conformance.doors import conformance_of, door_to

from rootwarden.conformance.compare import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.conformance.result import Conformance

# What moto and the simulator tell differently, and who is right by AWS's documentation.
EVERYWHERE = {
    # moto: an IAM user's ARN is one of IAM, not of STS.
    "sts:GetCallerIdentity": {("kind", "Arn")},
    # moto: the key is in botocore's list of keys.
    "iam:GetAccountSummary": {("key", "SummaryMap{AccountPasswordPresent}")},
    # moto: AWS's report has a row for root.
    "iam:GetCredentialReport": {("member", "Content.root")},
}
WITHOUT_ORGANIZATION = {
    # moto: outside an organization AWS says AWSOrganizationsNotInUseException.
    "organizations:ListAccounts": {("error", "")},
    "organizations:ListPolicies": {("error", "")},
}
# What this moto does not know.
NOT_COMPARED = {
    "account:GetContactInformation",
    "signin:GetResourcePolicy",
    "signin:GetConsoleAuthorizationConfiguration",
    "iam:ListOrganizationsFeatures",
}


def furnish(client: Callable[[str], Any]) -> None:
    """One of everything that can be asked about, under the user moto takes every caller for."""
    iam = client("iam")
    iam.create_user(UserName="moto")
    iam.create_login_profile(UserName="moto", Password="Not-a-secret-1")
    iam.create_access_key(UserName="moto")
    serial = iam.create_virtual_mfa_device(VirtualMFADeviceName="moto")["VirtualMFADevice"]["SerialNumber"]
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
    iam.enable_mfa_device(UserName="moto", SerialNumber=serial, **codes)
    person = {"Name": "Pat", "Title": "on call", "EmailAddress": "pat@example.com", "PhoneNumber": "+15550100001"}
    client("account").put_alternate_contact(AlternateContactType="SECURITY", **person)
    furnish_chain(client)


def furnish_chain(client: Callable[[str], Any]) -> None:
    client("s3").create_bucket(Bucket="trail-bucket")
    client("logs").create_log_group(logGroupName="trail")
    metric = {"metricName": "RootActivity", "metricNamespace": "Security", "metricValue": "1"}
    pattern = '{ $.userIdentity.type = "Root" }'
    client("logs").put_metric_filter(
        logGroupName="trail", filterName="root", filterPattern=pattern, metricTransformations=[metric]
    )
    topic = client("sns").create_topic(Name="root")["TopicArn"]
    client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="pat@example.com")
    alarm: dict[str, Any] = {"AlarmName": "root", "MetricName": "RootActivity", "Namespace": "Security"}
    alarm |= {"Statistic": "Sum", "Period": 300, "EvaluationPeriods": 1, "Threshold": 1, "AlarmActions": [topic]}
    client("cloudwatch").put_metric_alarm(ComparisonOperator="GreaterThanOrEqualToThreshold", **alarm)
    client("cloudtrail").create_trail(Name="trail", S3BucketName="trail-bucket", IsMultiRegionTrail=True)
    client("cloudtrail").start_logging(Name="trail")
    client("events").put_rule(Name="root", EventPattern=json.dumps({"source": ["aws.signin"]}))
    client("events").put_targets(Rule="root", Targets=[{"Id": "1", "Arn": topic}])


def found(result: Conformance) -> dict[str, set[tuple[str, str]]]:
    return {
        each.name: {(difference.what, difference.path) for difference in each.judged.differences}
        for each in result.calls
        if each.judged.verdict is Verdict.DIFFERS
    }


def names(result: Conformance, verdict: Verdict) -> set[str]:
    return {each.name for each in result.calls if each.judged.verdict is verdict}


def test_an_account_without_organization(moto: Callable[[str], Any], moto_server: str) -> None:
    furnish(moto)
    result = conformance_of(door_to(moto_server, "AKIAFAKEMOTO00000000"))
    assert found(result) == EVERYWHERE | WITHOUT_ORGANIZATION
    assert names(result, Verdict.NOT_COMPARED) == NOT_COMPARED
    assert result.count(Verdict.AGREES) == 31
    assert result.exit_code == 1


def test_a_management_account(moto: Callable[[str], Any], moto_server: str) -> None:
    furnish(moto)
    organizations = moto("organizations")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.create_organizational_unit(ParentId=root, Name="Workloads")
    result = conformance_of(door_to(moto_server, "AKIAFAKEMOTO00000000"))
    assert found(result) == EVERYWHERE
    assert names(result, Verdict.NOT_COMPARED) == NOT_COMPARED
    assert names(result, Verdict.NOT_ASKED) == set()
    assert result.count(Verdict.AGREES) == 38


def test_an_empty_account_leaves_most_unasked_and_says_so(moto: Callable[[str], Any], moto_server: str) -> None:
    result = conformance_of(door_to(moto_server, "AKIAFAKEMOTO00000000"))
    trails = next(each for each in result.calls if each.name == "cloudtrail:DescribeTrails")
    assert [(each.path, each.side) for each in trails.judged.one_sided] == [("trailList[]", "simulator")]
    assert "cloudtrail:GetTrailStatus" in names(result, Verdict.NOT_ASKED)
    assert "cloudtrail:GetTrailStatus (not there)" in names(result, Verdict.AGREES)
