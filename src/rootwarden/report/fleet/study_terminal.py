"""A study for a person at a terminal: the period first, then the weeks, then how far the figures can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.text import Text

from rootwarden.report.fleet import figures
from rootwarden.report.paper import Paper
from rootwarden.report.words import instant, several, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rootwarden.fleet.result import Study, Week
    from rootwarden.report.fleet.told import Asked, Comparison

MOST_WEEKS: Final = 60
MOST_ACCOUNTS: Final = 10
_VERDICT: Final = {"differs": ("differs", "bold"), "chance": ("chance", ""), "unknown": ("? unknown", "bold yellow")}


def render(
    study: Study, asked: Asked, comparison: Comparison | None = None, *, width: int = 100, color: bool = False
) -> str:
    """The report as lines of at most `width` columns."""
    paper = Paper(width, color=color)
    _head(paper, study, asked)
    _shares(paper, study)
    _accounts(paper, study)
    _weeks(paper, study.weeks)
    if comparison is not None:
        _comparison(paper, comparison)
    _sampling(paper, study)
    return paper.text()


def _head(paper: Paper, study: Study, asked: Asked) -> None:
    period, estimate = study.period, study.period.uses_estimated
    title = f"Root use of {several(period.accounts, 'account')} in {several(period.organizations, 'organization')}"
    paper.line(Text(title, "bold"), indent=0)
    about = [shorten(asked.source, 120)]
    about += [f"organization {shorten(asked.organization, 60)}"] if asked.organization else []
    span = f"{instant(study.first_as_of)} to {instant(study.last_as_of)}, {several(len(study.weeks), 'week')}"
    paper.line(" · ".join([*about, span]), "dim", indent=0)
    kept = study.parameters
    paper.line(
        f"a use: one account in one week, last used within {several(kept.window_days, 'day')} before the look;"
        f" accounts younger than {several(kept.minimum_age_days, 'day')} left out",
        "dim",
        indent=0,
    )
    paper.console.print()
    each = period.uses_per_account
    paper.line(
        f"{period.uses:,} uses seen by {several(period.accounts_used, 'account')}"
        + (f", {each:.1f} each" if each else ""),
        "bold",
    )
    paper.line(f"{figures.estimated(estimate, kept.confidence)}: weekly looks show only the last one")
    if left_out := figures.estimate_leaves_out(estimate, period.accounts):
        named = ", ".join(estimate.always[:MOST_ACCOUNTS])
        paper.line(left_out + (f": {named}" if named else ""), "bold yellow")
    if study.measured is not None:
        paper.line(figures.measured_in_words(study.measured))
    if period.unknown:
        text = f"? {several(period.unknown, 'account-week')} could not be decided; intervals say what that could change"
        paper.line(text, "bold yellow")


def _shares(paper: Paper, study: Study) -> None:
    paper.heading("The period")
    rows: list[Sequence[str | Text]] = []
    for title, names in figures.GROUPS:
        rows.append((Text(title, "bold"), "", "", ""))
        for name in names:
            share = getattr(study.period.shares, name)
            rows.append(
                (
                    f"  {figures.SHARES[name][0]}", figures.of(share),
                    Text(figures.percent(share.value), "bold"), figures.interval(share),
                )
            )  # fmt: skip
        if title == "Sizes" and study.period.sizes.unknown:
            rows.append(("  uses in accounts of unknown size", f"{study.period.sizes.unknown:,}", "", ""))
    open_ = "may lie within" if any(row[3] for row in rows) else ""
    paper.table(("", "", "share", open_), rows)
    spread, both = study.period.concentration, study.period.both_uses
    paper.line(
        f"Gini coefficient {figures.ratio(spread.gini_used)} among accounts that used root,"
        f" {figures.ratio(spread.gini_all)} among all"
        + (f"; {several(both, 'use')} through console and key both" if both else ""),
        "dim",
    )


def _accounts(paper: Paper, study: Study) -> None:
    if not study.offenders:
        return
    paper.heading("Most active accounts")
    shown = study.offenders[:MOST_ACCOUNTS]
    rows = [
        (each.account, shorten(each.organization, 40) or "not known", f"{each.uses:,}", str(each.weeks[-1]))
        for each in shown
    ]
    paper.table(("account", "organization", "uses", "last week"), rows, words_=2)
    if left := len(study.offenders) - len(shown):
        paper.line(f"… and {left:,} more; --format csv lists all", "dim")


def _weeks(paper: Paper, weeks: Sequence[Week]) -> None:
    unknown = any(each.unknown or each.organizations_unknown for each in weeks)
    paper.heading("The weeks", "accounts and organizations that used root, of those seen")
    columns = ["week", "accounts", "share", "organizations", "share"]
    columns[3:3] = ["may lie within"] if unknown else []
    columns += ["may lie within", "unknown"] if unknown else []
    paper.table(columns, [_week(each, unknown=unknown) for each in weeks[-MOST_WEEKS:]])
    if (left := len(weeks) - MOST_WEEKS) > 0:
        paper.line(f"… and {left:,} earlier weeks; --format csv lists all", "dim")


def _week(each: Week, *, unknown: bool) -> list[str | Text]:
    cells: list[str | Text] = [str(each.week)]
    for share in (each.accounts_share, each.organizations_share):
        cells += [figures.of(share), Text(figures.percent(share.value), "bold")]
        cells += [figures.interval(share)] if unknown else []
    return [*cells, f"{each.unknown:,}"] if unknown else cells


def _comparison(paper: Paper, comparison: Comparison) -> None:
    ours, other = shorten(comparison.ours, 40), shorten(comparison.other, 40)
    paper.heading(f"Compared with {other}")
    if comparison.counts:
        rows = [
            (
                figures.COUNTS[each.figure],
                f"({each.published:,})" if each.reckoned else f"{each.published:,} ",
                "? unknown" if each.ours is None else f"{each.ours:,}",
            )
            for each in comparison.counts
        ]
        paper.table(("", "published", "ours"), rows)
        paper.line("in parentheses: not printed, reckoned from printed shares and means", "dim")
        paper.console.print()
    printed = any(each.printed is not None for each in comparison.shares)
    shares: list[list[str | Text]] = []
    for each in comparison.shares:
        word, style = _VERDICT[each.verdict] if each.p_value is not None else ("not tested", "dim")
        change = "" if each.difference is None else f"{100 * each.difference:+.1f}"
        cells: list[str | Text] = [figures.SHARES[each.figure][0]]
        cells += [f"{each.printed:.0f} %" if each.printed is not None else ""] if printed else []
        cells += [figures.percent(each.other.value), figures.percent(each.ours.value), change, Text(word, style)]
        shares.append(cells)
    columns = ["share of"] + (["printed", "recomputed"] if printed else [other]) + [ours, "points", "difference"]
    paper.table(columns, shares)
    paper.line("differs: less than 5 % likely by chance, corrected for all rows (docs/fleet-study.md)", "dim")


def _sampling(paper: Paper, study: Study) -> None:
    paper.heading("The sampling")
    if not study.sampling:
        paper.line("regular: nothing odd was found")
    for each in study.sampling:
        named = ", ".join(shorten(one, 60) for one in each.examples[:4])
        more = ", …" if each.count > len(each.examples[:4]) else ""
        paper.line(f"{each.count:,} {each.says}: {named}{more}")
