"""A copy made by somebody who means harm: names that lead elsewhere, pipes, links, letters that are none, deep JSON."""

from __future__ import annotations

import gzip
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import pytest
from tests.trail.digests.worlds import ACCOUNT, START, World, counted, told

from rootwarden.errors import InputError
from rootwarden.report.trail.verification import document, render
from rootwarden.simulator.digests import HOUR, Stored, sample_log, write_copy
from rootwarden.trail.digests import result as results
from rootwarden.trail.digests.digest import Digest, ListedFile, metadata_of, read_digest
from rootwarden.trail.digests.folder import Folder
from rootwarden.trail.digests.location import day_of, digest_name, is_plain, log_time, site_of
from rootwarden.trail.digests.result import Verdict

if TYPE_CHECKING:
    from pathlib import Path

DIGEST = Digest(
    aws_account_id=ACCOUNT,
    digest_start_time="2026-03-01T20:00:00Z",
    digest_end_time="2026-03-01T21:00:00Z",
    digest_s3_bucket="example-trail-logs",
    digest_s3_object="x",
    digest_public_key_fingerprint="fa4e",
    digest_signature_algorithm="SHA256withRSA",
    log_files=(),
)


@pytest.mark.parametrize(
    "key",
    [
        "../../../../../../../../etc/hostname",
        "/etc/hostname",
        "a//b",
        "./x",
        "a/../b",
        "nul\0byte",
        "back\\slash",
        "",
        "x" * 2000,
    ],
)
def test_a_name_that_leads_elsewhere_is_never_opened(key: str, tmp_path: Path) -> None:
    """Not even when it is signed for."""
    world = World().hours(1)
    listed = ListedFile("example-trail-logs", key, "00" * 32, "SHA-256")
    world.trail.digest(START + HOUR, START + 2 * HOUR, [listed])
    result = world.verify(tmp_path)
    assert counted(result)[1] == (2, 0, 0, 1)
    assert "outside of what was looked at" in str(result)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    world = World().hours(2)
    write_copy(world.bucket, tmp_path, metadata=True)
    log = next(key for key in sorted(world.bucket) if "/CloudTrail/" in key)
    (tmp_path / log).unlink()
    os.mkfifo(tmp_path / log)
    metadata = tmp_path / f"{world.digests[1]}.metadata.json"
    metadata.unlink()
    os.mkfifo(metadata)
    result = world.verify_again(tmp_path)
    assert counted(result) == ((1, 0, 0, 1), (1, 0, 0, 3))
    assert "not a regular file" in str(result)


def test_a_file_that_may_not_be_read_is_unknown(tmp_path: Path) -> None:
    world = World().hours(2)
    write_copy(world.bucket, tmp_path, metadata=True)
    log = next(key for key in sorted(world.bucket) if "/CloudTrail/" in key)
    (tmp_path / log).unlink()
    (tmp_path / log).mkdir()
    result = world.verify_again(tmp_path)
    assert counted(result)[1] == (3, 0, 0, 1)


def test_names_that_are_no_text_are_told_escaped(tmp_path: Path) -> None:
    world = World().hours(2)
    write_copy(world.bucket, tmp_path, metadata=True)
    folder = (tmp_path / next(key for key in world.bucket if "/CloudTrail/" in key)).parent
    for name in (b"\xff\xfe.json.gz", b"\x1b[2Jevil.json.gz", "\u200b.json".encode()):
        (tmp_path / os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(b"{}")
    result = world.verify_again(tmp_path)
    assert [each[:2] for each in told(result)] == [("unlisted", "invalid")] * 3
    shown = render(result) + document(result)
    assert "\x1b" not in shown
    shown.encode()
    assert msgspec.json.decode(document(result))["unlisted"]["invalid"] == 3


def test_what_a_desktop_leaves_behind_is_no_log_file(tmp_path: Path) -> None:
    """Unless a reader would read it."""
    world = World().hours(2)
    folder = next(key for key in world.bucket if "/CloudTrail/" in key).rpartition("/")[0]
    world.bucket[f"{folder}/.DS_Store"] = Stored(b"fake")
    assert world.verify(tmp_path).verdict is Verdict.VALID
    world.bucket[f"{folder}/.hidden.json.gz"] = Stored(b"fake")
    assert [each[2] for each in told(world.verify(tmp_path))] == [".hidden.json.gz"]


def test_a_folder_of_no_region_is_looked_at_too(tmp_path: Path) -> None:
    world = World().hours(2)
    for name in (
        f"AWSLogs/{ACCOUNT}/CloudTrail/evil/2026/03/01/x.json.gz",
        "AWSLogs/evil/CloudTrail/us-east-1/x.json.gz",
    ):
        world.bucket[name] = Stored(gzip.compress(b"{}"))
    result = world.verify(tmp_path)
    assert [(each.site.account, each.site.region, each.unlisted.invalid) for each in result.sites] == [
        (ACCOUNT, "evil", 1),
        ("evil", "us-east-1", 1),
    ]


def test_log_files_below_an_inner_place_are_looked_at_too(tmp_path: Path) -> None:
    """A reader reads them, so they may not go unverified."""
    world = World().hours(2)
    inner = f"AWSLogs/{ACCOUNT}/planted/AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/2026/03/01/x.json.gz"
    world.bucket[inner] = Stored(gzip.compress(b"{}"))
    result = world.verify(tmp_path)
    assert result.verdict is not Verdict.VALID
    assert f"AWSLogs/{ACCOUNT}/planted" in {each.site.prefix for each in result.sites}


def test_more_findings_than_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "MOST_NAMED", 5)
    world = World().hours(1)
    listed = [ListedFile("example-trail-logs", f"AWSLogs/{each}", "00", "SHA-256") for each in range(40)]
    world.trail.digest(START + HOUR, START + 2 * HOUR, listed)
    (chain,) = world.verify(tmp_path).chains
    assert (chain.files.missing, len(chain.findings), chain.findings_left_out) == (40, 5, 35)


