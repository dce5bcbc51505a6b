"""What the page shows, worked out beforehand so that its template only has to place it.

Every text has passed `visible`; evidence is numbered once for each account and referred to by number.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.audit.result import FLEET, AuditedAccount, Finding, Indicator
from rootwarden.report import words
from rootwarden.report.digest import RuleTally, findings_by_account, rule_tallies, tally
from rootwarden.report.words import SYMBOL, WORD, Standing, instant, shorten, standing, visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rootwarden.audit.result import AuditResult
    from rootwarden.facts.fact import Source

LONGEST: Final = 400
OPEN: Final = (Standing.FAIL, Standing.UNKNOWN, Standing.SUPPRESSED)
QUIET: Final = (Standing.PASS, Standing.NOT_APPLICABLE)
CLASS: Final[Mapping[Standing, str]] = {
    Standing.FAIL: "f",
    Standing.UNKNOWN: "u",
    Standing.SUPPRESSED: "s",
    Standing.PASS: "p",
    Standing.NOT_APPLICABLE: "n",
}
_WORST_FIRST: Final = tuple(Standing)
_SHARE: Final = re.compile(r"(\d{1,9}) of (\d{1,9})\b")


class Portion(msgspec.Struct, frozen=True, kw_only=True):
    """One standing in a distribution: its words, count, and place in a bar 100 wide."""

    style: str
    symbol: str
    word: str
    count: int
    start: float
    width: float


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One account under one rule."""

    style: str
    word: str


class OpenFinding(msgspec.Struct, frozen=True, kw_only=True):
    """A finding told in full."""

    finding: Finding
    style: str
    symbol: str
    word: str
    reason: str
    seen: str


class QuietFinding(msgspec.Struct, frozen=True, kw_only=True):
    """A finding told on one line."""

    rule: str
    reason: str
    seen: str


class QuietGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The passing, or the not applicable, findings of an account."""

    style: str
    symbol: str
    word: str
    findings: tuple[QuietFinding, ...]


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A numbered source."""

    number: int
    text: str
    at: str


class AccountView(msgspec.Struct, frozen=True, kw_only=True):
    """An account with everything said about it."""

    account: AuditedAccount
    name: str
    position: str
    need: str
    portions: tuple[Portion, ...]
    cells: tuple[Cell, ...]
    open: tuple[OpenFinding, ...]
    quiet: tuple[QuietGroup, ...]
    evidence: tuple[Seen, ...]
    kinds: str


class RuleView(msgspec.Struct, frozen=True, kw_only=True):
    """A rule with how it stands everywhere."""

    tally: RuleTally
    portions: tuple[Portion, ...]


class IndicatorView(msgspec.Struct, frozen=True, kw_only=True):
    """A key figure; `share` is a percentage when the figure is one part of a whole, else `None`."""

    indicator: Indicator
    style: str
    symbol: str
    word: str
    share: float | None


def portions(counts: Mapping[Standing, int]) -> tuple[Portion, ...]:
    """Every standing with a count, laid end to end over a bar that is 100 wide, worst first."""
    total = sum(counts.values())
    laid: list[Portion] = []
    start = 0.0
    for each in Standing:
        if not counts.get(each):
            continue
        width = 100 * counts[each] / total
        laid.append(
            Portion(
                style=CLASS[each],
                symbol=SYMBOL[each],
                word=WORD[each],
                count=counts[each],
                start=round(start, 2),
                width=round(width, 2),
            )
        )
        start += width
    return tuple(laid)


def rule_views(result: AuditResult) -> tuple[RuleView, ...]:
    """The rules in their order."""
    return tuple(RuleView(tally=each, portions=portions(each.counts)) for each in rule_tallies(result))


def indicator_views(result: AuditResult) -> tuple[IndicatorView, ...]:
    """The key figures in their order."""
    told = {
        True: ("p", "✓", "target met"),
        False: ("f", "✗", "target missed"),
        None: ("u", "?", "cannot be said"),
    }
    return tuple(
        IndicatorView(
            indicator=each,
            style=told[each.met][0],
            symbol=told[each.met][1],
            word=told[each.met][2],
            share=share(each.value),
        )
        for each in result.indicators
    )


