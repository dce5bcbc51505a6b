"""A study as one HTML page that needs nothing else: no script, no network, plots inside as SVG.

It reads in the light, in the dark, on a phone, on paper and with a screen reader; for somebody who never saw the tool
it explains its words. A content security policy in the page forbids everything but its own style sheet.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.report.fleet import figures
from rootwarden.report.fleet.sheet import page, placed
from rootwarden.report.words import several

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rootwarden.fleet.result import Study
    from rootwarden.report.fleet.sheet import Placed
    from rootwarden.report.fleet.study_plots import Plotted
    from rootwarden.report.fleet.told import Asked, Compared, Comparison

# Section of the page by name of the plot; further plots stand among the sizes, keys and MFA.
_SECTION: Final[Mapping[str, str]] = MappingProxyType(
    {
        "weekly-accounts": "weeks",
        "weekly-organizations": "weeks",
        "accounts-by-week": "who",
        "concentration": "who",
        "key-figures": "trend",
    }
)
_VERDICT: Final = MappingProxyType({"differs": "differs", "chance": "chance", "unknown": "? unknown"})


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of the summary."""

    title: str
    value: str
    share: str = ""
    note: str


class ShareRow(msgspec.Struct, frozen=True, kw_only=True):
    """One share of the table of all figures."""

    label: str
    of: str
    value: str
    interval: str


class ComparedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One share of a comparison."""

    label: str
    printed: str
    other: str
    ours: str
    points: str
    verdict: str
    test: str


def render(plotted: Plotted, asked: Asked, comparison: Comparison | None = None) -> str:
    """The whole page; it ends with a newline."""
    study = plotted.study
    plots = tuple(placed(plot, "--plots FOLDER writes all of them") for plot in plotted.plots())
    groups: dict[str, list[Placed]] = {"weeks": [], "who": [], "how": [], "trend": []}
    for plot in plots:
        groups[_SECTION.get(plot.name, "how")].append(plot)
    spread, estimate = study.period.concentration, study.period.uses_estimated
    return page(
        "study.html",
        study=study,
        period=study.period,
        kept=study.parameters,
        asked=asked,
        cards=_cards(study),
        groups=groups,
        plots=plots,
        shares=_shares(study),
        open=any(figures.interval(getattr(study.period.shares, name)) for name in figures.SHARES),
        estimate=figures.estimated(estimate, study.parameters.confidence),
        left_out=figures.estimate_leaves_out(estimate, study.period.accounts),
        measured=figures.measured_in_words(study.measured) if study.measured else "",
        gini_used=figures.ratio(spread.gini_used),
        gini_all=figures.ratio(spread.gini_all),
        comparison=comparison,
        compared=[_compared(each) for each in comparison.shares] if comparison else [],
        printed=any(each.printed is not None for each in comparison.shares) if comparison else False,
    )


def _cards(study: Study) -> tuple[Card, ...]:
    period, estimate, average = study.period, study.period.uses_estimated, study.period.average
    shares, keys = period.shares, period.keys
    used, weekly = shares.accounts_used_of_accounts, average.accounts_used / max(average.accounts, 1)
    return (
        Card(
            title="Accounts that used root",
            value=figures.of(used),
            share=figures.percent(used.value),
            note=f"in an average week {average.accounts_used:.1f} accounts, {figures.percent(weekly)} of those seen",
        ),
        Card(
            title="Organizations that used root",
            value=figures.of(shares.organizations_used_of_organizations),
            share=figures.percent(shares.organizations_used_of_organizations.value),
            note=f"in an average week {average.organizations_used:.1f}",
        ),
        Card(
            title="Uses seen",
            value=f"{period.uses:,}",
            note=figures.estimated(estimate, study.parameters.confidence),
        ),
        Card(
            title="Accounts that make half of the uses",
            value=f"{period.half_of_uses_by:,}",
            note=f"{several(period.repeat_accounts, 'account')} used root in two weeks or more",
        ),
        Card(
            title="Accounts that hold a root key",
            value=figures.of(shares.key_accounts_of_accounts),
            share=figures.percent(shares.key_accounts_of_accounts.value),
            note=f"{keys.old_accounts:,} of them an old one; {several(keys.uses, 'use')} through keys",
        ),
        Card(
            title="Console uses without MFA",
            value=figures.of(shares.without_mfa_of_console_uses),
            share=figures.percent(shares.without_mfa_of_console_uses.value),
            note=f"in {period.mfa.organizations_without_mfa:,} of {several(period.mfa.organizations, 'organization')} "
            "with a console use",
        ),
    )


def _shares(study: Study) -> list[tuple[str, list[ShareRow]]]:
    return [(title, [_row(name, study) for name in names]) for title, names in figures.GROUPS]


def _row(name: str, study: Study) -> ShareRow:
    share = getattr(study.period.shares, name)
    return ShareRow(
        label=figures.SHARES[name][0],
        of=figures.of(share),
        value=figures.percent(share.value),
        interval=figures.interval(share),
    )


def _compared(each: Compared) -> ComparedRow:
    return ComparedRow(
        label=figures.SHARES[each.figure][0],
        printed="" if each.printed is None else f"{each.printed:.0f} %",
        other=figures.percent(each.other.value),
        ours=figures.percent(each.ours.value),
        points="" if each.difference is None else f"{100 * each.difference:+.1f}",
        verdict="" if each.p_value is None else _VERDICT[each.verdict],
        test=each.test,
    )
