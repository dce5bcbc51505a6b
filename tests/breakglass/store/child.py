"""Writers in processes of their own, so that they can race, be killed and be paused.

`python -m tests.breakglass.store.child TASK URL …` does one task; what it prints the test reads.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from tests.breakglass.store.logs import add, head_over, said

from rootwarden.breakglass.store import log_store
from rootwarden.breakglass.store.log_store import LogStore
from rootwarden.breakglass.store.trouble import LogMoved
from rootwarden.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable


def tell(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def race(url: str, name: str, count: str) -> None:
    """Append so many entries, whoever else does; wait for the start on standard input."""
    with LogStore(url) as store:
        tell("ready")
        sys.stdin.readline()
        tell(*[add(store, f"{name}-{number}") for number in range(int(count))])


def run(url: str, name: str) -> None:
    """Append until somebody kills it, telling each entry once it is written."""
    with LogStore(url) as store:
        number = 0
        while True:
            add(store, f"{name}-{number}")
            tell(f"{name}-{number}")
            number += 1


def fill(url: str) -> None:
    """Append until no file may grow any more."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with LogStore(url, patience=0.2) as store:
        size = store.size()
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
        entries = list(store.read())
        with suppress(StoreError):
            while size < 10_000:
                entries.append(said(f"word-{size}", reason="x" * 1900))
                store.append(size, entries[size:], head_over(entries))
                size += 1
        tell(size)


def pause(url: str) -> None:
    """Stop inside a transaction that has written, and say how it went on afterwards."""
    vars(log_store)["_SESSION_OPTIONS"]["idle_in_transaction_session_timeout"] = "500ms"
    with LogStore(url) as store:
        known = list(store.read())
        grown = [*known, said("paused")]

        def stop(_: Any) -> None:
            tell("inside")
            os.kill(os.getpid(), signal.SIGSTOP)

        try:
            store.append(len(known), grown[len(known) :], head_over(grown), beside=stop)
        except LogMoved as moved:
            tell(f"moved {moved.expected} {moved.found}")


class Steps:
    """Counts steps, and kills the process at one of them."""

    def __init__(self, fatal: int | None) -> None:
        self.count, self.fatal = 0, fatal

    def step(self, *_: Any, **__: Any) -> None:
        if self.count == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        self.count += 1


def watched(url: str, word: str, steps: Steps) -> None:
    """Append two entries at once; every statement and commit is a step."""
    with LogStore(url) as store:
        known = list(store.read())
        for name in ("begin", "before_cursor_execute", "after_cursor_execute", "commit"):
            event.listen(store.database.engine, name, steps.step)
        commit = store.database.engine.dialect.do_commit

        def committed(connection: Any) -> None:
            commit(connection)
            steps.step()

        vars(store.database.engine.dialect)["do_commit"] = committed
        grown = [*known, said(word), said(f"{word}-too")]
        store.append(len(known), grown[len(known) :], head_over(grown))


def in_a_child(do: Callable[[Steps], None], fatal: int | None) -> tuple[int, int]:
    """Run in a child; its signal (0 if it lived) and the steps it took, if it lived to tell."""
    readable, writable = os.pipe()
    child = os.fork()
    if not child:
        steps = Steps(fatal)
        do(steps)
        os.write(writable, str(steps.count).encode())
        os._exit(0)
    os.close(writable)
    told = os.read(readable, 100)
    os.close(readable)
    _, status = os.waitpid(child, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, int(told or 0)


def kill(url: str, stride: str) -> None:
    """Kill a child at every so-manieth step of an append, and at the last; another one lives to append after it."""
    _, count = in_a_child(partial(watched, url, "first"), None)
    killed = sorted({*range(0, count, int(stride)), count - 1})
    for fatal in killed:
        died, _ = in_a_child(partial(watched, url, f"killed-{fatal}"), fatal)
        lived, _ = in_a_child(partial(watched, url, f"after-{fatal}"), None)
        if (died, lived) != (signal.SIGKILL, 0):
            raise SystemExit(f"step {fatal}: one was to be killed, the next to live: {died}, {lived}")
    tell(*killed)


TASKS: dict[str, Callable[..., None]] = {"race": race, "run": run, "fill": fill, "pause": pause, "kill": kill}

if __name__ == "__main__":
    TASKS[sys.argv[1]](*sys.argv[2:])
