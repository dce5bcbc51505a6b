"""The verdicts for a person at a terminal: how many, where, then each class with its ways, nearest to root first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.text import Text

from rootwarden.iam.admins.verdict import Class
from rootwarden.report.admins import phrases
from rootwarden.report.admins.one import block, everything, in_a_line
from rootwarden.report.admins.styles import STYLE
from rootwarden.report.admins.told import headline
from rootwarden.report.paper import Paper
from rootwarden.report.words import instant, several, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rootwarden.iam.admins.verdict import PrincipalVerdict
    from rootwarden.report.admins.told import Told

MOST_LINES: Final = 20
MOST_BLOCKS: Final = 12
MOST_ACCOUNTS: Final = 20
_IN_BLOCKS: Final = frozenset({Class.ESCALATION, Class.CONDITIONAL, Class.LATERAL})
_ALL: Final = "--all shows every one"


def render(told: Told, *, width: int = 100, color: bool = False, uncut: bool = False) -> str:
    """The report as lines of at most `width` columns.

    Args:
        told: What is told.
        width: Columns.
        color: Whether to add ANSI colours.
        uncut: Lists are told in full.
    """
    paper = Paper(width, color=color)
    if told.principal:
        for one in told.principals:
            everything(paper, one, told)
    else:
        _head(paper, told)
        _accounts(paper, told, uncut=uncut)
        for kind in phrases.CLASSES:
            _class(paper, kind, told, uncut=uncut)
        _open_roles(paper, told, uncut=uncut)
        _administrators(paper, told, uncut=uncut)
    _read(paper, told, uncut=uncut)
    return paper.text()


def _head(paper: Paper, told: Told) -> None:
    paper.line(Text(headline(told), "bold"), indent=0)
    as_of = [f"as of {instant(told.found.as_of)}"] if told.found.as_of else []
    paper.line(" · ".join((shorten(told.source, 120), *as_of)), "dim", indent=0)
    paper.console.print()
    for kind, count in told.counts().items():
        said = f"{phrases.SYMBOL[kind]} {count:>6,}  {kind.value:<12} {phrases.MEANING[kind]}"
        paper.line(Text(said, STYLE[kind] if count else "dim"))


def _accounts(paper: Paper, told: Told, *, uncut: bool) -> None:
    counted = told.by_account()
    if len(counted) < 2:  # noqa: PLR2004 - one account is the whole
        return
    paper.heading("By account", "those with most administrators first")
    shown = list(counted.items()) if uncut else list(counted.items())[:MOST_ACCOUNTS]
    rows = [
        [told.name(account), *(f"{counts[kind]:,}" if counts[kind] else "-" for kind in phrases.CLASSES)]
        for account, counts in shown
    ]
    paper.table(("account", *(kind.value for kind in phrases.CLASSES)), rows)
    _left_out(paper, len(counted) - len(shown), "accounts")


def _class(paper: Paper, kind: Class, told: Told, *, uncut: bool) -> None:
    members = [one for one in told.principals if one.kind is kind]
    if kind is Class.NONE and kind not in told.classes:
        members = [one for one in members if one.blocked_by]
    if not members:
        return
    symbol, title = phrases.SYMBOL[kind], kind.value.capitalize()
    aside = "would get up, if nothing stood in the way" if kind is Class.NONE and kind not in told.classes else ""
    paper.heading(f"{symbol} {title}: {len(members):,}", aside or phrases.MEANING[kind])
    blocks = kind in _IN_BLOCKS
    shown = members if uncut else members[: MOST_BLOCKS if blocks else MOST_LINES]
    if blocks:
        for one in shown:
            paper.console.print()
            block(paper, one)
    else:
        _lines(paper, shown)
    _left_out(paper, len(members) - len(shown), f"of class {kind.value}")


def _lines(paper: Paper, members: Sequence[PrincipalVerdict]) -> None:
    several_accounts = len({one.account for one in members}) > 1
    for one in members:
        paper.line(in_a_line(one, account=several_accounts))


def _left_out(paper: Paper, number: int, what: str) -> None:
    if number > 0:
        paper.line(f"and {number:,} more {what}: {_ALL}", "bold")


def _open_roles(paper: Paper, told: Told, *, uncut: bool) -> None:
    listed = {one.arn for one in told.principals}
    roles = [one for one in told.found.open_roles if one.arn in listed]
    if not roles:
        return
    paper.heading(f"Open to others: {len(roles):,}", "roles above that let in somebody who was not looked at")
    shown = roles if uncut else roles[:MOST_LINES]
    for one in shown:
        line = Text.assemble((phrases.SYMBOL[one.kind] + " ", STYLE[one.kind]), shorten(one.arn, 200))
        paper.line(line)
        paper.line(f"lets in {', '.join(one.lets_in)}", indent=4)
    _left_out(paper, len(roles) - len(shown), "roles")


def _administrators(paper: Paper, told: Told, *, uncut: bool) -> None:
    """Which accounts can be administered without root; those that cannot first."""
    standings = phrases.standings(told.found.administrators)
    if not standings:
        return
    without = sum(one.has_administrator is not True for one in standings)
    aside = f"{without:,} of {several(len(standings), 'account')} without, or not known"
    paper.heading("Administrators beside root", aside)
    shown = standings if uncut else standings[:MOST_LINES]
    for one in shown:
        paper.line(f"{told.name(one.account)}: {phrases.standing(one)}", "" if one.has_administrator else "bold")
    _left_out(paper, len(standings) - len(shown), "accounts")


def _read(paper: Paper, told: Told, *, uncut: bool) -> None:
    found = told.found
    if found.unread:
        paper.heading(f"? Could not look: {len(found.unread):,}", "nobody there is called harmless")
        shown = found.unread if uncut else found.unread[:MOST_LINES]
        for subject, reason in shown:
            paper.line(f"{subject}: {reason}", "bold yellow")
        _left_out(paper, len(found.unread) - len(shown), "subjects")
    if found.notes:
        paper.heading("What to know")
        for note in found.notes:
            paper.line(f"{note}")
    if not told.principal and any(one.path for one in told.principals):
        paper.console.print()
        paper.line("--principal ARN tells everything of one, with --stop what would end its ways up", "dim")
