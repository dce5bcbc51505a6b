"""Refused calls are found in a log however they are spelled, and a log without one is ruled out by its bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from rootwarden.detect.visits.interest import Interest
from rootwarden.iam.usage.refusals import refusals_of
from rootwarden.packs.event_names import event_names
from rootwarden.trail.byte_filter import filter_of
from rootwarden.trail.scan import scan_file

if TYPE_CHECKING:
    from pathlib import Path

WANTED: Final = Interest(calls=frozenset(), refusals=refusals_of(event_names()))
CALL: Final = {
    "eventVersion": "1.11",
    "eventID": "e-1",
    "eventTime": "2026-03-02T12:00:00Z",
    "eventSource": "s3.amazonaws.com",
    "eventName": "GetObject",
    "awsRegion": "us-east-1",
    "recipientAccountId": "000011110003",
    "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::000011110003:user/jo", "accountId": "000011110003"},
}


def log(**more: Any) -> bytes:
    return json.dumps({"Records": [CALL, CALL | {"eventID": "e-2"} | more]}).encode()


@pytest.mark.parametrize(
    "content",
    [
        log(errorCode="AccessDenied"),
        log(errorCode="SomethingNewAccessDenied"),
        log(errorCode="Novel", errorMessage="no service control policy allows the s3:GetObject action"),
        log(errorMessage="Access Denied"),
        log(errorCode="AccessDenied").replace(b'"errorCode"', b'"\\u0065rrorCode"'),
        log(errorCode="AccessDenied").replace(b'"errorCode"', b'"error\\u0043ode"'),
        log(errorCode="AccessDenied").replace(b'"AccessDenied"', b'"Access\\u0044enied"'),
    ],
    ids=["known", "new code", "message", "message alone", "escaped key", "escaped inside the key", "escaped code"],
)
def test_is_found(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "log.json"
    file.write_bytes(content)
    assert filter_of(WANTED).may_hold(content)
    assert [event.id for event in scan_file(file, WANTED).events] == ["e-2"]


@pytest.mark.parametrize(
    "more", [{}, {"errorCode": "NoSuchKey", "errorMessage": "The specified key does not exist."}, {"errorCode": 403}]
)
def test_other_calls_are_not(tmp_path: Path, more: dict[str, Any]) -> None:
    file = tmp_path / "log.json"
    file.write_bytes(log(**more))
    assert list(scan_file(file, WANTED).events) == []


def test_a_log_without_failed_calls_is_ruled_out_by_its_bytes() -> None:
    assert not filter_of(WANTED).may_hold(log())
