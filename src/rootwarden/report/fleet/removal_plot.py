"""The burn-down: members that still have a root credential, by run, with what is not known as a band above."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

import altair as alt

from rootwarden.fleet.removal import PLAN_LOOKED
from rootwarden.report.fleet.plot import BLUE, DEEP, GREY, INK, ORANGE, SKY, WIDTH, Plot, data
from rootwarden.report.fleet.removal_terminal import headline
from rootwarden.report.words import instant

if TYPE_CHECKING:
    from datetime import datetime

    from rootwarden.fleet.removal import Point, Removal
    from rootwarden.report.fleet.plot import Chart, Row

_ANY: Final = "any credential"
_NAME: Final = {
    "password": "password",
    "access-key": "access key",
    "certificate": "certificate",
    "mfa-device": "MFA device",
}
# Each line has a colour, a lightness and a dash of its own.
_COLORS: Final = (INK, BLUE, ORANGE, DEEP, SKY)
_DASHES: Final = ([1, 0], [8, 3], [2, 3], [10, 3, 2, 3], [5, 5])
_WIDE: Final = 3
# A course of less than this has times on its axis, not dates alone.
_SHORT: Final = timedelta(days=4)
_SHORTEST: Final = timedelta(hours=2)
# Marks nearer than this share of the width are one; a mark says its waves in about that much room.
_APART: Final = 0.12
# From here on, as a share of the width, there is no room to the right of a mark.
_FAR_RIGHT: Final = 0.8


class _Mark(NamedTuple):
    """The end of waves: when, which, and whether it is so far to the right that its words stand before it."""

    at: str
    waves: str
    far: bool


def plot(removal: Removal) -> Plot:
    """The burn-down as a plot, with its numbers and its text alternative."""
    first, last = removal.points[0], removal.points[-1]
    rows: tuple[Row, ...] = tuple(
        (instant(one.as_of), one.members, one.have, one.unknown, *(kind.have for kind in one.kinds), one.by or "a run")
        for one in removal.points
    )
    return Plot(
        name="burn-down",
        title="Members that still have root credentials",
        says=(
            "Lines over time, one for members with any root credential and one for each kind; the grey band above the "
            f"first is members of which it is not known. {_begins(first)}From {first.have:,} of {first.members:,} "
            f"({first.unknown:,} not known) to {last.have:,} of {last.members:,} ({last.unknown:,} not known). "
            f"{headline(last)}.{_waves_in_words(removal)}"
        ),
        columns=("as of", "members", "any", "not known", *(_NAME[kind.kind] for kind in last.kinds), "seen by"),
        rows=rows,
        draw=lambda: _chart(removal),
    )


def _begins(first: Point) -> str:
    return "It begins with what the plan saw. " if first.by == PLAN_LOOKED else ""


def _chart(removal: Removal) -> Chart:
    names = [_ANY, *_NAME.values()]
    lines: list[Row] = []
    for one in removal.points:
        when = instant(one.as_of)
        lines.append((when, _ANY, one.have))
        lines += [(when, _NAME[kind.kind], kind.have) for kind in one.kinds]
    band: list[Row] = [(instant(one.as_of), one.have, one.have + one.unknown) for one in removal.points]
    top = max(one.members for one in removal.points) or 1
    span = removal.points[-1].as_of - removal.points[0].as_of
    spelled = "%Y-%m-%d" if span > _SHORT else "%H:%M:%S" if span < _SHORTEST else "%m-%d %H:%M"
    x = alt.X("as of:T", title=None, axis=alt.Axis(format=spelled, grid=False, tickCount=6, labelOverlap=True))
    scale = alt.Scale(domain=[0, top], nice=True)
    y = alt.Y("members:Q", title="members", scale=scale, axis=alt.Axis(tickMinStep=1, format=",d"))
    color = alt.Color("what:N", sort=names, scale=alt.Scale(domain=names, range=list(_COLORS)))
    dash = alt.StrokeDash("what:N", sort=names, scale=alt.Scale(domain=names, range=list(_DASHES)))
    base = alt.Chart(data(("as of", "what", "members"), lines))
    unknown = alt.Chart(data(("as of", "members", "top"), band)).mark_area(
        color=GREY, opacity=0.55, interpolate="step-after"
    )
    drawn = base.mark_line(strokeWidth=2.4, interpolate="step-after").encode(x=x, y=y, color=color, strokeDash=dash)
    # A run holds until the next one; the last one is shown as what it is: a point, and what is not known beside it.
    ends = [row for row in lines if row[0] == band[-1][0] or len(removal.points) <= _WIDE]
    dots = alt.Chart(data(("as of", "what", "members"), ends)).mark_point(filled=True, size=36, opacity=1, color=INK)
    last = alt.Chart(data(("as of", "members", "top"), band[-1:])).mark_bar(color=GREY, opacity=0.55, size=10)
    layers = [
        unknown.encode(x=x, y=y, y2="top:Q"),
        last.encode(x=x, y=y, y2="top:Q"),
        drawn,
        dots.encode(x=x, y=y),
    ]
    marks = _marks(removal)
    if marks:
        layers += _drawn(marks, x)
    return alt.layer(*layers).properties(width=WIDTH, height=340)


def _waves_in_words(removal: Removal) -> str:
    """What the marks of the waves say, for who does not see them."""
    done = sum(wave.none for wave in removal.waves)
    if not _marks(removal):
        return ""
    planned = sum(wave.accounts for wave in removal.waves)
    return f" Dotted upright lines are the ends of waves: nothing is left in {done:,} of their {planned:,} accounts."


def _marks(removal: Removal) -> list[_Mark]:
    """Where waves ended, and their numbers; those too near to each other to be read apart share a mark."""
    ends = sorted((wave.ended, wave.number) for wave in removal.waves if wave.ended is not None and wave.number)
    if not ends:
        return []
    span = removal.points[-1].as_of - removal.points[0].as_of
    far = removal.points[0].as_of + span * _FAR_RIGHT
    groups: list[list[tuple[datetime, int]]] = []
    for end in ends:
        room = span * (2 * _APART if end[0] > far else _APART)
        if groups and end[0] - groups[-1][-1][0] <= room:
            groups[-1].append(end)
        else:
            groups.append([end])
    return [
        _Mark(instant(group[-1][0]), _numbers([number for _, number in group]), group[-1][0] > far) for group in groups
    ]


def _numbers(numbers: list[int]) -> str:
    first, last = min(numbers), max(numbers)
    return f"wave {first}" if first == last else f"waves {first} to {last}"


def _drawn(marks: list[_Mark], x: alt.X) -> list[Chart]:
    """An upright line where waves ended, and their numbers above the plot."""
    layers = [
        alt.Chart(data(("as of",), [(one.at,) for one in marks]))
        .mark_rule(color=INK, strokeDash=[2, 4], opacity=0.6)
        .encode(x=x)
    ]
    for far in (False, True):
        rows: list[Row] = [(one.at, one.waves) for one in marks if one.far is far]
        text = alt.Chart(data(("as of", "waves"), rows)).mark_text(
            align="right" if far else "left", baseline="bottom", dx=-3 if far else 3, dy=-2, fontSize=11, color=INK
        )
        layers += [text.encode(x=x, y=alt.value(0), text="waves:N")] if rows else []
    return layers
