"""Vectors of the beginning of a log, and of the form of its entries."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
from tests.breakglass.core.wellmade import WELL_MADE, plain

from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.rehearsal.cast import UNSIGNED, cosign

if TYPE_CHECKING:
    from tests.breakglass.core.vector_maker import Maker


def founding(maker: Maker) -> None:
    world = maker.world
    first = world.entries[0]
    begun = log.from_bytes(first)
    assert isinstance(begun, log.LogBegun)
    everything, world.entries = world.entries, []
    fewer = tuple(one for one in begun.founders if one.person.id in {"ada", "rita"})
    state, world.state = world.state, type(world.state)()
    bare = {name: getattr(begun, name) for name in begun.__struct_fields__}
    alone = log.LogBegun(**bare | {"founders": fewer, "signers": ()})
    maker.no(
        "G1", "founded by one administrator", cosign(alone, (world.players["ada"], world.players["rita"]), world.state)
    )
    lacking = msgspec.structs.replace(begun, signers=begun.signers[1:])
    maker.no("G1", "a founder has not signed", lacking)
    maker.no("G1", "the first entry is another one", plain(world, log.SinkChanged, log.SYSTEM, sink="s", works=True))
    world.entries, world.state = everything, state
    maker.no("G1", "a second beginning", maker.made("log-begun", "ada"))


def form(maker: Maker) -> None:
    world = maker.world
    good = log.to_bytes(WELL_MADE["sink-changed"](world, log.SYSTEM))
    maker.no(
        "G2",
        "older than the entry before",
        msgspec.structs.replace(WELL_MADE["sink-changed"](world, log.SYSTEM), at=world.now - timedelta(seconds=1)),
    )
    maker.no("G3", "a blank between two fields", good.replace(b'","', b'", "', 1))
    maker.no("G3", "a field its kind does not have", good[:-1] + b',"zeal":1}')
    maker.no("G3", "an unknown kind", good.replace(b"sink-changed", b"sink-cleaned"))
    maker.no("G3", "an id in capital letters", good.replace(b'"system"', b'"SYSTEM"'))
    maker.no(
        "G3",
        "a step no calendar has",
        log.to_bytes(plain(world, log.AttemptRefused, log.SYSTEM, attempted="x", step="R1", count=1)).replace(
            b'"count":1', b'"count":9007199254740991'
        ),
    )
    short = log.PersonSuspended(
        at=world.now, actor="ada", nonce="short", authenticator=UNSIGNED, person="cora", reason="ill"
    )
    maker.no("G4", "a nonce that can be guessed", world.players["ada"].sign(short, world.state))
    used = log.from_bytes(world.entries[0])
    assert isinstance(used, log.LogBegun)
    again = msgspec.structs.replace(short, nonce=used.nonce)
    maker.no("G4", "a nonce of an entry before", world.players["ada"].sign(again, world.state))
    fresh = msgspec.structs.replace(short, nonce=world.nonce())
    maker.no(
        "G5",
        "signed by another administrator",
        msgspec.structs.replace(fresh, authenticator=world.players["ida"].answer(world.state.message(fresh))),
    )
    maker.no(
        "G5",
        "signed for another log",
        msgspec.structs.replace(
            fresh,
            authenticator=world.players["ada"].answer(
                log.signed_message(fresh, log="other", epoch=world.state.epoch_root)
            ),
        ),
    )
    maker.no(
        "G5",
        "signed for another epoch",
        msgspec.structs.replace(
            fresh,
            authenticator=world.players["ada"].answer(log.signed_message(fresh, log=world.state.log, epoch="00" * 32)),
        ),
    )
    maker.no("G6", "an auditor suspends somebody", maker.made("person-suspended", "dan"))
    maker.no("G6", "nobody of this log", maker.made("person-suspended", "zoe"))
    maker.no("G6", "the system proposes", maker.made("change-proposed", log.SYSTEM))
