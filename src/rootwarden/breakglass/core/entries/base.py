"""What every entry has, and who signs it."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from rootwarden.breakglass.core.authenticator import Authenticator
from rootwarden.breakglass.core.text import Nonce, PersonName
from rootwarden.facts.instant import Instant

SYSTEM = "system"


class Entry(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", forbid_unknown_fields=True):
    """What every entry has.

    Attributes:
        at: When, by the broker's trusted clock.
        actor: Id of the person who caused it, or `system`.
    """

    SIGNED: ClassVar[bool] = False

    at: Instant
    actor: PersonName


class SignedEntry(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry its actor signs.

    Attributes:
        nonce: Random, so that a signature is good for once.
        authenticator: The actor's signature.
    """

    SIGNED: ClassVar[bool] = True

    nonce: Nonce
    authenticator: Authenticator


class Cosigner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of several people who sign an entry."""

    person: PersonName
    authenticator: Authenticator


class JointEntry(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry several people sign together."""

    SIGNED: ClassVar[bool] = True

    nonce: Nonce
    signers: Annotated[tuple[Cosigner, ...], msgspec.Meta(max_length=64)]
