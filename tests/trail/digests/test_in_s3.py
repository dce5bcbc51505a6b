"""The bucket itself: moto's S3 over HTTP, and the simulator for the public keys."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from moto.server import ThreadedMotoServer
from tests.trail.digests.worlds import BUCKET, START, World, counted, key, told

from rootwarden.aws import door as doors
from rootwarden.aws.calls import CallFailed
from rootwarden.aws.door import Door
from rootwarden.errors import AccessError, UsageError
from rootwarden.report.trail.verification import render
from rootwarden.simulator import digest_forgeries as forgeries
from rootwarden.simulator import running
from rootwarden.simulator.digests import HOUR, DigestedTrail, SigningKey, publish
from rootwarden.simulator.worlds import make_world
from rootwarden.trail.digests import bucket as buckets
from rootwarden.trail.digests.bucket import Bucket, origin_of
from rootwarden.trail.digests.chain import Span
from rootwarden.trail.digests.keys import AskedKeys
from rootwarden.trail.digests.place import BrokenOff
from rootwarden.trail.digests.result import Verdict
from rootwarden.trail.digests.verify import Verifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from rootwarden.simulator import Simulator
    from rootwarden.trail.digests.result import Verification

HOURS = 6


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with running(make_world("greenfield", 2)) as made:
        publish(made.state, key())
        yield made


@pytest.fixture
def s3(moto: str, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    environment = {
        "AWS_ACCESS_KEY_ID": simulator.world.credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": simulator.world.credentials.secret_access_key,
        "AWS_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": simulator.endpoint,
        "AWS_ENDPOINT_URL_S3": moto,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    client: Any = botocore.session.Session().create_client("s3", region_name="us-east-1")
    client.create_bucket(Bucket=BUCKET)
    yield client
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
        for each in page.get("Contents", ()):
            client.delete_object(Bucket=BUCKET, Key=each["Key"])
    client.delete_bucket(Bucket=BUCKET)


def upload(s3: Any, world: World) -> None:
    for name, stored in world.bucket.items():
        s3.put_object(Bucket=BUCKET, Key=name, Body=stored.content, Metadata=stored.metadata)


def verified(target: str, *, since: datetime | None = START, as_of: datetime | None = None) -> Verification:
    door = Door(connections=4)
    span = Span(since, None, as_of or START + HOURS * HOUR + timedelta(minutes=5))
    verifier = Verifier(Bucket(target, door), AskedKeys(door), span, workers=4)
    verifier.run()
    return verifier.result()


def test_what_nobody_touched_is_valid_to_its_newest_digest(s3: Any) -> None:
    world = World().hours(HOURS)
    upload(s3, world)
    s3.put_object(Bucket=BUCKET, Key=f"{world.site.folder('CloudTrail')}/", Body=b"")
    result = verified(f"s3://{BUCKET}")
    assert (result.verdict, counted(result)) == (Verdict.VALID, ((HOURS, 0, 0, 0), (2 * HOURS, 0, 0, 0)))
    assert result.original == f"s3://{BUCKET}"


@pytest.mark.parametrize("target", [f"s3://{BUCKET}", f"s3://{BUCKET}/some", f"s3://{BUCKET}/some/prefix/"])
def test_an_organization_trail_below_a_prefix(s3: Any, target: str) -> None:
    upload(s3, World(prefix="some/prefix", organization="o-exampleorg00").hours(HOURS))
    result = verified(target)
    assert (result.verdict, counted(result)[0]) == (Verdict.VALID, (HOURS, 0, 0, 0))


def test_pages(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two names a page: the same is found."""
    upload(s3, World().hours(HOURS))
    whole = verified(f"s3://{BUCKET}")
    listing: Callable[..., Any] = Bucket._list
    asked: list[str] = []

    def small(self: Bucket, folder: str, **more: object) -> Any:
        asked.append(folder)
        return listing(self, folder, **{**more, "MaxKeys": 2})

    monkeypatch.setattr(Bucket, "_list", small)
    assert verified(f"s3://{BUCKET}") == whole
    assert len(asked) > HOURS


def test_forgeries_are_caught(s3: Any) -> None:
    world = World().hours(HOURS)
    appended, removed = forgeries.log_files(world.bucket)[3], forgeries.log_files(world.bucket)[5]
    forgeries.append_member(world.bucket, appended, b"{}")
    forgeries.remove(world.bucket, removed, world.digests[4])
    planted = forgeries.plant(world.trail, START + 1.4 * HOUR, b"{}")
    stray = f"{world.site.folder('CloudTrail')}/000.json.gz"
    forgeries.copy_to(world.bucket, planted, stray)
    upload(s3, world)
    found = {(kind, verdict, name) for kind, verdict, name in told(verified(f"s3://{BUCKET}")) if verdict != "unknown"}
    assert found == {
        ("log_file", "invalid", appended.rpartition("/")[2]),
        ("log_file", "missing", removed.rpartition("/")[2]),
        ("digest", "missing", world.digests[4].rpartition("/")[2]),
        ("unlisted", "invalid", planted.rpartition("/")[2]),
        ("unlisted", "invalid", "000.json.gz"),
    }


