"""The files key figures are made from: `incidents.jsonl` with `alerted_at`, `drills.jsonl` (docs/key-figures.md)."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rootwarden.alert.store.listing import drill_stands, visits
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.alert.store.database import Store
    from rootwarden.alert.store.listing import DrillStands, Listed

INCIDENTS: Final = "incidents.jsonl"
DRILLS: Final = "drills.jsonl"
_DIGITS: Final = 12


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """What was written.

    Attributes:
        incidents: Visits in the file.
        drills: Drills in the file.
    """

    incidents: int
    drills: int


def export(store: Store, folder: Path) -> Exported:
    """Write both files, each whole or not at all.

    Raises:
        UsageError: When the folder cannot be written to.
        StoreError: When the database does not answer.
    """
    found, drills = store.read(lambda session: (list(visits(session)), drill_stands(session)))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / INCIDENTS, (_incident(each) for each in found))
        _write(folder / DRILLS, (_drill(each) for each in drills))
    except OSError as error:
        raise UsageError(f"`{folder}` cannot be written to: {error.strerror}", hint="choose another folder") from error
    return Exported(incidents=len(found), drills=len(drills))


def _incident(each: Listed) -> dict[str, Any]:
    account = each.finding.account
    is_id = len(account) == _DIGITS and account.isascii() and account.isdigit()
    times = {"seen_at": each.seen_at, "alerted_at": each.alerted_at, "acknowledged_at": each.acknowledged_at}
    known = {name: instant for name, instant in times.items() if instant is not None}
    # What is no account id is of no known account, as key figures have it.
    return {**msgspec.structs.asdict(each.finding), "account": account if is_id else "", **known}


def _drill(each: DrillStands) -> dict[str, Any]:
    line: dict[str, Any] = {
        "id": each.id,
        "account": each.account,
        "kind": each.kind,
        "due": each.due.date(),
        "outcome": each.outcome,
        "evidence": each.finding,
        "started": each.event_at,
    }
    known = {"alerted_at": each.sent_at, "acknowledged_at": each.acknowledged_at}
    line |= {name: instant for name, instant in known.items() if instant is not None}
    return line | ({"done": each.done_at.date()} if each.done_at is not None else {})


def _write(path: Path, lines: Iterable[dict[str, Any]]) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as opened:
        try:
            for line in lines:
                opened.write(msgspec.json.encode(line) + b"\n")
            opened.flush()
            os.fsync(opened.fileno())
            Path(opened.name).replace(path)
        except BaseException:
            Path(opened.name).unlink(missing_ok=True)
            raise
