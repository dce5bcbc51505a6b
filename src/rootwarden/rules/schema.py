"""What the language knows of resources: entities, their attributes, and where references lead.

A schema is data (`packs/schema/*.toml`), one file an entity, read when somebody first asks for that entity. A dotted
path goes into records, into the elements of lists and through references: `LogGroup.MetricFilters.Name` of a
`CloudTrail` is an attribute of `CloudWatchLogGroup`. References lead in circles, so nothing here walks them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.errors import InputError
from rootwarden.rules.schema_file import read_entity
from rootwarden.rules.schema_types import Attribute, AttributeType, Entity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rootwarden.detect.sample_sets import SampleSet

__all__ = ["ACCOUNT", "FLEET", "Attribute", "AttributeType", "Entity", "Schema", "plural"]

ACCOUNT: Final = "AWS"  # one account as a whole
FLEET: Final = "Fleet"  # all accounts of a run
_WHOLES: Final = {
    ACCOUNT: "one account as a whole: every entity as a list",
    FLEET: "all accounts of the run: every entity as a list of what is in all of them",
}
_MAXIMUM_NAMES: Final = 64  # a longer path leads nowhere
_REMEMBERED: Final = 4096  # places behind references
_ELSEWHERE: Final = 6


def plural(entity: str) -> str:
    """The name of an entity's list in `AWS` and `Fleet`: `IAMUsers`, `IAMPolicies`, `KMSKeys`, `Snapshots`."""
    if entity.endswith("s"):
        return entity
    if entity.endswith("y") and entity[-2:-1] not in "aeiou":
        return f"{entity[:-1]}ies"
    return f"{entity}s"


