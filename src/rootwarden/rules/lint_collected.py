"""Names the language knows and nothing here collects: a rule about them is never decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.rules.diagnostic import Code, Diagnostic, Level
from rootwarden.rules.naming import join
from rootwarden.rules.syntax import And, Not, Or, Within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.rules.diagnostic import Span
    from rootwarden.rules.schema import Schema
    from rootwarden.rules.syntax import Condition, Path, Rule


def not_collected(rule: Rule, schema: Schema) -> Iterator[Diagnostic]:
    """The entity of a rule, or each property it asks for, where nothing here feeds it.

    Args:
        rule: A rule whose names may be wrong; those are left to the type check.
        schema: What is collected.
    """
    if not schema.has_entity(rule.entity):
        return
    if not schema.entity(rule.entity).collected:
        yield _note(rule.entity, rule.entity_span, f"a rule about `{rule.entity}` is always unknown")
        return
    said: set[str] = set()
    conditions = (rule.check,) if rule.where is None else (rule.where, rule.check)
    for condition in conditions:
        for path, scope in _paths(condition, ""):
            dotted = _first_not_collected(path, scope, rule, schema)
            # What is inside a list nobody collects needs no word of its own.
            if dotted and not any(f"{dotted}.".startswith(f"{one}.") for one in said):
                said.add(dotted)
                yield _note(dotted, path.span, "what depends on it is unknown in every audit")


def _paths(condition: Condition, scope: str) -> Iterator[tuple[Path, str]]:
    """Every property of a condition, with the path of the list it is asked in."""
    match condition:
        case And(conditions) | Or(conditions):
            for one in conditions:
                yield from _paths(one, scope)
        case Not(inner):
            yield from _paths(inner, scope)
        case Within(subject, inner):
            yield subject.path, scope
            below = join(scope, subject.path)
            if condition.where is not None:
                yield from _paths(condition.where, below)
            yield from _paths(inner, below)
        case _:
            yield condition.subject.path, scope


def _first_not_collected(path: Path, scope: str, rule: Rule, schema: Schema) -> str:
    """The first part of a property that nothing feeds, dotted from the entity; empty when all are fed or unknown."""
    dotted = scope
    for part in path.parts:
        dotted = f"{dotted}.{part}" if dotted else part
        attribute = schema.attribute(rule.entity, dotted)
        if attribute is None:
            return ""
        if not attribute.collected:
            return dotted
    return ""


def _note(name: str, span: Span, meaning: str) -> Diagnostic:
    return Diagnostic(
        code=Code.NOT_COLLECTED,
        level=Level.NOTE,
        message=f"nothing here collects `{name}`: {meaning}",
        span=span,
        help="`rootwarden rule schema NAME` shows what is collected; in a fixture it can be given",
    )
