"""The compiled rule: what it reads, what its verdict rests on, and how it treats facts of every shape."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from rootwarden.facts.fact import Absent, Known, Source, Unknown, Why
from rootwarden.rules.parser import parse
from rootwarden.rules.rule import compile_rule
from rootwarden.rules.rule_file import DEFAULT_AS_OF
from rootwarden.rules.verdict import Verdict

if TYPE_CHECKING:
    from rootwarden.rules.outcome import Outcome
    from rootwarden.rules.schema import Schema

REPORT = Source(call="iam:GetCredentialReport", account="111122223333", observed_at=DEFAULT_AS_OF)
SUMMARY = Source(call="iam:GetAccountSummary", account="111122223333", observed_at=DEFAULT_AS_OF)
PUBLIC_RULES = [
    "IAMUser where RootUser eq True should not have AccessKey with [ Active eq True ]",
    "IAMUser where RootUser eq True should have MFAActive eq true",
    'IAMUser where RootUser eq True should not have Password . LastUsedTime isLaterThan ( -1, "days" )',
]


def judge(text: str, record: dict[str, Any], schema: Schema) -> Outcome:
    return compile_rule(text, schema).evaluate(record, as_of=DEFAULT_AS_OF)


@pytest.mark.parametrize("text", PUBLIC_RULES)
def test_the_three_public_rules_run_unchanged(text: str, schema: Schema) -> None:
    compiled = compile_rule(text, schema)
    good: dict[str, Any] = {
        "RootUser": Known(True),
        "MFAActive": Known(True),
        "AccessKey": Known(()),
        "Password": Known({"LastUsedTime": Absent()}),
    }
    bad: dict[str, Any] = {
        "RootUser": Known(True),
        "MFAActive": Known(False),
        "AccessKey": Known(({"Active": Known(True)},)),
        "Password": Known({"LastUsedTime": Known(int(DEFAULT_AS_OF.timestamp()) - 60)}),
    }

    assert compiled.evaluate(good, as_of=DEFAULT_AS_OF).verdict is Verdict.PASS
    assert compiled.evaluate(bad, as_of=DEFAULT_AS_OF).verdict is Verdict.FAIL
    assert compiled.evaluate({"RootUser": Known(True)}, as_of=DEFAULT_AS_OF).verdict is Verdict.UNKNOWN
    assert compiled.evaluate({"RootUser": Known(False)}, as_of=DEFAULT_AS_OF).verdict is Verdict.NOT_APPLICABLE


def test_what_it_reads_names_the_calls(schema: Schema) -> None:
    compiled = compile_rule(
        'RootUser where Exists should have AccessKey with [ LastUsedTime isLaterThan ( 0, "days" ) ] or Email . Domain',
        schema,
    )

    assert compiled.entity == "RootUser"
    assert compiled.reads == {"Exists", "AccessKey", "AccessKey.LastUsedTime", "Email.Domain"}
    assert compiled.reads_clock
    assert not compile_rule("RootUser should have Exists", schema).reads_clock
    domain = schema.attribute("RootUser", "Email.Domain")
    assert domain is not None
    assert domain.fed_by == ("organizations:ListAccounts",)


def test_a_name_nobody_collected_is_unknown_and_names_the_permission(schema: Schema) -> None:
    outcome = judge("RootUser should have MFAActive", {}, schema)

    assert outcome.verdict is Verdict.UNKNOWN
    assert outcome.missing[0].reason == "not collected"
    assert outcome.missing[0].permission == "iam:GetAccountSummary"


def test_a_name_nothing_collects_says_so(schema: Schema) -> None:
    outcome = judge("IAMUser should have SSHPublicKeys len ( ) gt 0", {}, schema)

    assert outcome.missing[0].reason == "`SSHPublicKeys` is known to the language, not collected here"


def test_a_permission_is_an_iam_action(schema: Schema) -> None:
    missing = judge("RootUser should have MFADevices . Physical len ( ) gt 0", {}, schema).missing[0]

    assert missing.attribute == "MFADevices.Physical"
    assert missing.permission == ""


def test_notes_and_evidence_are_those_of_the_deciding_facts(schema: Schema) -> None:
    record = {
        "Flag": Known(False, (REPORT,), "the report disagreed"),
        "Other": Known(True, (SUMMARY,), "deduced"),
        "Size": Known(1, (SUMMARY,), "never looked at"),
    }
    outcome = judge("Thing should have Flag or Other eq true", record, schema)

    assert outcome.verdict is Verdict.PASS
    assert outcome.notes == ("deduced",)
    assert outcome.evidence == (SUMMARY,)
    assert [one.sources for one in outcome.witness] == [(SUMMARY,)]


def test_a_list_gone_through_brings_its_note_once(schema: Schema) -> None:
    keys = ({"Flag": Known(True, (REPORT,), "from the report")}, {"Flag": Known(True, (REPORT,), "from the report")})
    record = {"Parts": Known(keys, (SUMMARY,), "active ones only")}
    outcome = judge("Thing should not have Parts with [ Flag ]", record, schema)

    assert [one.attribute for one in outcome.witness] == ["Parts[0].Flag", "Parts[1].Flag"]
    assert outcome.notes == ("from the report", "active ones only")
    assert outcome.evidence == (REPORT, SUMMARY)


def test_unknown_waits_only_for_what_would_decide_it(schema: Schema) -> None:
    record = {
        "Flag": Unknown("denied", Why.DENIED, "iam:A", (REPORT,)),
        "Other": Known(True),
        "Size": Unknown("throttled"),
        "Box": Unknown("no box", permission="iam:B"),
    }
    outcome = judge("Thing should have Flag and Other and ( Other or Size eq 1 ) and Box . Flag", record, schema)

    assert [(one.attribute, one.reason, one.permission) for one in outcome.missing] == [
        ("Flag", "denied", "iam:A"),
        ("Box.Flag", "no box", "iam:B"),
    ]
    assert outcome.witness == ()
    assert outcome.evidence == (REPORT,)


@pytest.mark.parametrize(
    ("name", "value", "test"),
    [
        ("Flag", 1, "Flag"),
        ("Flag", "true", "Flag eq true"),
        ("Name", 5, 'Name eq "5"'),
        ("Size", True, "Size eq 1"),
        ("Size", float("nan"), "Size eq 1"),
        ("Size", float("inf"), "Size gt 1"),
        ("Size", 10**400, "Size gt 1"),
        ("Used", "2026-01-01", "Used eq 0"),
        ("Used", None, "Used eq 0"),
        ("Parts", "abc", "Parts with [ Flag ]"),
        ("Parts", (5,), "Parts with [ Flag ]"),
        ("Parts", {"Flag": 5}, "Parts len ( ) eq 1"),
        ("Labels", {"a": 1}, 'Labels has ( "a" )'),
        ("Box", (), "Box . Flag"),
        ("Range", "10.0.0.1/8", "Range isPublic ( )"),
        ("Range", 5, "Range eq 10.0.0.0/8"),
    ],
)
def test_a_value_of_another_type_is_unknown_never_a_verdict(
    name: str, value: object, test: str, schema: Schema
) -> None:
    for text in (f"Thing should have {test}", f"Thing should not have {test}"):
        assert judge(text, {name: Known(value)}, schema).verdict is Verdict.UNKNOWN


def test_a_date_that_may_lie_ahead_is_no_clock_skew(schema: Schema) -> None:
    later = int(DEFAULT_AS_OF.timestamp()) + 60

    assert judge('Thing should have Due isLaterThan ( 0, "days" )', {"Due": Known(later)}, schema).notes == ()
    assert judge('Thing should have Used isLaterThan ( 0, "days" )', {"Used": Known(later)}, schema).notes == (
        "`Used` is 60 seconds in the future: clock skew",
    )


def test_the_instant_needs_a_time_zone(schema: Schema) -> None:
    with pytest.raises(ValueError, match="time zone"):
        compile_rule("Thing should have Flag", schema).evaluate({}, as_of=datetime(2026, 3, 2))  # noqa: DTZ001 - naive is what must be refused
    aware = compile_rule("Thing should have Flag", schema).evaluate({}, as_of=datetime(2026, 3, 2, tzinfo=UTC))
    assert aware.verdict is Verdict.UNKNOWN


def test_parameters_stand_where_values_do(schema: Schema) -> None:
    rule = 'Thing should have Size gt -low and Labels has ( wanted, "z" ) and Used isLaterThan ( -window, unit )'
    values: dict[str, Any] = {"low": 2, "wanted": ("a", "b"), "window": 7, "unit": "days"}
    compiled = compile_rule(rule, schema, parameters=values)

    assert compiled.text == (
        'Thing should have Size gt -2 and Labels has ( "a", "b", "z" ) and Used isLaterThan ( -7, "days" )'
    )


def test_many_witnesses_are_counted_not_listed(schema: Schema) -> None:
    parts = tuple({"Flag": Known(False)} for _ in range(500))
    outcome = judge("Thing should not have Parts with [ Flag ]", {"Parts": Known(parts)}, schema)

    assert len(outcome.witness) == 100
    assert outcome.notes == ("401 more facts decided it too",)


def test_the_same_question_gives_the_same_bytes(schema: Schema) -> None:
    record = {"Parts": Known(({"Flag": Known(True, (REPORT,))},)), "Box": Absent()}
    texts = ["Thing should not have Parts with [ Flag ] or Box . Flag"] * 2

    assert judge(texts[0], record, schema) == judge(texts[1], record, schema)
    assert parse(texts[0]) == parse(texts[1])
