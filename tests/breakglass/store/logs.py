"""Logs to keep and to verify: founded by two administrators, grown by what the system says."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from rootwarden.breakglass.core import change as changes
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.step import replay
from rootwarden.breakglass.rehearsal.cast import cast
from rootwarden.breakglass.rehearsal.play import BEGAN, CHECKPOINT, Play
from rootwarden.breakglass.store.trouble import LogMoved
from rootwarden.breakglass.store.verify import verify
from rootwarden.transparency.growing import GrowingTree
from rootwarden.transparency.head import sign_head

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rootwarden.breakglass.store.log_store import LogStore
    from rootwarden.breakglass.store.verdict import Verdict
    from rootwarden.transparency.head import Head

KEYS = (CHECKPOINT.public_key(),)


def founded() -> Play:
    players = cast()
    return Play(players={name: players[name] for name in ("ada", "ben")})


def small() -> list[bytes]:
    """A log with an entry of every sort: founders', signed, by a person without signature, the system's."""
    play = founded()
    play.say(log.SignedIn, "ada", method="passkey")
    play.wait(minutes=1)
    play.say(log.SinkChanged, sink="s3", works=True)
    waiver = changes.Waive(waiver="placement:same-network", reason="a pilot", until=play.now + timedelta(days=1))
    play.change(waiver)
    play.say(log.AttemptRefused, "ben", attempted="code", step="R1", count=3)
    return play.entries


def said(word: str, *, reason: str = "") -> bytes:
    """An entry of the system that says a word."""
    at = BEGAN + timedelta(hours=1)
    return log.to_bytes(log.SinkChanged(at=at, actor=log.SYSTEM, sink=word, works=True, reason=reason))


def head_over(entries: Sequence[bytes]) -> Head:
    tree = GrowingTree(entries)
    return sign_head(CHECKPOINT, size=tree.size, root=tree.root, at=BEGAN)


def heads_over(entries: Sequence[bytes], *sizes: int) -> list[Head]:
    """A head for each size; for every one without sizes."""
    return [head_over(entries[:size]) for size in sizes or range(1, len(entries) + 1)]


def keep(store: LogStore, entries: Sequence[bytes]) -> None:
    """Append entries one by one."""
    for size in range(store.size(), len(entries)):
        store.append(size, entries[size : size + 1], head_over(entries[: size + 1]))


def add(store: LogStore, word: str) -> int:
    """Append one entry as the broker does: look, sign, append, again when somebody else was quicker; its place."""
    while True:
        known = list(store.read())
        grown = [*known, said(word)] if known else small()[:1]
        try:
            store.append(len(known), grown[len(known) :], head_over(grown))
        except LogMoved:
            continue
        if known:
            return len(known)


def kept(store: LogStore) -> Verdict:
    """What an auditor says of a store, whose newest head somebody kept elsewhere too."""
    heads = list(store.heads())
    return verify(store.read(), heads, checkpoint_keys=KEYS, other_heads=heads[-1:])


def words(store: LogStore) -> list[str]:
    """What the system said, in order; the log must replay."""
    entries = list(store.read())
    replay(entries)
    return [one["sink"] for one in map(msgspec.json.decode, entries) if one["kind"] == "sink-changed"]
