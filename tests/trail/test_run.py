"""Runs over folders and buckets: what is read, once and only once, on all cores, whatever breaks off."""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto.server import ThreadedMotoServer
from tests.collect.looks import COMMAND, environment
from tests.trail.records import ACCOUNT, WANTED, log, ordinary, root

from rootwarden.aws.door import Door
from rootwarden.detect.visits.event import read_event
from rootwarden.errors import InputError, UsageError
from rootwarden.trail.batch import Orders
from rootwarden.trail.bucket import objects_of
from rootwarden.trail.objects_to_read import Listing, Readable
from rootwarden.trail.place_names import Restriction
from rootwarden.trail.run import run
from rootwarden.trail.spool import Spool, row_of
from rootwarden.trail.workforce import read_together

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.aws.objects import Objects
    from rootwarden.trail.run import Progress, Run

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIAFAKEFAKEFAKEFAKE",
    "AWS_SECRET_ACCESS_KEY": "fake",
    "AWS_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}

# What a fault in a library's C code does: the process is gone.
KILLER = """
import os, signal, sys
def hook(event, arguments):
    if event == "open" and str(arguments[0]).endswith("deadly.json"):
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
"""


def no_bucket(_: str) -> Objects:
    raise AssertionError("nothing here is in S3")


def a_bucket(target: str) -> Objects:
    return objects_of(target, Door())


def name_of(number: int, account: str = ACCOUNT, region: str = "us-east-1", day: str = "20260302") -> str:
    folder = f"AWSLogs/o-fake000000/{account}/CloudTrail/{region}/{day[:4]}/{day[4:6]}/{day[6:]}"
    return f"{folder}/{account}_CloudTrail_{region}_{day}T0805Z_{number:016X}.json.gz"


