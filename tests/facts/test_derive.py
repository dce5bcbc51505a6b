from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rootwarden.facts.derive import (
    CENTRAL_REMOVAL_EXISTS_SINCE,
    all_true,
    any_true,
    explained,
    fresher,
    latest,
    not_empty,
    not_shown,
    password_present,
    rotation_due,
)
from rootwarden.facts.fact import Absent, Fact, Known, Source, Unknown, Why

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rootwarden.facts.fact import Fact

NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
SUMMARY: Final = Source(call="iam:GetAccountSummary")
LATE: Final = Source(call="iam:GetAccountSummary", observed_at=NOON)
EARLY: Final = Source(call="iam:GetCredentialReport", observed_at=NOON - timedelta(hours=3))
LATER: Final = Source(call="iam:GetCredentialReport", observed_at=NOON + timedelta(hours=1))
DENIED: Final = Unknown("iam:GetAccountSummary was refused", Why.DENIED, "iam:GetAccountSummary", (SUMMARY,))
NOT_ASKED: Final = Unknown("iam:GetCredentialReport was not collected")

instants = st.datetimes(min_value=datetime(2010, 1, 1), max_value=datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants naive bounds
sources = st.builds(Source, call=st.sampled_from(["a:A", "b:B"]), observed_at=st.none() | instants)
source_sets = st.lists(sources, max_size=2).map(tuple)
unknowns = st.builds(Unknown, st.sampled_from(["denied", "failed"]), st.sampled_from(Why))
booleans: st.SearchStrategy[Fact[bool]] = st.one_of(
    st.builds(Known, st.booleans(), source_sets), st.builds(Absent, source_sets), unknowns
)
dates: st.SearchStrategy[Fact[datetime]] = st.one_of(
    st.builds(Known, instants, source_sets), st.builds(Absent, source_sets), unknowns
)


def told(fact: Fact[object]) -> object:
    """What a fact says, without where it was seen."""
    if isinstance(fact, Known):
        return ("known", fact.value)
    return "absent" if isinstance(fact, Absent) else "unknown"


# fresher


def test_agreement_keeps_both_sources_and_says_nothing() -> None:
    joined = fresher(Known(True, (LATE,)), Known(True, (EARLY,)), what="MFA")
    assert joined == Known(True, (LATE, EARLY))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param(Known(True, (LATE,)), Known(False, (EARLY,)), True, id="summary after the report"),
        pytest.param(Known(True, (LATE,)), Known(False, (LATER,)), False, id="report after the summary"),
        pytest.param(Known(True, (SUMMARY,)), Known(False, (LATER,)), True, id="a summary without an instant"),
        pytest.param(Known(True, (LATE,)), Known(False, ()), True, id="a report without an instant"),
        pytest.param(Known(True, (LATE,)), Known(False, (LATE,)), True, id="both at one instant: the primary"),
    ],
)
def test_the_fresher_wins_and_the_note_names_both(first: Known[bool], second: Known[bool], expected: bool) -> None:
    joined = fresher(first, second, what="MFA of root")
    assert isinstance(joined, Known)
    assert joined.value is expected
    assert joined.note.startswith("MFA of root: ")
    assert " says yes" in joined.note
    assert " says no" in joined.note
    assert "the fresher is used" in joined.note
    winner = first if expected else second
    assert joined.sources[: len(winner.sources)] == winner.sources
    assert set(joined.sources) == {*first.sources, *second.sources}


def test_none_against_a_value_is_a_disagreement_too() -> None:
    joined = fresher(Known(NOON, (EARLY,)), Absent((LATER,)), what="last use")
    assert isinstance(joined, Absent)
    assert "2026-03-02T12:00:00Z" in joined.note


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (DENIED, Known(True, (EARLY,)), Known(True, (EARLY,))),
        (Known(True, (LATE,)), DENIED, Known(True, (LATE,))),
        (DENIED, Absent((EARLY,)), Absent((EARLY,))),
        (DENIED, NOT_ASKED, DENIED),
        (NOT_ASKED, DENIED, DENIED),
        (NOT_ASKED, NOT_ASKED, NOT_ASKED),
    ],
)
def test_one_source_is_enough_and_none_stays_unknown(
    first: Fact[bool], second: Fact[bool], expected: Fact[bool]
) -> None:
    assert fresher(first, second, what="MFA") == expected


