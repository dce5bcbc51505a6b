"""Every command that takes an archive, as a process, against an archive in S3 as moto serves it over HTTP.

moto checks credentials and policies here, so what is refused is refused by S3, not by us.
"""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import botocore.session
import msgspec
import pytest
from moto.server import ThreadedMotoServer
from tests.collect.looks import command

from rootwarden.archive.archive import Archive
from rootwarden.archive.opening import place_of
from rootwarden.aws.door import Door
from rootwarden.errors import AccessError
from rootwarden.fleet.looks import READ
from rootwarden.fleet.synthetic.fleet import synthetic_fleet
from rootwarden.packs.published import published
from rootwarden.simulator.fleet_folder import write_fleet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.collect.looks import Run

BUCKET: Final = "kept-in-s3"
TARGET: Final = f"s3://{BUCKET}/some/prefix"
ORGANIZATION: Final = "o-fake000041"
REPORT: Final = "user,arn,password_last_used\n<root_account>,arn:aws:iam::000000000009:root,no_information\n"
PERMISSIONS: Final = {
    "lists": ["s3:ListBucket"],
    "reads": ["s3:ListBucket", "s3:GetObject"],
    "writes": ["s3:ListBucket", "s3:PutObject"],
    "nothing": ["s3:ListAllMyBuckets"],
}


class S3(msgspec.Struct, frozen=True):
    """A bucket behind a real server, and people who may do this or that with it."""

    url: str
    client: Any
    keys: dict[str, dict[str, str]]

    def run(self, *arguments: str, cwd: Path, who: str = "") -> Run:
        """A command, as one of these people; as one who may do everything if nobody is named."""
        key = self.keys.get(who, {"AWS_ACCESS_KEY_ID": "AKIAFAKEFAKEFAKEFAKE", "AWS_SECRET_ACCESS_KEY": "fake"})
        return command(*arguments, cwd=cwd, changed={"AWS_ENDPOINT_URL_S3": self.url, **key})

    def objects(self) -> list[str]:
        """The keys of all objects."""
        listed = self.client.list_objects_v2(Bucket=BUCKET).get("Contents", ())
        return [each["Key"] for each in listed]

    def enforce(self, *, on: bool) -> None:
        """Have credentials and policies checked from now on, or not."""
        request = urllib.request.Request(  # noqa: S310 - our own server
            f"{self.url}/moto-api/reset-auth",
            data=b"0" if on else b"inf",
            headers={"Content-Type": "text/plain"},
            method="POST",
        )
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 - loopback


class Kept(msgspec.Struct, frozen=True):
    """The same archive in both places: the keys of its objects, and its folder."""

    names: tuple[str, ...]
    folder: Path


@pytest.fixture(scope="module")
def server() -> Iterator[S3]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    session = botocore.session.Session()
    session.set_credentials("AKIAFAKEFAKEFAKEFAKE", "fake")
    iam: Any = session.create_client("iam", endpoint_url=url, region_name="us-east-1")
    keys = {}
    for name, actions in PERMISSIONS.items():
        iam.create_user(UserName=name)
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
        iam.put_user_policy(UserName=name, PolicyName="archive", PolicyDocument=json.dumps(policy))
        made = iam.create_access_key(UserName=name)["AccessKey"]
        keys[name] = {"AWS_ACCESS_KEY_ID": made["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"]}
    client: Any = session.create_client("s3", endpoint_url=url, region_name="us-east-1")
    client.create_bucket(Bucket=BUCKET)
    yield S3(url, client, keys)
    server.stop()


