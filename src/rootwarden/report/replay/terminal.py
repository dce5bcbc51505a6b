"""A replay for a person at a terminal: the two numbers first, then what would be denied, then everything else."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from rich.text import Text

from rootwarden.guardrails.replaying.ruling import Verdict
from rootwarden.report.paper import Paper
from rootwarden.report.words import several, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rootwarden.guardrails.replaying.ruling import Place
    from rootwarden.report.replay.told import GroupTold, ReplayRecord, StepTold

MOST_GROUPS: Final = 20
_MOST_NAMED: Final = 5
_TITLES: Final = {
    Verdict.DENIED: ("Denied", "it succeeded, and would be denied"),
    Verdict.DEPENDS: ("Depends", "it succeeded; the log does not tell whether it would be denied"),
    Verdict.DENIED_BEFORE: ("Refused before", "it was refused already, and would be denied, too"),
    Verdict.FAILED: ("Failed before", "it failed for another reason, and would be denied instead"),
    Verdict.DENIED_ANYWAY: ("Denied anyway", "the policies of now deny it already"),
    Verdict.LET_THROUGH: ("Let through", "the policies of now deny it, those after the change do not"),
    Verdict.NOT_PREVENTABLE: ("Not preventable", "as the policy denies it, but no policy of an organization stops it"),
}
_STYLES: Final = {Verdict.DENIED: "bold red", Verdict.DEPENDS: "bold yellow"}


def render(told: ReplayRecord, *, width: int = 100, color: bool = False) -> str:
    """The report as lines of at most `width` columns."""
    paper = Paper(width, color=color)
    paper.line(Text(headline(told), "bold"), indent=0)
    paper.line(_about(told), "dim", indent=0)
    for step in told.change:
        paper.line(_step(step), "dim", indent=0)
    for verdict, found in groupby(told.groups, key=lambda group: group.verdict):
        _section(paper, told, verdict, list(found))
    _notes(paper, told)
    return paper.text()


def headline(told: ReplayRecord) -> str:
    """`would deny 14 calls of 3 principals; at most 20`."""
    calls, of = told.calls, several(told.principals, "principal")
    if not calls.at_most:
        return "would deny none of these calls"
    if not calls.at_least:
        return f"would deny no call for sure; at most {calls.at_most:,} of {of}"
    more = f"; at most {calls.at_most:,}" if calls.at_most > calls.at_least else ""
    return f"would deny {several(calls.at_least, 'call')} of {of}{more}"


def _about(told: ReplayRecord) -> str:
    window = told.window
    between = f"{window.first} to {window.last}" if window.first and window.last else "no time is told"
    return f"{several(told.read.records, 'record')} of {several(told.read.files, 'file')} · {between}"


def _step(step: StepTold) -> str:
    return f"{step.operation} {step.kind} `{step.policy.name}` at {step.target} · sha256 {step.policy.sha256[:12]}"


def _section(paper: Paper, told: ReplayRecord, verdict: Verdict, groups: Sequence[GroupTold]) -> None:
    title, aside = _TITLES[verdict]
    paper.heading(f"{title}: {several(getattr(told.calls, verdict.value), 'call')}", aside)
    for group in groups[:MOST_GROUPS]:
        _group(paper, group)
    if len(groups) > MOST_GROUPS:
        more = several(len(groups) - MOST_GROUPS, "more group")
        paper.line(f"and {more}; --format csv or json has them", "dim")


def _group(paper: Paper, group: GroupTold) -> None:
    what = ", ".join(group.actions) or f"{group.source}:{group.event}"
    who = shorten(group.principal or group.account, 140)
    paper.line(
        Text.assemble(
            (several(group.calls, "call"), _STYLES.get(group.verdict, "")),
            f" of {who}{_assumed(group)}: {shorten(what, 120)}",
        )
    )
    if group.actions != (f"{group.source}:{group.event}",):
        paper.line(f"in the log: {group.event} of {group.source}", "dim", indent=4)
    if group.by:
        paper.line("by " + "; ".join(map(_place, group.by[:3])), indent=4)
    if group.depends_on:
        paper.line(f"depends on {', '.join(map(_quoted, group.depends_on[:5]))}", "yellow", indent=4)
    if group.why:
        paper.line(group.why, "dim", indent=4)
    paper.line(f"{_when(group)} · {', '.join(group.events[:2])}", "dim", indent=4)


def _place(one: Place) -> str:
    if not one.policy:
        return f"nothing allows it at {one.target}"
    statement = f" statement `{one.statement}`" if one.statement else ""
    return f"policy `{one.policy}`{statement} at {one.target or 'an unknown place'}"


def _quoted(dependency: str) -> str:
    return f"`{dependency}`" if ":" in dependency and " " not in dependency else dependency


def _assumed(group: GroupTold) -> str:
    if group.assumed_root is None:
        return " (whether it was assumed is not known)"
    return " (assumed)" if group.assumed_root else ""


def _when(group: GroupTold) -> str:
    if not group.first:
        return "at a time nobody tells"
    return group.first if group.first == group.last else f"{group.first} to {group.last}"


def _notes(paper: Paper, told: ReplayRecord) -> None:
    if told.beyond:
        paper.heading("Not shown", f"{several(told.beyond, 'call')} of groups beyond the first 50,000, counted above")
    if told.unknown_accounts:
        shown = ", ".join(told.unknown_accounts[:_MOST_NAMED])
        more = " …" if len(told.unknown_accounts) > _MOST_NAMED else ""
        paper.heading("Accounts that are not in the evidence", shown + more)
    if not told.read.complete:
        paper.heading("Not everything could be read", "the numbers are too low; standard error says what is missing")
