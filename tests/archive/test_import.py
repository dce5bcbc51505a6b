"""Evidence and reports that somebody kept become runs, each once; what is odd about them is said."""

from __future__ import annotations

import base64
import json
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from tests.archive.runs import at

from rootwarden.archive.importing import import_folder, instant_of
from rootwarden.errors import InputError
from rootwarden.facts.fact import Known, Unknown
from rootwarden.fleet.study import study

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rootwarden.archive.archive import Archive
    from rootwarden.archive.importing import Outcome

ORGANIZATION = "o-fakefakefake"
ACCOUNT = "000000000001"
WEEKS = ("2026-03-01T06:00:00Z", "2026-03-08T06:00:00Z", "2026-03-15T06:00:00Z")
HEADER = "user,arn,user_creation_time,password_enabled,password_last_used,mfa_active,access_key_1_active"


def report(account: str = ACCOUNT, last_used: str = "no_information") -> str:
    root = f"<root_account>,arn:aws:iam::{account}:root,2020-01-01T00:00:00+00:00,not_supported,{last_used},false,false"
    return f"{HEADER}\n{root}\n"


def evidence(folder: Path, *, account: str = ACCOUNT, as_of: str = "", last_used: str = "no_information") -> Path:
    """An evidence folder of one account."""
    own = folder / "accounts" / account
    own.mkdir(parents=True)
    (own / "credential-report.csv").write_text(report(account, last_used))
    if as_of:
        collection = {"schema": "rootwarden.collection/1", "as_of": as_of, "calls": []}
        (folder / "collection.json").write_text(json.dumps(collection))
    return folder


def described(folder: Path, organization: str) -> None:
    said = {"Organization": {"Id": organization, "MasterAccountId": ACCOUNT, "Arn": "arn:aws:organizations::1:x"}}
    (folder / "organization.json").write_text(json.dumps(said))


def kept(tmp_path: Path) -> Path:
    """Three weeks of an organization, and two lone reports."""
    folder = tmp_path / "kept"
    for week in WEEKS:
        evidence(folder / ORGANIZATION / week, last_used=week.replace("T06", "T01").replace("Z", "+00:00"))
    lone = folder / "000000000009"
    lone.mkdir()
    (lone / "2026-03-01.csv").write_text(report("000000000009"))
    (lone / "2026-03-08T06-00-00Z.csv").write_text(report("000000000009"))
    return folder


def run(folder: Path, archive: Archive) -> list[Outcome]:
    return list(import_folder(folder, archive))


def test_folders_and_reports_become_runs_each_once(tmp_path: Path) -> None:
    archive = at(tmp_path / "archive")
    folder = kept(tmp_path)
    first = run(folder, archive)
    assert [each.added for each in first] == [True] * 5
    assert [each.added for each in run(folder, archive)] == [False] * 5
    assert len({each.run_id for each in first}) == 5
    cards = [each.snapshot for each in archive.listing().kept]
    assert {each.organization_id for each in cards} == {ORGANIZATION, ""}
    assert sorted(each.organization_state for each in cards) == ["known"] * 3 + ["unknown"] * 2
    made = study(archive.reading().table)
    assert made.period.uses == 3


def test_names_of_organizations(tmp_path: Path) -> None:
    archive = at(tmp_path / "archive")
    list(import_folder(kept(tmp_path), archive, names={ORGANIZATION: "Example Holding"}))
    frame = archive.reading(organizations=[ORGANIZATION]).table.collect()
    assert set(frame["organization_name"]) == {"Example Holding"}


def test_a_single_evidence_folder(tmp_path: Path) -> None:
    folder = evidence(tmp_path / "evidence", as_of=WEEKS[0])
    described(folder, "o-otherotherot")
    archive = at(tmp_path / "archive")
    (outcome,) = run(folder, archive)
    assert outcome.added
    assert outcome.run_id.startswith("o-otherotherot/20260301T060000Z-")


