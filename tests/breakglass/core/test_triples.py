"""Every (situation, kind of entry, person): what `allowed.toml` names is allowed, everything else is refused."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

import pytest
from tests.breakglass.core.situations import SITUATIONS
from tests.breakglass.core.wellmade import WELL_MADE
from tests.breakglass.core.world import World

from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.people import Role
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.core.step import check
from rootwarden.breakglass.core.who import WHO_MAY

TABLE: Final = tomllib.loads(Path(__file__).with_name("allowed.toml").read_text())
# Of each sort one, and who is somebody special in the situations: who asks, who receives, who enrolled, who is gone.
PEOPLE: Final = (
    "system ada ben ida rita pia uma rob anna omar sven carl cleo kim dan sid zoe".split()  # noqa: SIM905 - read as a line
)


def allowed(world: World) -> dict[str, str]:
    """Who may write what now; nothing but `Refused` says no."""
    found: dict[str, list[str]] = {}
    for kind, make in WELL_MADE.items():
        for who in [*PEOPLE, *(["nils"] if "nils" in world.players else [])]:
            try:
                check(world.state, make(world, who))
            except Refused:
                continue
            found.setdefault(kind, []).append(who)
    return {kind: " ".join(people) for kind, people in found.items()}


def written(situation: str) -> dict[str, str]:
    """The table's row: what is always possible, and what this situation adds or changes; an empty cell is nobody."""
    row = {**TABLE["always"], **TABLE[situation]}
    return {kind: people for kind, people in row.items() if people}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_what_is_allowed_is_in_the_table_and_everything_else_is_refused(situation: str) -> None:
    assert allowed(SITUATIONS[situation]()) == written(situation)


def test_the_table_speaks_of_every_situation_and_of_every_kind() -> None:
    assert set(TABLE) == {"always", *SITUATIONS}
    assert {name.partition("/")[0] for name in WELL_MADE} == set(WHO_MAY)
    cells = {kind.partition("/")[0] for row in TABLE.values() for kind, people in row.items() if people}
    assert cells == set(WHO_MAY) - {"log-begun"}, "no kind is refused always, but a second beginning"


def test_every_role_is_somebody_of_the_table() -> None:
    world = World(founded_only=True)
    assert {role for name in PEOPLE if name in world.players for role in world.players[name].person.roles} == set(Role)


def test_before_the_beginning_nothing_but_the_beginning() -> None:
    from rootwarden.breakglass.core.state import State

    world = World()
    beginning = log.from_bytes(world.entries[0])
    assert len(check(State(), beginning)) == len(world.players)
    for make in WELL_MADE.values():
        for who in ("system", "ada", "rita"):
            entry = make(world, who)
            if not isinstance(entry, log.LogBegun):
                with pytest.raises(Refused, match="G1"):
                    check(State(), entry)
