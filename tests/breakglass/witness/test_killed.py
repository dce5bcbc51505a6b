"""BG-5: a witness that is killed at any write never forgets a head it has cosigned."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def test_killed_at_every_write_it_remembers_what_it_answered(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.breakglass.witness.killed", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    count, killed = map(int, done.stdout.split())
    assert killed == count > 10
