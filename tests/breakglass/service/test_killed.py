"""SIGKILL of the broker at a write to its database, while people visit: nothing half, and no code unwritten (BG-4)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.postgresql import Cluster

ROOT = Path(__file__).parents[3]


def killed(folder: Path, database: str, *writes: str) -> list[list[int]]:
    """For each write: it, what killed the broker there, and how many codes people had seen by then."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.breakglass.service.killed", folder, database, *writes],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        capture_output=True,
        text=True,
        timeout=3000,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return [[int(word) for word in line.split()] for line in done.stdout.splitlines()]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("writes", [("40", "170"), pytest.param(("all",), marks=pytest.mark.soak)], ids=len)
def test_whatever_write_it_is_killed_at(
    tmp_path: Path, request: pytest.FixtureRequest, kind: str, writes: tuple[str, ...]
) -> None:
    url = "sqlite:///breakglass.db"
    if kind == "postgresql":
        cluster: Cluster = request.getfixturevalue("postgresql")
        url = cluster.database()
    told = killed(tmp_path, url, *writes)
    assert [signal.SIGKILL] * (len(told) - 1) == [each[1] for each in told[:-1]]
