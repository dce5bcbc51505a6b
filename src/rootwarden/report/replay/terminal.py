"""A replay for a person at a terminal: the two numbers first, then what would be denied, then everything else."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from rich.text import Text

from rootwarden.guardrails.replaying.ruling import Verdict
from rootwarden.report.paper import Paper
from rootwarden.report.words import several, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rootwarden.guardrails.replaying.ruling import Place
    from rootwarden.report.replay.told import GroupTold, ReplayRecord, StepTold

MOST_PRINCIPALS: Final = 10
MOST_NAMED: Final = 6
MOST_PLACES: Final = 3
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
    """`would deny 14 calls of 3 principals; at most 20`; never that none would be where nobody's were read."""
    calls, of = told.calls, several(told.principals, "principal")
    if not told.foretells:
        return "nothing is foretold: no call is of an account in the evidence"
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
    of: dict[tuple[str, bool | None], list[GroupTold]] = {}
    for group in groups:
        of.setdefault((group.principal or group.account, group.assumed_root), []).append(group)
    ordered = sorted(of.items(), key=lambda each: -sum(group.calls for group in each[1]))
    for (principal, assumed), own in ordered[:MOST_PRINCIPALS]:
        _principal(paper, shorten(principal, 140) + _assumed(assumed), own, _STYLES.get(verdict, ""))
    if len(ordered) > MOST_PRINCIPALS:
        more = several(len(ordered) - MOST_PRINCIPALS, "more principal")
        paper.line(f"and {more}; --format csv or json has them", "dim")


def _principal(paper: Paper, name: str, groups: Sequence[GroupTold], style: str) -> None:
    number = sum(group.calls for group in groups)
    paper.line(Text.assemble((several(number, "call"), style), f" of {name}"))
    shown = [f"{_what(group)} {group.calls:,}" for group in groups[:MOST_NAMED]]
    more = f" and {len(groups) - MOST_NAMED:,} more" if len(groups) > MOST_NAMED else ""
    paper.line(Text.assemble(", ".join(shown), (more, "dim")), indent=4)
    _several(paper, "by ", (_place(place) for group in groups for place in group.by), "")
    depends = (_quoted(one) for group in groups for one in group.depends_on)
    _several(paper, "depends on ", depends, "yellow")
    _several(paper, "", (group.why for group in groups if group.why), "dim")
    paper.line(f"{_when(groups)} · for example {groups[0].events[0]}", "dim", indent=4)


def _several(paper: Paper, before: str, texts: Iterable[str], style: str) -> None:
    """Different texts in one line, and how many more there are."""
    every = list(dict.fromkeys(texts))
    if every:
        more = f" and {len(every) - MOST_PLACES:,} more" if len(every) > MOST_PLACES else ""
        paper.line(before + "; ".join(every[:MOST_PLACES]) + more, style, indent=4)


def _what(group: GroupTold) -> str:
    """The actions, with the name of the event where it is another."""
    event = f"{group.source}:{group.event}"
    if not group.actions:
        return shorten(event, 80)
    named = shorten(" and ".join(group.actions), 120)
    same = group.actions[0].partition(":")[2] == group.event
    return named if same and len(group.actions) == 1 else f"{named} ({shorten(group.event, 80)})"


def _place(one: Place) -> str:
    if not one.policy:
        return f"nothing allows it at {one.target}"
    statement = f" statement `{one.statement}`" if one.statement else ""
    return f"policy `{one.policy}`{statement} at {one.target or 'an unknown place'}"


def _quoted(dependency: str) -> str:
    return f"`{dependency}`" if ":" in dependency and " " not in dependency else dependency


def _assumed(assumed: bool | None) -> str:
    if assumed is None:
        return " (whether it was assumed is not known)"
    return " (assumed)" if assumed else ""


def _when(groups: Sequence[GroupTold]) -> str:
    first = min((group.first for group in groups if group.first), default="")
    last = max(group.last for group in groups)
    if not first:
        return "at a time nobody tells"
    return first if first == last else f"{first} to {last}"


def _notes(paper: Paper, told: ReplayRecord) -> None:
    if told.beyond:
        paper.heading("Not shown", f"{several(told.beyond, 'call')} of groups beyond the first 50,000, counted above")
    if told.unknown_accounts:
        shown = ", ".join(told.unknown_accounts[:_MOST_NAMED])
        more = " …" if len(told.unknown_accounts) > _MOST_NAMED else ""
        paper.heading("Accounts that are not in the evidence", shown + more)
    if not told.read.complete:
        paper.heading("Not everything could be read", "the numbers are too low; standard error says what is missing")
