"""The cases of keys that nobody knows: as many as can differ, none that is not told apart, and never too many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rootwarden.guardrails.replaying.cases import MOST_CASES, cases_of
from rootwarden.iam.context import MISSING, Context, NotKnown, Supposed, Unlike, held
from rootwarden.iam.document import read_document
from rootwarden.iam.statement import Request, compiled_document

if TYPE_CHECKING:
    from rootwarden.iam.statement import CompiledStatement

KEY: Final = "aws:PrincipalTag/team"


def denies(*conditions: dict[str, Any]) -> tuple[CompiledStatement, ...]:
    statements = [{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": one} for one in conditions]
    return compiled_document(read_document({"Version": "2012-10-17", "Statement": statements}))


def asked(**keys: Any) -> Request:
    return Request("ec2:runinstances", "*", Context(keys, complete=False))


@pytest.mark.parametrize(
    ("conditions", "count"),
    [
        ([{"StringEquals": {KEY: "a"}}], 0),
        ([{"StringEquals": {KEY: "a"}}, {"StringEquals": {"aws:PrincipalTag/other": "a"}}], 0),
        ([{"StringEquals": {KEY: "a"}}, {"StringNotEquals": {KEY: "a"}}], 3),
        ([{"StringEquals": {KEY: ["a", "b"]}}, {"StringNotEqualsIfExists": {KEY: ["b", "a"]}}], 3),
        ([{"StringEquals": {KEY: "a"}}, {"StringEquals": {KEY: "b"}}], 5),
        ([{"StringEquals": {KEY: "a"}}, {"Null": {KEY: "true"}}], 3),
        ([{"ForAnyValue:StringLike": {KEY: "a"}}, {"ForAllValues:StringNotLike": {KEY: "a"}}], 3),
        ([{"ForAllValues:StringLike": {KEY: "a"}}, {"ForAllValues:StringNotLike": {KEY: "a"}}], 5),
        ([{"Bool": {"aws:SecureTransport": "true"}}, {"BoolIfExists": {"aws:SecureTransport": "FALSE"}}], 3),
        ([{"Bool": {"ec2:Encrypted": "true"}}, {"Bool": {"ec2:Encrypted": "false"}}], 5),
        ([{"StringLike": {KEY: f"{letter}*"}} for letter in "abcdef"], 0),
        ([{"StringEquals": {KEY: "a"}, "Bool": {"aws:SecureTransport": "true"}}] * 2, 0),
    ],
)
def test_how_many_cases_there_are(conditions: list[dict[str, Any]], count: int) -> None:
    found = list(cases_of(asked(), denies(*conditions)))
    assert len(found) == count <= MOST_CASES


def test_what_is_known_is_no_case() -> None:
    statements = denies({"StringEquals": {KEY: "a"}}, {"StringNotEquals": {KEY: "a"}})
    assert list(cases_of(asked(**{KEY: held("a")}), statements)) == []
    assert list(cases_of(asked(**{KEY: MISSING}), statements)) == []
    assert list(cases_of(asked(**{KEY: Unlike(text="o")}), statements)) == []


TEXTS: Final = st.sampled_from(["a", "b", "ab", "A", "", "a/b", "A/", "a/*", "*", "a*", "?"])
OPERATORS: Final = st.sampled_from(
    [
        f"{quantifier}{operator}{suffix}"
        for quantifier in ("", "ForAnyValue:", "ForAllValues:")
        for operator in ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringNotEqualsIgnoreCase")
        for suffix in ("", "IfExists")
    ]
)
CONDITIONS: Final = st.tuples(OPERATORS, st.lists(TEXTS, min_size=1, max_size=2)).map(
    lambda drawn: {drawn[0]: {KEY: drawn[1]}}
)
HELD: Final = st.one_of(
    st.just(MISSING), TEXTS.map(held), st.lists(TEXTS, min_size=2, max_size=3).map(lambda texts: held(*texts))
)


@settings(deadline=None)
@given(conditions=st.lists(CONDITIONS, min_size=2, max_size=3), value=HELD)
def test_whatever_a_key_holds_one_of_the_cases_is_like_it(conditions: list[dict[str, Any]], value: Any) -> None:
    """In some case every statement comes out as it does with that value, so what all cases agree on is so."""
    statements = denies(*conditions)
    real = [one.match(asked(**{KEY: value})).truth for one in statements]
    cases = list(cases_of(asked(), statements)) or [{}]
    told = [[one.match(asked(**case)).truth for one in statements] for case in cases]
    assert any(all(one in (None, other) for one, other in zip(each, real, strict=True)) for each in told)


@settings(deadline=None)
@given(conditions=st.lists(CONDITIONS, min_size=1, max_size=3), value=HELD)
def test_what_is_said_of_a_key_in_part_holds_for_every_value_it_may_have(
    conditions: list[dict[str, Any]], value: Any
) -> None:
    texts = getattr(value, "texts", ())
    part = Unlike(text="a")
    if any(f"{text}/".lower().startswith("a/") for text in texts):
        return
    for one in denies(*conditions):
        said = one.match(asked(**{KEY: part})).truth
        assert said in (None, one.match(asked(**{KEY: value})).truth)


def test_a_supposed_key_is_known_in_nothing_else() -> None:
    """A variable that stands for it stays unknown."""
    (one,) = denies({"StringEquals": {"aws:username": f"${{{KEY}}}"}})
    context = {KEY: Supposed(answers={}), "aws:username": held("somebody")}
    assert one.match(asked(**context)).truth is None
    assert isinstance(context[KEY], NotKnown)
