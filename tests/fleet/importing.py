"""From evidence folders to the observation table, by the library's own reading of evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.collect.folder import EvidenceFolder
from rootwarden.collect.offline import collect_folder
from rootwarden.facts.account import Account
from rootwarden.facts.assets import AssetCounts, read_asset_counts
from rootwarden.facts.credential_report import parse_credential_report
from rootwarden.facts.fact import Known, Source
from rootwarden.facts.inventory import Part
from rootwarden.facts.root_user import AccessKey, Password, RootUser
from rootwarden.fleet.observation import Run, Seen, observe, table
from rootwarden.fleet.synthetic.report_text import report_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    import polars as pl

    from rootwarden.fleet.observation import Row
    from rootwarden.fleet.synthetic.fleet import SyntheticAccount, SyntheticFleet

SOURCE = Source(call="iam:GetCredentialReport")


def imported(folder: Path) -> pl.DataFrame:
    """Every evidence folder below `folder/<organization>/<instant>/` as one table."""
    return table(row for each in sorted(folder.glob("*/*")) for row in observed(EvidenceFolder(each)))


def reported(fleet: SyntheticFleet) -> pl.DataFrame:
    """The same table for a synthetic fleet in a tenth of the time: no disk, only the root row of each report."""
    return table(
        _reported(account, sample, number)
        for account in fleet.accounts
        for number, sample in enumerate(fleet.samples[account.organization])
    )


def _reported(account: SyntheticAccount, sample: datetime, number: int) -> Row:
    (root,) = parse_credential_report(report_text(account, sample, "").encode(), SOURCE)
    key = AccessKey(
        active=root.boolean("access_key_1_active"),
        last_rotated=root.instant("access_key_1_last_rotated"),
        last_used=root.instant("access_key_1_last_used_date"),
    )
    facts = Account(
        id=account.id,
        name=Known(account.name),
        root=RootUser(
            arn=root.arn,
            created=root.instant("user_creation_time"),
            mfa_active=root.boolean("mfa_active"),
            password=Password(last_used=root.instant("password_last_used")),
            access_keys=Known((key,) if account.keys else ()),
        ),
    )
    run = Run(
        run_id=f"{account.organization}/{sample:%Y-%m-%dT%H:%M:%SZ}",
        as_of=sample,
        organization_id=Known(account.organization),
    )
    assets = read_asset_counts(msgspec.to_builtins(account.assets[number]), SOURCE)
    return observe(run, Seen(account=facts, assets=assets, account_state="ACTIVE"))


def observed(folder: EvidenceFolder) -> Iterator[Row]:
    """The rows of one look."""
    collected = collect_folder(folder, parts=frozenset({Part.USERS}))
    run = Run(
        run_id=f"{folder.path.parent.name}/{folder.path.name}",
        as_of=collected.as_of,
        organization_id=collected.organization.id,
    )
    for each in collected.accounts:
        counts = folder.answer(f"accounts/{each.facts.id}/asset-counts.json")
        assets = read_asset_counts(counts.value, counts.sources[0]) if isinstance(counts, Known) else AssetCounts()
        yield observe(run, Seen(account=each.facts, assets=assets, readable=each.answered, account_state="ACTIVE"))
