"""A value that differs only in letter case decides as any other value does, and the outcome says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rootwarden.facts.fact import Known, Unknown
from rootwarden.rules.rule import MAXIMUM_LETTER_NOTES, compile_rule
from rootwarden.rules.rule_file import DEFAULT_AS_OF
from rootwarden.rules.verdict import Verdict

if TYPE_CHECKING:
    from rootwarden.rules.outcome import Outcome
    from rootwarden.rules.schema import Schema

SAID = "`Name` is `Active`, which differs only in letter case from `ACTIVE`"


def judge(text: str, record: dict[str, Any], schema: Schema) -> Outcome:
    return compile_rule(text, schema).evaluate(record, as_of=DEFAULT_AS_OF)


@pytest.mark.parametrize(
    ("rule", "value", "verdict", "notes"),
    [
        ('Thing should have Name eq "ACTIVE"', "Active", Verdict.FAIL, (SAID,)),
        ('Thing should not have Name eq "ACTIVE"', "Active", Verdict.PASS, (SAID,)),
        ('Thing should have Name neq "ACTIVE"', "Active", Verdict.PASS, (SAID,)),
        ('Thing should have Name in ( "x", "ACTIVE" )', "Active", Verdict.FAIL, (SAID,)),
        ('Thing where Name eq "ACTIVE" should have Flag', "Active", Verdict.NOT_APPLICABLE, (SAID,)),
        ('Thing should have Name eq "ACTIVE" or Name eq "Active"', "Active", Verdict.PASS, ()),
        ('Thing should have Name eq "ACTIVE"', "ACTIVE", Verdict.PASS, ()),
        ('Thing should have Name eq "ACTIVE"', "Passive", Verdict.FAIL, ()),
        ('Thing should have Name like "ACTIVE"', "Active", Verdict.FAIL, ()),
    ],
)
def test_the_outcome_says_so(rule: str, value: str, verdict: Verdict, notes: tuple[str, ...], schema: Schema) -> None:
    outcome = judge(rule, {"Name": Known(value)}, schema)

    assert (outcome.verdict, outcome.notes) == (verdict, notes)


def test_elements_are_named_and_the_notes_bounded(schema: Schema) -> None:
    parts = Known(tuple({"Name": Known("Active")} for _ in range(50)))
    outcome = judge('Thing should have atleast one Parts with [ Name eq "ACTIVE" ]', {"Parts": parts}, schema)

    assert outcome.verdict is Verdict.FAIL
    assert outcome.notes[0] == "`Parts[0].Name` is `Active`, which differs only in letter case from `ACTIVE`"
    assert len(outcome.notes) == MAXIMUM_LETTER_NOTES


def test_what_is_unknown_has_no_letters(schema: Schema) -> None:
    outcome = judge('Thing should have Name eq "ACTIVE"', {"Name": Unknown("denied")}, schema)

    assert (outcome.verdict, outcome.notes) == (Verdict.UNKNOWN, ())


def test_a_value_cannot_move_the_cursor(schema: Schema) -> None:
    outcome = judge('Thing should have Name eq "A\x1b"', {"Name": Known("a\x1b")}, schema)

    assert all(note.isprintable() for note in outcome.notes)
    assert outcome.notes