def test_evidence_that_says_another_instant_or_organization(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    described(evidence(folder / ORGANIZATION / WEEKS[0], as_of=WEEKS[1]), "o-otherotherot")
    archive = at(tmp_path / "archive")
    (outcome,) = run(folder, archive)
    assert outcome.run_id.startswith("o-otherotherot/20260308T060000Z-")
    assert any("its name says 2026-03-01T06:00:00Z" in each for each in outcome.warnings)
    assert any("`o-otherotherot`" in each for each in outcome.warnings)


def truncated(path: Path) -> None:
    (path / "collection.json").write_text('{"schema": "rootwarden.coll')


def unfinished(path: Path) -> None:
    (path / ".collecting").touch()


def nothing(path: Path) -> None:
    shutil.rmtree(path / "accounts")


@pytest.mark.parametrize(("spoil", "said"), [(unfinished, "not ended"), (nothing, "holds no account")])
def test_what_is_no_evidence_is_named_and_the_rest_is_imported(
    tmp_path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    folder = kept(tmp_path)
    spoil(folder / ORGANIZATION / WEEKS[1])
    archive = at(tmp_path / "archive")
    outcomes = run(folder, archive)
    (wrong,) = [each for each in outcomes if each.problem]
    assert said in wrong.problem
    assert wrong.source == f"{ORGANIZATION}/{WEEKS[1]}"
    assert len(archive.listing().kept) == 4


def test_evidence_with_an_unreadable_file_is_imported_and_said(tmp_path: Path) -> None:
    folder = kept(tmp_path)
    truncated(folder / ORGANIZATION / WEEKS[1])
    outcomes = run(folder, at(tmp_path / "archive"))
    assert all(each.added for each in outcomes)
    assert [each.source for each in outcomes if each.warnings] == [f"{ORGANIZATION}/{WEEKS[1]}"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("2026-03-22.csv", report("000000000008"), "report of account 000000000008"),
        ("2026-03-22.csv", "user,arn\n", "does not tell whose report"),
        ("2026-03-22.csv", "", "is empty"),
        ("2026-03-22.csv", "\x00\x01", "credential report"),
        ("last-week.csv", report("000000000009"), "neither evidence nor a report"),
        ("2026-03-22.txt", report("000000000009"), "neither evidence nor a report"),
    ],
)
def test_reports_that_are_none(tmp_path: Path, name: str, content: str, said: str) -> None:
    folder = kept(tmp_path)
    (folder / "000000000009" / name).write_text(content)
    outcomes = run(folder, at(tmp_path / "archive"))
    (wrong,) = [each for each in outcomes if each.problem]
    assert said in wrong.problem
    assert sum(each.added for each in outcomes) == 5


def test_a_report_as_the_command_line_prints_it(tmp_path: Path) -> None:
    folder = tmp_path / "kept" / "000000000009"
    folder.mkdir(parents=True)
    content = base64.b64encode(report("000000000009").encode()).decode()
    answer = {"Content": content, "ReportFormat": "text/csv", "GeneratedTime": "2026-03-01T05:59:00+00:00"}
    (folder / "2026-03-01T06:00:00Z.json").write_text(json.dumps(answer))
    archive = at(tmp_path / "archive")
    run(folder.parent, archive)
    frame = archive.reading().table.collect()
    assert frame["report_generated_at"].to_list() == [datetime(2026, 3, 1, 5, 59, tzinfo=UTC)]
    assert frame["as_of"].to_list() == [datetime(2026, 3, 1, 6, tzinfo=UTC)]


def test_asset_counts_come_along(tmp_path: Path) -> None:
    folder = evidence(tmp_path / "kept" / ORGANIZATION / WEEKS[0])
    counts = {"iam_users": 7, "rds_instances": {"$unknown": "rds:DescribeDBInstances was refused"}, "trails": 1}
    (folder / "accounts" / ACCOUNT / "asset-counts.json").write_text(json.dumps(counts))
    archive = at(tmp_path / "archive")
    run(tmp_path / "kept", archive)
    account = archive.account(archive.listing().kept[0], ACCOUNT)
    assert account is not None
    assert isinstance(account.assets.iam_users, Known)
    assert account.assets.iam_users.sources[0].call == "iam:GetAccountSummary"
    assert isinstance(account.assets.rds_instances, Unknown)
    assert account.assets.rds_instances.permission == "rds:DescribeDBInstances"
    assert isinstance(account.assets.buckets, Unknown)
    frame = archive.reading().table.collect()
    assert frame.select("iam_users", "rds_instances_state", "trails", "buckets_state").rows() == [
        (7, "unknown", 1, "unknown")
    ]


def test_a_folder_with_nothing_of_the_kind(tmp_path: Path) -> None:
    (tmp_path / "o-fakefakefake" / "notes").mkdir(parents=True)
    for wrong in (tmp_path, tmp_path / "o-fakefakefake" / "notes", tmp_path / "missing"):
        with pytest.raises(InputError):
            run(wrong, at(tmp_path / "archive"))


@pytest.mark.parametrize(
    ("name", "instant"),
    [
        ("2026-03-02T12:00:00Z", datetime(2026, 3, 2, 12, tzinfo=UTC)),
        ("2026-03-02T12-00-00Z", datetime(2026, 3, 2, 12, tzinfo=UTC)),
        ("2026-03-02T12:00:00+02:00", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("2026-03-02", datetime(2026, 3, 2, tzinfo=UTC)),
        ("2026-03-32", None),
        ("20260302", None),
        ("latest", None),
        ("2026-03-02T25-00-00Z", None),
    ],
)
def test_instants_of_names(name: str, instant: datetime | None) -> None:
    assert instant_of(name) == instant
