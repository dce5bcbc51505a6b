"""Takes the accounts of a run as they are read, and writes them as one snapshot when the run has ended.

Kept meanwhile is a row of cells and the packed facts of each account, not the facts themselves.
"""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING, Final

import msgspec
import polars as pl
from polars.io.plugins import register_io_source

from rootwarden import __version__
from rootwarden.archive.snapshot import (
    CARD_KEY,
    FACTS_COLUMN,
    ORGANIZATION_KEY,
    Content,
    Snapshot,
    encode_facts,
    encode_organization,
    run_of,
    scope_of,
    state_of,
    whole,
)
from rootwarden.archive.snapshot import STANDALONE as STANDALONE_SCOPE
from rootwarden.archive.snapshot import UNKNOWN as UNKNOWN_SCOPE
from rootwarden.facts.account import Account
from rootwarden.facts.fact import Absent, Known, Unknown, value_or_none
from rootwarden.facts.organization import Position
from rootwarden.facts.root_user import RootUser
from rootwarden.fleet.observation import SCHEMA_VERSION, Cell, Run, Seen, observe, schema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from rootwarden.collect.collected import Collected, CollectedAccount
    from rootwarden.facts.fact import Fact
    from rootwarden.facts.organization import Organization, OrganizationAccount

_PLACES: Final = {name: place for place, name in enumerate(schema().names())}
# Facts are packed at once; rows of this many bytes of unpacked facts are written together.
_GROUP_BYTES: Final = 32 * 1024 * 1024
_MOST_ROWS: Final = 4096
SNAPSHOT_SCHEMA: Final = pl.Schema({**schema(), FACTS_COLUMN: pl.Binary()})


class _Kept(msgspec.Struct, frozen=True):
    """One account: its cells, its packed facts, and how large they are unpacked."""

    cells: list[Cell]
    facts: bytes
    size: int


class Recorder:
    """Keeps what a snapshot needs of each account.

    Args:
        organization_name: What people call the organization; AWS gives organizations no name.
        organization_id: What the organization is, where the accounts themselves do not tell.
    """

    def __init__(self, *, organization_name: str = "", organization_id: Fact[str] | None = None) -> None:
        self._name = organization_name
        self._told = organization_id
        self._kept: dict[str, _Kept] = {}

    def digest(self, account: CollectedAccount, organization: Organization, as_of: datetime) -> CollectedAccount:
        """Take an account that was just read; taking it again replaces what was kept. Gives it back as it is."""
        seen = Seen(account=account.facts, assets=account.facts.assets, readable=account.answered)
        self._keep(seen, organization, as_of)
        return account

    def finish(self, collected: Collected) -> Finished:
        """Everything of the run, ready to be written."""
        listed = collected.organization.accounts
        states = {each.id: each.state for each in listed.value} if isinstance(listed, Known) else {}
        for each in collected.skipped:
            if each.id not in self._kept:
                self._keep(_closed(each), collected.organization, collected.as_of)
        for account in collected.accounts:
            if account.facts.id not in self._kept:
                self.digest(account, collected.organization, collected.as_of)
            self._kept[account.facts.id].cells[_PLACES["readable"]] = account.answered
        closed = {each.id for each in collected.skipped}
        for account_id, kept in self._kept.items():
            kept.cells[_PLACES["account_state"]] = whole(states.get(account_id, ""))
        return Finished(
            rows=tuple(self._kept[each] for each in sorted(self._kept)),
            collected=collected,
            organization_id=self._organization(collected.organization),
            organization_name=self._name,
            closed=len(closed),
        )

    def _keep(self, seen: Seen, organization: Organization, as_of: datetime) -> None:
        run = Run(
            run_id="",
            as_of=as_of,
            organization_id=self._organization(organization),
            organization_name=Known(self._name) if self._name else Unknown("nobody named the organization"),
        )
        facts = encode_facts(seen.account)
        cells: list[Cell] = [whole(cell) if isinstance(cell, str) else cell for cell in observe(run, seen)]
        self._kept[seen.account.id] = _Kept(cells, zlib.compress(facts, 1), len(facts))

    def _organization(self, organization: Organization) -> Fact[str]:
        if self._told is None or not isinstance(organization.id, Unknown):
            return organization.id
        return self._told


class Finished:
    """A run as it will be written.

    Attributes:
        snapshot: Its card.
    """

    def __init__(
        self,
        *,
        rows: tuple[_Kept, ...],
        collected: Collected,
        organization_id: Fact[str],
        organization_name: str,
        closed: int,
    ) -> None:
        self._rows = rows
        self._organization = encode_organization(collected.organization)
        content = Content(collected.as_of, self._organization)
        for row in rows:
            content.row(row.cells[1:], zlib.decompress(row.facts))
        known = value_or_none(organization_id) or ""
        state = state_of(organization_id)
        scope = scope_of(known) if known else STANDALONE_SCOPE if isinstance(organization_id, Absent) else UNKNOWN_SCOPE
        self.snapshot = Snapshot(
            run_id=run_of(scope, collected.as_of, content.hexadecimal()),
            as_of=collected.as_of,
            organization_id=known,
            organization_state=state,
            organization_name=organization_name,
            accounts=len(rows),
            closed=closed,
            unreadable=sum(not row.cells[_PLACES["readable"]] for row in rows) - closed,
            observation_version=SCHEMA_VERSION,
            content=content.hexadecimal(),
            described=whole(collected.described),
            interrupted=collected.interrupted,
            written_by=f"rootwarden {__version__}",
        )

    def write(self, path: Path) -> None:
        """Write the Parquet file, a group of rows at a time.

        Raises:
            OSError: When it cannot be written.
        """
        metadata = {
            CARD_KEY: msgspec.json.encode(self.snapshot).decode(),
            ORGANIZATION_KEY: base64.b64encode(zlib.compress(self._organization)).decode("ascii"),
        }
        each = max((row.size for row in self._rows), default=1)
        together = max(1, min(_MOST_ROWS, _GROUP_BYTES // max(1, each)))
        lazy = register_io_source(lambda *_: self._frames(together), schema=SNAPSHOT_SCHEMA, is_pure=True)
        lazy.sink_parquet(path, compression="zstd", metadata=metadata, row_group_size=together, maintain_order=True)

    def _frames(self, together: int) -> Iterator[pl.DataFrame]:
        run = self.snapshot.run_id
        for start in range(0, len(self._rows), together):
            rows = self._rows[start : start + together]
            cells = [[run, *row.cells[1:], zlib.decompress(row.facts)] for row in rows]
            yield pl.DataFrame(cells, schema=SNAPSHOT_SCHEMA, orient="row")


def _closed(listed: OrganizationAccount) -> Seen:
    """An account that is listed and not ACTIVE: nobody asked it anything."""
    partition = listed.partition or "aws"
    account = Account(
        id=listed.id,
        partition=partition,
        name=Known(listed.name) if listed.name else Unknown("the organization lists no name"),
        position=Known(Position.MEMBER),
        root=RootUser(arn=f"arn:{partition}:iam::{listed.id}:root"),
    )
    return Seen(account=account, readable=False, account_state=listed.state)
