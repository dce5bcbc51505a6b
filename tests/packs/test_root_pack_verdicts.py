"""Each case of the root pack, judged by the real engine.

What a case leaves out stays unknown here, though fixtures elsewhere read it as absent: a case that gets its verdict all
the same gives every fact the rule needs, and none by accident.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pytest

from rootwarden.facts.fact import Absent, Fact, Known, Unknown
from rootwarden.rules.rule import compile_rule
from rootwarden.rules.schema import AttributeType, Schema
from rootwarden.rules.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.rules.rule import CompiledRule

PACKS: Final = resources.files("rootwarden.packs")
SCHEMA: Final = Schema.from_toml((PACKS / "schema" / "RootUser.toml").read_text(encoding="utf-8"))
AS_OF: Final = datetime(2026, 1, 31, tzinfo=UTC)

Document = dict[str, Any]  # the TOML file as it stands: what a stranger's loader sees
Facts = Mapping[str, Fact[object]]


def _documents() -> list[Document]:
    files = sorted((PACKS / "root").iterdir(), key=lambda file: file.name)
    return [tomllib.loads(file.read_text(encoding="utf-8")) for file in files if file.name.endswith(".toml")]


DOCUMENTS: Final = _documents()
CASES: Final = [
    pytest.param(document, case, id=f"{document['id']}: {case['name']}")
    for document in DOCUMENTS
    for case in document["case"]
]


def _fact(value: object, path: str) -> Fact[object]:
    if value is None:
        return Absent()
    if isinstance(value, dict):
        return Unknown(value["$unknown"]) if "$unknown" in value else Known(_facts(value, path))
    if isinstance(value, list):
        return Known(tuple(_facts(element, path) for element in value))
    attribute = SCHEMA.attribute("RootUser", path)
    if attribute is not None and attribute.type is AttributeType.DATE and isinstance(value, str):
        return Known(datetime.fromisoformat(value).timestamp())
    return Known(value)


def _facts(record: dict[str, object], below: str = "") -> Facts:
    return {name: _fact(value, f"{below}.{name}" if below else name) for name, value in record.items()}


@cache
def _compiled(check: str, parameters: frozenset[tuple[str, int]]) -> CompiledRule:
    return compile_rule(check, SCHEMA, parameters=dict(parameters))


def _verdict(document: Document, case: Document, facts: Facts) -> Verdict:
    checks = {one: variant["check"] for variant in document.get("variant", ()) for one in variant["benchmarks"]}
    defaults = {name: parameter["default"] for name, parameter in document.get("parameters", {}).items()}
    parameters = frozenset({**defaults, **case.get("parameters", {})}.items())
    rule = _compiled(checks.get(case.get("benchmark", ""), document["check"]), parameters)
    as_of = datetime.fromisoformat(case["as_of"]) if "as_of" in case else AS_OF
    return rule.evaluate(facts, as_of=as_of).verdict


def _given(case: Document) -> Facts:
    (root,) = msgspec.json.decode(case["given"])["RootUser"]
    return _facts(root)


@pytest.mark.parametrize(("document", "case"), CASES)
def test_a_case_gets_the_verdict_it_tells_of(document: Document, case: Document) -> None:
    assert _verdict(document, case, _given(case)) == case["expect"]


def _darkened(facts: Facts) -> Iterator[Facts]:
    """The same facts with one of them, at any depth of records, made unknown."""
    for name, fact in facts.items():
        yield {**facts, name: Unknown("denied")}
        if isinstance(fact, Known) and isinstance(fact.value, Mapping):
            for inner in _darkened(fact.value):
                yield {**facts, name: Known(inner)}


@pytest.mark.parametrize(("document", "case"), CASES)
def test_losing_sight_of_a_fact_never_turns_a_verdict_into_another(document: Document, case: Document) -> None:
    facts = _given(case)
    for darker in _darkened(facts):
        assert _verdict(document, case, darker) in {case["expect"], Verdict.UNKNOWN}


@pytest.mark.parametrize("document", [pytest.param(document, id=document["id"]) for document in DOCUMENTS])
def test_knowing_nothing_is_unknown(document: Document) -> None:
    for check in (document["check"], *(variant["check"] for variant in document.get("variant", ()))):
        assert _verdict({**document, "check": check, "variant": []}, {}, {}) is Verdict.UNKNOWN