def test_days_before_the_time_asked_about_are_not_listed(s3: Any) -> None:
    world = World()
    for day in range(5):
        world.trail.deliver(START + day * 24 * HOUR, [b"{}"], length=24 * HOUR)
    forgeries.cut(world.bucket, forgeries.log_files(world.bucket)[0], 3)
    upload(s3, world)
    end = START + 5 * 24 * HOUR
    assert verified(f"s3://{BUCKET}", as_of=end).verdict is Verdict.INVALID
    later = verified(f"s3://{BUCKET}", since=START + 3 * 24 * HOUR, as_of=end)
    assert (later.verdict, counted(later)[0]) == (Verdict.VALID, (2, 0, 0, 0))


def test_what_may_not_be_read_is_unknown(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World().hours(HOURS)
    upload(s3, world)
    once: Callable[..., Any] = doors._once
    hidden = {forgeries.log_files(world.bucket)[3], world.digests[4]}

    def refusing(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        if operation == "get_object" and parameters["Key"] in hidden:
            raise CallFailed("AccessDenied")
        return once(client, operation, parameters)

    monkeypatch.setattr(doors, "_once", refusing)
    result = verified(f"s3://{BUCKET}")
    assert (result.verdict, counted(result)) == (Verdict.UNKNOWN, ((5, 0, 0, 1), (9, 0, 0, 1)))
    assert "s3:GetObject was refused (AccessDenied)" in str(result)


@pytest.mark.parametrize("kind", ["CloudTrail", "CloudTrail-Digest"])
def test_what_may_not_be_listed_is_unknown_and_spoils_nothing_else(
    s3: Any, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    world = World().hours(HOURS)
    other = World(account="111111111111").hours(HOURS)
    world.bucket.update(other.bucket)
    upload(s3, world)
    once: Callable[..., Any] = doors._once

    def refusing(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        below = "/".join(str(parameters.get("Prefix", "")).split("/")[2:])
        if operation == "list_objects_v2" and "000000000000" in parameters["Prefix"] and below == f"{kind}/us-east-1/":
            raise CallFailed("AccessDenied")
        return once(client, operation, parameters)

    monkeypatch.setattr(doors, "_once", refusing)
    result = verified(f"s3://{BUCKET}")
    assert result.verdict is Verdict.UNKNOWN
    assert ("place", "unknown", "us-east-1") in told(result)
    assert [chain.verdict for chain in result.chains if chain.site.account == "111111111111"] == [Verdict.VALID]
    assert "cannot be listed: AccessDenied" in render(result)


def test_the_key_of_a_backfill_digest_is_asked_for_the_hour_it_was_made_in(s3: Any, simulator: Simulator) -> None:
    """Another key than the hour's own, valid only a day later, when the digest was made."""
    world = World().hours(HOURS)
    made = SigningKey("us-east-1", START + 23 * HOUR, START + 30 * HOUR)
    backfill = DigestedTrail(world.bucket, BUCKET, world.site, made, backfill=True)
    name = backfill.deliver(START + HOUR, [b'{"Records":[]}'])
    upload(s3, world)
    door = Door(connections=4)

    def run() -> Verification:
        verifier = Verifier(
            Bucket(f"s3://{BUCKET}", door), AskedKeys(door), Span(START, None, START + 7 * HOUR), workers=4
        )
        verifier.run()
        return verifier.result()

    assert told(run()) == [("digest", "invalid", name.rpartition("/")[2])]
    publish(simulator.state, made)
    assert run().verdict is Verdict.VALID


@pytest.mark.parametrize(("times", "verdict"), [(1, Verdict.VALID), (2, Verdict.UNKNOWN)])
def test_a_network_that_breaks_off_is_tried_once_more(
    s3: Any, monkeypatch: pytest.MonkeyPatch, times: int, verdict: Verdict
) -> None:
    world = World().hours(HOURS, files=0)
    upload(s3, world)
    chunks: Callable[..., Any] = buckets._chunks
    left = [times]

    def breaking(body: Any) -> Iterator[bytes]:
        for chunk in chunks(body):
            if left[0]:
                left[0] -= 1
                raise BrokenOff("it could not be read to its end")
            yield chunk

    monkeypatch.setattr(buckets, "_chunks", breaking)
    door = Door()
    span = Span(START, None, START + HOURS * HOUR)
    verifier = Verifier(Bucket(f"s3://{BUCKET}", door), AskedKeys(door), span, workers=1)
    verifier.run()
    assert verifier.result().verdict is verdict


@pytest.mark.parametrize("target", ["s3://", "s3://UPPER/x", "s3:///x", "https://example.com/x"])
def test_a_target_that_is_no_bucket(target: str) -> None:
    with pytest.raises(UsageError, match="names no S3 bucket"):
        origin_of(target)


def test_a_bucket_that_is_not_there_or_holds_no_logs(s3: Any) -> None:
    for target in ("s3://no-such-bucket-here", f"s3://{BUCKET}", f"s3://{BUCKET}/elsewhere"):
        with pytest.raises(UsageError):
            verified(target)


def test_a_bucket_that_may_not_be_listed(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(*_: object) -> Any:
        raise CallFailed("AccessDenied")

    monkeypatch.setattr(doors, "_once", refusing)
    with pytest.raises(AccessError, match="cannot be listed"):
        verified(f"s3://{BUCKET}")
