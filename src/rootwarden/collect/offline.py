"""Read an evidence folder, or a single credential report, into facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.aws.regions import home_region
from rootwarden.collect import files
from rootwarden.collect.collected import (
    Collected,
    Unreadable,
    active,
    counted,
    in_order,
    keep_whole,
    spoiled,
    unreachable,
)
from rootwarden.collect.disk import read_file
from rootwarden.collect.evidence import AccountAnswers, Answered, CallRecord, decode_document
from rootwarden.collect.folder import as_of_of, wrap_credential_report
from rootwarden.collect.organization import partition_of, read_organization
from rootwarden.collect.read import instant_or_none, records
from rootwarden.collect.reader import AccountReader
from rootwarden.collect.root_user import read_report
from rootwarden.collect.surroundings import surroundings
from rootwarden.errors import InputError, UsageError
from rootwarden.facts.credential_report import CALL, ROOT_USER_NAME, parse_credential_report
from rootwarden.facts.fact import Known, Source, Unknown
from rootwarden.facts.organization import Organization

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from rootwarden.aws.calls import JsonObject
    from rootwarden.collect.collected import (
        CollectedAccount,
        Digest,
    )
    from rootwarden.collect.folder import EvidenceFolder, FolderAnswers
    from rootwarden.collect.surroundings import Surroundings
    from rootwarden.facts.inventory import Part


def collect_folder(
    folder: EvidenceFolder,
    *,
    as_of: datetime | None = None,
    parts: frozenset[Part] = frozenset(),
    inside: bool = True,
    digest: Digest = keep_whole,
    services: bool = False,
) -> Collected:
    """Read every account of an evidence folder.

    Args:
        folder: The folder.
        as_of: The instant to judge at, instead of what the folder tells.
        parts: What of each account's inventory is kept, because a selected rule reads it.
        inside: Some rule asks something inside accounts; if none does, an account without files lacks nothing.
        digest: What is kept of an account once it is read.
        services: Read what AWS's own services watch.

    Raises:
        UsageError: When neither the folder nor the caller tells the instant.
    """
    instant = as_of_of(folder, as_of)
    organization = read_organization(folder.answer, folder.names("policies"))
    around = surroundings(organization, folder.declarations(), instant, parts=parts, services=services)
    skipped = tuple(each for each in around.listed.values() if not active(each))
    gone = {each.id for each in skipped}
    ids = sorted(({*folder.account_folders(), *around.listed}) - gone)
    told = (partition_told(folder.account(account)) for account in folder.account_folders())
    usual = _partition(organization) or next(filter(None, told), "aws")
    reader = AccountReader(around, home_region(usual))
    accounts = _read_all(folder, ids, reader, around, usual=usual, digest=digest)
    if not inside:
        accounts = [msgspec.structs.replace(each, answered=True) for each in accounts]
    return Collected(
        as_of=instant,
        described=f"evidence folder {folder.path.name}, {counted(len(accounts))}",
        organization=organization,
        accounts=in_order(accounts, organization),
        skipped=tuple(sorted(skipped, key=lambda each: each.id)),
        unreadable=_unreadable(folder, organization, accounts),
    )


def _read_all(
    folder: EvidenceFolder,
    ids: list[str],
    reader: AccountReader,
    around: Surroundings,
    *,
    usual: str,
    digest: Digest,
) -> list[CollectedAccount]:
    """Read every account: what serves the whole organization first, and once more who was read before it."""
    done: dict[str, CollectedAccount] = {}

    def read(account: str) -> None:
        listed = around.listed.get(account)
        partition = (listed.partition if listed else "") or partition_told(folder.account(account)) or usual
        read = reader.read(folder.account(account, partition))
        done[account] = digest(read, around.organization, around.as_of)

    for account in (each for each in ids if each == reader.management_account):
        read(account)
    for account in sorted(set(ids) - done.keys(), key=lambda each: (each not in reader.log_accounts(), each)):
        read(account)
    for account in reader.unsettled():
        read(account)
    return list(done.values())


def _unreadable(
    folder: EvidenceFolder, organization: Organization, accounts: list[CollectedAccount]
) -> tuple[Unreadable, ...]:
    """Every file that could not be read or used, and every account nothing is known of; each said once."""
    read = [Unreadable(f"`{file}`", reason) for file, reason in folder.unreadable.items()]
    unused = [Unreadable("the organization", each.reason) for each in spoiled(organization)]
    for each in accounts:
        unused += [Unreadable(f"account {each.facts.id}", wrong.reason) for wrong in spoiled(each.refusals)]
    unused = [each for each in unused if not any(file in each.reason for file in folder.unreadable)]
    empty = [unreachable(each) for each in accounts if not each.answered]
    return tuple(dict.fromkeys((*read, *unused, *empty)))


def collect_credential_report(path: Path, *, as_of: datetime | None, parts: frozenset[Part] = frozenset()) -> Collected:
    """Read one credential report: the decoded CSV, or the CLI's JSON answer.

    Raises:
        InputError: When it is no credential report, or has no root row: then it does not tell whose it is.
        UsageError: When a bare CSV comes without an instant to judge at.
    """
    document = _document(path)
    account, partition = _whose(document, path)
    instant = as_of or instant_or_none(document.get("GeneratedTime"))
    if instant is None:
        raise UsageError(
            f"`{path}` does not tell when the report was generated",
            hint="give --as-of with that instant, for example --as-of 2026-03-02T12:00:00Z",
        )
    record = CallRecord(file=f"accounts/{account}/{files.CREDENTIAL_REPORT}", call=CALL, account=account)
    answers = AccountAnswers(account, partition, {files.CREDENTIAL_REPORT: Answered(record, document)})
    around = surroundings(Organization(), Unknown("`declarations.json` was not given"), instant, parts=parts)
    read = AccountReader(around, home_region(partition)).read(answers)
    return Collected(
        as_of=instant,
        described=f"credential report {path.name}",
        organization=Organization(),
        accounts=(read,),
        unreadable=tuple(dict.fromkeys(Unreadable(f"`{path.name}`", each.reason) for each in spoiled(read.facts))),
    )


def _document(path: Path) -> JsonObject:
    try:
        raw = read_file(path)
    except OSError as error:
        raise InputError(
            f"`{path}` cannot be read: {error.strerror}", hint="give the file `aws iam get-credential-report` wrote"
        ) from error
    if not raw.lstrip().startswith(b"{"):
        return wrap_credential_report(raw).value
    fact = decode_document(raw, path.name, Source(call=CALL))
    if isinstance(fact, Known):
        return fact.value
    reason = fact.reason if isinstance(fact, Unknown) else f"`{path}` is empty"
    raise InputError(reason, hint="export it again with `aws iam get-credential-report`")


def _whose(document: JsonObject, path: Path) -> tuple[str, str]:
    """Account and partition, from the root row's ARN, else from any user's."""
    import base64
    import binascii

    try:
        content = base64.b64decode(str(document.get("Content")), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InputError(
            f"`{path}` has no base64 `Content`", hint="export it with `aws iam get-credential-report`"
        ) from error
    rows = parse_credential_report(content, Source(call=CALL))
    roots = [row for row in rows if row.is_root]
    for row in roots or rows:
        parts = row.arn.split(":")
        if len(parts) > 5 and len(parts[4]) == 12 and parts[4].isdigit():  # noqa: PLR2004 - parts of an ARN
            return parts[4], parts[1]
    raise InputError(
        f"`{path}` has no `{ROOT_USER_NAME}` row and no other user, so it does not tell whose report it is",
        hint="export it again with `aws iam get-credential-report`; the root row is always in it",
    )


def _partition(organization: Organization) -> str:
    """The partition the organization's answers name, or an empty text."""
    accounts = organization.accounts.value if isinstance(organization.accounts, Known) else ()
    named = [each.partition for each in accounts if each.partition]
    if isinstance(organization.arn, Known):
        named.append(partition_of(organization.arn.value))
    return next(filter(None, named), "")


def partition_told(answers: FolderAnswers) -> str:
    """The partition the account's own answers name: root's ARN in the report, or a virtual MFA device's."""
    rows = read_report(answers).rows
    arns = [row.arn for row in rows.value] if isinstance(rows, Known) else []
    devices = records(answers.answer(files.VIRTUAL_MFA_DEVICES), "VirtualMFADevices")
    if isinstance(devices, Known):
        arns += [str(each.get("SerialNumber")) for each in devices.value]
    return next((partition_of(arn) for arn in arns if partition_of(arn)), "")
