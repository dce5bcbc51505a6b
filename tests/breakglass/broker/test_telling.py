"""What the vault is told when several people act at the same moment."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.breakglass.broker.test_broker import House

from rootwarden.breakglass.broker.anchoring import Anchored
from rootwarden.breakglass.broker.releases import Releases
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.custody.keys import Secret
from rootwarden.breakglass.vault import messages as said
from rootwarden.breakglass.vault.client import Answered
from rootwarden.breakglass.vault.troubles import VaultError

if TYPE_CHECKING:
    from rootwarden.transparency.head import Head

BOTH = 2


class Anchors:
    """A sink that takes everything; `stays` is what it answers with instead, when set."""

    def __init__(self) -> None:
        self.stays: Anchored | None = None

    def anchor(self, head: Head) -> Anchored:
        return self.stays or Anchored(head=head, held=(), proofs=())


class Counting:
    """A vault that counts entries as the real one does, and lets everybody in who comes within a moment."""

    def __init__(self) -> None:
        self.size = 0
        self.together = threading.Barrier(BOTH)

    def ask(self, request: said.Request, secret: Secret | None = None) -> Answered:
        assert secret is None
        if isinstance(request, said.Status):
            stands = said.Stands(
                size=self.size,
                trusted=self.size,
                recipient="",
                openings={},
                open={},
                hardening=said.Hardening(measures={}),
            )
            return Answered(stands, Secret(bytearray(), "nothing"))
        with suppress(threading.BrokenBarrierError):
            self.together.wait(timeout=0.3)
        if request.log is not None:
            if request.log.since != self.size:
                raise VaultError("these entries do not follow", step="V1")
            self.size += len(request.log.entries)
        return Answered(said.LayersToPeel(recipient="", shown="", layers=[]), Secret(bytearray(), "nothing"))


def test_two_who_act_at_once_are_both_heard() -> None:
    house, vault = House(), Counting()
    releases = Releases(house.broker, vault, Anchors())
    house.broker.say(log.SignedIn(at=house.now, actor="carl", method="passkey"))
    with ThreadPoolExecutor(BOTH) as people:
        heard = list(people.map(lambda name: releases.layers("opening", name), ("carl", "cleo")))
    assert len(heard) == BOTH
    assert vault.size == house.broker.state().size


def test_who_anchored_an_older_head_is_heard_too() -> None:
    """Between anchoring and asking somebody else told the vault of more."""
    house, vault = House(), Counting()
    vault.together.abort()
    anchors = Anchors()
    releases = Releases(house.broker, vault, anchors)
    older = releases.anchor()
    house.broker.say(log.SignedIn(at=house.now, actor="carl", method="passkey"))
    releases.layers("opening", "carl")
    anchors.stays = older
    house.broker.say(log.SignedIn(at=house.now, actor="cleo", method="passkey"))
    releases.layers("opening", "cleo")
    assert vault.size == older.head.size + 1
