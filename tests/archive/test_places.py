"""Whole or not at all: killed writers, writers at once, S3 as moto serves it over HTTP."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from moto.server import ThreadedMotoServer
from tests.archive.runs import NOON, account, at, collected, finished

from rootwarden.archive.archive import Archive
from rootwarden.archive.bucket import Bucket
from rootwarden.archive.bundle import FEWEST
from rootwarden.archive.folder import Folder
from rootwarden.archive.listed import Broken
from rootwarden.archive.opening import place_of
from rootwarden.aws.calls import CallFailed
from rootwarden.aws.door import Door
from rootwarden.errors import AccessError, AwsError, UsageError
from rootwarden.facts.fact import Known
from rootwarden.fleet.looks import READ

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIAFAKEFAKEFAKEFAKE",
    "AWS_SECRET_ACCESS_KEY": "fake",
    "AWS_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
# Archives run after run, numbered from the first argument on, and says each that is there.
WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from tests.archive.runs import NOON, account, at, collected, finished
from datetime import timedelta
from rootwarden.facts.fact import Known
archive = at(Path(sys.argv[2]))
first, count, step = map(int, sys.argv[3:6])
for number in range(first, first + count * step, step):
    fleet = [account(each, name=Known("x" * 2000)) for each in range(200)]
    archive.add(finished(collected(*fleet, as_of=NOON + timedelta(hours=number))))
    print(number, flush=True)
"""


def writer(folder: Path, first: int, count: int, step: int = 1) -> subprocess.Popen[str]:
    roots = [path for path in sys.path if path.endswith("src")]
    here = str(Path.cwd())
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, here, str(folder), str(first), str(count), str(step)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([*roots, here])},
    )


def test_a_killed_writer_leaves_nothing_half_visible(tmp_path: Path) -> None:
    """Killed somewhere in its third run: what it said is there, whole, and nothing else is half there."""
    with writer(tmp_path, 0, 10_000) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(2)]
        process.send_signal(signal.SIGKILL)
        said += process.stdout.readlines()
    assert process.returncode == -signal.SIGKILL
    archive = at(tmp_path)
    found = list(archive.verify())
    assert not [each for each in found if isinstance(each, Broken)]
    assert len(found) in (len(said), len(said) + 1)
    assert archive.listing().broken == ()


def test_what_a_killed_writer_leaves_behind_is_no_snapshot(tmp_path: Path) -> None:
    def write(path: Path) -> None:
        path.write_bytes(b"PAR1 and then")
        os._exit(9)

    folder = Folder(tmp_path, create=True)
    child = os.fork()
    if child == 0:
        folder.add("o-exampleorg/20260302T120000Z-0123456789abcdef.parquet", write)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert folder.entries() == ()
    assert len(folder.unfinished()) == 1
    assert at(tmp_path).listing().kept == ()


def test_writers_at_once_never_collide(tmp_path: Path) -> None:
    """Two with runs of their own, and a third that writes what one of them writes."""
    writers = [writer(tmp_path, 0, 6, 2), writer(tmp_path, 1, 6, 2), writer(tmp_path, 0, 6, 2)]
    for each in writers:
        with each:
            assert each.stdout is not None
            assert len(each.stdout.readlines()) == 6
        assert each.returncode == 0
    archive = at(tmp_path)
    found = list(archive.verify())
    assert len(found) == 12
    assert not [each for each in found if isinstance(each, Broken)]
    assert archive.unfinished() == ()
    assert archive.reading().table.collect().height == 12 * 200


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    def write(path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    folder = Folder(tmp_path, create=True)
    with pytest.raises(UsageError, match="No space left"):
        folder.add("o-exampleorg/20260302T120000Z-0123456789abcdef.parquet", write)
    assert (folder.entries(), folder.unfinished()) == ((), ())


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    at(tmp_path / "new").add(finished(collected(account(1))))
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "new").rglob("*")}
    assert modes == {0o700, 0o600}
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("target", ["s3://", "s3://UPPER/x", "s3:///x", "https://example.com/x", "no-such-folder"])
def test_a_target_that_is_no_archive(target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UsageError):
        place_of(target, Door)


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(moto: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL_S3": moto}.items():
        monkeypatch.setenv(name, value)
    client: Any = botocore.session.Session().create_client("s3", endpoint_url=moto, region_name="us-east-1")
    client.create_bucket(Bucket="kept-runs")
    yield client
    for each in client.list_objects_v2(Bucket="kept-runs").get("Contents", ()):
        client.delete_object(Bucket="kept-runs", Key=each["Key"])
    client.delete_bucket(Bucket="kept-runs")


@contextmanager
def bucket(target: str = "s3://kept-runs/some/prefix") -> Iterator[Archive]:
    with Archive(place_of(target, Door)) as archive:
        yield archive


def test_an_archive_in_s3_reads_back_what_was_written(s3: Any) -> None:
    fleet = [account(number, name=Known(f"number {number}")) for number in range(30)]
    with bucket() as archive:
        archive.check()
        assert archive.add(finished(collected(*fleet)))
        assert not archive.add(finished(collected(*fleet)))
        assert archive.add(finished(collected(account(7), organization="o-anotherorg")))
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket="kept-runs")["Contents"]]
    assert len(keys) == 2
    assert all(key.startswith("some/prefix/o-") for key in keys)
    with bucket() as archive:
        kept = archive.listing().kept
        assert [each.snapshot.accounts for each in kept] == [1, 30]
        assert archive.account(kept[1], "000000000029") == fleet[29]
        assert archive.reading().table.collect().height == 31
        assert list(archive.verify()) == list(kept)
        archive.remove(kept[0])
        assert archive.listing().kept == kept[1:]


