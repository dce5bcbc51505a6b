"""Time and memory of the study over an archive of Parquet files, one a weekly run.

    python benchmarks/study.py [--sizes 915x20,1000x520,10000x520] [--output FILE]

The table is made column by column with polars: about 3 % of account-weeks hold a use, one account in fifty cannot be
read in a week. Each study runs in a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from rootwarden.fleet.observation import ASSETS, COLUMNS, schema

FIRST = datetime(2016, 1, 3, 6, tzinfo=UTC)
STUDY = """
import json, resource, sys, time
started = time.perf_counter()
import polars as pl
from rootwarden.fleet.study import study
loaded = time.perf_counter()
made = study(pl.scan_parquet(sys.argv[1] + "/*.parquet"))
done = time.perf_counter()
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"import_seconds": loaded - started, "study_seconds": done - loaded, "memory_mb": memory,
                  "uses": made.period.uses, "accounts_used": made.period.accounts_used}))
"""


def write_archive(folder: Path, accounts: int, weeks: int) -> None:
    """One Parquet file a week."""
    random = np.random.default_rng(accounts * 1000 + weeks)
    rates = np.where(random.random(accounts) < 0.16, random.gamma(0.5, 0.06, accounts), 0.0)
    last = np.full(accounts, -400.0)
    for week in range(weeks):
        used = random.random(accounts) < 1 - np.exp(-7 * rates)
        last = np.where(used, 7 * week - random.random(accounts) * 6.9, last)
        frame = one_week(week, last, random.random(accounts) < 0.98)
        frame.write_parquet(folder / f"{week:04d}.parquet")


def one_week(week: int, last: np.ndarray[Any, np.dtype[np.float64]], readable: np.ndarray[Any, Any]) -> pl.DataFrame:
    """The rows of one week; `last` is the day of each account's last use, counted from the first as-of."""
    as_of = FIRST + timedelta(weeks=week)
    number = pl.int_range(pl.len())
    made = (pl.lit(FIRST) + pl.duration(days="last")).cast(pl.Datetime("us", "UTC"))
    long_ago = pl.lit(FIRST - timedelta(days=900))
    values = {
        "organization_id": pl.format("o-fake{}", (number // 6).cast(pl.String).str.zfill(6)),
        "report_generated_at": pl.lit(as_of - timedelta(minutes=20)),
        "created_at": long_ago,
        "password_last_used": pl.when(pl.col("last") > -399).then(made),
        "mfa_active": number % 3 > 0,
        "key_1_active": pl.when(number % 17 == 0).then(statement=True),
        "key_1_last_rotated": pl.when(number % 17 == 0).then(long_ago),
        "certificates_present": pl.lit(value=False),
        **{name: (number * 7 + place) % 90 for place, name in enumerate(ASSETS)},
    }
    plain = {
        "run_id": pl.lit(as_of.isoformat()),
        "as_of": pl.lit(as_of),
        "account_id": number.cast(pl.String).str.zfill(12),
        "partition": pl.lit("aws"),
        "account_state": pl.lit("ACTIVE"),
        "readable": pl.col("readable"),
        "has_root_user": pl.lit(value=True),
    }
    base = pl.DataFrame({"last": last, "readable": readable})
    columns: list[pl.Expr] = []
    for column in COLUMNS:
        if not column.fact:
            columns.append(plain[column.name].cast(column.type).alias(column.name))
            continue
        always = column.name == "organization_id"
        told = values.get(column.name, pl.lit(None)).cast(column.type)
        value = told if always else pl.when("readable").then(told)
        state = pl.when(value.is_not_null()).then(pl.lit("known")).when("readable").then(pl.lit("absent"))
        columns += [
            value.alias(column.name),
            state.otherwise(pl.lit("unknown")).cast(schema()[f"{column.name}_state"]).alias(f"{column.name}_state"),
        ]
    return base.select(columns)


def measured(accounts: int, weeks: int) -> dict[str, Any]:
    """One study of a fresh archive."""
    with tempfile.TemporaryDirectory() as name:
        write_archive(Path(name), accounts, weeks)
        done = subprocess.run([sys.executable, "-c", STUDY, name], capture_output=True, text=True, check=True)
        size = sum(each.stat().st_size for each in Path(name).iterdir())
    found: dict[str, Any] = json.loads(done.stdout)
    return {"accounts": accounts, "weeks": weeks, "archive_mb": size / 1e6, **found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="915x20,1000x520,10000x520,50000x104")
    parser.add_argument("--output", type=Path, default=None)
    asked = parser.parse_args()
    runs = []
    for size in asked.sizes.split(","):
        accounts, weeks = map(int, size.split("x"))
        runs.append(measured(accounts, weeks))
        print(json.dumps(runs[-1]), flush=True)
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "polars": pl.__version__}
    if asked.output:
        asked.output.write_text(json.dumps({"machine": machine, "runs": runs}, indent=2) + "\n")


if __name__ == "__main__":
    main()
