"""What `iam admins` and `iam usage` are given: account dumps, evidence folders, an organization's policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from rootwarden.cli.given_file import given_bytes
from rootwarden.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.collect.collected import Collected
    from rootwarden.facts.organization import Organization
    from rootwarden.facts.principals import AuthorizationDetails


def details_in_files(files: list[Path], unread: list[tuple[str, str]] | None = None) -> dict[str, AuthorizationDetails]:
    """The authorization details of several accounts, by account; what is missing in one is said on stderr.

    Args:
        files: A file for each account.
        unread: Takes up the account and what its file lacks.

    Raises:
        UsageError: A file cannot be read.
        InputError: It is something else, or about an account that was given already.
    """
    from rootwarden.collect.principals import details_in

    accounts: dict[str, AuthorizationDetails] = {}
    for file in files:
        found = details_in(given_bytes(file), str(file))
        if found.account in accounts:
            raise InputError(f"`{file}` is about account {found.account}, which was given already", hint="give one")
        for name in found.missing:
            typer.echo(f"`{file}` has no `{name}`: what it would name is not known", err=True)
            if unread is not None:
                unread.append((found.account, f"`{file}` has no `{name}`"))
        accounts[found.account] = found.details
    return accounts


def collected_in(folder: Path) -> Collected:
    """Users, roles and policies of every account of an evidence folder.

    Raises:
        InputError: It is none.
    """
    from datetime import UTC, datetime

    from rootwarden.collect.folder import EvidenceFolder
    from rootwarden.collect.offline import collect_folder
    from rootwarden.facts.inventory import Part

    evidence = EvidenceFolder(folder)
    # Nothing here is judged by the instant; a folder that does not tell one is read all the same.
    as_of = evidence.as_of or datetime.fromtimestamp(0, UTC)
    return collect_folder(evidence, as_of=as_of, parts=frozenset({Part.DETAILS, Part.USERS}))


def organization_in(folder: Path) -> Organization:
    """The organization of an evidence folder, for its service control policies.

    Raises:
        InputError: It is none.
    """
    from rootwarden.collect.folder import EvidenceFolder
    from rootwarden.collect.organization import read_organization

    evidence = EvidenceFolder(folder)
    return read_organization(evidence.answer, evidence.names("policies"))
