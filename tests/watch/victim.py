"""A watcher in a process of its own that kills itself at a step.

`python -m tests.watch.victim URL DATABASE STEP NUMBER` works until the queue is empty. Without a step (`-`) it lives.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

from rootwarden.alert.store.database import Store
from rootwarden.aws.door import Door
from rootwarden.watch.assembly import assembled
from rootwarden.watch.log_files import buckets
from rootwarden.watch.queue import SqsQueue
from rootwarden.watch.rounds import Options
from rootwarden.watch.service import Manners

if TYPE_CHECKING:
    from rootwarden.watch.rounds import Step


def main(url: str, database: str, step: str, number: int) -> None:
    left = {"times": number}

    def die(at: Step) -> None:
        if at.value == step:
            left["times"] -= 1
            if not left["times"]:
                os.kill(os.getpid(), signal.SIGKILL)

    door = Door(region="eu-west-1")
    with Store(database) as store:
        options, manners = Options(readers=2, step=die), Manners(until_empty=True)
        watcher = assembled(store, SqsQueue(door, url), buckets(door), options=options, manners=manners)
        watcher.service.forever(threading.Event())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
