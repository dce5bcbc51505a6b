"""How long it takes until somebody knows: from the event's time to seen, sent and acknowledged, by path and region."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from math import ceil
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

P95: Final = 0.95


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """The instants of one alert; `None` for what has not happened, or is not known.

    Attributes:
        path: The way it came.
        region: Of the queue or bucket.
        event_at: The event's own time.
        seen_at: When the reader got it.
        sent_at: When the first channel took it.
        acknowledged_at: When somebody took it.
    """

    path: str
    region: str
    event_at: datetime | None
    seen_at: datetime
    sent_at: datetime | None = None
    acknowledged_at: datetime | None = None


class Step(StrEnum):
    """From where to where."""

    EVENT_TO_SEEN = "event to seen"
    SEEN_TO_SENT = "seen to sent"
    EVENT_TO_SENT = "event to sent"
    SENT_TO_ACKNOWLEDGED = "sent to acknowledged"


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """One step, for the alerts of one path and region.

    Attributes:
        path, region: Whose; empty for all of them.
        step: From where to where.
        alerts: How many there are.
        measured: How many of them have both instants, in order.
        doubtful: How many end before they begin: a clock was wrong, and they are in no figure.
        open: How many have not come so far, or have no time of their own.
        mean_seconds, p95_seconds, longest_seconds: Of those measured; `None` without any. The p95 is the nearest rank.
    """

    path: str
    region: str
    step: Step
    alerts: int
    measured: int
    doubtful: int
    open: int
    mean_seconds: float | None
    p95_seconds: float | None
    longest_seconds: float | None


def latencies(every: Iterable[Times]) -> list[Latency]:
    """Every step, for all alerts first, then by path and region."""
    known = list(every)
    groups = sorted({(each.path, each.region) for each in known})
    found = [_latency("", "", step, known) for step in Step]
    for path, region in groups:
        own = [each for each in known if (each.path, each.region) == (path, region)]
        found += [_latency(path, region, step, own) for step in Step]
    return found


def _latency(path: str, region: str, step: Step, alerts: Sequence[Times]) -> Latency:
    spans = [_span(each, step) for each in alerts]
    known = sorted(each for each in spans if each is not None and each >= 0)
    return Latency(
        path=path,
        region=region,
        step=step,
        alerts=len(alerts),
        measured=len(known),
        doubtful=sum(each is not None and each < 0 for each in spans),
        open=spans.count(None),
        mean_seconds=sum(known) / len(known) if known else None,
        p95_seconds=known[ceil(P95 * len(known)) - 1] if known else None,
        longest_seconds=known[-1] if known else None,
    )


def _span(times: Times, step: Step) -> float | None:
    begins, ends = {
        Step.EVENT_TO_SEEN: (times.event_at, times.seen_at),
        Step.SEEN_TO_SENT: (times.seen_at, times.sent_at),
        Step.EVENT_TO_SENT: (times.event_at, times.sent_at),
        Step.SENT_TO_ACKNOWLEDGED: (times.sent_at, times.acknowledged_at),
    }[step]
    return None if begins is None or ends is None else (ends - begins).total_seconds()
