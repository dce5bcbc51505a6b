"""Tests by meaning in rules: what patterns catch, what statements allow and deny, and what is known of the facts."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rootwarden.detect.samples import Use
from rootwarden.facts.fact import Absent, Known, Unknown
from rootwarden.packs.samples import SampleSets
from rootwarden.rules.fixture import load_fixture
from rootwarden.rules.rule import compile_rule
from rootwarden.rules.schema import Schema
from rootwarden.rules.verdict import Verdict

if TYPE_CHECKING:
    from rootwarden.detect.sample_sets import SampleSet
    from rootwarden.rules.outcome import Outcome

AS_OF: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
CASES: Final[list[dict[str, Any]]] = tomllib.loads(
    (Path(__file__).parent / "predicates.toml").read_text(encoding="utf-8")
)["case"]
PACKS: Final = Path(__file__).parents[2] / "src" / "rootwarden" / "packs" / "schema"


def _outcome(rule: str, text: str, schema: Schema) -> Outcome:
    (resource,) = load_fixture(text, schema)
    return compile_rule(rule, schema).evaluate(resource.record, as_of=AS_OF)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['rule'].split()[0]}: {case['name']}")
def test_case(case: dict[str, Any], schema: Schema) -> None:
    outcome = _outcome(case["rule"], case["given"], schema)
    assert outcome.verdict == case["verdict"]
    assert bool(outcome.missing) is (outcome.verdict is Verdict.UNKNOWN)
    said = {
        "missing": [f"{one.attribute}: {one.reason}" for one in outcome.missing],
        "witness": [f"{one.attribute} = {one.value}" for one in outcome.witness],
        "notes": list(outcome.notes),
    }
    for where, words in said.items():
        assert case.get(where, "") in "\n".join(words)


class _Watched(SampleSets):
    """Tells which sets were read."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def __getitem__(self, name: str) -> SampleSet:
        self.read.append(name)
        return super().__getitem__(name)


def test_a_set_is_read_when_a_pattern_is_asked_and_no_other_is() -> None:
    sets = _Watched()
    text = (PACKS / "CloudWatchLogGroup.toml").read_text(encoding="utf-8")
    alarm = (PACKS / "MetricAlarm.toml").read_text(encoding="utf-8")
    topic = (PACKS / "SNSTopic.toml").read_text(encoding="utf-8")
    watched = Schema(
        {"CloudWatchLogGroup": text.__str__, "MetricAlarm": alarm.__str__, "SNSTopic": topic.__str__}, sample_sets=sets
    )
    rule = compile_rule(
        'CloudWatchLogGroup should have MetricFilters with [ FilterPattern catches ( "vpc-changes" ) ]', watched
    )
    assert sets.read == []
    filters = Known(({"FilterPattern": Known("")},))
    assert rule.evaluate({"MetricFilters": filters}, as_of=AS_OF).verdict is Verdict.PASS
    assert set(sets.read) == {"vpc-changes"}


def test_every_required_event_counts(schema: Schema) -> None:
    """A filter that lists all names but one misses that one, in a rule as elsewhere."""
    for name, samples in schema.sample_sets.items():
        names = dict.fromkeys(str(one.event["eventName"]) for one in samples.samples if one.use is Use.REQUIRED)
        if name in {"root-usage", "unauthorized-api-calls"} or len(names) < 2:
            continue
        listed = " || ".join(f"$.eventName = {one}" for one in list(names)[1:])
        sentence = f'CloudWatchLogGroup should have MetricFilters with [ FilterPattern catches ( "{name}" ) ]'
        rule = compile_rule(sentence, schema)
        filters = Known(({"FilterPattern": Known(f"{{ {listed} }}")},))
        outcome = rule.evaluate({"MetricFilters": filters}, as_of=AS_OF)
        assert (outcome.verdict, outcome.notes) == (Verdict.FAIL, (f"misses {next(iter(names))}",))


