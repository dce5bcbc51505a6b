"""The key figures of a root programme: how things stand, against a target, and how they came to stand so.

What the observation table tells has a trend, one point a week. What incidents, check-outs and drills tell is unknown
where their file is missing, never zero.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.fleet.exchange import Checkout, Drill, Incident
from rootwarden.fleet.standing import standing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rootwarden.fleet.account_weeks import AccountWeeks
    from rootwarden.fleet.standing import Standing

SCHEMA: Final = "rootwarden.kpi/1"
MONTH: Final = timedelta(days=30)
# A visit of the root user itself; the other shapes are services, or sessions root did not sign in for.
ROOT_SHAPES: Final = ("A", "B", "C", "D")
MINUTES_TO_ALERT: Final = 15
_P95: Final = 0.95


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """The value in one week; `None` when it was unknown."""

    week: date
    value: float | None


class Indicator(msgspec.Struct, frozen=True, kw_only=True):
    """A key figure.

    Attributes:
        id: Its name for machines.
        title: What it counts.
        unit: `share`, `accounts`, `keys`, `uses`, `minutes`, `days` or `drills`.
        value: Now; `None` when unknown. With accounts unknown, what is known: see `high` and `low`.
        low: The least it can be, whatever the unknown turned out to be.
        high: The most it can be; `None` without a bound.
        target: What it should be, in words.
        met: Whether the target is met; `None` while the unknown decides.
        accounts: The accounts behind it that are not as they should be, in order.
        unknown: The accounts nobody could look at for it.
        note: What the reader must know beside it, or empty.
        trend: One point a week; empty where only one instant is known.
    """

    id: str
    title: str
    unit: str
    value: float | None
    low: float | None
    high: float | None
    target: str
    met: bool | None
    accounts: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    note: str = ""
    trend: tuple[Trend, ...] = ()


class KeyFigures(msgspec.Struct, frozen=True, kw_only=True):
    """All of them, at an instant."""

    schema: str
    as_of: datetime
    indicators: tuple[Indicator, ...]


class Records(msgspec.Struct, frozen=True, kw_only=True):
    """What the exchange files hold; `None` for a file there is none of."""

    incidents: tuple[Incident, ...] | None = None
    checkouts: tuple[Checkout, ...] | None = None
    drills: tuple[Drill, ...] | None = None


def key_figures(fleet: AccountWeeks, records: Records, as_of: datetime) -> KeyFigures:
    """Every key figure.

    Args:
        fleet: The account-weeks of the period trends are shown for.
        records: Incidents, check-outs and drills.
        as_of: The instant to judge at.
    """
    now = standing(fleet)
    return KeyFigures(
        schema=SCHEMA,
        as_of=as_of,
        indicators=(
            _protected(now, "root-protected", "Accounts whose root is protected", "protected"),
            _protected(now, "root-mfa", "of them, by MFA", "mfa"),
            _protected(now, "root-without-credentials", "of them, by having no credentials", "without_credentials"),
            _uses_outside(records, as_of),
            *_time_to_alert(records, as_of),
            _active_keys(now),
            _oldest_key(now),
            _at_risk(now),
            _drills(records, as_of),
            _unreadable(now),
        ),
    )


def _protected(now: Standing, name: str, title: str, question: str) -> Indicator:
    """The share of accounts; only the first of the three has a target, for either way is good."""
    answers = now.latest[question].to_list()
    good, open_ = sum(each is True for each in answers), sum(each is None for each in answers)
    total = len(answers)
    aim = name == "root-protected"
    failing = total - good - open_
    return Indicator(
        id=name,
        title=title,
        unit="share",
        value=good / total if total and open_ < total else None,
        low=good / total if total else None,
        high=(good + open_) / total if total else None,
        target="100 %" if aim else "",
        met=_none_of(failing, open_, there=total > 0) if aim else None,
        accounts=now.named(question, answer=False) if aim else (),
        unknown=now.named(question, answer=None),
        trend=_trend(now, lambda week: _share_of(week, question)),
    )


def _share_of(week: dict[str, int], question: str) -> float | None:
    decided = week["accounts"] - week[f"{question}_unknown"]
    return week[f"{question}_so"] / week["accounts"] if decided else None


def _active_keys(now: Standing) -> Indicator:
    known = int(now.latest["active_keys"].sum())
    unknown = now.named("holds_key", answer=None)
    return Indicator(
        id="active-root-keys",
        title="Active root access keys",
        unit="keys",
        value=float(known) if len(unknown) < now.latest.height else None,
        low=float(known),
        high=float(known + int(now.latest["keys_open"].sum())),
        target="0",
        met=_none_of(known, len(unknown), there=now.latest.height > 0),
        accounts=now.named("holds_key", answer=True),
        unknown=unknown,
        trend=_trend(now, lambda week: float(week["active_keys"])),
    )


def _oldest_key(now: Standing) -> Indicator:
    """Days since the last rotation of the key that was rotated longest ago."""
    ages = now.latest.filter("holds_key")["oldest_key_days"]
    oldest = ages.max()
    unknown = now.named("oldest_key_known", answer=False)
    value = float(oldest) if isinstance(oldest, int | float) else None
    limit = now.old_key_days
    over = value is not None and value > limit
    return Indicator(
        id="oldest-root-key",
        title="Age of the oldest active root access key",
        unit="days",
        value=value,
        low=value or 0.0,
        high=None if unknown else value or 0.0,
        target=f"no key, or at most {limit} days",
        met=_none_of(int(over), len(unknown), there=now.latest.height > 0),
        accounts=now.named("holds_old_key", answer=True),
        unknown=unknown,
        note="" if value is not None or unknown else "there is no active key",
    )


def _at_risk(now: Standing) -> Indicator:
    counts = len(now.named("at_risk", answer=True))
    unknown = now.named("at_risk", answer=None)
    return Indicator(
        id="accounts-at-risk",
        title="Accounts at risk: credentials without MFA, an active key, or use in two weeks or more",
        unit="accounts",
        value=float(counts) if len(unknown) < now.latest.height else None,
        low=float(counts),
        high=float(counts + len(unknown)),
        target="0",
        met=_none_of(counts, len(unknown), there=now.latest.height > 0),
        accounts=now.named("at_risk", answer=True),
        unknown=unknown,
    )


def _unreadable(now: Standing) -> Indicator:
    unread = now.named("readable", answer=False)
    return Indicator(
        id="accounts-unknown",
        title="Accounts that gave no answer at the last look",
        unit="accounts",
        value=float(len(unread)),
        low=float(len(unread)),
        high=float(len(unread)),
        target="0",
        met=not unread,
        accounts=unread,
        note=f"{now.missed} accounts seen before were not in the last week's runs" if now.missed else "",
        trend=_trend(now, lambda week: float(week["unreadable"])),
    )


def _uses_outside(records: Records, as_of: datetime) -> Indicator:
    title, target = "Root uses in the last 30 days outside of approved check-outs", "0"
    if records.incidents is None:
        return _missing("root-uses-outside", title, "uses", target, "incidents")
    visits = [each for each in _recent(records.incidents, as_of) if each.shape in ROOT_SHAPES]
    outside = [each for each in visits if _outside(each, records.checkouts)]
    note = "" if records.checkouts is not None else "there is no file of check-outs; the incidents' own verdict is used"
    return Indicator(
        id="root-uses-outside",
        title=title,
        unit="uses",
        value=float(len(outside)),
        low=float(len(outside)),
        high=float(len(outside)),
        target=target,
        met=not outside,
        accounts=tuple(sorted({each.account for each in outside})),
        note=note,
    )


def _outside(visit: Incident, checkouts: Sequence[Checkout] | None) -> bool:
    """Not expected, or expected without a check-out at that instant."""
    if checkouts is None:
        return visit.verdict != "expected"
    return visit.verdict != "expected" or not any(each.covers(visit.account, visit.started) for each in checkouts)


def _time_to_alert(records: Records, as_of: datetime) -> tuple[Indicator, ...]:
    titles = {
        "mean-time-to-alert": "Mean time from root use to alert, last 30 days",
        "p95-time-to-alert": "Time within which 95 % of root uses were alerted, last 30 days",
    }
    target = f"at most {MINUTES_TO_ALERT} minutes"
    if records.incidents is None:
        return tuple(_missing(name, title, "minutes", target, "incidents") for name, title in titles.items())
    visits = [each for each in _recent(records.incidents, as_of) if each.shape in ROOT_SHAPES]
    times = sorted((each.alerted_at - each.started).total_seconds() / 60 for each in visits if each.alerted_at)
    silent = tuple(sorted({each.account for each in visits if each.alerted_at is None}))
    values = (sum(times) / len(times), times[ceil(_P95 * len(times)) - 1]) if times else (None, None)
    return tuple(
        Indicator(
            id=name,
            title=title,
            unit="minutes",
            value=value,
            low=value if not silent else None,
            high=value if not silent else None,
            target=target,
            met=None if value is None or silent else value <= MINUTES_TO_ALERT,
            unknown=silent,
            note="there was no root use" if not visits else f"{len(times)} of {len(visits)} uses have an alert",
        )
        for (name, title), value in zip(titles.items(), values, strict=True)
    )


def _drills(records: Records, as_of: datetime) -> Indicator:
    title = "Drills overdue"
    if records.drills is None:
        return _missing("drills-overdue", title, "drills", "0", "drills")
    late = [each for each in records.drills if each.done is None and each.due < as_of.date()]
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
        note="" if records.drills else "no drill is planned",
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
        note=f"there is no file of {what}",
    )


def _recent(incidents: Sequence[Incident], as_of: datetime) -> list[Incident]:
    return [each for each in incidents if as_of - MONTH < each.started <= as_of]


def _none_of(failing: int, open_: int, *, there: bool) -> bool | None:
    """A target of none: missed by one that fails, undecided while one is unknown or nobody was looked at."""
    if failing:
        return False
    return None if open_ or not there else True


def _trend(now: Standing, value: Callable[[dict[str, int]], float | None]) -> tuple[Trend, ...]:
    return tuple(Trend(week=day, value=value(week)) for day, week in now.weeks)
