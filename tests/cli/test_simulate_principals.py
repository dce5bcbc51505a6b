"""`rootwarden simulate-principals`, run as a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"
COMMAND = 'import sys; sys.argv[0] = "rootwarden"; from rootwarden.cli.main import main; main()'


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", COMMAND, "simulate-principals", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={"PYTHONPATH": str(SOURCE), "PATH": os.environ["PATH"]},
    )


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("accounts", [1, 9])
def test_what_it_writes_and_says(tmp_path: Path, accounts: int) -> None:
    done = run(tmp_path, "--output", "made", "--accounts", str(accounts), "--principals", "60", "--seed", "2")
    assert (done.returncode, done.stdout) == (0, "")
    truth = json.loads((tmp_path / "made.truth.json").read_text(encoding="utf-8"))
    assert truth["schema"] == "rootwarden.synthetic-principals/1"
    assert truth["size"] == {"accounts": accounts, "principals": 60, "seed": 2}
    principals = truth["principals"]
    counted = Counter(each["class"] for each in principals.values())
    folders = sorted(path.name for path in (tmp_path / "made" / "accounts").iterdir())
    assert len(folders) == accounts
    assert {arn.split(":")[4] for arn in principals} == set(folders)
    first, second = done.stderr.splitlines()
    told = "one account" if accounts == 1 else f"{accounts} accounts"
    assert first.startswith(f"principals: made   {len(principals)} users and roles, ")
    assert first.endswith(f" policies of {told}")
    classes = ", ".join(f"{number} {name}" for name, number in sorted(counted.items()))
    assert second == f"truth: made.truth.json   {classes}"
    assert (tmp_path / "made" / "organization.json").exists() is (accounts > 1)


def test_two_processes_write_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        assert run(tmp_path / name, "-o", "made", "--accounts", "3", "--principals", "40").returncode == 0
    assert content(tmp_path / "one") == content(tmp_path / "two")
    assert len(content(tmp_path / "one")) > 10


WRONG = [
    (("--output", "full"), "`full` is not empty", 2),
    (("--output", "new", "--truth", "new/truth.json"), "`new/truth.json` is inside of `new`", 2),
    (("--output", "new", "--principals", "9"), "'--principals'", 2),
    (("--output", "new", "--accounts", "5001"), "'--accounts'", 2),
]


@pytest.mark.parametrize(("arguments", "word", "code"), WRONG)
def test_what_cannot_be(tmp_path: Path, arguments: tuple[str, ...], word: str, code: int) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "kept").touch()
    done = run(tmp_path, *arguments)
    assert done.returncode == code
    assert word in done.stderr
    assert not (tmp_path / "new").exists()
    assert list((tmp_path / "full").iterdir()) == [tmp_path / "full" / "kept"]
