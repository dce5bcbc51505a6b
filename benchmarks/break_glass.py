"""From a passkey's signature for a code to the code in hand; what it is made of, and whether a long log slows it.

    python -m benchmarks.break_glass [--leases 30] [--sizes 100 10000 100000] [--output FILE]

Everything is real and on this machine: the log in SQLite with `synchronous=FULL` (or PostgreSQL with `fsync=on`), the
vault as another process (of another user, when run as root), a witness in a third one behind TLS, passkeys of ES256.
A clock that is moved forward stands for the wait between one code of a device and the next; nothing else is left out.
On a busy machine, `chrt --rr 20` before the command lets it go before others (`before_others`); the disk is shared.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.break_glass_stage import CODES, LOG, stage
from tests.postgresql import cluster, programs

from rootwarden.breakglass.broker import wishes
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.releasing import PERIOD
from rootwarden.breakglass.core.step import replay
from rootwarden.breakglass.vault import messages as said

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.break_glass_stage import Stage

BUDGET = 0.050
AT_ONCE = 64
KEPT_APART = 6.0
PERIOD_SECONDS = PERIOD.total_seconds()


class Disk:
    """How long the disk takes to keep 4 KiB, asked just before each release: the part of a release no code can shorten.

    Args:
        folder: On the disk of the database.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "flushed"
        self.taken: list[float] = []

    def flush(self) -> None:
        """Write and flush once."""
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            began = time.perf_counter()
            os.write(descriptor, bytes(4096))
            os.fsync(descriptor)
            self.taken.append(time.perf_counter() - began)
        finally:
            os.close(descriptor)


class Parts:
    """How long each part of a release took; a part that is inside another counts in both."""

    def __init__(self) -> None:
        self.taken: dict[str, list[float]] = defaultdict(list)
        self._sum: dict[str, float] = defaultdict(float)

    def watch(self, thing: object, method: str, name: str) -> None:
        """Take the time of one method of one object."""
        ask: Callable[..., Any] = getattr(thing, method)

        def timed(*arguments: Any, **named: Any) -> Any:
            began = time.perf_counter()
            try:
                return ask(*arguments, **named)
            finally:
                self._sum[name] += time.perf_counter() - began

        setattr(thing, method, timed)

    def begin(self) -> None:
        """A release begins."""
        self._sum.clear()

    def end(self) -> None:
        """It ends."""
        for name, seconds in self._sum.items():
            self.taken[name].append(seconds)

    def table(self) -> dict[str, dict[str, float]]:
        """Milliseconds of each part."""
        return {name: spread(taken) for name, taken in sorted(self.taken.items())}


def processor_seconds(processes: Sequence[int]) -> float:
    """What some processes, and the children they buried, have used."""
    used = 0
    for process in processes:
        after_name = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        used += sum(map(int, after_name[11:15]))
    return used / os.sysconf("SC_CLK_TCK")


