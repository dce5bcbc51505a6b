"""A smallest fixture on which two rules disagree."""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from rootwarden import packs
from rootwarden.errors import InputError
from rootwarden.rules.difference import difference
from rootwarden.rules.fixture import load_fixture
from rootwarden.rules.rule import compile_rule
from rootwarden.rules.rule_file import DEFAULT_AS_OF
from rootwarden.rules.verdict import Verdict

if TYPE_CHECKING:
    from rootwarden.rules.difference import Difference

SCHEMA = packs.schema()
PASSWORD_ONLY = "IAMUser where RootUser should not have Password . LastUsedTime isLaterThan ( -1, 'days' )".replace(
    "'", '"'
)
PASSWORD_OR_KEY = (
    "IAMUser where RootUser should not have "
    '( ( AccessKey with [ Active and LastUsedTime isLaterThan ( -1, "days" ) ] )'
    ' or ( Password . Enabled and Password . LastUsedTime isLaterThan ( -1, "days" ) ) )'
)


def between(first: str, second: str) -> Difference:
    rules = [compile_rule(one, SCHEMA) for one in (first, second)]
    found = difference(rules[0], rules[1], SCHEMA, as_of=DEFAULT_AS_OF)
    if found.fixture is not None:
        # What is printed and read again must still tell them apart, in the same way.
        (resource,) = load_fixture(json.dumps(found.fixture), SCHEMA)
        verdicts = [one.evaluate(resource.record, as_of=DEFAULT_AS_OF).verdict for one in rules]
        assert verdicts == [found.first, found.second]
        assert found.first is not found.second
    return found


def test_root_key_used_today_password_idle() -> None:
    found = between(PASSWORD_ONLY, PASSWORD_OR_KEY)

    assert (found.first, found.second) == (Verdict.PASS, Verdict.FAIL)
    assert found.fixture == {
        "IAMUser": [
            {
                "AccessKey": [{"Active": True, "LastUsedTime": "2026-03-02T11:00:00Z"}],
                "Password": {"Enabled": True},
                "RootUser": True,
            }
        ]
    }


DISAGREE: list[tuple[str, str, dict[str, Any]]] = [
    (
        "should have atleast 3 AccessKey with [ Active ]",
        "should have atleast 2 AccessKey with [ Active ]",
        {"AccessKey": [{"Active": True}, {"Active": True}]},
    ),
    (
        "should have atmost 3 AccessKey",
        "should have atmost 4 AccessKey",
        {"AccessKey": [{}, {}, {}, {}]},
    ),
    (
        "should have every AccessKey where Active with [ LastUsedTime never ]",
        "should have every AccessKey with [ LastUsedTime never ]",
        {"AccessKey": [{"Active": False, "LastUsedTime": "2025-01-26T12:00:00Z"}]},
    ),
    (
        "should have AccessKey len ( ) gt 1",
        "should have AccessKey len ( ) eq 2",
        {"AccessKey": [{}, {}, {}]},
    ),
    (
        "should have MFADevices . Count between 1 and 2",
        "should have MFADevices . Count between 1 and 3",
        {"MFADevices": {"Count": 3}},
    ),
    ("should have MFADevices . Count gte 2", "should have MFADevices . Count gt 2", {"MFADevices": {"Count": 2}}),
    ("should have MFADevices . Count gte 7", "should have MFADevices . Count gte 8", {"MFADevices": {"Count": 7}}),
    ('where Position eq "member" should have Exists', "should have Exists", {"Exists": True, "Position": "management"}),
    ("should have AccessKey with [ Active ]", "should have every AccessKey with [ Active ]", {"AccessKey": []}),
    (
        "should have AccessKey with [ Active ] and AccessKey len ( ) gt 0",
        "should have every AccessKey with [ Active ] and AccessKey len ( ) gt 0",
        {"AccessKey": [{"Active": True}, {"Active": False}]},
    ),
    (
        "should have AccessKey with [ Active ] and AccessKey with [ LastUsedTime eq 0 ]",
        "should have AccessKey with [ Active and LastUsedTime eq 0 ]",
        {"AccessKey": [{"Active": True, "LastUsedTime": "2025-01-26T12:00:00Z"}, {"Active": False}]},
    ),
    (
        "should have MFADevices . Virtual with [ EnabledTime gt 0 ]",
        "should have MFADevices . Virtual with [ EnabledTime neq 1700000000 ]",
        {"MFADevices": {"Virtual": [{}]}},
    ),
    ('should have Email . Domain like "^exa"', 'should have Email . Domain eq "exa"', {}),
    ("should have Exists or not Exists", "should have Exists or Exists", {"Exists": False}),
]


