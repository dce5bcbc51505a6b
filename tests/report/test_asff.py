from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore.validate import ParamValidator
from tests.report import samples

from rootwarden.report import asff

if TYPE_CHECKING:
    from collections.abc import Callable

SENDER = "999988887777"


def found(name: str = "rich") -> Any:
    return json.loads(asff.render(getattr(samples, name)()))


def one(rule: str, account: str) -> Any:
    (finding,) = [each for each in found() if each["Id"] == f"rootwarden/{account}/{rule}"]
    return finding


def import_shape() -> Any:
    service = botocore.session.get_session().get_service_model("securityhub")
    return service.operation_model("BatchImportFindings").input_shape


def check_patterns_and_words(value: Any, shape: Any) -> None:
    """What botocore's own validation leaves to the service: patterns and enumerations of the service model."""
    if shape.type_name == "structure":
        for name, member in value.items():
            check_patterns_and_words(member, shape.members[name])
    elif shape.type_name == "list":
        for member in value:
            check_patterns_and_words(member, shape.member)
    elif shape.type_name == "map":
        for member in value.values():
            check_patterns_and_words(member, shape.value)
    elif shape.type_name == "string":
        assert value.strip(), shape.name
        assert not shape.enum or value in shape.enum, (shape.name, value)


@pytest.mark.parametrize("name", ["rich", "empty"])
def test_golden(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"asff-{name}.json", asff.render(getattr(samples, name)()))


@pytest.mark.parametrize("name", ["rich", "hostile", "interrupted"])
def test_batches_are_what_the_service_model_takes(name: str) -> None:
    for batch in asff.batches(getattr(samples, name)(), region="eu-west-1", account=SENDER):
        request = {"Findings": batch}
        report = ParamValidator().validate(request, import_shape())
        assert not report.has_errors(), report.generate_report()
        check_patterns_and_words(request, import_shape())


def test_the_check_notices_a_blank_and_a_wrong_word() -> None:
    (batch,) = asff.batches(samples.rich(), region="eu-west-1", account=SENDER)
    for spoiled in ({**batch[0], "Title": " "}, {**batch[0], "Compliance": {"Status": "OK"}}):
        with pytest.raises(AssertionError):
            check_patterns_and_words({"Findings": [spoiled]}, import_shape())


def test_no_batch_is_larger_than_security_hub_takes_and_none_is_lost() -> None:
    result = samples.fleet(30)
    sizes = [len(batch) for batch in asff.batches(result, region="eu-west-1", account=SENDER)]
    assert max(sizes) == 100
    assert sum(sizes) == len(result.findings) == 30 * 17
    assert len(sizes) == 6


@pytest.mark.parametrize(
    ("rule", "account", "compliance", "workflow", "label"),
    [
        ("root-mfa", "222233334444", "FAILED", None, "CRITICAL"),
        ("root-access-key", "222233334444", "FAILED", "SUPPRESSED", "CRITICAL"),
        ("root-hardware-mfa", "444455556666", "WARNING", None, "HIGH"),
        ("root-mfa", samples.MANAGEMENT, "PASSED", "RESOLVED", "INFORMATIONAL"),
        ("root-mfa", "333344445555", "NOT_AVAILABLE", None, "INFORMATIONAL"),
    ],
    ids=["fail", "suppressed", "unknown", "pass", "not applicable"],
)
def test_status(rule: str, account: str, compliance: str, workflow: str | None, label: str) -> None:
    finding = one(rule, account)
    assert finding["Compliance"]["Status"] == compliance
    assert finding.get("Workflow", {}).get("Status") == workflow
    assert finding["FindingProviderFields"]["Severity"]["Label"] == label


def test_an_unknown_says_why_and_which_permission() -> None:
    finding = one("root-mfa", "444455556666")
    assert finding["Compliance"]["StatusReasons"][0]["ReasonCode"] == "ROOTWARDEN_UNKNOWN"
    assert "iam:GetAccountSummary" in finding["Description"]


def test_who_imports_and_who_was_audited_are_two_things() -> None:
    (batch,) = asff.batches(samples.rich(), region="eu-west-1", account=SENDER)
    finding: Any = batch[0]
    assert finding["AwsAccountId"] == SENDER
    assert finding["ProductArn"] == f"arn:aws:securityhub:eu-west-1:{SENDER}:product/{SENDER}/default"
    assert finding["Resources"][0]["Id"] == f"AWS::::Account:{samples.MANAGEMENT}"
    assert finding["Id"] == f"rootwarden/{samples.MANAGEMENT}/root-mfa"


def test_lengths_stay_within_the_format() -> None:
    for finding in found("hostile"):
        assert len(finding["Title"]) <= 256
        assert len(finding["Description"]) <= 1024
        assert len(json.dumps(finding).encode()) < 240_000
        assert all(len(value) <= 2048 for value in finding["ProductFields"].values())
        assert len(finding.get("Remediation", {}).get("Recommendation", {}).get("Text", "")) <= 512
