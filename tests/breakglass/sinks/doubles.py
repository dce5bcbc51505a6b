"""A sink that does what it is told: takes, raises, blocks until it may go on, lies."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tests.breakglass.logs import now

from rootwarden.breakglass.sinks.sink import Receipt, SinkBehindError, SinkKind
from rootwarden.errors import SinkError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rootwarden.breakglass.sinks.lane import Allowance
    from rootwarden.transparency.head import Head


class ToldSink:
    """In memory, and honest until it is told otherwise."""

    def __init__(self, name: str = "told", kind: SinkKind = SinkKind.FILE, *, takes_entries: bool = True) -> None:
        self.name = name
        self.kind = kind
        self.tells = True
        self.takes_entries = takes_entries
        self.entries: list[bytes] = []
        self.heads: list[Head] = []
        self.offered: list[int] = []
        self.trouble: Exception | None = None
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.begun = threading.Event()
        self.receipt: Receipt | None = None

    def offer(self, head: Head, entries: Sequence[bytes], within: Allowance) -> Receipt:
        del within
        self.offered.append(head.size)
        self.begun.set()
        self.may_go_on.wait(30)
        if self.trouble is not None:
            raise self.trouble
        first = head.size - len(entries)
        if self.takes_entries and first > len(self.entries):
            raise SinkBehindError("behind", holds=len(self.entries))
        self.entries[first:] = entries
        self.heads.append(head)
        return self.receipt or self.receipt_for(head)

    def receipt_for(self, head: Head, *, sink: str = "") -> Receipt:
        return Receipt(
            sink=sink or self.name,
            kind=self.kind,
            head=head,
            accepted_at=now(),
            reference="told",
            verifiable=self.kind is SinkKind.WITNESS,
        )

    def newest(self, within: Allowance) -> tuple[Head, ...]:
        del within
        self.begun.set()
        self.may_go_on.wait(30)
        if isinstance(self.trouble, SinkError):
            raise self.trouble
        return tuple(self.heads[-1:])
