"""Write a synthetic fleet as evidence folders, one for each organization and sample, and its truth beside them.

`FOLDER/<organization-id>/<instant>/` is an evidence folder (docs/evidence-folder.md) with the credential reports and
asset counts of that day. What really happened goes into a file outside of FOLDER, where no study of the folder looks.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from rootwarden.collect import files
from rootwarden.collect.folder import COLLECTION_SCHEMA, Collection
from rootwarden.errors import UsageError
from rootwarden.facts.instant import format_instant
from rootwarden.fleet.synthetic.report_text import report_text, user_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from rootwarden.fleet.synthetic.fleet import SyntheticAccount, SyntheticFleet

ASSET_COUNTS = "asset-counts.json"
TRUTH_SCHEMA = "rootwarden.synthetic-fleet/1"


class AccountTruth(msgspec.Struct, frozen=True, kw_only=True):
    """Every use of one account's root user."""

    account: str
    organization: str
    console_uses: tuple[datetime, ...]
    key_uses: tuple[datetime, ...]


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """What really happened in a synthetic fleet; uses from before the first sample's window are in it too."""

    schema: str
    seed: int
    accounts: tuple[AccountTruth, ...]


def write_fleet(fleet: SyntheticFleet, folder: Path, *, on_progress: Callable[[int, int], None] | None = None) -> None:
    """Write every sample of every organization.

    Args:
        fleet: What to write.
        folder: A folder that does not exist yet, or is empty.
        on_progress: Told after each organization how many of how many are written.

    Raises:
        UsageError: When the folder holds something or cannot be written.
    """
    try:
        if folder.exists() and any(folder.iterdir()):
            raise UsageError(f"`{folder}` is not empty", hint="a fleet is never mixed with anything: name a new folder")
        homes: dict[str, list[SyntheticAccount]] = {}
        for account in fleet.accounts:
            homes.setdefault(account.organization, []).append(account)
        for number, (organization, accounts) in enumerate(homes.items(), 1):
            _write_organization(folder / organization, accounts, fleet.samples[organization])
            if on_progress is not None:
                on_progress(number, len(homes))
    except OSError as error:
        raise UsageError(
            f"`{folder}` cannot be written: {error.strerror}", hint="name a folder you may write, with space left"
        ) from error


def write_truth(fleet: SyntheticFleet, path: Path) -> None:
    """Write what really happened.

    Raises:
        UsageError: When the file cannot be written.
    """
    truth = Truth(
        schema=TRUTH_SCHEMA,
        seed=fleet.seed,
        accounts=tuple(
            AccountTruth(
                account=each.id,
                organization=each.organization,
                console_uses=each.console_uses,
                key_uses=each.key_uses,
            )
            for each in fleet.accounts
        ),
    )
    try:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(truth), indent=1))
    except OSError as error:
        raise UsageError(f"`{path}` cannot be written: {error.strerror}", hint="name another file") from error


def _write_organization(folder: Path, accounts: Sequence[SyntheticAccount], samples: Sequence[datetime]) -> None:
    users = [user_lines(each) for each in accounts]
    organization, listed = _organization(accounts), _accounts(accounts)
    for number, sample in enumerate(samples):
        here = folder / format_instant(sample)
        here.mkdir(parents=True)
        (here / files.ORGANIZATION).write_bytes(organization)
        (here / files.ACCOUNTS).write_bytes(listed)
        for account, lines in zip(accounts, users, strict=True):
            own = here / "accounts" / account.id
            own.mkdir(parents=True)
            text = report_text(account, sample, lines)
            (own / files.CREDENTIAL_REPORT_CSV).write_text(text, encoding="utf-8", newline="")
            (own / ASSET_COUNTS).write_bytes(msgspec.json.encode(account.assets[number]))
        collection = Collection(schema=COLLECTION_SCHEMA, as_of=sample)
        # Last, as in a real collection: without it the sample is not whole.
        (here / files.COLLECTION).write_bytes(msgspec.json.encode(collection))


def _organization(accounts: Sequence[SyntheticAccount]) -> bytes:
    (manager,) = (each for each in accounts if each.management)
    return msgspec.json.encode(
        {
            "Organization": {
                "Id": manager.organization,
                "Arn": f"arn:aws:organizations::{manager.id}:organization/{manager.organization}",
                "FeatureSet": "ALL",
                "MasterAccountArn": f"arn:aws:organizations::{manager.id}:account/{manager.organization}/{manager.id}",
                "MasterAccountId": manager.id,
                "MasterAccountEmail": f"{manager.id}@example.com",
            }
        }
    )


def _accounts(accounts: Sequence[SyntheticAccount]) -> bytes:
    (manager,) = (each for each in accounts if each.management)
    listed = [
        {
            "Id": each.id,
            "Arn": f"arn:aws:organizations::{manager.id}:account/{each.organization}/{each.id}",
            "Email": f"{each.id}@example.com",
            "Name": each.name,
            "Status": "ACTIVE",
            "JoinedMethod": "INVITED" if each.management else "CREATED",
            "JoinedTimestamp": format_instant(each.created),
        }
        for each in accounts
    ]
    return msgspec.json.encode({"Accounts": listed})
