"""The burn-down: members that still have a root credential, by run, with what is not known as a band above."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import altair as alt

from rootwarden.report.fleet.plot import BLUE, DEEP, GREY, INK, ORANGE, SKY, WIDTH, Plot, data
from rootwarden.report.fleet.removal_terminal import headline
from rootwarden.report.words import instant

if TYPE_CHECKING:
    from rootwarden.fleet.removal import Removal
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


def plot(removal: Removal) -> Plot:
    """The burn-down as a plot, with its numbers and its text alternative."""
    first, last = removal.points[0], removal.points[-1]
    rows: tuple[Row, ...] = tuple(
        (instant(one.as_of), one.members, one.have, one.unknown, *(kind.have for kind in one.kinds))
        for one in removal.points
    )
    return Plot(
        name="burn-down",
        title="Members that still have root credentials",
        says=(
            "Lines over time, one for members with any root credential and one for each kind; the grey band above the "
            f"first is members of which it is not known. From {first.have:,} of {first.members:,} "
            f"({first.unknown:,} not known) to {last.have:,} of {last.members:,} ({last.unknown:,} not known). "
            f"{headline(last)}."
        ),
        columns=("as of", "members", "any", "not known", *(_NAME[kind.kind] for kind in last.kinds)),
        rows=rows,
        draw=lambda: _chart(removal),
    )


def _chart(removal: Removal) -> Chart:
    names = [_ANY, *_NAME.values()]
    lines: list[Row] = []
    for one in removal.points:
        when = instant(one.as_of)
        lines.append((when, _ANY, one.have))
        lines += [(when, _NAME[kind.kind], kind.have) for kind in one.kinds]
    band: list[Row] = [(instant(one.as_of), one.have, one.have + one.unknown) for one in removal.points]
    top = max(one.members for one in removal.points) or 1
    x = alt.X("as of:T", title=None, axis=alt.Axis(format="%Y-%m-%d", grid=False, tickCount=6, labelOverlap=True))
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
    return alt.layer(*layers).properties(width=WIDTH, height=340)
