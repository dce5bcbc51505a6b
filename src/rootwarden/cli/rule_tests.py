"""What `rootwarden rule test` and `rootwarden rule diff` print (docs/rule-files.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.rules.diagnostic import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rootwarden.rules.cases import CaseResult
    from rootwarden.rules.coverage import Clause
    from rootwarden.rules.difference import Difference
    from rootwarden.rules.mutants import Mutant


def cases_as_lines(results: Sequence[CaseResult]) -> list[str]:
    """One line a wrong case, then the count."""
    wrong = [result for result in results if not result.right]
    lines = [
        f"{result.rule}: `{result.case}`: expected {result.expected}, got {result.verdict} ({result.reason})"
        for result in wrong
    ]
    return [
        printable(line)
        for line in (*lines, f"{len(results)} {'case' if len(results) == 1 else 'cases'}, {len(wrong)} wrong")
    ]


def coverage_as_lines(covered: Sequence[tuple[str, Sequence[Clause]]]) -> list[str]:
    """One line a clause that was not seen true and false, by rule, then the count."""
    lines = [
        f"{rule}{_under(clause.meaning)}: never {' nor '.join(_truth(one) for one in clause.missing)}"
        f" in the {'scope' if clause.in_scope else 'check'}: `{clause.text}`"
        for rule, clauses in covered
        for clause in clauses
        if clause.missing
    ]
    total = sum(len(clauses) for _, clauses in covered)
    return [printable(line) for line in (*lines, f"{total} clauses, {len(lines)} not seen both true and false")]


def mutants_as_lines(tried: Sequence[tuple[str, Sequence[Mutant]]]) -> list[str]:
    """One line a survivor and one for each mutant left out because it means the same, then the count."""
    lines, survivors, equivalent, total = [], 0, 0, 0
    for rule, found in tried:
        for mutant in found:
            total += 1
            place = f"{rule}{_under(mutant.meaning)}"
            if mutant.equivalent:
                equivalent += 1
                lines.append(f"{place}: left out, means the same: {mutant.change}")
            elif mutant.survives:
                survivors += 1
                lines.append(f"{place}: survives: {mutant.change}")
    left_out = f", {equivalent} left out that mean the same" if equivalent else ""
    return [printable(line) for line in (*lines, f"{total} mutants, {survivors} survive{left_out}")]


def difference_as_text(found: Difference, names: tuple[str, str]) -> tuple[str, str]:
    """The result itself, a fixture or one line, and what to say beside it."""
    if found.fixture is not None:
        said = [
            f"note: `{name}` says {verdict}" for name, verdict in zip(names, (found.first, found.second), strict=True)
        ]
        fixture = msgspec.json.format(msgspec.json.encode(found.fixture), indent=2).decode()
        return fixture, "\n".join(printable(line) for line in said)
    bounds = (
        f"{found.tried} resources tried: {found.attributes} attributes, each with the values the rules name,"
        f" their neighbours, absent and unknown; lists of 0 to {found.elements}"
    )
    if found.complete:
        return f"none within bounds ({bounds})", ""
    return f"none found before the search ended ({bounds})", "note: --time-limit allows a longer search"


def _under(meaning: str) -> str:
    return f" (under {meaning})" if meaning else ""


def _truth(value: bool) -> str:
    return "true" if value else "false"
