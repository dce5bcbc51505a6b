"""A bucket with Object Lock, as moto serves it over HTTP; and servers that answer like no S3 does."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.session
import msgspec
import pytest
from botocore.credentials import Credentials
from moto.server import ThreadedMotoServer
from tests.breakglass import servers
from tests.breakglass.logs import LOG_KEY, OTHER_KEY, Log
from tests.breakglass.servers import tcp_server

from rootwarden.aws.door import Door
from rootwarden.breakglass.sinks.compare import Standing, compare
from rootwarden.breakglass.sinks.lane import Allowance
from rootwarden.breakglass.sinks.object_lock import BoundedSending, Bucket, ObjectLockSink
from rootwarden.breakglass.sinks.panel import NotAnchoredError, Panel, Policy
from rootwarden.errors import SinkError

if TYPE_CHECKING:
    import socket
    import threading
    from collections.abc import Iterator

OWNER = "123456789012"  # the account moto is
KEYS = Credentials("AKIAEXAMPLE", "not a secret")


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def s3(moto: str) -> Any:
    session = botocore.session.Session()
    session.set_credentials(KEYS.access_key, KEYS.secret_key)
    return session.create_client("s3", endpoint_url=moto, region_name="us-east-1")


@pytest.fixture
def bucket(s3: Any, request: pytest.FixtureRequest) -> str:
    name = f"heads-{abs(hash(request.node.name)):x}"
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    return name


def clock() -> datetime:
    return datetime.now(tz=UTC)


@cache
def way_to(address: str) -> tuple[BoundedSending, Door]:
    """botocore takes half a second to load its model of S3."""
    sending = BoundedSending()
    return sending, Door(endpoint=address, own=KEYS, region="us-east-1", transport=sending)


def sink_at(address: str, bucket: str, **more: Any) -> ObjectLockSink:
    sending, door = way_to(address)
    place = Bucket(name=bucket, owner=OWNER, retention=timedelta(days=90), **more)
    return ObjectLockSink(
        "vault-bucket",
        place,
        door=door,
        sending=sending,
        log="main",
        log_keys=[LOG_KEY.public_key()],
        takes_entries=True,
        clock=clock,
    )


def panel_of(log: Log, sink: ObjectLockSink, *, seconds: float = 20) -> Panel:
    return Panel([sink], Policy(seconds=seconds), log, clock=clock)


def within() -> Allowance:
    return Allowance(20)


def test_heads_are_locked_and_read_back(moto: str, s3: Any, bucket: str) -> None:
    log, sink = Log(3), sink_at(moto, bucket)
    panel = panel_of(log, sink)
    panel.anchor(log.head())
    receipt = panel.anchor(log.grow(2)).receipts[0]
    key = "heads/main/0000000000000005.json"
    version = receipt.reference.rpartition("=")[2]
    assert receipt.reference == f"s3://{bucket}/{key}?versionId={version}"
    kept = s3.get_object(Bucket=bucket, Key=key, VersionId=version)
    assert kept["ObjectLockMode"] == "COMPLIANCE"
    assert kept["ObjectLockRetainUntilDate"] > clock() + timedelta(days=89)
    content = json.loads(kept["Body"].read())
    assert (content["first"], len(content["entries"]), content["head"]["size"]) == (3, 2, 5)
    assert sink.newest(within()) == (log.head(),)
    with pytest.raises(Exception, match="AccessDenied"):
        s3.delete_object(Bucket=bucket, Key=key, VersionId=version)


def test_a_delete_marker_hides_nothing(moto: str, s3: Any, bucket: str) -> None:
    log, sink = Log(9), sink_at(moto, bucket)
    panel_of(log, sink).anchor(log.head())
    s3.delete_object(Bucket=bucket, Key="heads/main/0000000000000009.json")
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
    held = panel_of(log.set_back(4), sink).held()
    backup = log.set_back(4)
    result = compare(held, size=4, root_at=backup.root_at, keys=[LOG_KEY.public_key()])
    assert (result.sealed, result.findings[0].standing) == (True, Standing.AHEAD)


def test_a_second_version_of_a_head_is_seen(moto: str, bucket: str) -> None:
    log, sink = Log(6), sink_at(moto, bucket)
    fork = log.forked_at(2, 6)
    for each in (log, fork):
        panel_of(each, sink).anchor(each.head())
    assert set(sink.newest(within())) == {log.head(), fork.head()}


def test_what_somebody_else_wrote_there_hides_nothing(moto: str, s3: Any, bucket: str) -> None:
    log, sink = Log(6), sink_at(moto, bucket)
    s3.put_object(Bucket=bucket, Key="heads/main/notes.txt", Body=b"x")
    s3.put_object(Bucket=bucket, Key="heads/other/0000000000000099.json", Body=b"x")
    assert sink.newest(within()) == ()
    forged = {"head": msgspec.to_builtins(Log(99, key=OTHER_KEY).head())}
    for body in (b"x", b'{"head":1}', json.dumps(forged).encode()):
        s3.put_object(Bucket=bucket, Key="heads/main/0000000000000099.json", Body=body)
    assert sink.newest(within()) == ()
    panel_of(log, sink).anchor(log.head())
    s3.put_object(Bucket=bucket, Key="heads/main/0000000000000006.json", Body=b"x")
    assert sink.newest(within()) == (log.head(),)
    for _ in range(50):
        s3.put_object(Bucket=bucket, Key="heads/main/0000000000000098.json", Body=b"x")
    with pytest.raises(SinkError, match="too many versions"):
        sink.newest(within())


def test_a_bucket_without_object_lock_is_no_sink(moto: str, s3: Any) -> None:
    s3.create_bucket(Bucket="plain-bucket")
    with pytest.raises(NotAnchoredError) as raised:
        panel_of(Log(2), sink_at(moto, "plain-bucket")).anchor(Log(2).head())
    assert "`plain-bucket`" in raised.value.hint


def test_a_bucket_that_is_not_there_or_not_theirs(moto: str) -> None:
    with pytest.raises(NotAnchoredError) as raised:
        panel_of(Log(2), sink_at(moto, "no-such-bucket")).anchor(Log(2).head())
    assert "NoSuchBucket" in raised.value.hint
    with pytest.raises(SinkError, match="NoSuchBucket"):
        sink_at(moto, "no-such-bucket").newest(within())


def s3_answer(headers: str, body: bytes | None = None, status: str = "200 OK") -> Any:
    """A server that gives back what was put into it, or always the same body, with these headers."""
    kept: list[bytes] = []

    def serve(connection: socket.socket, over: threading.Event) -> None:
        del over
        asked = connection.recv(65536)
        head, _, content = asked.partition(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.lower().splitlines() if line.startswith(b"content-length:")), 0)
        while len(content) < length:
            content += connection.recv(65536)
        if asked.startswith(b"PUT"):
            kept[:] = [content]
        is_taken = asked.startswith(b"PUT") and status == "200 OK"
        answer = b"" if is_taken else body if body is not None else kept[0]
        start = f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(answer)}\r\nConnection: close\r\n\r\n"
        connection.sendall(start.encode() + answer)

    return serve


def lock(mode: str, day: str) -> str:
    return f"{VERSION}x-amz-object-lock-mode: {mode}\r\nx-amz-object-lock-retain-until-date: {day}\r\n"


VERSION = "x-amz-version-id: v1\r\n"
BAD: dict[str, tuple[str, Any]] = {
    "keeps no versions": ("keeps no versions", s3_answer("")),
    "locks nothing": ("did not lock", s3_answer(VERSION)),
    "locks in the other mode": ("did not lock", s3_answer(lock("GOVERNANCE", "2099-01-01T00:00:00Z"))),
    "locks for too short": ("did not lock", s3_answer(lock("COMPLIANCE", "2026-03-03T00:00:00Z"))),
    "locks until nobody knows when": ("did not lock", s3_answer(lock("COMPLIANCE", "soon"))),
    "keeps something else": ("kept something else", s3_answer(lock("COMPLIANCE", "2099-01-01T00:00:00Z"), b"{}")),
    "refuses": ("AccessDenied", s3_answer("", b"<Error><Code>AccessDenied</Code></Error>", "403 Forbidden")),
    "fails": (
        "InternalError",
        s3_answer("", b"<Error><Code>InternalError</Code></Error>", "500 Internal Server Error"),
    ),
    "answers garbage": ("ConnectionError", servers.saying(b"\x00garbage\r\n\r\n")),
    "resets": ("ConnectionError", servers.reset),
    "hangs up": ("ConnectionError", servers.closing),
    "says nothing": ("no answer in", servers.silent),
    "never reads": ("no answer in", servers.deaf),
    "drips its headers": ("no answer in", servers.dripping(b"HTTP/1.1 200 OK\r\n" + b"x-more: y\r\n" * 1000)),
    "drips its body": (
        "no answer in",
        servers.dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + b"x" * 9999),
    ),
}


class Told:
    """What the one server does now: a way to another would load botocore's model of S3 again."""

    def __init__(self) -> None:
        self.serve: Any = servers.closing
        self.address = ""


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    one = Told()

    def serve(connection: socket.socket, over: threading.Event) -> None:
        one.serve(connection, over)

    with tcp_server(serve) as port:
        one.address = f"http://127.0.0.1:{port}"
        yield one


def test_the_answer_that_the_others_fall_short_of_is_a_receipt(told: Told) -> None:
    told.serve = s3_answer(lock("COMPLIANCE", "2099-01-01T00:00:00Z"))
    panel_of(Log(2), sink_at(told.address, "heads")).anchor(Log(2).head())


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_locked_for_sure_is_no_receipt(told: Told, name: str) -> None:
    words, told.serve = BAD[name]
    hangs = words == "no answer in"
    panel = panel_of(Log(2), sink_at(told.address, "heads"), seconds=0.3 if hangs else 20)
    begun = time.monotonic()
    with pytest.raises(NotAnchoredError) as raised:
        panel.anchor(Log(2).head())
    assert not hangs or time.monotonic() - begun < 3
    assert words in raised.value.hint
    end = time.monotonic() + 5
    while panel.health()[0].busy_for is not None:
        assert time.monotonic() < end, "the thread did not end"
        time.sleep(0.005)