def share(value: str) -> float | None:
    """The percentage in `37 of 40 (92.5 %)`; `None` when the figure is not one part of a whole."""
    match = _SHARE.match(value)
    if match is None:
        return None
    part, whole = int(match[1]), int(match[2])
    return round(100 * part / whole, 2) if whole > 0 and part <= whole else None


def account_views(result: AuditResult) -> tuple[AccountView, ...]:
    """The accounts in their order, each with its row of the matrix; first all together, if a rule is about that."""
    rules = tuple(card.id for card in result.rules)
    grouped = findings_by_account(result)
    together = (AuditedAccount(id=FLEET, name="all accounts together"),) if FLEET in grouped else ()
    return tuple(_account(account, grouped[account.id], rules) for account in (*together, *result.accounts))


def _account(account: AuditedAccount, findings: Sequence[Finding], rules: Sequence[str]) -> AccountView:
    numbers = _number(findings)
    counts = tally(findings)
    # A rule about IAM users judges an account several times: its cell shows the worst.
    worst_last = sorted(findings, key=lambda finding: _WORST_FIRST.index(standing(finding)), reverse=True)
    by_rule = {finding.rule: standing(finding) for finding in worst_last}
    kinds = [kind for kind, each in (("ff", Standing.FAIL), ("uu", Standing.UNKNOWN)) if counts[each]]
    return AccountView(
        account=account,
        name=shorten(account.name, 80),
        position="" if account.id == FLEET else words.POSITION_WORD[account.position],
        need=words.NEED_ANSWER[account.need],
        portions=portions(counts),
        cells=tuple(_cell(by_rule.get(rule)) for rule in rules),
        open=tuple(_open(each, numbers) for each in findings if standing(each) in OPEN),
        quiet=tuple(group for each in QUIET if (group := _quiet(each, findings, numbers)).findings),
        evidence=tuple(_seen(source, number, account.id) for source, number in numbers.items()),
        kinds=" ".join(kinds),
    )


def _number(findings: Sequence[Finding]) -> dict[Source, int]:
    """Each source once, numbered from 1 in the order in which findings name it."""
    sources: dict[Source, None] = {}
    for finding in findings:
        sources |= dict.fromkeys(finding.evidence)
        for witness in finding.witness:
            sources |= dict.fromkeys(witness.sources)
    return {source: number for number, source in enumerate(sources, start=1)}


def _seen(source: Source, number: int, account: str) -> Seen:
    parts = [shorten(source.call, 120)]
    if source.account and source.account != account:
        parts.append(f"asked in {visible(source.account)}")
    if source.region:
        parts.append(visible(source.region))
    return Seen(number=number, text=", ".join(parts), at=instant(source.observed_at))


def _cell(each: Standing | None) -> Cell:
    """A rule that gave no verdict on an account is shown as that, not as a pass."""
    return Cell(style="x", word="not judged") if each is None else Cell(style=CLASS[each], word=WORD[each])


def _refer(sources: Sequence[Source], numbers: Mapping[Source, int]) -> str:
    return ", ".join(str(numbers[source]) for source in sources)


def _about(finding: Finding) -> str:
    return f"{shorten(finding.user, 120)}: " if finding.user else ""


def _open(finding: Finding, numbers: Mapping[Source, int]) -> OpenFinding:
    each = standing(finding)
    sources = dict.fromkeys((*finding.evidence, *(source for witness in finding.witness for source in witness.sources)))
    return OpenFinding(
        finding=finding,
        style=CLASS[each],
        symbol=SYMBOL[each],
        word=WORD[each],
        reason=_about(finding) + (shorten(finding.reason, LONGEST) or "no reason given"),
        seen=_refer(tuple(sources), numbers),
    )


def _quiet(wanted: Standing, findings: Sequence[Finding], numbers: Mapping[Source, int]) -> QuietGroup:
    return QuietGroup(
        style=CLASS[wanted],
        symbol=SYMBOL[wanted],
        word=WORD[wanted],
        findings=tuple(
            QuietFinding(
                rule=visible(each.rule),
                reason="; ".join(shorten(part, LONGEST) for part in (_about(each) + each.reason, *each.notes) if part),
                seen=_refer(each.evidence, numbers),
            )
            for each in findings
            if standing(each) is wanted
        ),
    )
