"""Speed and memory of `trail verify` on a local copy, beside bare igzip and SHA-256 over its files in the same run.

    python benchmarks/trail_verify.py [--accounts 4] [--files 12] [--events 500] [--rounds 5] [--output FILE]

The copy is a day of so many accounts: hourly digests, so many log files an hour of so many events each. Bare means:
read a file, inflate it with ISA-L, hash it; on one thread, and on as many as the machine has cores. Each measurement
runs in a process of its own; memory is that process's peak, once over the whole day and once over two hours of it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rootwarden.simulator.digests import HOUR, DigestedTrail, SigningKey, write_copy
from rootwarden.trail.digests.keys import KeptKeys, keys_file
from rootwarden.trail.digests.location import Site

if TYPE_CHECKING:
    from rootwarden.simulator.digests import Stored

START = datetime(2026, 3, 1, tzinfo=UTC)
BARE = """
import hashlib, json, os, sys, time
from concurrent.futures import ThreadPoolExecutor
from isal import igzip
def one(path):
    with open(path, "rb") as file:
        content = igzip.decompress(file.read())
    hashlib.sha256(content).hexdigest()
    return len(content)
names = [os.path.join(root, name) for root, _, found in os.walk(sys.argv[1]) for name in found]
names = sorted(name for name in names if "/CloudTrail/" in name)
started = time.perf_counter()
with ThreadPoolExecutor(int(sys.argv[2])) as pool:
    size = sum(pool.map(one, names))
seconds = time.perf_counter() - started
memory = int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) / 1024
print(json.dumps({"seconds": seconds, "files": len(names), "bytes": size, "memory_mb": memory}))
"""
VERIFY = """
import json, sys, time
from datetime import timedelta
from pathlib import Path
from rootwarden.facts.instant import parse_instant
from rootwarden.trail.digests.chain import Span
from rootwarden.trail.digests.folder import Folder
from rootwarden.trail.digests.keys import load_keys
from rootwarden.trail.digests.verify import Verifier, newest_instant
folder = Folder(Path(sys.argv[1]))
keys = load_keys(Path(sys.argv[3]))
until = parse_instant(sys.argv[4]) if sys.argv[4] else None
started = time.perf_counter()
verifier = Verifier(folder, keys, Span(None, until, newest_instant(folder)), workers=int(sys.argv[2]))
verifier.run()
seconds = time.perf_counter() - started
result = verifier.result()
files = sum(chain.files.valid for chain in result.chains)
memory = int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) / 1024
size = sum(chain.size for chain in result.chains)
print(json.dumps({"seconds": seconds, "files": files, "bytes": size, "memory_mb": memory, "verdict": result.verdict}))
"""


def write(folder: Path, accounts: int, files: int, events: int) -> None:
    """A copy with its metadata, and the keys beside it. Contents differ, and pack about as CloudTrail's do."""
    key = SigningKey("us-east-1", START - timedelta(days=30), START + timedelta(days=365))
    draw = random.Random(1)  # noqa: S311 - a seeded draw is no secret
    template = [_event(draw) for _ in range(events)]
    for account in range(accounts):
        bucket: dict[str, Stored] = {}
        trail = DigestedTrail(bucket, "example-trail-logs", Site("", "", f"{account:012}", "us-east-1"), key)
        for hour in range(24):
            trail.deliver(START + hour * HOUR, [_log(draw, template) for _ in range(files)])
        write_copy(bucket, folder / "copy", metadata=True)
    (folder / "keys.json").write_bytes(keys_file(KeptKeys((key.public,), "")))


def _event(draw: random.Random) -> str:
    """An event of some 1.4 KB, mostly names and ids."""
    fields = {
        f"field{place}": f"arn:aws:sts::{draw.getrandbits(38):012}:{draw.getrandbits(96):x}" for place in range(22)
    }
    return json.dumps({"eventName": draw.choice(["Decrypt", "AssumeRole", "GetObject"]), "eventID": "@", **fields})


def _two_hours() -> str:
    return (START + 2 * HOUR).isoformat()


def _log(draw: random.Random, template: list[str]) -> bytes:
    events = (each.replace("@", f"{draw.getrandbits(128):032x}") for each in template)
    return f'{{"Records":[{",".join(events)}]}}'.encode()


def measured(code: str, *arguments: object) -> dict[str, Any]:
    """Run a measurement in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], check=True, capture_output=True, text=True
    )
    one: dict[str, Any] = json.loads(done.stdout)
    one["files_per_second"] = round(one["files"] / one["seconds"])
    one["mb_per_second"] = round(one["bytes"] / one["seconds"] / 1e6)
    return one


def fastest(runs: dict[str, tuple[object, ...]], rounds: int) -> dict[str, dict[str, Any]]:
    """Each measurement's fastest run; they take turns, so that a busy machine is unfair to none."""
    best: dict[str, dict[str, Any]] = {}
    for _ in range(rounds):
        for name, (code, *arguments) in runs.items():
            one = measured(str(code), *arguments)
            if name not in best or one["seconds"] < best[name]["seconds"]:
                best[name] = one
    return best


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=4)
    parser.add_argument("--files", type=int, default=12, help="an hour")
    parser.add_argument("--events", type=int, default=500, help="in a log file")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--output", type=Path)
    asked = parser.parse_args()
    cores = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        write(folder, asked.accounts, asked.files, asked.events)
        copy, keys = folder / "copy", folder / "keys.json"
        runs: dict[str, tuple[object, ...]] = {"verify, two hours": (VERIFY, copy, cores, keys, _two_hours())}
        for threads in sorted({1, cores}):
            runs[f"bare, {threads}"] = (BARE, copy, threads)
            runs[f"verify, {threads}"] = (VERIFY, copy, threads, keys, "")
        results = fastest(runs, asked.rounds)
    for name, each in results.items():
        speed = f"{each['files_per_second']:>7} files/s {each['mb_per_second']:>6} MB/s"
        print(f"{name:<20} {speed} {each['memory_mb']:>6.0f} MB")
    whole = {
        "machine": {"cores": cores, "python": platform.python_version(), "system": platform.platform()},
        "copy": {"accounts": asked.accounts, "files_an_hour": asked.files, "events_a_file": asked.events},
        "results": results,
        "ratio": results[f"verify, {cores}"]["seconds"] / results[f"bare, {cores}"]["seconds"],
    }
    print(f"verify takes {whole['ratio']:.2f} times as long as bare igzip + SHA-256")
    if asked.output is not None:
        asked.output.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
