"""Time and peak memory of `rootwarden study` and `rootwarden kpi`, whole processes, over archives of real snapshots.

    PYTHONPATH=src python -m benchmarks.study [--sizes 915x20,10000x520] [--archives FOLDER] [--output FILE]

The archives are made by `benchmarks/archives.py` with the recorder that `audit --archive` uses, one file a week. Every
command runs in a process of its own; the time is from its start to its end, the memory its largest resident size. The
terminal study of the same archive, in the same run, is what the others are divided by.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Final

import polars as pl
from benchmarks.archives import Size, write_archive

import rootwarden

SOURCE: Final = str(Path(rootwarden.__file__).parents[1])
PROGRAM: Final = "from rootwarden.cli.main import main; main()"
COMMANDS: Final = {
    "study terminal": ("study", "--format", "terminal"),
    "study json": ("study", "--format", "json"),
    "study csv": ("study", "--format", "csv"),
    "study html": ("study", "--format", "html"),
    "study plots": ("study", "--plots", "plots"),
    "kpi terminal": ("kpi", "--format", "terminal"),
    "kpi json": ("kpi", "--format", "json"),
    "kpi html": ("kpi", "--format", "html"),
    "kpi prometheus": ("kpi", "--format", "prometheus"),
}
SIZES: Final = "915x20,915x20x153,1000x520,10000x520,50000x104"
# Seconds and megabytes by size; pictures of a small fleet take longer to draw than to count.
BUDGET: Final = {"10000x520x1": (20.0, 2000.0), "915x20x1": (1.0, 2000.0), "915x20x153": (1.0, 2000.0)}
DRAWN: Final = ("study html", "study plots", "kpi html")
SMALL: Final = 1000


def measured(command: str, archive: Path) -> dict[str, Any]:
    """One command: seconds, peak megabytes, and bytes of its report."""
    with tempfile.TemporaryDirectory() as name:
        started = time.perf_counter()
        with subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *COMMANDS[command], "--archive", str(archive), "--output", "report"],
            cwd=name,
            env={**os.environ, "PYTHONPATH": SOURCE},
        ) as process:
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - started
        if process.returncode:
            message = f"`{command}` ended with {process.returncode}"
            raise SystemExit(message)
        report = (Path(name) / "report").stat().st_size
    return {
        "command": command,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 2),
        "memory_mb": round(used.ru_maxrss / 1024),
        "report_kb": round(report / 1000),
    }


def every_command(size: Size, archive: Path, commands: list[str]) -> dict[str, Any]:
    """All of them over one archive."""
    if not archive.is_dir():
        write_archive(archive, size)
    megabytes = sum(each.stat().st_size for each in archive.glob("*/*.parquet")) / 1e6
    runs: list[dict[str, Any]] = []
    for command in commands:
        run = measured(command, archive)
        run["of_the_terminal_study"] = round(run["seconds"] / (runs[0] if runs else run)["seconds"], 2)
        runs.append(run)
        print(json.dumps({"accounts": size.accounts, "weeks": size.weeks, **run}), flush=True)
    return {
        "accounts": size.accounts,
        "weeks": size.weeks,
        "organizations": size.organizations,
        "archive_mb": round(megabytes, 1),
        "within_budget": _within(size, runs),
        "commands": runs,
    }


def _within(size: Size, runs: list[dict[str, Any]]) -> bool | None:
    """Whether every command kept the budget of this size; `None` where there is none."""
    budget = BUDGET.get(f"{size.accounts}x{size.weeks}x{size.organizations}")
    if budget is None:
        return None
    counted = [each for each in runs if size.accounts > SMALL or each["command"] not in DRAWN]
    return all(each["seconds"] < budget[0] and each["memory_mb"] < budget[1] for each in counted)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default=SIZES)
    parser.add_argument("--commands", default=",".join(COMMANDS))
    parser.add_argument(
        "--archives", type=Path, default=None, help="keep the archives there, and use those that are there"
    )
    parser.add_argument("--output", type=Path, default=None)
    asked = parser.parse_args()
    sizes = [Size.of(text) for text in asked.sizes.split(",")]
    place = nullcontext(str(asked.archives)) if asked.archives else tempfile.TemporaryDirectory()
    with place as name:
        root = Path(name).resolve()
        runs = [
            every_command(size, root / f"{size.accounts}x{size.weeks}x{size.organizations}", asked.commands.split(","))
            for size in sizes
        ]
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "polars": pl.__version__}
    if asked.output:
        asked.output.write_text(json.dumps({"machine": machine, "runs": runs}, indent=2) + "\n")


if __name__ == "__main__":
    main()
