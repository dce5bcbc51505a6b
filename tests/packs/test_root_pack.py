"""The root pack as a corpus: complete, consistent with the schema, and its cases tell what their names promise.

Whether each case gets the verdict it expects is for the rule engine's own test run; this file needs none of it.
"""

from __future__ import annotations

import re
import tomllib
from datetime import datetime
from importlib import resources
from typing import Final

import msgspec
import pytest

SEVERITIES: Final = {"critical", "high", "medium", "low"}
VERDICTS: Final = {"pass", "fail", "not_applicable", "unknown"}
BENCHMARKS: Final = tuple(
    f"cis-{version}" for version in ("1.2", "1.3", "1.4", "1.5", "2.0", "3.0", "4.0", "5.0", "6.0", "7.0")
)
FRAMEWORKS: Final = {
    *BENCHMARKS,
    "aws-well-architected",
    "security-hub",
    "nist-800-53-r5",
    "pci-dss-4.0",
    "iso-27001-2022",
}

# The numbers of CIS AWS Foundations by rule, in the order of BENCHMARKS; no number where the version has none.
CIS: Final[dict[str, str]] = {
    "root-access-key": "1.12 1.4 1.4 1.4 1.4 1.4 1.4 1.3 2.3 2.4",
    "root-central-management": "- - - - - - - - - 2.1.1",
    "root-contact-distinct": "- - - - - - - - - -",
    "root-contact-primary": "1.17 1.1 1.1 1.1 1.1 1.1 1.1 1.1 2.1 2.2",
    "root-contact-security": "1.18 1.2 1.2 1.2 1.2 1.2 1.2 1.2 2.2 2.3",
    "root-credentials-present": "- - - - - - - - - -",
    "root-deny-guardrail": "- - - - - - - - - -",
    "root-email": "- - - - - - - - - -",
    "root-hardware-mfa": "1.14 1.6 1.6 1.6 1.6 1.6 1.6 1.5 2.5 2.6",
    "root-mfa": "1.13 1.5 1.5 1.5 1.5 1.5 1.5 1.4 2.4 2.5",
    "root-mfa-backup": "- - - - - - - - - -",
    "root-password-age": "- - - - - - - - - -",
    "root-sessions": "- - - - - - - - - 2.1.1",
    "root-sign-in-policy": "- - - - - - - - - -",
    "root-signing-certificate": "- - - - - - - - - -",
    "root-usage": "1.1 1.7 1.7 1.7 1.7 1.7 1.7 1.6 2.6 2.7",
    "root-usage-alarm": "3.3 4.3 4.3 4.3 4.3 4.3 4.3 4.3 5.3 5.3",
}


class Parameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    default: int
    minimum: int
    maximum: int
    describe: str


class Reasons(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"pass_": "pass"}):
    pass_: str
    fail: str
    not_applicable: str


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    verdict: str
    when: str
    text: str


class Variant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    benchmarks: tuple[str, ...]
    check: str
    reasons: Reasons


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: str
    command: str = ""
    console: str = ""


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    expect: str
    given: str
    benchmark: str = ""
    as_of: str = ""
    parameters: dict[str, int] = {}


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    title: str
    severity: str
    why: str
    check: str
    misses: str
    references: tuple[str, ...]
    reasons: Reasons
    remedy: tuple[Step, ...]
    controls: dict[str, tuple[str, ...]]
    case: tuple[Case, ...]
    parameters: dict[str, Parameter] = {}
    variant: tuple[Variant, ...] = ()
    reason: tuple[Said, ...] = ()


class Attribute(msgspec.Struct, frozen=True):
    path: str
    type: str
    absent: bool
    values: tuple[str, ...] = ()


def _pack() -> dict[str, Rule]:
    folder = resources.files("rootwarden.packs") / "root"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return {
        file.name.removesuffix(".toml"): msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), Rule)
        for file in files
    }


def _schema() -> dict[str, Attribute]:
    text = (resources.files("rootwarden.packs") / "schema" / "RootUser.toml").read_text(encoding="utf-8")
    attributes = msgspec.convert(tomllib.loads(text)["attribute"], list[Attribute])
    return {attribute.path: attribute for attribute in attributes}


PACK: Final = _pack()
SCHEMA: Final = _schema()
CASES: Final = [pytest.param(case, id=f"{name}: {case.name}") for name, rule in PACK.items() for case in rule.case]
each_rule = pytest.mark.parametrize("rule", [pytest.param(rule, id=name) for name, rule in PACK.items()])


def test_the_pack_holds_exactly_the_published_rules() -> None:
    assert set(PACK) == set(CIS)
    assert {name: rule.id for name, rule in PACK.items()} == {name: name for name in PACK}
    titles = [rule.title for rule in PACK.values()]
    assert len(set(titles)) == len(titles)


