"""Reads one scenario from its file (docs/adding-advice.md)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.advice.advice import Certainty, Place
from rootwarden.advice.advice_file import line
from rootwarden.advice.scenario import Cell, Kind, Outcome, Proof, Scenario
from rootwarden.strict_toml import FileKind, in_backticks, is_id, read_toml, refused

if TYPE_CHECKING:
    from collections.abc import Iterator


class _CellTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    outcome: Outcome
    needs: tuple[str, ...] = ()
    because: str
    source: str
    certainty: Certainty
    by: tuple[str, ...] = ()


class _EventTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    caller: str
    record: str = "{}"


class _ProofTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    event: tuple[_EventTable, ...] = ()
    fixture: str = ""
    policy: str = ""


class _ScenarioTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    title: str
    kind: Kind
    only: Place = Place.ANYWHERE
    story: str
    native: tuple[_CellTable, ...]
    both: tuple[_CellTable, ...]
    proof: _ProofTable = _ProofTable()


_KIND: Final = FileKind("scenario", "docs/adding-advice.md", (_CellTable, _ProofTable, _EventTable))
_BY: Final = re.compile(r"(detection|rule|guardrail):[a-z0-9-]+|command:[a-z][a-z -]*")


def read_scenario(text: str, *, file: str = "") -> Scenario:
    """Read one scenario.

    Args:
        text: The file: TOML.
        file: Its name, for messages; if given, it has to be the id.

    Raises:
        InputError: The file is not a scenario.
    """
    table = read_toml(text, _ScenarioTable, _KIND, file=file)
    proof = table.proof
    made = Scenario(
        id=table.id,
        title=line(table.title),
        kind=table.kind,
        only=table.only,
        story=line(table.story),
        native=tuple(map(_cell, table.native)),
        both=tuple(map(_cell, table.both)),
        proof=Proof(
            events=tuple((one.caller, one.record) for one in proof.event), fixture=proof.fixture, policy=proof.policy
        ),
    )
    stem = file.replace("\\", "/").rpartition("/")[2].removesuffix(".toml")
    for complaint in _complaints(made, stem or made.id):
        raise refused(complaint, _KIND, file)
    return made


def _cell(table: _CellTable) -> Cell:
    return Cell(
        outcome=table.outcome,
        needs=table.needs,
        because=line(table.because),
        source=line(table.source),
        certainty=table.certainty,
        by=table.by,
    )


def _complaints(made: Scenario, name: str) -> Iterator[str]:
    if not is_id(made.id):
        yield f"its id {in_backticks(made.id)} is not lower-case words joined by `-`"
    if made.id != name:
        yield f"its id is {in_backticks(made.id)}, not its file's name"
    if not made.title or not made.story:
        yield "`title` or `story` is empty"
    for column, cells in (("native", made.native), ("both", made.both)):
        yield from _about_cells(column, cells)
    yield from (f"`native` names {in_backticks(one)} of Rootwarden" for cell in made.native for one in cell.by)


def _about_cells(column: str, cells: tuple[Cell, ...]) -> Iterator[str]:
    if not cells or cells[-1].needs:
        yield f"the last `[[{column}]]` has to be there whatever is on: it needs nothing"
    if any(not cell.needs for cell in cells[:-1]):
        yield f"a `[[{column}]]` before the last needs nothing, so that no later one counts"
    ranks = [cell.outcome.rank for cell in cells]
    if ranks != sorted(ranks, reverse=True):
        yield f"the outcomes of `[[{column}]]` do not stand with the best first"
    for cell in cells:
        if not cell.because or not cell.source:
            yield f"a `[[{column}]]` has no reason or no source"
        yield from (f"{in_backticks(one)} is nothing of Rootwarden" for one in cell.by if not _BY.fullmatch(one))
