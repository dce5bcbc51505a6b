"""Advice as versioned JSON: `"schema": "rootwarden.advice/1"`, every field always present.

docs/reports/advice-1.schema.json is made from the records below; a test keeps the two together. Within version 1,
fields are only ever added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import msgspec

from rootwarden import packs
from rootwarden.advice.advice import Certainty, Cost, State, Step
from rootwarden.advice.scenario import Cell, Kind, Outcome
from rootwarden.facts.instant import Instant
from rootwarden.report.advice import phrases
from rootwarden.report.encoding import to_json
from rootwarden.report.fleet.study_machine import schema_of

if TYPE_CHECKING:
    from rootwarden.audit.advising import Advised, Standing, Today

SCHEMA: Final = "rootwarden.advice/1"


class AdviceEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One advice: how it stands, where in the order it is (0: nothing is to do), and what there is to know of it."""

    id: str
    title: str
    state: State
    said: str
    position: int
    done: int
    not_done: int
    unknown: int
    accounts: tuple[str, ...]
    permission: str
    improves: tuple[str, ...]
    opens: str
    urgent: str
    after: tuple[str, ...]
    what: str
    why: str
    remains: str
    cost: Cost
    how: tuple[Step, ...]
    certainty: Certainty
    source: str
    as_of: str
    references: tuple[str, ...]


class ScenarioEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One scenario: what may come of it today, the cells that may hold, the best first; and once all is done."""

    id: str
    title: str
    kind: Kind
    story: str
    native: tuple[Outcome, ...]
    both: tuple[Outcome, ...]
    native_cells: tuple[Cell, ...]
    both_cells: tuple[Cell, ...]
    native_at_best: Cell
    both_at_best: Cell


class SkippedEntry(msgspec.Struct, frozen=True):
    """An account that was not looked at, and its state."""

    account: str
    state: str


class AdviceDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The whole document; `advice` in the order to do it, then what is done and what does not apply."""

    schema: Literal["rootwarden.advice/1"]
    as_of: Instant
    source: str
    organization: str
    accounts: int
    interrupted: bool
    advice: tuple[AdviceEntry, ...]
    scenarios: tuple[ScenarioEntry, ...]
    skipped: tuple[SkippedEntry, ...]
    warnings: tuple[str, ...]


def render(advised: Advised) -> str:
    """Indented JSON with keys in a fixed order and a final newline."""
    return to_json(document(advised), indent=2) + "\n"


def document(advised: Advised) -> AdviceDocument:
    """The document `render` writes, before it is text."""
    places = {one.advice: number for number, one in enumerate(advised.placed, 1)}
    last = len(places) + 1
    standings = sorted(advised.standings, key=lambda one: (places.get(one.advice, last), one.state, one.advice))
    return AdviceDocument(
        schema=SCHEMA,
        as_of=advised.as_of,
        source=advised.source,
        organization=advised.organization,
        accounts=advised.accounts,
        interrupted=advised.interrupted,
        advice=tuple(_entry(one, advised, places.get(one.advice, 0)) for one in standings),
        scenarios=tuple(map(_scenario, advised.today)),
        skipped=tuple(SkippedEntry(account, state) for account, state in advised.skipped),
        warnings=advised.warnings,
    )


def json_schema() -> str:
    """The JSON Schema (draft 2020-12) of the format, as published in docs/reports/advice-1.schema.json."""
    return schema_of(AdviceDocument, "advice")


def _entry(standing: Standing, advised: Advised, position: int) -> AdviceEntry:
    one = next(each for each in packs.advice() if each.id == standing.advice)
    placed = next((each for each in advised.placed if each.advice == one.id), None)
    return AdviceEntry(
        id=one.id,
        title=one.title,
        state=standing.state,
        said=standing.said,
        position=position,
        done=standing.done,
        not_done=standing.not_done,
        unknown=standing.unknown,
        accounts=standing.accounts,
        permission=standing.permission,
        improves=placed.improves if placed else (),
        opens=placed.opens if placed else "",
        urgent=placed.urgent if placed else "",
        after=one.after,
        what=one.what,
        why=one.why,
        remains=one.remains,
        cost=one.cost,
        how=phrases.steps(one, advised),
        certainty=one.certainty,
        source=one.source,
        as_of=one.as_of,
        references=one.references,
    )


def _scenario(today: Today) -> ScenarioEntry:
    one = next(each for each in packs.scenarios() if each.id == today.scenario)
    return ScenarioEntry(
        id=one.id,
        title=one.title,
        kind=one.kind,
        story=one.story,
        native=phrases.outcomes(today.native),
        both=phrases.outcomes(today.both),
        native_cells=today.native,
        both_cells=today.both,
        native_at_best=today.native_at_best,
        both_at_best=today.both_at_best,
    )
