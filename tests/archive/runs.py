"""Runs to archive: what a collection gave, made by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rootwarden.archive.archive import Archive
from rootwarden.archive.folder import Folder
from rootwarden.archive.recorder import Recorder
from rootwarden.collect.collected import Collected, CollectedAccount
from rootwarden.facts.account import Account
from rootwarden.facts.fact import Known
from rootwarden.facts.organization import Organization, OrganizationAccount
from rootwarden.facts.root_user import RootUser

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.archive.recorder import Finished

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ORGANIZATION = "o-exampleorg"


def account(number: int, **facts: Any) -> Account:
    """An account of which only this is known."""
    made = f"{number:012d}"
    return Account(id=made, root=RootUser(arn=f"arn:aws:iam::{made}:root"), **facts)


def collected(
    *accounts: Account, as_of: datetime = NOON, organization: str = ORGANIZATION, closed: tuple[str, ...] = ()
) -> Collected:
    """What a look at these gave."""
    skipped = tuple(OrganizationAccount(id=each, name="gone", state="SUSPENDED") for each in closed)
    listed = tuple(
        OrganizationAccount(id=each.id, state="ACTIVE") for each in sorted(accounts, key=lambda each: each.id)
    )
    return Collected(
        as_of=as_of,
        described="made by hand",
        organization=Organization(id=Known(organization), accounts=Known((*listed, *skipped))),
        accounts=tuple(CollectedAccount(facts=each, refusals=(), answered=True) for each in accounts),
        skipped=skipped,
    )


def finished(made: Collected, name: str = "") -> Finished:
    """The run, ready to be written."""
    return Recorder(organization_name=name).finish(made)


def at(folder: Path) -> Archive:
    """The archive in a folder."""
    return Archive(Folder(folder, create=True))
