"""What the statements of one policy allow and deny: cases, and a brute force that tries every action and resource."""

from __future__ import annotations

import itertools
import re
import tomllib
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rootwarden.facts.fact import Unknown
from rootwarden.guardrails.clauses import Doubt, actions, resources
from rootwarden.guardrails.globs import Budget, TooIntricateError, glob, literal, matches_together
from rootwarden.guardrails.grants import TOGETHER, Grant, Question, decide
from rootwarden.guardrails.root_conditions import Condition

CASES: Final[list[dict[str, Any]]] = tomllib.loads((Path(__file__).parent / "grants.toml").read_text(encoding="utf-8"))[
    "case"
]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def grant(statement: dict[str, Any], **changed: Any) -> Grant:
    """A statement as IAM writes it."""
    named = {name: _listed(statement[name]) for name in statement if name.endswith(("Action", "Resource"))}
    conditions = [
        Condition(operator=operator, key=key, values=tuple(_listed(values)), place=f"Conditions[{operator}]")
        for operator, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    ]
    made = Grant(
        effect=statement["Effect"],
        actions=actions(named["Action"], "Action")
        if "Action" in named
        else actions(named["NotAction"], "NotAction", opposite=True),
        resources=resources(named["Resource"], "Resource")
        if "Resource" in named
        else resources(named["NotResource"], "NotResource", opposite=True),
        conditions=tuple(conditions),
    )
    return msgspec.structs.replace(made, **changed)


def asked(words: str) -> Question:
    """`denies iam:* for root`"""
    for_root = words.endswith(" for root")
    verb, action, *resource = words.removesuffix(" for root").split()
    return Question(denies=verb == "denies", action=action, resource=(*resource, "*")[0], for_root=for_root)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['ask']}: {case['name']}")
def test_case(case: dict[str, Any]) -> None:
    grants = tuple(grant(one) for one in msgspec.json.decode(case["statements"]))
    said = decide(grants, asked(case["ask"]))
    assert ("unknown" if said.truth is None else said.truth) == case["answer"]
    if "because" in case:
        assert said.because == tuple(case["because"])
    assert bool(said.doubts) is (said.truth is None)
    words = f"{said.note} {[doubt.fact.reason for _, doubt in said.doubts]}"
    assert case.get("words", "") in words
    if case.get("words") == "":
        assert said.note == ""


def test_an_effect_nobody_could_read_may_be_either() -> None:
    unread = Doubt("Effect", Unknown("denied"))
    doubtful = grant({"Effect": "", "Action": "iam:*", "Resource": "*"}, doubts=(unread,))
    allowing = grant({"Effect": "Allow", "Action": "*", "Resource": "*"})
    assert decide((doubtful,), asked("allows iam:CreateUser")).doubts == ((0, unread),)
    assert decide((doubtful,), asked("denies iam:CreateUser")).doubts == ((0, unread),)
    assert decide((allowing, doubtful), asked("allows iam:CreateUser")).doubts == ((1, unread),)
    assert decide((allowing, doubtful), asked("allows s3:GetObject")).truth is True
    assert decide((doubtful,), asked("allows s3:GetObject")).truth is False


def test_too_intricate_wildcards_are_undecided_and_said_so() -> None:
    # Each pattern is found or not found in a text independently of the others: two to the power of their number.
    named = [f"s3:*{chr(97 + number)}x{number}*" for number in range(16)]
    said = decide((grant({"Effect": "Allow", "Action": named, "Resource": "*"}),), asked("allows s3:*"))
    assert said.truth is False or said.doubts[0][0] == TOGETHER
    halves = [grant({"Effect": "Allow", name: named, "Resource": "*"}) for name in ("Action", "NotAction")]
    said = decide(tuple(halves), asked("allows s3:*"))
    assert said.truth is None
    assert said.doubts[0][0] == TOGETHER
    assert "too intricate" in said.doubts[0][1].fact.reason


def test_work_is_bounded_in_length_too() -> None:
    with pytest.raises(TooIntricateError):
        list(matches_together(glob("*"), [glob("a" * 50_000)]))
    with pytest.raises(TooIntricateError):
        list(matches_together(glob("*"), [glob("abc")], Budget(3)))


def test_a_wildcard_in_an_arn_stays_in_its_part() -> None:
    pattern = glob("arn:*:iam::*:role/*", parts=5)
    for text, fits in (
        ("arn:aws:iam::1:role/a:b", True),
        ("arn:aws:x:iam::1:role/a", False),
        ("arn:aws:iam::1:2:role/a", False),
    ):
        assert (1 in matches_together(literal(text), [pattern])) is fits


PATTERNS = st.text("ab*?", max_size=4)


