"""Key figures out of the exchange files: uses outside of check-outs, time to alert, drills.

A file that is missing is unknown, never zero. How far back a file goes it does not say, so a trend begins where its
first record shows that it reaches.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

import msgspec
from msgspec.structs import replace

from rootwarden.fleet.exchange import Checkout, Drill, Incident
from rootwarden.fleet.indicator import Indicator, Trend, none_of
from rootwarden.fleet.looks import CLOCK_TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import date

R = TypeVar("R", Incident, Checkout, Drill)

MONTH: Final = timedelta(days=30)
MINUTES_TO_ALERT: Final = 15
_P95: Final = 0.95
_ALERTS: Final = {
    "mean-time-to-alert": "Mean time from root use to alert, last 30 days",
    "p95-time-to-alert": "Time within which 95 % of root uses were alerted, last 30 days",
}
# The day a week begins, and its last look.
Weeks: TypeAlias = "Sequence[tuple[date, datetime]]"


class Records(msgspec.Struct, frozen=True, kw_only=True):
    """What the exchange files hold; `None` for a file there is none of."""

    incidents: tuple[Incident, ...] | None = None
    checkouts: tuple[Checkout, ...] | None = None
    drills: tuple[Drill, ...] | None = None

    def of(self, accounts: Collection[str]) -> Records:
        """Those of some accounts only; a visit of no known account may be of one of them, and stays."""

        def chosen(kept: tuple[R, ...] | None) -> tuple[R, ...] | None:
            return None if kept is None else tuple(each for each in kept if each.account in {"", *accounts})

        return Records(incidents=chosen(self.incidents), checkouts=chosen(self.checkouts), drills=chosen(self.drills))


def recorded(records: Records, as_of: datetime, weeks: Weeks) -> tuple[Indicator, ...]:
    """Every figure of the files, with its trend.

    Args:
        records: What the files hold.
        as_of: The instant to judge at.
        weeks: The weeks of the trend.
    """
    visits = None if records.incidents is None else _visits(records.incidents)
    reaches = min((each.started for each in visits or () if each.started), default=as_of) + MONTH
    drilled = min((each.due for each in records.drills or ()), default=as_of.date())
    outside = _with_trend(lambda at: (_uses_outside(visits, records.checkouts, at),), as_of, weeks, reaches)
    alerts = _with_trend(lambda at: _time_to_alert(visits, at), as_of, weeks, reaches)
    since = datetime(drilled.year, drilled.month, drilled.day, tzinfo=as_of.tzinfo)
    overdue = _with_trend(lambda at: (_drills(records.drills, at),), as_of, weeks, since)
    drills = overdue + _with_trend(lambda at: (_drilled(records.drills, at),), as_of, weeks, since)
    opened = min((each.start for each in records.checkouts or ()), default=as_of) + MONTH
    emergencies = _with_trend(lambda at: (_emergencies(records.checkouts, at),), as_of, weeks, opened)
    return outside + alerts + drills + emergencies


def _with_trend(
    figures: Callable[[datetime], tuple[Indicator, ...]], as_of: datetime, weeks: Weeks, since: datetime
) -> tuple[Indicator, ...]:
    """The figures at an instant, and at the last look of each week from an instant on."""
    now = figures(as_of)
    if all(each.value is None for each in now) or not weeks:
        return now
    then = [(day, figures(at) if since <= at else ()) for day, at in weeks[:-1]] + [(weeks[-1][0], now)]
    return tuple(
        replace(each, trend=tuple(Trend(week=day, value=past[place].value if past else None) for day, past in then))
        for place, each in enumerate(now)
    )


def _visits(incidents: Sequence[Incident]) -> tuple[Incident, ...]:
    """Visits of root itself; of several lines with one id the last tells."""
    last = {each.id: each for each in incidents}
    return tuple(each for each in last.values() if each.is_use)


def _uses_outside(
    visits: Sequence[Incident] | None, checkouts: Sequence[Checkout] | None, as_of: datetime
) -> Indicator:
    title, target = "Root uses in the last 30 days outside of approved check-outs", "0"
    if visits is None:
        return _missing("root-uses-outside", title, "uses", target, "incidents")
    outside = [each for each in _recent(visits, as_of) if _outside(each, checkouts)]
    notes = [] if checkouts is not None else ["there is no file of check-outs; the incidents' own verdict is used"]
    later = sum(each.started is not None and each.started > as_of for each in visits)
    notes += [f"{later:,} later than the as-of, left out"] if later else []
    unplaced = _unplaced(visits)
    notes += [f"{unplaced:,} of no known account or time"] if unplaced else []
    return Indicator(
        id="root-uses-outside",
        title=title,
        unit="uses",
        value=float(len(outside)),
        low=float(len(outside)),
        high=float(len(outside) + unplaced),
        target=target,
        met=none_of(len(outside), unplaced, there=True),
        accounts=tuple(sorted({each.account for each in outside})),
        note="; ".join(notes),
    )


def _outside(visit: Incident, checkouts: Sequence[Checkout] | None) -> bool:
    """Not expected, or expected without a check-out at that instant."""
    if checkouts is None:
        return visit.verdict != "expected"
    started = visit.started
    covered = started is not None and any(each.covers(visit.account, started) for each in checkouts)
    return visit.verdict != "expected" or not covered


def _time_to_alert(visits: Sequence[Incident] | None, as_of: datetime) -> tuple[Indicator, ...]:
    target = f"at most {MINUTES_TO_ALERT} minutes"
    if visits is None:
        return tuple(_missing(name, title, "minutes", target, "incidents") for name, title in _ALERTS.items())
    recent = _recent(visits, as_of)
    told = [(each.account, _minutes(each, as_of)) for each in recent]
    times = sorted(minutes for _, minutes in told if minutes is not None)
    silent = tuple(sorted({account for account, minutes in told if minutes is None}))
    unplaced = _unplaced(visits)
    open_ = bool(silent or unplaced)
    note = f"{len(times)} of {len(recent)} uses have an alert" if recent else "there was no root use"
    values = (sum(times) / len(times), times[ceil(_P95 * len(times)) - 1]) if times else (None, None)
    return tuple(
        Indicator(
            id=name,
            title=title,
            unit="minutes",
            value=value,
            low=None if open_ else value,
            high=None if open_ else value,
            target=target,
            met=None if value is None or open_ else value <= MINUTES_TO_ALERT,
            unknown=silent,
            note=f"{note}; {unplaced:,} of no known account or time" if unplaced else note,
        )
        for (name, title), value in zip(_ALERTS.items(), values, strict=True)
    )


def _minutes(visit: Incident, as_of: datetime) -> float | None:
    """From the visit to its alert; `None` when none was known at the as-of, or it is from before the visit."""
    return _between(visit.started, visit.alerted_at, as_of)


def _between(started: datetime | None, alerted_at: datetime | None, as_of: datetime) -> float | None:
    if started is None or alerted_at is None or alerted_at > as_of:
        return None
    took = alerted_at - started
    return None if took < -CLOCK_TOLERANCE else max(took.total_seconds(), 0.0) / 60


def _drills(drills: Sequence[Drill] | None, as_of: datetime) -> Indicator:
    title, today = "Drills overdue", as_of.date()
    if drills is None:
        return _missing("drills-overdue", title, "drills", "0", "drills")
    late = [each for each in drills if each.due < today and (each.done is None or each.done > today)]
    return Indicator(
        id="drills-overdue",
        title=title,
        unit="drills",
        value=float(len(late)),
        low=float(len(late)),
        high=float(len(late)),
        target="0",
        met=not late,
        accounts=tuple(sorted({each.account for each in late})),
        note="" if drills else "no drill is planned",
    )


def _drilled(drills: Sequence[Drill] | None, as_of: datetime) -> Indicator:
    """The latest drill that was measured: an older one that was faster says nothing of today."""
    name, title = "drill-time-to-alert", "Time from event to alert in the latest drill of alerts"
    target = f"at most {MINUTES_TO_ALERT} minutes"
    if drills is None:
        return _missing(name, title, "minutes", target, "drills")
    begun = {each.id: each.started for each in drills if each.started is not None and each.started <= as_of}
    last = {each.id: each for each in drills if each.id in begun}
    latest = max(last.values(), key=lambda each: (begun[each.id], each.id), default=None)
    if latest is None:
        return replace(_missing(name, title, "minutes", target, "drills"), note="no drill of alerts was measured")
    took = _between(latest.started, latest.alerted_at, as_of)
    note = f"drill {latest.id} of {begun[latest.id]:%Y-%m-%d}" + ("" if took is not None else ": nobody was told")
    return Indicator(
        id=name,
        title=title,
        unit="minutes",
        value=took,
        low=took,
        high=took,
        target=target,
        met=took is not None and took <= MINUTES_TO_ALERT,
        accounts=() if took is not None else (latest.account,),
        note=note,
    )


def _emergencies(checkouts: Sequence[Checkout] | None, as_of: datetime) -> Indicator:
    """Openings on the emergency path: each is one that fewer people agreed to. Drills of it are none."""
    name, title = "emergency-openings", "Emergency openings in the last 30 days"
    if checkouts is None:
        return _missing(name, title, "uses", "0", "check-outs")
    since = as_of - MONTH
    recent = {
        each.lease: each for each in checkouts if each.emergency and not each.drill and since < each.start <= as_of
    }
    count = float(len(recent))
    return Indicator(
        id=name,
        title=title,
        unit="uses",
        value=count,
        low=count,
        high=count,
        target="0",
        met=not recent,
        accounts=tuple(sorted({each.account for each in recent.values()})),
        note="",
    )


def _missing(name: str, title: str, unit: str, target: str, what: str) -> Indicator:
    return Indicator(
        id=name,
        title=title,
        unit=unit,
        value=None,
        low=None,
        high=None,
        target=target,
        met=None,
        note=f"there is no file of {what}: --{what.replace('-', '')} FILE",
    )


def _recent(visits: Sequence[Incident], as_of: datetime) -> list[Incident]:
    return [each for each in visits if each.account and each.started and as_of - MONTH < each.started <= as_of]


def _unplaced(visits: Sequence[Incident]) -> int:
    """Visits of which no event said whose or when: they may be anybody's, now or long ago."""
    return sum(not each.account or each.started is None for each in visits)
