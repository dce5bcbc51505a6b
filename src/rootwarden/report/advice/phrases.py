"""Words and symbols of advice, the same in every format; no meaning stands on colour alone."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rootwarden import packs
from rootwarden.advice.advice import Certainty, State
from rootwarden.advice.scenario import Kind, Outcome
from rootwarden.report.words import several

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rootwarden.advice.advice import Advice, Cost, Step
    from rootwarden.advice.order import Placed
    from rootwarden.advice.scenario import Cell
    from rootwarden.audit.advising import Advised, Standing, Today

# Accounts that are named before the rest is only counted; all of them are in the JSON.
_NAMED: Final = 8
SYMBOL: Final[Mapping[State, str]] = MappingProxyType(
    {State.NOT_DONE: "✗", State.UNKNOWN: "?", State.DONE: "✓", State.NOT_APPLICABLE: "—"}
)
WORD: Final[Mapping[State, str]] = MappingProxyType(
    {
        State.NOT_DONE: "not done",
        State.UNKNOWN: "not known",
        State.DONE: "done",
        State.NOT_APPLICABLE: "does not apply",
    }
)
# The letters of the style sheet all pages have.
MARK: Final[Mapping[State, str]] = MappingProxyType(
    {State.NOT_DONE: "f", State.UNKNOWN: "u", State.DONE: "p", State.NOT_APPLICABLE: "n"}
)
OUTCOME: Final[Mapping[Outcome, str]] = MappingProxyType(
    {Outcome.PREVENTED: "prevented", Outcome.DETECTED: "detected", Outcome.NOT_SEEN: "not seen"}
)
OUTCOME_SYMBOL: Final[Mapping[Outcome, str]] = MappingProxyType(
    {Outcome.PREVENTED: "■", Outcome.DETECTED: "◐", Outcome.NOT_SEEN: "□"}
)
OUTCOME_MARK: Final[Mapping[Outcome, str]] = MappingProxyType(
    {Outcome.PREVENTED: "p", Outcome.DETECTED: "s", Outcome.NOT_SEEN: "f"}
)
KIND: Final[Mapping[Kind, str]] = MappingProxyType({Kind.ABUSE: "Abuse", Kind.LOCK_OUT: "Lock-out"})
CERTAINTY: Final[Mapping[Certainty, str]] = MappingProxyType(
    {
        Certainty.DOCUMENTED: "documented",
        Certainty.KNOWN: "about; not checked",
        Certainty.INFERRED: "inferred from what is documented",
        Certainty.UNSURE: "unsure: sources differ or only one says it",
    }
)


def sure(one: Advice | Cost) -> str:
    """Where what it says stands, and of which day; or that nobody here has checked it."""
    told = CERTAINTY[one.certainty]
    return f"{one.source} ({told}, {one.as_of})" if one.source else f"{told}, {one.as_of}"


def steps(one: Advice, advised: Advised) -> tuple[Step, ...]:
    """The steps that are for these accounts."""
    return tuple(step for step in one.how if step.only.fits(alone=advised.alone))


def remaining(advised: Advised) -> tuple[Today, ...]:
    """Scenarios AWS alone does not see even when all that is advised is done."""
    return tuple(one for one in by_kind(advised.today) if one.native_at_best.outcome is Outcome.NOT_SEEN)


def headline(advised: Advised) -> str:
    """`7 things to do, 2 more to look at`."""
    todo, look = (sum(one.state is state for one in advised.standings) for state in (State.NOT_DONE, State.UNKNOWN))
    if not todo:
        return f"{several(look, 'thing')} to look at" if look else "nothing to do"
    return f"{several(todo, 'thing')} to do" + (f", {look:,} more to look at" if look else "")


def helps(placed: Placed) -> str:
    """`helps against: …`, or what it is needed for, or that it helps against nothing more."""
    if placed.improves:
        return f"helps against: {', '.join(placed.improves)}"
    if placed.opens:
        return f"needed for: {placed.opens}"
    return "helps against: nothing more of what is told below, once all that stands above is done"


def idle_reasons(advised: Advised) -> dict[str, list[str]]:
    """Why advice does not apply, with the ids it is said of."""
    found: dict[str, list[str]] = {}
    for one in advised.standings:
        if one.state is State.NOT_APPLICABLE:
            found.setdefault(one.said, []).append(one.advice)
    return found


def outcomes(cells: Sequence[Cell]) -> tuple[Outcome, ...]:
    """What may come of it, each once, the best first."""
    return tuple(dict.fromkeys(cell.outcome for cell in cells))


def outcome_words(cells: Sequence[Cell]) -> str:
    """`detected`, or `prevented or not seen` where nobody knows."""
    return " or ".join(OUTCOME[one] for one in outcomes(cells))


def extent(one: Standing) -> str:
    """`not known in 2, not done in 4 of 37 accounts`; empty where there is only one, or all are done."""
    total = one.done + one.not_done + one.unknown
    parts = [f"not known in {one.unknown:,}"] if one.unknown else []
    parts += [f"not done in {one.not_done:,}"] if one.not_done else []
    return f"{', '.join(parts)} of {total:,} accounts" if total > 1 and parts else ""


def where(one: Standing) -> str:
    """The first accounts it is not done in; empty where that is all of them."""
    if len(one.accounts) in (0, one.done + one.not_done + one.unknown):
        return ""
    more = len(one.accounts) - _NAMED
    return ", ".join(one.accounts[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def unsettled(cell: Cell, advised: Advised) -> tuple[str, ...]:
    """What a cell depends on of which nobody knows."""
    return tuple(need for need in cell.needs if advised.state(need) is State.UNKNOWN)


def tally(columns: Iterable[Sequence[Cell]]) -> Mapping[str, int]:
    """How many scenarios come to each outcome; one that is not known counts as such."""
    counts = {OUTCOME[one]: 0 for one in reversed(Outcome)} | {"not known": 0}
    for cells in columns:
        found = outcomes(cells)
        counts[OUTCOME[found[0]] if len(found) == 1 else "not known"] += 1
    return counts


def by_kind(today: Iterable[Today]) -> list[Today]:
    """Scenarios of abuse first, then ways to be locked out."""
    kinds = {one.id: list(Kind).index(one.kind) for one in packs.scenarios()}
    return sorted(today, key=lambda one: (kinds[one.scenario], one.scenario))
