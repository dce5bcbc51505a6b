"""From an event's arrival to its alert at the channel, at a steady rate; and how fast a backlog is worked off.

    python benchmarks/watch.py [--seconds 60] [--rate 2000] [--database sqlite:///…] [--output FILE]

Log files of 500 events, one event in a thousand a sign-in of root, through the in-process queue and bucket; the
watcher, the database (flushed at each commit) and the deliverer are those of `rootwarden trail watch`. The time is
taken from putting a notification into the queue to the channel being called. What SQS, S3 and CloudTrail need comes
on top.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import platform
import resource
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from rootwarden.alert.around import Surroundings
from rootwarden.alert.deliver import Deliverer
from rootwarden.alert.delivery.state import Outcome
from rootwarden.alert.routes import Routes
from rootwarden.alert.settings import Settings
from rootwarden.alert.store.database import Store
from rootwarden.alert.store.leasing import Attempted
from rootwarden.simulator.trail.noise import noise
from rootwarden.watch.assembly import assembled
from rootwarden.watch.figures import Count
from rootwarden.watch.in_process import InProcessBucket, InProcessQueue
from rootwarden.watch.journal import Journal
from rootwarden.watch.service import Manners

if TYPE_CHECKING:
    from rootwarden.alert.deliver import Passed
    from rootwarden.alert.parcel import Parcel
    from rootwarden.errors import StoreError

EVENTS = 500
ONE_IN = 1_000
ACCOUNTS = 200
PAUSE = 0.2
BUCKET = "fake-trail"


class Pager:
    """A channel that notes when it is called, for each event it is told of."""

    name = "pager"

    def __init__(self) -> None:
        self.called: dict[str, float] = {}

    def send(self, parcel: Parcel) -> Attempted:
        """Take it."""
        at = time.perf_counter()
        for subject in parcel.subjects:
            for event in subject.finding.event_ids:
                self.called.setdefault(event, at)
        return Attempted(outcome=Outcome.SENT)


def sign_in(number: int) -> dict[str, Any]:
    """A sign-in of root: an account is used again only days later, so that each is a visit of its own."""
    account = f"1111{number % ACCOUNTS:08d}"
    at = datetime.now(UTC) - timedelta(days=3 * (number // ACCOUNTS), seconds=60)
    return {
        "eventVersion": "1.11",
        "eventTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "eventID": f"sign-in-{number}",
        "eventSource": "signin.amazonaws.com",
        "eventName": "ConsoleLogin",
        "eventType": "AwsConsoleSignIn",
        "awsRegion": "us-east-1",
        "recipientAccountId": account,
        "sourceIPAddress": "198.51.100.7",
        "userIdentity": {"type": "Root", "accountId": account, "arn": f"arn:aws:iam::{account}:root"},
        "responseElements": {"ConsoleLogin": "Success"},
        "additionalEventData": {"MFAUsed": "Yes"},
    }


def log_files(count: int) -> list[tuple[str, bytes, list[str]]]:
    """Key, content and ids of root's events of so many log files; every other one holds one."""
    made = []
    now = datetime.now(UTC)
    for number in range(count):
        roots = [sign_in(number)] if number % (ONE_IN // EVENTS) == 0 else []
        others = noise(7, number % 40, ("111100000000", "us-east-1", now), EVENTS - len(roots))
        content = b'{"Records":[' + b",".join([*map(msgspec.json.encode, roots), *others]) + b"]}"
        name = f"111100000000_CloudTrail_us-east-1_{now:%Y%m%dT%H%M}Z_{number:016d}.json.gz"
        key = f"AWSLogs/111100000000/CloudTrail/us-east-1/{now:%Y/%m/%d}/{name}"
        made.append((key, gzip.compress(content, 6), [each["eventID"] for each in roots]))
    return made


def notification(key: str) -> str:
    described = {"bucket": {"name": BUCKET}, "object": {"key": key, "size": 1, "eTag": "fake"}}
    return json.dumps({"Records": [{"eventName": "ObjectCreated:Put", "s3": described}]})


def steady(database: str, seconds: float, rate: int) -> dict[str, Any]:
    """Log files at a rate, and how long each alert took."""
    files = log_files(int(seconds * rate / EVENTS))
    queue, bucket, pager = InProcessQueue(), InProcessBucket(), Pager()
    bucket.objects = {key: content for key, content, _ in files}
    sent: dict[str, float] = {}
    with Store(database) as store:
        watcher = assembled(store, queue, lambda _: bucket, journal=Journal(io.StringIO()), manners=Manners(wait=1))
        routes = Routes(stages=(("pager",),))
        deliverer = Deliverer(store, {"pager": pager}, routes, Surroundings(Settings()).of)
        stop = threading.Event()
        threads = [
            threading.Thread(target=watcher.service.forever, args=(stop,)),
            threading.Thread(target=deliverer.forever, args=(stop, _ignore), kwargs={"pause": PAUSE}),
        ]
        for each in threads:
            each.start()
        began, used = time.perf_counter(), time.process_time()
        for number, (key, _, ids) in enumerate(files):
            wait = began + number * EVENTS / rate - time.perf_counter()
            stop.wait(max(0.0, wait))
            sent.update(dict.fromkeys(ids, time.perf_counter()))
            queue.send(notification(key))
        while len(pager.called) < len(sent) and time.perf_counter() - began < seconds + 60:
            stop.wait(0.05)
        spent = time.process_time() - used
        stop.set()
        for each in threads:
            each.join()
    took = sorted(pager.called[each] - sent[each] for each in sent if each in pager.called)
    return {
        "database": database.partition(":")[0],
        "rate": rate,
        "seconds": seconds,
        "events": watcher.figures.total(Count.EVENTS),
        "alerts_due": len(sent),
        "alerts": len(took),
        "p50_seconds": took[len(took) // 2],
        "p99_seconds": took[min(len(took) - 1, int(len(took) * 0.99))],
        "slowest_seconds": took[-1],
        "processor_share": spent / seconds,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def backlog(database: str, files: int) -> dict[str, Any]:
    """So many log files at once: how long until the last is worked off."""
    made = log_files(files)
    queue, bucket = InProcessQueue(), InProcessBucket()
    bucket.objects = {key: content for key, content, _ in made}
    for key, _, _ in made:
        queue.send(notification(key))
    with Store(database) as store:
        watcher = assembled(store, queue, lambda _: bucket, journal=Journal(io.StringIO()))
        began = time.perf_counter()
        while watcher.rounds.once(0):
            pass
        took = time.perf_counter() - began
        watcher.rounds.close()
    return {"files": files, "seconds": took, "events_per_second": files * EVENTS / took}


def _ignore(_: Passed | StoreError) -> None:
    """Nothing: it is the pager that counts."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=int, default=2_000)
    parser.add_argument("--backlog", type=int, default=400)
    parser.add_argument("--database", default="")
    parser.add_argument("--output", type=Path, default=None)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results: dict[str, Any] = {
            "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
            "steady": steady(asked.database or f"sqlite:///{folder}/steady.db", asked.seconds, asked.rate),
            "backlog": backlog(f"sqlite:///{folder}/backlog.db", asked.backlog),
        }
    text = json.dumps(results, indent=2)
    print(text)
    if asked.output:
        asked.output.write_text(text + "\n")


if __name__ == "__main__":
    main()
