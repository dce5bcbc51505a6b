"""The same resource with facts found out, or hidden: what laws about learning and about witnesses compare."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from tests.rules.typed_rules import TypedRules

    from rootwarden.rules.schema import Attribute

HIDDEN = {"$unknown": "hidden"}


def learned(
    facts: TypedRules, fixture: str, *, but: Collection[str] = (), chance: float = 0.6, whole: bool = False
) -> str:
    """Unknown facts found out by chance: a value, or that there is none; never those named in `but`."""

    kept = with_protocols(but)

    def change(value: Any, attribute: Attribute, name: str, *, element: bool) -> Any:
        if not is_unknown(value) or concerns(name, kept, whole=whole) or facts.random.random() >= chance:
            return value
        if element:
            return facts.known_element(attribute)
        return facts.random.choice((None, facts.value(attribute)))

    return _changed(facts, fixture, change)


def with_protocols(names: Collection[str]) -> set[str]:
    """The names, and the protocol of each network rule whose ports are among them: it decides what they are."""
    ports = (one.rpartition(".") for one in names)
    return {*names, *(f"{holder}.Protocol" for holder, _, last in ports if last in {"FromPort", "ToPort"})}


def hidden(facts: TypedRules, fixture: str, *, but: Collection[str], whole: bool = False) -> str:
    """Every known fact made unknown, never those named in `but`; how many elements there are stays known."""
    kept = with_protocols(but)

    def change(value: Any, attribute: Attribute, name: str, *, element: bool) -> Any:
        holds_records = bool(facts.children(attribute.path)) and isinstance(value, dict | list)
        return value if element or holds_records or concerns(name, kept, whole=whole) else HIDDEN

    return _changed(facts, fixture, change)


def is_unknown(value: object) -> bool:
    return isinstance(value, dict) and "$unknown" in value


def concerns(name: str, names: Collection[str], *, whole: bool = False) -> bool:
    """Whether one of the names is this fact, something below it, or the list it is an element of.

    With `whole` also what the fact is a part of: what is asked by meaning names a whole policy.
    """
    if whole and any(name.startswith((f"{one}.", f"{one}[")) for one in names):
        return True
    listed = name.rpartition("[")[0] if name.endswith("]") else name
    return any(one in {name, listed} or one.startswith((f"{name}.", f"{name}[")) for one in names)


def _changed(facts: TypedRules, fixture: str, change: Callable[..., Any]) -> str:
    def record(given: Mapping[str, Any], place: str, shown: str) -> dict[str, Any]:
        children = facts.children(place)
        names = (name for name in children if children[name].path in facts.used)
        return {
            name: value(given.get(name), children[name], f"{shown}.{name}" if shown else name, element=False)
            for name in names
        }

    def value(given: Any, attribute: Attribute, name: str, *, element: bool) -> Any:
        made = change(given, attribute, name, element=element)
        if made is not given or is_unknown(given):
            return made
        if isinstance(given, dict):
            return record(given, attribute.path, name)
        if isinstance(given, list):
            return [value(one, attribute, f"{name}[{index}]", element=True) for index, one in enumerate(given)]
        return given

    (resource,) = json.loads(fixture)[facts.entity]
    return json.dumps({facts.entity: [record(resource, "", "")]})
