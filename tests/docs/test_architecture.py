"""The page on architecture names the rooms there are, and says of imports what the contract enforces."""

from __future__ import annotations

import re
import tomllib
from typing import Any, Final

from tests.docs.pages import DOCS, ROOT, blocks, text

SOURCES: Final = ROOT / "src" / "rootwarden"
PAGE: Final = DOCS / "architecture.md"
ROOMS: Final = {path.parent.name for path in SOURCES.glob("*/__init__.py")}
MODULES: Final = {path.stem for path in SOURCES.glob("*.py")} - {"__init__"}


def contract(name: str) -> dict[str, Any]:
    """One of the import contracts, by how its name begins."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (found,) = (one for one in project["tool"]["importlinter"]["contracts"] if one["name"].startswith(name))
    return dict(found)


def test_every_room_has_one_row_and_every_row_a_room() -> None:
    rows = re.findall(r"^\| `([a-z_/]+)/` \| \S.* \| (\S.*) \|$", text(PAGE), re.MULTILINE)
    named = [room for room, _ in rows]
    assert sorted(room for room in named if "/" not in room) == sorted(ROOMS)
    assert all((SOURCES / room / "__init__.py").exists() for room in named)


def test_the_layers_are_those_of_the_contract() -> None:
    (drawn,) = (block.text for block in blocks(PAGE, "") if "language_server" in block.text)
    layers = [set(line.split(" | ")) for line in contract("rooms depend")["layers"]]
    assert [set(line.split(", ")) for line in drawn.splitlines()] == [one for one in layers if not one <= MODULES]
    assert set().union(*layers) == ROOMS | MODULES
    assert all(f"`{module}.py`" in text(PAGE) for module in MODULES)


def test_the_pure_rooms_are_those_of_the_contract() -> None:
    (said,) = re.findall(r"((?:`\w+`(?:, | and ))+`\w+`) are pure:", text(PAGE))
    pure = {module.removeprefix("rootwarden.") for module in contract("the middle is pure")["source_modules"]}
    assert set(re.findall(r"\w+", said.replace(" and ", " "))) == pure & ROOMS


def test_who_may_import_whom_is_said_once() -> None:
    assert text(PAGE).count("A room may import") == 1


def test_the_picture_is_of_the_rooms_there_are() -> None:
    picture = (DOCS / "architecture.svg").read_text(encoding="utf-8")
    now, _, later = picture.partition("Rooms that come later")
    drawn = set(re.findall(r">([a-z_]+)/<", now))
    assert drawn | {"simulator", "conformance"} >= ROOMS
    assert drawn <= ROOMS
    assert set(re.findall(r">([a-z_]+)/<", later)) & ROOMS == set()
    assert "simulator" in now
