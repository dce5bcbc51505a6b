"""Contacts of an account: who AWS would call, and who can be reset through them."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from rootwarden.facts.fact import Absent, Fact, Known, Unknown


class ContactKind(StrEnum):
    """The primary contact and the three alternate ones."""

    PRIMARY = "primary"
    BILLING = "billing"
    OPERATIONS = "operations"
    SECURITY = "security"


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """One contact; an empty text means AWS has none. The primary contact has no address of its own."""

    name: str = ""
    company: str = ""
    email_address: str = ""
    phone_number: str = ""


class Contacts(msgspec.Struct, frozen=True, kw_only=True):
    """All four contacts of an account; absent means that contact is not set."""

    primary: Fact[Contact] = Unknown("not collected")
    billing: Fact[Contact] = Unknown("not collected")
    operations: Fact[Contact] = Unknown("not collected")
    security: Fact[Contact] = Unknown("not collected")

    def all(self) -> tuple[Fact[Contact], ...]:
        """The four facts, primary first."""
        return (self.primary, self.billing, self.operations, self.security)


def count_contacts(contacts: Contacts) -> Fact[int]:
    """How many contacts are set; unknown while any of them is."""
    for fact in contacts.all():
        if isinstance(fact, Unknown):
            return fact
    known = [fact for fact in contacts.all() if isinstance(fact, Known)]
    return Known(len(known), tuple(source for fact in contacts.all() for source in fact.sources))


def all_same(values: tuple[Fact[str], ...]) -> Fact[bool]:
    """True when two or more values are set and all of them are one and the same, ignoring case and blanks.

    Two different known values decide it although another is unknown.
    """
    known = [fact for fact in values if isinstance(fact, Known) and fact.value]
    distinct = {_folded(fact.value) for fact in known}
    sources = tuple(source for fact in known for source in fact.sources)
    if len(distinct) > 1:
        return Known(False, sources)
    for fact in values:
        if isinstance(fact, Unknown):
            return fact
    return Known(len(known) > 1 and len(distinct) == 1, sources)


def contact_field(fact: Fact[Contact], field: str) -> Fact[str]:
    """One field of a contact; a field AWS has no text for is absent."""
    if not isinstance(fact, Known):
        return fact
    text: str = getattr(fact.value, field)
    return Known(text, fact.sources, fact.note) if text else Absent(fact.sources)


def _folded(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum() or character in "@+")
