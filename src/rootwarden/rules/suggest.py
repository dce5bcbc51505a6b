"""What was probably meant: names legal at a place, other letter case, the right name in another place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.rules.schema import plural
from rootwarden.rules.words import closest

if TYPE_CHECKING:
    from rootwarden.rules.schema import Attribute, Schema


def entity_help(schema: Schema, name: str) -> str:
    """Help for an entity the schema does not have."""
    names = list(schema.names)
    singular = next((one for one in names if plural(one) == name), "")
    meant = singular or closest(name, names)
    return f"did you mean `{meant}`?" if meant else f"known entities: {_listed(names)}"


def attribute_help(schema: Schema, entity: str, scope: str, name: str) -> str:
    """Help for an attribute that is not at this place: elsewhere under this very name, near in spelling, or a list."""
    entity, scope = schema.place(entity, scope) or (entity, scope)
    legal = list(schema.children(entity, scope))
    meant = _sibling(name, legal) or closest(name, legal)
    if meant and meant.lower() == name.lower():
        return f"names are case-sensitive: write `{meant}`"
    if meant and _sibling(name, legal):
        return f"did you mean `{meant}`?"
    elsewhere = [reach(schema, entity, one) for one in schema.named(entity, name)]
    if elsewhere:
        lines = "\n".join(f"  {one}" for one in elsewhere)
        what = "an attribute" if len(elsewhere) == 1 else "attributes"
        return f"`{entity}` has {what} of this name elsewhere:\n{lines}"
    if meant:
        return f"did you mean `{meant}`?"
    return f"here one can ask for: {_listed(legal)}"


def _sibling(name: str, legal: list[str]) -> str:
    """The one of many or the many of one: `Statement` and `Statements`, `IAMPolicy` and `IAMPolicies`."""
    return next((one for one in legal if one != name and (one == plural(name) or plural(one) == name)), "")


def reach(schema: Schema, entity: str, attribute: Attribute) -> str:
    """How a rule gets to an attribute from the entity: `AccessKey with [ Active … ]`."""
    text, walked, closing = "", "", ""
    joint = ""
    for part in attribute.path.split("."):
        walked = f"{walked}.{part}" if walked else part
        text += joint + part
        here = schema.attribute(entity, walked)
        is_list = here is not None and here.is_list and walked != attribute.path
        joint = " with [ " if is_list else " . "
        closing += " ]" if is_list else ""
    return f"{text} …{closing}" if closing else text


def _listed(names: list[str], limit: int = 12) -> str:
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(f"`{name}`" for name in names[:limit]) + more
