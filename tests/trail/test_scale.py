"""Memory does not grow with the log: one large file, very many small ones, very many events of root."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from isal import igzip
from tests.collect.looks import environment
from tests.trail.records import log, ordinary, root

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

MEASURED = """
import json, resource, sys
from rootwarden.cli.main import main
sys.argv = ["rootwarden", "trail", "scan", *sys.argv[1:]]
try:
    main()
finally:
    # `ru_maxrss` of this process begins with what its parent, the test's process, had when it was forked (Linux).
    status = dict(line.split(":", 1) for line in open("/proc/self/status"))
    own = int(status["VmHWM"].split()[0])
    peak = max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
    print(json.dumps({"peak_mb": peak / 1024}), file=sys.stderr)
"""


def scanned(folder: Path, *arguments: str, limit: float = 120) -> tuple[list[dict[str, Any]], float, str]:
    """Events, the most memory any process took in MB, and what was said."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *arguments, "--format", "jsonl"],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=limit,
    )
    *said, peak = done.stderr.splitlines()
    return [json.loads(line) for line in done.stdout.splitlines()], json.loads(peak)["peak_mb"], "\n".join(said)


def noise(draw: random.Random, count: int) -> Iterator[str]:
    """Ordinary records that do not pack better than real ones."""
    for number in range(count):
        yield json.dumps(
            ordinary(10_000_000 + number, requestID=f"{draw.getrandbits(512):x}", userAgent="an agent " * 60),
            separators=(",", ":"),
        )


def large_file(path: Path, records: int) -> int:
    """One log file with an event of root in every 100,000th place; how many bytes it inflates to."""
    draw = random.Random(1)
    size = 0
    packed: BinaryIO = igzip.open(path, "wb", compresslevel=1)  # type: ignore[no-untyped-call]  # isal leaves this function untyped
    with packed as file:
        size += file.write(b'{"Records":[')
        for number, record in enumerate(noise(draw, records)):
            text = json.dumps(root(number)) if number % 100_000 == 7 else record
            size += file.write(((",") if number else "").encode() + text.encode())
        size += file.write(b"]}")
    return size


def test_a_large_file_takes_no_more_memory_than_windows_of_it(tmp_path: Path) -> None:
    size = large_file(tmp_path / "large.json.gz", 150_000)
    events, peak, said = scanned(tmp_path, "large.json.gz")
    assert size > 150_000_000
    assert [int(event["event_id"][-6:]) for event in events] == [7, 100_007]
    assert peak < 250
    assert "warning" not in said


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_two_gigabytes_in_one_file(tmp_path: Path) -> None:
    size = large_file(tmp_path / "large.json.gz", 1_900_000)
    events, peak, said = scanned(tmp_path, "large.json.gz", limit=600)
    assert size > 2_000_000_000
    assert len(events) == 19
    assert peak < 250
    assert "warning" not in said


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_ten_million_events_in_twenty_thousand_files(tmp_path: Path) -> None:
    draw = random.Random(2)
    made = tmp_path / "made"
    made.mkdir()
    for number in range(40):
        records = [json.loads(each) for each in noise(draw, 499)]
        (made / f"{number:02d}.json.gz").write_bytes(log(*records, root(number)))
    for number in range(20_000):
        folder = tmp_path / "logs" / f"{number // 500:02d}"
        folder.mkdir(parents=True, exist_ok=True)
        os.link(made / f"{number % 40:02d}.json.gz", folder / f"{number:05d}.json.gz")
    events, peak, said = scanned(tmp_path, "logs", limit=1800)
    assert len(events) == 40
    assert peak < 250
    assert "read: 20,000 files" in said


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_three_hundred_thousand_events_of_root(tmp_path: Path) -> None:
    for number in range(30):
        records = (root(number * 10_000 + each, userAgent="x" * 600) for each in range(10_000))
        (tmp_path / f"{number:02d}.json.gz").write_bytes(log(*records))
    events, peak, _ = scanned(tmp_path, ".", limit=1800)
    assert len(events) == 300_000
    assert peak < 300
