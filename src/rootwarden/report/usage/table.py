"""Usage as one CSV table: a row for each principal and action; formulas in it are inert."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from rootwarden.iam.usage.result import WORDS
from rootwarden.report.table import inert
from rootwarden.report.words import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.iam.usage.result import PrincipalUsage, UsedAction
    from rootwarden.report.usage.told import Told

COLUMNS: Final = (
    "account", "kind", "principal", "action", "standing", "escalation", "first", "last", "days", "via", "resources",
    "inferred", "granted_now", "why",
)  # fmt: skip


def render(told: Told) -> str:
    """A header line, then every principal's actions in order; lines end in CRLF."""
    paper = io.StringIO(newline="")
    writer = csv.writer(paper, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for principal in told.usage.principals:
        for row in _rows(principal):
            writer.writerow([inert(visible(row.get(column, ""))) for column in COLUMNS])
    return paper.getvalue()


def _rows(principal: PrincipalUsage) -> Iterator[dict[str, str]]:
    common = {"account": principal.account, "kind": principal.kind, "principal": principal.arn}
    gone = {one.action for one in principal.no_longer_granted}
    ways_up = frozenset(principal.escalation)
    for one in principal.used:
        yield common | {
            "action": one.action,
            "standing": one.use.value,
            "first": one.first,
            "last": one.last,
            "days": str(one.days),
            "via": "; ".join(one.via),
            "resources": "not told" if one.resources is None else "; ".join(one.resources),
            "inferred": "yes" if one.inferred else "",
            "granted_now": "" if one.granted is None else _granted_now(one, gone),
        }
    for action in principal.unused:
        yield common | {"action": action, "standing": "unused", "escalation": "yes" if action in ways_up else ""}
    for doubt in principal.unjudged:
        for action in doubt.actions:
            yield common | {"action": action, "standing": "cannot_be_judged", "why": WORDS[doubt.why]}


def _granted_now(one: UsedAction, gone: set[str]) -> str:
    if not one.granted:
        return "no"
    return "not where it was used" if one.action in gone else "yes"