@given(first=booleans, second=booleans)
def test_fresher_invents_nothing(first: Fact[bool], second: Fact[bool]) -> None:
    joined = fresher(first, second, what="MFA")
    assert told(joined) in (told(first), told(second))
    assert (told(joined) == "unknown") is (told(first) == told(second) == "unknown")


@given(first=booleans, second=booleans)
def test_fresher_never_overrules_in_silence(first: Fact[bool], second: Fact[bool]) -> None:
    joined = fresher(first, second, what="MFA")
    decided = {str(told(each)) for each in (first, second) if not isinstance(each, Unknown)}
    assert bool(joined.note) is (len(decided) == 2)


@given(first=booleans, second=booleans)
def test_order_matters_only_when_the_instants_do_not_tell(first: Fact[bool], second: Fact[bool]) -> None:
    at = [max((s.observed_at for s in each.sources if s.observed_at), default=None) for each in (first, second)]
    if None not in at and at[0] != at[1]:
        assert told(fresher(first, second, what="x")) == told(fresher(second, first, what="x"))


# any_true, all_true


@given(facts=st.lists(booleans, max_size=4), learned=st.lists(st.booleans(), min_size=4, max_size=4))
def test_learning_never_flips_what_is_decided(facts: list[Fact[bool]], learned: list[bool]) -> None:
    known = [
        Known(value) if isinstance(fact, Unknown) else fact
        for fact, value in zip(facts, learned[: len(facts)], strict=True)
    ]
    for derive in (any_true, all_true):
        before, after = derive(*facts), derive(*known)
        assert isinstance(after, Known)
        assert isinstance(before, Unknown) or before.note is not None
        assert told(before) in ("unknown", told(after))


@given(facts=st.lists(booleans, max_size=4))
def test_unknown_only_while_it_could_still_go_either_way(facts: list[Fact[bool]]) -> None:
    for derive in (any_true, all_true):
        holes = [number for number, fact in enumerate(facts) if isinstance(fact, Unknown)]
        outcomes = set()
        for values in itertools.product((True, False), repeat=len(holes)):
            filled = list(facts)
            for number, value in zip(holes, values, strict=True):
                filled[number] = Known(value)
            outcomes.add(told(derive(*filled)))
        assert isinstance(derive(*facts), Unknown) is (len(outcomes) > 1)


@given(facts=st.lists(booleans, max_size=4))
def test_de_morgan(facts: list[Fact[bool]]) -> None:
    def negated(fact: Fact[bool]) -> Fact[bool]:
        if isinstance(fact, Unknown):
            return fact
        return Known(not (isinstance(fact, Known) and fact.value))

    assert told(negated(any_true(*facts))) == told(all_true(*(negated(fact) for fact in facts)))


@given(facts=st.lists(booleans, min_size=1, max_size=4))
def test_what_spreads_names_every_unknown_that_was_asked(facts: list[Fact[bool]]) -> None:
    for derive in (any_true, all_true):
        made = derive(*facts)
        if isinstance(made, Unknown):
            check_named(made, facts)


def check_named(made: Unknown, facts: Sequence[Fact[object]]) -> None:
    """Reasons of all that were asked, else of the first; the kind and permission of one of them."""
    doubtful = [fact for fact in facts if isinstance(fact, Unknown)]
    asked = [fact for fact in doubtful if fact.why is not Why.NOT_COLLECTED] or doubtful[:1]
    assert set(made.reason.split("; ")) == {fact.reason for fact in asked}
    assert made.why is asked[0].why
    assert made.permission in {fact.permission for fact in asked}


def test_absent_counts_as_false() -> None:
    assert any_true(Absent(), Absent()) == Known(False)
    assert all_true(Absent(), Known(True)) == Known(False)
    assert any_true() == Known(False)
    assert all_true() == Known(True)


def test_notes_of_what_did_not_decide_are_kept() -> None:
    assert any_true(Known(False, (), "a deduction"), Known(False)).note == "a deduction"
    assert any_true(Known(False, (), "a deduction"), Known(True, (), "seen")).note == "seen"


# what none of several sources told

THROTTLED: Final = Unknown("iam:GetCredentialReport was throttled", Why.THROTTLED, "", (EARLY,))


def test_each_source_that_was_asked_is_named() -> None:
    both: Fact[bool] = fresher(THROTTLED, DENIED, what="MFA")
    assert both == Unknown(
        "iam:GetCredentialReport was throttled; iam:GetAccountSummary was refused",
        Why.THROTTLED,
        "iam:GetAccountSummary",
        (EARLY, SUMMARY),
    )


