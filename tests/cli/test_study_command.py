"""`rootwarden study` and `rootwarden kpi`, run as processes over an archive of two organizations."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import msgspec
import pytest

from rootwarden.fleet.synthetic.fleet import synthetic_fleet
from rootwarden.packs.published import published
from rootwarden.simulator.fleet_folder import write_fleet

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = 'import sys; sys.argv[0] = "rootwarden"; {}from rootwarden.cli.main import main; main()'
ORGANIZATIONS = ("o-fake000041", "o-fake000057")


def run(folder: Path, *arguments: str, missing: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Run the command; packages that are missing cannot be imported, as if they were not installed."""
    without = "".join(f"sys.modules[{name!r}] = None; " for name in missing)
    return subprocess.run(
        [sys.executable, "-c", PROGRAM.format(without), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an archive `ar` of the weeks of two organizations."""
    folder = tmp_path_factory.mktemp("kept")
    fleet = synthetic_fleet(published(), 1)
    two = msgspec.structs.replace(
        fleet,
        accounts=tuple(each for each in fleet.accounts if each.organization in ORGANIZATIONS),
        samples={name: fleet.samples[name] for name in ORGANIZATIONS},
    )
    write_fleet(two, folder / "fleet")
    done = run(folder, "archive", "import", "fleet", "--archive", "ar")
    assert (done.returncode, done.stdout) == (0, "added: 40, there already: 0, passed over: 0\n")
    shutil.rmtree(folder / "fleet")
    return folder


def test_a_study_of_what_was_imported(kept: Path) -> None:
    done = run(kept, "study", "--archive", "ar", "--format", "json", "--compare", "published")
    assert (done.returncode, done.stderr) == (0, "")
    made = json.loads(done.stdout)
    assert made["schema"] == "rootwarden.study/1"
    assert (len(made["weeks"]), made["period"]["accounts"], made["period"]["organizations"]) == (20, 29, 2)
    assert made["period"]["accounts_used"] == len(made["offenders"]) == 4
    assert made["comparison"]["other"] == "netskope-2021"


def test_incidents_measure_what_weekly_looks_miss(kept: Path) -> None:
    truth = synthetic_fleet(published(), 1)
    lines = [
        json.dumps(
            {
                "id": f"{each.id}/{number}",
                "account": each.id,
                "shape": "A",
                "started": use.isoformat(),
                "verdict": "unexplained",
            }
        )
        for each in truth.accounts
        if each.organization in ORGANIZATIONS
        for number, use in enumerate((*each.console_uses, *each.key_uses))
    ]
    (kept / "incidents.jsonl").write_text("\n".join(lines), encoding="utf-8")
    plain = json.loads(run(kept, "study", "--archive", "ar", "--format", "json").stdout)
    assert plain["measured"] is None
    done = run(kept, "study", "--archive", "ar", "--format", "json", "--incidents", "incidents.jsonl")
    found = json.loads(done.stdout)["measured"]
    assert (done.returncode, found["accounts"], found["seen"]) == (0, 29, plain["period"]["uses"])
    assert found["exact"] > found["seen"]
    assert found["unexplained"] == 0
    assert found["under_count"] == pytest.approx(1 - found["seen"] / found["exact"])
    told = run(kept, "study", "--archive", "ar", "--incidents", "incidents.jsonl").stdout
    assert f"has {found['exact']} visits; the weekly looks count {found['seen']}" in " ".join(told.split())


def test_whose_incidents_they_are_without_incidents_is_wrong_usage(kept: Path) -> None:
    done = run(kept, "study", "--archive", "ar", "--trail-accounts", "111122223333")
    assert done.returncode == 2
    assert "--incidents" in done.stderr


def test_parameters_and_period_are_what_was_asked_for(kept: Path) -> None:
    arguments = (
        "--from",
        "2020-10-01",
        "--to",
        "2020-11-01",
        "--window",
        "3",
        "--old-key",
        "10",
        "--week-anchor",
        "monday",
    )
    done = run(kept, "study", "--archive", "ar", *arguments, "--format", "json", "--confidence", "0.8")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    kept_by = made["parameters"]
    assert (kept_by["window_days"], kept_by["old_key_days"], kept_by["confidence"]) == (3, 10, 0.8)
    assert [week["week"] for week in made["weeks"]] == ["2020-09-28", "2020-10-05", "2020-10-12", "2020-10-19"]
    assert made["first_as_of"] >= "2020-10-01"
    whole = json.loads(run(kept, "study", "--archive", "ar", "--format", "json").stdout)
    assert made["period"]["uses"] < whole["period"]["uses"]


@pytest.mark.parametrize("other", ["published", "netskope-2021", "2020-09-01..2020-11-01", "o-fake000057", "ar"])
def test_compared_with(kept: Path, other: str) -> None:
    done = run(kept, "study", "--archive", "ar", "--organization", "o-fake000041", "--compare", other)
    assert (done.returncode, done.stderr) == (0, "")
    named = "netskope-2021" if other == "published" else other
    assert f"Compared with {named}\n" in done.stdout
    assert "accounts that used root" in done.stdout.partition("Compared with")[2]


def test_every_format_of_a_study_into_a_file_with_plots(kept: Path, tmp_path: Path) -> None:
    archive = str(kept / "ar")
    done = run(tmp_path, "study", "--archive", archive, "--format", "html", "-o", "study.html", "--plots", "plots")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    page = (tmp_path / "study.html").read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert (
        page.count("<svg ") == len(list(tmp_path.glob("plots/*.svg"))) == len(list(tmp_path.glob("plots/*.png"))) == 9
    )
    rows = run(tmp_path, "study", "--archive", archive, "--format", "csv").stdout.splitlines()
    assert rows[0] == "table,of_what,figure,count,of,value,low,high"


def test_key_figures(kept: Path, tmp_path: Path) -> None:
    (tmp_path / "drills.jsonl").write_text(
        '{"id": "d", "account": "000000000315", "kind": "sign-in", "due": "2020-12-01"}\n'
    )
    archive = str(kept / "ar")
    done = run(tmp_path, "kpi", "--archive", archive, "--drills", "drills.jsonl", "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    told = {each["id"]: each for each in json.loads(done.stdout)["indicators"]}
    assert (told["drills-overdue"]["value"], told["drills-overdue"]["accounts"]) == (1, ["000000000315"])
    assert told["root-uses-outside"]["value"] is None
    assert len(told["root-mfa"]["trend"]) == 20
    earlier = run(tmp_path, "kpi", "--archive", archive, "--drills", "drills.jsonl", "--as-of", "2020-11-01")
    assert "Drills overdue: 0\n" in earlier.stdout
    metrics = run(tmp_path, "kpi", "--archive", archive, "--format", "prometheus").stdout
    assert "rootwarden_kpi_as_of_timestamp_seconds 1611" in metrics
    assert run(tmp_path, "kpi", "--archive", archive, "--format", "html").stdout.startswith("<!doctype html>")


def spoil(path: Path, *, keep: slice) -> None:
    """Cut a file, or overwrite its middle."""
    content = path.read_bytes()
    if keep.stop is not None:
        path.write_bytes(content[keep])
    else:
        path.write_bytes(content[:4] + bytes(len(content) // 3) + content[4 + len(content) // 3 :])


def test_a_file_that_is_cut_short_is_named_and_the_rest_is_told(kept: Path, tmp_path: Path) -> None:
    shutil.copytree(kept / "ar", tmp_path / "ar")
    cut = min((tmp_path / "ar").glob("*/*.parquet"))
    spoil(cut, keep=slice(0, 1000))
    for command in ("study", "kpi"):
        done = run(tmp_path, command, "--archive", "ar")
        assert done.returncode == 3
        assert done.stderr.startswith(f"warning: `{cut.relative_to(tmp_path / 'ar').as_posix()}` cannot be used: ")
        assert "000000000315" in done.stdout


def test_a_file_that_is_spoiled_inside_is_named_and_the_rest_is_told(kept: Path, tmp_path: Path) -> None:
    shutil.copytree(kept / "ar", tmp_path / "ar")
    spoiled = min((tmp_path / "ar").glob("*/*.parquet"))
    spoil(spoiled, keep=slice(None))
    for command in ("study", "kpi"):
        done = run(tmp_path, command, "--archive", "ar")
        assert done.returncode == 3
        assert done.stderr.startswith(f"warning: `{spoiled.relative_to(tmp_path / 'ar').as_posix()}` cannot be used: ")
        assert "000000000315" in done.stdout


def test_nothing_but_spoiled_files_is_an_error_that_says_what_to_do(kept: Path, tmp_path: Path) -> None:
    shutil.copytree(kept / "ar", tmp_path / "ar")
    for each in (tmp_path / "ar").glob("*/*.parquet"):
        spoil(each, keep=slice(None))
    done = run(tmp_path, "study", "--archive", "ar")
    assert (done.returncode, done.stdout) == (2, "")
    assert "error: no run of `ar` can be read\n" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("study", "--archive", "nowhere"), "there is no archive `nowhere`"),
        (("kpi", "--archive", "nowhere"), "there is no archive `nowhere`"),
        (("study", "--archive", "ar", "--format", "xml"), "there is no report format `xml`"),
        (("kpi", "--archive", "ar", "--format", "csv"), "there is no report format `csv`"),
        (("study", "--archive", "ar", "--from", "2031-01-01"), "no run of `ar` in the period can be read"),
        (("study", "--archive", "ar", "--from", "soon"), "`soon` is not an instant"),
        (("study", "--archive", "ar", "--organization", "o-other"), "no observation is of organization `o-other`"),
        (("study", "--archive", "ar", "--compare", "yesterday"), "there is nothing called `yesterday` to compare with"),
        (("study", "--archive", "ar", "--compare", "soon..later"), "`soon` is not an instant"),
        (("study", "--archive", "ar", "--week-anchor", "someday"), "there is no weekday `someday`"),
        (("study", "--archive", "ar", "--medium-from", "9", "--large-above", "3"), "accounts cannot be medium from 9"),
        (("study", "--archive", "ar", "--confidence", "2"), "the confidence is 2.0"),
        (("study", "--archive", "ar", "--plots", "ar/plots/../../file/x"), "cannot make folder"),
        (("study", "--archive", "ar", "-o", "none/study.txt"), "cannot write `none/study.txt`"),
        (("kpi", "--archive", "ar", "--incidents", "none.jsonl"), "`none.jsonl` cannot be read"),
        (("kpi", "--archive", "ar", "--drills", "file"), "`file` line 1 is no drill"),
        (("study",), "Missing option"),
    ],
)
def test_what_cannot_be_done(kept: Path, arguments: tuple[str, ...], said: str) -> None:
    (kept / "file").write_text("not JSON\n")
    done = run(kept, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "missing", "said"),
    [
        (("study", "--archive", "ar"), ("polars", "numpy"), "a study needs `polars`, which is not installed"),
        (("kpi", "--archive", "ar"), ("polars", "numpy"), "a key figure needs `polars`, which is not installed"),
        (
            ("study", "--archive", "ar", "--format", "html"),
            ("altair",),
            "a plot needs `altair`, which is not installed",
        ),
        (
            ("study", "--archive", "ar", "--plots", "p"),
            ("vl_convert",),
            "a plot needs `vl_convert`, which is not installed",
        ),
    ],
)
def test_a_missing_extra_is_one_line(
    kept: Path, arguments: tuple[str, ...], missing: tuple[str, ...], said: str
) -> None:
    done = run(kept, *arguments, missing=missing)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: {said}\nhint: pip install 'rootwarden[fleet]'\n"


def test_text_needs_no_plots(kept: Path) -> None:
    done = run(kept, "study", "--archive", "ar", missing=("altair", "vl_convert"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "Root use of 29 accounts in 2 organizations" in done.stdout


@pytest.mark.soak
def test_three_commands_give_every_published_count(tmp_path: Path) -> None:
    """From nothing to the published figures, as docs/fleet-study.md says; some minutes on a slow machine."""
    assert run(tmp_path, "simulate-fleet", "--output", "fleet").returncode == 0
    done = run(tmp_path, "archive", "import", "fleet", "--archive", "ar")
    assert (done.returncode, done.stdout) == (0, "added: 3060, there already: 0, passed over: 0\n")
    told = run(tmp_path, "study", "--archive", "ar", "--compare", "published", "--format", "json")
    assert (told.returncode, told.stderr) == (0, "")
    counts = json.loads(told.stdout)["comparison"]["counts"]
    assert {each["figure"]: each["ours"] for each in counts} == msgspec.structs.asdict(published().counts)
    shutil.rmtree(tmp_path)


def test_the_files_of_all_organizations_are_read_for_the_one_that_is_asked_for(kept: Path, tmp_path: Path) -> None:
    """An overdue drill of an account of the one organization is no figure of the other."""
    archive = str(kept / "ar")
    made = json.loads(run(kept, "study", "--archive", "ar", "--format", "json").stdout)
    first = next(each["account"] for each in made["offenders"] if each["organization"] == ORGANIZATIONS[0])
    drill = {"id": "d", "account": first, "kind": "sign-in", "due": "2020-10-01"}
    (tmp_path / "drills.jsonl").write_text(json.dumps(drill), "utf-8")
    for organization, late in zip(ORGANIZATIONS, (1, 0), strict=True):
        asked = ("--archive", archive, "--drills", "drills.jsonl", "--organization", organization, "--format", "json")
        figures = json.loads(run(tmp_path, "kpi", *asked).stdout)["indicators"]
        assert next(each["value"] for each in figures if each["id"] == "drills-overdue") == late
