"""A log file of any size goes through the same memory, and everything of root in it is kept."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

MEGABYTE = 1_000_000
SCRIPT = """
import gzip, io, json, resource, shutil, sys
from datetime import UTC, datetime
import msgspec
from sqlalchemy import func, select
from tests.watch import records as made
from tests.watch.world import findings
from rootwarden.alert.store.database import Store
from rootwarden.alert.store.tables import EventRow
from rootwarden.simulator.trail.noise import noise
from rootwarden.watch.assembly import assembled
from rootwarden.watch.in_process import InProcessQueue
from rootwarden.watch.journal import Journal

folder, size = sys.argv[1], int(sys.argv[2])
others = b"\\n".join(noise(7, 1, ("111100000000", "us-east-1", datetime.now(UTC)), 3_000)) + b"\\n"
member, written, roots = gzip.compress(others, 1), 0, 0
with open(folder + "/log", "wb") as file:
    while written < size:
        call = made.call("ListUsers", roots % 50)
        file.write(member + gzip.compress(msgspec.json.encode(call) + b"\\n", 1))
        written, roots = written + len(others), roots + 1

class Bucket:
    def get(self, name, into):
        with open(folder + "/log", "rb") as file:
            shutil.copyfileobj(file, into)

queue = InProcessQueue()
described = {"bucket": {"name": "fake-trail"}, "object": {"key": "fake.json.gz", "size": 1, "eTag": "fake"}}
queue.send(json.dumps({"Records": [{"eventName": "ObjectCreated:Put", "s3": described}]}))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with Store(f"sqlite:///{folder}/alerts.db") as store:
    watcher = assembled(store, queue, lambda _: Bucket(), journal=Journal(io.StringIO()))
    while watcher.rounds.once(0):
        pass
    watcher.rounds.close()
    (visit,) = findings(store)
    kept = store.read(lambda session: session.scalar(select(func.count()).select_from(EventRow)))
grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
print(json.dumps({"roots": roots, "kept": kept, "visit": visit.events, "left": queue.left(), "grown": grown}))
"""


@pytest.mark.parametrize(
    "megabytes", [150, pytest.param(2_000, marks=[pytest.mark.soak, pytest.mark.timeout(1_800)])], ids=str
)
def test_a_large_log_file_is_read_in_little_memory(megabytes: int, tmp_path: Path) -> None:
    command = [sys.executable, "-c", SCRIPT, str(tmp_path), str(megabytes * MEGABYTE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["roots"] == found["kept"] == found["visit"] > 0
    assert found["left"] == 0
    assert found["grown"] < 130, found