@pytest.mark.parametrize(("first", "second", "facts"), DISAGREE)
def test_smallest_disagreements(first: str, second: str, facts: dict[str, Any]) -> None:
    found = between(f"RootUser {first}", f"RootUser {second}")

    if facts:
        assert found.fixture == {"RootUser": [facts]}
    else:
        assert found.fixture is None


def test_what_differs_only_in_the_unknown_is_found() -> None:
    found = between("RootUser should have Exists or not Exists", "RootUser should have MFAActive or not MFAActive")

    assert found.fixture == {"RootUser": [{"Exists": True, "MFAActive": {"$unknown": "nobody could look"}}]}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("CreationDate gt 300000000000", "CreationDate gte 300000000000"),
        ("Email . Domain len ( ) gt 9", "Email . Domain len ( ) gt 8"),
        ("MFADevices . Count gt 1.25", "MFADevices . Count gt 1.5"),
        ("CreationDate lt Password . LastUsedTime", "CreationDate lte Password . LastUsedTime"),
        ('Email . Domain like "exam"', 'Email . Domain like "^example$"'),
        ('CreationDate isEarlierThan ( -2, "weeks" )', 'CreationDate isEarlierThan ( -14.1, "days" )'),
    ],
)
def test_other_kinds_of_disagreement(first: str, second: str) -> None:
    assert between(f"RootUser should have {first}", f"RootUser should have {second}").fixture is not None


@pytest.mark.parametrize("number", ["999999999999999999", "-99999999999999999", "0.0000001"])
def test_numbers_of_any_size(number: str) -> None:
    for asked in (f"MFADevices . Count gt {number}", f'CreationDate isLaterThan ( {number}, "weeks" )'):
        assert between(f"RootUser should have {asked}", f"RootUser should have not {asked}").fixture is not None


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (PASSWORD_OR_KEY, PASSWORD_OR_KEY),
        ("IAMUser should not have MFAActive", "IAMUser should have not MFAActive"),
        ("IAMUser should have AccessKey len ( ) gt 5", "IAMUser should have AccessKey len ( ) eq 6"),
        ("IAMUser should have every AccessKey with [ Active ]", "IAMUser should have no AccessKey with [ not Active ]"),
    ],
)
def test_none_within_bounds(first: str, second: str) -> None:
    found = between(first, second)

    assert (found.fixture, found.complete) == (None, True)
    assert found.tried > 1


def test_a_search_that_is_stopped_says_so() -> None:
    rule = compile_rule(PASSWORD_OR_KEY, SCHEMA)
    tries = count()
    found = difference(rule, rule, SCHEMA, as_of=DEFAULT_AS_OF, go_on=lambda: next(tries) < 100)

    assert (found.tried, found.complete, found.fixture) == (100, False, None)


def test_rules_about_different_things_cannot_be_compared() -> None:
    with pytest.raises(InputError, match="`RootUser`, the other about `IAMUser`"):
        between("RootUser should have Exists", "IAMUser should have MFAActive")


def test_the_same_search_gives_the_same_fixture() -> None:
    assert between(PASSWORD_ONLY, PASSWORD_OR_KEY) == between(PASSWORD_ONLY, PASSWORD_OR_KEY)


@pytest.mark.parametrize(
    ("first", "second", "record"),
    [
        (
            "CloudTrail should have LogGroup . Retention gt 90",
            "CloudTrail should have LogGroup . Retention gte 90",
            {"LogGroup": {"Retention": 90}},
        ),
        (
            "IAMUser should not have Groups with [ GroupPolicy . ManagedPolicies with [ AwsManaged ] ]",
            "IAMUser should not have Groups with [ GroupPolicy . ManagedPolicies ]",
            {"Groups": [{"GroupPolicy": {"ManagedPolicies": [{"AwsManaged": False}]}}]},
        ),
    ],
)
def test_rules_that_disagree_behind_references(first: str, second: str, record: dict[str, Any]) -> None:
    found = between(first, second)

    assert found.fixture == {first.split(maxsplit=1)[0]: [record]}
