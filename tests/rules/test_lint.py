"""What is probably not meant: found, explained, and repaired where an edit can."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rootwarden.packs import root_pack
from rootwarden.rules.diagnostic import Code, Level
from rootwarden.rules.format import format_sentence
from rootwarden.rules.lint import fixed, lint

if TYPE_CHECKING:
    from rootwarden.rules.rule_file import PostureRule
    from rootwarden.rules.schema import Schema

FOUND = [
    ("Thing should not have Flag or Other and Size gt 1", ["R1001"]),
    ("Thing where Flag and Other or Box should not have Flag or Other and Box", ["R1001", "R1001"]),
    ("Thing should not have Parts with [ Flag and Used gt 1 or Name ]", ["R1001"]),
    ("Thing should not have ( Flag ) and ( Other ) or Box", ["R1001"]),
    ("Thing should not have every Parts with [ Flag ]", ["R1002"]),
    ("Thing should not have not not every Parts with [ Flag ]", ["R1002"]),
    ("Thing should not have no Parts with [ every Inner with [ Size eq 1 ] ]", []),
    ("Thing should not have every Parts with [ Flag ] or Parts len ( ) gt 1", ["R1002"]),
    ("Thing should have Parts with [ Flag ]", ["R1004", "R1003"]),
    ("Thing should not have not Parts with [ Flag ]", ["R1003"]),
    ("Thing should not have no Parts with [ Inner with [ Size eq 1 ] ]", ["R1003"]),
    ("Thing should have Flag", ["R1004"]),
    ("Thing WHERE Flag should not have Size EQ 1 And Name Like “a”", ["R1005"] * 4),
    ('Thing should not have Used islaterthan ( -1, "days" )', ["R1005"]),
    ("Thing should not have Atleast One Parts with [ Flag ]", ["R1005", "R1005"]),
    ('Thing should not have Kind in ( "Small", "large" )', ["R1006"]),
    ('Thing should not have Kind eq "SMALL" and Flog', ["R1006", "R0203"]),
    ("Thing should not have Size eq 1 and ( Flag and Size eq 2 )", ["R1007"]),
    ("Thing should not have Flag and not Flag", ["R1007"]),
    ("Thing should not have Size gt 2 and Size lt 2", ["R1007"]),
    ("Thing should not have Size gte 3 and Size in ( 1, 2 )", ["R1007"]),
    ('Thing should not have Parts with [ Name eq "a" and Name eq "b" ]', ["R1007"]),
    ("Thing should not have not ( Size neq 1 or Size eq 1 )", ["R1008"]),
    ("Thing should not have Size neq 1 or Size neq 2", ["R1008"]),
    ("Thing where Size eq 1 and Size eq 2 should not have Flag", ["R1009"]),
    ("Thing where not ( Flag or not Flag ) should not have Flag", ["R1009"]),
    ("Thing where ( Size eq 1 and Size eq 2 ) or ( Flag and not Flag ) should not have Flag", ["R1009"]),
    ("SecurityGroup should not have InboundRules with [ FromPort gte 20 and ToPort lte 22 ]", ["R1021", "R1010"]),
    ("SecurityGroup should not have InboundRules with [ FromPort lte 22 and ToPort gte 22 ]", ["R1021"]),
    ("IAMUser where MFADevices . Physical len ( ) gt 0 should not have MFADevices . Physical len ( ) gt 1", ["R1021"]),
    ("AWS should not have EC2Instances with [ PublicIPv4 len ( ) gt 0 ]", ["R1021"]),
    (
        "Thing should not have Used NEVER or Used Within Last 3 Days and Size Between 1 and 2",
        ["R1005", "R1001", *["R1005"] * 4],
    ),
    ("Thing should not have AtMost One Parts where Flag with [ Other ]", ["R1005", "R1005"]),
    ("Thing should not have atleast 2 Parts where Flag or Other and Name with [ Flag ] and Size eq 1", ["R1001"]),
    ("Thing should not have atleast 0 Parts with [ Flag ]", ["R1008"]),
    ("Thing should not have atleast 0 Parts or atleast 0% Parts with [ Flag ]", ["R1008", "R1008"]),
    ("Thing should not have atmost 100% Parts with [ Flag ] and atmost 1 Box with [ Flag ]", ["R1008", "R1008"]),
    ("Thing should not have atleast 2 Box with [ Flag ]", ["R1007"]),
    ("Thing should not have atleast 2 Parts with [ Flag ] and atmost 1 Parts with [ Flag ]", ["R1007"]),
    ("Thing should not have exactly 2 Parts with [ Flag ] and no Parts with [ Flag ]", ["R1007"]),
    (
        (
            "Thing should not have atleast 3 Parts with [ Flag ]"
            " and not atleast 4 Parts with [ Flag ] and Parts len ( ) eq 1"
        ),
        [],
    ),
    ("Thing should not have atmost 2 Parts with [ Flag ] or atleast 2 Parts with [ Flag ]", ["R1008"]),
    ("Thing should not have Size between 3 and 5 and Size lt 3", ["R1007"]),
    ("Thing should not have Used never and Used gt 5", ["R1007"]),
    ("IAMUser where Name eq “root” should not have MFAActive eq false", ["R1020"]),
    ('IAMUser where Name in ( "root", "<root_account>" ) should not have MFAActive', ["R1020"]),
    ('IAMUser should not have AccessKey with [ Active ] and Name like "^<root_account>$"', ["R1020"]),
]
FINE = [
    "Thing should not have Size between 1 and 2 or Flag",
    "Thing should not have ( atleast 2 Parts where Flag or Other with [ Flag ] ) and Size eq 1",
    "Thing should not have atleast 2 Parts where Flag or Other with [ Flag ] and Size eq 1",
    "Thing should not have Never never and to to to overlaps ( 1, 2 )",
    "Thing should not have atleast 2 Parts with [ Flag ] and atmost 2 Parts with [ Flag ]",
    "Thing should not have atleast 2 Parts with [ Flag ] and atmost 1 Parts with [ Other ]",
    "Thing should not have ( Flag and Other ) or Size gt 1",
    'Thing should not have Box . And eq "a" or ( Flag and Other )',
    "Thing should not have every Parts with [ Flag ] and Parts len ( ) gt 0",
    "Thing should not have every Parts with [ Flag ] and Parts",
    "Thing should not have Parts with [ Flag ]",
    "Thing where Parts with [ Flag ] should not have Flag",
    "Thing where RootUser eq True should not have Flag eq False",
    "Thing should not have Size eq 1 or Size eq 2",
    "Thing should not have Size gte 2 and Size lte 2",
    "Thing should not have Flag eq true or Flag eq false",
    "Thing should not have Size eq 1 and Limit eq 2",
    'Thing should not have Range eq "10.0.0.0/8" and Range eq 10.0.0.0/8',
    'Thing should not have Parts with [ Name eq "a" ] and Parts with [ Name eq "b" ]',
    "Thing should not have Used lt 5 and Used neq 0",
    'IAMUser where Name in ( "root", "other" ) should not have MFAActive',
    'IAMUser where Name like "root" should not have MFAActive and Tags with [ Name eq "root" ]',
    'Thing should not have Name eq "root"',
]
REPAIRED = [
    (
        'IAMUser where Name neq "root" should not have MFAActive',
        "IAMUser where RootUser eq false should not have MFAActive",
    ),
    ("Thing should not have Flag or Other and Box", "Thing should not have Flag or ( Other and Box )"),
    (
        "Thing should not have ( Flag ) and ( Other ) or Box",
        "Thing should not have ( ( Flag ) and ( Other ) ) or Box",
    ),
    ("Thing Should Not have Kind eq “SMALL”", 'Thing should not have Kind eq "small"'),
    ("Thing should have Parts with [ Flag ]", "Thing should have atleast one Parts with [ Flag ]"),
    (
        "Thing should not have EVERY Parts with [ Flag ] or Flag and Other",
        "Thing should not have ( every Parts with [ Flag ] and Parts len ( ) gt 0 ) or ( Flag and Other )",
    ),
    (
        "SecurityGroup should not have InboundRules with [ FromPort gte 20 and ToPort lte 22 ]",
        "SecurityGroup should not have InboundRules with [ FromPort lte 22 and ToPort gte 20 ]",
    ),
]


def codes(text: str, schema: Schema) -> list[str]:
    return [one.code.value for one in lint(text, schema)]


@pytest.mark.parametrize(("text", "expected"), FOUND)
def test_doubts_are_found(text: str, expected: list[str], schema: Schema) -> None:
    assert codes(text, schema) == expected


def test_every_doubt_is_shown_here() -> None:
    assert {code for _, expected in FOUND for code in expected} >= {code for code in Code if code > "R1"}


@pytest.mark.parametrize("text", FINE)
def test_what_is_meant_is_left_alone(text: str, schema: Schema) -> None:
    assert [code for code in codes(text, schema) if code > "R1"] == []


@pytest.mark.parametrize(("text", "expected"), REPAIRED)
def test_edits_repair_it(text: str, expected: str, schema: Schema) -> None:
    assert fixed(text, schema) == expected
    assert all(one.level is Level.NOTE for one in lint(expected, schema))
    assert all(one.level is Level.NOTE for one in lint(format_sentence(expected), schema))


@pytest.mark.parametrize("rule", root_pack(), ids=lambda rule: rule.id)
def test_the_shipped_rules_have_nothing_doubtful(rule: PostureRule, schema: Schema) -> None:
    parameters = {one.name: one.default for one in rule.parameters}
    for sentence in (rule.check, *(variant.check for variant in rule.variants)):
        assert lint(sentence, schema, parameters=parameters) == ()
