"""Counting questions with three answers: rows, or groups of rows, in which something is so, is not, or is unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from rootwarden.fleet.share import share

if TYPE_CHECKING:
    from rootwarden.fleet.share import Share


def rows_share(weeks: pl.DataFrame, whole: pl.Expr, part: pl.Expr) -> Share:
    """Of the rows in which `whole` is so, those in which `part` is; `part` implies `whole`."""
    counts = weeks.select(
        count=part.sum(),
        of=whole.sum(),
        undecided=(whole & part.is_null()).sum(),
        outside=whole.is_null().sum(),
    ).row(0, named=True)
    return share(**counts)


def groups_share(weeks: pl.DataFrame, group: str, whole: pl.Expr, part: pl.Expr) -> Share:
    """Of the groups in which `whole` is ever so, those in which `part` ever is; `part` implies `whole`.

    Rows of no known group are adrift.
    """
    adrift = weeks[group].null_count()
    part_ever, whole_ever = pl.col("part_so"), pl.col("whole_so")
    counts = (
        weeks.lazy()
        .filter(pl.col(group).is_not_null())
        .group_by(group)
        .agg(
            part_so=part.any(),
            part_open=part.is_null().any(),
            whole_so=whole.any(),
            whole_open=whole.is_null().any(),
        )
        .select(
            count=part_ever.sum(),
            of=whole_ever.sum(),
            undecided=(whole_ever & ~part_ever & pl.col("part_open")).sum(),
            outside=(~whole_ever & pl.col("whole_open")).sum(),
        )
        .collect(engine="streaming")
        .row(0, named=True)
    )
    return share(**counts, adrift=adrift)


def seen_share(weeks: pl.DataFrame, group: str, question: str) -> Share:
    """Of the groups in which the question is ever decided, those in which it is ever true."""
    asked = pl.col(question)
    return groups_share(weeks, group, pl.when(asked.is_not_null()).then(statement=True), asked)