@pytest.fixture(scope="module")
def kept(server: S3, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """Twenty weeks of one organization, imported into the bucket and into a folder."""
    folder = tmp_path_factory.mktemp("kept")
    fleet = synthetic_fleet(published(), 1)
    one = msgspec.structs.replace(
        fleet,
        accounts=tuple(each for each in fleet.accounts if each.organization == ORGANIZATION),
        samples={ORGANIZATION: fleet.samples[ORGANIZATION]},
    )
    write_fleet(one, folder / "fleet")
    done = server.run("archive", "import", "fleet", "--archive", TARGET, cwd=folder)
    assert (done.code, done.out) == (0, "added: 20, there already: 0, passed over: 0\n")
    again = server.run("archive", "import", "fleet", "--archive", TARGET, cwd=folder)
    assert (again.code, again.out) == (0, "added: 0, there already: 20, passed over: 0\n")
    local = server.run("archive", "import", "fleet", "--archive", "ar", cwd=folder)
    assert local.code == 0
    names = server.objects()
    assert sorted(path.relative_to(folder / "ar").as_posix() for path in (folder / "ar").glob("*/*.parquet")) == [
        name.removeprefix("some/prefix/") for name in names
    ]
    return Kept(names=tuple(names), folder=folder / "ar")


@pytest.fixture
def enforced(server: S3, kept: Kept) -> Iterator[S3]:
    server.enforce(on=True)
    yield server
    server.enforce(on=False)


@pytest.mark.parametrize(
    "words", [("study", "--format", "json"), ("study", "--format", "html"), ("kpi", "--format", "json"), ("kpi",)]
)
def test_figures_are_those_of_the_same_archive_in_a_folder(
    server: S3, kept: Kept, words: tuple[str, ...], tmp_path: Path
) -> None:
    there = server.run(*words, "--archive", TARGET, cwd=tmp_path)
    here = server.run(*words, "--archive", str(kept.folder), cwd=tmp_path)
    assert (there.code, there.err) == (here.code, here.err) == (0, "")
    assert len(there.out) > 500
    assert there.out.replace(TARGET, "ARCHIVE") == here.out.replace(str(kept.folder), "ARCHIVE")


def test_an_archive_in_s3_is_compared_with_one_in_a_folder(server: S3, kept: Kept, tmp_path: Path) -> None:
    done = server.run("study", "--archive", str(kept.folder), "--compare", TARGET, cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert f"Compared with {TARGET}" in done.out


def test_list_show_verify(server: S3, kept: Kept, tmp_path: Path) -> None:
    listed = server.run("archive", "list", "--archive", TARGET, "--format", "json", cwd=tmp_path)
    runs = listed.document["runs"]
    assert (listed.code, len(runs)) == (0, 20)
    run = runs[0]["snapshot"]["run_id"]
    shown = server.run("archive", "show", run, "--archive", TARGET, "--format", "json", cwd=tmp_path)
    assert (shown.code, len(shown.document["accounts"])) == (0, runs[0]["snapshot"]["accounts"])
    verified = server.run("archive", "verify", "--archive", TARGET, cwd=tmp_path)
    assert (verified.code, verified.out) == (0, "whole: 20, not whole: 0\n")


def test_an_audit_is_kept_and_pruned(server: S3, kept: Kept, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(REPORT)
    for year in ("2020", "2026"):
        report = ("--credential-report", "r.csv", "--as-of", f"{year}-03-02T12:00:00Z")
        done = server.run("audit", *report, "--archive", f"s3://{BUCKET}/audits", cwd=tmp_path)
        assert "archived as unknown/" in done.err
    prune = ("archive", "prune", "--archive", f"s3://{BUCKET}/audits", "--keep", "52w")
    dry = server.run(*prune, cwd=tmp_path)
    assert (dry.code, dry.out.count("would remove")) == (0, 1)
    assert server.run(*prune, "--yes", cwd=tmp_path).out.count("removed unknown/2020") == 1
    assert len([name for name in server.objects() if name.startswith("audits/")]) == 1


@pytest.mark.parametrize(
    "words",
    [("study",), ("kpi",), ("archive", "list"), ("archive", "verify"), ("archive", "show", "x")],
)
def test_a_bucket_that_is_not_there(server: S3, tmp_path: Path, words: tuple[str, ...]) -> None:
    done = server.run(*words, "--archive", "s3://no-such-bucket/x", cwd=tmp_path)
    assert done.complained(2, "NoSuchBucket")
    assert done.out == ""


def test_a_run_is_not_begun_where_it_cannot_be_kept(server: S3, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(REPORT)
    report = ("--credential-report", "r.csv", "--as-of", "2026-03-02T12:00:00Z")
    done = server.run("audit", *report, "--archive", "s3://no-such-bucket/x", cwd=tmp_path)
    assert done.complained(2, "NoSuchBucket")
    assert done.out == ""


@pytest.mark.parametrize("who", ["nothing", "lists", "writes"])
@pytest.mark.parametrize("words", [("study",), ("kpi",), ("archive", "list")])
def test_who_may_not_read_is_told_the_permissions(
    enforced: S3, tmp_path: Path, who: str, words: tuple[str, ...]
) -> None:
    done = enforced.run(*words, "--archive", TARGET, cwd=tmp_path, who=who)
    assert done.complained(3, "AccessDenied", "s3:GetObject")
    assert done.out == ""
    assert len(done.err.splitlines()) == 2


def test_who_may_read_needs_nothing_else(enforced: S3, tmp_path: Path) -> None:
    done = enforced.run("study", "--archive", TARGET, cwd=tmp_path, who="reads")
    assert (done.code, done.err) == (0, "")
    (tmp_path / "r.csv").write_text(REPORT)
    report = ("--credential-report", "r.csv", "--as-of", "2026-03-02T12:00:00Z")
    denied = enforced.run("audit", *report, "--archive", TARGET, cwd=tmp_path, who="reads")
    assert "cannot be written: AccessDenied" in denied.err
    assert denied.code == 3


def cut(content: bytes) -> bytes:
    return content[:-100]


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def nothing(_content: bytes) -> bytes:
    return b""


def middle(content: bytes) -> bytes:
    return content[:4] + bytes(len(content) // 3) + content[4 + len(content) // 3 :]


@pytest.mark.parametrize("spoil", [cut, half, nothing, middle])
def test_a_spoiled_object_is_named_and_the_rest_is_told(
    server: S3, kept: Kept, tmp_path: Path, spoil: Callable[[bytes], bytes]
) -> None:
    name = kept.names[7]
    whole = server.client.get_object(Bucket=BUCKET, Key=name)["Body"].read()
    server.client.put_object(Bucket=BUCKET, Key=name, Body=spoil(whole))
    try:
        done = server.run("study", "--archive", TARGET, cwd=tmp_path)
    finally:
        server.client.put_object(Bucket=BUCKET, Key=name, Body=whole)
    assert done.code == 3
    assert done.err.startswith(f"warning: `{name.removeprefix('some/prefix/')}` cannot be used: ")
    assert len(done.err.splitlines()) == 1
    assert "000000000315" in done.out


def opened(server: S3, monkeypatch: pytest.MonkeyPatch, who: str = "") -> Archive:
    """The archive in this process."""
    key = server.keys.get(who, {"AWS_ACCESS_KEY_ID": "AKIAFAKEFAKEFAKEFAKE", "AWS_SECRET_ACCESS_KEY": "fake"})
    for name, value in {**key, "AWS_ENDPOINT_URL_S3": server.url, "AWS_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)
    return Archive(place_of(TARGET, Door))


def test_an_object_removed_after_it_was_listed_is_named(
    server: S3, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = kept.names[4]
    whole = server.client.get_object(Bucket=BUCKET, Key=name)["Body"].read()
    with opened(server, monkeypatch) as archive:
        found = archive.batches(READ)
        server.client.delete_object(Bucket=BUCKET, Key=name)
        try:
            rows = sum(each.collect().height for each in found)
        finally:
            server.client.put_object(Bucket=BUCKET, Key=name, Body=whole)
    assert found.runs == 19
    assert rows > 0
    assert [each.name for each in found.broken] == [name.removeprefix("some/prefix/")]
    assert "is not there any more" in found.broken[0].reason


def test_objects_refused_one_by_one_are_named(server: S3, kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """Listed while everything was allowed, refused when it is read: one or all."""
    with opened(server, monkeypatch, "lists") as archive:
        found = archive.batches(READ)
        assert len(found.broken) == 0
        server.enforce(on=True)
        try:
            with pytest.raises(AccessError, match="AccessDenied"):
                list(found)
        finally:
            server.enforce(on=False)
    assert len(found.broken) == 20
