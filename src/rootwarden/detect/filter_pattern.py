"""CloudWatch Logs filter patterns: what they mean, and what they say of one event.

Follows *Filter pattern syntax for metric filters* of the CloudWatch Logs user guide: JSON patterns in braces, and
unstructured patterns of terms. Where AWS does not say what happens (`!=` on a field that is not there, a text compared
with a boolean, a term found inside a longer word), the answer is undecided rather than guessed.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

import msgspec
import re2

from rootwarden.detect.errors import PatternError
from rootwarden.detect.truth import all_of, any_of, negate
from rootwarden.detect.wildcard import Wildcard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.detect.truth import Truth

Value: TypeAlias = dict[str, "Value"] | list["Value"] | str | int | float | bool | None
Event: TypeAlias = dict[str, Value]


class Regex(msgspec.Struct, frozen=True):
    """A regular expression between percent signs; it may match anywhere in the text. RE2: linear, no look-around."""

    source: str

    def found_in(self, text: str) -> bool:
        """Raises `PatternError` when RE2 cannot read the expression."""
        return _compiled(self.source).search(text) is not None


class Selector(msgspec.Struct, frozen=True):
    """A path into the event: property names, positions, and `None` for a star (any of them)."""

    steps: tuple[str | int | None, ...]

    def values(self, event: Event) -> list[Value]:
        """What the path leads to: nothing, one value, or several when it has a star."""
        found: list[Value] = [event]
        for step in self.steps:
            found = [child for value in found for child in _children(value, step)]
        return found


class Comparison(msgspec.Struct, frozen=True):
    """`SELECTOR OPERATOR OPERAND`; the operand is a text with stars, a number, or a regular expression."""

    selector: Selector
    operator: str
    operand: Wildcard | Regex | float
    spelled: str

    def says(self, event: Event) -> Truth:
        """What the comparison makes of the event."""
        values = self.selector.values(event)
        if not values:
            return None if self.operator == "!=" else False
        return any_of(self._compare(value) for value in values)

    def _compare(self, value: Value) -> Truth:
        if self.operator == "!=":
            equal = self._equal(value)
            return negate(equal) if self._comparable(value) else None
        if self.operator == "=":
            return self._equal(value)
        return self._ordered(value)

    def _comparable(self, value: Value) -> bool:
        if isinstance(value, str):
            return True
        return isinstance(self.operand, float) and _is_number(value)

    def _equal(self, value: Value) -> Truth:
        if isinstance(value, str):
            if isinstance(self.operand, float):
                return True if value == self.spelled else None if _number(value) == self.operand else False
            return self.operand.found_in(value) if isinstance(self.operand, Regex) else self.operand.matches(value)
        if _is_number(value) and isinstance(self.operand, float):
            return value == self.operand
        if isinstance(value, (bool, int, float)):
            # AWS compares texts with texts; whether `= "true"` sees a boolean is not documented.
            return None if self.spelled == msgspec.json.encode(value).decode() else False
        return False

    def _ordered(self, value: Value) -> Truth:
        if isinstance(value, str):
            return False if _number(value) is None else None
        if not _is_number(value) or not isinstance(value, (int, float)) or not isinstance(self.operand, float):
            return False
        outcomes = {
            "<": value < self.operand,
            "<=": value <= self.operand,
            ">": value > self.operand,
            ">=": value >= self.operand,
        }
        return outcomes[self.operator]


class Presence(msgspec.Struct, frozen=True):
    """`EXISTS`, `NOT EXISTS`, `IS NULL`, `IS TRUE`, `IS FALSE`."""

    selector: Selector
    test: str

    def says(self, event: Event) -> Truth:
        """What the test makes of the event; null exists."""
        values = self.selector.values(event)
        if self.test == "EXISTS":
            return bool(values)
        if self.test == "NOT EXISTS":
            return not values
        wanted: Value = {"IS NULL": None, "IS TRUE": True, "IS FALSE": False}[self.test]
        return any(value is wanted for value in values)


class Both(msgspec.Struct, frozen=True):
    """Several conditions joined by `&&`."""

    conditions: tuple[Condition, ...]

    def says(self, event: Event) -> Truth:
        """All of them."""
        return all_of(condition.says(event) for condition in self.conditions)


class Either(msgspec.Struct, frozen=True):
    """Several conditions joined by `||`."""

    conditions: tuple[Condition, ...]

    def says(self, event: Event) -> Truth:
        """At least one of them."""
        return any_of(condition.says(event) for condition in self.conditions)


Condition: TypeAlias = Comparison | Presence | Both | Either


class Term(msgspec.Struct, frozen=True):
    """A word, phrase or regular expression that must (not) stand in the text of the event."""

    sought: str | Regex

    def says(self, text: str) -> Truth:
        """True as a word of its own, undecided inside a longer word, else false."""
        if isinstance(self.sought, Regex):
            return self.sought.found_in(text)
        found: Truth = False
        for start in _occurrences(text, self.sought):
            before, after = text[start - 1 : start], text[start + len(self.sought) : start + len(self.sought) + 1]
            if not (before.isalnum() or after.isalnum()):
                return True
            found = None
        return found


class FilterPattern(msgspec.Struct, frozen=True):
    """A pattern that was read; made by `filter_parser.read_filter_pattern`.

    Attributes:
        condition: Of a JSON pattern; `None` for a pattern of terms.
        required: Terms that must stand in the text; with no terms at all every event matches.
        optional: Terms written `?term`: one of them is enough. AWS ignores them beside other terms.
        excluded: Terms written `-term`.
    """

    condition: Condition | None = None
    required: tuple[Term, ...] = ()
    optional: tuple[Term, ...] = ()
    excluded: tuple[Term, ...] = ()

    def matches(self, event: Event, text: str) -> Truth:
        """Run the pattern on one event.

        Args:
            event: The CloudTrail record.
            text: The same record as the line of compact JSON that CloudTrail delivers, for patterns of terms.

        Raises:
            PatternError: A regular expression cannot be read.
        """
        if self.condition is not None:
            return self.condition.says(event)
        kept = all_of(term.says(text) for term in self.required)
        clean = all_of(negate(term.says(text)) for term in self.excluded)
        if self.required or self.excluded or not self.optional:
            return all_of((kept, clean))
        return any_of(term.says(text) for term in self.optional)


def _children(value: Value, step: str | int | None) -> Iterator[Value]:
    if step is None:
        if isinstance(value, dict):
            yield from value.values()
        elif isinstance(value, list):
            yield from value
    elif isinstance(step, str):
        if isinstance(value, dict) and step in value:
            yield value[step]
    elif isinstance(value, list) and step < len(value):
        yield value[step]


def _is_number(value: Value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _occurrences(text: str, sought: str) -> Iterator[int]:
    start = text.find(sought)
    while start >= 0:
        yield start
        start = text.find(sought, start + 1)


class _Searcher:
    """A compiled expression, with a type."""

    def __init__(self, source: str) -> None:
        options = re2.Options()
        options.log_errors = False
        options.max_mem = 1 << 20
        try:
            self._expression = re2.compile(source, options=options)
        except re2.error as error:
            raise PatternError(
                f"the regular expression `%{source}%` cannot be read",
                hint="CloudWatch Logs knows characters, classes, `^ $ ? * + . |` and braces; no groups, no look-around",
            ) from error

    def search(self, text: str) -> object | None:
        found: object | None = self._expression.search(text)
        return found


@lru_cache(maxsize=1024)
def _compiled(source: str) -> _Searcher:
    return _Searcher(source)