def test_a_copy_where_nothing_is_proven_is_read_to_its_end(tmp_path: Path) -> None:
    """Each digest waits for the next to be decided; only so many wait at once."""
    world = World()
    for hour in range(230):
        name = world.trail.deliver(START + hour * HOUR)
        content = gzip.decompress(world.bucket[name].content)
        altered = content.replace(b'"previousDigestSignature":"', b'"previousDigestSignature":"00')
        world.bucket[name] = Stored(gzip.compress(altered))
    result = world.verify(tmp_path)
    assert counted(result)[0] == (0, 0, 0, 230)
    assert result.verdict is Verdict.INVALID


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b'{"awsAccountId":1}',
        b"\xff",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"awsAccountId":"\\ud800"}',
    ],
    ids=range(9),
)
def test_what_is_no_digest(content: bytes) -> None:
    assert read_digest(content) is None


@pytest.mark.parametrize("end", ["", "yesterday", "2026-03-01", "9999-12-31T23:59:59Z", "2026-03-01T21:00:00+99:00"])
def test_a_digest_whose_end_is_no_instant(end: str) -> None:
    assert msgspec.structs.replace(DIGEST, digest_end_time=end).period is None


def test_metadata_of_anything() -> None:
    assert metadata_of({"Signature": " ABcd\n"}).signature == "abcd"
    assert metadata_of({"backfill-generation-timestamp": "2026-03-02T00:00:00Z"}).generated == datetime(
        2026, 3, 2, tzinfo=UTC
    )
    nothings: tuple[object, ...] = (None, [], "x", {"signature": 5}, {"backfill-generation-timestamp": "soon"})
    for nothing in nothings:
        assert (metadata_of(nothing).signature, metadata_of(nothing).generated) == ("", None)


def test_names() -> None:
    site = site_of("", (ACCOUNT, "CloudTrail", "us-east-1"))
    assert site is not None
    assert site_of("p", ("o-exampleorg00", ACCOUNT, "CloudTrail-Digest", "us-east-1")) is not None
    for other in ((), (ACCOUNT,), (ACCOUNT, "vpcflowlogs", "us-east-1"), (ACCOUNT, "CloudTrail", "us-east-1", "2026")):
        assert site_of("", other) is None
    name = digest_name(
        site, f"x/{ACCOUNT}_CloudTrail-Digest_us-east-1_my_odd.trail-name_eu-west-1_20260301T210000Z.json.gz"
    )
    assert name is not None
    assert (name.trail, name.home_region, name.backfill) == ("my_odd.trail-name", "eu-west-1", False)
    for wrong in (
        f"{ACCOUNT}_CloudTrail-Digest_us-east-1_t_us-east-1_20260301T210000Z.json.gz",  # names have three letters
        "111111111111_CloudTrail-Digest_us-east-1_trail_us-east-1_20260301T210000Z.json.gz",
        f"{ACCOUNT}_CloudTrail-Digest_us-east-1_trail_us-east-1_20261301T210000Z.json.gz",
        f"{ACCOUNT}_CloudTrail-Digest_us-east-1_trail_us-east-1_00010101T000000Z.json.gz",
    ):
        assert digest_name(site, wrong) is None
    assert log_time("x/y_CloudTrail_us-east-1_20260230T2020Z_ab.json.gz") is None
    assert (day_of("a/2026/02/30/x"), day_of("x")) == (None, None)
    assert not is_plain("a/\ud800")


@pytest.mark.parametrize("folder", ["nothing", "a-file", "empty", "inside/AWSLogs"])
def test_a_folder_that_is_no_copy(folder: str, tmp_path: Path) -> None:
    (tmp_path / "a-file").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "inside" / "AWSLogs" / ACCOUNT).mkdir(parents=True)
    with pytest.raises(InputError):
        Folder(tmp_path / folder)


def test_a_copy_without_any_digest_proves_nothing(tmp_path: Path) -> None:
    world = World()
    world.trail.log_file(START, sample_log(START))
    result = world.verify(tmp_path)
    assert (result.verdict, result.chains) == (Verdict.UNKNOWN, ())
    assert "there is no digest" in render(result)
