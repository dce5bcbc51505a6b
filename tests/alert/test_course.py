"""The pure course of an alert: states, back-off, escalation, windows, keys, times, growth; by property."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.alert.worlds import MINUTE, NOON, concern, visit

from rootwarden.alert.delivery.backoff import USUAL, is_due, is_hopeless, wait_before
from rootwarden.alert.delivery.escalation import Ladder, next_stage_at
from rootwarden.alert.delivery.keys import alert_key, bundle_key, delivery_key, digest_of
from rootwarden.alert.delivery.latency import Step, Times, latencies
from rootwarden.alert.delivery.marks import FIELD, claimed_drill, record_digest
from rootwarden.alert.delivery.merging import merged_concern, merged_visit
from rootwarden.alert.delivery.state import MOVES, State, moved
from rootwarden.alert.delivery.windows import window_end
from rootwarden.detect.visits.incident import Reason, Severity
from rootwarden.errors import InternalError

if TYPE_CHECKING:
    from rootwarden.detect.visits.incident import Incident

LADDER = Ladder(stages=3, acknowledge_within=10 * MINUTE, hand_over_within=2 * MINUTE)
names = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=4, unique=True).map(tuple)
instants = st.integers(0, 100).map(lambda minutes: NOON + minutes * MINUTE)


@st.composite
def visits(draw: st.DrawFn) -> Incident:
    severities = draw(st.lists(st.sampled_from(Severity), min_size=1, max_size=3))
    reasons = tuple(
        Reason(code=f"r{place}", words="w", severity=each, event_ids=draw(names))
        for place, each in enumerate(severities)
    )
    return visit(
        events=draw(names),
        severity=max(severities, key=lambda each: each.rank),
        started=draw(st.none() | instants),
        ended=draw(st.none() | instants),
        writes=draw(st.integers(0, 9)),
        addresses=draw(names),
        agents=draw(names),
        mfa=draw(st.none() | st.booleans()),
        actions=dict.fromkeys(draw(names), 1),
        reasons=reasons,
    )


@given(visits())
def test_growing_by_itself_changes_nothing(one: Incident) -> None:
    once = merged_visit(one, one)
    assert merged_visit(once, one) == once


@given(visits(), visits(), visits())
def test_growing_forgets_nothing_and_never_calms_down(one: Incident, two: Incident, three: Incident) -> None:
    grown = merged_visit(merged_visit(one, two), three)
    for each in (one, two, three):
        assert grown.severity.rank >= each.severity.rank
        assert set(grown.event_ids) >= set(each.event_ids)
        assert set(grown.addresses) >= set(each.addresses)
        assert grown.writes >= each.writes
        assert each.started is None or (grown.started is not None and grown.started <= each.started)
        assert each.ended is None or (grown.ended is not None and grown.ended >= each.ended)
        assert {reason.code for reason in grown.reasons} >= {reason.code for reason in each.reasons}
    assert grown.severity == max((each.severity for each in grown.reasons), key=lambda each: each.rank)
    assert grown.id == one.id


@given(visits(), visits())
def test_the_order_of_growing_decides_words_only(one: Incident, two: Incident) -> None:
    def facts(each: Incident) -> tuple[Any, ...]:
        return each.severity, each.started, each.ended, set(each.event_ids), each.addresses, each.writes, each.actions

    assert facts(merged_visit(one, two)) == facts(merged_visit(two, one))


def test_a_concern_grows_too() -> None:
    grown = merged_concern(concern(severity=Severity.NOTIFY), concern("c2", severity=Severity.PAGE, event_ids=("x",)))
    assert (grown.id, grown.severity, grown.event_ids) == ("concern-1", "page", ("x", "concern-1-event"))


def test_growth_is_bounded() -> None:
    many = visit(events=tuple(f"e{number}" for number in range(500)), addresses=tuple(f"a{n:03}" for n in range(90)))
    grown = merged_visit(visit(actions={f"a{n}": 1 for n in range(300)}), many)
    assert (len(grown.event_ids), len(grown.addresses), len(grown.actions)) == (100, 20, 100)


@pytest.mark.parametrize("before", State)
@pytest.mark.parametrize("after", State)
def test_only_moves_of_the_table_are_made(before: State, after: State) -> None:
    if after in MOVES[before]:
        assert moved(before, after) is after
    else:
        with pytest.raises(InternalError):
            moved(before, after)


@given(st.integers(1, 10_000), st.floats(0, 1), st.none() | st.floats(-1e9, 1e9))
def test_waits_are_bounded_and_heed_what_was_asked(attempt: int, chance: float, asked: float | None) -> None:
    wait = wait_before(attempt, chance=chance, asked=asked).total_seconds()
    assert 1 <= wait <= USUAL.longest_asked_seconds
    if asked is None:
        assert wait <= USUAL.longest_seconds
        assert wait <= wait_before(attempt + 1, chance=1.0).total_seconds()
    else:
        assert wait >= min(asked, USUAL.longest_asked_seconds) - 1e-6


def test_a_day_of_failure_is_hopeless() -> None:
    assert not is_hopeless(created_at=NOON, now=NOON + timedelta(hours=23, minutes=59))
    assert is_hopeless(created_at=NOON, now=NOON + timedelta(hours=24))


@given(st.integers(-10_000, 10_000))
def test_what_is_due_farther_ahead_than_it_may_is_due_now(minutes: int) -> None:
    due = is_due(NOON + minutes * MINUTE, NOON, farthest=60 * MINUTE)
    assert due == (minutes <= 0 or minutes > 60)


@pytest.mark.parametrize(
    ("stage", "deliveries", "after"),
    [
        (0, [State.SENT, State.PENDING], 10),
        (0, [State.PENDING, State.SENDING], 2),
        (0, [State.DEAD, State.PENDING], 2),
        (0, [State.DEAD, State.DEAD], 0),
        (0, [], 0),
        (1, [State.SENT], 10),
        (2, [State.SENT], None),
        (2, [State.DEAD], None),
    ],
)
def test_the_next_stage(stage: int, deliveries: list[State], after: int | None) -> None:
    due = next_stage_at(LADDER, stage=stage, began_at=NOON, deliveries=deliveries, now=NOON)
    assert due == (None if after is None else NOON + after * MINUTE)


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - given a zone
    st.integers(1, 1440),
)
def test_a_window_ends_after_now_and_within_its_length(now: datetime, minutes: int) -> None:
    end = window_end(now, minutes * MINUTE)
    assert now < end <= now + minutes * MINUTE
    assert window_end(end - timedelta(microseconds=1), minutes * MINUTE) == end


def test_no_window_is_now() -> None:
    assert window_end(NOON, timedelta(0)) == NOON


@given(st.lists(st.text(max_size=5), max_size=4), st.lists(st.text(max_size=5), max_size=4))
def test_keys_are_equal_only_for_equal_parts(one: list[str], other: list[str]) -> None:
    assert (digest_of(one) == digest_of(other)) == (one == other)


def test_keys_by_cause() -> None:
    key = alert_key("v", "page", ["b", "a", "a"])
    assert key == alert_key("v", "page", ["a", "b"])
    assert (
        len(
            {
                key,
                alert_key("v", "notify", ["a", "b"]),
                alert_key("v", "page", ["a"]),
                alert_key("w", "page", ["a", "b"]),
            }
        )
        == 4
    )
    assert delivery_key(key, "pager", 0) != delivery_key(key, "pager", 1) != delivery_key(key, "chat", 1)
    assert bundle_key(["b", "a"], "mail") == bundle_key(["a", "b"], "mail") != bundle_key(["a", "b"], "chat")


def times(path: str, seconds: float | None, *, skew: float = 0) -> Times:
    return Times(
        path=path,
        region="eu-west-1",
        event_at=NOON,
        seen_at=NOON + timedelta(seconds=10 + skew),
        sent_at=None if seconds is None else NOON + timedelta(seconds=seconds),
    )


def test_times_by_path() -> None:
    every = [times("s3", seconds) for seconds in range(10, 210, 10)] + [times("eventbridge", 12), times("s3", None)]
    found = {(each.path, each.step): each for each in latencies(every)}
    s3 = found["s3", Step.EVENT_TO_SENT]
    assert (s3.alerts, s3.measured, s3.open) == (21, 20, 1)
    assert (s3.mean_seconds, s3.p95_seconds, s3.longest_seconds) == (105, 190, 200)
    assert found["eventbridge", Step.EVENT_TO_SENT].p95_seconds == 12
    assert found["", Step.EVENT_TO_SENT].measured == 21
    assert found["s3", Step.SENT_TO_ACKNOWLEDGED].mean_seconds is None


def test_a_clock_that_is_wrong_is_in_no_figure() -> None:
    found = {each.step: each for each in latencies([times("s3", 20, skew=-60), times("s3", 20)])}
    seen = found[Step.EVENT_TO_SEEN]
    assert (seen.measured, seen.doubtful, seen.mean_seconds) == (1, 1, 10)


@pytest.mark.parametrize(
    ("record", "drill"),
    [
        (b'{"additionalEventData": {"%s": "drill-1"}}' % FIELD.encode(), "drill-1"),
        (b'{"additionalEventData": {"%s": 5}}' % FIELD.encode(), ""),
        (b'{"additionalEventData": "%s"}' % FIELD.encode(), ""),
        (b'{"userAgent": "%s"}' % FIELD.encode(), ""),
        (b"%s" % FIELD.encode(), ""),
        (b"[" * 100_000 + FIELD.encode(), ""),
        (b"", ""),
    ],
    ids=lambda each: ascii(each)[:60],
)
def test_the_mark_of_a_drill(record: bytes, drill: str) -> None:
    assert claimed_drill(record) == drill


def test_the_digest_of_a_record_is_that_of_its_content() -> None:
    assert (
        record_digest(b'{"a": 1, "b": [2]}')
        == record_digest(b'{"b":[2],"a":1}')
        != record_digest(b'{"a": 2, "b": [2]}')
    )
