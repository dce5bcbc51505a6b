"""Account dumps and evidence folders, read into users and roles with what they hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.errors import InputError, UsageError
from rootwarden.iam.admins.building import Household

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rootwarden.aws.calls import JsonObject
    from rootwarden.collect.account import Surroundings
    from rootwarden.facts.fact import Fact
    from rootwarden.facts.guardrail import ScpDocument
    from rootwarden.facts.principals import AuthorizationDetails
    from rootwarden.iam.admins.building import Library
    from rootwarden.iam.admins.holders import AccountSeat
    from rootwarden.iam.admins.powers import Book
    from rootwarden.iam.layer import Policy

_ACCOUNT: Final = re.compile(rb'"arn:([a-z-]+):iam::([0-9]{12}):(?:user|role|group)/')


class Households(msgspec.Struct, frozen=True, kw_only=True):
    """What was read.

    Attributes:
        households: Users and roles, account by account.
        trouble: What could not be read, in words.
    """

    households: tuple[Household, ...]
    trouble: tuple[str, ...]


def read_households(files: Sequence[Path], evidence: Path | None, book: Book) -> Households:
    """Read users and roles of every account that was given.

    Args:
        files: Answers of `get-account-authorization-details`.
        evidence: An evidence folder, or nothing; its service control policies count.
        book: Where policies are compiled.

    Raises:
        RootwardenError: A file is not what it should be, or an account is given twice.
    """
    from rootwarden.iam.admins.building import Library

    library, trouble = Library(), list[str]()
    found = [_of_file(file, book, library) for file in files]
    if evidence is not None:
        found += _of_evidence(evidence, book, library, trouble)
    accounts = [one.seat.id for one in found]
    twice = next((account for account in accounts if accounts.count(account) > 1), "")
    if twice:
        raise UsageError(f"account `{twice}` is given twice", hint="give one dump an account")
    return Households(households=tuple(found), trouble=tuple(trouble))


def _of_file(file: Path, book: Book, library: Library) -> Household:
    from rootwarden.collect import files as names
    from rootwarden.collect.disk import read_file
    from rootwarden.collect.evidence import AccountAnswers, Answered, CallRecord, decode_document
    from rootwarden.collect.pages import joined_pages
    from rootwarden.collect.principals import DETAILS, authorization_details
    from rootwarden.facts.fact import Known, Source
    from rootwarden.iam.admins.building import household
    from rootwarden.iam.admins.holders import AccountSeat

    try:
        raw = read_file(file)
    except OSError as error:
        raise UsageError(f"`{file}` cannot be read: {error.strerror}") from error
    source = Source(call=DETAILS)
    found: Fact[JsonObject] = decode_document(raw, str(file), source)
    if not isinstance(found, Known):
        found = joined_pages(raw, str(file), source) or found
    named = _ACCOUNT.search(raw)
    hint = "give what `aws iam get-account-authorization-details` prints"
    if not isinstance(found, Known) or named is None:
        raise InputError(getattr(found, "reason", "") or f"`{file}` names no user, role or group", hint=hint)
    partition, account = named.group(1).decode(), named.group(2).decode()
    record = CallRecord(file=names.AUTHORIZATION_DETAILS, call=DETAILS)
    answers = AccountAnswers(account, partition, {names.AUTHORIZATION_DETAILS: Answered(record, found.value)})
    details = authorization_details(answers)
    if not isinstance(details, Known):
        raise InputError(f"`{file}` cannot be used: {getattr(details, 'reason', 'it is empty')}", hint=hint)
    return household(details.value, AccountSeat(id=account, partition=partition), book, library)


def _of_evidence(evidence: Path, book: Book, library: Library, trouble: list[str]) -> list[Household]:
    from datetime import UTC, datetime

    from rootwarden.collect.account import surroundings
    from rootwarden.collect.folder import EvidenceFolder
    from rootwarden.collect.organization import partition_of, read_organization
    from rootwarden.collect.principals import authorization_details
    from rootwarden.facts.fact import Known
    from rootwarden.iam.admins.building import household

    folder = EvidenceFolder(evidence)
    organization = read_organization(folder.answer, folder.names("policies"))
    as_of = folder.as_of or datetime(1970, 1, 1, tzinfo=UTC)
    around = surroundings(organization, folder.declarations(), as_of)
    arn = organization.arn
    partition = (partition_of(arn.value) if isinstance(arn, Known) else "") or "aws"
    found = []
    for account in folder.account_folders():
        details: Fact[AuthorizationDetails] = authorization_details(folder.account(account, partition))
        if isinstance(details, Known):
            seat = _seat(account, partition, around, library, trouble)
            found.append(household(details.value, seat, book, library))
        else:
            trouble.append(f"account {account}: its users and roles are not known: {getattr(details, 'reason', '')}")
    return found


def _seat(account: str, partition: str, around: Surroundings, library: Library, trouble: list[str]) -> AccountSeat:
    """The account with the service control policies that bind it; that some are not known is said."""
    from rootwarden.collect.policies import policies_on_path
    from rootwarden.facts.fact import Known
    from rootwarden.iam.admins.holders import AccountSeat

    organization = around.organization
    management = organization.management_account.value if isinstance(organization.management_account, Known) else ""
    levels = policies_on_path(account, around)
    scp: tuple[tuple[Policy, ...], ...] = ()
    if isinstance(levels, Known):
        scp = tuple(tuple(_policy(each, library) for each in level) for level in levels.value)
    elif isinstance(organization.id, Known):
        trouble.append(
            f"account {account}: its service control policies are not known: {getattr(levels, 'reason', '')}"
        )
    return AccountSeat(
        id=account,
        partition=partition,
        management=account == management if management else None,
        management_account=management,
        organization=organization.id.value if isinstance(organization.id, Known) else "",
        scp=() if management and account == management else scp,
    )


def _policy(scp: ScpDocument, library: Library) -> Policy:
    from rootwarden.iam.admins.building import document

    return library.policy(scp.name or scp.id, document(scp.statements))
