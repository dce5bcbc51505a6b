"""What the language knows of a resource: entities, their attributes, the type of each and the calls that feed it.

A schema is data (`packs/schema/*.toml`); this module reads its text and answers look-ups. A dotted path goes into
records and into the elements of lists: `AccessKey.Active` is the attribute `Active` of each element of `AccessKey`.
"""

from __future__ import annotations

import tomllib
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from rootwarden.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class AttributeType(StrEnum):
    """Types of attributes. A date is a number of epoch seconds, and `0` or absent means never."""

    BOOLEAN = "boolean"
    STRING = "string"
    NUMBER = "number"
    DATE = "date"
    IP = "ip"
    LIST = "list"
    RECORD = "record"


class Attribute(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that can be known of a resource.

    Attributes:
        path: Dotted path below the entity, `Password.LastUsedTime`.
        type: Its type; a list without attributes below it holds plain values.
        fed_by: The calls it may come from: `iam:GetAccountSummary`, `root:ListMFADevices` (an AssumeRoot session),
            `declaration:root-mfa-devices`. Any one of them may give it.
        absent: Whether "we looked, there is none" can happen.
        collected: False when the language knows the name but nothing here collects it.
        future: Whether a date may lie in the future; otherwise one that does is reported as clock skew.
        values: Every value a string can have; empty when it can have any.
        describe: One clause for people.
    """

    path: str
    type: AttributeType
    fed_by: tuple[str, ...] = ()
    absent: bool = False
    collected: bool = True
    future: bool = False
    values: tuple[str, ...] = ()
    describe: str

    @property
    def is_list(self) -> bool:
        """Whether it is read like a list: elements, a length."""
        return self.type is AttributeType.LIST

    @property
    def is_record(self) -> bool:
        """Whether it is read like a record: a dot goes on below it."""
        return self.type is AttributeType.RECORD

    @property
    def read_as(self) -> AttributeType:
        """The type whose questions can be asked of it: what is read like a list is a list."""
        return AttributeType.LIST if self.is_list else AttributeType.RECORD if self.is_record else self.type

    @property
    def permission(self) -> str:
        """The first IAM action that feeds it, or empty when none does."""
        actions = (call for call in self.fed_by if not call.startswith(("declaration:", "root:")))
        return next(actions, "")


class Entity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A kind of resource and its attributes, as one schema file holds it."""

    entity: str
    summary: str
    attribute: tuple[Attribute, ...]


class Schema:
    """Entities by name, attributes by dotted path, sets of sample events by name. Never changes once made."""

    def __init__(self, entities: Iterable[Entity], *, sample_sets: Mapping[str, object] | None = None) -> None:
        self.sample_sets: Mapping[str, object] = sample_sets or {}
        self._entities = {entity.entity: entity for entity in entities}
        self._attributes = {
            name: {attribute.path: attribute for attribute in entity.attribute}
            for name, entity in self._entities.items()
        }
        self._children = {name: _children(attributes) for name, attributes in self._attributes.items()}

    @classmethod
    def from_toml(cls, *texts: str, sample_sets: Mapping[str, object] | None = None) -> Schema:
        """Read schema files.

        Args:
            texts: The content of each file, one entity a file.
            sample_sets: The sets of sample events `catches` may name.

        Raises:
            InputError: A file is not TOML, has unknown keys, names a path twice or a path whose parent is no record
                or list.
        """
        entities = [_entity(text) for text in texts]
        names = [entity.entity for entity in entities]
        for name in names:
            if names.count(name) > 1:
                raise InputError(f"the schema has entity `{name}` twice", hint="keep one file an entity")
        return cls(entities, sample_sets=sample_sets)

    @property
    def entities(self) -> tuple[Entity, ...]:
        """Every entity, in the order given."""
        return tuple(self._entities.values())

    def has_entity(self, name: str) -> bool:
        """Whether the language knows this entity."""
        return name in self._entities

    def attribute(self, entity: str, path: str) -> Attribute | None:
        """The attribute at a dotted path, or `None` when the entity has no such attribute."""
        return self._attributes.get(entity, {}).get(path)

    def children(self, entity: str, path: str = "") -> Mapping[str, Attribute]:
        """The attributes directly below a path (or below the entity) by their last name; empty when there are none."""
        return self._children.get(entity, {}).get(path, {})

    def named(self, entity: str, name: str) -> tuple[Attribute, ...]:
        """Every attribute of the entity, at any depth, whose last name is `name`."""
        attributes = self._attributes.get(entity, {}).values()
        return tuple(one for one in attributes if one.path.rpartition(".")[2] == name)


def _entity(text: str) -> Entity:
    try:
        entity = msgspec.convert(tomllib.loads(text), Entity)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as error:
        raise InputError(f"a schema file cannot be read: {error}", hint="see docs/rule-language.md, Schema") from None
    seen: dict[str, Attribute] = {}
    for attribute in entity.attribute:
        parent = attribute.path.rpartition(".")[0]
        holder = seen.get(parent)
        if attribute.path in seen:
            raise InputError(f"the schema of `{entity.entity}` has `{attribute.path}` twice")
        if parent and (holder is None or holder.type not in {AttributeType.RECORD, AttributeType.LIST}):
            message = f"the schema of `{entity.entity}` has `{attribute.path}` below no record or list"
            raise InputError(message, hint=f"describe `{parent}` before it")
        seen[attribute.path] = attribute
    return entity


def _children(attributes: Mapping[str, Attribute]) -> dict[str, dict[str, Attribute]]:
    below: dict[str, dict[str, Attribute]] = {}
    for path, attribute in attributes.items():
        parent, _, name = path.rpartition(".")
        below.setdefault(parent, {})[name] = attribute
    return below
