"""People, keys, and what two administrators decide."""

from __future__ import annotations

from rootwarden.breakglass.core.change import Change
from rootwarden.breakglass.core.entries.base import Entry, SignedEntry
from rootwarden.breakglass.core.public_key import PublicKey
from rootwarden.breakglass.core.text import Line, Name, PersonName, Words


class KeyOffered(SignedEntry, frozen=True, kw_only=True, tag="key-offered", forbid_unknown_fields=True):
    """Somebody proves to hold a key that administrators may admit; the signature is the key's own."""

    person: PersonName
    key: PublicKey


class ChangeProposed(SignedEntry, frozen=True, kw_only=True, tag="change-proposed", forbid_unknown_fields=True):
    """An administrator proposes a change."""

    proposal: Name
    change: Change


class ChangeSeconded(SignedEntry, frozen=True, kw_only=True, tag="change-seconded", forbid_unknown_fields=True):
    """Another administrator agrees: the change holds from here on."""

    proposal: Name
    digest: Line


class PersonSuspended(SignedEntry, frozen=True, kw_only=True, tag="person-suspended", forbid_unknown_fields=True):
    """An administrator takes every right from somebody at once."""

    person: PersonName
    reason: Words


class LeaverSuspended(Entry, frozen=True, kw_only=True, tag="leaver-suspended", forbid_unknown_fields=True):
    """A list of leavers names somebody, who loses every right at once."""

    person: PersonName
    reason: Words
