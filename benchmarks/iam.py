"""Budget row: who is as good as root, for so many principals; beside Cloudsplaining on the same dumps if it is given.

    python benchmarks/iam.py [--principals 200 1000 5000 20000] [--accounts 1000] [--each 50]
                             [--cloudsplaining PROGRAM] [--compared 200 1000] [--output FILE]

Accounts are made up (`rootwarden simulate-principals`), with the truth about everybody beside them. Each figure is of a
whole process, taken by the operating system: CPU seconds (the fastest of `--rounds`), peak memory. Cloudsplaining is a
program of an environment of its own; a principal counts as flagged when a policy it has, by itself or through a group,
has a finding of privilege escalation.
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
from collections import Counter
from pathlib import Path
from typing import Any

import rootwarden
from rootwarden.simulator.crowd.crowd import Crowd, Size
from rootwarden.simulator.crowd.write import write_crowd

COMMAND = [sys.executable, "-c", "from rootwarden.cli.main import main; main()"]
UP = frozenset({"direct", "escalation", "conditional"})
POLICIES = ("inline_policies", "customer_managed_policies", "aws_managed_policies")


def measured(arguments: list[str], output: Path) -> dict[str, Any]:
    """Run a program once; wall and CPU seconds, peak memory in MB, exit code."""
    started = time.perf_counter()
    with output.open("wb") as file:
        process = subprocess.Popen(arguments, stdout=file, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return {
        "wall": round(time.perf_counter() - started, 2),
        "cpu": round(usage.ru_utime + usage.ru_stime, 2),
        "memory_mb": round(usage.ru_maxrss / 1024),
        "exit": process.returncode,
    }


def fastest(arguments: list[str], output: Path, rounds: int) -> dict[str, Any]:
    return min((measured(arguments, output) for _ in range(rounds)), key=lambda one: float(one["cpu"]))


def made(folder: Path, accounts: int, principals: int) -> dict[str, str]:
    """Write a crowd; the true class of everybody by ARN."""
    aside = folder.parent / f"{folder.name}.truth.json"
    write_crowd(Crowd(Size(accounts=accounts, principals=principals, seed=1)), folder, aside)
    truth = json.loads(aside.read_text(encoding="utf-8"))["principals"]
    return {arn: one["class"] for arn, one in truth.items()}


def ours(folder: Path, truth: dict[str, str], rounds: int) -> dict[str, Any]:
    """Our command on an evidence folder, and how often it is wrong."""
    output = folder.parent / "ours.json"
    row = fastest([*COMMAND, "iam", "admins", "--evidence", str(folder), "--format", "json"], output, rounds)
    found = {one["arn"]: one["class"] for one in json.loads(output.read_text(encoding="utf-8"))["principals"]}
    return row | {
        "principals": len(truth),
        "classes": dict(Counter(truth.values())),
        "wrong": sum(found.get(arn) != one for arn, one in truth.items()),
    }


def cloudsplaining(program: str, folder: Path, truth: dict[str, str], extra: tuple[str, ...] = ()) -> dict[str, Any]:
    """Cloudsplaining's scan of the same dump: whom it flags, against the truth."""
    details = next((folder / "accounts").glob("*/authorization-details.json"))
    output = folder.parent / "cloudsplaining"
    output.mkdir(exist_ok=True)
    arguments = [program, "scan", "--input-file", str(details), "--output", str(output), "--skip-open-report", *extra]
    row = measured(arguments, folder.parent / "log")
    found = json.loads((output / "iam-results-authorization-details.json").read_text(encoding="utf-8"))
    flagged = Counter(
        truth[one["arn"]]
        for name in ("users", "roles")
        for one in found[name].values()
        if one["arn"] in truth and is_flagged(one, found)
    )
    return row | {
        "flagged_by_true_class": dict(flagged),
        "missed": sum(one in UP for one in truth.values()) - sum(flagged[one] for one in UP),
        "flagged_without_need": sum(count for one, count in flagged.items() if one not in UP),
    }


def is_flagged(principal: dict[str, Any], found: dict[str, Any]) -> bool:
    """Whether a policy of a principal has a finding of privilege escalation."""
    holders = [principal, *(principal.get("groups") or {}).values()]
    return any(
        found[kind].get(policy, {}).get("PrivilegeEscalation", {}).get("findings")
        for holder in holders
        for kind in POLICIES
        for policy in holder.get(kind) or {}
    )


def results(asked: argparse.Namespace) -> dict[str, Any]:
    rows: dict[str, Any] = {"one account": [], "organization": [], "cloudsplaining": []}
    with tempfile.TemporaryDirectory() as temporary:
        for number in asked.principals:
            folder = Path(temporary) / str(number)
            truth = made(folder, 1, number)
            rows["one account"].append(ours(folder, truth, asked.rounds))
            print("one account", rows["one account"][-1])
            for name, extra in (("default", ()), ("every resource", ("--flag-all-risky-actions",))):
                if asked.cloudsplaining and number in asked.compared:
                    row = cloudsplaining(asked.cloudsplaining, folder, truth, extra)
                    rows["cloudsplaining"].append({"principals": number, "run": name, **row})
                    print("cloudsplaining", rows["cloudsplaining"][-1])
        if asked.accounts:
            folder = Path(temporary) / "organization"
            truth = made(folder, asked.accounts, asked.each)
            rows["organization"].append({"accounts": asked.accounts, **ours(folder, truth, 1)})
            print("organization", rows["organization"][-1])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--principals", type=int, nargs="*", default=[200, 1_000, 5_000, 20_000])
    parser.add_argument("--accounts", type=int, default=1_000)
    parser.add_argument("--each", type=int, default=50, help="principals in each account of the organization")
    parser.add_argument("--cloudsplaining", default="", help="the program `cloudsplaining`")
    parser.add_argument("--compared", type=int, nargs="*", default=[200, 1_000], help="sizes it is run on")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=Path)
    asked = parser.parse_args()
    whole = {
        "version": rootwarden.__version__,
        "machine": {
            "cores": os.cpu_count(),
            "load": [round(each, 1) for each in os.getloadavg()],
            "python": platform.python_version(),
            "system": platform.platform(),
        },
        "results": results(asked),
    }
    if asked.output is not None:
        asked.output.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
