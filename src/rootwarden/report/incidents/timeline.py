"""Where the marks of a timeline stand: one row an account, time from left to right, no two marks on one another.

Only numbers: the page draws them. What has no time is in no picture and is counted.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.detect.visits.incident import Concern, Incident
from rootwarden.facts.instant import Instant

if TYPE_CHECKING:
    from rootwarden.report.incidents.told import Told

MOST_ROWS: Final = 40
WIDTH: Final = 1000
ROW: Final = 26
NARROWEST: Final = 8
_MOST_TICKS: Final = 8
_STEPS: Final = tuple(
    timedelta(minutes=minutes)
    for minutes in (1, 5, 15, 30, 60, 180, 360, 720, 1440, 3 * 1440, 7 * 1440, 14 * 1440, 30 * 1440, 91 * 1440)
)
_DAY: Final = timedelta(days=1)


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """One visit or concern.

    Attributes:
        each: What it is of.
        left: 0 to `WIDTH`.
        width: At least `NARROWEST`.
    """

    each: Incident | Concern
    left: int
    width: int


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One account.

    Attributes:
        account: Twelve digits; may be empty.
        top: Of the row, from the top of the picture.
        marks: The least severe first, so that worse ones are drawn over them.
    """

    account: str
    top: int
    marks: tuple[Mark, ...]


class Tick(msgspec.Struct, frozen=True):
    """A line of the grid with its label."""

    left: int
    label: str


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """The whole picture.

    Attributes:
        rows: Accounts, the one with the most severe first, at most `MOST_ROWS`.
        ticks: The grid.
        left_out: Accounts there was no room for.
        undated: Incidents and concerns without a time.
        start: Left edge.
        end: Right edge.
    """

    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]
    left_out: int
    undated: int
    start: Instant
    end: Instant

    @property
    def height(self) -> int:
        """Of all rows."""
        return len(self.rows) * ROW


def timeline(told: Told) -> Timeline | None:
    """The picture of all incidents and concerns; `None` when none of them has a time."""
    everything = told.by_severity()
    dated = [each for each in everything if each.started is not None]
    if not dated:
        return None
    starts = [each.started for each in dated if each.started is not None]
    start, end = min(starts), max(_end(each) for each in dated)
    span = max(end - start, timedelta(minutes=10))
    start, end = start - span / 50, start + span + span / 50
    accounts = list(dict.fromkeys(each.account for each in dated))
    rows = tuple(
        Row(account=account, top=number * ROW, marks=_marks(dated, account, start, end))
        for number, account in enumerate(accounts[:MOST_ROWS])
    )
    return Timeline(
        rows=rows,
        ticks=_ticks(start, end),
        left_out=max(0, len(accounts) - MOST_ROWS),
        undated=len(everything) - len(dated),
        start=start,
        end=end,
    )


def _marks(dated: list[Incident | Concern], account: str, start: datetime, end: datetime) -> tuple[Mark, ...]:
    return tuple(_mark(each, start, end) for each in reversed(dated) if each.account == account)


def _mark(each: Incident | Concern, start: datetime, end: datetime) -> Mark:
    left = _place(each.started or start, start, end)
    right = _place(_end(each), start, end)
    return Mark(each=each, left=min(left, WIDTH - NARROWEST), width=max(NARROWEST, right - left))


def _end(each: Incident | Concern) -> datetime:
    started = each.started or datetime.min.replace(tzinfo=UTC)
    return max(started, each.ended or started)


def _place(moment: datetime, start: datetime, end: datetime) -> int:
    return round(WIDTH * ((moment - start) / (end - start)))


def _ticks(start: datetime, end: datetime) -> tuple[Tick, ...]:
    """Round times a reader knows: whole hours, days, weeks."""
    step = next((each for each in _STEPS if (end - start) / each <= _MOST_TICKS), (end - start) / _MOST_TICKS)
    midnight = start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    moment = midnight + step * -((midnight - start) // step)
    ticks = []
    while moment < end:
        if moment >= start:
            label = f"{moment:%d %b}" if step >= _DAY else f"{moment:%d %b %H:%M}"
            ticks.append(Tick(_place(moment, start, end), label))
        moment += step
    return tuple(ticks)
