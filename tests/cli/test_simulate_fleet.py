"""`rootwarden simulate-fleet`, run as a process, on an install without the extra `fleet`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from rootwarden.fleet.synthetic.fleet import synthetic_fleet
from rootwarden.packs.published import published

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# A package that is None cannot be imported: as if it were not installed.
BASE_INSTALL = (
    "import sys; sys.modules.update(polars=None, numpy=None); from rootwarden.cli.main import main; "
    'sys.argv[0] = "rootwarden"; main()'
)


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BASE_INSTALL, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Path]:
    """A folder that is gone after the test: a fleet takes 300 MB."""
    yield tmp_path
    shutil.rmtree(tmp_path)


def test_a_fleet_and_its_truth(scratch: Path) -> None:
    done = run(scratch, "simulate-fleet", "--output", "fleet", "--seed", "3")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.splitlines() == [
        "fleet: fleet   915 accounts in 153 organizations, 20 weekly samples",
        "truth: fleet.truth.json   every use of root, also the hidden ones",
    ]
    assert len(list(scratch.glob("fleet/*/*/collection.json"))) == 153 * 20
    assert len(list(scratch.glob("fleet/o-fake*/2020-09-13T*/accounts/*/credential-report.csv"))) == 915
    truth = json.loads((scratch / "fleet.truth.json").read_text(encoding="utf-8"))
    assert (truth["schema"], truth["seed"], len(truth["accounts"])) == ("rootwarden.synthetic-fleet/1", 3, 915)
    assert str(scratch) not in (scratch / "fleet.truth.json").read_text(encoding="utf-8")
    sample = min(scratch.glob("fleet/*/*"))
    audited = run(scratch, "audit", "--evidence", str(sample), "--rule", "root-usage", "--format", "csv")
    assert audited.returncode in (0, 1)
    assert audited.stdout.count("root-usage") == len(list(sample.glob("accounts/*")))


def test_a_few_organizations_are_those_of_the_whole(tmp_path: Path) -> None:
    whole = synthetic_fleet(published("netskope-2021"), 3)
    few = whole.first(4)
    assert sorted(few.samples) == sorted(whole.samples)[:4]
    assert few.accounts == tuple(one for one in whole.accounts if one.organization in few.samples)
    assert whole.first(1000) == whole
    done = run(tmp_path, "simulate-fleet", "--output", "fleet", "--seed", "3", "--organizations", "4")
    assert done.returncode == 0
    assert f"{len(few.accounts)} accounts in 4 organizations" in done.stderr
    assert sorted(one.name for one in (tmp_path / "fleet").iterdir()) == sorted(few.samples)
    truth = json.loads((tmp_path / "fleet.truth.json").read_text(encoding="utf-8"))
    assert [one["account"] for one in truth["accounts"]] == [one.id for one in few.accounts]


def test_what_cannot_be_done(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "kept.txt").write_text("kept")
    for arguments, said in (
        (("--output", "mine"), "error: `mine` is not empty"),
        (("--output", "new", "--truth", "new/truth.json"), "error: `new/truth.json` is inside of `new`"),
        (("--output", "new", "--study", "other"), "error: there is no published study `other`"),
        (("--output", "mine/kept.txt/fleet"), "error: `mine/kept.txt/fleet` cannot be written"),
    ):
        done = run(tmp_path, "simulate-fleet", *arguments)
        assert done.returncode == 2
        assert done.stderr.splitlines()[0].startswith(said)
        assert done.stderr.splitlines()[1].startswith("hint: ")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["kept.txt", "mine"]
