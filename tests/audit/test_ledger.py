"""Exceptions with a condition, a beginning, a limit of their rule, and those that stand in the rule's own file."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest

from rootwarden.audit.exceptions import ExceptionEntry, parse_exceptions, prepare_exceptions
from rootwarden.audit.ledger import ExceptionLedger, State
from rootwarden.audit.result import Finding
from rootwarden.audit.rulebook import book_of, rulebook
from rootwarden.errors import InputError
from rootwarden.facts.fact import Known, Unknown
from rootwarden.packs import schema
from rootwarden.rules.diagnostic import RuleSyntaxError
from rootwarden.rules.rule_file import load_rule_file
from rootwarden.rules.verdict import Severity, Verdict

if TYPE_CHECKING:
    from rootwarden.rules.logic import Record

NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
ONE: Final = "111122223333"
DRILL: Final = 'AccountId eq "111122223333"'
RULE: Final = """
id = "own"
title = "t"
severity = "high"
why = "w"
misses = "m"
check = "RootUser should have MFAActive"
"""
IN_THE_FILE: Final = """
[[exception]]
when = 'AccountId eq "111122223333"'
reason = "drill"
owner = "secops"
approver = "lead"
ticket = "SEC-42"
from = 2026-03-01
until = 2026-03-31
"""


def entry(**changed: Any) -> ExceptionEntry:
    fields = {"rule": "own", "reason": "moving", "owner": "pat", "ticket": "T-1", "until": date(2026, 3, 31)}
    return ExceptionEntry(**{**fields, **changed})


def marked(
    *entries: ExceptionEntry, record: Record | None = None, rule: str = RULE, as_of: datetime = NOON
) -> tuple[Finding, ExceptionLedger]:
    book = rulebook([load_rule_file(rule)], schema())
    ledger = ExceptionLedger(prepare_exceptions(entries, book), as_of)
    finding = Finding(
        rule="own", account=ONE, resource="r", verdict=Verdict.FAIL, severity=Severity.HIGH, reason="because"
    )
    return ledger.mark(finding, record, "/Root"), ledger


KNOWN: Final = {"AccountId": Known(ONE)}
OTHER: Final = {"AccountId": Known("444455556666")}
UNKNOWN: Final = {"AccountId": Unknown("nobody looked")}
CONDITIONS: Final[list[tuple[str, Record | None, bool, State]]] = [
    ("it holds", KNOWN, True, State.IN_FORCE),
    ("it does not hold", OTHER, False, State.UNMATCHED),
    ("it cannot be decided", UNKNOWN, False, State.UNDECIDED),
    ("what was judged could not be read", None, False, State.UNDECIDED),
]


@pytest.mark.parametrize(("name", "record", "stands", "state"), CONDITIONS, ids=[case[0] for case in CONDITIONS])
def test_a_condition_must_be_known_to_hold(name: str, record: Record | None, stands: bool, state: State) -> None:
    finding, ledger = marked(entry(when=DRILL), record=record)
    assert finding.verdict is Verdict.FAIL
    assert (finding.suppressed_by is not None) is stands
    assert [use.state for use in ledger.uses()] == [state]
    assert bool(ledger.warnings()) is not stands


def test_a_condition_that_cannot_be_decided_is_told() -> None:
    _, ledger = marked(entry(when=DRILL), record=UNKNOWN)
    (warning,) = ledger.warnings()
    assert "cannot be decided for 1 finding" in warning
    assert DRILL in warning


def test_a_condition_about_something_else_is_refused_when_the_run_begins() -> None:
    with pytest.raises(RuleSyntaxError, match="AcountId"):
        marked(entry(when='AcountId eq "111122223333"'))


BEGINS: Final = [(date(2026, 3, 2), True), (date(2026, 3, 3), False)]


@pytest.mark.parametrize(("begins", "stands"), BEGINS)
def test_an_exception_holds_from_its_first_day(begins: date, stands: bool) -> None:
    finding, ledger = marked(entry(since=begins))
    assert (finding.suppressed_by is not None) is stands
    assert [use.state for use in ledger.uses()] == ["in_force" if stands else "not_yet"]
    assert [f"begins on {begins}" in warning for warning in ledger.warnings()] == ([] if stands else [True])


@pytest.mark.parametrize(("days", "stands"), [(29, True), (28, False), (0, False)])
def test_a_rule_may_limit_its_exceptions(days: int, stands: bool) -> None:
    limited = RULE.replace('title = "t"', f'title = "t"\nlongest_exception = {days}')
    finding, ledger = marked(entry(), rule=limited)
    assert (finding.suppressed_by is not None) is stands
    assert [use.state for use in ledger.uses()] == ["in_force" if stands else "too_long"]
    assert [f"the {days} days its rule allows" in warning for warning in ledger.warnings()] == (
        [] if stands else [True]
    )


def test_an_exception_in_the_file_of_its_rule() -> None:
    finding, ledger = marked(record=KNOWN, rule=RULE + IN_THE_FILE)
    assert finding.suppressed_by is not None
    assert finding.suppressed_by.ticket == "SEC-42"
    (use,) = ledger.uses()
    assert (use.approver, use.when, use.since) == ("lead", DRILL, date(2026, 3, 1))
    assert marked(record=OTHER, rule=RULE + IN_THE_FILE)[0].suppressed_by is None


WRONG: Final = {
    "no condition": IN_THE_FILE.replace("when = 'AccountId eq \"111122223333\"'\n", ""),
    "an empty condition": IN_THE_FILE.replace('AccountId eq "111122223333"', " "),
    "no end": IN_THE_FILE.replace("until = 2026-03-31\n", ""),
    "an end before its beginning": IN_THE_FILE.replace("from = 2026-03-01", "from = 2026-04-01"),
    "an unknown key": IN_THE_FILE + 'accounts = ["111122223333"]\n',
    "a limit below nothing": "",
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_exception_in_a_rule_file_is_refused(name: str) -> None:
    head = RULE if WRONG[name] else RULE + "longest_exception = -1\n"
    with pytest.raises(InputError, match="rule file"):
        load_rule_file(head + WRONG[name])


def test_a_file_of_exceptions_knows_the_same_keys() -> None:
    text = '[[exception]]\nrule = "own"\n' + IN_THE_FILE.replace("[[exception]]", "")
    (read,) = parse_exceptions(text, name="exceptions.toml", rules=["own"])
    assert (read.when, read.approver, read.since) == (DRILL, "lead", date(2026, 3, 1))
    with pytest.raises(InputError, match="ends before it begins"):
        parse_exceptions(text.replace("from = 2026-03-01", "from = 2026-04-01"), name="exceptions.toml", rules=["own"])


@pytest.mark.parametrize("unit", ["", "/", "/Root/Prod/", "Root/Prod"], ids=repr)
def test_a_unit_that_is_none_is_refused_and_never_stands_for_all(unit: str) -> None:
    text = '[[exception]]\nrule = "own"\n' + IN_THE_FILE.replace("[[exception]]", "") + f'units = ["{unit}"]\n'
    with pytest.raises(InputError, match="no path of an organizational unit"):
        parse_exceptions(text, name="exceptions.toml", rules=["own"])


def test_what_a_condition_reads_is_asked_for_too() -> None:
    book = rulebook([load_rule_file(RULE)], schema())
    (prepared,) = prepare_exceptions([entry(when='PrimaryContact . FullName eq "Pat"')], book)
    together = book_of(book.rules, schema(), beside=prepared.conditions.values())
    assert "account:GetContactInformation" in together.needs - book.needs
    assert book.needs < together.needs
