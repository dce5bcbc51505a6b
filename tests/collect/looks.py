"""Ways to look at a simulated organization: the real command as a process, and the library in this process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rootwarden.audit.assess import assess
from rootwarden.audit.terms import Terms
from rootwarden.aws.door import Door
from rootwarden.cli.rule_choice import chosen_rules
from rootwarden.collect.folder import EvidenceFolder
from rootwarden.collect.live import LiveCollection, Scope
from rootwarden.collect.offline import collect_folder
from rootwarden.collect.plan import plan_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from rootwarden.audit.result import AuditResult
    from rootwarden.audit.rulebook import Rulebook
    from rootwarden.collect.collected import Collected
    from rootwarden.simulator import Simulator

MANAGEMENT: Final = "000011110000"
ROLE: Final = "RootwardenAudit"
COMMAND: Final = [sys.executable, "-c", "from rootwarden.cli.main import main; main()"]
Verdicts = dict[tuple[str, str], str]


class Run(msgspec.Struct, frozen=True):
    """How the command ended."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def document(self) -> dict[str, Any]:
        """Its JSON output."""
        assert self.out, f"exit code {self.code}, nothing on standard output, and: {self.err}"
        made: dict[str, Any] = json.loads(self.out)
        return made

    @property
    def verdicts(self) -> Verdicts:
        """Verdict by account and rule."""
        return {(each["account"], each["rule"]): each["verdict"] for each in self.document["verdicts"]}

    def complained(self, code: int, *said: str) -> bool:
        """It ended with the code and an error and a hint that say all of this, and no traceback."""
        lines = self.err.splitlines()
        shaped = any(line.startswith("error: ") for line in lines) and any(line.startswith("hint: ") for line in lines)
        return self.code == code and shaped and "Traceback" not in self.err and all(word in self.err for word in said)


def environment(simulator: Simulator | None = None, **changed: str) -> dict[str, str]:
    """A scrubbed environment: no AWS configuration but the simulator's."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LANG", "TMPDIR") if name in os.environ}
    base = {
        **kept,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path.endswith("src")) or kept.get("PYTHONPATH", ""),
        "HOME": os.devnull,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_REGION": "us-east-1",
    }
    if simulator is not None:
        credentials = simulator.world.credentials
        base["AWS_ENDPOINT_URL"] = simulator.endpoint
        base["AWS_ACCESS_KEY_ID"] = credentials.access_key_id
        base["AWS_SECRET_ACCESS_KEY"] = credentials.secret_access_key
    return {**base, **changed}


def command(
    *arguments: str | Path,
    cwd: Path,
    simulator: Simulator | None = None,
    changed: dict[str, str] | None = None,
    without: Sequence[str] = (),
    limit: float = 60,
) -> Run:
    """Run `rootwarden` as a process of its own."""
    env = environment(simulator, **(changed or {}))
    started = time.monotonic()
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        env={name: value for name, value in env.items() if name not in without},
        capture_output=True,
        check=False,
        timeout=limit,
        stdin=subprocess.DEVNULL,
    )
    return Run(done.returncode, done.stdout.decode(), done.stderr.decode(), time.monotonic() - started)


@contextmanager
def pointed_at(simulator: Simulator) -> Iterator[None]:
    """Point botocore sessions made in this process at the simulator."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    for name in kept:
        del os.environ[name]
    ours = {name: value for name, value in environment(simulator).items() if name.startswith("AWS_")}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name in ours:
            os.environ.pop(name, None)
        os.environ.update(kept)


def door_to(simulator: Simulator, *, read_timeout: float = 20) -> Door:
    """A door that leads to the simulator for good: every client it will need is made through it."""
    with pointed_at(simulator):
        return Door(connections=8, read_timeout=read_timeout)


@cache
def book(*rules: str, benchmark: str = "") -> Rulebook:
    """The shipped rules of these names, or all."""
    return chosen_rules(wanted=rules, benchmark=benchmark)


def live(
    simulator: Simulator,
    *,
    rules: Sequence[str] = (),
    by: Rulebook | None = None,
    door: Door | None = None,
    scope: Scope | None = None,
    workers: int = 8,
    **more: Any,
) -> Collected:
    """One live run in this process, at the world's instant."""
    chosen = by or book(*rules)
    with pointed_at(simulator):
        return LiveCollection(
            door=door or Door(connections=8),
            plan=plan_for(chosen.needs, watched=chosen.watched),
            scope=scope or Scope(organization=True, role_name=ROLE),
            workers=workers,
            clock=simulator.state.clock,
            **more,
        ).run()


def judged(collected: Collected, *rules: str) -> AuditResult:
    """The audit of what was collected."""
    return assess(collected, Terms(rulebook=book(*rules)))


def audit_folder(folder: Path, *, as_of: datetime | None = None) -> AuditResult:
    """The audit of an evidence folder."""
    return judged(collect_folder(EvidenceFolder(folder), as_of=as_of))


def verdicts(result: AuditResult) -> Verdicts:
    """Verdict by account and rule."""
    return {(each.account, each.rule): str(each.verdict) for each in result.findings}


def differences(before: Verdicts, after: Verdicts) -> dict[tuple[str, str], tuple[str, str]]:
    """What is not the same, as (before, after)."""
    keys = before.keys() | after.keys()
    pairs = {key: (before.get(key, "none"), after.get(key, "none")) for key in keys}
    return {key: pair for key, pair in sorted(pairs.items()) if pair[0] != pair[1]}
