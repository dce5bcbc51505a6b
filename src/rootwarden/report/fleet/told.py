"""What a study report is made from: the study, what plots show, and what it is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.fleet.result import Record

if TYPE_CHECKING:
    from rootwarden.fleet.indicator import Indicator


class Side(Record, frozen=True, kw_only=True):
    """A share on one side of a comparison."""

    count: int
    of: int
    value: float | None
    low: float | None
    high: float | None


class Compared(Record, frozen=True, kw_only=True):
    """One share on both sides.

    Attributes:
        figure: The share's name in `period.shares`.
        ours: In this study.
        other: In the one it is compared with.
        difference: Ours minus the other; `None` when one has no denominator.
        test: How it was tested.
        p_value: How likely a difference at least as large would be by chance, before correction; `None` when untested.
        verdict: `differs`, `chance` or `unknown`.
        printed: The share in percent as the published study prints it; `None` elsewhere.
    """

    figure: str
    ours: Side
    other: Side
    difference: float | None
    test: str
    p_value: float | None
    verdict: str
    printed: float | None


class Counted(Record, frozen=True, kw_only=True):
    """A count beside the published one.

    Attributes:
        figure: What is counted.
        ours: In this study; `None` when it is known in part only.
        published: In the published one.
        reckoned: Whether that was not printed, but reckoned from printed shares and means.
    """

    figure: str
    ours: int | None
    published: int
    reckoned: bool


class Comparison(Record, frozen=True, kw_only=True):
    """This study beside another.

    Attributes:
        ours: What this study is called.
        other: What the other one is called.
        shares: Every share both have.
        counts: For a published study, its counts and ours; else empty.
    """

    ours: str
    other: str
    shares: tuple[Compared, ...]
    counts: tuple[Counted, ...] = ()


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for, in words: the archive, and the organization if only one was."""

    source: str
    organization: str = ""


def trends(indicators: tuple[Indicator, ...]) -> tuple[Indicator, ...]:
    """The key figures that were known in at least two weeks."""
    return tuple(each for each in indicators if sum(point.value is not None for point in each.trend) > 1)
