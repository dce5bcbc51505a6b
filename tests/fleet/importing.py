"""From evidence folders to the observation table, by the library's own reading of evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.collect.folder import EvidenceFolder
from rootwarden.collect.offline import collect_folder
from rootwarden.facts.assets import AssetCounts, read_asset_counts
from rootwarden.facts.fact import Known
from rootwarden.fleet.observation import Run, Seen, observe, table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import polars as pl

    from rootwarden.fleet.observation import Row


def imported(folder: Path) -> pl.DataFrame:
    """Every evidence folder below `folder/<organization>/<instant>/` as one table."""
    return table(row for each in sorted(folder.glob("*/*")) for row in observed(EvidenceFolder(each)))


def observed(folder: EvidenceFolder) -> Iterator[Row]:
    """The rows of one look."""
    collected = collect_folder(folder, keep_users=True)
    run = Run(
        run_id=f"{folder.path.parent.name}/{folder.path.name}",
        as_of=collected.as_of,
        organization_id=collected.organization.id,
    )
    for each in collected.accounts:
        counts = folder.answer(f"accounts/{each.facts.id}/asset-counts.json")
        assets = read_asset_counts(counts.value, counts.sources[0]) if isinstance(counts, Known) else AssetCounts()
        yield observe(run, Seen(account=each.facts, assets=assets, readable=each.answered, account_state="ACTIVE"))
