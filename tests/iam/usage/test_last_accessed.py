from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from tests.iam.usage.story import HOME, allow, call, compare, doubts, dump, of, user

from rootwarden.errors import InputError
from rootwarden.iam.usage.judge import Asked
from rootwarden.iam.usage.last_accessed import read_last_accessed

if TYPE_CHECKING:
    from rootwarden.iam.usage.last_accessed import LastAccessed

ANA = f"arn:aws:iam::{HOME}:user/ana"
SERVICES: list[dict[str, Any]] = [
    {"ServiceName": "Amazon S3", "ServiceNamespace": "s3", "TotalAuthenticatedEntities": 0},
    {
        "ServiceName": "AWS Lambda",
        "ServiceNamespace": "lambda",
        "LastAuthenticated": "2026-03-02T08:00:00Z",
        "LastAuthenticatedEntity": ANA,
        "TrackedActionsLastAccessed": [
            {"ActionName": "InvokeFunction", "LastAccessedTime": "2026-03-02T08:00:00Z", "LastAccessedEntity": ANA},
            {"ActionName": "DeleteFunction"},
            {"ActionName": "GetFunction", "LastAccessedTime": "2026-01-02T08:00:00Z"},
        ],
    },
    {"ServiceName": "IAM", "ServiceNamespace": "iam"},
]


def answer(**more: Any) -> bytes:
    whole = {
        "JobStatus": "COMPLETED",
        "JobType": "ACTION_LEVEL",
        "JobCreationDate": "2026-03-10T00:00:00Z",
        "ServicesLastAccessed": SERVICES,
        "IsTruncated": False,
    }
    return json.dumps(whole | more).encode()


def judged(
    told: LastAccessed, *actions: str, start: str = "2026-03-01", seen: str = "2026-03-02T12:00:00Z"
) -> dict[str, str]:
    """What is said of each granted action; `unused` for those."""
    asked = Asked(start=datetime.fromisoformat(start).replace(tzinfo=UTC), last_accessed={told.arn: told})
    records = [call("ec2:CreateVpc", user("ben"), time=seen), call("ec2:DescribeVpcs", user("ben"), time=seen)]
    ana = of(compare(records, dump(users={"ana": [allow(*actions)]}), asked=asked), "ana")
    return {**doubts(ana), **dict.fromkeys(ana.unused, "unused")}


def test_it_decides_what_a_log_does_not_show() -> None:
    told = read_last_accessed(answer())
    actions = ("s3:GetObject", "lambda:InvokeFunction", "lambda:DeleteFunction", "lambda:GetFunction", "iam:PassRole")
    assert judged(told, *actions, "lambda:InvokeAsync") == {
        "s3:GetObject": "unused",
        "lambda:InvokeFunction": "accessed",
        "lambda:DeleteFunction": "unused",
        "lambda:GetFunction": "unused",
        "iam:PassRole": "not_recorded",
        "lambda:InvokeAsync": "data_event",
    }


@pytest.mark.parametrize(
    ("start", "seen"),
    [
        ("2026-03-01", "2026-03-10T00:00:00Z"),
        ("2026-03-01", "2026-03-09T21:00:00Z"),
        ("2025-01-01", "2026-03-02T12:00:00Z"),
    ],
    ids=["asked too early", "asked too early for what shows up late", "looks back less than the window"],
)
def test_it_decides_nothing_about_what_it_does_not_cover(start: str, seen: str) -> None:
    assert judged(read_last_accessed(answer()), "s3:GetObject", start=start, seen=seen) == {
        "s3:GetObject": "data_event"
    }


def test_whom_it_is_about() -> None:
    assert read_last_accessed(answer()).arn == ANA
    assert read_last_accessed(answer(), arn="arn:x").arn == "arn:x"
    with pytest.raises(InputError, match="does not say whom it is about"):
        read_last_accessed(answer(ServicesLastAccessed=SERVICES[:1]), file="x")


REFUSED: dict[str, bytes] = {
    "no JSON": b"{",
    "something else": b'{"Users": []}',
    "a list": b"[]",
    "unfinished": answer(JobStatus="IN_PROGRESS"),
    "one page": answer(IsTruncated=True),
    "no instant": answer(JobCreationDate=None),
    "an instant that is none": answer(ServicesLastAccessed=[{**SERVICES[1], "LastAuthenticated": "yesterday"}]),
    "an odd number": answer(ServicesLastAccessed=[{**SERVICES[1], "LastAuthenticated": 1e300}]),
    "deep": b'{"JobStatus":' + b"[" * 100_000,
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_answer_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(InputError):
        read_last_accessed(REFUSED[name], arn=ANA, file="x")


def test_seconds_as_the_api_gives_them() -> None:
    told = read_last_accessed(answer(JobCreationDate=1_773_100_800.0), arn=ANA)
    assert told.asked == datetime(2026, 3, 10, tzinfo=UTC)
