"""The shape of one event, beside what other events say of its session."""

from __future__ import annotations

from typing import Any

import pytest
from tests.detect.visits.story import record

from rootwarden.detect.visits.event import read_event
from rootwarden.detect.visits.shape import Joins, shape_of

SIGN_IN = {"like": "sign-in", "at": "08:00:11"}
CALL = {"like": "assume-root", "at": "09:00:00"}
OLDER = {"like": "session", "at": "08:10:00"}
SAID = {"userIdentity": {"sessionContext": {"assumedRoot": "true"}}}
BY_SERVICE = {"userIdentity": {"invokedBy": "cloudformation.amazonaws.com"}}
AT_SIGN_IN = {"eventSource": "signin.amazonaws.com"}
CASES: list[tuple[str, dict[str, Any], list[dict[str, Any]], str | None]] = [
    ("a sign-in", SIGN_IN, [], "A"),
    ("a failed sign-in", {"like": "failed-sign-in", "at": "08:00:11"}, [], "A"),
    ("the console", {"like": "console", "at": "08:10:00"}, [], "B"),
    ("a session beside its sign-in", OLDER, [SIGN_IN], "B"),
    ("a session beside a sign-in that failed", OLDER, [{"like": "failed-sign-in", "at": "08:00:11"}], "D"),
    ("a session beside another account's sign-in", OLDER, [{**SIGN_IN, "account": "000011113333"}], "D"),
    ("a session beside a sign-in a second later", OLDER, [{"like": "sign-in", "at": "08:00:12"}], "D"),
    ("a key", {"like": "key", "at": "08:00:00"}, [], "C"),
    ("a key beside a sign-in", {"like": "key", "at": "08:00:11"}, [SIGN_IN], "C"),
    ("a federated session", {"like": "federated", "at": "08:00:00"}, [], "E"),
    ("a federated session beside a sign-in", {"like": "federated", "at": "08:10:00"}, [SIGN_IN], "E"),
    ("AssumeRoot that says so", {"like": "assumed", "at": "09:01:00", "record": SAID}, [], "F"),
    ("AssumeRoot beside its call", {"like": "assumed", "at": "09:01:00"}, [CALL], "F"),
    ("AssumeRoot without its call", {"like": "assumed", "at": "09:01:00"}, [], "D"),
    ("AssumeRoot beside a call of another key", {"like": "assumed", "at": "09:01:00", "key": "ASIAX"}, [CALL], "D"),
    ("AssumeRoot at the sign-in page", {"like": "assumed", "at": "09:01:00", "record": AT_SIGN_IN}, [CALL], "F"),
    ("a service", {"like": "forwarded", "at": "08:00:00"}, [], "G"),
    ("a service in a session of AssumeRoot", {"like": "assumed", "at": "09:01:00", "record": BY_SERVICE}, [CALL], "G"),
    ("a service in a federated session", {"like": "federated", "at": "08:01:00", "record": BY_SERVICE}, [], "G"),
    ("a service event", {"like": "service", "at": "08:00:00"}, [], "H"),
    ("the call of AssumeRoot", CALL, [CALL], None),
    ("a user", {"like": "user", "at": "08:00:00"}, [SIGN_IN], None),
    ("a role", {"like": "role", "at": "08:00:00"}, [], None),
]


@pytest.mark.parametrize(("event", "beside", "shape"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_shape(event: dict[str, Any], beside: list[dict[str, Any]], shape: str | None) -> None:
    asked = read_event(record(0, **event))
    joins = Joins()
    for number, other in enumerate([event, *beside]):
        part = Joins()
        part.learn(read_event(record(number, **other)))
        joins.merge(part)
    assert shape_of(asked, joins) == shape


def test_of_two_calls_with_one_key_the_earlier_counts() -> None:
    earlier, later = (read_event(record(n, like="assume-root", at=at)) for n, at in enumerate(("09:00:00", "09:05:00")))
    for order in ((earlier, later), (later, earlier)):
        joins = Joins()
        for event in order:
            joins.learn(event)
        (call,) = joins.calls.values()
        assert call.event_id == earlier.id