def test_one_that_was_not_asked_is_named_only_when_none_was() -> None:
    assert fresher(NOT_ASKED, DENIED, what="MFA") == fresher(DENIED, NOT_ASKED, what="MFA") == DENIED
    assert fresher(NOT_ASKED, Unknown("nor was this"), what="MFA") == NOT_ASKED


def test_a_call_that_stands_behind_two_doubts_is_told_once() -> None:
    keys = not_shown(DENIED, "the report shows no active key", (EARLY,))
    certificates = not_shown(DENIED, "the report shows no active certificate", (EARLY,))
    assert any_true(keys, certificates) == keys
    assert keys.reason == "iam:GetAccountSummary was refused, and the report shows no active key"
    assert (keys.why, keys.permission) == (Why.DENIED, "iam:GetAccountSummary")


def test_what_nobody_asked_for_is_no_reason() -> None:
    alone = not_shown(NOT_ASKED, "the report shows no active key", (EARLY,), permission="iam:GetAccountSummary")
    assert alone == Unknown("the report shows no active key", Why.NOT_COLLECTED, "iam:GetAccountSummary", (EARLY,))


def test_a_fact_that_is_known_needs_no_explanation() -> None:
    assert explained(Known(True), DENIED) == Known(True)
    assert explained(THROTTLED, Known(True), Absent()) == THROTTLED


# latest


@given(facts=st.lists(dates, min_size=1, max_size=4))
def test_latest_is_the_latest_or_says_it_cannot_tell(facts: list[Fact[datetime]]) -> None:
    made = latest(*facts)
    if any(isinstance(fact, Unknown) for fact in facts):
        assert isinstance(made, Unknown)
        check_named(made, facts)
    else:
        known = [fact.value for fact in facts if isinstance(fact, Known)]
        assert told(made) == (("known", max(known)) if known else "absent")


@given(facts=st.lists(dates, min_size=1, max_size=4))
def test_latest_does_not_care_for_order(facts: list[Fact[datetime]]) -> None:
    assert told(latest(*facts)) == told(latest(*reversed(facts)))


def test_a_key_used_after_the_password_is_the_last_use() -> None:
    password, key = Known(NOON - timedelta(days=400), (EARLY,)), Known(NOON, (LATER,))
    assert latest(password, Absent(), key) == key


def test_never_used_keeps_why() -> None:
    never = Absent((EARLY,), "never used, or not since 2014-10-20")
    assert latest(never, Absent((EARLY,))) == never


# the others


@pytest.mark.parametrize(
    ("fact", "expected"),
    [(Known((1,)), Known(True)), (Known(()), Known(False)), (Absent(), Known(False)), (DENIED, DENIED)],
)
def test_not_empty(fact: Fact[tuple[int, ...]], expected: Fact[bool]) -> None:
    assert not_empty(fact) == expected


BEFORE, AFTER = CENTRAL_REMOVAL_EXISTS_SINCE - timedelta(seconds=1), CENTRAL_REMOVAL_EXISTS_SINCE


@pytest.mark.parametrize(
    ("reported", "partition", "as_of", "expected"),
    [
        (DENIED, "aws", AFTER, "unknown"),
        (DENIED, "aws", BEFORE, ("known", True)),
        (DENIED, "aws-cn", BEFORE, "unknown"),
        (DENIED, "aws-us-gov", AFTER, ("known", False)),
        (Known(False), "aws", BEFORE, ("known", False)),
        (Known(False), "aws", AFTER, ("known", False)),
        (Known(True), "aws", AFTER, ("known", True)),
    ],
)
def test_password_present(reported: Fact[bool], partition: str, as_of: datetime, expected: object) -> None:
    fact = password_present(reported, partition=partition, as_of=as_of)
    assert told(fact) == expected
    if isinstance(reported, Unknown) and isinstance(fact, Known):
        assert fact.note
        assert fact.sources[0].call == "deduced"


@pytest.mark.parametrize(
    ("changed", "days", "expected"),
    [
        (Known(NOON), Known(1), ("known", NOON + timedelta(days=1))),
        (Known(NOON), Known(10**9), "unknown"),
        (Known(NOON), Absent(), "absent"),
        (Known(NOON), DENIED, "unknown"),
        (Absent(), Known(90), "unknown"),
        (DENIED, Known(90), "unknown"),
        (DENIED, Absent(), "absent"),
    ],
)
def test_rotation_due(changed: Fact[datetime], days: Fact[int], expected: object) -> None:
    assert told(rotation_due(changed, days)) == expected
