"""The key figures of a root programme: how things stand, against a target, and how they came to stand so.

Each has a trend of one point a week. What nobody could look at is unknown, never zero.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.fleet.indicator import Indicator, Trend, none_of
from rootwarden.fleet.recorded import recorded
from rootwarden.fleet.standing import LEFT, standing

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.fleet.account_weeks import AccountWeeks
    from rootwarden.fleet.recorded import Records
    from rootwarden.fleet.standing import Standing

SCHEMA: Final = "rootwarden.kpi/1"


class KeyFigures(msgspec.Struct, frozen=True, kw_only=True):
    """All of them, at an instant."""

    schema: str
    as_of: datetime
    indicators: tuple[Indicator, ...]


def key_figures(fleet: AccountWeeks, records: Records, as_of: datetime) -> KeyFigures:
    """Every key figure.

    Args:
        fleet: The account-weeks of the period trends are shown for.
        records: Incidents, check-outs and drills.
        as_of: The instant to judge at.
    """
    now = standing(fleet, as_of)
    outside, mean, p95, overdue, drilled, emergencies = recorded(records, as_of, now.looked)
    return KeyFigures(
        schema=SCHEMA,
        as_of=as_of,
        indicators=(
            _protected(now, "root-protected", "Accounts whose root is protected", "protected"),
            _protected(now, "root-mfa", "of them, by MFA", "mfa"),
            _protected(now, "root-without-credentials", "of them, by having no credentials", "without_credentials"),
            outside,
            emergencies,
            mean,
            p95,
            _active_keys(now),
            _oldest_key(now),
            _at_risk(now),
            overdue,
            drilled,
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
        met=none_of(failing, open_, there=total > 0) if aim else None,
        accounts=now.named(question, answer=False) if aim else (),
        unknown=now.named(question, answer=None),
        trend=_trend(now, lambda week: _share_of(week, question)),
    )


def _share_of(week: dict[str, int], question: str) -> float | None:
    known = _known(week, f"{question}_so", question)
    return None if known is None else known / week["accounts"]


def _known(week: dict[str, int], count: str, question: str) -> float | None:
    """A count of a week; `None` when the question was unknown of every account."""
    return float(week[count]) if week["accounts"] > week[f"{question}_unknown"] else None


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
        met=none_of(known, len(unknown), there=now.latest.height > 0),
        accounts=now.named("holds_key", answer=True),
        unknown=unknown,
        trend=_trend(now, lambda week: _known(week, "active_keys", "holds_key")),
    )


def _oldest_key(now: Standing) -> Indicator:
    """Days since the last rotation of the key that was rotated longest ago."""
    ages = now.latest.filter("holds_key")["oldest_key_days"]
    oldest = ages.max()
    unknown = now.named("oldest_key_known", answer=False)
    value = float(oldest) if isinstance(oldest, int | float) else None
    limit = now.old_key_days
    over = now.named("holds_old_key", answer=True)
    return Indicator(
        id="oldest-root-key",
        title="Age of the oldest active root access key",
        unit="days",
        value=value,
        low=value or 0.0,
        high=None if unknown else value or 0.0,
        target=f"no key, or at most {limit} days",
        met=none_of(len(over), len(unknown), there=now.latest.height > 0),
        accounts=over,
        unknown=unknown,
        note="" if value is not None or unknown else "there is no active key",
        trend=_trend(now, lambda week: week["oldest_key_days"]),
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
        met=none_of(counts, len(unknown), there=now.latest.height > 0),
        accounts=now.named("at_risk", answer=True),
        unknown=unknown,
        trend=_trend(now, lambda week: _known(week, "at_risk_so", "at_risk")),
    )


def _unreadable(now: Standing) -> Indicator:
    unread = now.named("readable", answer=False)
    notes = [f"nobody looked for {now.silence.days:,} days"] if now.silence else []
    notes += [f"{now.missed:,} of them seen before, but in no run of the last week"] if now.missed else []
    notes += [f"{now.left:,} others were last seen more than {LEFT.days} days before, left out"] if now.left else []
    return Indicator(
        id="accounts-unknown",
        title="Accounts that gave no answer in the last week",
        unit="accounts",
        value=float(len(unread)),
        low=float(len(unread)),
        high=float(len(unread)),
        target="0",
        met=not unread,
        accounts=unread,
        note="; ".join(notes),
        trend=_trend(now, lambda week: float(week["unreadable"])),
    )


def _trend(now: Standing, value: Callable[[dict[str, int]], float | None]) -> tuple[Trend, ...]:
    return tuple(Trend(week=day, value=value(week)) for day, week in now.weeks)
