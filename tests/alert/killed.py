"""Records visits and delivers them, one child a step, and kills each child at another step with SIGKILL.

`python -m tests.alert.killed DATABASE ADDRESS STRIDE` prints how many steps there are, and at how many it killed. Child
`n` records visit `n`, delivers, and dies at its step `n`; another one, later, so that leases of the dead have lapsed,
records the same visit, as a queue would hand it over again, and lives. The last one records all of them once more.
"""

from __future__ import annotations

import os
import signal
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from tests.alert.worlds import MINUTE, NOON, Hand, reading, visit

from rootwarden.alert.channels import http, webhook
from rootwarden.alert.content.subject import Around
from rootwarden.alert.deliver import Deliverer
from rootwarden.alert.routes import Routes
from rootwarden.alert.settings import WebhookChannel
from rootwarden.alert.store.database import Store
from rootwarden.alert.store.recording import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROUTES = Routes(stages=(("hook",),))


class Steps:
    """Counts steps, and kills the process at one of them."""

    def __init__(self, fatal: int | None) -> None:
        self.count = 0
        self.fatal = fatal

    def step(self, *_: Any, **__: Any) -> None:
        if self.count == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        self.count += 1


def around(_: object) -> Around:
    return Around()


def work(url: str, address: str, visits: Iterable[int], at: int, steps: Steps) -> None:
    """Record visits and deliver; every statement, commit and request is a step."""
    with Store(url, clock=Hand(NOON + at * 10 * MINUTE)) as store:
        for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
            event.listen(store.engine, name, steps.step)
        send = http.request

        def watched(*arguments: Any, **named: Any) -> Any:
            steps.step()
            answer = send(*arguments, **named)
            steps.step()
            return answer

        vars(webhook)["request"] = watched
        for number in visits:
            record(store, reading(visit(f"visit-{number}", events=(f"e{number}",))))
        channel = webhook.Webhook(WebhookChannel(name="hook", address=address), bearer=None, signing_key=None)
        Deliverer(store, {"hook": channel}, ROUTES, around).once()


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


def main() -> None:
    url, address, stride = sys.argv[1:]
    _, count = in_a_child(partial(work, url, address, [0], 0), None)
    killed = range(1, count + 1, int(stride))
    for number in killed:
        died, _ = in_a_child(partial(work, url, address, [number], 2 * number), number - 1)
        lived, _ = in_a_child(partial(work, url, address, [number], 2 * number + 1), None)
        if (died, lived) != (signal.SIGKILL, 0):
            raise SystemExit(f"child {number} was to be killed, and the one after it to live: {died}, {lived}")
    if in_a_child(partial(work, url, address, [0, *killed], 2 * count + 2), None)[0]:
        raise SystemExit("the last child died")
    sys.stdout.write(f"{count} {len(killed)}\n")


if __name__ == "__main__":
    main()
