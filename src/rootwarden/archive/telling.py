"""Runs of an archive in words and as JSON (`rootwarden.archive/1`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.archive.snapshot import Snapshot, encode_facts
from rootwarden.facts.instant import format_instant
from rootwarden.fleet.observation import COLUMNS, STATE_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import polars as pl

    from rootwarden.archive.listed import Broken, Kept
    from rootwarden.facts.account import Account

SCHEMA: Final = "rootwarden.archive/1"
_SHOWN: Final = ("password_present", "password_last_used", "mfa_active", "access_keys_present", "iam_users")


class ListedRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run of `archive list --format json`: its card, its file and the file's size in bytes."""

    file: str
    bytes: int
    snapshot: Snapshot


class BrokenFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that cannot be used, and why."""

    file: str
    reason: str


class ArchiveList(msgspec.Struct, frozen=True, kw_only=True):
    """`archive list --format json`."""

    schema: str = SCHEMA
    runs: tuple[ListedRun, ...]
    broken: tuple[BrokenFile, ...]


def listing_json(kept: Iterable[Kept], broken: Iterable[Broken]) -> str:
    """The list as JSON."""
    document = ArchiveList(
        runs=tuple(ListedRun(file=each.entry.name, bytes=each.entry.size, snapshot=each.snapshot) for each in kept),
        broken=tuple(BrokenFile(file=each.name, reason=each.reason) for each in broken),
    )
    return _json(msgspec.json.encode(document))


def listing_text(kept: Sequence[Kept]) -> str:
    """The list as a table, a run a line."""
    rows = [("run", "as of", "accounts", "closed", "unreadable")]
    for each in kept:
        card = each.snapshot
        rows.append(
            (card.run_id, format_instant(card.as_of), str(card.accounts), str(card.closed), str(card.unreadable))
        )
    return _table(rows)


def run_json(kept: Kept, rows: pl.DataFrame) -> str:
    """A run as JSON: its card, and every row of the observation table."""
    document = {"schema": SCHEMA, "snapshot": kept.snapshot, "accounts": rows.to_dicts()}
    return _json(msgspec.json.encode(document))


def run_text(kept: Kept, rows: pl.DataFrame) -> str:
    """A run in words: its card, and a line for each account."""
    card = kept.snapshot
    organization = card.organization_id or card.scope
    named = f" ({card.organization_name})" if card.organization_name else ""
    head = [
        f"run           {card.run_id}",
        f"as of         {format_instant(card.as_of)}",
        f"organization  {organization}{named}",
        f"looked at     {card.described}",
        f"checksum      {card.content}",
        f"written by    {card.written_by}, table {card.observation_version}, facts {card.facts_version}",
    ]
    lines = [("account", *(name.replace("_", " ") for name in _SHOWN))]
    lines += [(str(row["account_id"]), *(_cell(row, name) for name in _SHOWN)) for row in rows.iter_rows(named=True)]
    return "\n".join(head) + "\n\n" + _table(lines)


def facts_json(account: Account) -> str:
    """Everything a run knows of an account."""
    return _json(encode_facts(account))


def _cell(row: dict[str, object], name: str) -> str:
    kinds = {column.name: column for column in COLUMNS}
    value = row.get(name)
    state = row.get(name + STATE_SUFFIX) if kinds[name].fact else "known"
    if state != "known":
        return "none" if state == "absent" else "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value.date()) if hasattr(value, "date") else str(value)


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join(lines) + "\n"


def _json(content: bytes) -> str:
    return msgspec.json.format(content, indent=2).decode() + "\n"
