"""Run as a process of its own: what is done to a step ledger that a test must not have done to itself.

`race PATH LEASE STEP`: waits for a line on standard input, records the step, prints `new`, `again` or `taken`.
`kill PATH STRIDE`: kills a child at every system call, and within every write after each so many bytes; prints what was
    found afterwards as JSON.
`full PATH BYTES`: records until the file may not grow, prints what was recorded and what was refused as JSON.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rootwarden.breakglass.codes.ledger import StepLedger, StepTakenError
from rootwarden.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

DEVICE = "D-1"
CALLS = ("open", "pwrite", "fsync", "ftruncate", "pread")


def tell(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def race(path: Path, lease: str, step: int) -> None:
    ledger = StepLedger(path)
    tell("ready")
    sys.stdin.readline()
    try:
        tell("new" if ledger.record(DEVICE, step, lease) else "again")
    except StepTakenError:
        tell("taken")


class Fatal:
    """Counts system calls of the ledger and kills this process at one of them, a write after some of its bytes."""

    def __init__(self, at: int, written: int, says: int) -> None:
        self._at, self._written, self._says, self._count = at, written, says, 0
        for name in CALLS:
            setattr(os, name, self._counting(name, getattr(os, name)))

    def _counting(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        write = os.pwrite if name != "pwrite" else call

        def counted(*arguments: Any, **more: Any) -> Any:
            self._count += 1
            if self._count == self._at:
                if name == "pwrite":
                    file, content, place = arguments
                    write(file, content[: self._written], place)
                os.write(self._says, b"k" + name.encode() + b" ")
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **more)

        return counted


def killed(path: Path, at: int, written: int) -> str:
    """Open, record and floor in a child that dies on the way.

    Returns:
        What it could tell before: the step it had got an answer for, and the call it died at.
    """
    heard, says = os.pipe()
    child = os.fork()
    if child == 0:
        Fatal(at, written, says)
        ledger = StepLedger(path)
        if ledger.record(DEVICE, 101, "L-new"):
            os.write(says, b"released ")
        ledger.raise_floor(DEVICE, 102)
        os.write(says, b"floored ")
        os._exit(0)
    os.close(says)
    with os.fdopen(heard, "rb") as pipe:
        told = pipe.read().decode()
    os.waitpid(child, 0)
    return told


def kill(path: Path, stride: int) -> None:
    found = []
    first = StepLedger(path)
    first.record(DEVICE, 100, "L-old")
    first.close()
    start = path.read_bytes()
    torn_start = start + start[:50]
    for begin in (b"", start, torn_start):
        at, written = 1, 0
        while True:
            path.unlink(missing_ok=True)
            if begin:
                path.write_bytes(begin)
                path.chmod(0o600)
            told = killed(path, at, written)
            left = path.read_bytes() if path.exists() else b""
            after = StepLedger(path)
            torn, steps = after.torn, [[each.step, each.lease] for each in after.released(DEVICE)]
            again = after.record(DEVICE, 200, "L-later")
            after.close()
            reopened = StepLedger(path)
            clean = reopened.torn == 0 and [200, "L-later"] in [[r.step, r.lease] for r in reopened.released(DEVICE)]
            reopened.close()
            found.append(
                {"begin": len(begin), "at": at, "written": written, "told": told, "left": len(left), "torn": torn,
                 "steps": steps, "again": again, "clean": clean}
            )  # fmt: skip
            if "k" not in told.split("floored")[0] and "floored" in told:
                break
            if "kpwrite" in told and written < 110:
                written += stride
            else:
                at, written = at + 1, 0
    tell(json.dumps(found))


def full(path: Path, size: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    ledger = StepLedger(path)
    recorded, refused = [], []
    for step in range(1, 12):
        try:
            ledger.record(DEVICE, step, f"L-{step}")
            recorded.append(step)
        except StoreError as error:
            refused.append([step, error.message, path.read_bytes().decode()[-1:]])
    known = [each.step for each in ledger.released(DEVICE)]
    copy = path.with_suffix(".copy")
    shutil.copyfile(path, copy)
    copy.chmod(0o600)
    tell(json.dumps({"recorded": recorded, "refused": refused, "known": known, "torn": StepLedger(copy).torn}))


if __name__ == "__main__":
    task, where, *rest = sys.argv[1:]
    if task == "race":
        race(Path(where), rest[0], int(rest[1]))
    elif task == "kill":
        kill(Path(where), int(rest[0]))
    else:
        full(Path(where), int(rest[0]))
