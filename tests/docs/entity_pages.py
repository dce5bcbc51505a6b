"""The page of everything the rule language knows, made from the schema."""

from __future__ import annotations

from itertools import groupby
from textwrap import fill
from typing import TYPE_CHECKING

from rootwarden.rules.schema import ACCOUNT, FLEET, plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.rules.schema import Attribute, Entity, Schema

_INTRO = f"""# Entities

What a rule can be about, and what it can ask. `rootwarden rule schema ENTITY` prints the same. The root user has a page
of its own: [facts.md](facts.md).

`{ACCOUNT}` is one account, `{FLEET}` all accounts of a run; both have every entity below as a list, under the plural
given with it.
A *reference* is read like a record, *references* like a list, and lead on into the entity they name
([rule-language.md](rule-language.md#references)). Names are spelled as rules for other products spell them; those
marked *ours* they do not have.

"""
_TABLE = "\n| attribute | type | can be absent | what it is | where it comes from |\n|---|---|---|---|---|\n"


def entities_page(schema: Schema) -> str:
    """Tables of what is described, and in short the names of the rest."""
    entities = sorted((one for one in schema.entities if one.entity != "RootUser"), key=lambda one: one.entity.lower())
    described = [one for one in entities if any(each.describe for each in one.attribute)]
    collected = [one for one in described if one.collected]
    waiting = [one for one in described if not one.collected]
    rest = [one for one in entities if one not in described]
    return (
        _INTRO
        + f"## Collected\n\n{_links(collected)}\n"
        + "".join(_section(one) for one in collected)
        + f"## Described, not collected\n\n{_links(waiting)}\nNothing here looks at these yet, so every answer about "
        "them is unknown, unless a fixture gives the facts. The calls are\nthose that would feed them.\n\n"
        + "".join(_section(one) for one in waiting)
        + f"## Known by name\n\nNames and types of {len(rest)} more entities, so that rules about them are checked. "
        "Nothing collects them; each says\nwhich calls would list it.\n\n" + "".join(_short(one) for one in rest)
    )


def _links(entities: Iterable[Entity]) -> str:
    return " · ".join(f"[{one.entity}](#{one.entity.lower()})" for one in entities) + "\n"


def _section(entity: Entity) -> str:
    calls = ", ".join(f"`{call}`" for call in entity.fed_by)
    listed = f" Listed by {calls}." if calls else ""
    head = f"### {entity.entity}\n\n{entity.summary[0].upper()}{entity.summary[1:]}. List: `{plural(entity.entity)}`."
    head += " *Ours*." if entity.ours else ""
    return f"{head}{listed}\n{_TABLE}" + "".join(_row(one, all_ours=entity.ours) for one in entity.attribute) + "\n"


def _row(one: Attribute, *, all_ours: bool) -> str:
    """One attribute; what nobody collects says so in place of its call."""
    kind = " or ".join(f"`{value}`" for value in one.values) or _kind(one)
    calls = ", ".join(f"`{call}`" for call in one.fed_by) or "the account, or derived"
    if not one.collected:
        calls = f"not collected ({calls})" if one.fed_by else "not collected"
    name = f"`{one.path}`{' *ours*' if one.ours and not all_ours else ''}"
    return f"| {name} | {kind} | {'yes' if one.absent else 'no'} | {one.describe} | {calls} |\n"


def _kind(one: Attribute) -> str:
    if one.to:
        word = "references" if one.is_list else "reference"
        return f"{word} to [{one.to}]({'facts.md' if one.to == 'RootUser' else f'#{one.to.lower()}'})"
    return f"{one.kind}, {one.unit}" if one.unit else one.kind


def _short(entity: Entity) -> str:
    calls = ", ".join(f"`{call}`" for call in entity.fed_by)
    lines = "\n".join(_names(entity.attribute))
    return (
        f"### {entity.entity}\n\n{entity.summary[0].upper()}{entity.summary[1:]}. List: `{plural(entity.entity)}`. "
        f"Would be listed by {calls}.\n\n{lines}\n\n"
    )


def _names(attributes: Iterable[Attribute]) -> Iterator[str]:
    """The names of each type, wrapped."""
    ordered = sorted(attributes, key=lambda one: (one.kind, one.unit))
    for words, group in groupby(ordered, key=_kind):
        yield fill(f"- {words}: " + ", ".join(f"`{one.path}`" for one in group), 120, subsequent_indent="  ")