@given(PATTERNS, st.lists(PATTERNS, max_size=4))
@settings(max_examples=300, deadline=None)
def test_patterns_match_together_as_brute_force_finds(wanted: str, patterns: list[str]) -> None:
    texts = ["".join(text) for size in range(8) for text in itertools.product("abx", repeat=size)]
    expected = {
        sum(1 << index for index, pattern in enumerate(patterns) if _fits(pattern, text))
        for text in texts
        if _fits(wanted, text)
    }
    assert set(matches_together(glob(wanted), [glob(pattern) for pattern in patterns])) == expected


def _fits(pattern: str, text: str) -> bool:
    return re.fullmatch(_expression(pattern), text) is not None


def _expression(pattern: str) -> str:
    return "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)


ARN = "arn:aws:s:r:1:"
ACTIONS = ["s:" + "".join(name) for size in range(1, 6) for name in itertools.product("abx", repeat=size)] + ["t:a"]
RESOURCES = [ARN + "".join(name) for size in range(5) for name in itertools.product("dex", repeat=size)] + ["*"]
ACTION = st.text("abAB*?", min_size=1, max_size=3).map("s:{}".format) | st.sampled_from(["*", "*:*", "S:*"])
RESOURCE = st.text("de*?", max_size=3).map(ARN.__add__) | st.just("*")


def _named(kind: str, values: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, list[str]]]:
    return st.tuples(st.sampled_from([kind, kind, f"Not{kind}"]), st.lists(values, min_size=1, max_size=2))


STATEMENT = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Allow", "Deny"]),
        "action": st.tuples(
            st.sampled_from(["Action", "Action", "NotAction"]), st.lists(ACTION, min_size=1, max_size=2)
        ),
        "resource": st.tuples(
            st.sampled_from(["Resource", "Resource", "NotResource"]), st.lists(RESOURCE, min_size=1, max_size=2)
        ),
        "conditional": st.booleans(),
    }
)


def _as_written(drawn: dict[str, Any]) -> dict[str, Any]:
    condition = {"Condition": {"Bool": {"aws:SecureTransport": "true"}}} if drawn["conditional"] else {}
    return {"Effect": drawn["Effect"], **dict([drawn["action"], drawn["resource"]]), **condition}


def _names(drawn: tuple[str, list[str]], text: str, *, fold: bool) -> bool:
    kind, patterns = drawn
    found = any(
        _fits("*" if pattern in {"*", "*:*"} else pattern.lower() if fold else pattern, text) for pattern in patterns
    )
    return found is not kind.startswith("Not")


def _brute_force(drawn: list[dict[str, Any]], question: Question) -> bool | None:
    """Every action and resource, with every way the conditions may turn out."""
    acted = {
        tuple(_names(one["action"], text, fold=True) for one in drawn)
        for text in ACTIONS
        if question.action == "*" or _fits(question.action.lower(), text)
    }
    reached = {
        tuple(_names(one["resource"], text, fold=False) for one in drawn)
        for text in RESOURCES
        if question.resource == "*" or _fits(question.resource, text)
    }
    answers = []
    for action, resource in itertools.product(acted, reached):
        cell = set()
        for held in itertools.product((True, False), repeat=len(drawn)):
            counting = [
                one["Effect"]
                for one, named, at, holds in zip(drawn, action, resource, held, strict=True)
                if named and at and (holds or not one["conditional"])
            ]
            cell.add("Deny" in counting if question.denies else "Allow" in counting and "Deny" not in counting)
        answers.append(cell.pop() if len(cell) == 1 else None)
    return False if False in answers else None if None in answers else True


QUESTIONS = (st.lists(STATEMENT, max_size=3), st.booleans(), ACTION, RESOURCE)


@given(*QUESTIONS)
@settings(max_examples=400, deadline=None)
def test_answers_are_those_of_brute_force(
    drawn: list[dict[str, Any]], denies: bool, action: str, resource: str
) -> None:
    _compare(drawn, denies=denies, action=action, resource=resource)


@pytest.mark.soak
@pytest.mark.timeout(900)
@given(*QUESTIONS)
@settings(max_examples=10_000, deadline=None)
def test_many_answers_are_those_of_brute_force(
    drawn: list[dict[str, Any]], denies: bool, action: str, resource: str
) -> None:
    _compare(drawn, denies=denies, action=action, resource=resource)


def _compare(drawn: list[dict[str, Any]], *, denies: bool, action: str, resource: str) -> None:
    question = Question(denies=denies, action="*" if action == "*:*" else action, resource=resource)
    grants = tuple(grant(_as_written(one)) for one in drawn)
    assert decide(grants, question).truth is _brute_force(drawn, question)
