from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import msgspec
import pytest
from tests.report import samples

from rootwarden.report import machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rootwarden.audit.result import AuditResult

DOCS = Path(__file__).parents[2] / "docs" / "reports"
SCHEMA = DOCS / "audit-1.schema.json"
CONTRACT = (
    "rule",
    "account",
    "resource",
    "verdict",
    "severity",
    "reason",
    "witness",
    "controls",
    "evidence",
    "suppressed_by",
)


def document(result: AuditResult) -> Any:
    return json.loads(machine.render(result))


@pytest.mark.parametrize("name", ["rich", "empty", "interrupted"])
def test_golden(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"json-{name}.json", machine.render(getattr(samples, name)()))


def test_the_published_schema_is_the_one_the_structs_give(matches: Callable[[Path, str], None]) -> None:
    matches(SCHEMA, machine.json_schema())


@pytest.mark.parametrize("name", ["rich", "empty", "interrupted", "hostile"])
def test_valid_by_the_published_schema(name: str) -> None:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    checker = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert list(checker.iter_errors(document(getattr(samples, name)()))) == []


@pytest.mark.parametrize("spoil", ["extra", "lacking", "word", "instant"])
def test_the_schema_refuses_what_is_not_the_format(spoil: str) -> None:
    spoiled = document(samples.rich())
    if spoil == "extra":
        spoiled["verdicts"][0]["surprise"] = 1
    elif spoil == "lacking":
        del spoiled["verdicts"][0]["suppressed_by"]
    elif spoil == "word":
        spoiled["verdicts"][0]["verdict"] = "ok"
    else:
        spoiled["as_of"] = "yesterday"
    schema = json.loads(SCHEMA.read_text("utf-8"))
    checker = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    assert list(checker.iter_errors(spoiled))


def test_the_contract_fields_come_first_in_their_order() -> None:
    for verdict in document(samples.rich())["verdicts"]:
        assert tuple(verdict)[: len(CONTRACT)] == CONTRACT
        assert all(tuple(each)[:2] == ("source", "observed_at") for each in verdict["evidence"])


def test_one_verdict_for_each_finding_in_the_same_order() -> None:
    result = samples.rich()
    told = [(each["account"], each["rule"], each["verdict"]) for each in document(result)["verdicts"]]
    assert told == [(each.account, each.rule, each.verdict.value) for each in result.findings]


def test_a_suppressed_fail_is_still_a_fail() -> None:
    suppressed = [each for each in document(samples.rich())["verdicts"] if each["suppressed_by"]]
    assert [each["verdict"] for each in suppressed] == ["fail"]
    assert suppressed[0]["suppressed_by"]["until"] == "2026-06-30"


def test_an_unknown_says_what_is_missing_and_where_we_tried() -> None:
    unknown = next(each for each in document(samples.rich())["verdicts"] if each["verdict"] == "unknown")
    assert unknown["missing"][0]["permission"] == "iam:GetAccountSummary"
    assert unknown["evidence"] == [
        {"source": "iam:GetAccountSummary", "observed_at": None, "account": "444455556666", "region": ""}
    ]


def test_summary_counts_what_the_verdicts_say() -> None:
    told = document(samples.rich())
    assert told["summary"]["verdicts"] == {"pass": 4, "fail": 4, "not_applicable": 5, "unknown": 3}
    assert told["summary"]["suppressed"] == 1
    assert told["summary"]["failing_at_or_above_fail_on"] == 3


def test_no_comparison_is_not_no_change() -> None:
    assert document(samples.interrupted())["changes"] is None
    assert document(samples.empty())["changes"] == {"since": "", "items": []}


def test_hostile_text_survives_letter_by_letter() -> None:
    names = [each["name"] for each in document(samples.hostile())["accounts"]]
    assert names == [text.replace("\udc80", "\\udc80") for text in samples.HOSTILE]


def test_same_result_same_bytes_and_a_final_newline() -> None:
    assert machine.render(samples.rich()) == machine.render(samples.rich())
    assert machine.render(samples.rich()).endswith("}\n")


def field_paths(kind: type[msgspec.Struct]) -> Iterator[str]:
    for field in msgspec.structs.fields(kind):
        yield f"`{kind.__name__.removesuffix('Record').lower()}.{field.encode_name}`"


def test_every_field_is_documented() -> None:
    page = (DOCS / "formats.md").read_text("utf-8")
    records = machine.Record.__subclasses__()
    assert len(records) > 15
    assert [path for record in records for path in field_paths(record) if path not in page] == []