def test_a_bundle_in_s3_is_read_instead_of_its_snapshots(s3: Any) -> None:
    with bucket() as archive:
        for number in range(FEWEST):
            archive.add(finished(collected(account(1), as_of=NOON + timedelta(days=number))))
        assert archive.bundle() == FEWEST
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket="kept-runs")["Contents"]]
    assert [key for key in keys if "/o-" not in key] == [keys[0]]
    assert keys[0].startswith("some/prefix/bundles/")
    with bucket() as archive:
        batches = archive.batches(READ)
        # What was listed is not asked for again: the rows come from the bundle though nothing else is there any more.
        for key in keys[1:]:
            s3.delete_object(Bucket="kept-runs", Key=key)
        assert [each.collect().height for each in batches] == [FEWEST]
        assert batches.broken == []
    with bucket() as archive:
        assert archive.listing().kept == ()


def test_an_object_that_was_written_anew_is_not_read_from_a_bundle(s3: Any) -> None:
    with bucket() as archive:
        for number in range(FEWEST):
            archive.add(finished(collected(account(1), as_of=NOON + timedelta(days=number))))
        archive.bundle()
        key = s3.list_objects_v2(Bucket="kept-runs")["Contents"][1]["Key"]
        size = s3.head_object(Bucket="kept-runs", Key=key)["ContentLength"]
        s3.put_object(Bucket="kept-runs", Key=key, Body=bytes(size))
    with bucket() as archive:
        batches = archive.batches(READ)
        assert sum(each.collect().height for each in batches) == FEWEST - 1
        assert [key.endswith(each.name) for each in batches.broken] == [True]


def test_a_spoiled_object_is_named_and_the_rest_is_read(s3: Any) -> None:
    with bucket() as archive:
        archive.add(finished(collected(account(1))))
        archive.add(finished(collected(account(1), organization="o-anotherorg")))
        key = s3.list_objects_v2(Bucket="kept-runs")["Contents"][0]["Key"]
        content = s3.get_object(Bucket="kept-runs", Key=key)["Body"].read()
        s3.put_object(Bucket="kept-runs", Key=key, Body=content[:-20])
        s3.put_object(Bucket="kept-runs", Key="some/prefix/notes.txt", Body=b"mine")
    with bucket() as archive:
        read = archive.reading()
        assert (read.runs, read.table.collect().height) == (1, 1)
        assert [key.endswith(each.name) for each in read.broken] == [True]


def test_a_footer_larger_than_its_first_request(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rootwarden.archive.bucket._TAIL", 100)
    with bucket() as archive:
        archive.add(finished(collected(account(1))))
        (kept,) = archive.listing().kept
        assert kept.snapshot.accounts == 1


def test_copies_are_gone_when_the_archive_is_closed(s3: Any) -> None:
    place = Bucket("s3://kept-runs/x", Door())
    with Archive(place) as archive:
        archive.add(finished(collected(account(1))))
        (path,) = place.fetch([archive.listing().kept[0].entry.name]).values()
        assert path.exists()
    assert not path.exists()


def test_an_upload_that_breaks_off_leaves_no_object(s3: Any) -> None:
    def write(path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    place = Bucket("s3://kept-runs/x", Door())
    with pytest.raises(UsageError, match="No space left"):
        place.add("o-exampleorg/20260302T120000Z-0123456789abcdef.parquet", write)
    assert place.entries() == ()
    place.close()


def test_a_throttled_upload_is_sent_whole_again(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from rootwarden.aws import door as doors

    sent: list[int] = []
    once: Callable[..., Any] = doors._once

    def throttled(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        if operation == "put_object" and not sent:
            sent.append(len(parameters["Body"].read()))
            raise CallFailed("SlowDown")
        return once(client, operation, parameters)

    monkeypatch.setattr(doors, "_once", throttled)
    with bucket() as archive:
        archive.add(finished(collected(account(1))))
        assert sent[0] > 0
        assert not [each for each in archive.verify() if isinstance(each, Broken)]


def test_many_writers_of_one_run_at_once_in_s3(s3: Any) -> None:
    def write() -> None:
        # Under load moto answers 500 now and then: it closes the old content of a key while another request reads it.
        for attempt in range(5):
            try:
                with bucket() as archive:
                    archive.add(finished(collected(account(1), account(2))))
            except AwsError as error:
                if ": 500" not in error.message or attempt == 4:
                    raise
            else:
                return

    threads = [threading.Thread(target=write) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    with bucket() as archive:
        assert [isinstance(each, Broken) for each in archive.verify()] == [False]


def test_no_bucket_and_no_way_to_it(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with bucket("s3://no-such-bucket/x") as archive, pytest.raises(UsageError, match="NoSuchBucket"):
        archive.check()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    with bucket() as archive, pytest.raises(AwsError, match="ConnectionError"):
        archive.check()


def test_a_refusal_names_the_permissions(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from rootwarden.aws import door as doors

    def refused(_client: Any, _operation: str, _parameters: dict[str, Any]) -> Any:
        raise CallFailed("AccessDenied")

    monkeypatch.setattr(doors, "_once", refused)
    with bucket() as archive, pytest.raises(AccessError, match="AccessDenied") as raised:
        archive.add(finished(collected(account(1), as_of=NOON)))
    assert "s3:PutObject" in raised.value.hint
