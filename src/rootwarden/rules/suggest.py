"""What was probably meant: names legal at a place, other letter case, the right name in another place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.rules import corrections
from rootwarden.rules.schema import Attribute, plural
from rootwarden.rules.words import closest

if TYPE_CHECKING:
    from rootwarden.rules.schema import Schema


class Suggestion(msgspec.Struct, frozen=True):
    """What to do about a name that is wrong.

    Attributes:
        help: In words.
        instead: What to write in its place, or empty.
        elsewhere: The attributes of the entity that have this name in another place.
    """

    help: str
    instead: str = ""
    elsewhere: tuple[Attribute, ...] = ()


def entity_named(schema: Schema, name: str) -> Suggestion:
    """Help for an entity the schema does not have."""
    names = list(schema.names)
    singular = next((one for one in names if plural(one) == name), "")
    meant = singular or closest(name, names)
    return Suggestion(f"did you mean `{meant}`?" if meant else f"known entities: {_listed(names)}", meant)


def attribute_named(schema: Schema, entity: str, scope: str, name: str) -> Suggestion:
    """Help for an attribute that is not at this place: elsewhere under this very name, near in spelling, or a list."""
    entity, scope = schema.place(entity, scope) or (entity, scope)
    legal = list(schema.children(entity, scope))
    meant = _sibling(name, legal) or closest(name, legal)
    if meant and meant.lower() == name.lower():
        return Suggestion(f"names are case-sensitive: write `{meant}`", meant)
    if meant and _sibling(name, legal):
        return Suggestion(f"did you mean `{meant}`?", meant)
    elsewhere = schema.named(entity, name)
    if elsewhere:
        what = "an attribute" if len(elsewhere) == 1 else "attributes"
        return Suggestion(f"`{entity}` has {what} of this name elsewhere:", elsewhere=elsewhere)
    if meant:
        return Suggestion(f"did you mean `{meant}`?", meant)
    return Suggestion(f"here one can ask for: {_listed(legal)}")


def entity_help(schema: Schema, name: str) -> str:
    """The help in words alone."""
    return entity_named(schema, name).help


def attribute_help(schema: Schema, entity: str, scope: str, name: str) -> str:
    """The help in words alone, the other places one a line."""
    found = attribute_named(schema, entity, scope, name)
    return "\n".join((found.help, *(f"  {reach(schema, entity, one)}" for one in found.elsewhere)))


def _sibling(name: str, legal: list[str]) -> str:
    """The one of many or the many of one: `Statement` and `Statements`, `IAMPolicy` and `IAMPolicies`."""
    return next((one for one in legal if one != name and (one == plural(name) or plural(one) == name)), "")


def reach(schema: Schema, entity: str, attribute: Attribute) -> str:
    """How a rule gets to an attribute from the entity: `AccessKey with [ Active … ]`."""
    text, closing = corrections.way(schema, entity, attribute.path)
    return f"{text} …{closing}" if closing else text


def _listed(names: list[str], limit: int = 12) -> str:
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(f"`{name}`" for name in names[:limit]) + more
