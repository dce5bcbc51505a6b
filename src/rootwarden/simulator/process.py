"""A simulator in a process of its own, so that it shares no interpreter with what is measured against it."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

STOP_LIMIT = 20.0


@contextmanager
def running_process(
    world: str = "patchwork", accounts: int | None = None, *, latency: float = 0.0, arguments: tuple[str, ...] = ()
) -> Iterator[str]:
    """Run `python -m rootwarden.simulator` for as long as the block lasts.

    Args:
        world: One of `worlds.WORLDS`.
        accounts: How many; what the world has by default when not given.
        latency: Seconds added to every answer.
        arguments: Further flags, as on the command line.

    Yields:
        The endpoint URL; knobs and counters are under `/_simulator/` there (`admin` says how).

    Raises:
        UsageError: The simulator did not start; the message is its own.
    """
    command = [sys.executable, "-m", "rootwarden.simulator", "--world", world, "--latency-ms", str(latency * 1000)]
    if accounts is not None:
        command += ["--accounts", str(accounts)]
    with subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            endpoint = process.stdout.readline().strip() if process.stdout is not None else ""
            if not endpoint:
                said = process.stderr.read().strip() if process.stderr is not None else ""
                raise UsageError(f"the simulator did not start: {said}")
            yield endpoint
        finally:
            process.terminate()
            try:
                process.wait(STOP_LIMIT)
            except subprocess.TimeoutExpired:
                process.kill()
