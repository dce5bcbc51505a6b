"""What is found does not depend on the order of the events, on who read which of them, or on copies."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.detect.visits.story import records, stories

from rootwarden.detect.visits.bounded import NO_TIME
from rootwarden.detect.visits.event import read_event
from rootwarden.detect.visits.find import distinct
from rootwarden.detect.visits.incident import Shape
from rootwarden.detect.visits.outcome import Effect
from rootwarden.detect.visits.runs import Runs
from rootwarden.detect.visits.visit import Hit, Seen, Summary

if TYPE_CHECKING:
    import random

    from tests.detect.visits.story import Story

    from rootwarden.detect.filter_pattern import Event as Document

_EVERY = sorted(stories())
_SECONDS = st.one_of(st.integers(0, 40_000), st.just(NO_TIME))
_NAMES = st.sampled_from(["", "a", "b", "c"])
_FITS = st.sampled_from([None, frozenset[str](), frozenset({"t1"}), frozenset({"t1", "t2"})])


@st.composite
def seens(draw: st.DrawFn) -> Seen:
    fits = draw(_FITS)
    return Seen(
        stamp=(draw(_SECONDS), f"e{draw(st.integers(0, 10_000))}"),
        account="000011112222",
        shape=draw(st.sampled_from([*Shape, None])),
        access_key=draw(_NAMES),
        started=draw(st.none() | st.integers(0, 40_000)),
        effect=draw(st.sampled_from(Effect)),
        knock=draw(st.booleans()),
        failed_sign_in=draw(st.booleans()),
        mfa=draw(st.none() | st.booleans()),
        device=draw(_NAMES),
        address=draw(st.integers(0, 2000).map(str)),
        agent=draw(st.integers(0, 40).map(str)),
        region=draw(_NAMES),
        action=draw(st.integers(0, 150).map(str)),
        fits=fits,
        may_fit=fits,
        hits=tuple(Hit(detection=name, undecided=draw(st.booleans())) for name in draw(st.sets(_NAMES))),
    )


def summary_of(parts: list[Seen]) -> Summary:
    summary = Summary()
    for seen in parts:
        summary.add(seen)
    return summary


@given(st.lists(seens(), max_size=60), st.randoms(use_true_random=False))
def test_a_summary_does_not_depend_on_the_order(parts: list[Seen], chance: random.Random) -> None:
    shuffled = chance.sample(parts, len(parts))
    assert summary_of(shuffled) == summary_of(parts)


@given(st.lists(seens(), max_size=30), st.lists(seens(), max_size=30), st.lists(seens(), max_size=30))
def test_merging_summaries_is_commutative_and_associative(one: list[Seen], two: list[Seen], three: list[Seen]) -> None:
    whole = summary_of([*one, *two, *three])
    left = summary_of(one)
    left.merge(summary_of(two))
    left.merge(summary_of(three))
    right = summary_of(three)
    inner = summary_of(two)
    inner.merge(summary_of(one))
    right.merge(inner)
    assert left == right == whole


@pytest.mark.parametrize(
    "count", [100_000, pytest.param(10_000_000, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])]
)
def test_a_key_with_very_many_events_has_a_small_summary(count: int) -> None:
    summary, runs = Summary(), Runs(quiet=3600)
    for number in range(count):
        seen = Seen(
            stamp=(number, f"event-{number}"),
            account="000011112222",
            shape=Shape.ACCESS_KEY,
            access_key=f"AKIA{number % 50}",
            effect=Effect.WRITE,
            address=f"192.0.2.{number}",
            agent=f"agent {number}",
            region=f"region-{number}",
            action=f"service:Action{number % 5000}",
            fits=frozenset(),
            may_fit=frozenset(),
            hits=(Hit(detection="d", undecided=False),),
        )
        summary.add(seen)
        runs.add(seen)
    assert summary.events == count
    assert len(runs.runs) == 1
    assert len(msgspec.json.encode(summary)) < 100_000
    assert summary.addresses.more


@given(st.lists(st.integers(0, 40_000), min_size=1, max_size=80), st.randoms(use_true_random=False))
def test_runs_are_cut_exactly_where_it_was_quiet(times: list[int], chance: random.Random) -> None:
    runs = Runs(quiet=600)
    for number, second in enumerate(times):
        runs.add(Seen(stamp=(second, str(number)), account="", shape=Shape.ACCESS_KEY))
    ordered = sorted(times)
    cuts = sum(later - earlier > 600 for earlier, later in pairwise(ordered))
    assert len(runs.runs) == cuts + 1
    assert sum(run.events for run in runs.runs) == len(times)
    assert all(later.first - earlier.last > 600 for earlier, later in pairwise(runs.runs))
    parts = [Runs(quiet=600), Runs(quiet=600)]
    for number, second in enumerate(times):
        chance.choice(parts).add(Seen(stamp=(second, str(number)), account="", shape=Shape.ACCESS_KEY))
    parts[1].merge(parts[0])
    assert parts[1] == runs


def told(story: Story, records_: list[Document]) -> bytes:
    return msgspec.json.encode(story.find([read_event(one) for one in records_]))


@given(st.sampled_from(_EVERY), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=timedelta(seconds=5))
def test_findings_do_not_depend_on_order_or_copies(name: str, chance: random.Random) -> None:
    story = stories()[name]
    made = records(story.events)
    copied = [*made, *chance.choices(made, k=len(made) // 2)] if made else []
    chance.shuffle(copied)
    assert told(story, copied) == told(story, made)


@given(st.sets(st.sampled_from(_EVERY), min_size=1, max_size=6), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=timedelta(seconds=5))
def test_two_readers_find_together_what_one_finds(names: set[str], chance: random.Random) -> None:
    """Events of several stories in one account, shuffled: nobody has thought of these beforehand."""
    mixed = [
        {**record, "eventID": f"{record['eventID']}-{number}"}
        for number, name in enumerate(sorted(names))
        for record in records(stories()[name].events)
    ]
    story = stories()[min(names)]
    events = list(distinct(read_event(record) for record in mixed))
    whole, one, two = story.detector(), story.detector(), story.detector()
    for event in events:
        whole.take(event)
    for event in chance.sample(events, len(events)):
        chance.choice((one, two)).take(event)
    two.merge(one)
    assert msgspec.json.encode(two.findings()) == msgspec.json.encode(whole.findings())
    again = story.detector()
    for event in chance.sample(events, len(events)):
        again.take(event)
    assert msgspec.json.encode(again.findings()) == msgspec.json.encode(whole.findings())


@pytest.mark.parametrize("name", _EVERY)
def test_every_root_event_is_in_exactly_one_visit(name: str) -> None:
    story = stories()[name]
    found = story.find()
    assert sum(one.events for one in found.incidents) == found.counts.root_events
    ids = [event for one in found.incidents for event in one.event_ids]
    assert len(ids) == len(set(ids))


_FIELDS = st.sampled_from(
    [
        "eventTime",
        "eventID",
        "eventName",
        "eventSource",
        "eventType",
        "readOnly",
        "recipientAccountId",
        "requestParameters",
        "responseElements",
        "additionalEventData",
        "sourceIPAddress",
        "sessionCredentialFromConsole",
    ]
)
_ODD = st.one_of(st.none(), st.just(""), st.just(7), st.just([1]), st.just({"a": {}}), st.just("x" * 300))


@given(st.sampled_from(_EVERY), st.lists(st.tuples(st.integers(0, 40), _FIELDS, _ODD, st.booleans()), max_size=12))
@settings(max_examples=200, deadline=timedelta(seconds=5))
def test_cut_and_spoiled_fields_never_lose_a_root_event(name: str, spoils: list[tuple[int, str, object, bool]]) -> None:
    story = stories()[name]
    made = records(story.events)
    of_root = story.find().counts.root_events
    for number, field, odd, gone in spoils:
        if not made:
            break
        record = made[number % len(made)]
        if field == "eventType" and record.get("eventType") == "AwsServiceEvent":
            continue  # what makes a service event root's is its type
        if gone:
            record.pop(field, None)
        else:
            record[field] = odd
    for number, record in enumerate(made):
        record["eventID"] = f"kept-{number}"
        record.pop("addendum", None)
    found = story.find([read_event(record) for record in made])
    if story.find().counts.events == len(made):
        assert found.counts.root_events == of_root
    assert sum(one.events for one in found.incidents) == found.counts.root_events


def test_what_is_told_of_a_hostile_event_is_short() -> None:
    story = stories()["traps: very long texts are cut"]
    assert len(msgspec.json.encode(story.find().incidents)) < 20_000
