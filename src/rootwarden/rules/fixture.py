"""Fixtures: facts written by hand, for cases and for `rule eval`.

JSON by entity, a list of resources each: `{"IAMUser": [{"RootUser": true, "AccessKey": [{"Active": true}]}]}`.
`{"$unknown": "reason"}` is unknown; a name that is missing or null is absent; dates are epoch seconds or ISO 8601.
What a reference leads to stands in its place: an object for a reference, a list of objects for references.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rootwarden.errors import InputError
from rootwarden.facts.fact import Absent, Known, Unknown, Why
from rootwarden.facts.ports import with_every_port
from rootwarden.rules import instants, suggest
from rootwarden.rules.diagnostic import quoted
from rootwarden.rules.logic import Record
from rootwarden.rules.schema import AttributeType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.facts.fact import Fact
    from rootwarden.rules.schema import Attribute, Schema

MAXIMUM_BYTES: Final = 64 << 20
MAXIMUM_DEPTH: Final = 128  # of objects and lists: references lead in circles, a file must not
_DENIED: Final = re.compile(r"([a-z0-9-]+:[A-Za-z0-9]+) denied")
_ABSENT: Final = Absent()
_HINT: Final = "docs/rule-files.md, Fixtures, has the format"


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """One resource of a fixture: its entity, its name (`IAMUser[0]`) and its facts."""

    entity: str
    name: str
    record: Record


def load_fixture(text: str, schema: Schema, *, file: str = "") -> tuple[Resource, ...]:
    """Read a fixture.

    Args:
        text: The JSON.
        schema: What entities and attributes there are.
        file: Its name, for messages.

    Returns:
        The resources in order, every attribute of the schema in each record.

    Raises:
        InputError: It is not JSON, names an entity or attribute the schema has not, or has a value of another type.
    """
    reader = _Reader(schema, quoted(file, limit=400) if file else "the fixture")
    return tuple(reader.resources(text))


class _Reader:
    """Reads one fixture; `where` in its methods is the place in the JSON, for messages."""

    def __init__(self, schema: Schema, shown: str) -> None:
        self.schema = schema
        self.shown = shown

    def resources(self, text: str) -> list[Resource]:
        if len(text) > MAXIMUM_BYTES:
            raise self._wrong(f"is larger than {MAXIMUM_BYTES >> 20} MiB")
        try:
            document = json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_refused)
        except RecursionError:
            raise self._wrong("is nested too deep") from None
        except ValueError as error:
            raise self._wrong(f"is not JSON: {str(error)[:1].lower()}{str(error)[1:]}") from None
        if _deeper(document, MAXIMUM_DEPTH):
            raise self._wrong("is nested too deep")
        if not isinstance(document, dict):
            raise self._wrong("is not an object of entities")
        found = []
        for entity, values in document.items():
            if not self.schema.has_entity(entity):
                raise self._wrong(f"has an unknown entity {quoted(entity)}", suggest.entity_help(self.schema, entity))
            if not isinstance(values, list):
                raise self._wrong(f"has no list of resources at `{entity}`")
            for index, value in enumerate(values):
                name = f"{entity}[{index}]"
                found.append(Resource(entity=entity, name=name, record=self._record(entity, "", value, name)))
        return found

    def _record(self, entity: str, path: str, value: object, where: str) -> Record:
        """A record with a fact for every attribute directly below `path`."""
        if not isinstance(value, dict):
            raise self._wrong(f"has no object at `{where}`")
        attributes = self.schema.children(entity, path)
        for name in value:
            if name not in attributes:
                help_ = suggest.attribute_help(self.schema, entity, path, name)
                raise self._wrong(f"has an unknown attribute {quoted(name)} at `{where}`", help_)
        given = {
            name: self._fact(entity, attributes[name], one, f"{where}.{name}")
            for name, one in value.items()
            if one is not None
        }
        record = _Facts(given, attributes)
        return with_every_port(record) if "Protocol" in given else record

    def _fact(self, entity: str, attribute: Attribute, value: object, where: str) -> Fact[object]:
        unknown = self._unknown(value, where)
        if unknown is not None:
            return unknown
        match attribute.type:
            case AttributeType.RECORD:
                return Known(self._record(*_below(entity, attribute), value, where))
            case AttributeType.LIST:
                return Known(self._elements(entity, attribute, value, where))
            case _:
                return Known(self._scalar(attribute, value, where))

    def _elements(self, entity: str, attribute: Attribute, value: object, where: str) -> tuple[object, ...]:
        if not isinstance(value, list):
            raise self._wrong(f"has no list at `{where}`")
        holder, path = _below(entity, attribute)
        of_records = bool(self.schema.children(holder, path))
        elements: list[object] = []
        for index, one in enumerate(value):
            place = f"{where}[{index}]"
            unknown = self._unknown(one, place)
            if unknown is not None:
                elements.append(unknown)
            elif of_records:
                elements.append(self._record(holder, path, one, place))
            elif isinstance(one, str | int | float):
                elements.append(one)
            else:
                raise self._wrong(f"has no plain value at `{place}`")
        return tuple(elements)

    def _unknown(self, value: object, where: str) -> Unknown | None:
        """`{"$unknown": "iam:ListAccessKeys denied"}`; a reason of that form names the permission too."""
        if not isinstance(value, dict) or "$unknown" not in value:
            return None
        reason = value["$unknown"]
        if len(value) != 1 or not isinstance(reason, str) or not reason.strip():
            raise self._wrong(f'has something else than `{{"$unknown": "reason"}}` at `{where}`')
        denied = _DENIED.fullmatch(reason)
        if denied:
            return Unknown(reason, Why.DENIED, denied.group(1))
        return Unknown(reason, Why.NOT_SUPPORTED if reason == "not_supported" else Why.NOT_COLLECTED)

    def _scalar(self, attribute: Attribute, value: object, where: str) -> object:
        if attribute.type is AttributeType.DATE and isinstance(value, str):
            try:
                return instants.epoch(value)
            except (ValueError, OverflowError):
                raise self._wrong(f"has no instant at `{where}`: {quoted(value)}") from None
        fits = {
            AttributeType.BOOLEAN: isinstance(value, bool),
            AttributeType.STRING: isinstance(value, str),
            AttributeType.IP: isinstance(value, str),
        }.get(attribute.type, isinstance(value, int | float) and not isinstance(value, bool))
        if not fits:
            raise self._wrong(f"has no {attribute.type} at `{where}`: {quoted(json.dumps(value))}")
        return value

    def _wrong(self, what: str, help_: str = "") -> InputError:
        return InputError(f"{self.shown} {what}", hint=help_ or _HINT)


class _Facts(Mapping[str, "Fact[object]"]):
    """The facts given for a record; every other name it can have is absent, and takes no room."""

    __slots__ = ("_given", "_names")

    def __init__(self, given: dict[str, Fact[object]], names: Mapping[str, Attribute]) -> None:
        self._given = given
        self._names = names

    def __getitem__(self, name: str) -> Fact[object]:
        fact = self._given.get(name)
        if fact is None and name not in self._names:
            raise KeyError(name)
        return _ABSENT if fact is None else fact

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _below(entity: str, attribute: Attribute) -> tuple[str, str]:
    """The entity and path that describe what is in a record or list: behind a reference, those of the other entity."""
    return (attribute.to, "") if attribute.to else (entity, attribute.path)


def _deeper(document: object, limit: int) -> bool:
    """Whether objects and lists nest deeper than a limit; goes level by level, so depth cannot hurt it."""
    level = [document]
    for _ in range(limit):
        level = [below for one in level for below in _inside(one)]
        if not level:
            return False
    return True


def _inside(value: object) -> Iterable[object]:
    """The objects and lists directly in a value."""
    held: Iterable[object] = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (one for one in held if isinstance(one, dict | list))


def _without_duplicates(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    """An object whose names are all different: of two values for one fact neither can be trusted."""
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name {quoted(twice)} stands twice in one object")
    return made


def _refused(constant: str) -> float:
    raise ValueError(f"{constant} is not a JSON number")
