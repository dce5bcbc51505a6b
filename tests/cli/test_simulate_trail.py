"""`rootwarden simulate-trail`, run as a process."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"
COMMAND = 'import sys; sys.argv[0] = "rootwarden"; from rootwarden.cli.main import main; main()'


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", COMMAND, "simulate-trail", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={"PYTHONPATH": str(SOURCE), "PATH": os.environ["PATH"]},
    )


def test_a_month_its_check_outs_and_its_truth(tmp_path: Path) -> None:
    done = run(tmp_path, "--output", "trail", "--seed", "3", "--events", "5000")
    assert (done.returncode, done.stdout) == (0, "")
    truth = json.loads((tmp_path / "trail.aside" / "truth.json").read_text(encoding="utf-8"))
    files = len(list(tmp_path.glob("trail/AWSLogs/o-fakemonth0/*/CloudTrail/*/2026/*/*/*.json.gz")))
    assert done.stderr.splitlines() == [
        f"trail: trail   {truth['counts']['events']} events of 20 accounts in {files} log files",
        f"aside: trail.aside   check-outs, settings, and the truth of {len(truth['visits'])} visits of root",
    ]
    assert (truth["schema"], truth["seed"]) == ("rootwarden.synthetic-trail/1", 3)
    assert str(tmp_path) not in (tmp_path / "trail.aside" / "truth.json").read_text(encoding="utf-8")
    leases = [json.loads(line) for line in (tmp_path / "trail.aside" / "checkouts.jsonl").read_text().splitlines()]
    covered = {visit["lease"] for visit in truth["visits"]} - {""}
    unused = {concern["lease"] for concern in truth["concerns"]} - {""}
    assert covered | unused < {each["lease"] for each in leases}
    assert sum("signature" not in each for each in leases) == 1
    assert all({"account", "from", "until", "task", "mfa_device", "released_at"} < set(each) for each in leases)


def test_many_files_on_all_cores_are_the_same_bytes(tmp_path: Path) -> None:
    """Two processes that share nothing write the same month; more than 400 files are written by workers."""
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        assert run(tmp_path / name, "--output", "trail", "--seed", "4", "--events", "0").returncode == 0
        files = [path for path in (tmp_path / name).rglob("*") if path.is_file()]
        made.append({path.relative_to(tmp_path / name): path.read_bytes() for path in files})
    assert made[0] == made[1]
    assert len(made[0]) > 400


def test_a_small_month_tells_what_it_has_room_for(tmp_path: Path) -> None:
    done = run(tmp_path, "--output", "trail", "--accounts", "6", "--days", "14", "--events", "500")
    assert done.returncode == 0
    truth = json.loads((tmp_path / "trail.aside" / "truth.json").read_text(encoding="utf-8"))
    assert done.stderr.splitlines()[-1] == (
        f"note: {len(truth['untold'])} stories of root are left out; 20 accounts and 31 days have room for all"
    )
    assert truth["visits"]


def test_a_bomb_only_when_asked_for(tmp_path: Path) -> None:
    assert run(tmp_path, "--output", "trail", "--events", "0", "--bomb").returncode == 0
    truth = json.loads((tmp_path / "trail.aside" / "truth.json").read_text(encoding="utf-8"))
    (bomb,) = truth["irregular"]["bombs"]
    assert (tmp_path / "trail" / bomb).stat().st_size < 40_000_000
    with gzip.open(tmp_path / "trail" / bomb) as file:
        assert file.read(100_000).strip() == b'{"Records":['
    # The last four bytes are the size modulo 4 GiB (RFC 1952): the frame around four gigabytes of blanks.
    assert (tmp_path / "trail" / bomb).read_bytes()[-4:] == len(b'{"Records":[]}').to_bytes(4, "little")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--output", "mine"), "error: `mine` is not empty"),
        (("--output", "new", "--aside", "new/truth"), "error: `new/truth` is inside of `new`"),
        (("--output", "new", "--aside", "mine"), "error: `mine` is not empty"),
        (("--output", "mine/kept.txt/trail"), "error: `mine/kept.txt/trail"),
    ],
)
def test_what_cannot_be_done(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "kept.txt").write_text("kept")
    done = run(tmp_path, *arguments)
    assert done.returncode == 2
    assert done.stderr.splitlines()[0].startswith(said)
    assert done.stderr.splitlines()[1].startswith("hint: ")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["kept.txt", "mine"]


def test_a_whole_month_differs_in_the_two_cut_files_alone(tmp_path: Path) -> None:
    made = {}
    for name, more in (("cut", ()), ("whole", ("--whole",))):
        done = run(tmp_path, "--output", name, "--accounts", "4", "--days", "8", "--events", "500", *more)
        assert done.returncode == 0
        files = [path for path in (tmp_path / name).rglob("*") if path.is_file()]
        made[name] = {path.relative_to(tmp_path / name).as_posix(): path.read_bytes() for path in files}
    cut = json.loads((tmp_path / "cut.aside" / "truth.json").read_text(encoding="utf-8"))["irregular"]["truncated"]
    whole = json.loads((tmp_path / "whole.aside" / "truth.json").read_text(encoding="utf-8"))["irregular"]["truncated"]
    assert (len(cut), whole) == (2, [])
    assert set(made["cut"]) == set(made["whole"])
    assert {name for name in made["cut"] if made["cut"][name] != made["whole"][name]} == set(cut)
    for name in cut:
        assert json.loads(gzip.decompress(made["whole"][name]))["Records"]
        with pytest.raises(EOFError):
            gzip.decompress(made["cut"][name])


def test_a_bomb_is_not_whole(tmp_path: Path) -> None:
    done = run(tmp_path, "--output", "trail", "--whole", "--bomb")
    assert (done.returncode, list(tmp_path.iterdir())) == (2, [])
    assert done.stderr.startswith("error: --whole and --bomb exclude each other\nhint: ")
