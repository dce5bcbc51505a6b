"""`guardrails replay` beside inflating alone and beside reading for usage, in one run; and its memory as logs grow.

Twelve changes: one that is about root, as the shipped guardrails are; one that asks of everybody's calls where they
come from, so that no call is left out; and one for each other thing that policies ask, resources first. Four logs: one
in which nearly every call has an address of its own, one in which addresses come again, one of ten thousand roles in
each account, and one of which a third are calls on objects, each on one of its own. Times are processor time of one
core, each the best of several rounds, in turn; `first` is that of the first round, of a process that knows nobody yet.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.trail import ROUNDS, bare, timed, usage
from benchmarks.trail_corpus import ACCOUNTS, write_corpus

from rootwarden.cli.guardrails_replaying import replay_of
from rootwarden.detect.visits.interest import Interest
from rootwarden.facts.fact import Absent, Known
from rootwarden.facts.organization import OrganizationalUnit
from rootwarden.guardrails.replaying.change import PolicyKind, attach
from rootwarden.guardrails.standing import Attached, Landscape, Level, Standing
from rootwarden.iam.document import read_document
from rootwarden.iam.service_rules import FULL_ACCESS
from rootwarden.packs.event_names import event_names
from rootwarden.trail.batch import Orders, read_batch
from rootwarden.trail.objects_to_read import Readable
from rootwarden.trail.replay import bench_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.trail.replay import Replay

ROOT_ONLY = {
    "Effect": "Deny",
    "Action": "*",
    "Resource": "*",
    "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:*:iam::*:root"}},
}
EVERYBODY = {
    "Effect": "Deny",
    "Action": "*",
    "Resource": "*",
    "Condition": {"NotIpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}},
}
# What else policies ask; resources first. No made-up log has a call that these deny, unless it says so.
OTHERS: dict[str, dict[str, Any]] = {
    "a bucket": {"Action": "s3:*", "Resource": ["arn:aws:s3:::fake-ledger", "arn:aws:s3:::fake-ledger/*"]},
    "buckets but some": {"Action": "s3:*Object", "NotResource": "arn:aws:s3:::fake-bucket-*"},
    "roles": {
        "Action": ["iam:*RolePolicy", "iam:DeleteRole", "iam:UpdateAssumeRolePolicy", "sts:AssumeRole"],
        "Resource": "arn:aws:iam::*:role/break-glass/*",
    },
    "keys": {"Action": "kms:*", "Resource": "arn:aws:kms:*:*:key/00000000-*"},
    "regions": {
        "NotAction": ["iam:*", "sts:*", "organizations:*", "support:*"],
        "Resource": "*",
        "Condition": {"StringNotLike": {"aws:RequestedRegion": ["eu-*", "us-*", "ap-*"]}},
    },
    "programs": {"Action": "*", "Resource": "*", "Condition": {"StringLike": {"aws:UserAgent": "*kali*"}}},
    "from a date on": {
        "Action": "*",
        "Resource": "*",
        "Condition": {"DateGreaterThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}},
    },
    "old sessions": {
        "Action": "*",
        "Resource": "*",
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": "2025-01-01T00:00:00Z"}},
    },
    "tags": {
        "Action": ["ec2:RunInstances", "ec2:CreateNetworkInterface", "cloudwatch:PutMetricAlarm"],
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:RequestTag/owner": "nobody"}},
    },
}
# A resource control policy: whose a resource is matters.
ORGANIZATION = {
    "Action": ["s3:*", "sts:AssumeRole", "kms:*", "secretsmanager:*"],
    "Resource": "*",
    "Principal": "*",
    "Condition": {
        "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-fake000000"},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
    },
}
CHANGES: dict[str, tuple[PolicyKind, dict[str, Any]]] = {
    "root": (PolicyKind.SCP, ROOT_ONLY),
    "everybody": (PolicyKind.SCP, EVERYBODY),
    **{name: (PolicyKind.SCP, {"Effect": "Deny", **rest}) for name, rest in OTHERS.items()},
    "the organization's own": (PolicyKind.RCP, {"Effect": "Deny", **ORGANIZATION}),
}
ALONE = """
import sys
from pathlib import Path
from benchmarks.replay import CHANGES, in_batches, of_statement
in_batches(sorted(Path(sys.argv[1]).rglob("*.gz")), of_statement(*CHANGES[sys.argv[2]]))
print(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
"""
# Of private addresses nobody knows whether `aws:SourceIp` has them.
PUBLIC = 25
LOGS: dict[str, dict[str, int]] = {
    "addresses of their own": {},
    "addresses that come again": {"addresses": 40},
    "many roles": {"roles": 10_000},
    "objects of buckets": {"addresses": 40, "buckets": 50},
}
ROOT = "r-fake"


def landscape() -> Landscape:
    """An organization of the accounts of the corpus, with full access at every level."""
    full = Attached(FULL_ACCESS.name, FULL_ACCESS.name, FULL_ACCESS.document)
    top = Level(ROOT, "/Root", (full,))
    return Landscape(
        organization="o-fake000000",
        management="000000000000",
        root=ROOT,
        standings=tuple(
            Standing(
                account=account,
                name="",
                partition="aws",
                management=False,
                scp=Known((top, Level(account, f"account {account}", (full,)))),
                rcp=Known((top, Level(account, f"account {account}", (full,)))),
                sign_in=Absent(),
            )
            for account in ACCOUNTS
        ),
        skipped=(),
        units=(OrganizationalUnit(id=ROOT, path="/Root", targets=(ROOT,), accounts=tuple(ACCOUNTS)),),
    )


def of_statement(kind: PolicyKind, statement: dict[str, Any]) -> Replay:
    """A replay of one statement at the root."""
    there = landscape()
    document = read_document({"Version": "2012-10-17", "Statement": [statement]})
    policy = Attached("planned", "benchmark", document, planned=True)
    return replay_of(there, (attach(there, kind, ROOT, policy),), listed=True)


def in_batches(files: list[Path], replay: Replay) -> int:
    """Read files as one process of a run does; rows are let go of, as the spool would."""
    rows = 0
    with tempfile.TemporaryDirectory() as folder:
        orders = Orders(interest=Interest(calls=frozenset()), folder=folder, replay=replay)
        for start in range(0, len(files), 64):
            batch = tuple(Readable(str(path), path.stat().st_size, "") for path in files[start : start + 64])
            rows += sum(1 for _ in read_batch(batch, orders, None).every_row())
    return rows


def added_up(files: list[Path]) -> int:
    """Read files as `iam usage` does, sums included."""
    orders = Orders(interest=Interest(calls=frozenset()), names=event_names())
    batch = tuple(Readable(str(path), path.stat().st_size, "") for path in files)
    return read_batch(batch, orders, None).counts.records


def peak_mb(folder: Path, change: str) -> float:
    """The most memory one process has while it reads a folder."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, [*sys.path[:1], Path("src").resolve()]))}
    command = [sys.executable, "-c", ALONE, str(folder), change]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return int(done.stdout) / 1024


def first(files: list[Path], replay: Replay) -> float:
    """Processor seconds of reading files with nothing known but the policies."""
    bench_of(replay)
    started = time.process_time()
    in_batches(files, replay)
    return time.process_time() - started


def measured(files: int, log: str, rounds: int) -> dict[str, Any]:
    """Times and memory for one log."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        events = write_corpus(folder, files=files, root_files=files // 100, network=PUBLIC, **LOGS[log])
        paths = sorted(folder.rglob("*.gz"))
        replays = {name: of_statement(*change) for name, change in CHANGES.items()}
        at_first = {change: first(paths, replay) for change, replay in replays.items()}
        tasks: dict[str, Callable[[list[Path]], object]] = {"bare": bare, "usage": usage}
        tasks["usage added up"] = added_up
        tasks |= {change: partial(in_batches, replay=replay) for change, replay in replays.items()}
        seconds = timed(paths, tasks, rounds)
        return {
            "log": log,
            "files": files,
            "events": events,
            "rows": {change: in_batches(paths, replay) for change, replay in replays.items()},
            "seconds": seconds,
            "to_bare": {task: spent / seconds["bare"] for task, spent in seconds.items()},
            "first_to_bare": {change: spent / seconds["bare"] for change, spent in at_first.items()},
            "events_a_second": {task: events / spent for task, spent in seconds.items()},
            "peak_mb": {change: peak_mb(folder, change) for change in CHANGES},
        }


def main() -> None:
    """Measure, print, and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, nargs="+", default=[100, 400])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--output", type=Path, default=None)
    parser.add_argument("--logs", nargs="+", choices=LOGS, default=list(LOGS))
    asked = parser.parse_args()
    runs = []
    for files in asked.files:
        for log in asked.logs:
            runs.append(measured(files, log, asked.rounds))
            print(json.dumps(runs[-1]), flush=True)
    if asked.output:
        asked.output.write_text(json.dumps({"cores": os.cpu_count(), "runs": runs}, indent=2) + "\n")


if __name__ == "__main__":
    main()