class Schema:
    """Entities by name, attributes by dotted path. What it answers never changes once made.

    Attributes:
        sample_sets: The sets of sample events `catches` may name.
    """

    def __init__(
        self, sources: Mapping[str, Callable[[], str]], *, sample_sets: Mapping[str, SampleSet] | None = None
    ) -> None:
        """Take where each entity is described.

        Args:
            sources: By name of the entity, what gives the content of its schema file. Called when the entity is first
                asked for; a look-up raises `InputError` when the content is wrong.
            sample_sets: The sets of sample events, by name.
        """
        # Asking whether there are any would look for them.
        self.sample_sets: Mapping[str, SampleSet] = {} if sample_sets is None else sample_sets
        self._sources = dict(sources)
        self._read: dict[str, Entity] = {}
        self._tables: dict[str, Mapping[str, Mapping[str, Attribute]]] = {}
        self._behind: dict[tuple[str, str], Mapping[str, Attribute]] = {}

    @classmethod
    def from_toml(cls, *texts: str) -> Schema:
        """Read schema files at once.

        Args:
            texts: The content of each file, one entity a file.

        Raises:
            InputError: A file is not a schema file, an entity stands twice, or a reference leads to no entity.
        """
        entities = [read_entity(text) for text in texts]
        names = [entity.entity for entity in entities]
        for name in names:
            if names.count(name) > 1 or name in _WHOLES:
                raise InputError(f"the schema has entity `{name}` twice", hint="keep one file an entity")
        schema = cls({name: text.__str__ for name, text in zip(names, texts, strict=True)})
        for name in names:
            schema.entity(name)
        return schema

    @property
    def names(self) -> tuple[str, ...]:
        """The name of every entity, `AWS` and `Fleet` last; reads no file."""
        return (*self._sources, *_WHOLES)

    @property
    def entities(self) -> tuple[Entity, ...]:
        """Every entity that is described in a file, in the order given; reads them all."""
        return tuple(self.entity(name) for name in self._sources)

    def has_entity(self, name: str) -> bool:
        """Whether the language knows this entity."""
        return name in self._sources or name in _WHOLES

    def entity(self, name: str) -> Entity:
        """An entity by name.

        Raises:
            KeyError: There is none; ask `has_entity` first.
        """
        if name in _WHOLES:
            lists = tuple(self.children(name).values())
            return Entity(entity=name, summary=_WHOLES[name], single=True, attribute=lists)
        found = self._read.get(name)
        if found is None:
            found = read_entity(self._sources[name]())
            self._check(name, found)
            self._read[name] = found
        return found

    def is_single(self, name: str) -> bool:
        """Whether there is exactly one of this entity where anything is collected at all."""
        return name in _WHOLES or (name in self._sources and self.entity(name).single)

    def attribute(self, entity: str, path: str) -> Attribute | None:
        """The attribute at a dotted path, or `None` when the entity has no such attribute."""
        parent, _, name = path.rpartition(".")
        return self.children(entity, parent).get(name)

    def children(self, entity: str, path: str = "") -> Mapping[str, Attribute]:
        """The attributes directly below a path (or below the entity) by their last name; empty when there are none."""
        own = self._table(entity).get(path)
        if own is not None:
            return own
        key = entity, path
        known = self._behind.get(key)
        if known is None:
            known = self._through_references(entity, path)
            if len(self._behind) >= _REMEMBERED:
                self._behind.clear()
            self._behind[key] = known
        return known

    def place(self, entity: str, path: str) -> tuple[str, str] | None:
        """Where a path leads.

        Returns:
            The entity that describes what is there, and the path below that entity; `None` when it leads nowhere.
        """
        holder, below = entity, ""
        parts = path.split(".") if path else []
        if len(parts) > _MAXIMUM_NAMES:
            return None
        for part in parts:
            attribute = self._table(holder).get(below, {}).get(part)
            if attribute is None:
                return None
            holder, below = (attribute.to, "") if attribute.to else (holder, attribute.path)
        return holder, below

    def named(self, entity: str, name: str) -> tuple[Attribute, ...]:
        """Attributes whose last name is `name`, at any depth of the entity; else a few behind its references."""
        if entity in _WHOLES or entity not in self._sources:
            return ()
        own = self.entity(entity).attribute
        found = tuple(one for one in own if one.path.rpartition(".")[2] == name)
        return found or tuple(self._named_behind(own, name))[:_ELSEWHERE]

    def _named_behind(self, own: tuple[Attribute, ...], name: str) -> Iterator[Attribute]:
        for reference in own:
            behind = self.entity(reference.to).attribute if reference.to else ()
            for one in behind:
                if one.path.rpartition(".")[2] == name:
                    yield _moved(one, f"{reference.path}.{one.path}")

    def _through_references(self, entity: str, path: str) -> dict[str, Attribute]:
        there = self.place(entity, path)
        if there is None or (there[0] == entity and there[1] == path):
            return {}
        holder, below = there
        return {name: _moved(one, f"{path}.{name}") for name, one in self._table(holder).get(below, {}).items()}

    def _table(self, entity: str) -> Mapping[str, Mapping[str, Attribute]]:
        """What is below each path of an entity."""
        table = self._tables.get(entity)
        if table is None:
            if entity in _WHOLES:
                table = {"": _Lists(self, tuple(self._sources))}
            elif entity in self._sources:
                table = _by_parent(self.entity(entity).attribute)
            else:
                return {}
            self._tables[entity] = table
        return table

    def _check(self, name: str, entity: Entity) -> None:
        if entity.entity != name:
            raise InputError(
                f"the schema of `{name}` describes `{entity.entity}`", hint="one file an entity, named alike"
            )
        for attribute in entity.attribute:
            if attribute.to and attribute.to not in self._sources:
                message = f"the schema of `{name}` has `{attribute.path}` leading to no entity: `{attribute.to}`"
                raise InputError(message, hint="see docs/rule-language.md, References")


class _Lists(Mapping[str, Attribute]):
    """The lists of `AWS` and `Fleet`; an entity is read when its list is looked at."""

    def __init__(self, schema: Schema, entities: tuple[str, ...]) -> None:
        self._schema = schema
        self._entities = {plural(entity): entity for entity in entities}
        self._made: dict[str, Attribute] = {}

    def __getitem__(self, name: str) -> Attribute:
        made = self._made.get(name)
        if made is None:
            entity = self._schema.entity(self._entities[name])
            made = self._made[name] = Attribute(
                path=name,
                type=AttributeType.LIST,
                to=entity.entity,
                fed_by=entity.fed_by,
                collected=entity.collected,
                describe=f"every `{entity.entity}`",
            )
        return made

    def __iter__(self) -> Iterator[str]:
        return iter(self._entities)

    def __len__(self) -> int:
        return len(self._entities)


def _moved(attribute: Attribute, path: str) -> Attribute:
    """The attribute as seen from another entity."""
    return msgspec.structs.replace(attribute, path=path)


def _by_parent(attributes: tuple[Attribute, ...]) -> dict[str, dict[str, Attribute]]:
    below: dict[str, dict[str, Attribute]] = {"": {}}
    for attribute in attributes:
        parent, _, name = attribute.path.rpartition(".")
        below.setdefault(parent, {})[name] = attribute
    return below
