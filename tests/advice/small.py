"""Advice and scenarios of a few letters, to order and to decide."""

from __future__ import annotations

from rootwarden.advice.advice import Advice, Certainty, Cost, Decided, Price, Step
from rootwarden.advice.scenario import Cell, Kind, Outcome, Scenario


def advice(name: str, *after: str, price: Price = Price.FREE) -> Advice:
    return Advice(
        id=name,
        title=name,
        what="do it",
        why="it helps",
        remains="much",
        cost=Cost(price=price, says="nothing", as_of="2026-11-22", certainty=Certainty.KNOWN),
        after=after,
        decided=Decided(look="look"),
        how=(Step(text="do"),),
        certainty=Certainty.KNOWN,
        as_of="2026-11-22",
        references=(),
    )


def cell(outcome: Outcome, *needs: str) -> Cell:
    return Cell(outcome=outcome, needs=needs, because="so", source="here", certainty=Certainty.KNOWN)


def scenario(name: str, *cells: Cell) -> Scenario:
    column = (*cells, cell(Outcome.NOT_SEEN))
    return Scenario(id=name, title=name, kind=Kind.ABUSE, story="it happens", native=column, both=column)
