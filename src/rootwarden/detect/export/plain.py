"""Patterns in plain words, for pages and the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.detect.event_pattern import Exact, Exists, Network, Numeric, Text
from rootwarden.detect.export.branches import alternatives_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.detect.event_pattern import AnythingBut, EventPattern, Matcher
    from rootwarden.detect.export.branches import Branch, Condition

_CALL = (("eventSource",), ("eventName",))


def in_words(pattern: EventPattern) -> tuple[str, ...]:
    """One line an alternative: the service, its events, and what else must hold."""
    return tuple(_line(branch) for branch in alternatives_of(pattern))


def _line(branch: Branch) -> str:
    source, name = branch.condition("eventSource"), branch.condition("eventName")
    called = f"{_listed(source)}: {_listed(name)}"
    others = [_words(one) for one in branch.conditions if one.path not in _CALL]
    return f"{called}, where {' and '.join(others)}" if others else called


def _listed(condition: Condition | None) -> str:
    values = condition.alternatives if condition else ()
    return ", ".join(str(one.value).removesuffix(".amazonaws.com") for one in values if isinstance(one, Exact)) or "any"


def _words(condition: Condition) -> str:
    return f"`{'.'.join(condition.path)}` {' or '.join(_grouped(condition.alternatives))}"


def _grouped(alternatives: tuple[Matcher, ...]) -> Iterator[str]:
    """The alternatives: values that must be equal together, texts with stars together, each other one by itself."""
    equal = [f"`{_shown(one)}`" for one in alternatives if isinstance(one, Exact)]
    if equal:
        yield f"is {_either(equal)}"
    for ignored in (False, True):
        texts = [one for one in alternatives if isinstance(one, Text) and one.ignore_case is ignored]
        if texts:
            case = " in any letter case" if ignored else ""
            yield f"is {_either(['`' + '*'.join(one.wildcard.parts) + '`' for one in texts])}{case}"
    for one in alternatives:
        if not isinstance(one, (Exact, Text)):
            yield _other(one)


def _either(words: list[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def _other(one: AnythingBut | Numeric | Network | Exists) -> str:
    if isinstance(one, Exists):
        return "is there" if one.wanted else "is missing"
    if isinstance(one, Network):
        return f"is in `{one.network}`"
    if isinstance(one, Numeric):
        return "is " + " and ".join(f"{operator} {limit:g}" for operator, limit in one.comparisons)
    return "is there, and not one that " + " or ".join(_grouped(one.alternatives))


def _shown(one: Exact) -> str:
    return str(one.value).lower() if isinstance(one.value, bool) else str(one.value)
