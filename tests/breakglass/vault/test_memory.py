"""Whether the seed is in the vault's memory after it was sealed and used: as well as one can look.

What a clean look cannot show: a copy that was overwritten in part, one in another spelling, one in a page that was
swapped out. What it does show: the vault itself never made the seed into an object that stayed.
"""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

from tests.breakglass.custody.people import CANARY, URI

from rootwarden.breakglass.vault import messages as said

if TYPE_CHECKING:
    from tests.breakglass.vault.world import Sealed, World


def times_found(world: World) -> int:
    answer = world.socket.with_suffix(".found")
    answer.unlink(missing_ok=True)
    world.process.send_signal(signal.SIGUSR1)
    until = time.monotonic() + 30
    while not answer.exists():
        assert time.monotonic() < until
        world.answer(said.Status(), said.Stands)
    return int(answer.read_text(encoding="utf-8"))


def test_the_look_finds_what_is_there(world: World) -> None:
    """An opening named like the seed stays in memory, and is seen: the look is not blind."""
    world.found()
    assert times_found(world) == 0
    world.write("group", CANARY.decode(), 1)
    world.answer(said.Status(), said.Stands)
    assert times_found(world) > 0


def test_the_seed_is_not_in_the_vault_after_sealing_and_release(sealed: Sealed) -> None:
    assert times_found(sealed) == 0
    step = sealed.step
    sealed.open("o-0", lease="enrol", uses=9)
    sealed.seal("o-0", URI.encode())
    sealed.open("o-1", uses=9)
    sealed.allow_code("L-1", step)
    sealed.code("o-1", "L-1", step)
    assert times_found(sealed) == 0
    sealed.answer(said.Forget(), said.Forgotten)
    assert times_found(sealed) == 0
