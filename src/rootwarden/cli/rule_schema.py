"""`rootwarden rule schema`: what a rule can be about, and what it can ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rootwarden.cli.rule_writing import AsText, Shown
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.rules.schema import Attribute, Entity, Schema


def schema(
    entity: Annotated[
        str, typer.Argument(metavar="[ENTITY]", help="Such as `IAMUser`; all in short if left out.")
    ] = "",
    *,
    output_format: AsText = Shown.TEXT,
) -> None:
    """Show what rules can be about: every entity, or the attributes of one."""
    from rootwarden.packs import schema as shipped
    from rootwarden.rules.suggest import entity_help

    known = shipped()
    if entity and not known.has_entity(entity):
        raise UsageError(f"there is no entity `{entity}`", hint=entity_help(known, entity))
    if output_format is Shown.JSON:
        typer.echo(_as_json(known, entity))
    else:
        typer.echo("\n".join(_attributes(known.entity(entity)) if entity else _entities(known)))


def _entities(known: Schema) -> Iterator[str]:
    """One line an entity."""
    width = max(len(name) for name in known.names)
    for name in known.names:
        entity = known.entity(name)
        yield f"{name:<{width}}  {'' if entity.collected else 'not collected: '}{entity.summary}"


def _attributes(entity: Entity) -> Iterator[str]:
    """One attribute a paragraph: path and type, what it is, where it comes from."""
    yield f"{entity.entity}: {entity.summary}"
    if entity.fed_by:
        yield f"listed by {', '.join(entity.fed_by)}"
    for one in entity.attribute:
        yield f"\n{one.path}  {_kind(one)}"
        yield from (f"  {line}" for line in (one.describe, _values(one), _source(one)) if line)


def _kind(one: Attribute) -> str:
    unit = f" ({one.unit})" if one.unit else ""
    return f"{one.kind}{unit}{', may be absent' if one.absent else ''}"


def _values(one: Attribute) -> str:
    return f"one of {', '.join(one.values)}" if one.values else ""


def _source(one: Attribute) -> str:
    calls = ", ".join(one.fed_by)
    if one.collected:
        return f"from {calls}" if calls else ""
    return f"not collected; it would come from {calls}" if calls else "not collected"


def _as_json(known: Schema, name: str) -> str:
    """The document `rootwarden.rule-schema/1`."""
    import msgspec

    from rootwarden.rules.schema import plural

    names = (name,) if name else known.names
    entities = [
        {**msgspec.structs.asdict(known.entity(one)), "list": "" if one in {"AWS", "Fleet"} else plural(one)}
        for one in names
    ]
    document = {"schema": "rootwarden.rule-schema/1", "entities": entities}
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
