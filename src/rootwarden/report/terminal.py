"""The result for a person at a terminal: what is wrong first, then why, then what to do.

Readable at 80 columns and at 140, for one account and for thousands: long lists are cut and say so, and unknown
verdicts that many accounts share are told once. No meaning stands on colour alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rootwarden.audit.result import FLEET
from rootwarden.report import words
from rootwarden.report.digest import (
    findings_by_account,
    need_groups,
    next_steps,
    report_ages,
    rule_tallies,
    tally,
    unknown_groups,
    unknown_keys,
)
from rootwarden.report.paper import Paper
from rootwarden.report.words import SYMBOL, WORD, Standing, several, standing, visible
from rootwarden.rules.outcome import Missing
from rootwarden.rules.verdict import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rootwarden.audit.result import AuditedAccount, AuditResult, Finding

MOST_ACCOUNTS: Final = 25
MOST_IDS: Final = 4
MOST_RULES: Final = 20
MOST_LINES: Final = 20
SHARED_BY: Final = 3
LONGEST: Final = 300
WIDE: Final = 100
ALL_ELSEWHERE: Final = "--format csv lists all"

_STYLE: Final = {
    Standing.FAIL: "bold red",
    Standing.UNKNOWN: "bold yellow",
    Standing.SUPPRESSED: "magenta",
    Standing.PASS: "green",
    Standing.NOT_APPLICABLE: "dim",
}
_MET: Final = {
    True: ("✓ target met", "green"),
    False: ("✗ target missed", "bold red"),
    None: ("? cannot be said", "bold yellow"),
}
_OPEN: Final = frozenset({Standing.FAIL, Standing.UNKNOWN, Standing.SUPPRESSED})


def render(result: AuditResult, width: int = 100, color: bool = False) -> str:
    """The report as lines of at most `width` columns.

    Args:
        result: What to tell.
        width: Columns of the terminal; under 60 it is set in 60.
        color: Whether to add ANSI colours; without them the text holds no escape sequence at all.
    """
    paper = Paper(width, color=color)
    for section in (_head, _rules, _findings, _unknowns, _needs, _skipped, _exceptions, _changes, _warnings):
        section(result, paper)
    _indicators(result, paper)
    _steps(result, paper)
    return paper.text()


def _lines(paper: Paper, lines: Sequence[Text | str], *, most: int = MOST_LINES) -> None:
    """Each line with a hanging indent; beyond `most`, how many are left."""
    for line in lines[:most]:
        text = line if isinstance(line, Text) else Text(words.shorten(line, LONGEST))
        paper.console.print(Padding(text, (0, 0, 0, 2)))
    if len(lines) > most:
        paper.console.print(Text(f"  … and {len(lines) - most:,} more; {ALL_ELSEWHERE}", "dim"))


def _ids(accounts: Sequence[str], most: int = MOST_IDS) -> str:
    shown = ", ".join(visible(each) for each in accounts[:most])
    return f"{shown}, … and {len(accounts) - most:,} more" if len(accounts) > most else shown


def _head(result: AuditResult, paper: Paper) -> None:
    paper.console.print(Text(words.heading(result), "bold"))
    source = words.shorten(words.looked_at(result), LONGEST)
    about = [*([source] if source else []), f"as of {words.instant(result.as_of)}"]
    if result.benchmark:
        about.append(f"judged by {visible(result.benchmark)}")
    paper.console.print(Text(" · ".join(about), "dim"))
    ages = report_ages(result)
    if ages:
        paper.console.print(Text(ages, "dim"))
    if result.organization is not None:
        organization = result.organization
        named = words.names_organization(result)
        _lines(
            paper,
            [
                *([] if named else [f"organization: {organization.id or 'not known'}"]),
                f"management account: {organization.management_account or 'not known'}",
                f"root credentials management: {organization.root_credentials_management or 'not known'}",
                f"root sessions: {organization.root_sessions or 'not known'}",
            ],
        )
    if result.interrupted:
        paper.console.print(Text("! interrupted: what follows covers only what was done by then", "bold yellow"))
    paper.console.print()
    for each, count in tally(result.findings).items():
        paper.console.print(
            Text.assemble((f"{count:>8,}  {SYMBOL[each]} {WORD[each]}", _STYLE[each] if count else "dim"))
        )


def _rules(result: AuditResult, paper: Paper) -> None:
    if not result.rules:
        return
    paper.heading("Rules")
    table = _table()
    table.add_column("rule", no_wrap=True)
    table.add_column("severity", no_wrap=True)
    for each in Standing:
        table.add_column(SYMBOL[each], justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    for row in rule_tallies(result):
        cells = [
            Text(f"{count:,}" if count else "·", _STYLE[each] if count else "dim") for each, count in row.counts.items()
        ]
        table.add_row(
            Text(visible(row.card.id)), Text(row.card.severity.value), *cells, Text(visible(row.card.title), "dim")
        )
    paper.console.print(table)
    paper.console.print(Text("  " + "   ".join(f"{SYMBOL[each]} {WORD[each]}" for each in Standing), "dim"))


def _table(*, header: bool = True) -> Table:
    return Table(box=None, show_header=header, header_style="dim", padding=(0, 2, 0, 0), pad_edge=False, expand=False)


def _findings(result: AuditResult, paper: Paper) -> None:
    """One row per account and rule that is neither passed nor not applicable, grouped by account."""
    shared = _shared_unknowns(result)
    by_account = findings_by_account(result)
    open_by_account = {
        account: rows
        for account, findings in by_account.items()
        if (rows := [each for each in findings if standing(each) in _OPEN and not _told_once(each, shared)])
    }
    if not open_by_account:
        return
    paper.heading("Open findings", "unknown ones many accounts share are listed once, below" if shared else "")
    accounts = {account.id: account for account in result.accounts}
    shown = _worst(open_by_account)
    for account in shown:
        _account_block(paper, account, accounts.get(account), open_by_account[account])
    if left := len(open_by_account) - len(shown):
        paper.console.print()
        paper.console.print(
            Text(f"… and {several(left, 'more account')} with less severe findings; {ALL_ELSEWHERE}", "bold")
        )


def _worst(open_by_account: Mapping[str, Sequence[Finding]]) -> list[str]:
    """The accounts to show, in the order they came: all, or beyond the limit those with the worst fails."""

    def badness(account: str) -> tuple[int, int]:
        ranks = [each.severity.rank for each in open_by_account[account] if standing(each) is Standing.FAIL]
        return min(ranks, default=len(Severity)), -len(ranks)

    worst = set(sorted(open_by_account, key=badness)[:MOST_ACCOUNTS])
    return [account for account in open_by_account if account in worst]


def _shared_unknowns(result: AuditResult) -> frozenset[tuple[str, str]]:
    groups = unknown_groups(result)
    return frozenset((group.permission, group.reason) for group in groups if len(group.accounts) > SHARED_BY)


def _told_once(finding: Finding, shared: frozenset[tuple[str, str]]) -> bool:
    return standing(finding) is Standing.UNKNOWN and all(key in shared for key in unknown_keys(finding))


def _account_block(paper: Paper, account_id: str, account: AuditedAccount | None, findings: Sequence[Finding]) -> None:
    owner = account.owner if account else ""
    paper.console.print()
    paper.console.print(
        Text.assemble(
            (words.account_name(account) if account else _together(account_id), "bold"),
            ("  " + words.POSITION_WORD[account.position] if account else "", "dim"),
            "  owner: ",
            words.shorten(owner, 60) or "not configured",
        )
    )
    rows = [
        (_stand(group[0]), _why(group[0], owner)) if len(group) == 1 else _waiting(group)
        for group in _by_cause(findings, owner)
    ]
    if paper.console.width < WIDE:
        for stand, why in rows:
            paper.console.print(Padding(Text("  ").join(stand), (0, 0, 0, 2)))
            paper.console.print(Padding(Text(why), (0, 0, 0, 4)))
        return
    table = _table(header=False)
    for least in (16, 8, 24):
        table.add_column(no_wrap=True, min_width=least)
    table.add_column(overflow="fold", ratio=1)
    for stand, why in rows:
        table.add_row(*stand, Text(why))
    paper.console.print(Padding(table, (0, 0, 0, 2)))


def _together(account_id: str) -> str:
    return "all accounts together" if account_id == FLEET else account_id


def _by_cause(findings: Sequence[Finding], owner: str) -> list[list[Finding]]:
    """The findings in their order; unknown ones that wait for one and the same thing stand together at the first.

    A finding that says more than that (two causes, a note, another owner) stands alone.
    """
    groups: dict[object, list[Finding]] = {}
    for number, finding in enumerate(findings):
        keys = unknown_keys(finding)
        plain = not finding.notes and finding.owner in {"", owner}
        alone = standing(finding) is not Standing.UNKNOWN or len(keys) != 1 or not plain
        groups.setdefault(number if alone else keys[0], []).append(finding)
    return list(groups.values())


def _waiting(findings: Sequence[Finding]) -> tuple[tuple[Text, Text, Text], str]:
    """One row for unknown findings with one cause: the worst severity, how many rules, which, and the cause."""
    stand, severity, _ = _stand(min(findings, key=lambda finding: finding.severity.rank))
    rules = list(dict.fromkeys(finding.rule for finding in findings))
    about = several(len(rules), "rule") if len(rules) > 1 else words.shorten(rules[0], 40)
    cause = next(iter(findings[0].missing), Missing(attribute="", reason=findings[0].reason))
    parts = [words.shorten(cause.reason, LONGEST) or "no reason given"]
    if cause.permission not in cause.reason:
        parts.append(f"missing: {words.shorten(cause.permission, 80)}")
    concerned = rules if len(rules) > 1 else list(dict.fromkeys(finding.user for finding in findings))
    return (stand, severity, Text(about)), f"{_ids(concerned, MOST_RULES)}: {'; '.join(parts)}"


def _stand(finding: Finding) -> tuple[Text, Text, Text]:
    each = standing(finding)
    return (
        Text(f"{SYMBOL[each]} {WORD[each]}", _STYLE[each]),
        Text(finding.severity.value, "bold" if finding.severity is Severity.CRITICAL else ""),
        Text(words.shorten(finding.rule, 40), "bold" if each is Standing.FAIL else ""),
    )


def _why(finding: Finding, owner: str) -> str:
    who = f"{words.shorten(finding.user, 80)}: " if finding.user else ""
    parts = [who + (words.shorten(finding.reason, LONGEST) or "no reason given")]
    parts += [f"missing: {visible(each)}" for each in _permissions(finding)]
    if finding.suppressed_by is not None:
        exception = finding.suppressed_by
        ticket = words.shorten(exception.ticket, 40)
        parts.append(f"excepted until {exception.until} ({ticket}): {words.shorten(exception.reason, 120)}")
    if finding.owner and finding.owner != owner:
        parts.append(f"owner: {words.shorten(finding.owner, 60)}")
    return "; ".join(parts + [f"note: {words.shorten(note, LONGEST)}" for note in finding.notes])


def _permissions(finding: Finding) -> Iterable[str]:
    """The permissions an unknown waits for that its reason does not name already."""
    if standing(finding) is not Standing.UNKNOWN:
        return ()
    named = dict.fromkeys(each.permission for each in finding.missing if each.permission)
    return [words.shorten(permission, 80) for permission in named if permission not in finding.reason]


def _unknowns(result: AuditResult, paper: Paper) -> None:
    groups = unknown_groups(result)
    if not groups:
        return
    paper.heading("Could not look", "an unknown is neither a pass nor a fail")
    lines = [
        Text.assemble(
            (f"? {several(len(group.accounts), 'account')}", "bold yellow"),
            f": {words.shorten(group.said, LONGEST)}",
            (
                f"  {several(group.verdicts, 'verdict')}, {several(len(group.rules), 'rule')}: {_ids(group.accounts)}",
                "dim",
            ),
        )
        for group in groups
    ]
    _lines(paper, lines)


def _needs(result: AuditResult, paper: Paper) -> None:
    if not result.accounts:
        return
    paper.heading("Does the account need root credentials at all?")
    if len(result.accounts) <= MOST_LINES:
        lines = [
            f"{words.account_name(each)}: {words.NEED_WORD[each.need]}"
            + (f" — {words.shorten(each.need_reason, LONGEST)}" if each.need_reason else "")
            for each in result.accounts
        ]
    else:
        lines = [
            f"{several(len(group.accounts), 'account')}: {words.NEED_WORD[group.need]}"
            + (f" — {words.shorten(group.reason, LONGEST)}" if group.reason else "")
            + f": {_ids(group.accounts)}"
            for group in need_groups(result)
        ]
    _lines(paper, lines)


def _skipped(result: AuditResult, paper: Paper) -> None:
    if not result.skipped:
        return
    paper.heading("Skipped", "not asked, because the account is not active")
    by_state: dict[str, list[str]] = {}
    for each in result.skipped:
        name = words.shorten(each.name, 40)
        by_state.setdefault(each.state, []).append(f"{each.id} {name}".strip())
    _lines(
        paper,
        [
            f"{words.shorten(state, 40) or 'state not known'}: {several(len(names), 'account')}: {_ids(names)}"
            for state, names in by_state.items()
        ],
    )


def _exceptions(result: AuditResult, paper: Paper) -> None:
    if not result.exceptions:
        return
    paper.heading("Exceptions")
    _lines(
        paper,
        [
            f"{'‖' if each.state == 'in_force' else '!'} {words.EXCEPTION_WORD.get(each.state, visible(each.state))}:"
            f" {words.shorten(each.rule, 40)} for {words.shorten(_ids(each.accounts), 90)}"
            f"{_when(each.when)} until {each.until},"
            f" {several(each.matched, 'fail')}; {words.shorten(each.ticket, 40)}, {words.shorten(each.owner, 60)}:"
            f" {words.shorten(each.reason, 120)}"
            for each in result.exceptions
        ],
    )


def _when(condition: str) -> str:
    return f" when {words.shorten(condition, 120)}" if condition else ""


def _changes(result: AuditResult, paper: Paper) -> None:
    if result.changes is None:
        return
    paper.heading(f"Changes since {words.shorten(result.changes_since, 80) or 'the earlier run'}")
    if not result.changes:
        _lines(paper, ["nothing changed"])
    for kind in dict.fromkeys((*words.CHANGE_WORD, *(each.kind for each in result.changes))):
        rows = [each for each in result.changes if each.kind == kind]
        lines = [
            f"{words.CHANGE_WORD.get(kind, visible(kind))}: {visible(each.account or FLEET)}"
            f" {words.shorten(each.rule, 40)}"
            f"{words.shorten(f' {each.user}', 80) if each.user else ''}"
            f" ({visible(each.before)} → {visible(each.after)})"
            for each in rows
        ]
        _lines(paper, lines)


def _warnings(result: AuditResult, paper: Paper) -> None:
    if result.warnings:
        paper.heading("Warnings")
        _lines(paper, [f"! {words.shorten(each, LONGEST)}" for each in result.warnings])


def _indicators(result: AuditResult, paper: Paper) -> None:
    if not result.indicators:
        return
    paper.heading("Key figures")
    table = _table(header=False)
    table.add_column(overflow="fold")
    table.add_column(no_wrap=False, style="bold")
    table.add_column(overflow="fold")
    table.add_column(no_wrap=True)
    for each in result.indicators:
        told, style = _MET[each.met]
        title = Text(words.shorten(each.title, 80))
        if each.note:
            title.append(f"\n{words.shorten(each.note, 120)}", "dim")
        table.add_row(
            title,
            Text(words.shorten(each.value, 60)),
            Text(f"target {words.shorten(each.target, 40)}"),
            Text(told, style),
        )
    paper.console.print(Padding(table, (0, 0, 0, 2)))


def _steps(result: AuditResult, paper: Paper) -> None:
    paper.heading("Next")
    _lines(paper, [f"{number}. {step}" for number, step in enumerate(next_steps(result), start=1)])
