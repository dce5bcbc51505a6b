"""Memory does not grow with the time a copy covers."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.collect.looks import environment
from tests.trail.digests.worlds import BUCKET, START

from rootwarden.simulator.digests import HOUR, DigestedTrail, SigningKey, write_copy
from rootwarden.trail.digests.keys import KeptKeys, keys_file
from rootwarden.trail.digests.location import Site

if TYPE_CHECKING:
    from pathlib import Path

MEASURE = """
import sys
from pathlib import Path
from rootwarden.trail.digests.chain import Span
from rootwarden.trail.digests.folder import Folder
from rootwarden.trail.digests.keys import load_keys
from rootwarden.trail.digests.verify import Verifier, newest_instant
place = Folder(Path(sys.argv[1]))
keys = load_keys(Path(sys.argv[1]) / "keys.json")
verifier = Verifier(place, keys, Span(None, None, newest_instant(place)), workers=2)
verifier.run()
(chain,) = verifier.result().chains
memory = Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]
print(verifier.result().verdict, chain.digests.valid, chain.files.valid, memory)
"""


def megabytes(folder: Path, days: int) -> float:
    """Peak memory of verifying so many days with a digest and a log file an hour."""
    key = SigningKey("us-east-1", START - timedelta(days=1), START + timedelta(days=days + 1))
    trail = DigestedTrail({}, BUCKET, Site("", "", "000000000000", "us-east-1"), key)
    for day in range(days):
        for hour in range(24):
            trail.deliver(START + (24 * day + hour) * HOUR, [b'{"Records":[]}'])
        write_copy(trail.bucket, folder, metadata=True)
        trail.bucket.clear()
    (folder / "keys.json").write_bytes(keys_file(KeptKeys((key.public,), "")))
    command = [sys.executable, "-c", MEASURE, str(folder)]
    done = subprocess.run(command, env=environment(None), capture_output=True, text=True, check=True, timeout=250)
    verdict, digests, files, kilobytes = done.stdout.split()
    assert (verdict, int(digests), int(files)) == ("valid", 24 * days, 24 * days)
    return int(kilobytes) / 1024


@pytest.mark.soak
def test_memory_is_flat_over_ten_times_the_days(tmp_path: Path) -> None:
    assert megabytes(tmp_path / "long", 900) < megabytes(tmp_path / "short", 90) + 8