UNREAD: Final = Unknown("cut off")
RULES: Final = (
    'ServiceControlPolicy should have Statements allows ( "*" )',
    'ServiceControlPolicy should have Statements allows ( "s:a*" )',
    'ServiceControlPolicy should have Statements denies ( "s:b", "arn:aws:s:r:1:x" )',
    'ServiceControlPolicy should have Statements denies ( "*" ) for root',
)
TEXTS = st.sampled_from(["*", "s:*", "s:a", "s:b*", "t:?", "*:a", "s:", "arn:aws:s:r:1:*", "${x}"])
# Whether somebody will be able to read it one day, and what it is.
VALUES = st.lists(st.tuples(TEXTS, st.booleans()), max_size=2)
CONDITION = st.tuples(
    st.sampled_from(["ArnLike", "ArnNotLike", "StringEquals", "Null", "Odd"]),
    st.sampled_from(["aws:PrincipalArn", "aws:AssumedRoot", "aws:SourceIp"]),
    st.lists(
        st.tuples(st.sampled_from(["arn:*:iam::*:root", "arn:aws:iam::1*:root", "true"]), st.booleans()), max_size=2
    ),
)
STATEMENT = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Deny", "deny", None]),
        "Action": st.none() | VALUES,
        "NotAction": st.none() | VALUES,
        "Resource": st.none() | VALUES,
        "NotResource": st.none(),
        "Conditions": st.none() | st.lists(CONDITION, max_size=2),
    }
)
HIDDEN = st.sets(st.sampled_from(["Effect", "Action", "NotAction", "Resource", "NotResource", "Conditions", "all"]))


def _values(drawn: list[tuple[str, bool]], *, learned: bool, wrapped: bool) -> Known[object]:
    texts = [text if learned or seen else UNREAD for text, seen in drawn]
    return Known(tuple({"value": Known(text)} if wrapped and isinstance(text, str) else text for text in texts))


def _statement(drawn: dict[str, Any], hidden: set[str], *, learned: bool) -> object:
    if "all" in hidden and not learned:
        return UNREAD
    record: dict[str, object] = {}
    for name, value in drawn.items():
        if name in hidden and not learned:
            record[name] = UNREAD
        elif value is None:
            record[name] = Absent()
        elif name == "Effect":
            record[name] = Known(value)
        elif name == "Conditions":
            record[name] = Known(
                tuple(
                    {
                        "Condition": Known(operator),
                        "Name": Known(key),
                        "Value": _values(values, learned=learned, wrapped=False),
                    }
                    for operator, key, values in value
                )
            )
        else:
            record[name] = _values(value, learned=learned, wrapped=True)
    return record


@given(st.lists(st.tuples(STATEMENT, HIDDEN), max_size=3), st.sampled_from(RULES))
@settings(max_examples=600, deadline=None)
def test_learning_never_flips_a_verdict(
    schema: Schema, drawn: list[tuple[dict[str, Any], set[str]]], rule: str
) -> None:
    compiled = compile_rule(rule, schema)
    before, after = (
        compiled.evaluate(
            {"Statements": Known(tuple(_statement(one, hidden, learned=learned) for one, hidden in drawn))}, as_of=AS_OF
        )
        for learned in (False, True)
    )
    assert before.verdict in {after.verdict, Verdict.UNKNOWN}
    if before.verdict is not Verdict.UNKNOWN:
        assert not before.missing
        assert not any("cut off" in one.value for one in before.witness)


JUNK: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["Allow", "Deny", "*", "s:a", "é", ""]),
    lambda inner: (
        inner.map(Known)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(
            st.sampled_from(["Effect", "Action", "NotAction", "Resource", "Conditions", "Principal", "value", "Name"]),
            inner.map(Known) | st.just(UNREAD) | st.just(Absent()),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.lists(JUNK, max_size=3).map(tuple) | JUNK, st.sampled_from(RULES))
@settings(max_examples=300, deadline=None)
def test_any_statements_get_an_answer(schema: Schema, statements: object, rule: str) -> None:
    outcome = compile_rule(rule, schema).evaluate({"Statements": Known(statements)}, as_of=AS_OF)
    assert bool(outcome.missing) is (outcome.verdict is Verdict.UNKNOWN)


def test_knowing_nothing_is_unknown(schema: Schema) -> None:
    for rule in RULES:
        assert compile_rule(rule, schema).evaluate({}, as_of=AS_OF).verdict is Verdict.UNKNOWN
