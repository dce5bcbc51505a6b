"""What a message of the queue says: objects to read, records that came whole, or nothing of interest.

Understood, however they are wrapped (SNS envelope or raw):

- S3 event notifications (*Event message structure*, S3 user guide; keys are form-encoded), and `s3:TestEvent`;
- `Object Created` of S3 through EventBridge (keys as they are);
- CloudTrail's own SNS notifications (`s3Bucket`, `s3ObjectKey`);
- CloudTrail records through EventBridge: both spellings of the sign-in detail-type, API calls, service events.

Anything else is a `MessageError`: the caller parks it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_plus

import msgspec

from rootwarden.detect.filter_pattern import Event as Document
from rootwarden.errors import InputError

if TYPE_CHECKING:
    from rootwarden.detect.filter_pattern import Value

# SQS takes 1 MiB (*SQS message quotas*); more cannot come from a queue.
LARGEST: Final = 1024 * 1024
MOST_OBJECTS: Final = 1_000
_MOST_ENVELOPES: Final = 3
RECORD_DETAIL_TYPES: Final = frozenset(
    {
        "AWS API Call via CloudTrail",
        "AWS Console Sign In via CloudTrail",
        "AWS Console Signin via CloudTrail",
        "AWS Service Event via CloudTrail",
        "AWS Console Action via CloudTrail",
        "AWS Insight via CloudTrail",
    }
)
_CREATED: Final = "ObjectCreated:"


class MessageError(InputError):
    """A message that says nothing we know: it is parked, and a person looks at it."""


class Object(msgspec.Struct, frozen=True, kw_only=True):
    """An object that was written.

    Attributes:
        bucket: Its bucket.
        key: Its key, decoded.
        size: In bytes; `None` where the message does not say.
        etag: Entity tag, without quotes; may be empty.
    """

    bucket: str
    key: str
    size: int | None = None
    etag: str = ""


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """What one message brought.

    Attributes:
        objects: To be read.
        records: CloudTrail records that came whole.
        passed_over: Why there is nothing to do, when there is nothing.
    """

    objects: tuple[Object, ...] = ()
    records: tuple[Document, ...] = ()
    passed_over: str = ""


def read_message(body: str) -> Arrived:
    """Read the body of one message.

    Raises:
        MessageError: It is too large, no JSON object, or of no kind we know.
    """
    if len(body) > LARGEST:
        raise MessageError(f"a message of {len(body)} characters, more than a queue takes")
    document = _object(body)
    for _ in range(_MOST_ENVELOPES):
        inner = _unwrapped(document)
        if inner is None:
            return _arrived(document)
        document = inner
    raise MessageError("a message in more envelopes than any service puts it in")


def _object(text: str) -> Document:
    try:
        document: Value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise MessageError(f"a message that is no JSON: {error}") from error
    if not isinstance(document, dict):
        raise MessageError("a message that is no JSON object")
    return document


def _unwrapped(document: Document) -> Document | None:
    """What an SNS envelope holds; `None` when there is no envelope."""
    message = document.get("Message")
    if document.get("Type") == "Notification" and isinstance(message, str):
        return _object(message)
    return None


def _arrived(document: Document) -> Arrived:
    if document.get("Event") == "s3:TestEvent":
        return Arrived(passed_over="a test event of S3")
    if isinstance(document.get("detail-type"), str):
        return _from_event_bridge(document)
    if "s3ObjectKey" in document:
        return _from_cloudtrail(document)
    records = document.get("Records")
    if isinstance(records, list):
        return _from_notification(records)
    raise MessageError(f"a message of no kind we know: its fields are {_fields(document)}")


def _from_event_bridge(envelope: Document) -> Arrived:
    kind, detail = envelope["detail-type"], envelope.get("detail")
    if not isinstance(detail, dict):
        raise MessageError(f"an event `{kind}` without a detail")
    if kind in RECORD_DETAIL_TYPES:
        return Arrived(records=(detail,))
    if kind == "Object Created":
        return Arrived(objects=(_described(detail, "bucket", "object", encoded=False),))
    raise MessageError(f"an event of the kind `{kind}`, which no rule of ours sends")


def _from_cloudtrail(notice: Document) -> Arrived:
    bucket, keys = notice.get("s3Bucket"), notice.get("s3ObjectKey")
    if not isinstance(bucket, str) or not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise MessageError("a notification of CloudTrail without bucket and keys")
    return _of(tuple(Object(bucket=bucket, key=key) for key in keys if isinstance(key, str)))


def _from_notification(records: list[Value]) -> Arrived:
    objects = []
    for record in records:
        if not isinstance(record, dict) or not isinstance(record.get("s3"), dict):
            raise MessageError("a notification with a record that is not of S3")
        name = record.get("eventName")
        # `ObjectRemoved` and the like say nothing of new events.
        if isinstance(name, str) and name.removeprefix("s3:").startswith(_CREATED):
            objects.append(_described(record["s3"], "bucket", "object", encoded=True))
    return _of(tuple(objects))


def _of(objects: tuple[Object, ...]) -> Arrived:
    if len(objects) > MOST_OBJECTS:
        raise MessageError(f"a notification of {len(objects)} objects")
    return Arrived(objects=objects) if objects else Arrived(passed_over="a notification of no new object")


def _described(value: Value, bucket: str, item: str, *, encoded: bool) -> Object:
    """An object as S3 describes it."""
    place = value.get(bucket) if isinstance(value, dict) else None
    thing = value.get(item) if isinstance(value, dict) else None
    name = place.get("name") if isinstance(place, dict) else None
    key = thing.get("key") if isinstance(thing, dict) else None
    if not isinstance(thing, dict) or not isinstance(name, str) or not isinstance(key, str):
        raise MessageError("a notification of S3 without bucket and key")
    size, etag = thing.get("size"), thing.get("eTag", thing.get("etag"))
    return Object(
        bucket=name,
        key=unquote_plus(key) if encoded else key,
        size=size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None,
        etag=etag.strip('"') if isinstance(etag, str) else "",
    )


def _fields(document: Document) -> str:
    return ", ".join(f"`{name[:40]}`" for name in sorted(document)[:8]) or "none"
