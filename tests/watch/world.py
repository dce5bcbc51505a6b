"""A trail's bucket and a queue on moto, and watchers over them."""

from __future__ import annotations

import gzip
import io
import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from tests.watch.records import MEMBER

from rootwarden.alert.store.documents import finding_of
from rootwarden.alert.store.tables import AlertRow, EventRow, FindingRow
from rootwarden.aws.door import Door
from rootwarden.watch.assembly import assembled
from rootwarden.watch.journal import Journal
from rootwarden.watch.log_files import buckets
from rootwarden.watch.queue import SqsQueue
from rootwarden.watch.rounds import Options

if TYPE_CHECKING:
    from rootwarden.alert.store.database import Store
    from rootwarden.detect.visits.incident import Concern, Incident
    from rootwarden.watch.assembly import Watcher

REGION, BUCKET = "eu-west-1", "fake-trail"


class World:
    """The bucket and the queue, from CloudTrail's side.

    Messages come back at once when they are not deleted: the queue's visibility timeout is zero.
    """

    def __init__(self, sqs: Any, s3: Any) -> None:
        self.sqs = sqs
        self.s3 = s3
        made = sqs.create_queue(QueueName="rootwarden-at-once", Attributes={"VisibilityTimeout": "0"})
        self.url = str(made["QueueUrl"])
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        self._number = 0

    def key(self, *, account: str = MEMBER, region: str = "us-east-1") -> str:
        self._number += 1
        name = f"{account}_CloudTrail_{region}_20260302T0815Z_fake{self._number:012}.json.gz"
        return f"AWSLogs/{account}/CloudTrail/{region}/2026/03/02/{name}"

    def deliver(self, *records: dict[str, Any], key: str = "", content: bytes | None = None, put: bool = True) -> str:
        """Write a log file and announce it; its key."""
        key = key or self.key()
        etag = ""
        if put:
            body = log_file(*records) if content is None else content
            etag = str(self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)["ETag"]).strip('"')
        self.send(notification(key, etag))
        return key

    def send(self, document: dict[str, Any] | str) -> None:
        body = document if isinstance(document, str) else json.dumps(document)
        self.sqs.send_message(QueueUrl=self.url, MessageBody=body)

    def left(self) -> int:
        """How many messages there still are, taken ones too."""
        found = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["All"])["Attributes"]
        return int(found["ApproximateNumberOfMessages"]) + int(found["ApproximateNumberOfMessagesNotVisible"])

    def watcher(
        self, store: Store, *, journal: io.StringIO | None = None, door: Door | None = None, **how: Any
    ) -> Watcher:
        door = door or Door(region=REGION)
        how.setdefault("options", Options(readers=2))
        how["journal"] = Journal(journal if journal is not None else io.StringIO())
        return assembled(store, SqsQueue(door, self.url), how.pop("bucket", None) or buckets(door), **how)


def log_file(*records: dict[str, Any]) -> bytes:
    return gzip.compress(json.dumps({"Records": list(records)}).encode())


def notification(key: str, etag: str = "", *, bucket: str = BUCKET) -> dict[str, Any]:
    described = {"bucket": {"name": bucket}, "object": {"key": key, "size": 1, "eTag": etag}}
    return {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": described}]}


def forwarded(record: dict[str, Any], kind: str = "AWS API Call via CloudTrail") -> dict[str, Any]:
    return {"detail-type": kind, "source": "aws.fake", "detail": record}


def findings(store: Store) -> list[Incident | Concern]:
    kept = select(FindingRow).where(FindingRow.merged_into.is_(None)).order_by(FindingRow.started, FindingRow.id)
    return store.read(lambda session: [finding_of(row) for row in session.scalars(kept)])


def alerts(store: Store) -> list[tuple[str, str]]:
    rows = select(AlertRow).order_by(AlertRow.finding, AlertRow.severity)
    return store.read(lambda session: [(row.finding, row.severity) for row in session.scalars(rows)])


def kept_events(store: Store) -> list[str]:
    return list(store.read(lambda session: session.scalars(select(EventRow.id).order_by(EventRow.id)).all()))


def drain(watcher: Watcher, *, most: int = 50) -> None:
    """Rounds until nothing comes any more."""
    for _ in range(most):
        if not watcher.rounds.once(0):
            return
    raise AssertionError("the queue does not empty")