def spread(taken: Sequence[float]) -> dict[str, float]:
    """Milliseconds: the middle, the 99th of a hundred, the slowest."""
    ordered = sorted(taken)
    marks = {"p50": len(ordered) // 2, "p99": min(len(ordered) - 1, int(len(ordered) * 0.99)), "slowest": -1}
    return {name: round(ordered[at] * 1000, 2) for name, at in marks.items()}


def a_lease(set_up: Stage) -> str:
    """A check-out: filed, agreed to by two, opened by two custodians."""
    troupe = set_up.troupe
    request, phrase = troupe.file(overrides_duties=False)
    troupe.approve(request, phrase)
    return troupe.open(request)


def ended(set_up: Stage, lease: str) -> None:
    """Given back, and its duties done."""
    set_up.troupe.acting.end("rita", lease)
    set_up.troupe.check_in(lease)
    set_up.house.broker.say(log.LeaseClosed(at=set_up.house.broker.now(), actor=log.SYSTEM, lease=lease))


def to_a_fresh_step(set_up: Stage) -> None:
    """A second into the first step that has not given a code."""
    state, now = set_up.house.broker.state(), set_up.house.broker.now().timestamp()
    last = max((step for step, _ in state.last_steps.values()), default=0)
    next_step = max(last, int(now // PERIOD_SECONDS)) + 1
    set_up.clocks.wait(next_step * PERIOD_SECONDS - now + 1)


def codes(set_up: Stage, leases: int) -> dict[str, Any]:
    """Every code of so many leases."""
    house, troupe, parts, disk = set_up.house, set_up.troupe, Parts(), Disk(set_up.house.folder)
    _watch(set_up, parts)
    drafting: list[float] = []
    processor = 0.0
    whole: list[float] = []
    for _ in range(leases):
        lease = a_lease(set_up)
        for _ in range(CODES):
            to_a_fresh_step(set_up)
            began = time.perf_counter()
            draft = house.broker.prepare("rita", wishes.GetCode(lease=lease))
            drafting.append(time.perf_counter() - began)
            signature = troupe.players["rita"].answer(draft.message)
            disk.flush()
            parts.begin()
            used = processor_seconds(set_up.processes)
            began = time.perf_counter()
            acted = troupe.acting.sign("rita", draft.id, signature)
            _, secret = house.releases.code("rita", lease)
            whole.append(time.perf_counter() - began)
            parts.end()
            processor += processor_seconds(set_up.processes) - used
            assert acted.trouble is None
            with secret:
                assert len(secret.content) == 6
        ended(set_up, lease)
    return {
        "codes": len(whole),
        "milliseconds": spread(whole),
        "processor_milliseconds": round(processor / len(whole) * 1000, 2),
        "disk_flushed_once_milliseconds": spread(disk.taken),
        "parts_milliseconds": parts.table(),
        "draft_before_milliseconds": spread(drafting),
        "entries": house.broker.state().size,
        "within_budget": spread(whole)["p99"] < BUDGET * 1000,
    }


def _watch(set_up: Stage, parts: Parts) -> None:
    house = set_up.house
    parts.watch(house.store, "append", "append, flushed to the disk")
    parts.watch(house.store, "burn_draft", "draft burnt, flushed to the disk")
    for name in ("size", "read", "blob", "draft", "newest_head"):
        parts.watch(house.store, name, "reads of the database")
    parts.watch(house.releases, "anchor", "anchored outside")
    parts.watch(house.vault, "ask", "vault, with its own replay, ledger and child")
    parts.watch(house.broker, "write", "written: checks, head, append")


def again(set_up: Stage, times: int) -> dict[str, Any]:
    """The same code once more, and a question that does nothing: what vault and child take by themselves."""
    house, lease = set_up.house, a_lease(set_up)
    to_a_fresh_step(set_up)
    draft = house.broker.prepare("rita", wishes.GetCode(lease=lease))
    set_up.troupe.sign("rita", draft.id, draft.message)
    codes_only: list[float] = []
    questions: list[float] = []
    for _ in range(min(times, CODES)):
        began = time.perf_counter()
        _, secret = house.releases.code("rita", lease)
        codes_only.append(time.perf_counter() - began)
        secret.wipe()
        began = time.perf_counter()
        house.vault.ask(said.Status()).secret.wipe()
        questions.append(time.perf_counter() - began)
    ended(set_up, lease)
    return {"vault_ledger_child_milliseconds": spread(codes_only), "vault_asked_milliseconds": spread(questions)}


def grow(set_up: Stage, size: int) -> None:
    """Let the log grow to so many entries, and vault and sinks follow."""
    house = set_up.house
    while (left := size - house.broker.state().size) > 0:
        at = house.broker.now()
        house.broker.write(
            *(
                log.AttemptRefused(at=at, actor=log.SYSTEM, attempted=f"GET /{number}", step="R2", count=1 + number)
                for number in range(min(AT_ONCE, left))
            )
        )
        if left <= AT_ONCE or house.broker.state().size % (64 * AT_ONCE) < AT_ONCE:
            _advance(set_up)


def _advance(set_up: Stage) -> None:
    set_up.house.releases._ask(said.Advance(), said.Advanced)  # noqa: SLF001 - a lease would do the same


def replayed(set_up: Stage) -> dict[str, Any]:
    """How fast a log is replayed at a start: all of it, and its share of entries with a signature."""
    contents = list(set_up.house.store.read())
    signed = sum(b'"authenticator"' in each or b'"signers"' in each for each in contents)
    began = time.perf_counter()
    replay(contents)
    took = time.perf_counter() - began
    return {"entries": len(contents), "signed": signed, "seconds": took, "entries_per_second": len(contents) / took}


def measured(place: Path, database: str, sink: str, leases: int) -> dict[str, Any]:
    """A small log."""
    with stage(place, database, sink=sink) as set_up:
        found = codes(set_up, leases) | again(set_up, CODES)
        return found | {"replay": replayed(set_up)}


def growing(place: Path, sizes: Sequence[int], leases: int) -> list[dict[str, Any]]:
    """The same at several sizes of one log."""
    found = []
    with stage(place, f"sqlite:///{place}/breakglass.db", sink="witness") as set_up:
        for size in sizes:
            grow(set_up, size)
            found.append({"size": size} | codes(set_up, leases) | again(set_up, CODES))
        found[-1]["replay"] = replayed(set_up)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leases", type=int, default=38, help=f"each gives {CODES} codes")
    parser.add_argument("--sizes", type=int, nargs="*", default=[100, 10_000, 100_000])
    parser.add_argument("--only", default="", help="one of the kinds of house")
    parser.add_argument("--output", type=Path, default=None)
    asked = parser.parse_args()
    results: dict[str, Any] = {
        "at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "machine": {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "load": os.getloadavg()[0],
            "before_others": os.sched_getscheduler(0) in (os.SCHED_FIFO, os.SCHED_RR),
        },
        "budget_milliseconds": BUDGET * 1000,
        "log": LOG,
    }
    kinds = {"sqlite and a witness": "witness", "sqlite and a file": "file", "postgresql and a witness": "witness"}
    with ExitStack() as until_the_end:
        for kind, sink in kinds.items():
            if asked.only not in ("", kind) or (kind.startswith("postgresql") and programs() is None):
                continue
            place = Path(until_the_end.enter_context(tempfile.TemporaryDirectory()))
            database = f"sqlite:///{place}/breakglass.db"
            if kind.startswith("postgresql"):
                database = until_the_end.enter_context(cluster(fsync=True)).database()
            results[kind] = measured(place, database, sink, asked.leases)
        if asked.sizes:
            place = Path(until_the_end.enter_context(tempfile.TemporaryDirectory()))
            results["growing"] = growing(place, asked.sizes, max(1, asked.leases // 3))
    results["load_after"] = os.getloadavg()[0]
    text = json.dumps(results, indent=2)
    print(text)
    if asked.output:
        asked.output.write_text(text + "\n")


if __name__ == "__main__":
    main()
