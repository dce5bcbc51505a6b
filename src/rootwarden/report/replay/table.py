"""A replay as one CSV table: a row for each group; formulas in it are inert."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from rootwarden.report.table import inert
from rootwarden.report.words import visible

if TYPE_CHECKING:
    from rootwarden.report.replay.told import GroupTold, ReplayRecord

COLUMNS: Final = (
    "verdict", "surely", "calls", "account", "kind", "principal", "assumed_root", "source", "event", "actions", "first",
    "last", "by", "depends_on", "why", "events",
)  # fmt: skip
_WORDS: Final = {True: "yes", False: "no", None: "not known"}


def render(told: ReplayRecord) -> str:
    """A header line, then every group in order; lines end in CRLF."""
    paper = io.StringIO(newline="")
    writer = csv.writer(paper, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for group in told.groups:
        row = _row(group)
        writer.writerow([inert(visible(row[column])) for column in COLUMNS])
    return paper.getvalue()


def _row(group: GroupTold) -> dict[str, str]:
    return {
        "verdict": group.verdict.value,
        "surely": _WORDS[group.surely],
        "calls": str(group.calls),
        "account": group.account,
        "kind": group.kind,
        "principal": group.principal,
        "assumed_root": _WORDS[group.assumed_root],
        "source": group.source,
        "event": group.event,
        "actions": "; ".join(group.actions),
        "first": group.first,
        "last": group.last,
        "by": "; ".join(f"{one.policy} {one.statement} at {one.target}" for one in group.by),
        "depends_on": "; ".join(group.depends_on),
        "why": group.why,
        "events": "; ".join(group.events),
    }
