"""Facts with a few of them changed: the record as it would be after edits, without touching the one it came from.

A place is a path of names and element keys: `("AccessKey", 0, "Active")`. An element keeps the index it had; added ones
have the keys -1, -2 and so on, and stand behind the others.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import msgspec

from rootwarden.facts.fact import Absent, Known

if TYPE_CHECKING:
    from rootwarden.facts.fact import Fact
    from rootwarden.rules.logic import Record
    from rootwarden.rules.schema import Attribute, Schema

Place: TypeAlias = tuple[str | int, ...]
Scalar: TypeAlias = str | int | float | bool


class Kind(StrEnum):
    """What an edit does at its place."""

    SET = "set"
    CLEAR = "clear"
    REMOVE = "remove"
    ADD = "add"
    CREATE = "create"


class Edit(msgspec.Struct, frozen=True):
    """One edit.

    Attributes:
        kind: `set` a value, `clear` it (absent), `remove` or `add` an element, `create` a record or list with nothing
            in it.
        value: For `set`, and for `add` to a list of plain values.
    """

    kind: Kind
    value: Scalar | None = None

    @property
    def key(self) -> tuple[str, str, Scalar | None]:
        """To compare by; to Python `True` equals 1, to a fact it does not."""
        return (self.kind.value, type(self.value).__name__, self.value)


Edits: TypeAlias = Mapping[Place, Edit]


class Draft:
    """A record and edits to it."""

    def __init__(self, schema: Schema, entity: str, record: Record) -> None:
        self.schema = schema
        self.entity = entity
        self.original = record

    def with_edits(self, edits: Edits) -> Record:
        """The record as it would be."""
        return self._record(self.original, _by_name(edits), "")

    def below(self, record: Record, edits: Edits, path: str) -> Record:
        """A record below a path with edits whose places start there and go through no list."""
        return self._record(record, _by_name(edits), path)

    def at(self, place: Place, edits: Edits) -> Record:
        """The record at a place, as it would be."""
        here: object = self.with_edits(edits)
        for depth, part in enumerate(place):
            if isinstance(part, int):
                elements = here if isinstance(here, tuple | list) else ()
                here = elements[keys_of(elements, place[:depth], edits).index(part)]
            elif isinstance(here, Mapping):
                here = here.get(part)
            here = here.value if isinstance(here, Known) else here
        return cast("Record", here if isinstance(here, Mapping) else {})

    def attribute(self, place: Place) -> Attribute:
        """What the schema says of a place; of an element, what it says of the list."""
        path = ".".join(part for part in place if isinstance(part, str))
        attribute = self.schema.attribute(self.entity, path)
        if attribute is None:  # every place comes from a rule that was checked
            raise LookupError(path)
        return attribute

    def blank(self, path: str) -> dict[str, Fact[object]]:
        """A record below a path with nothing in it."""
        return {name: Absent() for name in self.schema.children(self.entity, path)}

    def _record(self, record: Record, edits: Mapping[str | int, Edits], path: str) -> Record:
        changed = {}
        for name, inner in edits.items():
            below = f"{path}.{name}" if path else str(name)
            changed[str(name)] = self._fact(record.get(str(name), Absent()), inner, below)
        # Laid over, not copied: a record may be long, or made only when it is read.
        return cast("Record", ChainMap(changed, cast("dict[str, Any]", record))) if changed else record

    def _fact(self, fact: Fact[object], edits: Edits, path: str) -> Fact[object]:
        own = edits.get(())
        if own is not None:
            fact = self._edited(own, path)
        below = _by_name({place: edit for place, edit in edits.items() if place})
        if not below:
            return fact
        value = fact.value if isinstance(fact, Known) else None
        if any(isinstance(key, int) for key in below):
            elements = value if isinstance(value, tuple | list) else ()
            return Known(self._elements(elements, below, path))
        return Known(self._record(value if isinstance(value, Mapping) else self.blank(path), below, path))

    def _elements(
        self, elements: tuple[object, ...] | list[object], edits: Mapping[str | int, Edits], path: str
    ) -> tuple[object, ...]:
        made: list[object] = []
        keys = [
            *range(len(elements)),
            *sorted((key for key in edits if isinstance(key, int) and key < 0), reverse=True),
        ]
        for key in keys:
            element = elements[key] if key >= 0 else None
            own = edits.get(key, {}).get(())
            if own is not None and own.kind is Kind.REMOVE:
                continue
            if own is not None and own.kind is Kind.ADD:
                element = self.blank(path) if own.value is None else own.value
            below = _by_name({place: edit for place, edit in edits.get(key, {}).items() if place})
            if below:
                known = element.value if isinstance(element, Known) else element
                element = self._record(known if isinstance(known, Mapping) else self.blank(path), below, path)
            made.append(element)
        return tuple(made)

    def _edited(self, edit: Edit, path: str) -> Fact[object]:
        if edit.kind is Kind.SET:
            return Known(edit.value)
        if edit.kind is Kind.CREATE:
            return Known(()) if self.attribute((path,)).is_list else Known(self.blank(path))
        return Absent()


def keys_of(elements: tuple[object, ...] | list[object], place: Place, edits: Edits) -> list[int]:
    """The key of every element that a list has after the edits."""
    own = {key: edit.kind for (*start, key), edit in edits.items() if tuple(start) == place and isinstance(key, int)}
    added = sorted((key for key, kind in own.items() if kind is Kind.ADD), reverse=True)
    removed = {key for key, kind in own.items() if kind is Kind.REMOVE}
    before = len(elements) + len(removed) - len(added)
    return [*(key for key in range(before) if key not in removed), *added]


def _by_name(edits: Edits) -> dict[str | int, dict[Place, Edit]]:
    """Edits by the first part of their place."""
    found: dict[str | int, dict[Place, Edit]] = {}
    for place, edit in edits.items():
        found.setdefault(place[0], {})[place[1:]] = edit
    return found
