"""A real vault process on a test's log: `python -m tests.breakglass.vault.served STATE SOCKET CALLER CHECKPOINT_KEY`.

On SIGUSR1 it looks for a canary in its own memory and writes how often it is there into a file; the canary is in its
arguments backwards, so that looking for it does not put it there. Its wall clock stands at `VAULT_STANDS_AT`, in
seconds since 1970, where that is set: a step of 30 s is over before a loaded machine has done what a test asks.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import re
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from tests.breakglass.vault.played import Played

from rootwarden.breakglass.vault.process import Settings, run
from rootwarden.errors import RootwardenError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

NOBODY = 65534
_CHUNK = 1 << 22


def times_in_memory(backwards: bytes) -> int:
    """How often a text is in the writable memory of this process."""
    found = 0
    maps = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace")
    with Path("/proc/self/mem").open("rb", buffering=0) as memory:
        for start, end in re.findall(r"^([0-9a-f]+)-([0-9a-f]+) rw", maps, re.MULTILINE):
            place, last = int(start, 16), int(end, 16)
            while place < last:
                memory.seek(place)
                chunk = memory.read(min(_CHUNK, last - place))
                found += chunk[::-1].count(backwards)
                place += max(len(chunk) - len(backwards), 1) if place + len(chunk) < last else len(chunk)
    return found


def look(_number: int, _frame: FrameType | None) -> None:
    library = ctypes.CDLL(None)
    library.prctl(4, 1, 0, 0, 0)
    counts = [times_in_memory(each.encode()) for each in sys.argv[5:]]
    library.prctl(4, 0, 0, 0, 0)
    target = Path(sys.argv[2]).with_suffix(".found")
    new = target.with_suffix(".new")
    new.write_text(" ".join(map(str, counts)), encoding="utf-8")
    new.rename(target)


def become_nobody() -> None:
    """Root cannot be a vault. What is imported late must be read before, if only root may read it."""
    for late in ("rootwarden.breakglass.codes.qr", "PIL.PngImagePlugin", "encodings.ascii", "encodings.utf_16_be"):
        importlib.import_module(late)
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def clock() -> Callable[[], datetime]:
    """The vault empties its environment, so that is read before."""
    stands_at = os.environ.get("VAULT_STANDS_AT")
    if stands_at is None:
        return lambda: datetime.now(UTC)
    instant = datetime.fromtimestamp(int(stands_at), UTC)
    return lambda: instant


def main() -> None:
    state, socket, caller, key = sys.argv[1:5]
    if os.geteuid() == 0 and caller != "stay-root":
        become_nobody()
    signal.signal(signal.SIGUSR1, look)
    try:
        run(
            Settings(state=Path(state), socket=Path(socket), peers=frozenset({int(caller) if caller.isdigit() else 0})),
            authority=Played(),
            checkpoint_keys=[Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))],
            clock=clock(),
        )
    except RootwardenError as error:
        sys.exit(f"error: {error.message}")


if __name__ == "__main__":
    main()
