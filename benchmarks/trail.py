"""The two rows of the budget about CloudTrail, as ratios to inflating alone, taken in one run; and two others beside.

`bare` is the fastest loop we know that inflates every file with ISA-L and does nothing else, in pieces of one size;
`bare_library` is what `isal.igzip.decompress` takes. Times are processor time of one core, each the best of several
rounds, in turn. The question put to DuckDB's JSON reader and to `zcat | jq` is the hunt's: which records are root's.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import isal
import stringzilla
from benchmarks.trail_corpus import write_corpus
from isal import igzip, igzip_lib

from rootwarden import packs
from rootwarden.detect.visits.interest import interest_of, is_root
from rootwarden.trail.byte_filter import filter_of
from rootwarden.trail.counts import total
from rootwarden.trail.inflate import PIECE
from rootwarden.trail.scan import scan_file
from rootwarden.trail.usage import UsageScan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rootwarden.detect.visits.interest import Interest

ROUNDS = 7
JQ = '.Records[] | select((.userIdentity.type // "" | ascii_downcase) == "root") | .eventID'
SQL = """
SELECT count(*) FROM (
  SELECT unnest(Records) AS record FROM read_json(?, columns = {{Records: 'JSON[]'}}, maximum_object_size = 67108864)
) WHERE lower(record->>'$.userIdentity.type') = 'root'
"""


def bare(files: list[Path]) -> None:
    for path in files:
        with path.open("rb", buffering=0) as file:
            packed = file.read()
        member = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
        member.decompress(packed, PIECE)
        while not member.eof:
            member.decompress(b"", PIECE)


def bare_library(files: list[Path]) -> None:
    for path in files:
        igzip.decompress(path.read_bytes())  # type: ignore[no-untyped-call]  # isal leaves this function untyped


@cache
def sought() -> Interest:
    """What the shipped detections want; a run makes it once."""
    return interest_of(packs.detections())


def hunt(files: list[Path]) -> int:
    interest = sought()
    return sum(is_root(event.document) for path in files for event in scan_file(path, interest).events)


def usage(files: list[Path]) -> int:
    return sum(len(calls) for path in files for calls in UsageScan(path).calls())


def timed(
    files: list[Path], tasks: Mapping[str, Callable[[list[Path]], object]], rounds: int = ROUNDS
) -> dict[str, float]:
    """Processor seconds of each task, the best of several rounds."""
    _hold_on_to_memory()
    best = dict.fromkeys(tasks, float("inf"))
    for _ in range(rounds):
        for name, task in tasks.items():
            started = time.process_time()
            task(files)
            best[name] = min(best[name], time.process_time() - started)
    return best


def _hold_on_to_memory() -> None:
    """The C library gives memory back after each large block until it has seen a larger one freed (`mallopt(3)`).

    Afterwards no task pays for that, nor gains from what another one freed.
    """
    large = bytes(30 * 1024**2)
    del large


def beside(folder: Path, files: list[Path]) -> dict[str, Any]:
    """What others take for the hunt's question: processor seconds of all their threads, and what they find."""
    found: dict[str, Any] = {}
    if shutil.which("jq") and shutil.which("zcat"):
        before = os.times()
        command = f"find {folder} -name '*.gz' -exec zcat {{}} + | jq -r '{JQ}' | wc -l"
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
        after = os.times()
        spent = after.children_user - before.children_user + after.children_system - before.children_system
        found["zcat | jq"] = {"seconds": spent, "found": int(done.stdout)}
    try:
        import duckdb
    except ModuleNotFoundError:
        return found
    connection = duckdb.connect(config={"threads": 1})
    started = time.process_time()
    row = connection.execute(SQL.format(), [[str(path) for path in files]]).fetchone()
    found["DuckDB"] = {"seconds": time.process_time() - started, "found": row[0] if row else 0}
    return found


def command(folder: Path, *arguments: str) -> dict[str, Any]:
    """The whole command as a process, in seconds on the clock."""
    code = "from rootwarden.cli.main import main; main()"
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, "trail", "scan", str(folder), "--format", "jsonl", *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return {"seconds": time.perf_counter() - started, "found": len(done.stdout.splitlines()), "peak_mb": peak}


def measured(folder: Path, files: int, root_files: int) -> dict[str, Any]:
    events = write_corpus(folder, files=files, root_files=root_files)
    paths = sorted(folder.rglob("*.gz"))
    counts = total(scan_file(path, sought()).counts for path in paths)
    seconds = timed(paths, {"bare": bare, "bare_library": bare_library, "hunt": hunt, "usage": usage})
    megabytes = counts.inflated / 1e6
    return {
        "files": files,
        "root_files": root_files,
        "events": events,
        "mean_record_bytes": counts.inflated / events,
        "inflated_mb": megabytes,
        "packed_to": counts.packed / counts.inflated,
        "ruled_out": counts.ruled_out,
        "searches": len(filter_of(sought()).needles) + 2,
        "seconds": seconds,
        "mb_a_second": {name: megabytes / spent for name, spent in seconds.items()},
        "hunt_to_bare": seconds["bare"] / seconds["hunt"],
        "hunt_to_library": seconds["bare_library"] / seconds["hunt"],
        "usage_to_bare": seconds["usage"] / seconds["bare"],
        "usage_events_a_second": events / seconds["usage"],
        "found": hunt(paths),
        "beside": beside(folder, paths),
        "command": {"one process": command(folder, "--workers", "1"), "all cores": command(folder)},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=400)
    parser.add_argument("--output", type=Path, default=None)
    asked = parser.parse_args()
    runs = []
    for root_files in (0, asked.files // 100, asked.files // 4):
        with tempfile.TemporaryDirectory() as name:
            runs.append(measured(Path(name), asked.files, root_files))
        print(json.dumps(runs[-1]), flush=True)
    machine = {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "isal": isal.__version__,
        "stringzilla": stringzilla.__version__,
        "instructions": list(stringzilla.__capabilities__),
    }
    if asked.output:
        asked.output.write_text(json.dumps({"machine": machine, "runs": runs}, indent=2) + "\n")


if __name__ == "__main__":
    main()
