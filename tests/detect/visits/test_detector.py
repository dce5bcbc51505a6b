from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.detect.visits.story import Story, checkout, record

from rootwarden.detect.visits.event import read_event

USER = {"userName": "mallory"}
MADE = {"like": "console", "at": "08:06:00", "name": "CreateUser", "request": USER}
BUDGET = {"like": "console", "at": "08:05:00", "source": "budgets.amazonaws.com", "name": "DeleteBudget"}
SPENT = {
    "like": "user",
    "at": "12:00:00",
    "source": "ec2.amazonaws.com",
    "name": "RunInstances",
    "reads": False,
    "request": {"instanceType": "p4d.24xlarge"},
}


def read(number: int, **short: Any) -> Any:
    return read_event(record(number, **short))


def test_a_second_reading_adds_what_suspects_did_and_counts_nothing_twice() -> None:
    detector = Story(name="", events=[]).detector()
    first = [read(1, **MADE), read(2, **BUDGET)]
    for event in first:
        detector.take(event)
    assert not detector.findings().concerns
    assert {(one.sort, one.name) for one in detector.suspects()} == {("user", "mallory")}
    before = detector.findings()
    toggle = read(4, **{**SPENT, "source": "iam.amazonaws.com", "name": "EnableOrganizationsRootSessions"})
    detector.take_of_suspects([*first, read(3, **SPENT), toggle])
    after = detector.findings()
    assert [one.event_ids for one in after.concerns] == [("e2", "e3")]
    assert after.incidents == before.incidents
    assert after.counts == before.counts


def test_a_second_reading_leaves_others_aside() -> None:
    detector = Story(name="", events=[]).detector()
    for event in (read(1, **MADE), read(2, **BUDGET)):
        detector.take(event)
    other = {
        "userIdentity": {"userName": "other", "arn": "arn:aws:iam::000011112222:user/other", "accessKeyId": "AKIAY"}
    }
    detector.take_of_suspects([read(3, **SPENT, record=other)])
    assert not detector.findings().concerns


def test_what_is_odd_is_counted() -> None:
    detector = Story(name="", events=[]).detector()
    nowhere = {"recipientAccountId": None, "userIdentity": {"accountId": None, "arn": None}}
    for event in (
        read(1, like="console", at="08:00:20"),
        read(2, like="console", at="never T"),
        read(3, like="console", at="08:00:20", record=nowhere),
        read(4, like="user", at="08:00:20", id=""),
        read(5, like="console", at="08:00:20", record={"userAgent": 7}),
    ):
        detector.take(event)
    counts = detector.findings().counts
    assert (counts.events, counts.root_events, counts.without_id) == (5, 4, 1)
    assert (counts.without_time, counts.without_account) == (1, 1)
    assert counts.irregular.counts == {"eventTime": 1, "userAgent": 1}


def test_check_outs_that_are_not_believed_are_told() -> None:
    story = Story(name="", events=[], checkouts=[{}, {"lease": "L-2", "trusted": False, "doubt": "it is not signed"}])
    assert [one.lease for one in story.find().doubted] == ["L-2"]
    assert checkout().trusted


def test_a_session_of_assume_root_is_waited_for_to_the_second() -> None:
    detector = Story(name="", events=[]).detector()
    detector.take(read(1, like="assume-root", at="09:00:00"))
    due = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    assert not detector.findings(as_of=due - timedelta(seconds=1)).concerns
    assert len(detector.findings(as_of=due).concerns) == 1
    assert len(detector.findings().concerns) == 1


def test_a_call_whose_answer_was_cut_is_a_concern() -> None:
    detector = Story(name="", events=[]).detector()
    detector.take(read(1, like="assume-root", at="09:00:00", response=None))
    (concern,) = detector.findings().concerns
    assert "assume-root-not-seen" in [reason.code for reason in concern.reasons]
