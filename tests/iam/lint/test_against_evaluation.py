"""What the lint says of policies is what evaluation does with them."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.iam.lint.policies import ASKED, CONTEXTS, case, documents

from rootwarden.iam.case import evaluate_case
from rootwarden.iam.decision import Response
from rootwarden.iam.document import DocumentError, read_document
from rootwarden.iam.lint.codes import Code, Level
from rootwarden.iam.lint.finding import Kind
from rootwarden.iam.lint.lint import lint_text, lint_value
from rootwarden.iam.lint.operators import _OPERATORS as SPELLED
from rootwarden.iam.lint.operators import Family, read_operator
from rootwarden.iam.operators import OPERATORS
from rootwarden.packs.policies import policy_knowledge

if TYPE_CHECKING:
    from rootwarden.iam.lint.finding import Finding

KNOWLEDGE = policy_knowledge()
# What the draws may miss: each of these has what the test is about.
NEEDLESS = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["iam:*", "iam:GetUser"], "Resource": "*"},
        {"Effect": "Allow", "Action": "iam:Create*", "Resource": "arn:aws:iam::*:user/*"},
    ],
}
DENIED = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "iam:Create*", "Resource": "*"},
        {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"},
    ],
}


def found(document: object, *codes: Code) -> list[Finding]:
    return [one for one in lint_value(document, Kind.IDENTITY, KNOWLEDGE) if one.code in codes]


def decisions(document: Any) -> list[Response]:
    return [
        Response(evaluate_case(case(document, action, resource, context)).response)
        for action, resource in ASKED
        for context in CONTEXTS
    ]


def without(document: Any, pointer: str) -> Any:
    """The document without the value at a place."""
    made = deepcopy(document)
    *way, last = (int(token) if token.isdigit() else token for token in pointer.split("/")[1:])
    inside = made
    for token in way:
        inside = inside[token]
    del inside[last]
    return made


@settings(deadline=None, max_examples=300)
@given(documents())
@example(NEEDLESS)
def test_a_needless_statement_or_value_changes_nothing(document: Any) -> None:
    needless = found(document, Code.NEEDLESS_STATEMENT, Code.NEEDLESS_VALUE)
    for one in needless:
        assert decisions(without(document, one.pointer)) == decisions(document), one


@settings(deadline=None, max_examples=300)
@given(documents())
@example(DENIED)
def test_an_allow_that_is_denied_allows_nothing(document: Any) -> None:
    denied = found(document, Code.ALLOW_DENIED)
    for one in denied:
        lesser = decisions(without(document, one.pointer))
        assert [each is Response.ALLOWED for each in lesser] == [
            each is Response.ALLOWED for each in decisions(document)
        ]


@settings(deadline=None)
@given(documents(most=1))
def test_a_statement_that_never_matches_decides_nothing(document: Any) -> None:
    if found(document, Code.NEVER_MATCHES):
        assert set(decisions(document)) == {Response.IMPLICITLY_DENIED}


@settings(deadline=None)
@given(documents(most=1))
def test_an_action_without_effect_has_none(document: Any) -> None:
    dead = (Code.SERVICE_WILDCARD, Code.ACTION_SHAPE, Code.UNKNOWN_SERVICE, Code.UNKNOWN_ACTION, Code.NO_ACTION_FITS)
    for one in found(document, *dead):
        lone = deepcopy(document)
        (statement,) = lone["Statement"]
        name = "Action" if "Action" in statement else "NotAction"
        written = statement[name]
        statement["Action"] = written if isinstance(written, str) else written[int(one.pointer.rpartition("/")[2])]
        statement.pop("NotAction", None)
        assert set(decisions(lone)) == {Response.IMPLICITLY_DENIED}, one


@settings(deadline=None)
@given(documents(), st.data())
def test_what_evaluation_cannot_read_is_an_error(document: Any, data: st.DataObject) -> None:
    """Break a policy at a random place: what the strict reader refuses, the lint refuses too."""
    broken = deepcopy(document)
    statement = broken["Statement"][0]
    name = data.draw(st.sampled_from([*statement, "Sid", "Principal", "Effects", "NotAction", "Condition"]))
    odd: st.SearchStrategy[Any] = st.sampled_from(
        [
            1,
            None,
            [],
            {},
            "",
            "allow",
            ["a", 1],
            {"StringEquals": "x"},
            {"StringEquals": {"aws:username": {}}},
            {"AWS": 1},
        ]
    )
    statement[name] = data.draw(odd)
    try:
        read_document(broken)
    except DocumentError:
        levels = {one.level for one in lint_value(broken, Kind.IDENTITY, KNOWLEDGE)}
        assert Level.ERROR in levels


@settings(deadline=None)
@given(documents())
def test_text_and_value_get_the_same_findings(document: Any) -> None:
    by_text = lint_text(json.dumps(document, indent=2), Kind.IDENTITY, KNOWLEDGE)
    by_value = lint_value(document, Kind.IDENTITY, KNOWLEDGE)
    assert sorted((one.code, one.pointer, one.message) for one in by_text) == sorted(
        (one.code, one.pointer, one.message) for one in by_value
    )
    assert all(one.span is not None for one in by_text)


@settings(deadline=None)
@given(documents(most=1))
def test_letter_case_of_actions_changes_no_finding(document: Any) -> None:
    def codes(lowered: bool) -> list[tuple[Code, str]]:
        text = json.dumps(document)
        made = json.loads(text)
        for name in ("Action", "NotAction"):
            for statement in made["Statement"]:
                if name in statement and lowered:
                    statement[name] = json.loads(json.dumps(statement[name]).lower())
        return [(one.code, one.pointer) for one in lint_value(made, Kind.IDENTITY, KNOWLEDGE)]

    assert codes(lowered=False) == codes(lowered=True)


def test_the_operators_are_those_of_evaluation() -> None:
    assert set(OPERATORS) | {"null"} == set(SPELLED)
    for name, operator in OPERATORS.items():
        assert (SPELLED[name].negated, SPELLED[name].pattern) == (operator.negated, operator.wildcards), name


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("StringEquals", (Family.STRING, False, False, False)),
        ("ForAllValues:StringLikeIfExists", (Family.STRING, True, False, True)),
        ("foranyvalue:ArnLike", (Family.ARN, False, True, False)),
        ("BoolIfExists", (Family.BOOL, False, False, True)),
    ],
)
def test_an_operator_with_prefix_and_suffix(written: str, expected: tuple[Family, bool, bool, bool]) -> None:
    operator = read_operator(written)
    assert operator is not None
    assert (operator.family, operator.every, operator.some, operator.if_exists) == expected


@pytest.mark.parametrize(
    "written", ["NullIfExists", "ForAnyValue:Null", "StringEqual", "IfExists", "", "ForAllValues:"]
)
def test_what_is_no_operator(written: str) -> None:
    assert read_operator(written) is None


def test_the_examples_have_what_the_properties_are_about() -> None:
    assert {one.code for one in found(NEEDLESS, *Code)} >= {Code.NEEDLESS_STATEMENT, Code.NEEDLESS_VALUE}
    assert found(DENIED, Code.ALLOW_DENIED)
