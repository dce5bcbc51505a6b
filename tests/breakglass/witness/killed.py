"""Kills a witness with SIGKILL before each of its writes, one child a write, and looks at what is remembered after.

`python -m tests.breakglass.witness.killed FOLDER` prints how many writes there are, and how many children died.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.breakglass.logs import LOG_KEY, WITNESS_KEY, Log, now, pem

from rootwarden.breakglass.witness.memory import Memory
from rootwarden.breakglass.witness.messages import Cosigned, Offer
from rootwarden.breakglass.witness.witness import Witness
from rootwarden.transparency.head import to_text

if TYPE_CHECKING:
    from collections.abc import Callable

CALLS = ("open", "write", "fsync", "rename", "replace", "unlink", "close")
LOG = Log(40)


class Steps:
    """Counts calls of the system that write, and dies before one of them."""

    def __init__(self, fatal: int | None) -> None:
        self.count = 0
        self.fatal = fatal
        self.is_on = False
        for name in CALLS:
            setattr(os, name, self._counted(getattr(os, name)))

    def _counted(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            if self.is_on:
                if self.count == self.fatal:
                    os.kill(os.getpid(), signal.SIGKILL)
                self.count += 1
            return call(*arguments, **named)

        return counted


def work(folder: Path, steps: Steps, answered: int) -> None:
    """Have two heads cosigned, and say after each that the answer is out."""
    with Memory(folder) as memory:
        witness = Witness(memory, name="second", key=WITNESS_KEY, clock=now)
        for first, size in ((0, 11), (11, 40)):
            proof = tuple(to_text(each) for each in (LOG.consistency(first, size) if first else ()))
            steps.is_on = True
            answer = witness.offer(Offer(log="main", head=LOG.head(size), first=first, proof=proof))
            steps.is_on = False
            if not isinstance(answer, Cosigned):
                raise SystemExit(f"not cosigned: {answer}")
            os.write(answered, b"%d " % size)


def in_a_child(folder: Path, fatal: int | None) -> tuple[int, int, int]:
    """Its signal, how many steps it took if it lived, and the largest size that was answered."""
    readable, writable = os.pipe()
    child = os.fork()
    if not child:
        steps = Steps(fatal)
        work(folder, steps, writable)
        os.write(writable, b"steps %d" % steps.count)
        os._exit(0)
    os.close(writable)
    _, status = os.waitpid(child, 0)
    told = os.read(readable, 1000).decode()
    os.close(readable)
    sizes, _, count = told.partition("steps ")
    return (
        os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
        int(count or 0),
        max(map(int, sizes.split()), default=0),
    )


def fresh(folder: Path) -> Path:
    with Memory(folder) as memory:
        memory.register("main", [pem(LOG_KEY)])
    return folder


def main() -> None:
    base = Path(sys.argv[1])
    _, count, _ = in_a_child(fresh(base / "whole"), None)
    for fatal in range(count):
        folder = fresh(base / str(fatal))
        died, _, answered = in_a_child(folder, fatal)
        with Memory(folder) as memory:
            remembered = memory.read("main")
        size = remembered.head.size if remembered is not None and remembered.head is not None else 0
        if died != signal.SIGKILL or remembered is None or size not in (0, 11, 40) or size < answered:
            raise SystemExit(f"step {fatal}: died of {died}, answered {answered}, remembers {size}")
        if [path.name for path in folder.iterdir() if path.name.endswith(".new")]:
            raise SystemExit(f"step {fatal}: something half-written was left")
    sys.stdout.write(f"{count} {count}\n")


if __name__ == "__main__":
    main()
