"""One schema file: TOML to an entity, every mistake in it refused.

`[[attribute]]` tables say everything about an attribute. `[attributes]` is short for those nobody collects: one line
each, `"Policies.Managed" = "references IAMPolicy"`.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.errors import InputError
from rootwarden.rules.schema_types import Attribute, AttributeType, Entity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_REFERENCES: Final = {"reference": AttributeType.RECORD, "references": AttributeType.LIST}
_TYPES: Final = {**{kind.value: kind for kind in AttributeType}, **_REFERENCES}
_HINT: Final = "see docs/rule-language.md, Schema"


class _Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[attribute]]`; what it leaves out it has from the entity."""

    path: str
    type: str
    to: str = ""
    unit: str = ""
    fed_by: tuple[str, ...] | None = None
    absent: bool = False
    collected: bool | None = None
    future: bool = False
    ours: bool | None = None
    values: tuple[str, ...] = ()
    describe: str


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file as it is written."""

    entity: str
    summary: str
    ours: bool = False
    single: bool = False
    collected: bool = True
    fed_by: tuple[str, ...] = ()
    attributes: dict[str, str] = {}
    attribute: tuple[_Row, ...] = ()


def read_entity(text: str) -> Entity:
    """Read one schema file.

    Args:
        text: Its content.

    Raises:
        InputError: It is not TOML, has unknown keys or types, names a path twice or a path whose parent is no record
            or list.
    """
    try:
        file = msgspec.convert(tomllib.loads(text), _File)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as error:
        raise InputError(f"a schema file cannot be read: {error}", hint=_HINT) from None
    attributes = (*(_full(row, file) for row in file.attribute), *_short(file))
    _check_places(file.entity, attributes)
    return Entity(
        entity=file.entity,
        summary=file.summary,
        ours=file.ours,
        single=file.single,
        collected=file.collected,
        fed_by=file.fed_by,
        attribute=attributes,
    )


def _full(row: _Row, file: _File) -> Attribute:
    kind = _type(row.type, file.entity, row.path)
    if bool(row.to) is not (row.type in _REFERENCES):
        message = f"the schema of `{file.entity}` has `{row.path}` with `to` where there is no reference, or without it"
        raise InputError(message, hint=_HINT)
    if row.unit and kind is not AttributeType.NUMBER:
        raise InputError(f"the schema of `{file.entity}` has `{row.path}` with a unit and no number", hint=_HINT)
    return Attribute(
        path=row.path,
        type=kind,
        to=row.to,
        unit=row.unit,
        fed_by=file.fed_by if row.fed_by is None else row.fed_by,
        absent=row.absent,
        collected=file.collected if row.collected is None else row.collected,
        future=row.future,
        ours=file.ours if row.ours is None else row.ours,
        values=row.values,
        describe=row.describe,
    )


def _short(file: _File) -> Iterator[Attribute]:
    """The lines of `[attributes]`: a type, then where a reference leads, what a number counts, or `future`."""
    for path, line in file.attributes.items():
        word, _, rest = line.partition(" ")
        kind = _type(word, file.entity, path)
        to = rest if word in _REFERENCES else ""
        unit = rest if kind is AttributeType.NUMBER else ""
        future = kind is AttributeType.DATE and rest == "future"
        if bool(rest) is not bool(to or unit or future) or (word in _REFERENCES and not to):
            raise InputError(f"the schema of `{file.entity}` has `{path}` as `{line}`", hint=_HINT)
        yield Attribute(
            path=path, type=kind, to=to, unit=unit, fed_by=file.fed_by, absent=True, collected=False, future=future
        )


def _type(word: str, entity: str, path: str) -> AttributeType:
    kind = _TYPES.get(word)
    if kind is None:
        raise InputError(f"the schema of `{entity}` has `{path}` of no type: `{word}`", hint=_HINT)
    return kind


def _check_places(entity: str, attributes: Iterable[Attribute]) -> None:
    """Every path stands once, below a record or list that is described too."""
    seen: dict[str, Attribute] = {}
    for attribute in attributes:
        if attribute.path in seen:
            raise InputError(f"the schema of `{entity}` has `{attribute.path}` twice")
        seen[attribute.path] = attribute
    for path in seen:
        parent = path.rpartition(".")[0]
        holder = seen.get(parent)
        if parent and (holder is None or holder.to or not (holder.is_record or holder.is_list)):
            message = f"the schema of `{entity}` has `{path}` below no record or list"
            raise InputError(message, hint=f"describe `{parent}` too, and nothing below a reference")
