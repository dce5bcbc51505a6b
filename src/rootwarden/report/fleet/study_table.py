"""A study as CSV: one row for each figure, so that one table holds them all (RFC 4180, as `report.table`).

A share has `count`, `of` and the bounds; a plain number stands in `count` or, when it is no whole one, in `value`.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final, TypeAlias

from rootwarden.report.table import inert
from rootwarden.report.words import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.fleet.result import Study, Week
    from rootwarden.fleet.share import Share
    from rootwarden.report.fleet.told import Comparison

Cell: TypeAlias = str | int | float | None
Row: TypeAlias = tuple[Cell, ...]

COLUMNS: Final = ("table", "of_what", "figure", "count", "of", "value", "low", "high")
_COUNTS: Final = (
    "accounts",
    "organizations",
    "accounts_used",
    "organizations_used",
    "uses",
    "unknown",
    "repeat_accounts",
    "repeat_uses",
    "half_of_uses_by",
    "both_uses",
)


def render(study: Study, comparison: Comparison | None = None) -> str:
    """All figures, one header line first; lines end in CRLF."""
    rows: list[Row] = [row for week in study.weeks for row in _week(week)]
    rows += _period(study)
    for each in study.offenders:
        rows.append(("account", each.account, "uses", each.uses, None, None, None, None))
    rows += [("sampling", each.kind, each.says, each.count, None, None, None, None) for each in study.sampling]
    if comparison is not None:
        for compared in comparison.shares:
            side = compared.other
            rows.append(
                (
                    "comparison", comparison.other, compared.figure,
                    side.count, side.of, side.value, side.low, side.high,
                )
            )  # fmt: skip
    return table(COLUMNS, rows)


def table(columns: Iterable[str], rows: Iterable[Row]) -> str:
    """Any table as CSV whose cells a spreadsheet takes for text or numbers, never for formulas."""
    paper = io.StringIO(newline="")
    writer = csv.writer(paper, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([inert(visible(cell)) if isinstance(cell, str) else cell for cell in row])
    return paper.getvalue()


def _week(week: Week) -> Iterator[Row]:
    day = week.week.isoformat()
    yield _share("week", day, "accounts_used", week.accounts_share)
    yield _share("week", day, "organizations_used", week.organizations_share)
    for name in ("unknown", "organizations_unknown", "young"):
        yield ("week", day, name, getattr(week, name), None, None, None, None)
    for name in week.sizes.__struct_fields__:
        yield ("week", day, f"{name}_uses", getattr(week.sizes, name), None, None, None, None)


def _period(study: Study) -> Iterator[Row]:
    period, estimate = study.period, study.period.uses_estimated
    for name in _COUNTS:
        yield ("period", "", name, getattr(period, name), None, None, None, None)
    yield ("period", "", "uses_estimated", None, None, estimate.value, estimate.low, estimate.high)
    yield ("period", "", "uses_estimated.accounts", estimate.accounts, None, None, None, None)
    yield ("period", "", "uses_estimated.always", len(estimate.always), None, None, None, None)
    if study.measured is not None:
        for name in study.measured.__struct_fields__:
            value = getattr(study.measured, name)
            count, ratio = (None, value) if name == "under_count" else (value, None)
            yield ("period", "", f"measured.{name}", count, None, ratio, None, None)
    yield ("period", "", "uses_per_account", None, None, period.uses_per_account, None, None)
    for name in ("gini_used", "gini_all"):
        yield ("period", "", name, None, None, getattr(period.concentration, name), None, None)
    for kept in (period.keys, period.mfa):
        for name in kept.__struct_fields__:
            label = f"{type(kept).__name__.lower()}.{name}"
            yield ("period", "", label, getattr(kept, name), None, None, None, None)
    for name in period.average.__struct_fields__:
        yield ("average", "", name, None, None, getattr(period.average, name), None, None)
    for name in period.shares.__struct_fields__:
        yield _share("share", "", name, getattr(period.shares, name))


def _share(name: str, place: str, figure: str, share: Share) -> Row:
    return (name, place, figure, share.count, share.of, share.value, share.low, share.high)
