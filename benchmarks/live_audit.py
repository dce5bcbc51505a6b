"""Budget rows 1 and 2: start-up and offline audit; live audit of 1,000 accounts, against a bare botocore loop.

    python benchmarks/live_audit.py [--accounts 1000] [--latency-accounts 800] [--output FILE]

The simulator runs in a process of its own. The bare loop makes the very calls the simulator counted, pages and polls
included, one after the other through one plain botocore client a service, in the same minute. Results are printed and
written as JSON with facts about the machine; figures are whole-process figures taken by the operating system.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import botocore
import botocore.session
from botocore import xform_name

import rootwarden
from rootwarden.simulator.process import running_process
from rootwarden.simulator.worlds import make_world

CREDENTIAL_RULES = ("root-mfa", "root-hardware-mfa", "root-access-key", "root-signing-certificate", "root-usage")
COMMAND = [sys.executable, "-c", "from rootwarden.cli.main import main; main()"]


def measured(arguments: list[str], environment: dict[str, str]) -> dict[str, Any]:
    """Run the command once; wall and CPU seconds, peak memory in MB, exit code."""
    started = time.perf_counter()
    process = subprocess.Popen([*COMMAND, *arguments], env=environment, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return {
        "wall": time.perf_counter() - started,
        "cpu": usage.ru_utime + usage.ru_stime,
        "memory_mb": usage.ru_maxrss / 1024,
        "exit": process.returncode,
    }


def environment_for(endpoint: str) -> dict[str, str]:
    """What a shell pointed at the simulator has."""
    credentials = make_world("greenfield", 1).credentials
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {
        **kept,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_REGION": "us-east-1",
    }


def rules(names: tuple[str, ...]) -> list[str]:
    return [word for name in names for word in ("--rule", name)]


def live(world: str, accounts: int, selected: tuple[str, ...], *, latency: float = 0) -> dict[str, Any]:
    """One audit of a whole simulated organization, and the bare loop over the same calls right after it."""
    with running_process(world, accounts, latency=latency, arguments=("--no-knobs",)) as endpoint:
        environment = environment_for(endpoint)
        options = ["--org", "--format", "json", "--output", os.devnull, *rules(selected)]
        run = measured(["audit", *options], environment)
        if latency:
            return {**run, "accounts": accounts, "accounts_per_second": accounts / run["wall"]}
        counted = calls_made(endpoint)
        again = measured(["audit", *options], environment)
        bare = bare_loop(endpoint, counted, environment)
    inside = Counter[str]()
    for call in counted:
        inside[call["account"]] += call["count"]
    total = sum(inside.values())
    return {
        **run,
        "accounts": accounts,
        "accounts_per_second": accounts / run["wall"],
        "calls_polls_included": total,
        "calls_of_the_second_busiest_account": sorted(inside.values())[-2],
        "bare_wall": bare["wall"],
        "bare_cpu": bare["cpu"],
        "bare_calls_per_second": total / bare["wall"],
        "ratio_to_bare_wall": again["wall"] / bare["wall"],
        "ratio_to_bare_cpu": again["cpu"] / bare["cpu"],
    }


def calls_made(endpoint: str) -> list[dict[str, Any]]:
    """What the simulator was asked so far: account, call and count, pages and polls included."""
    with urllib.request.urlopen(f"{endpoint}/_simulator/calls") as answer:  # noqa: S310 - our own loopback address
        counted: list[dict[str, Any]] = json.load(answer)["calls"]
    return counted


def bare_loop(endpoint: str, calls: list[dict[str, Any]], environment: dict[str, str]) -> dict[str, float]:
    """Wall and CPU seconds of a plain loop over the same calls, one after the other, through one client a service."""
    session = botocore.session.Session()
    keys = {name: environment[f"AWS_{name.upper()}"] for name in ("access_key_id", "secret_access_key")}
    signed: dict[str, Any] = {f"aws_{name}": value for name, value in keys.items()}
    names = {call["call"].split(":")[0] for call in calls}
    clients: dict[str, Any] = {
        name: session.create_client(name, region_name="us-east-1", endpoint_url=endpoint, **signed) for name in names
    }
    started, busy = time.perf_counter(), time.process_time()
    for call in (each for each in calls for _ in range(each["count"])):
        service, operation = call["call"].split(":")
        with contextlib.suppress(botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError):
            getattr(clients[service], xform_name(operation))(**parameters_of(call))
    return {"wall": time.perf_counter() - started, "cpu": time.process_time() - busy}


def parameters_of(call: dict[str, Any]) -> dict[str, Any]:
    """Parameters like those of the run; errors cost a loop no more than answers do."""
    role = f"arn:aws:iam::{call['account']}:role/RootwardenAudit"
    return {
        "account:GetAlternateContact": {"AlternateContactType": "SECURITY"},
        "iam:ListVirtualMFADevices": {"AssignmentStatus": "Assigned"},
        "sts:AssumeRole": {"RoleArn": role, "RoleSessionName": "bare-loop"},
        "organizations:ListAccountsForParent": {"ParentId": "r-fake"},
        "organizations:ListOrganizationalUnitsForParent": {"ParentId": "r-fake"},
        "organizations:ListPolicies": {"Filter": "SERVICE_CONTROL_POLICY"},
        "organizations:DescribePolicy": {"PolicyId": "p-fakepolicy"},
        "organizations:ListTargetsForPolicy": {"PolicyId": "p-fakepolicy"},
    }.get(call["call"], {})


def repeated(arguments: list[str], times: int = 7) -> dict[str, float]:
    """Median wall and CPU seconds of a command."""
    runs = [measured(arguments, dict(os.environ)) for _ in range(times)]
    return {name: statistics.median(run[name] for run in runs) for name in ("wall", "cpu", "memory_mb")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=1000)
    parser.add_argument("--latency-accounts", type=int, default=800)
    parser.add_argument("--output", type=Path, default=None)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        results: dict[str, Any] = {"machine": machine()}
        results["help"] = repeated(["--help"])
        results["live_credential_rules"] = live("central_root", asked.accounts, CREDENTIAL_RULES)
        results["live_whole_pack"] = live("central_root", asked.accounts, ())
        results["offline_one_folder"] = offline(folder)
        if asked.latency_accounts:
            results["live_120_ms"] = live("central_root", asked.latency_accounts, (), latency=0.12)
    text = json.dumps(results, indent=2)
    print(text)
    if asked.output:
        asked.output.write_text(text + "\n")


def offline(folder: Path) -> dict[str, float]:
    """An audit of an evidence folder of 40 accounts."""
    saved = folder / "evidence-40"
    with running_process("patchwork", 40) as endpoint:
        measured(["collect", "--org", "--output", str(saved)], environment_for(endpoint))
    return repeated(["audit", "--evidence", str(saved), "--format", "json", "--output", os.devnull])


def machine() -> dict[str, Any]:
    return {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "botocore": botocore.__version__,
        "rootwarden": rootwarden.__version__,
        "system": f"{platform.system()} {platform.release()}",
    }


if __name__ == "__main__":
    main()
