"""What a collection gives, live or from a folder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from rootwarden.facts.account import Account
from rootwarden.facts.credential_report import CredentialReportRow
from rootwarden.facts.fact import Known, Unknown, Why
from rootwarden.facts.guardrail import ResourceControls
from rootwarden.facts.native_services import AccountServices
from rootwarden.facts.organization import Organization, OrganizationAccount

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MOST_NAMED = 4


class CollectedAccount(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of one account, and every call that gave no answer.

    Attributes:
        facts: The facts.
        refusals: Why each unanswered call gave no answer; its first source names the call.
        answered: Whether anything at all was answered about it.
        services: What AWS's own services watch, where that is asked; no part of the facts an archive keeps.
    """

    facts: Account
    refusals: tuple[Unknown, ...]
    answered: bool
    services: AccountServices = AccountServices()


class Unreadable(msgspec.Struct, frozen=True):
    """A file or an account that gave nothing, and why."""

    subject: str
    reason: str


class Collected(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one look gave.

    Attributes:
        as_of: The instant to judge at.
        described: What was looked at, for people.
        organization: The organization's facts.
        resource_controls: Its resource control policies, of a live look.
        accounts: Management account first, then by id.
        skipped: Accounts that are not ACTIVE, with their state.
        unreadable: Files or accounts that could not be read at all, with the reason.
        warnings: For people.
        interrupted: Ctrl-C ended it early.
    """

    as_of: datetime
    described: str
    organization: Organization
    resource_controls: ResourceControls = ResourceControls()
    accounts: tuple[CollectedAccount, ...]
    skipped: tuple[OrganizationAccount, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    warnings: tuple[str, ...] = ()
    interrupted: bool = False


# From an account as soon as it was read, its organization and the instant to judge at: what is kept of it. An account
# that is read once more is digested once more.
Digest: TypeAlias = Callable[[CollectedAccount, Organization, datetime], CollectedAccount]


def keep_whole(account: CollectedAccount, _organization: Organization, _as_of: datetime) -> CollectedAccount:
    """The digest that keeps everything."""
    return account


def counted(accounts: int) -> str:
    """A number of accounts in words."""
    return f"{accounts:,} account{'' if accounts == 1 else 's'}"


def in_order(accounts: list[CollectedAccount], organization: Organization) -> tuple[CollectedAccount, ...]:
    """Management account first, then by id."""
    manager = organization.management_account
    first = manager.value if isinstance(manager, Known) else ""
    return tuple(sorted(accounts, key=lambda each: (each.facts.id != first, each.facts.id)))


def active(listed: OrganizationAccount) -> bool:
    """Whether an account is asked at all; a state AWS did not send counts as active, so that it is looked at."""
    return listed.state in ("ACTIVE", "")


def refusals_of(unknowns: list[Unknown]) -> tuple[Unknown, ...]:
    """Only what was asked and not answered, each call once."""
    asked = [each for each in unknowns if each.why is not Why.NOT_COLLECTED]
    unique = {(each.sources[0].call if each.sources else "", each.reason): each for each in asked}
    return tuple(unique[key] for key in sorted(unique))


def spoiled(value: object) -> Iterator[Unknown]:
    """Every fact in a value that is unknown because what was answered cannot be used, or is about something else."""
    waiting: list[object] = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Unknown):
            if each.why in (Why.MALFORMED, Why.CONFLICTING):
                yield each
        elif isinstance(each, Known):
            if isinstance(each.value, msgspec.Struct | tuple):
                waiting.append(each.value)
        elif isinstance(each, CredentialReportRow):
            continue  # its cells are texts: 22 of them for every user
        elif isinstance(each, msgspec.Struct):
            waiting.extend(_nested(getattr(each, name) for name in each.__struct_fields__))
        elif isinstance(each, tuple | dict):
            waiting.extend(_nested(each.values() if isinstance(each, dict) else each))


def _nested(values: Iterable[object]) -> Sequence[object]:
    """What may hold facts, last first, as a stack wants it."""
    return [each for each in values if isinstance(each, msgspec.Struct | tuple | dict)][::-1]


def unreachable(account: CollectedAccount) -> Unreadable:
    """Why an account gave nothing."""
    reason = account.refusals[0].reason if account.refusals else "nothing was collected"
    return Unreadable(f"account {account.facts.id}", reason)


def in_words(unreadable: tuple[Unreadable, ...]) -> tuple[str, ...]:
    """One line a reason, however many files or accounts share it."""
    subjects: dict[str, list[str]] = {}
    for each in unreadable:
        subjects.setdefault(each.reason, []).append(each.subject)
    return tuple(f"could not be read: {_some(names)}: {reason}" for reason, names in subjects.items())


def _some(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
