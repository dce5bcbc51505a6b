"""The log as an auditor reads it: entries in plain words, heads, proofs, check-outs, drills."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from rootwarden.breakglass.broker import seeing
from rootwarden.breakglass.broker.untold import Untolds
from rootwarden.breakglass.broker.words import line_of
from rootwarden.breakglass.core.entry import from_bytes, kind_of
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.drills.calendar import Done, Outcome, Standing, due
from rootwarden.facts.instant import Instant
from rootwarden.transparency.head import Head, head_is_signed
from rootwarden.transparency.merkle import leaf_hash

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from rootwarden.breakglass.core.state import State
    from rootwarden.breakglass.drills.calendar import Due

PAGE: Final = 100
_ORDER: Final = {Standing.OVERDUE.value: 0, Standing.SOON.value: 1, Standing.DONE.value: 2}


class EntryView(msgspec.Struct, frozen=True, kw_only=True):
    """One entry.

    Attributes:
        position: Its place in the log.
        kind: Its kind.
        actor: Who caused it.
        at: When.
        words: What it says, in one line.
        leaf: Its leaf hash, in hexadecimal.
        content: The entry itself, as JSON.
    """

    position: int
    kind: str
    actor: str
    at: Instant
    words: str
    leaf: str
    content: dict[str, Any]


class Anchor(msgspec.Struct, frozen=True, kw_only=True):
    """Where a head lies beside the log itself.

    Attributes:
        sink: Name of the sink.
        size: The size of the newest head it accepted.
        at: When it did.
        works: Whether it accepted the newest one it was given.
        detail: What it said.
    """

    sink: str
    size: int
    at: Instant | None
    works: bool
    detail: str = ""


class HeadView(msgspec.Struct, frozen=True, kw_only=True):
    """The log as it stands: what clients keep, and compare.

    Attributes:
        log: Name of the log.
        size: How many entries.
        root: Root hash over them, in hexadecimal.
        signed: Whether the newest head kept is signed with the checkpoint key, and is over exactly these entries.
        head: The newest signed head.
        checkpoint_key: What signs heads, in PEM.
        anchors: Where heads lie elsewhere.
        sealed: Why the broker is sealed, or nothing.
    """

    log: str
    size: int
    root: str
    signed: bool
    head: Head | None
    checkpoint_key: str
    anchors: tuple[Anchor, ...]
    sealed: str


class AuditView(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the log, newest last, whether all of it holds, and whom nothing reached."""

    head: HeadView
    start: int
    entries: tuple[EntryView, ...]
    untold: Untolds


class Consistency(msgspec.Struct, frozen=True, kw_only=True):
    """That the log only grew: RFC 9162, section 2.1.4; hashes in hexadecimal."""

    first: int
    first_root: str
    second: int
    second_root: str
    path: tuple[str, ...]


class DrillView(msgspec.Struct, frozen=True, kw_only=True):
    """A planned drill: when it is due, where it stands (`done`, `soon`, `overdue`), how the last one went."""

    account: str
    account_name: str
    kind: str
    due: Instant
    standing: str
    done: Instant | None
    outcome: str
    evidence: str


def check_auditor(state: State, who: str, at: datetime) -> None:
    """Let only those read the whole log who may.

    Raises:
        Refused: They may not.
    """
    if not seeing.sees_everything(state, who, at):
        raise Refused("G6", "auditors and administrators read the log")


def head_view(state: State, head: Head | None, *, anchors: Iterable[Anchor] = (), sealed: str = "") -> HeadView:
    """How the log stands; everybody who is signed in may know that, or nobody could compare."""
    return HeadView(
        log=state.log,
        size=state.size,
        root=state.tree.root.hex(),
        signed=head is not None and _is_over(state, head),
        head=head,
        checkpoint_key=state.checkpoint_key,
        anchors=tuple(anchors),
        sealed=sealed,
    )


def consistency_view(state: State, first: int, second: int) -> Consistency:
    """The proof between two sizes of the log.

    Raises:
        Refused: They are no sizes this log had.
    """
    before, after = state.tree.root_at(first), state.tree.root_at(second)
    if before is None or after is None or not 1 <= first <= second:
        raise Refused("A5", "the log has no such sizes", hint=f"it has {state.size} entries now")
    path = state.tree.consistency(first, second)
    return Consistency(
        first=first,
        first_root=before.hex(),
        second=second,
        second_root=after.hex(),
        path=tuple(one.hex() for one in path),
    )


def entry_view(position: int, content: bytes) -> EntryView:
    """One entry as it stands in the log.

    Raises:
        InputError: It is none.
    """
    entry = from_bytes(content)
    return EntryView(
        position=position,
        kind=kind_of(entry),
        actor=entry.actor,
        at=entry.at,
        words=line_of(entry),
        leaf=leaf_hash(content).hex(),
        content=msgspec.json.decode(content),
    )


def drills_of(state: State, at: datetime) -> tuple[DrillView, ...]:
    """The drills the accounts plan, those that are overdue first."""
    accounts = {name: guarded.account for name, guarded in state.accounts.items()}
    planned = due(accounts.values(), done_drills(state), now=at)
    shown = (_view_drill(one, accounts[one.account].name) for one in planned)
    return tuple(sorted(shown, key=lambda one: (_ORDER[one.standing], one.due)))


def done_drills(state: State) -> tuple[Done, ...]:
    """Every drill that came to an end."""
    return tuple(
        Done(
            id=one.id,
            account=one.account,
            kind=one.kind,
            due=one.due,
            done=one.done,
            outcome=Outcome(one.outcome),
            evidence=one.evidence,
        )
        for one in state.drills.values()
        if one.done is not None and one.due is not None
    )


def _view_drill(planned: Due, name: str) -> DrillView:
    last = planned.last
    return DrillView(
        account=planned.account,
        account_name=name,
        kind=planned.kind,
        due=planned.due,
        standing=planned.standing.value,
        done=last.done if last else None,
        outcome=last.outcome.value if last else "",
        evidence=last.evidence if last else "",
    )


def _is_over(state: State, head: Head) -> bool:
    key = load_pem_public_key(state.checkpoint_key.encode())
    root = base64.b64encode(state.tree.root).decode()
    signed = isinstance(key, Ed25519PublicKey) and head_is_signed(head, [key])
    return signed and (head.size, head.root) == (state.size, root)
