"""The queue against moto's SQS over HTTP."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from rootwarden.errors import AwsError, UsageError
from rootwarden.watch.in_process import InProcessQueue
from rootwarden.watch.queue import SqsQueue, region_of

if TYPE_CHECKING:
    from rootwarden.aws.door import Door


@pytest.fixture(params=["moto", "in-process"])
def queue(request: pytest.FixtureRequest) -> SqsQueue | InProcessQueue:
    """Both kinds, which must behave alike."""
    if request.param == "in-process":
        return InProcessQueue()
    return SqsQueue(request.getfixturevalue("door"), request.getfixturevalue("url"))


def test_a_message_that_is_not_deleted_comes_back_and_says_how_often(queue: SqsQueue | InProcessQueue) -> None:
    queue.send("one")
    (first,) = queue.receive(0)
    assert (first.body, first.receives) == ("one", 1)
    assert first.sent_at > 0
    assert queue.receive(0) == ()
    queue.hold([first], 0)
    (again,) = queue.receive(0)
    assert (again.id, again.receives) == (first.id, 2)
    assert queue.delete([again]) == 0
    queue.hold([again], 0)
    assert queue.receive(0) == ()


def test_a_receipt_that_was_overtaken_holds_nothing() -> None:
    queue = InProcessQueue(visibility=0)
    queue.send("one")
    (first,), (second,) = queue.receive(0), queue.receive(0)
    queue.hold([second], 300)
    queue.hold([first], 0)
    assert queue.receive(0) == ()
    assert queue.delete([first]) == 0
    assert queue.left() == 0


def test_waiting_ends_when_a_message_comes(queue: SqsQueue | InProcessQueue) -> None:
    timer = threading.Timer(0.2, queue.send, args=("late",))
    timer.start()
    (message,) = queue.receive(20)
    timer.join()
    assert message.body == "late"


def test_more_than_a_batch_is_deleted_in_several(sqs: Any, url: str, door: Door) -> None:
    for number in range(23):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    queue = SqsQueue(door, url)
    taken = [message for _ in range(5) for message in queue.receive(0)]
    assert sorted(int(each.body) for each in taken) == list(range(23))
    assert queue.delete(taken) == 0
    left = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert left["ApproximateNumberOfMessages"] == left["ApproximateNumberOfMessagesNotVisible"] == "0"


def test_a_queue_that_is_not_there_is_said_with_what_to_do(url: str, door: Door) -> None:
    with pytest.raises(UsageError, match="NonExistentQueue"):
        SqsQueue(door, url + "-other").receive(0)


def test_an_answer_that_does_not_come_is_no_empty_queue(url: str, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    from rootwarden.aws.door import Door as FreshDoor

    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(AwsError):
        SqsQueue(FreshDoor(region="eu-west-1"), url).receive(0)


@pytest.mark.parametrize(
    "text", ["", "rootwarden", "file:///queue", "https://sqs.eu-west-1.amazonaws.com/1/rootwarden"]
)
def test_what_is_no_url_of_a_queue_is_refused(text: str, door: Door) -> None:
    with pytest.raises(UsageError):
        SqsQueue(door, text)


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("https://sqs.eu-west-1.amazonaws.com/000011112222/rootwarden", "eu-west-1"),
        ("https://sqs.us-gov-west-1.amazonaws.com/000011112222/rootwarden", "us-gov-west-1"),
        ("http://127.0.0.1:5000/000011112222/rootwarden", ""),
    ],
)
def test_the_url_names_the_region(text: str, region: str) -> None:
    assert region_of(text) == region
