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
    status: int = 500


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
    """What became of a signature.

    Attributes:
        position: Place of the entry; none while others have to sign.
        kind: Of the entry.
        waiting_for: How many signatures are still wanted.
        names: What the entry is about.
        released: What left, decoded by whoever asked for it.
        trouble: What could not be done afterwards; the entry stands.
    """

    position: int | None
    kind: str
    waiting_for: int
    names: dict[str, str] = {}
    released: dict[str, Any] | None = None
    trouble: Problem | None = None

    def __repr__(self) -> str:
        return f"Signed(kind={self.kind!r}, position={self.position!r})"


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What was written without a signature; `trouble` is what could not be done afterwards."""

    position: int
    kind: str
    lease: str = ""
    openings: tuple[str, ...] = ()
    trouble: Problem | None = None


class Passing(msgspec.Struct, frozen=True, kw_only=True):
    """Something secret on its way to the terminal; it does not print."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"

    __str__ = __repr__


class CodeReply(Passing, frozen=True, kw_only=True):
    """A code (BG-7), and which sinks hold the head over its release."""

    code: str
    device: str
    step: int
    valid_until: Instant
    seconds_left: int
    codes_left: int
    anchored: tuple[str, ...]


class PasswordReply(Passing, frozen=True, kw_only=True):
    """The root password, and which sinks hold the head over its release."""

    password: str
    anchored: tuple[str, ...]


class EnrolmentReply(Passing, frozen=True, kw_only=True):
    """The two codes for the console's form."""

    first: str
    second: str
    step: int
    valid_until: Instant
    anchored: tuple[str, ...]


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What a custodian takes off, and whom they encrypt it to.

    Attributes:
        opening: Id of the opening.
        recipient: The vault's one-time age recipient.
        fingerprint: Its SHA-256, in hexadecimal.
        layers: The age files, in Base64.
    """

    opening: str
    recipient: str
    fingerprint: str
    layers: tuple[str, ...]


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """An export waits for a signature over its digest."""

    digest: str


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A drill that was begun."""

    drill: str
