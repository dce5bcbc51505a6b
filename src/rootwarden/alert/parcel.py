"""What is handed to a channel, and what a channel is."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import msgspec

from rootwarden.alert.content.message import digest, page
from rootwarden.alert.content.subject import Subject
from rootwarden.alert.delivery.state import Kind

if TYPE_CHECKING:
    from rootwarden.alert.content.message import Message
    from rootwarden.alert.store.leasing import Attempted


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery with everything in it.

    Attributes:
        key: Idempotency key; the same for every attempt.
        kind: Page, digest or stream.
        stage: Of the escalation.
        maybe_repeat: An earlier attempt may have come through.
        subjects: What it tells of: one, or as many as were gathered.
        now: When it is sent.
    """

    key: str
    kind: Kind
    stage: int = 0
    maybe_repeat: bool = False
    subjects: tuple[Subject, ...]
    now: datetime

    def message(self) -> Message:
        """The message for people."""
        if self.kind is Kind.DIGEST:
            return digest(self.subjects, key=self.key, maybe_repeat=self.maybe_repeat)
        return page(self.subjects[0], key=self.key, stage=self.stage, maybe_repeat=self.maybe_repeat)


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody acknowledged in a pager's own interface.

    Attributes:
        person: Who, as the pager names them.
        at: When, as the pager says; `None` when it does not.
    """

    person: str
    at: datetime | None = None


class Channel(Protocol):
    """A way out."""

    @property
    def name(self) -> str:
        """As the settings call it."""

    def send(self, parcel: Parcel) -> Attempted:
        """Hand a parcel over, once; what goes wrong is in the answer, nothing is raised for it."""


@runtime_checkable
class Pager(Channel, Protocol):
    """A channel that can say whether somebody took what was sent."""

    def answered(self, thread: str) -> Answered | None:
        """Who took the alert of a key; `None` while nobody did, or while the pager does not say."""
