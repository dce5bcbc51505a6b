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
    title: str = ""
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
    """How many contacts are set; unknown while any of them is. One with nothing but blanks in it is not set."""
    for fact in contacts.all():
        if isinstance(fact, Unknown):
            return fact
    known = [fact for fact in contacts.all() if isinstance(fact, Known) and _reachable(fact.value)]
    return Known(len(known), tuple(source for fact in contacts.all() for source in fact.sources))


def _reachable(contact: Contact) -> bool:
    return any(text.strip() for text in (contact.name, contact.email_address, contact.phone_number))


def one_for_all(first: Fact[str], alternates: tuple[Fact[str], ...]) -> Fact[bool]:
    """True when one value serves for all alternate contacts, or for all of them and `first`.

    The alternates are also judged by themselves: three of them that are one and the same do not become distinct by a
    primary contact, or a root address, that differs. Either question with a known yes decides; a no needs both.

    Args:
        first: The primary contact's value, or the root address.
        alternates: The values of the billing, operations and security contact.
    """
    answers = (all_same(alternates), all_same((first, *alternates)))
    for answer in answers:
        if isinstance(answer, Known) and answer.value:
            return answer
    return next((answer for answer in answers if isinstance(answer, Unknown)), answers[1])


def all_same(values: tuple[Fact[str], ...]) -> Fact[bool]:
    """True when two or more values are set and all of them are one and the same, ignoring case and blanks.

    Two different known values decide it although another is unknown, and so do fewer than two that can be set at all.
    """
    known = [fact for fact in values if isinstance(fact, Known) and fact.value.strip()]
    unknown = [fact for fact in values if isinstance(fact, Unknown)]
    distinct = {_folded(fact.value) for fact in known}
    sources = tuple(source for fact in known for source in fact.sources)
    if len(distinct) > 1 or len(known) + len(unknown) < 2:  # noqa: PLR2004 - nothing is the same as itself alone
        return Known(False, sources)
    return unknown[0] if unknown else Known(True, sources)


def contact_field(fact: Fact[Contact], field: str) -> Fact[str]:
    """One field of a contact; a field AWS has no text for, or nothing but blanks, is absent."""
    if not isinstance(fact, Known):
        return fact
    text: str = getattr(fact.value, field).strip()
    return Known(text, fact.sources, fact.note) if text else Absent(fact.sources)


def _folded(text: str) -> str:
    """What two spellings of one value share. In an address every letter counts; names and numbers are spaced freely."""
    folded = text.strip().casefold()
    if "@" in folded:
        return folded
    return "".join(character for character in folded if character.isalnum() or character == "+") or folded
