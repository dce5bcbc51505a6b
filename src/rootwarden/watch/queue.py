"""The queue: messages taken, held while they are worked on, and deleted when what they said is kept.

SQS gives each message at least once, in any order (*Amazon SQS standard queues*). A message that is not deleted comes
back; that is what makes the watcher safe to kill.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from rootwarden.aws.calls import CallFailed
from rootwarden.aws.deadline import Deadline
from rootwarden.errors import AccessError, AwsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rootwarden.aws.door import Door

MOST_AT_ONCE: Final = 10
LONGEST_WAIT: Final = 20
_SECONDS: Final = 60.0
_URL: Final = re.compile(r"https?://[^/\s]+/(?:[^/\s]+/)*\d{12}/[A-Za-z0-9_-]{1,80}(?:\.fifo)?")
_REGION: Final = re.compile(r"https?://(?:sqs\.|queue\.)?([a-z]{2}(?:-[a-z]+)+-\d+)\.")
_REFUSED: Final = re.compile(r"AccessDenied|InvalidClientTokenId|SignatureDoesNotMatch|InvalidAccessKeyId|403")
_GONE: Final = re.compile(r"NonExistentQueue|QueueDoesNotExist|InvalidAddress")


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was taken.

    Attributes:
        id: Of the message; the same each time it comes.
        body: What it says.
        receipt: What it is deleted and held with; another each time it comes.
        receives: How often it was taken, this time included.
        sent_at: When it was put into the queue, in milliseconds since 1970; 0 where that is not said.
    """

    id: str
    body: str
    receipt: str
    receives: int = 1
    sent_at: int = 0


class Queue(Protocol):
    """What the watcher asks of a queue."""

    def receive(self, wait: int) -> tuple[Message, ...]:
        """Take up to ten messages; wait for the first so many seconds."""
        ...

    def hold(self, messages: Sequence[Message], seconds: int) -> None:
        """Keep others from taking messages for longer; what cannot be held comes back earlier, which is safe."""
        ...

    def delete(self, messages: Sequence[Message]) -> int:
        """Delete messages; how many could not be, which come again."""
        ...


class SqsQueue:
    """A queue of SQS.

    Args:
        door: Access to AWS in the queue's region; its read timeout must be longer than `LONGEST_WAIT`.
        url: Of the queue.

    Raises:
        UsageError: It is no queue's URL.
    """

    def __init__(self, door: Door, url: str) -> None:
        if not _URL.fullmatch(url):
            hint = "it looks like https://sqs.eu-west-1.amazonaws.com/111122223333/rootwarden"
            raise UsageError(f"`{url}` is not the URL of a queue", hint=hint)
        self._door = door
        self._url = url

    def receive(self, wait: int) -> tuple[Message, ...]:
        """Take up to ten messages.

        Args:
            wait: Seconds to wait for the first, at most 20.

        Raises:
            AccessError, AwsError, UsageError: When the queue does not answer.
        """
        answer = self._ask(
            "ReceiveMessage",
            MaxNumberOfMessages=MOST_AT_ONCE,
            WaitTimeSeconds=min(wait, LONGEST_WAIT),
            AttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
        )
        return tuple(_message(each) for each in answer.get("Messages") or ())

    def hold(self, messages: Sequence[Message], seconds: int) -> None:
        """Keep others from taking messages for so many seconds from now on.

        Raises:
            AccessError, AwsError, UsageError: When the queue does not answer.
        """
        entries = [{**_entry(number, each), "VisibilityTimeout": seconds} for number, each in enumerate(messages)]
        self._batches("ChangeMessageVisibilityBatch", entries)

    def delete(self, messages: Sequence[Message]) -> int:
        """Delete messages.

        Returns:
            How many could not be deleted.

        Raises:
            AccessError, AwsError, UsageError: When the queue does not answer.
        """
        return self._batches("DeleteMessageBatch", [_entry(number, each) for number, each in enumerate(messages)])

    def send(self, body: str) -> None:
        """Put a message in: for drills.

        Raises:
            AccessError, AwsError, UsageError: When the queue does not take it.
        """
        self._ask("SendMessage", MessageBody=body)

    def _batches(self, operation: str, entries: list[dict[str, object]]) -> int:
        failed = 0
        for first in range(0, len(entries), MOST_AT_ONCE):
            answer = self._ask(operation, Entries=entries[first : first + MOST_AT_ONCE])
            failed += len(answer.get("Failed") or ())
        return failed

    def _ask(self, operation: str, **parameters: object) -> dict[str, Any]:
        given = {"QueueUrl": self._url, **parameters}
        try:
            return self._door.send("sqs", operation, deadline=Deadline(_SECONDS), parameters=given)
        except CallFailed as failed:
            raise self._error(operation, failed) from failed

    def _error(self, operation: str, failed: CallFailed) -> AccessError | AwsError | UsageError:
        said = f"the queue `{self._url}` does not take {operation}: {failed.code}"
        if _GONE.search(failed.code):
            return UsageError(said, hint="is the URL right, and the queue in this region?")
        if _REFUSED.search(failed.code):
            return AccessError(said, hint="attach the policy that `rootwarden trail watch --print-setup` prints")
        return AwsError(f"{said}: {failed.detail}" if failed.detail else said, hint="it is asked again")


def region_of(url: str) -> str:
    """The region a queue's URL names; empty when it names none, as on loopback."""
    found = _REGION.match(url)
    return found[1] if found else ""


def _entry(number: int, message: Message) -> dict[str, object]:
    return {"Id": str(number), "ReceiptHandle": message.receipt}


def _message(answer: dict[str, Any]) -> Message:
    attributes = answer.get("Attributes") or {}
    return Message(
        id=str(answer.get("MessageId", "")),
        body=str(answer.get("Body", "")),
        receipt=str(answer.get("ReceiptHandle", "")),
        receives=_number(attributes.get("ApproximateReceiveCount"), 1),
        sent_at=_number(attributes.get("SentTimestamp"), 0),
    )


def _number(text: object, otherwise: int) -> int:
    return int(text) if isinstance(text, str) and text.isdigit() else otherwise
