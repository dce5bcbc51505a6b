"""Without a third truth value: never unknown, and the same as reading facts in which nothing is unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from tests.rules.test_properties import RECORDS, RULES

from rootwarden.facts.fact import Absent, Known, Unknown
from rootwarden.rules.rule import compile_rule
from rootwarden.rules.rule_file import DEFAULT_AS_OF
from rootwarden.rules.verdict import Verdict

if TYPE_CHECKING:
    from rootwarden.rules.schema import Schema


def without_unknown(value: Any) -> Any:
    """The facts as they would be had nobody ever failed to look: gone where they are unknown."""
    if isinstance(value, Unknown):
        return Absent()
    if isinstance(value, dict):
        return {name: without_unknown(one) for name, one in value.items()}
    if isinstance(value, Known) and isinstance(value.value, dict):
        return Known(without_unknown(value.value))
    if isinstance(value, Known) and isinstance(value.value, tuple):
        return Known(tuple(without_unknown(one) for one in value.value if not isinstance(one, Unknown)))
    return value if value != Known("nonsense") else Absent()  # no address


@given(rule=RULES, record=RECORDS)
@settings(max_examples=400, deadline=None)
def test_unknown_is_absent_and_nothing_else_changes(rule: str, record: dict[str, Any], schema: Schema) -> None:
    two_valued = compile_rule(rule, schema, two_valued=True).evaluate(record, as_of=DEFAULT_AS_OF)
    filled = compile_rule(rule, schema).evaluate(without_unknown(record), as_of=DEFAULT_AS_OF)

    assert two_valued.verdict is filled.verdict
    assert two_valued.verdict is not Verdict.UNKNOWN
    assert two_valued.missing == ()


@pytest.mark.parametrize(
    ("rule", "facts", "verdict"),
    [
        ("Flag", {}, Verdict.FAIL),
        ("not Flag", {"Flag": Known("yes")}, Verdict.PASS),
        ("Parts", {"Parts": Known((Unknown("cut"),))}, Verdict.FAIL),
        ("every Parts with [ Flag ]", {"Parts": Known((Unknown("cut"), 7))}, Verdict.PASS),
        ("exactly 1 Parts", {"Parts": Known((Unknown("cut"), {"Flag": Known(True)}))}, Verdict.PASS),
        ('Labels has ( "a" )', {"Labels": Known((Unknown("cut"), "a"))}, Verdict.PASS),
        ('not Name catches ( "root-usage" )', {"Name": Unknown("denied")}, Verdict.PASS),
    ],
)
def test_what_is_unknown_or_malformed_is_not_there(
    rule: str, facts: dict[str, Any], verdict: Verdict, schema: Schema
) -> None:
    compiled = compile_rule(f"Thing should have {rule}", schema, two_valued=True)

    assert compiled.evaluate(facts, as_of=DEFAULT_AS_OF).verdict is verdict


def test_the_note_says_what_was_unknown_and_elements_keep_their_place(schema: Schema) -> None:
    parts = Known((Unknown("cut short"), {"Flag": Known(True)}))
    compiled = compile_rule("Thing should not have Parts with [ Flag ] or Flag", schema, two_valued=True)
    outcome = compiled.evaluate({"Parts": parts, "Flag": Unknown("denied")}, as_of=DEFAULT_AS_OF)
    passing = compile_rule("Thing should not have Flag", schema, two_valued=True)

    assert [one.attribute for one in outcome.witness] == ["Parts[1].Flag"]
    assert passing.evaluate({"Flag": Unknown("denied")}, as_of=DEFAULT_AS_OF).notes == (
        "unknown, read as absent: denied",
    )
