from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from tests.report import samples

from rootwarden.report import ocsf

if TYPE_CHECKING:
    from collections.abc import Callable

# What OCSF 1.5.0 requires of a Compliance Finding under the cloud profile, with the enumerations we use.
WHOLE = {"type": "integer"}
TEXT = {"type": "string"}
TEXTS = {"type": "array", "items": TEXT}
REQUIRED: dict[str, Any] = {
    "activity_id": {"enum": [0, 1, 2, 3, 99]},
    "category_uid": {"const": 2},
    "class_uid": {"const": 2003},
    "type_uid": {"const": 200301},
    "time": WHOLE,
    "severity_id": {"enum": [0, 1, 2, 3, 4, 5, 6, 99]},
    "status_id": {"enum": [0, 1, 2, 3, 4, 5, 6, 99]},
    "metadata": {
        "type": "object",
        "required": ["version", "product"],
        "properties": {"version": {"const": "1.5.0"}, "product": {"type": "object", "required": ["vendor_name"]}},
    },
    "cloud": {"type": "object", "required": ["provider", "account"]},
    "finding_info": {"type": "object", "required": ["uid", "title"]},
    "compliance": {
        "type": "object",
        "required": ["control", "standards", "status_id"],
        "properties": {
            "standards": TEXTS,
            "requirements": TEXTS,
            "status_id": {"enum": [0, 1, 2, 3, 99]},
            "status_details": TEXTS,
        },
    },
    "resources": {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["uid", "type"]}},
}
SCHEMA = {"type": "array", "items": {"type": "object", "required": list(REQUIRED), "properties": REQUIRED}}


def events(name: str = "rich") -> Any:
    return json.loads(ocsf.render(getattr(samples, name)()))


@pytest.mark.parametrize("name", ["rich", "empty"])
def test_golden(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"ocsf-{name}.json", ocsf.render(getattr(samples, name)()))


@pytest.mark.parametrize("name", ["rich", "empty", "hostile"])
def test_what_the_class_requires_is_there(name: str) -> None:
    jsonschema.validate(events(name), SCHEMA)


@pytest.mark.parametrize(
    ("rule", "account", "status", "compliance", "severity"),
    [
        ("root-mfa", "222233334444", 1, 3, 5),
        ("root-access-key", "222233334444", 3, 3, 5),
        ("root-hardware-mfa", "444455556666", 1, 0, 4),
        ("root-mfa", samples.MANAGEMENT, 4, 1, 1),
        ("root-mfa", "333344445555", 99, 99, 1),
    ],
    ids=["fail", "suppressed", "unknown", "pass", "not applicable"],
)
def test_status_ids(rule: str, account: str, status: int, compliance: int, severity: int) -> None:
    (event,) = [each for each in events() if each["finding_info"]["uid"] == f"rootwarden:{rule}:{account}"]
    assert (event["status_id"], event["compliance"]["status_id"], event["severity_id"]) == (
        status,
        compliance,
        severity,
    )


def test_ids_are_of_rule_and_account_alone() -> None:
    ids = [each["finding_info"]["uid"] for each in events()]
    assert len(set(ids)) == len(ids) == len(samples.rich().findings)


def test_time_is_the_instant_of_judgement_in_milliseconds() -> None:
    assert {each["time"] for each in events()} == {1772443800000}


def test_the_account_is_where_cloud_tools_look() -> None:
    assert events()[0]["cloud"]["account"]["uid"] == samples.MANAGEMENT
    assert events()[0]["cloud"]["org"]["uid"] == "o-exampleorgid"


def test_an_unknown_carries_what_is_missing() -> None:
    unknown = next(each for each in events() if each["compliance"]["status_id"] == 0)
    assert unknown["unmapped"]["missing"][0]["permission"] == "iam:GetAccountSummary"