@each_rule
def test_a_rule_tells_each_verdict_apart(rule: Rule) -> None:
    assert rule.severity in SEVERITIES
    assert {case.expect for case in rule.case} == VERDICTS
    names = [case.name for case in rule.case]
    assert len(set(names)) == len(names)


@each_rule
def test_every_scope_asks_first_whether_there_is_a_root_user(rule: Rule) -> None:
    for check in (rule.check, *(variant.check for variant in rule.variant)):
        assert check.split()[:3] == ["RootUser", "where", "Exists"]


@each_rule
def test_variants_cover_each_benchmark_once_and_have_a_case(rule: Rule) -> None:
    covered = [benchmark for variant in rule.variant for benchmark in variant.benchmarks]
    assert len(set(covered)) == len(covered)
    assert set(covered) <= set(BENCHMARKS)
    judged = {case.benchmark for case in rule.case} - {""}
    for variant in rule.variant:
        assert judged & set(variant.benchmarks)


@each_rule
def test_control_numbers_are_those_of_the_matrices(rule: Rule) -> None:
    assert set(rule.controls) <= FRAMEWORKS
    numbers = dict(zip(BENCHMARKS, CIS[rule.id].split(), strict=True))
    expected = {benchmark: (number,) for benchmark, number in numbers.items() if number != "-"}
    assert {name: ids for name, ids in rule.controls.items() if name in BENCHMARKS} == expected
    for ids in rule.controls.values():
        assert ids
        assert len(set(ids)) == len(ids)


@each_rule
def test_reasons_name_only_what_exists(rule: Rule) -> None:
    every = (rule.reasons, *(variant.reasons for variant in rule.variant))
    sentences = [sentence for reasons in every for sentence in msgspec.structs.astuple(reasons)]
    for reason in (*sentences, *(one.text for one in rule.reason)):
        assert reason
        assert "\n" not in reason
        for name in re.findall(r"\{([^}]*)\}", reason):
            assert name in rule.parameters or name in SCHEMA


@each_rule
def test_parameters_are_used_and_their_defaults_allowed(rule: Rule) -> None:
    for name, parameter in rule.parameters.items():
        assert parameter.minimum <= parameter.default <= parameter.maximum
        assert re.search(rf"\b{name}\b", rule.check)
    for case in rule.case:
        for name, value in case.parameters.items():
            assert rule.parameters[name].minimum <= value <= rule.parameters[name].maximum


@each_rule
def test_what_depends_on_time_has_an_instant_in_every_case(rule: Rule) -> None:
    timed = "isLaterThan" in rule.check or "isEarlierThan" in rule.check
    for case in rule.case:
        assert bool(case.as_of) == timed
        if timed:
            assert datetime.fromisoformat(case.as_of).tzinfo is not None


@each_rule
def test_remedies_are_steps_and_undo_comes_before_destroy(rule: Rule) -> None:
    words = [f"{step.text} {step.command} {step.console}".lower() for step in rule.remedy]
    assert words
    deactivate = next((place for place, step in enumerate(words) if step.endswith("deactivate")), None)
    delete = next((place for place, step in enumerate(words) if step.endswith("delete")), None)
    if rule.id in {"root-access-key", "root-signing-certificate"}:
        assert deactivate is not None
        assert delete is not None
        assert deactivate < delete


@pytest.mark.parametrize("case", CASES)
def test_a_case_gives_only_what_the_schema_allows(case: Case) -> None:
    given = msgspec.json.decode(case.given)
    assert list(given) == ["RootUser"]
    (root,) = given["RootUser"]
    assert "Exists" in root
    _check_record(root, below="")


def _check_record(record: dict[str, object], *, below: str) -> None:
    for name, value in record.items():
        attribute = SCHEMA[f"{below}.{name}" if below else name]
        if value is None:
            assert attribute.absent, attribute.path
        elif isinstance(value, dict) and "$unknown" in value:
            assert list(value) == ["$unknown"]
            assert value["$unknown"]
        else:
            _check_value(value, attribute)


def _check_value(value: object, attribute: Attribute) -> None:
    if isinstance(value, dict):
        assert attribute.type == "record", attribute.path
        _check_record(value, below=attribute.path)
    elif isinstance(value, list):
        assert attribute.type == "list", attribute.path
        for element in value:
            _check_record(element, below=attribute.path)
    elif attribute.type == "date":
        assert isinstance(value, str)
        assert datetime.fromisoformat(value).tzinfo is not None
    else:
        expected = {"boolean": bool, "number": int, "string": str}[attribute.type]
        assert type(value) is expected, attribute.path
        assert not attribute.values or value in attribute.values, attribute.path
