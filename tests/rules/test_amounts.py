"""Counts and shares: exactly decided, exactly open, and the laws that tie them to `every`, `no` and `atleast one`."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rules.test_properties import PART_LEAVES, RECORDS, combined

from rootwarden.facts.fact import Absent, Known, Unknown, Unlisted
from rootwarden.rules.rule import compile_rule
from rootwarden.rules.rule_file import DEFAULT_AS_OF
from rootwarden.rules.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rootwarden.rules.outcome import Outcome
    from rootwarden.rules.schema import Schema

PERCENT = st.sampled_from(["0", "1", "33.3", "33.4", "50", "66.6", "66.7", "75", "99.9", "100"])
AMOUNTS = st.one_of(
    st.builds("{} {}".format, st.sampled_from(["atleast", "atmost", "exactly"]), st.integers(0, 5)),
    st.builds("{} {}%".format, st.sampled_from(["atleast", "atmost"]), PERCENT),
)
TRUTHS = st.sampled_from([True, False, None])
# Of each element: is it in scope, does it satisfy the condition?
LISTS = st.lists(st.tuples(TRUTHS, TRUTHS), max_size=5)
_NOBODY = "nobody looked"


def part(scope: bool | None, condition: bool | None) -> dict[str, Any]:
    facts = {"Flag": scope, "Other": condition}
    return {name: Unknown(_NOBODY) if value is None else Known(value) for name, value in facts.items()}


def ask(rule: str, parts: Sequence[tuple[bool | None, bool | None]], schema: Schema) -> Outcome:
    record = {"Parts": Known(tuple(part(*one) for one in parts))}
    return compile_rule(rule, schema).evaluate(record, as_of=DEFAULT_AS_OF)


def completions(parts: Sequence[tuple[bool | None, bool | None]]) -> Iterator[tuple[tuple[bool, bool], ...]]:
    """Everything the elements may turn out to be."""
    known = [(True, False) if one is None else (one,) for pair in parts for one in pair]
    for values in product(*known):
        yield tuple(zip(values[::2], values[1::2], strict=True))


def holds(amount: str, parts: tuple[tuple[bool, bool], ...]) -> bool:
    """What an amount means where everything is known."""
    bound, number = amount.split()
    inside = [condition for scope, condition in parts if scope]
    if number.endswith("%"):
        asked = Fraction(number.rstrip("%")) / 100
        share = Fraction(sum(inside), len(inside)) if inside else asked
        return share >= asked if bound == "atleast" else share <= asked
    count = sum(inside)
    return {"atleast": count >= int(number), "atmost": count <= int(number), "exactly": count == int(number)}[bound]


def expected(amount: str, parts: Sequence[tuple[bool | None, bool | None]]) -> Verdict:
    answers = {holds(amount, one) for one in completions(parts)}
    if len(answers) == 2:
        return Verdict.UNKNOWN
    return Verdict.PASS if answers == {True} else Verdict.FAIL


def turning(amount: str, parts: Sequence[tuple[bool | None, bool | None]]) -> list[str]:
    """The unknown facts that change the answer for some choice of all the others."""
    found = []
    for index, pair in enumerate(parts):
        for which, name in enumerate(("Flag", "Other")):
            if pair[which] is not None:
                continue
            others = [list(one) for one in parts]
            others[index][which] = True
            for chosen in completions([(one[0], one[1]) for one in others]):
                flipped = [list(one) for one in chosen]
                flipped[index][which] = False
                if holds(amount, chosen) is not holds(amount, tuple((one[0], one[1]) for one in flipped)):
                    found.append(f"Parts[{index}].{name}")
                    break
    return found


@given(amount=AMOUNTS, parts=LISTS)
@settings(max_examples=600, deadline=None)
def test_decided_when_every_completion_agrees_and_open_exactly_where_one_can_turn_it(
    amount: str, parts: Sequence[tuple[bool | None, bool | None]], schema: Schema
) -> None:
    outcome = ask(f"Thing should have {amount} Parts where Flag with [ Other ]", parts, schema)

    assert outcome.verdict is expected(amount, parts)
    if outcome.verdict is Verdict.UNKNOWN:
        assert sorted(one.attribute for one in outcome.missing) == turning(amount, parts)


@given(amount=AMOUNTS, parts=LISTS)
@settings(max_examples=400, deadline=None)
def test_the_witness_alone_decides(
    amount: str, parts: Sequence[tuple[bool | None, bool | None]], schema: Schema
) -> None:
    """Forget all but the facts of the witness: the verdict stays."""
    rule = f"Thing should have {amount} Parts where Flag with [ Other ]"
    outcome = ask(rule, parts, schema)
    if outcome.verdict is Verdict.UNKNOWN:
        return
    named = {one.attribute for one in outcome.witness}
    kept = [
        (
            pair[0] if f"Parts[{index}].Flag" in named else None,
            pair[1] if f"Parts[{index}].Other" in named else None,
        )
        for index, pair in enumerate(parts)
    ]

    assert outcome.witness
    assert ask(rule, kept, schema).verdict is outcome.verdict
    if "Parts" not in named:  # then not even the length of the list matters
        assert ask(rule, [*kept, (None, None)], schema).verdict is outcome.verdict


LAWS = [
    ("atmost {n} Parts with [ {c} ]", "not ( atleast {m} Parts with [ {c} ] )"),
    ("exactly {n} Parts with [ {c} ]", "( atleast {n} Parts with [ {c} ] and atmost {n} Parts with [ {c} ] )"),
    ("atleast one Parts with [ {c} ]", "atleast 1 Parts with [ {c} ]"),
    ("no Parts with [ {c} ]", "exactly 0 Parts with [ {c} ]"),
    ("every Parts with [ {c} ]", "atleast 100% Parts with [ {c} ]"),
    ("every Parts where ( {s} ) with [ {c} ]", "atleast 100.0% Parts where ( {s} ) with [ {c} ]"),
    ("no Parts where ( {s} ) with [ {c} ]", "atmost 0% Parts where ( {s} ) with [ {c} ]"),
    ("every Parts where ( {s} ) with [ {c} ]", "every Parts with [ not ( {s} ) or {c} ]"),
    ("atleast 2 Parts where ( {s} ) with [ {c} ]", "atleast 2 Parts with [ ( {s} ) and {c} ]"),
    ("atleast {p}% Parts with [ {c} ]", "atmost {q}% Parts with [ not ( {c} ) ]"),
    ("atleast {n} Parts", "Parts len ( ) gte {n}"),
    ("exactly {n} Parts", "( atleast {n} Parts and atmost {n} Parts )"),
]


@pytest.mark.parametrize("law", LAWS)
@given(
    record=RECORDS,
    conditions=st.tuples(combined(PART_LEAVES), combined(PART_LEAVES)),
    number=st.integers(0, 3),
    percent=st.sampled_from([0, 25, 50, 60, 100]),
)
@settings(max_examples=50, deadline=None)
def test_laws_of_amounts(  # noqa: PLR0917 - what hypothesis draws
    law: tuple[str, str], record: dict[str, Any], conditions: tuple[str, str], number: int, percent: int, schema: Schema
) -> None:
    scope, condition = conditions
    filled = {"c": condition, "s": scope, "n": number, "m": number + 1, "p": percent, "q": 100 - percent}
    rules = [compile_rule(f"Thing should have {side.format(**filled)}", schema) for side in law]
    verdicts = [rule.evaluate(record, as_of=DEFAULT_AS_OF).verdict for rule in rules]

    assert verdicts[0] is verdicts[1]


@pytest.mark.parametrize(
    ("amount", "of_absent"),
    [
        ("atleast 1", Verdict.FAIL),
        ("atmost 1", Verdict.PASS),
        ("exactly 1", Verdict.FAIL),
        ("exactly 0", Verdict.PASS),
        ("atleast 95%", Verdict.PASS),
        ("atmost 5%", Verdict.PASS),
    ],
)
def test_an_absent_list_has_no_elements_and_an_unknown_one_leaves_it_open(
    amount: str, of_absent: Verdict, schema: Schema
) -> None:
    rule = compile_rule(f"Thing should have {amount} Parts with [ Flag ]", schema)
    absent = rule.evaluate({"Parts": Absent()}, as_of=DEFAULT_AS_OF)
    unknown = rule.evaluate({"Parts": Unknown(_NOBODY)}, as_of=DEFAULT_AS_OF)

    assert (absent.verdict, [one.value for one in absent.witness]) == (of_absent, ["absent"])
    assert [one.attribute for one in unknown.missing] == ["Parts"]


@pytest.mark.parametrize(
    ("rule", "note"),
    [
        ("Thing should have atleast 40% Parts with [ Other ]", "2 of 5 `Parts` satisfy it, 1 more may"),
        ("Thing should have atleast 90% Parts with [ Other ]", "2 of 5 `Parts` satisfy it, 1 more may"),
        ("Thing should have atmost 60% Parts where Flag with [ Other ]", "1 of 2 `Parts` in scope satisfy it"),
    ],
)
def test_a_decided_share_says_how_many(rule: str, note: str, schema: Schema) -> None:
    parts = [(True, True), (True, False), (False, True), (False, None), (False, False)]

    assert ask(rule, parts, schema).notes == (note,)


def test_facts_of_elements_in_scope_come_first(schema: Schema) -> None:
    outcome = ask(
        "Thing should have atleast 90% Parts where Flag with [ Other ]", [(False, True), (True, False)], schema
    )

    assert outcome.witness[0].attribute.startswith("Parts[1]")


def test_shares_are_not_rounded(schema: Schema) -> None:
    third = [(True, True), (True, False), (True, False)]

    for percent, verdict in (("33.333333333333333", Verdict.PASS), ("33.333333333333334", Verdict.FAIL)):
        rule = f"Thing should have atleast {percent}% Parts where Flag with [ Other ]"
        assert ask(rule, third, schema).verdict is verdict


BOOLEANS = st.booleans()
LISTED = st.lists(st.tuples(BOOLEANS, BOOLEANS), max_size=4)
UNLISTED = Unlisted("a region was refused", permission="sts:AssumeRole")


def ask_of_part(rule: str, parts: Sequence[tuple[bool | None, bool | None]], schema: Schema) -> Outcome:
    """What is said of a list of which only a part could be read."""
    record = {"Parts": Known((*(part(*one) for one in parts), UNLISTED))}
    return compile_rule(rule, schema).evaluate(record, as_of=DEFAULT_AS_OF)


@given(amount=AMOUNTS, parts=LISTS, more=LISTED)
@settings(max_examples=600, deadline=None)
def test_a_decided_amount_stays_however_many_elements_the_unread_part_has(
    amount: str,
    parts: Sequence[tuple[bool | None, bool | None]],
    more: Sequence[tuple[bool, bool]],
    schema: Schema,
) -> None:
    rule = f"Thing should have {amount} Parts where Flag with [ Other ]"
    outcome = ask_of_part(rule, parts, schema)

    if outcome.verdict is not Verdict.UNKNOWN:
        assert {holds(amount, (*one, *more)) for one in completions(parts)} == {outcome.verdict is Verdict.PASS}
    else:
        assert "Parts" in " ".join(one.attribute for one in outcome.missing)
        assert any(one.permission == "sts:AssumeRole" for one in outcome.missing)


@given(amount=AMOUNTS.filter(lambda amount: "%" not in amount), parts=LISTS)
@settings(max_examples=300, deadline=None)
def test_a_count_is_open_only_if_the_unread_part_can_turn_it(
    amount: str, parts: Sequence[tuple[bool | None, bool | None]], schema: Schema
) -> None:
    outcome = ask_of_part(f"Thing should have {amount} Parts where Flag with [ Other ]", parts, schema)

    answers = {
        holds(amount, (*one, *((True, True),) * more)) for one in completions(parts) for more in range(len(parts) + 7)
    }
    assert (outcome.verdict is Verdict.UNKNOWN) is (len(answers) == 2)


OF_A_PART = [
    ("Thing should have Parts len ( ) eq 1", Verdict.UNKNOWN),
    ("Thing should have Parts with [ Flag ]", Verdict.PASS),
    ("Thing should have Parts with [ not Flag ]", Verdict.UNKNOWN),
    ("Thing should have every Parts with [ Flag ]", Verdict.UNKNOWN),
    ("Thing should have every Parts with [ not Flag ]", Verdict.FAIL),
    ("Thing should have atleast 1 Parts", Verdict.UNKNOWN),
    ("Thing should have atmost 1 Parts", Verdict.UNKNOWN),
    ("Thing should have atmost 0 Parts", Verdict.UNKNOWN),
    ("Thing should have atleast 0% Parts with [ Flag ]", Verdict.PASS),
    ("Thing should have atleast 1% Parts with [ Flag ]", Verdict.UNKNOWN),
    ("Thing should have atleast 100% Parts with [ Other ]", Verdict.FAIL),
]


@pytest.mark.parametrize(("rule", "verdict"), OF_A_PART)
def test_a_list_of_which_a_part_could_not_be_read(rule: str, verdict: Verdict, schema: Schema) -> None:
    assert ask_of_part(rule, [(True, False)], schema).verdict is verdict
