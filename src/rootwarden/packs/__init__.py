"""Content as data: the rules, and the schema of what they may ask.

Takes nothing; gives the shipped root pack and the schema, each file of the package read once, when it is needed.
Holds no judgement of its own: a rule is one file in `root/`, an entity one file of its name in `schema/`; both are
listed by name order, so the same files always give the same pack.
Never reads anything outside the package.
"""

from __future__ import annotations

from functools import cache, partial
from importlib.resources import files
from typing import TYPE_CHECKING

from rootwarden.rules.schema import Schema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

    from rootwarden.rules.rule_file import PostureRule


@cache
def schema() -> Schema:
    """The shipped schema: every entity in `packs/schema/`, each read from `ENTITY.toml` when first asked for."""
    entries = sorted(_folder("schema"), key=lambda entry: entry.name)
    return Schema({entry.name.removesuffix(".toml"): partial(entry.read_text, encoding="utf-8") for entry in entries})


@cache
def root_pack() -> tuple[PostureRule, ...]:
    """The shipped rules about the root user, in order of file name.

    Raises:
        InputError: A shipped file is not a rule, which the tests rule out.
    """
    from rootwarden.rules.rule_file import load_rule_file

    return tuple(load_rule_file(text, file=name) for name, text in _texts("root"))


def _texts(folder: str) -> list[tuple[str, str]]:
    """Name and content of every TOML file of one folder of this package."""
    entries = sorted(_folder(folder), key=lambda entry: entry.name)
    return [(entry.name, entry.read_text(encoding="utf-8")) for entry in entries]


def _folder(name: str) -> Iterator[Traversable]:
    """Every TOML file of one folder of this package."""
    return (entry for entry in files(__name__).joinpath(name).iterdir() if entry.name.endswith(".toml"))
