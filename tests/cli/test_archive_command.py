"""`rootwarden archive`, and `--archive` of `audit` and `collect`, as processes against a simulated organization."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from tests.archive.runs import NOON, account, at, collected, finished
from tests.collect import looks
from tests.collect.looks import command

from rootwarden.facts.fact import Known
from rootwarden.simulator import running
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rootwarden.simulator import Simulator


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running(make_world("patchwork", 6)) as started:
        started.knobs.clear()
        yield started


def listed(folder: Path) -> list[dict[str, object]]:
    runs: list[dict[str, object]] = [
        each["snapshot"]
        for each in command("archive", "list", "--archive", "a", "--format", "json", cwd=folder).document["runs"]
    ]
    return runs


def spoil(folder: Path) -> str:
    path = next((folder / "a").glob("*/*.parquet"))
    path.write_bytes(path.read_bytes()[:-50])
    return path.name


def test_collect_and_audit_keep_a_run(simulator: Simulator, tmp_path: Path) -> None:
    seen = command(
        "collect", "--org", "--archive", "a", "--organization-name", "Example", cwd=tmp_path, simulator=simulator
    )
    assert seen.code in (0, 3)
    assert "archived as o-fake" in seen.err
    (card,) = listed(tmp_path)
    assert (card["accounts"], card["organization_name"]) == (6, "Example")
    (kept,) = at(tmp_path / "a").listing().kept
    held = at(tmp_path / "a").account(kept, looks.MANAGEMENT)
    world = simulator.world.account(looks.MANAGEMENT)
    assert held is not None
    assert world is not None
    assert isinstance(held.assets.buckets, Known)
    assert held.assets.buckets.value == world.buckets
    assert isinstance(held.inventory.report, Known)
    judged = command("audit", "--org", "--archive", "a", "--format", "json", cwd=tmp_path, simulator=simulator)
    plain = command("audit", "--org", "--format", "json", cwd=tmp_path, simulator=simulator)
    assert (judged.code, judged.verdicts) == (plain.code, plain.verdicts)
    assert len(listed(tmp_path)) == 2


def test_an_audit_of_evidence_keeps_it_once(simulator: Simulator, tmp_path: Path) -> None:
    command("collect", "--org", "--output", "e", cwd=tmp_path, simulator=simulator)
    first = command("audit", "--evidence", "e", "--archive", "a", "--format", "json", cwd=tmp_path)
    plain = command("audit", "--evidence", "e", "--format", "json", cwd=tmp_path)
    assert (first.code, first.out) == (plain.code, plain.out)
    assert "the archive has it already" in command("audit", "--evidence", "e", "--archive", "a", cwd=tmp_path).err
    imported = command("archive", "import", "e", "--archive", "a", cwd=tmp_path)
    assert imported.code == 0
    assert "there already: 1" in imported.out
    assert len(listed(tmp_path)) == 1


def test_a_report_alone_is_kept_too(tmp_path: Path) -> None:
    text = "user,arn,password_last_used\n<root_account>,arn:aws:iam::000000000009:root,no_information\n"
    (tmp_path / "r.csv").write_text(text)
    report = ("--credential-report", "r.csv", "--as-of", "2026-03-02T12:00:00Z")
    command("audit", *report, "--archive", "a", cwd=tmp_path)
    (card,) = listed(tmp_path)
    assert (card["organization_state"], card["accounts"]) == ("unknown", 1)


def test_an_archive_that_cannot_be_written_is_told_before_anything_is_asked(
    simulator: Simulator, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    simulator.calls.reset()
    for target in ("file", "https://example.com/a"):
        ran = command("collect", "--org", "--archive", target, cwd=tmp_path, simulator=simulator)
        assert ran.complained(2, f"`{target}`")
    assert simulator.calls.total == 0


def test_nowhere_to_keep_what_is_collected(tmp_path: Path) -> None:
    assert command("collect", "--org", cwd=tmp_path).complained(2, "nowhere to keep")
    named = command("audit", "--evidence", "e", "--organization-name", "Example", cwd=tmp_path)
    assert named.complained(2, "--organization-name is for an archive")


def test_a_report_is_told_though_the_archive_takes_nothing(simulator: Simulator, tmp_path: Path) -> None:
    command("collect", "--org", "--output", "e", cwd=tmp_path, simulator=simulator)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "o-fake000000").write_text("in the way")
    ran = command("audit", "--evidence", "e", "--archive", "a", "--format", "json", cwd=tmp_path)
    assert ran.complained(2, "cannot be written")
    assert ran.document["verdicts"]


def test_a_missing_extra_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "shadow").mkdir()
    (tmp_path / "shadow" / "polars.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'polars'\", name='polars')"
    )
    path = f"{tmp_path / 'shadow'}:{looks.environment()['PYTHONPATH']}"
    ran = command("archive", "list", "--archive", "a", cwd=tmp_path, changed={"PYTHONPATH": path})
    assert ran.code == 2
    assert ran.err.splitlines() == [
        "error: an archive needs `polars`, which is not installed",
        "hint: pip install 'rootwarden[fleet]'",
    ]


def test_exit_codes_of_a_spoiled_archive(tmp_path: Path) -> None:
    at(tmp_path / "a").add(finished(collected(account(1))))
    good = command("archive", "verify", "--archive", "a", cwd=tmp_path)
    assert (good.code, good.out) == (0, "whole: 1, not whole: 0\n")
    name = spoil(tmp_path)
    for words, code in ((("verify",), 1), (("list",), 3)):
        ran = command("archive", *words, "--archive", "a", cwd=tmp_path)
        assert ran.code == code
        assert name in ran.err
        assert "Traceback" not in ran.err
    missing = command("archive", "verify", "--archive", "nowhere", cwd=tmp_path)
    assert missing.complained(2, "there is no archive `nowhere`")


def test_what_a_killed_run_left_is_said(tmp_path: Path) -> None:
    at(tmp_path / "a").add(finished(collected(account(1))))
    (tmp_path / "a" / "o-exampleorg" / ".x.parquet.0123.partial").write_text("half")
    ran = command("archive", "verify", "--archive", "a", cwd=tmp_path)
    assert ran.code == 0
    assert "was left behind" in ran.err


def test_show(tmp_path: Path) -> None:
    archive = at(tmp_path / "a")
    archive.add(finished(collected(account(1, name=Known("first")), account(2)), "Example"))
    (kept,) = archive.listing().kept
    run = kept.snapshot.run_id
    said = command("archive", "show", run, "--archive", "a", cwd=tmp_path)
    assert said.code == 0
    assert "o-exampleorg (Example)" in said.out
    document = command("archive", "show", run, "--archive", "a", "--format", "json", cwd=tmp_path).document
    assert document["schema"] == "rootwarden.archive/1"
    assert [each["account_id"] for each in document["accounts"]] == ["000000000001", "000000000002"]
    facts = command("archive", "show", run, "--archive", "a", "--account", "000000000001", cwd=tmp_path).document
    assert facts["name"]["value"] == "first"
    wrong = command("archive", "show", run, "--archive", "a", "--account", "1", cwd=tmp_path)
    assert wrong.complained(2, "no account `1`")
    assert command("archive", "show", "never", "--archive", "a", cwd=tmp_path).complained(2, "no run `never`")


def test_prune_removes_nothing_unless_confirmed(tmp_path: Path) -> None:
    archive = at(tmp_path / "a")
    for year in (2024, 2025, 2026):
        archive.add(finished(collected(account(1), as_of=NOON.replace(year=year))))
    prune = ("archive", "prune", "--archive", "a", "--keep", "52w")
    dry = command(*prune, cwd=tmp_path)
    assert (dry.code, dry.out.count("would remove")) == (0, 2)
    assert len(listed(tmp_path)) == 3
    assert command(*prune, "--yes", cwd=tmp_path).out.count("removed o-exampleorg/") == 2
    assert [card["as_of"] for card in listed(tmp_path)] == ["2026-03-02T12:00:00Z"]
    assert command(*prune, "--yes", cwd=tmp_path).out == ""
    wrong = command("archive", "prune", "--archive", "a", "--keep", "forever", cwd=tmp_path)
    assert wrong.complained(2, "`forever` is no span of time")


def test_import_says_what_became_of_each(tmp_path: Path) -> None:
    lone = tmp_path / "kept" / "000000000009"
    lone.mkdir(parents=True)
    text = "user,arn,password_last_used\n<root_account>,arn:aws:iam::000000000009:root,no_information\n"
    (lone / "2026-03-01.csv").write_text(text)
    (lone / "notes.txt").write_text("mine")
    ran = command("archive", "import", "kept", "--archive", "a", cwd=tmp_path)
    assert (ran.code, ran.out) == (3, "added: 1, there already: 0, passed over: 1\n")
    assert "`000000000009/notes.txt` was passed over" in ran.err
    (lone / "notes.txt").unlink()
    again = command("archive", "import", "kept", "--archive", "a", cwd=tmp_path)
    assert (again.code, again.out) == (0, "added: 0, there already: 1, passed over: 0\n")
    assert "is in the archive already" in again.err
    (lone / "2026-03-01.csv").write_text("not a report")
    assert command("archive", "import", "kept", "--archive", "b", cwd=tmp_path).code == 2
    assert command("archive", "import", "nothing", "--archive", "b", cwd=tmp_path).complained(2, "is not a folder")
    named = command("archive", "import", "kept", "--archive", "b", "--organization-name", "Example", cwd=tmp_path)
    assert named.complained(2, "names no organization")


def test_many_small_runs_are_bundled(tmp_path: Path) -> None:
    lone = tmp_path / "kept" / "000000000009"
    lone.mkdir(parents=True)
    text = "user,arn,password_last_used\n<root_account>,arn:aws:iam::000000000009:root,no_information\n"
    for day in range(70):
        (lone / f"{date(2026, 1, 1) + timedelta(days=day)}.csv").write_text(text)
    ran = command("archive", "import", "kept", "--archive", "a", cwd=tmp_path)
    assert (ran.code, ran.out, ran.err) == (0, "added: 70, there already: 0, passed over: 0\n", "")
    (first,) = (tmp_path / "a" / "bundles").iterdir()
    assert command("archive", "bundle", "--archive", "a", cwd=tmp_path).out == "bundled: 0\n"
    assert command("archive", "verify", "--archive", "a", cwd=tmp_path).out == "whole: 70, not whole: 0\n"
    pruned = command("archive", "prune", "--archive", "a", "--keep", "65d", "--yes", cwd=tmp_path)
    assert (pruned.code, pruned.out.count("removed unknown/")) == (0, 4)
    (second,) = (tmp_path / "a" / "bundles").iterdir()
    assert first != second
    second.write_bytes(second.read_bytes()[:-20])
    spoiled = command("archive", "verify", "--archive", "a", cwd=tmp_path)
    assert (spoiled.code, spoiled.out) == (1, "whole: 66, not whole: 1\n")
    assert f"`bundles/{second.name}` cannot be used" in spoiled.err


def test_permissions_of_the_asset_counts(tmp_path: Path) -> None:
    for extra in ((), ("--format", "stackset")):
        plain = json.dumps(command("permissions", *extra, cwd=tmp_path).document)
        counted = json.dumps(command("permissions", "--archive", *extra, cwd=tmp_path).document)
        for action in (
            "ec2:DescribeInstances",
            "ec2:DescribeRegions",
            "rds:DescribeDBInstances",
            "s3:ListAllMyBuckets",
        ):
            assert (action in plain, action in counted) == (False, True)
