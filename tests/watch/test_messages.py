"""Messages of every kind a trail's queue carries, and what becomes of those it should not."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rootwarden.watch.messages import LARGEST, Arrived, MessageError, Object, read_message

KEY = "AWSLogs/o-fake/000011112222/CloudTrail/eu-west-1/2026/03/02/a+b.json.gz"
NOTIFICATION = {
    "Records": [
        {
            "eventSource": "aws:s3",
            "eventName": "ObjectCreated:Put",
            "s3": {"bucket": {"name": "trail"}, "object": {"key": KEY.replace("+", "%2B"), "size": 7, "eTag": "abc"}},
        }
    ]
}
BRIDGED = {
    "source": "aws.s3",
    "detail-type": "Object Created",
    "detail": {"bucket": {"name": "trail"}, "object": {"key": KEY, "size": 7, "etag": "abc"}},
}
WRITTEN = Arrived(objects=(Object(bucket="trail", key=KEY, size=7, etag="abc"),))
RECORD = {"eventName": "ConsoleLogin", "userIdentity": {"type": "Root"}}


def wrapped(body: object) -> dict[str, str]:
    return {"Type": "Notification", "TopicArn": "arn:aws:sns:eu-west-1:000011112222:t", "Message": json.dumps(body)}


@pytest.mark.parametrize(
    "body", [NOTIFICATION, BRIDGED, wrapped(NOTIFICATION), wrapped(BRIDGED)], ids=["s3", "bridge", "sns", "sns-bridge"]
)
def test_an_object_written_is_the_same_however_it_is_told(body: object) -> None:
    assert read_message(json.dumps(body)) == WRITTEN


def test_cloudtrail_tells_its_objects_itself() -> None:
    told = read_message(json.dumps(wrapped({"s3Bucket": "trail", "s3ObjectKey": [KEY]})))
    assert told == Arrived(objects=(Object(bucket="trail", key=KEY),))


@pytest.mark.parametrize(
    "kind",
    [
        "AWS API Call via CloudTrail",
        "AWS Console Sign In via CloudTrail",
        "AWS Console Signin via CloudTrail",
        "AWS Service Event via CloudTrail",
    ],
)
def test_records_come_whole_under_every_spelling(kind: str) -> None:
    body = {"source": "aws.signin", "detail-type": kind, "detail": RECORD}
    assert read_message(json.dumps(body)).records == (RECORD,)


@pytest.mark.parametrize(
    "body",
    [
        {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "trail"},
        {"Records": [{"eventName": "ObjectRemoved:Delete", "s3": NOTIFICATION["Records"][0]["s3"]}]},
    ],
    ids=["test", "removed"],
)
def test_what_says_nothing_new_is_passed_over_with_a_reason(body: object) -> None:
    told = read_message(json.dumps(body))
    assert (told.objects, told.records) == ((), ())
    assert told.passed_over


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{",
        "{}",
        json.dumps({"Records": ["x"]}),
        json.dumps({"Records": [{"s3": {"bucket": {}, "object": {}}, "eventName": "ObjectCreated:Put"}]}),
        json.dumps({"detail-type": "AWS API Call via CloudTrail", "detail": "x"}),
        json.dumps({"detail-type": "Scheduled Event", "detail": {}}),
        json.dumps({"s3Bucket": "trail", "s3ObjectKey": [1]}),
        json.dumps(wrapped(wrapped(wrapped(NOTIFICATION)))),
        "[" * 100_000,
        " " * (LARGEST + 1),
    ],
)
def test_what_is_not_understood_is_refused_to_be_parked(body: str) -> None:
    with pytest.raises(MessageError):
        read_message(body)


@given(st.text() | st.recursive(st.none() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(
    st.sampled_from(["Records", "s3", "detail", "detail-type", "Message", "Type", "bucket", "object", "key"]), inner,
), max_leaves=9).map(json.dumps))  # fmt: skip
def test_no_message_brings_another_error(body: str) -> None:
    try:
        read_message(body)
    except MessageError:
        return
