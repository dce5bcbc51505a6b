"""Facts as text, for witnesses and reasons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rootwarden.facts.fact import Absent, Known
from rootwarden.rules import instants
from rootwarden.rules.schema import AttributeType

if TYPE_CHECKING:
    from rootwarden.facts.fact import Fact
    from rootwarden.rules.schema import Attribute


def fact_text(fact: Fact[object], attribute: Attribute) -> str:
    """A fact in a few words: `true`, `2026-03-01T00:00:00Z`, `never`, `2 elements`, `absent`, `unknown`."""
    if isinstance(fact, Known):
        return value_text(fact.value, attribute)
    return "absent" if isinstance(fact, Absent) else "unknown"


def value_text(value: object, attribute: Attribute) -> str:
    """A known value in a few words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        if attribute.type is not AttributeType.DATE:
            return str(value)
        return instants.iso(value) if value else "never"
    if isinstance(value, tuple | list):
        return _elements(len(value))
    return "present" if isinstance(value, Mapping) else str(value)


def _elements(count: int) -> str:
    if count == 0:
        return "empty"
    return "1 element" if count == 1 else f"{count} elements"
