from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.iam.usage.story import AWAY, HOME, assume, call, log, session, tally, user

from rootwarden.iam.usage import tally as module
from rootwarden.iam.usage.tally import Call, Outcome, Seen, Tally
from rootwarden.trail.batch import Orders, read_batch
from rootwarden.trail.objects_to_read import Readable
from rootwarden.trail.place_names import Restriction

EVENTS = ["ec2:CreateVpc", "s3:GetObject", "sns:SetTopicAttributes", "sts:GetCallerIdentity"]


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    day = draw(st.integers(1, 5))
    who = draw(
        st.sampled_from(
            [
                user("ana"),
                user("ben", AWAY),
                session("ci", "ASIA1"),
                session("ci", "ASIA2", context={"sourceIdentity": "x"}),
            ]
        )
    )
    more: dict[str, Any] = {"managementEvent": draw(st.booleans())}
    if draw(st.booleans()):
        more["errorCode"] = draw(st.sampled_from(["AccessDenied", "NoSuchBucket"]))
    if draw(st.booleans()):
        more["requestParameters"] = {
            "topicArn": f"arn:aws:sns:eu-west-1:{HOME}:t{draw(st.integers(0, 9))}",
            "bucketName": "b",
        }
    if draw(st.integers(0, 9)) == 0:
        return assume(who, "ci", draw(st.sampled_from(["ASIA1", "ASIA2"])), HOME)
    return call(draw(st.sampled_from(EVENTS)), who, time=f"2026-03-{day:02}T0{draw(st.integers(0, 9))}:00:00Z", **more)


@settings(max_examples=60, deadline=None)
@given(st.lists(records(), max_size=25), st.randoms(use_true_random=False))
def test_copies_order_and_split_change_nothing(made: list[dict[str, Any]], chance: Any) -> None:
    whole = tally(made)
    shuffled = [one for one in made for _ in range(chance.choice((1, 1, 2)))]
    chance.shuffle(shuffled)
    cut = chance.randint(0, len(shuffled))
    parts = tally(shuffled[:cut])
    parts.merge(tally(shuffled[cut:]))
    assert parts == whole


def test_the_same_from_a_worker(tmp_path: Any) -> None:
    from rootwarden.detect.visits.interest import Interest
    from rootwarden.packs.event_names import event_names

    made = [call("ec2:CreateVpc", user("ana")), assume(user("ana"), "ci", "ASIA1", HOME)]
    (tmp_path / "a.json").write_bytes(log(made))
    orders = Orders(interest=Interest(calls=frozenset()), names=event_names())
    result = read_batch((Readable(str(tmp_path / "a.json"), 1, ""),), orders, None)
    assert result.tally == tally(made)
    # What crosses from a worker to here.
    assert copy.deepcopy(result.tally) == result.tally
    assert (result.counts.records, result.rows, result.problems) == (2, [], ())


def test_a_window_leaves_out_what_is_not_in_it() -> None:
    made = [call("ec2:CreateVpc", user("ana"), time=f"2026-03-{day:02}T00:00:00Z") for day in (1, 2, 3)]
    window = Restriction(start=datetime(2026, 3, 2, tzinfo=UTC), end=datetime(2026, 3, 3, tzinfo=UTC))
    (seen,) = tally(made, window).calls.popitem()[1].values()
    assert (seen.first, seen.last, seen.day_count) == ("2026-03-02T00:00:00Z", "2026-03-02T00:00:00Z", 1)
    offset = tally([call("ec2:CreateVpc", user("ana"), time="2026-03-02T23:30:00-01:00")], window)
    assert offset.calls == {}


def test_days_before_cloudtrail_and_after_all_calendars_take_no_memory() -> None:
    made = [call("ec2:CreateVpc", user("ana"), time=time) for time in ("1970-01-01T00:00:00Z", "9999-01-01T00:00:00Z")]
    (seen,) = tally(made).calls.popitem()[1].values()
    assert seen.days.bit_length() < 100_000


def test_too_many_sessions_are_given_up_whatever_the_order(monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "MOST_SESSIONS", 2)
    monkeypatch.setattr("rootwarden.trail.usage_tally.MOST_SESSIONS", 2)
    made = [call("ec2:CreateVpc", session("ci", f"ASIA{number}")) for number in range(3)]
    assert tally(made).sessions is None
    parts = tally(made[:2])
    parts.merge(tally(made[1:]))
    assert parts.sessions is None


def test_too_much_to_name_is_given_up_whatever_the_order() -> None:
    groups = [(("topicArn", str(number)),) for number in range(module.MOST_NAMED + 1)]
    whole, parts, others = Seen(), Seen(), Seen()
    for group in groups:
        whole.about(group)
    for group in groups[:50]:
        parts.about(group)
    for group in groups[50:]:
        others.about(group)
    parts.merge(others)
    assert whole.named is None
    assert parts == whole


def test_a_tally_is_small_beside_its_log() -> None:
    made = [
        call("ec2:CreateVpc", user("ana"), time=f"2026-03-02T00:{one // 60:02}:{one % 60:02}Z") for one in range(3000)
    ]
    found = tally(made)
    assert len(msgspec.json.encode([repr(found)])) < 10_000
    assert list(found.calls.popitem()[1]) == [Call("ec2", "CreateVpc", Outcome.DONE)]


def test_nothing_is_nothing() -> None:
    assert tally([]) == Tally()
