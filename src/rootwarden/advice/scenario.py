"""One way root is abused, or one's own people are locked out, with what stands in its way (docs/adding-advice.md)."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.advice.advice import Certainty, Place

if TYPE_CHECKING:
    from collections.abc import Collection


class Kind(StrEnum):
    """What happens: somebody else gets in, or one's own people cannot."""

    ABUSE = "abuse"
    LOCK_OUT = "lock-out"


class Outcome(StrEnum):
    """What comes of it, the worst first.

    Prevented: it does not succeed. Detected: it succeeds, and what was switched on tells a person, before or after.
    """

    NOT_SEEN = "not-seen"
    DETECTED = "detected"
    PREVENTED = "prevented"

    @property
    def rank(self) -> int:
        """0 for what is not seen."""
        return RANK[self]


RANK: Final = {one: number for number, one in enumerate(Outcome)}


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """An outcome under conditions.

    Attributes:
        outcome: What comes of it.
        needs: Ids of advice that all have to be done for it.
        because: Why.
        source: Where that stands.
        certainty: How sure.
        by: What of Rootwarden does it: `detection:ID`, `rule:ID`, `guardrail:ID`, `command:NAME`.
    """

    outcome: Outcome
    needs: tuple[str, ...] = ()
    because: str
    source: str
    certainty: Certainty
    by: tuple[str, ...] = ()


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What the tests run to hold the cells with Rootwarden: records, facts or a policy that have to be noticed.

    Attributes:
        events: Ways of calling and what differs in the record, as JSON; each named detection has to mean one of them.
        fixture: Facts on which each named rule has to fail, as JSON; empty where no rule is named.
        policy: A service control policy at the organization's root under which each named guardrail must not hold.
    """

    events: tuple[tuple[str, str], ...] = ()
    fixture: str = ""
    policy: str = ""


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """One scenario.

    Attributes:
        id: The file's name.
        title: What happens, as a headline.
        kind: Abuse or lock-out.
        only: Where it can happen: `organization` for what needs members or the organization's own policies.
        story: How, in a few sentences.
        native: What AWS alone does, the best outcome first; the last one needs nothing.
        both: The same with Rootwarden beside it, set up as its pages say.
        proof: What holds the cells in the tests.
    """

    id: str
    title: str
    kind: Kind
    only: Place = Place.ANYWHERE
    story: str
    native: tuple[Cell, ...]
    both: tuple[Cell, ...]
    proof: Proof = Proof()

    @property
    def beside(self) -> tuple[Cell, ...]:
        """What comes of it with Rootwarden beside AWS: its own cells, and before worse ones what AWS does anyway."""
        mine = {(cell.outcome, cell.needs) for cell in self.both}
        worst = self.both[-1].outcome.rank
        anyway = [cell for cell in self.native if cell.outcome.rank > worst and (cell.outcome, cell.needs) not in mine]
        return tuple(sorted((*self.both, *anyway), key=lambda cell: -cell.outcome.rank))


def outcome(cells: tuple[Cell, ...], on: Collection[str]) -> Cell:
    """The first cell whose needs are all on; the last one needs nothing."""
    return next(cell for cell in cells if on_all(cell, on))


def on_all(cell: Cell, on: Collection[str]) -> bool:
    """Whether everything a cell needs is on."""
    return all(need in on for need in cell.needs)


def possible(cells: tuple[Cell, ...], on: Collection[str], perhaps: Collection[str]) -> tuple[Cell, ...]:
    """The cells that may be the one, the best first: more than one where what decides is not known.

    Args:
        cells: Of one column.
        on: Advice that is done.
        perhaps: Advice of which nobody knows.
    """
    found: list[Cell] = []
    for cell in cells:
        if all(need in on or need in perhaps for need in cell.needs):
            found.append(cell)
        if on_all(cell, on):
            break
    return tuple(found)
