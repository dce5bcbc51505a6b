"""The plots of a study: who used root when, how concentrated, in which sizes, through which keys, without MFA."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import altair as alt
import msgspec

from rootwarden.fleet.indicator import Indicator
from rootwarden.fleet.pictures import How, Pictures
from rootwarden.fleet.result import Study
from rootwarden.report.fleet import figures
from rootwarden.report.fleet.plot import BLUE, DEEP, GREY, INK, LINE, ORANGE, SKY, SOFT, WIDTH, Plot, data
from rootwarden.report.fleet.told import trends
from rootwarden.report.fleet.trend_plot import trend_plot
from rootwarden.report.words import several

if TYPE_CHECKING:
    from rootwarden.report.fleet.plot import Chart, Row

# Beyond so many weeks bars have no room for a label, beyond so many accounts the map none for a row.
LABELLED_WEEKS: Final = 26
MAPPED_ACCOUNTS: Final = 50
MAPPED_WEEKS: Final = 104
_AGES: Final = ((90, "to 90 days"), (180, "to 180 days"), (365, "to 1 year"), (730, "to 2 years"), (1461, "to 4 years"))
_OLDEST: Final = "over 4 years"
_HOW_COLOR: Final = {How.CONSOLE: SKY, How.KEY: ORANGE, How.BOTH: DEEP, How.UNKNOWN: GREY}
_SIZE_COLOR: Final = {"small": SKY, "medium": BLUE, "large": DEEP, "unknown": GREY}


_MFA_COLOR: Final = {"without MFA": ORANGE, "with MFA": SKY, "unknown": GREY}
# As wide as account ids in the widest of the fonts a reader may have.
_NAMES: Final = alt.Axis(ticks=False, minExtent=96, labelFontSize=11)


class Plotted(msgspec.Struct, frozen=True, kw_only=True):
    """What the plots of a study are drawn from."""

    study: Study
    pictures: Pictures
    indicators: tuple[Indicator, ...] = ()

    def plots(self) -> tuple[Plot, ...]:
        """Every plot there is something to draw for, in the order of a page."""
        made = [_weekly(self.study, "accounts"), _weekly(self.study, "organizations")]
        if self.study.offenders:
            made += [_map(self), _pareto(self.study), _sizes(self.study)]
        if self.pictures.key_ages or self.pictures.keys_undated:
            made.append(_key_ages(self))
        if self.study.period.mfa.console_uses:
            made += [_mfa(self.study), _mfa_weeks(self)]
        if trends(self.indicators):
            made.append(trend_plot(trends(self.indicators)))
        return tuple(made)


def _weekly(study: Study, what: str) -> Plot:
    """Bars of accounts or organizations with a use, the unknown on top of them."""
    columns = ("week", "used root", "seen", "share", "unknown")
    rows = tuple(
        (
            str(week.week),
            getattr(week, f"{what}_used"),
            getattr(week, what),
            figures.percent(getattr(week, f"{what}_share").value),
            week.unknown if what == "accounts" else week.organizations_unknown,
        )
        for week in study.weeks
    )

    def draw() -> Chart:
        bars: list[Row] = [(row[0], "used root", row[1], 0, row[3]) for row in rows]
        bars += [(row[0], "unknown", row[4], 1, "") for row in rows if row[4]]
        base = alt.Chart(data(("week", "kind", "count", "order", "share"), bars)).encode(x=_week_axis(len(rows)))
        shown = base.mark_bar().encode(
            y=alt.Y("count:Q", title=f"{what} a week", axis=alt.Axis(tickMinStep=1, format="d")),
            order="order:Q",
            color=_colors({"used root": BLUE, "unknown": GREY}, legend=any(row[4] for row in rows)),
        )
        layers = [shown]
        if len(rows) <= LABELLED_WEEKS:
            text = base.transform_filter("datum.order == 0").mark_text(dy=-7, fontSize=10.5, color=INK)
            layers.append(text.encode(y="count:Q", text="share:N"))
        return alt.layer(*layers).properties(width=WIDTH, height=220)

    highest = max(study.weeks, key=lambda week: getattr(week, f"{what}_used"))
    mean = getattr(study.period.average, f"{what}_used")
    return Plot(
        name=f"weekly-{what}",
        title=f"{what.capitalize()} that used root, week by week",
        says=f"One bar a week, named by its first day: how many {what} used root, above it their share of those "
        f"seen; on average {mean:.1f}, "
        f"at most {getattr(highest, f'{what}_used')} in the week of {highest.week}. "
        f"Where nobody could tell, a grey part stands on the bar.",
        columns=columns,
        rows=rows,
        draw=draw,
    )


def _map(plotted: Plotted) -> Plot:
    """Accounts by weeks; a cell says how root was used."""
    study = plotted.study
    shown = [each.account for each in study.offenders[:MAPPED_ACCOUNTS]]
    weeks = [str(week.week) for week in study.weeks[-MAPPED_WEEKS:]]
    drawn, in_time = set(shown), set(weeks)
    cells = [
        (each.account, str(each.week), each.how.value)
        for each in plotted.pictures.cells
        if each.account in drawn and str(each.week) in in_time
    ]
    kinds = {how for _, _, how in cells}
    uses = {each.account: each.uses for each in study.offenders}

    def draw() -> Chart:
        marks = alt.Chart(data(("account", "week", "kind"), cells)).mark_rect(stroke="white", strokeWidth=1)
        heat = marks.encode(
            x=_week_axis(len(weeks), weeks),
            y=alt.Y("account:N", sort=shown, title=None, scale=alt.Scale(domain=shown), axis=_NAMES),
            color=_colors({how.value: color for how, color in _HOW_COLOR.items() if how.value in kinds}),
        )
        drawn_map: Chart = heat.properties(width=WIDTH - 100, height=max(13 * len(shown), 40))
        return drawn_map

    left = len(study.offenders) - len(shown)
    return Plot(
        name="accounts-by-week",
        title="Which accounts used root in which week",
        says=f"One row an account, the most active on top, one column a week: blue for the console, orange for "
        f"an access key, purple for both, grey where it is unknown, empty without a use. "
        f"{several(len(shown), 'account')} shown"
        + (f", {left:,} less active ones left out" if left else "")
        + (f"; the last {len(weeks)} of {len(study.weeks)} weeks." if len(weeks) < len(study.weeks) else "."),
        columns=("account", "uses", "weeks with a use"),
        rows=tuple(
            (each.account, uses[each.account], ", ".join(str(week) for week in each.weeks)) for each in study.offenders
        ),
        draw=draw,
    )


def _pareto(study: Study) -> Plot:
    """Share of uses by the most active accounts, cumulated."""
    curve, half = study.period.concentration.curve, study.period.half_of_uses_by
    total = curve[-1]
    rows = tuple((place, uses, round(100 * uses / total, 1)) for place, uses in enumerate(curve, 1))

    def draw() -> Chart:
        columns = ("accounts", "uses", "percent")
        points: list[Row] = [(0, 0, 0.0), *rows]
        axis_x = alt.X(
            "accounts:Q",
            title="accounts that used root, the most active first",
            axis=alt.Axis(grid=False),
            scale=alt.Scale(nice=False),
        )
        axis_y = alt.Y("percent:Q", title="% of all uses", scale=alt.Scale(domain=[0, 100]))
        line = alt.Chart(data(columns, points)).mark_area(
            line={"color": BLUE, "strokeWidth": 2.5}, color=SKY, opacity=0.35
        )
        even = alt.Chart(data(columns, [(0, 0, 0), (len(curve), total, 100)])).mark_line(strokeDash=[4, 4], color=SOFT)
        mark = alt.Chart(data(columns, [rows[half - 1]]))
        text = f"{several(half, 'account')} make half"
        layers = [
            line.encode(x=axis_x, y=axis_y),
            even.encode(x=axis_x, y=axis_y),
            mark.mark_rule(color=INK, strokeDash=[2, 3]).encode(x="accounts:Q"),
            mark.mark_point(color=INK, filled=True, size=70, opacity=1).encode(x="accounts:Q", y="percent:Q"),
            mark.mark_text(align="left", dx=10, dy=12, fontSize=13, color=INK).encode(
                x="accounts:Q", y="percent:Q", text=alt.value(text)
            ),
        ]
        return alt.layer(*layers).properties(width=WIDTH, height=260)

    return Plot(
        name="concentration",
        title="How few accounts make most of the use",
        says=f"A rising curve: the share of all uses that the most active accounts make together. {half} of "
        f"{len(curve)} accounts make half of it. The dashed line is where it would be if all used root equally often.",
        columns=("most active accounts", "their uses", "% of all uses"),
        rows=rows,
        draw=draw,
    )


def _sizes(study: Study) -> Plot:
    """Uses of each week by size of the account."""
    names = tuple(name for name in _SIZE_COLOR if name != "unknown" or study.period.sizes.unknown)
    rows = tuple((str(week.week), *(getattr(week.sizes, name) for name in names)) for week in study.weeks)
    return Plot(
        name="sizes",
        title="Uses by size of the account",
        says="One bar a week, in parts by size of the accounts that used root: "
        + ", ".join(
            f"{getattr(study.period.sizes, name)} uses in {name} accounts" for name in names if name != "unknown"
        )
        + (f", {study.period.sizes.unknown} in accounts of unknown size." if study.period.sizes.unknown else "."),
        columns=("week", *names),
        rows=rows,
        draw=lambda: _stacked(rows, {name: _SIZE_COLOR[name] for name in names}, "uses a week"),
    )


def _key_ages(plotted: Plotted) -> Plot:
    """Active keys by age; the first bar is the only one that should hold any."""
    counts = Counter(
        next((name for limit, name in _AGES if age <= limit), _OLDEST) for age in plotted.pictures.key_ages
    )
    names = [*(name for _, name in _AGES), _OLDEST] + (["not known"] if plotted.pictures.keys_undated else [])
    counts["not known"] = plotted.pictures.keys_undated
    rows = tuple((name, counts[name]) for name in names)
    limit = plotted.study.parameters.old_key_days
    old = sum(age > limit for age in plotted.pictures.key_ages)

    def draw() -> Chart:
        base = alt.Chart(data(("age", "keys"), rows)).encode(
            x=alt.X("age:N", sort=names, title="since the last rotation", axis=alt.Axis(labelAngle=0, ticks=False)),
            y=alt.Y("keys:Q", title="active root keys", axis=alt.Axis(tickMinStep=1, format="d")),
        )
        bars = base.mark_bar(color=ORANGE)
        text = base.mark_text(dy=-7, fontSize=12, color=INK).encode(text="keys:Q")
        return alt.layer(bars, text).properties(width=WIDTH, height=200)

    return Plot(
        name="key-ages",
        title="Age of the active root access keys",
        says="One bar for each span of age, at each account's last look: "
        f"{several(len(plotted.pictures.key_ages), 'key')} of known age, "
        f"{old} of them not rotated for more than {limit} days.",
        columns=("age", "active root keys"),
        rows=rows,
        draw=draw,
    )


def _mfa(study: Study) -> Plot:
    """Two bars of full width: console uses and organizations, without MFA on the left."""
    rows: list[tuple[str, str, int]] = []
    for name in ("without_mfa_of_console_uses", "organizations_without_mfa_of_console_organizations"):
        share = getattr(study.period.shares, name)
        label = figures.SHARES[name][1]
        rest = share.of - share.count - share.undecided
        rows += [(label, "without MFA", share.count), (label, "with MFA", rest)]
        rows += [(label, "unknown", share.undecided)] if share.undecided else []

    def draw() -> Chart:
        columns = ("of", "kind", "count")
        kinds = [kind for kind in ("without MFA", "unknown", "with MFA") if any(row[1] == kind for row in rows)]
        base = alt.Chart(data(columns, rows)).transform_calculate(order=f"indexof({kinds}, datum.kind)")
        y = alt.Y(
            "of:N",
            sort=[row[0] for row in rows],
            title=None,
            axis=alt.Axis(ticks=False, domain=False, minExtent=230),
        )
        x = alt.X("count:Q", stack="normalize", title=None, axis=alt.Axis(format="%", grid=False))
        bars = base.mark_bar(height=34).encode(
            y=y, x=x, order="order:Q", color=_colors({kind: _MFA_COLOR[kind] for kind in kinds})
        )
        center = alt.X("count:Q", stack="normalize", bandPosition=0.5)
        text = base.mark_text(fontSize=13, fontWeight=600, color="#000000").encode(
            y=y, x=center, order="order:Q", text="count:Q"
        )
        return alt.layer(bars, text).properties(width=WIDTH - 235, height=100)

    kept = study.period.mfa
    return Plot(
        name="mfa",
        title="Console uses with and without MFA",
        says=f"Two bars: {kept.without_mfa} of {kept.console_uses} console uses were without MFA, and "
        f"{kept.organizations_without_mfa} of {kept.organizations} organizations with a console use had one without.",
        columns=("of", "MFA", "count"),
        rows=tuple(rows),
        draw=draw,
    )


def _mfa_weeks(plotted: Plotted) -> Plot:
    """Console uses of each week by whether root had MFA."""
    open_ = any(week.unknown for week in plotted.pictures.mfa)
    colors = {kind: color for kind, color in _MFA_COLOR.items() if open_ or kind != "unknown"}
    rows = tuple(
        (str(week.week), week.without_mfa, week.with_mfa, *((week.unknown,) if open_ else ()))
        for week in plotted.pictures.mfa
    )
    return Plot(
        name="mfa-by-week",
        title="Console uses with and without MFA, week by week",
        says="One bar a week, the console uses without MFA at its foot, those with MFA above.",
        columns=("week", *colors),
        rows=rows,
        draw=lambda: _stacked(rows, colors, "console uses a week"),
    )


def _stacked(rows: tuple[Row, ...], colors: dict[str, str], title: str) -> Chart:
    """A bar a week in parts; the first part at its foot."""
    names = list(colors)
    long = [
        (row[0], name, count, place)
        for row in rows
        for place, (name, count) in enumerate(zip(names, row[1:], strict=True))
        if count
    ]
    # A white line between bars hides them where they are hardly wider than it.
    line = 0.7 if len(rows) <= MAPPED_WEEKS else 0
    bars = alt.Chart(data(("week", "kind", "count", "place"), long)).mark_bar(stroke="white", strokeWidth=line)
    shown = bars.encode(
        x=_week_axis(len(rows), [str(row[0]) for row in rows]),
        y=alt.Y("count:Q", title=title, axis=alt.Axis(tickMinStep=1, format="d")),
        color=_colors(colors),
        order="place:Q",
    )
    chart: Chart = shown.properties(width=WIDTH, height=200)
    return chart


def _week_axis(count: int, weeks: list[str] | None = None) -> alt.X:
    """Weeks as bands, so that none is wider than another; labels only where there is room."""
    step = max(1, -(-count // LABELLED_WEEKS))
    labels = f"indexof(domain('x'), datum.value) % {step} == 0 ? datum.label : ''"
    axis = alt.Axis(labelAngle=-45, ticks=False, labelExpr=labels if step > 1 else "datum.label", domainColor=LINE)
    scale = alt.Scale(domain=weeks, paddingInner=0.15) if weeks else alt.Scale(paddingInner=0.15)
    return alt.X("week:N", title=None, axis=axis, scale=scale)


def _colors(kinds: dict[str, str], *, legend: bool = True) -> alt.Color:
    scale = alt.Scale(domain=list(kinds), range=list(kinds.values()))
    return alt.Color("kind:N", scale=scale, sort=list(kinds), legend=alt.Legend(title=None) if legend else None)
