"""Failed sign-ins: one or two are a slip, many in a short time are somebody trying."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.detect.visits.incident import Reason, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.detect.visits.gather import Visit
    from rootwarden.detect.visits.settings import Thresholds


def failed_sign_ins(visit: Visit, thresholds: Thresholds) -> Iterable[Reason]:
    """A reason when there were any: `sign-in-burst` when there were many within a short time."""
    count = visit.summary.failed_sign_ins
    if not count:
        return
    before = " before it" if visit.summary.used else ""
    sign_ins = "one sign-in as root failed" if count == 1 else f"{count} sign-ins as root failed"
    if is_burst(visit.failures, thresholds):
        words = f"{sign_ins}{before}, many of them within a short time: somebody is trying"
        yield Reason(code="sign-in-burst", words=words, severity=Severity.PAGE)
    else:
        yield Reason(code="failed-sign-in", words=f"{sign_ins}{before}", severity=Severity.NOTIFY)


def is_burst(failures: Iterable[tuple[int, int]], thresholds: Thresholds) -> bool:
    """Whether so many failed within so long, by either threshold.

    Args:
        failures: Second, and how many failed in it; in any order.
        thresholds: How many within how long.
    """
    times = sorted(second for second, count in failures for _ in range(min(count, thresholds.long_burst)))
    return _within(times, thresholds.burst, thresholds.burst_minutes * 60) or _within(
        times, thresholds.long_burst, thresholds.long_burst_minutes * 60
    )


def _within(times: list[int], many: int, longest: int) -> bool:
    return any(last - first <= longest for first, last in zip(times, times[many - 1 :], strict=False))
