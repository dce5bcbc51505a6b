"""Usage for a person at a terminal: those with the most to take away first, then what the log does not show."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from rich.text import Text

from rootwarden.iam.usage.result import WORDS, Use
from rootwarden.report.paper import Paper
from rootwarden.report.words import several, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rootwarden.iam.usage.result import AccountCoverage, PrincipalUsage
    from rootwarden.report.usage.told import Told

_DONE: Final = frozenset({Use.DONE, Use.BY_SERVICE})
MOST_BLOCKS: Final = 25
MOST_NAMED: Final = 12
MOST_LINES: Final = 6
MOST_ACCOUNTS: Final = 20


def render(told: Told, *, width: int = 100, color: bool = False) -> str:
    """The report as lines of at most `width` columns."""
    paper = Paper(width, color=color)
    usage = told.usage
    paper.line(Text(f"Granted and used: {several(len(usage.principals), 'principal')}", "bold"), indent=0)
    window = " to ".join(filter(None, (told.start, told.end)))
    about = (shorten(told.source, 120), window, f"actions as of {usage.catalogue}")
    paper.line(" · ".join(filter(None, about)), "dim", indent=0)
    for one in _in_order(usage.principals)[:MOST_BLOCKS]:
        _block(paper, one)
    left = len(usage.principals) - MOST_BLOCKS
    if left > 0:
        paper.heading(f"{several(left, 'more principal')} not shown here", "--principal, --format csv or json has them")
    _accounts(paper, usage.accounts)
    _notes(paper, told)
    return paper.text()


def _in_order(principals: Iterable[PrincipalUsage]) -> list[PrincipalUsage]:
    return sorted(principals, key=lambda one: (-len(one.escalation), -len(one.unused), -len(one.used), one.arn))


def _block(paper: Paper, one: PrincipalUsage) -> None:
    paper.console.print()
    title = Text.assemble((one.kind, "bold"), " ", shorten(one.arn, 160), (_existence(one), "yellow"))
    paper.line(title, indent=0)
    for line in _sums(one):
        paper.line(line)
    # What is not granted any more has a line of its own.
    used = [each for each in one.used if each.use in _DONE and each.granted is not False]
    _list(paper, "used", [each.action + (f" (by {', '.join(each.via)})" if each.via else "") for each in used])
    _list(paper, "unused and on a way up", one.escalation, "bold red")
    _actions(paper, "unused", one.unused)
    _list(paper, "tried, always refused", [each.action for each in one.used if each.use is Use.DENIED], "yellow")
    _list(paper, "tried, never succeeded", [each.action for each in one.used if each.use is Use.FAILED])
    _list(
        paper,
        "used, not granted any more",
        [_gone(each.action, each.resource) for each in one.no_longer_granted],
        "yellow",
    )
    for doubt in one.unjudged:
        _actions(paper, f"cannot be judged, {WORDS[doubt.why]}", doubt.actions, "dim")
    events = [f"{each.source}:{each.name}" for each in one.unknown_events]
    _list(paper, "events that lead to no action we know", events, "yellow")
    _list(paper, "policies that cannot be read", one.unreadable, "yellow")
    for chain in one.chains[:MOST_LINES]:
        _list(paper, f"through {' → '.join(shorten(each, 100) for each in chain.path)}", chain.actions)
    if len(one.chains) > MOST_LINES:
        paper.line(f"and {several(len(one.chains) - MOST_LINES, 'more way')} into it")
    _list(paper, "goes on into", one.reached)
    _list(paper, "source identities", one.source_identities)


def _existence(one: PrincipalUsage) -> str:
    return "  not in the account any more" if one.exists is False else ""


def _gone(action: str, resource: str) -> str:
    return action if resource == "*" else f"{action} on {resource}"


def _sums(one: PrincipalUsage) -> Iterator[str]:
    """How the granted actions divide up, and apart from them what was done or tried and is not granted."""
    done = sum(each.use in _DONE for each in one.used)
    if one.kind == "root":
        yield f"{several(done, 'action')} used; root has every permission"
        return
    if one.granted is None:
        yield f"{several(done, 'action')} used; what is granted is not known"
        return
    held = [each for each in one.used if each.granted]
    used = sum(each.use in _DONE for each in held)
    hidden = sum(len(each.actions) for each in one.unjudged)
    tried = one.granted - used - len(one.unused) - hidden
    parts = ((used, "used"), (tried, "tried in vain"), (len(one.unused), "unused"), (hidden, "not to be judged"))
    yield f"{one.granted:,} granted: " + " + ".join(f"{number:,} {what}" for number, what in parts)
    gone = [each for each in one.used if each.granted is False]
    if gone:
        used = sum(each.use in _DONE for each in gone)
        yield f"not granted now, and counted in none of these: {used:,} used, {len(gone) - used:,} tried in vain"


def _list(paper: Paper, title: str, names: Iterable[str], style: str = "") -> None:
    """Some names in one line, how many more there are."""
    names = tuple(names)
    if not names:
        return
    shown = ", ".join(shorten(each, 120) for each in names[:MOST_NAMED])
    more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
    paper.line(Text.assemble((f"{title}: ", style), shown, (more, "dim")))


def _actions(paper: Paper, title: str, actions: Sequence[str], style: str = "") -> None:
    """Actions by name when they are few, else how many there are of which service."""
    if len(actions) <= MOST_NAMED:
        _list(paper, title, actions, style)
        return
    services = Counter(action.partition(":")[0] for action in actions)
    shown = ", ".join(f"{service} {number:,}" for service, number in services.most_common(MOST_NAMED))
    more = f" and {several(len(services) - MOST_NAMED, 'more service')}" if len(services) > MOST_NAMED else ""
    paper.line(Text.assemble((f"{title}: {len(actions):,} actions: ", style), shown, (more, "dim")))


def _accounts(paper: Paper, accounts: Iterable[AccountCoverage]) -> None:
    accounts = tuple(accounts)
    paper.heading("What the log shows", "unused means: not in these days")
    rows = [
        (one.id, one.first[:10] or "—", one.last[:10] or "—", f"{one.days:,}", f"{one.days_without:,}", _shows(one))
        for one in accounts[:MOST_ACCOUNTS]
    ]
    paper.table(("account", "from", "to", "days with events", "days without", "shows"), rows, words_=1)
    if len(accounts) > MOST_ACCOUNTS:
        paper.line(f"and {several(len(accounts) - MOST_ACCOUNTS, 'more account')}")


def _shows(one: AccountCoverage) -> str:
    if not one.days:
        return "nothing of it was read" if not one.unread else f"{several(one.unread, 'file')} could not be read"
    kinds = [word for word, there in (("reads", one.reads), ("writes", one.writes)) if there]
    kinds += [f"data events of {', '.join(one.data_events)}"] if one.data_events else []
    kinds += [f"{several(one.unread, 'file')} unread"] if one.unread else []
    return ", ".join(kinds) or "events of unknown kind"


def _notes(paper: Paper, told: Told) -> None:
    usage = told.usage
    for kind, number in usage.others.items():
        paper.line(f"{number:,} callers of kind {kind} are no users or roles and are left out", "dim")
    if usage.chains_cut:
        paper.line("there are too many sessions to tell who is behind each", "yellow")
    if usage.undated:
        paper.line("records without a readable time were counted too", "yellow")
