"""Changes that cases should notice."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from tests.rules.test_properties import RULES

from rootwarden import packs
from rootwarden.rules.changes import changes
from rootwarden.rules.difference import difference
from rootwarden.rules.mutants import mutants
from rootwarden.rules.normal_form import normal_form
from rootwarden.rules.parser import parse
from rootwarden.rules.printer import print_rule
from rootwarden.rules.rule import compile_rule
from rootwarden.rules.rule_file import DEFAULT_AS_OF, load_rule_file

if TYPE_CHECKING:
    from rootwarden.rules.rule_file import PostureRule
    from rootwarden.rules.schema import Schema

SCHEMA = packs.schema()
HEAD = 'id = "x"\ntitle = "t"\nseverity = "low"\nwhy = "w"\nmisses = "m"\n'


def changed(sentence: str) -> list[str]:
    """The changed sentences, without the entity."""
    rule = compile_rule(f"IAMUser {sentence}", SCHEMA).tree
    return [print_rule(one).removeprefix("IAMUser ") for _, _, one in changes(rule, SCHEMA)]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("should have MFAActive", ["should not have MFAActive", "should have not MFAActive"]),
        ("should have not MFAActive", ["should have MFAActive"]),
        ("where RootUser should have MFAActive", ["should have MFAActive", "where not RootUser should have MFAActive"]),
        (
            "should have RootUser and MFAActive",
            ["should have RootUser or MFAActive", "should have RootUser", "should have MFAActive"],
        ),
        ("should have RootUser or MFAActive", ["should have RootUser and MFAActive"]),
        (
            "should have AccessKey len ( ) gt 1",
            [f"should have AccessKey len ( ) {one}" for one in ("gte 1", "lte 1", "gt 0", "gt 2")],
        ),
        ("should have AccessKey len ( ) lt 1", ["should have AccessKey len ( ) lte 1"]),
        (
            'should have Password . LastUsedTime isLaterThan ( -1, "days" )',
            [
                'should have Password . LastUsedTime isLaterThan ( -2, "days" )',
                'should have Password . LastUsedTime isLaterThan ( 0, "days" )',
                'should have Password . LastUsedTime isEarlierThan ( -1, "days" )',
            ],
        ),
        (
            "should have every AccessKey with [ Active ]",
            [f"should have {word} AccessKey with [ Active ]" for word in ("atleast one", "no")],
        ),
        (
            "should have AccessKey with [ Active ]",
            [
                "should have every AccessKey with [ Active ]",
                "should have AccessKey",
                "should have AccessKey with [ not Active ]",
            ],
        ),
        ('should have Name in ( "a", "b" )', ['should have Name notin ( "a", "b" )']),
        ('should have Name notlike "^a"', ['should have Name like "^a"']),
        ("should have MFAActive neq true", ["should have MFAActive eq true"]),
        (
            "should have atleast 2 AccessKey with [ Active ]",
            [f"should have {one} AccessKey with [ Active ]" for one in ("atleast 3", "atleast 1", "atmost 2")]
            + ["should have atleast 2 AccessKey"],
        ),
        ("should have exactly 0 AccessKey", [f"should have {one} AccessKey" for one in ("exactly 1", "atmost 0")]),
        (
            "should have atleast 97.5% AccessKey with [ Active ]",
            [
                f"should have {one} AccessKey with [ Active ]"
                for one in ("atleast 100%", "atleast 92.5%", "atmost 97.5%")
            ],
        ),
        (
            "should have every AccessKey where Active with [ LastUsedTime never ]",
            [
                "should have every AccessKey with [ LastUsedTime never ]",
                "should have every AccessKey where not Active with [ LastUsedTime never ]",
                "should have every AccessKey where Active with [ not LastUsedTime never ]",
                "should have no AccessKey where Active with [ LastUsedTime never ]",
            ],
        ),
        (
            "should have no AccessKey where Active with [ LastUsedTime never ]",
            ["should have no AccessKey with [ Active ]"],
        ),
        (
            "should have AccessKey len ( ) between 1 and 2",
            [f"should have AccessKey len ( ) between {one}" for one in ("0 and 2", "2 and 2", "1 and 3", "1 and 1")]
            + ["should have not AccessKey len ( ) between 1 and 2"],
        ),
        (
            "should have Password . LastUsedTime within last 0 days",
            [f"should have Password . LastUsedTime {one}" for one in ("within last 1 days", "older than 0 days")],
        ),
    ],
)
def test_what_is_changed(sentence: str, expected: list[str]) -> None:
    made = changed(sentence)

    assert set(expected) <= set(made), made
    assert sentence not in made


@pytest.mark.parametrize("rule", packs.every_rule(), ids=lambda rule: rule.id)
def test_every_changed_sentence_is_a_rule_and_keys_are_unique(rule: PostureRule) -> None:
    tree = compile_rule(rule.check, SCHEMA, parameters={one.name: one.default for one in rule.parameters}).tree
    made = list(changes(tree, SCHEMA))

    assert len({key for key, _, _ in made}) == len(made) > 0
    for _, _, one in made:
        assert print_rule(compile_rule(print_rule(one), SCHEMA).tree) == print_rule(one)


@pytest.mark.parametrize("rule", packs.every_rule(), ids=lambda rule: rule.id)
def test_no_mutant_of_a_shipped_pack_survives(rule: PostureRule) -> None:
    found = mutants(rule, SCHEMA)

    assert found
    assert [one.change for one in found if one.survives] == []
    assert [one.change for one in found if one.equivalent] == []


def survivors(check: str, *cases: tuple[object, str], more: str = "") -> list[str]:
    text = f"{HEAD}check = {json.dumps(check)}\n{more}"
    for index, (user, expect) in enumerate(cases):
        text += f'[[case]]\nname = "{index}"\nexpect = "{expect}"\ngiven = \'{json.dumps({"IAMUser": [user]})}\'\n'
    return [one.change for one in mutants(load_rule_file(text, file="x.toml"), SCHEMA) if one.survives]


NO_ONE_TWO: tuple[list[dict[str, bool]], ...] = ([], [{}], [{}, {}])


def test_a_bound_needs_a_case_on_each_side() -> None:
    check = "IAMUser should have AccessKey len ( ) gte 1"
    none, one, two = ({"AccessKey": keys} for keys in NO_ONE_TWO)

    assert survivors(check, (none, "fail"), (one, "pass")) == []
    assert survivors(check, (none, "fail"), (two, "pass")) == [
        "`gte` becomes `gt` in `AccessKey len ( ) gte 1`, in the check",
        "`1` becomes `2` in `AccessKey len ( ) gte 1`, in the check",
    ]
    assert len(survivors(check)) == 5


def test_a_parameter_is_a_bound_too() -> None:
    check = 'IAMUser should not have Password . LastUsedTime isLaterThan ( -window, "days" )'
    more = '[parameters.window]\ndefault = 2\ndescribe = "days"\n'
    today, years_ago = ({"Password": {"LastUsedTime": f"{day}T00:00:00Z"}} for day in ("2026-03-02", "2020-01-01"))

    assert survivors(check, (today, "fail"), (years_ago, "pass"), more=more) == [
        '`-2` becomes `-1` in `Password . LastUsedTime isLaterThan ( -2, "days" )`, in the check',
        '`-2` becomes `-3` in `Password . LastUsedTime isLaterThan ( -2, "days" )`, in the check',
    ]
    hours = ({"Password": {"LastUsedTime": f"2026-02-28T{time}Z"}} for time in ("13:00:00", "11:00:00"))
    just_inside, just_outside = hours
    assert survivors(check, (just_inside, "fail"), (just_outside, "pass"), more=more) == []


def test_the_largest_number_has_a_larger_neighbour() -> None:
    assert len(survivors(f"IAMUser should have AccessKey len ( ) gte {10**18 - 1}")) == 5
    assert survivors(f"IAMUser should have AccessKey len ( ) gte {10**18 - 1}", ({"AccessKey": []}, "fail")) == [
        f"`gte` becomes `gt` in `AccessKey len ( ) gte {10**18 - 1}`, in the check",
        f"`{10**18 - 1}` becomes `{10**18}` in `AccessKey len ( ) gte {10**18 - 1}`, in the check",
        f"`{10**18 - 1}` becomes `{10**18 - 2}` in `AccessKey len ( ) gte {10**18 - 1}`, in the check",
    ]


EQUAL_FORMS = [
    ("should have AccessKey len ( ) gt 0", "should have AccessKey len ( ) gte 1"),
    ("should have AccessKey len ( ) eq 0", "should have not AccessKey len ( ) gt 0"),
    ("should have AccessKey len ( ) lt 2", "should have AccessKey len ( ) lte 1"),
    ("should have not ( RootUser and MFAActive )", "should not have MFAActive and RootUser"),
    ("should have every AccessKey with [ Active ]", "should not have AccessKey with [ not Active ]"),
    ("should have no AccessKey with [ Active ]", "should not have any AccessKey with [ Active ]"),
    ('should have Name notin ( "a" )', 'should not have Name in ( "a" )'),
    ("should have RootUser or RootUser", "should have RootUser"),
]
DIFFERENT_FORMS = [
    # True of every known length, yet unknown of an unknown one: no law makes it a constant.
    ("should have AccessKey len ( ) gte 0", "should have AccessKey len ( ) gte 0 or MFAActive"),
    ("should have AccessKey with [ Active ]", "should have every AccessKey with [ Active ]"),
    ("where RootUser should have MFAActive", "should have MFAActive"),
    ("should have MFAActive eq false", "should have MFAActive neq true"),
]


@pytest.mark.parametrize(("left", "right"), EQUAL_FORMS)
def test_equal_forms_mean_the_same(left: str, right: str) -> None:
    first, second = (compile_rule(f"IAMUser {one}", SCHEMA) for one in (left, right))

    assert normal_form(first.tree) == normal_form(second.tree)
    assert difference(first, second, SCHEMA, as_of=DEFAULT_AS_OF).fixture is None


@pytest.mark.parametrize(("left", "right"), DIFFERENT_FORMS)
def test_what_means_something_else_has_another_form(left: str, right: str) -> None:
    assert normal_form(parse(f"IAMUser {left}")) != normal_form(parse(f"IAMUser {right}"))


def test_an_equivalent_mutant_is_left_out() -> None:
    # `and` of the same clause twice is that clause, and so is `or`.
    text = f'{HEAD}check = "IAMUser should have MFAActive and MFAActive"\n'
    found = mutants(load_rule_file(text, file="x.toml"), SCHEMA)

    assert [one.change for one in found if one.equivalent] == [
        "`and` becomes `or` in `MFAActive and MFAActive`, in the check",
        "dropped `MFAActive`, in the check",
        "dropped `MFAActive`, in the check",
    ]
    assert not any(one.survives for one in found if one.equivalent)


@pytest.mark.parametrize("rule", packs.root_pack()[:12], ids=lambda rule: rule.id)
def test_what_is_left_out_is_never_told_apart(rule: PostureRule) -> None:
    """A form that is equal by mistake would hide a survivor: the search for a difference must find none."""
    tree = compile_rule(rule.check, SCHEMA, parameters={one.name: one.default for one in rule.parameters}).tree
    original = compile_rule(print_rule(tree), SCHEMA)
    for _, words, one in changes(tree, SCHEMA):
        found = difference(original, compile_rule(print_rule(one), SCHEMA), SCHEMA, as_of=DEFAULT_AS_OF)
        assert (normal_form(one) == normal_form(tree)) <= (found.fixture is None), words


@given(rule=RULES)
@settings(max_examples=100, deadline=None)
def test_every_change_is_a_rule_of_its_own(rule: str, schema: Schema) -> None:
    tree = compile_rule(rule, schema).tree
    made = list(changes(tree, schema))
    keys = [key for key, _, _ in made]

    assert len(keys) == len(set(keys))
    for _, words, changed_tree in made:
        text = print_rule(changed_tree)
        assert text != print_rule(tree), words
        assert compile_rule(text, schema).text == text
