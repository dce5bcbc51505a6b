"""What the API answers beside the views of `broker`: read tolerantly, because the service may be newer."""

from __future__ import annotations

from typing import Any

import msgspec

from rootwarden.facts.instant import Instant


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why something was not done (RFC 9457)."""

    detail: str = ""
    step: str = ""
    hint: str = ""


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """Something to sign, to sign in with."""

    token: str
    message: str


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """Signed in: who, and the session."""

    person: str
    session: str

    def __repr__(self) -> str:
        return f"Arrived(person={self.person!r})"


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """Something that waits for signatures.

    Attributes:
        id: Names it.
        person: Who prepared it.
        kind: What is written once it is signed.
        words: That entry, in one line.
        message: What is signed: canonical JSON, byte for byte.
        expires: Until when.
        several: Whether several people sign.
        signed: Who did.
        wanting: How many signatures are still wanted.
        phrase: What only who files a request is told.
    """

    id: str
    person: str
    kind: str
    words: str
    message: str
    expires: Instant
    several: bool
    signed: tuple[str, ...]
    wanting: int
    phrase: str = ""

    def __repr__(self) -> str:
        return f"Draft(id={self.id!r}, kind={self.kind!r})"


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a signature; what it released is decoded by whoever asked for it."""

    position: int | None
    kind: str
    waiting_for: int
    names: dict[str, str] = {}
    released: dict[str, Any] | None = None

    def __repr__(self) -> str:
        return f"Signed(kind={self.kind!r}, position={self.position!r})"


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What was written without a signature."""

    position: int
    kind: str
    lease: str = ""