def trail(folder: Path, files: int = 12, first: int = 0) -> None:
    """Log files, each with one event of root, some of them twice, and with an AssumeRoot call."""
    for number in range(first, first + files):
        path = folder / name_of(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(log(ordinary(5000 + number), root(number), root(number // 2), ordinary(6000 + number)))


def reading(
    *targets: object,
    spool: Spool,
    restriction: Restriction = Restriction(),  # noqa: B008 - frozen
    workers: int = 1,
    bucket: Any = no_bucket,
    **more: Any,
) -> Run:
    listing = Listing(map(str, targets), restriction=restriction, bucket=bucket)
    listing.check()
    return run(listing, Orders(interest=WANTED, restriction=restriction), spool, workers=workers, **more)


def ids(spool: Spool, *, new: bool = False) -> list[int]:
    return [int(event.id[-12:]) for event in spool.events(new=new)]


def test_a_folder_is_read_whole_and_each_event_kept_once(tmp_path: Path) -> None:
    trail(tmp_path)
    with Spool() as spool:
        done = reading(tmp_path, spool=spool)
        assert ids(spool) == list(range(12))
        assert spool.distinct() == 12
    assert (done.counts.files, done.counts.wanted, done.unread) == (12, 24, 0)


def test_digests_insights_and_other_files_are_passed_over_and_said(tmp_path: Path) -> None:
    trail(tmp_path, 1)
    base = tmp_path / "AWSLogs" / ACCOUNT
    for name in (
        "CloudTrail-Digest/us-east-1/2026/03/02/digest.json.gz",
        "CloudTrail-Insight/us-east-1/2026/insight.json.gz",
        "CloudTrail/readme.txt",
    ):
        path = base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(log(root(99)))
    with Spool() as spool:
        done = reading(tmp_path, spool=spool)
        assert ids(spool) == [0]
    assert done.passed_over == {"Insights files": 1, "digests": 1, "files of other kinds": 1}


def test_a_folder_that_cannot_be_listed_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    """A path longer than the system takes: who reads as root is refused it too."""
    trail(tmp_path)
    name = "d" * 250
    inner = os.open(tmp_path, os.O_RDONLY)
    for _ in range(20):
        os.mkdir(name, dir_fd=inner)
        outer, inner = inner, os.open(name, os.O_RDONLY, dir_fd=inner)
        os.close(outer)
    os.close(inner)
    with Spool() as spool:
        done = reading(tmp_path, spool=spool)
        assert ids(spool) == list(range(12))
    assert done.unread == 1
    assert done.problems[0].file.endswith(f"/{name}")
    assert done.problems[0].reason == "it cannot be listed: file name too long"
    said = command("trail", "scan", str(tmp_path), cwd=tmp_path)
    assert said.returncode == 3
    assert f"/{name}`: it cannot be listed: file name too long" in said.stderr


def test_what_is_named_is_read_whatever_it_is_called(tmp_path: Path) -> None:
    path = tmp_path / "evidence.bin"
    path.write_bytes(log(root(3)))
    with Spool() as spool:
        reading(path, path, spool=spool)
        assert ids(spool) == [3]


def test_a_stream_and_a_folder_together(tmp_path: Path) -> None:
    trail(tmp_path, 2)
    with Spool() as spool:
        done = reading("-", tmp_path, spool=spool, stream=io.BytesIO(log(root(50)) + log(root(51))))
        assert ids(spool) == [0, 1, 50, 51]
    assert done.counts.several_members == 1


@pytest.mark.parametrize("target", ["nowhere", "gs://bucket/x", "s3://"])
def test_what_cannot_be_read_at_all_is_refused_first(target: str) -> None:
    with Spool() as spool, pytest.raises(UsageError):
        reading(target, spool=spool)


def test_workers_find_what_one_process_finds(tmp_path: Path) -> None:
    trail(tmp_path, 200)
    with Spool() as alone, Spool() as together:
        one = reading(tmp_path, spool=alone)
        batches = [(Readable(str(path), path.stat().st_size, ""),) for path in sorted(tmp_path.rglob("*.gz"))]
        orders = Orders(interest=WANTED)
        results = list(read_together(batches, orders, workers=2))
        for result in results:
            together.add(result.every_row(), result.read)
        assert ids(alone) == ids(together) == list(range(200))
    assert sum(result.counts.files for result in results) == one.counts.files == 200
    assert not multiprocessing.active_children()


def test_progress_ends_at_all_of_it(tmp_path: Path) -> None:
    trail(tmp_path)
    seen: list[Progress] = []
    with Spool() as spool:
        reading(tmp_path, spool=spool, show=seen.append)
    assert seen[-1].size == seen[-1].size_in_all == sum(path.stat().st_size for path in tmp_path.rglob("*.gz"))
    assert (seen[-1].files, seen[-1].records, seen[-1].wanted) == (12, 48, 24)


def test_an_interrupt_keeps_what_was_read_and_leaves_no_process(tmp_path: Path) -> None:
    trail(tmp_path, 300)

    def interrupt(_: Progress) -> None:
        raise KeyboardInterrupt

    with Spool(tmp_path / "state") as spool:
        done = reading(tmp_path, spool=spool, workers=2, show=interrupt)
        kept = ids(spool)
    assert done.interrupted
    assert not multiprocessing.active_children()
    # Files hold events of their neighbours too: which batch comes first decides how many that are.
    assert done.counts.files == 64
    assert len(kept) >= 64
    with Spool(tmp_path / "state") as spool:
        done = reading(tmp_path, spool=spool)
        assert (done.read_before, done.counts.files) == (64, 236)
        assert ids(spool) == list(range(300))


def test_a_worker_that_dies_costs_one_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker is made to die by a file whose name says so, at the place where it opens it."""
    trail(tmp_path / "logs", 5)
    deadly = tmp_path / "logs" / "deadly.json"
    deadly.write_bytes(log(root(99), packed=False))
    (tmp_path / "sitecustomize.py").write_text(KILLER)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    with Spool() as spool:
        done = reading(tmp_path / "logs", spool=spool, workers=2)
        assert ids(spool) == list(range(5))
    assert [(Path(each.file).name, each.reason) for each in done.problems] == [
        ("deadly.json", "the process that read it died")
    ]
    assert not multiprocessing.active_children()


def test_a_batch_with_many_events_is_handed_over_through_a_file(tmp_path: Path) -> None:
    path = tmp_path / "many.json"
    path.write_bytes(log(*(root(number, padding="x" * 4000) for number in range(3000)), packed=False))
    with Spool() as spool:
        listing = Listing([str(path)], restriction=Restriction(), bucket=no_bucket)
        run(listing, Orders(interest=WANTED, folder=str(tmp_path)), spool, workers=1)
        assert ids(spool) == list(range(3000))
    assert [each.name for each in tmp_path.iterdir()] == ["many.json"]


class TestState:
    def test_a_second_run_reads_only_what_is_new_or_changed(self, tmp_path: Path) -> None:
        logs = tmp_path / "logs"
        trail(logs, 4)
        with Spool(tmp_path / "state") as spool:
            reading(logs, spool=spool)
            assert ids(spool, new=True) == [0, 1, 2, 3]
        # A late file whose name comes before all others, and one that is written anew.
        late = logs / name_of(0, day="20260101")
        late.parent.mkdir(parents=True)
        late.write_bytes(log(root(77)))
        (logs / name_of(3)).write_bytes(log(root(3), root(78), ordinary()))
        with Spool(tmp_path / "state") as spool:
            done = reading(logs, spool=spool)
            assert ids(spool, new=True) == [77, 78]
            assert ids(spool) == [0, 1, 2, 3, 77, 78]
        assert (done.read_before, done.counts.files) == (3, 2)

    def test_a_file_rewritten_behind_its_date_is_read_again(self, tmp_path: Path) -> None:
        path = tmp_path / "a.json"
        path.write_bytes(log(root(1), packed=False))
        with Spool(tmp_path / "state") as spool:
            reading(path, spool=spool)
        before = path.stat()
        with path.open("r+b") as file:
            file.write(log(root(2), packed=False))
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
        with Spool(tmp_path / "state") as spool:
            reading(path, spool=spool)
            assert ids(spool) == [1, 2]

    def test_what_was_not_read_in_full_is_read_again(self, tmp_path: Path) -> None:
        path = tmp_path / "a.json.gz"
        path.write_bytes(log(root(1), *map(ordinary, range(2, 40)))[:-20])
        for _ in range(2):
            with Spool(tmp_path / "state") as spool:
                done = reading(path, spool=spool)
                assert ids(spool) == [1]
            assert (done.unread, done.read_before) == (1, 0)

    def test_who_looks_for_something_else_reads_everything_again(self, tmp_path: Path) -> None:
        trail(tmp_path / "logs", 3)
        with Spool(tmp_path / "state") as spool:
            assert not reading(tmp_path / "logs", spool=spool).read_again
        with Spool(tmp_path / "state") as spool:
            asked = Restriction(accounts=frozenset({ACCOUNT}))
            done = reading(tmp_path / "logs", spool=spool, restriction=asked)
        assert done.read_again
        assert done.counts.files == 3

    def test_another_file_is_no_state(self, tmp_path: Path) -> None:
        path = tmp_path / "state"
        path.write_bytes(b"something of the user's\n" * 100)
        with pytest.raises(InputError, match="no state of `trail`"):
            Spool(path)
        assert path.read_bytes().startswith(b"something")

    def test_another_database_is_no_state(self, tmp_path: Path) -> None:
        import sqlite3

        path = tmp_path / "state"
        with sqlite3.connect(path) as database:
            database.execute("CREATE TABLE theirs (x)")
        database.close()
        with pytest.raises(InputError, match="no state of `trail`"):
            Spool(path)

    def test_two_runs_do_not_share_a_state(self, tmp_path: Path) -> None:
        with Spool(tmp_path / "state") as spool:
            reading("-", spool=spool, stream=io.BytesIO(log(root(1))))
            with pytest.raises(UsageError, match="cannot be used"):
                Spool(tmp_path / "state")

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="cannot be"):
            Spool(tmp_path / "no" / "state")


COPIES = [
    root(1),
    root(1, errorMessage="x"),
    root(1, addendum={"reason": "UPDATED_DATA", "originalEventID": root(1)["eventID"]}, eventName="B"),
    root(1, addendum={"reason": "UPDATED_DATA"}, eventName="C"),
]


class TestDuplicates:
    @settings(max_examples=24, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
    @given(st.permutations(COPIES))
    def test_the_same_copy_stays_whatever_the_order(self, copies: list[dict[str, Any]]) -> None:
        with Spool() as spool:
            spool.add((row_of(read_event(each)) for each in copies), {})
            (kept,) = spool.events()
        assert kept.name == "B"

    def test_an_update_under_another_id_takes_the_place_of_the_first(self) -> None:
        update = root(2, addendum={"reason": "UPDATED_DATA", "originalEventID": root(1)["eventID"]}, eventName="New")
        with Spool() as spool:
            spool.add([row_of(read_event(root(1))), row_of(read_event(update))], {})
            assert [event.name for event in spool.events()] == ["New"]

    def test_without_an_id_the_content_tells_them_apart(self) -> None:
        first, second = root(1, eventID=None), root(1, eventID=None, eventName="Other")
        with Spool() as spool:
            again = dict(reversed(first.items()))
            spool.add((row_of(read_event(each)) for each in (first, second, again)), {})
            assert spool.distinct() == 2

    def test_events_come_in_order_of_account_and_time(self) -> None:
        draw = random.Random(4)
        minutes = draw.choices(range(60), k=100)
        events = [
            root(number, recipientAccountId=f"{number % 3:012d}", eventTime=f"2026-03-02T08:{minute:02d}:00Z")
            for number, minute in enumerate(minutes)
        ]
        events.append(root(200, recipientAccountId="0" * 12, eventTime="never"))
        draw.shuffle(events)
        with Spool() as spool:
            spool.add((row_of(read_event(each)) for each in events), {})
            seen = [(event.account, event.instant or datetime.min.replace(tzinfo=UTC)) for event in spool.events()]
        assert seen == sorted(seen)
        assert len(seen) == 101


class TestRestriction:
    def test_names_rule_out_only_what_cannot_hold_an_event(self, tmp_path: Path) -> None:
        for day, number in (("20260220", 1), ("20260301", 2), ("20260302", 3), ("20260401", 4)):
            path = tmp_path / name_of(number, day=day)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(log(root(number, eventTime=f"2026-03-0{number}T08:00:00Z")))
        asked = Restriction(start=datetime(2026, 3, 2, tzinfo=UTC), end=datetime(2026, 3, 5, tzinfo=UTC))
        with Spool() as spool:
            done = reading(tmp_path, spool=spool, restriction=asked)
            assert ids(spool) == [2, 3, 4]
        assert done.passed_over == {"files outside the accounts, regions and times asked for": 1}

    def test_accounts_and_regions(self, tmp_path: Path) -> None:
        for number, (account, region) in enumerate(
            [("0" * 12, "us-east-1"), ("1" * 12, "us-east-1"), ("1" * 12, "eu-west-1")]
        ):
            path = tmp_path / name_of(number, account, region)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(log(root(number, recipientAccountId=account, awsRegion=region)))
        (tmp_path / "mixed.json.gz").write_bytes(
            log(root(10, recipientAccountId="1" * 12, awsRegion="us-east-1"), root(11, recipientAccountId="2" * 12))
        )
        asked = Restriction(accounts=frozenset({"1" * 12}), regions=frozenset({"us-east-1"}))
        with Spool() as spool:
            reading(tmp_path, spool=spool, restriction=asked)
            assert ids(spool) == [1, 10]

    def test_who_does_not_say_is_not_left_out(self) -> None:
        asked = Restriction(start=datetime(2026, 3, 2, tzinfo=UTC), accounts=frozenset({"1" * 12}))
        assert asked.allows(account="", region="", instant=None)


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(moto: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL": moto}.items():
        monkeypatch.setenv(name, value)
    client: Any = botocore.session.Session().create_client("s3", endpoint_url=moto, region_name="us-east-1")
    client.create_bucket(Bucket="fake-trail-read")
    yield client
    for page in client.get_paginator("list_objects_v2").paginate(Bucket="fake-trail-read"):
        for each in page.get("Contents", ()):
            client.delete_object(Bucket="fake-trail-read", Key=each["Key"])
    client.delete_bucket(Bucket="fake-trail-read")


class TestS3:
    def put(self, s3: Any, number: int, body: bytes | None = None, **place: str) -> str:
        key = "logs/" + name_of(number, **place)
        s3.put_object(Bucket="fake-trail-read", Key=key, Body=log(root(number)) if body is None else body)
        return key

    def test_every_page_of_a_prefix_is_read(self, s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "50")
        for number in range(110):
            s3.put_object(Bucket="fake-trail-read", Key=f"logs/{number:05d}.json.gz", Body=log(root(number)))
        s3.put_object(Bucket="fake-trail-read", Key="elsewhere/1.json.gz", Body=log(root(5000)))
        assert s3.list_objects_v2(Bucket="fake-trail-read")["IsTruncated"]
        with Spool(tmp_path / "state") as spool:
            done = reading("s3://fake-trail-read/logs/", spool=spool, bucket=a_bucket)
            assert ids(spool) == list(range(110))
        assert done.counts.files == 110
        late = self.put(s3, 2000, day="20250101")
        with Spool(tmp_path / "state") as spool:
            done = reading("s3://fake-trail-read/logs/", spool=spool, bucket=a_bucket)
            assert ids(spool, new=True) == [2000]
        assert (done.read_before, done.counts.files) == (110, 1)
        assert late

    def test_digests_and_other_accounts_are_not_even_fetched(self, s3: Any) -> None:
        self.put(s3, 1)
        self.put(s3, 2, account="1" * 12)
        s3.put_object(Bucket="fake-trail-read", Key=f"logs/AWSLogs/{ACCOUNT}/CloudTrail-Digest/x.json.gz", Body=b"{}")
        with Spool() as spool:
            asked = Restriction(accounts=frozenset({ACCOUNT}))
            done = reading("s3://fake-trail-read", spool=spool, restriction=asked, bucket=a_bucket)
            assert ids(spool) == [1]
        assert done.passed_over["digests"] == 1

    def test_an_object_that_went_or_is_cut_is_named_and_the_others_are_read(self, s3: Any) -> None:
        gone = self.put(s3, 1)
        self.put(s3, 2)
        cut = self.put(s3, 3, body=log(root(3), *map(ordinary, range(40)))[:-30])
        listing = Listing(["s3://fake-trail-read/logs"], restriction=Restriction(), bucket=a_bucket)
        ready = list(listing.objects())
        s3.delete_object(Bucket="fake-trail-read", Key=gone)
        listing.objects = lambda: iter(ready)  # type: ignore[method-assign]  # as listed before it went
        with Spool() as spool:
            done = run(listing, Orders(interest=WANTED), spool, workers=1)
            assert ids(spool) == [2, 3]
        assert [each.file for each in done.problems] == [f"s3://fake-trail-read/{gone}", f"s3://fake-trail-read/{cut}"]
        assert "is not there any more" in done.problems[0].reason
        assert "ends in the middle" in done.problems[1].reason

    def test_a_bucket_that_is_not_there(self, s3: Any) -> None:
        assert s3
        with Spool() as spool, pytest.raises(UsageError, match="NoSuchBucket"):
            reading("s3://fake-nowhere/x", spool=spool, bucket=a_bucket)

    def test_workers_fetch_by_themselves(self, s3: Any) -> None:
        for number in range(20):
            self.put(s3, number)
        listing = Listing(["s3://fake-trail-read/logs"], restriction=Restriction(), bucket=a_bucket)
        batches = [(each,) for each in listing.objects()]
        with Spool() as spool:
            for result in read_together(batches, Orders(interest=WANTED), workers=2):
                spool.add(result.every_row(), result.read)
            assert ids(spool) == list(range(20))


def command(*arguments: str, cwd: Path, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **more,
    )


class TestCommand:
    def test_a_line_for_each_root_event(self, tmp_path: Path) -> None:
        trail(tmp_path / "logs", 2)
        call = ordinary(
            70,
            eventName="AssumeRoot",
            eventSource="sts.amazonaws.com",
            recipientAccountId="1" * 12,
            requestParameters={"targetPrincipal": ACCOUNT},
            responseElements={"credentials": {"accessKeyId": "ASIAFAKEFAKEFAKEFAKE"}},
        )
        joined = root(71, eventName="DeleteBucketPolicy", eventSource="s3.amazonaws.com", errorCode="AccessDenied")
        joined["userIdentity"] = {**joined["userIdentity"], "accessKeyId": "ASIAFAKEFAKEFAKEFAKE"}
        (tmp_path / "logs" / "a.json").write_bytes(log(joined, packed=False))
        (tmp_path / "logs" / "b.json").write_bytes(log(call, packed=False))
        done = command("trail", "scan", "logs", "--format", "jsonl", cwd=tmp_path)
        assert done.returncode == 0
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        assert [(line["event_name"], line["shape"]) for line in lines] == [
            ("ConsoleLogin", "A"),
            ("ConsoleLogin", "A"),
            ("DeleteBucketPolicy", "F"),
        ]
        assert lines[2] == {
            "event_id": joined["eventID"],
            "event_time": "2026-03-02T08:00:11Z",
            "account": ACCOUNT,
            "region": "eu-west-1",
            "event_source": "s3.amazonaws.com",
            "event_name": "DeleteBucketPolicy",
            "shape": "F",
            "read_only": True,
            "error_code": "AccessDenied",
        }
        assert "found: 3 root events" in done.stderr

    def test_every_format_tells_the_same(self, tmp_path: Path) -> None:
        trail(tmp_path / "logs", 3)
        said = {
            name: command("trail", "scan", "logs", "--format", name, cwd=tmp_path).stdout
            for name in ("json", "jsonl", "csv", "terminal")
        }
        document = json.loads(said["json"])
        assert document["schema"] == "rootwarden.root-events/1"
        assert document["events"] == [json.loads(line) for line in said["jsonl"].splitlines()]
        assert document["counts"]["files"] == 3
        assert len(said["csv"].splitlines()) == len(said["terminal"].splitlines()) == 4

    def test_part_unread_is_3_and_named(self, tmp_path: Path) -> None:
        trail(tmp_path / "logs", 2)
        (tmp_path / "logs" / "half.json.gz").write_bytes(log(*map(ordinary, range(50)))[:-40])
        done = command("trail", "scan", "logs", cwd=tmp_path)
        assert done.returncode == 3
        assert "warning: `logs/half.json.gz`: the gzip stream ends in the middle" in done.stderr

    def test_nothing_to_read_is_2(self, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        done = command("trail", "scan", "empty", cwd=tmp_path)
        assert done.returncode == 2
        assert "error: there is nothing to read" in done.stderr
        assert command("trail", "scan", "nowhere", cwd=tmp_path).returncode == 2

    def test_a_second_run_with_state_finds_nothing_new(self, tmp_path: Path) -> None:
        trail(tmp_path / "logs", 2)
        first = command("trail", "scan", "logs", "--state", "seen", "--format", "jsonl", cwd=tmp_path)
        again = command("trail", "scan", "logs", "--state", "seen", "--format", "jsonl", cwd=tmp_path)
        assert (first.returncode, len(first.stdout.splitlines())) == (0, 2)
        assert (again.returncode, again.stdout) == (0, "")
        assert "2 files read by an earlier run" in again.stderr

    def test_standard_input(self, tmp_path: Path) -> None:
        data = json.dumps({"detail-type": "AWS Console Sign In via CloudTrail", "detail": root(4)})
        done = command("trail", "scan", "-", "--format", "csv", cwd=tmp_path, input=data)
        assert done.returncode == 0
        assert "000000000004" in done.stdout

    def test_an_interrupt_keeps_what_was_read_and_leaves_no_process(self, tmp_path: Path) -> None:
        """The first file is read, the second one never ends being written."""
        trail(tmp_path / "logs", 2)
        reader, writer = os.pipe()
        started = subprocess.Popen(
            [*COMMAND, "trail", "scan", "-", "--format", "jsonl"],
            cwd=tmp_path,
            env=environment(),
            stdin=reader,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        os.close(reader)
        os.write(writer, log(root(1)))
        deadline = time.monotonic() + 30
        while not _reads_standard_input(started.pid) and time.monotonic() < deadline:
            time.sleep(0.02)
        started.send_signal(signal.SIGINT)
        out, err = started.communicate(timeout=60)
        os.close(writer)
        assert started.returncode == 130
        assert "interrupted" in err
        assert "Traceback" not in err
        assert out.count("\n") <= 1


def _reads_standard_input(pid: int) -> bool:
    """Whether a process waits in `read`, all of what it imports at its start behind it."""
    try:
        return "pipe_read" in Path(f"/proc/{pid}/wchan").read_text()
    except OSError:
        return True
