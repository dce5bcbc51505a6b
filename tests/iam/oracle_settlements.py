"""Every way what is open may turn out: keys without a known value, and statements that cannot be read.

An open key is absent, or has one of a few values: those the policies write about it, with something in place of the
stars, next to them, and one nobody wrote. A key compared with a set operator may also have several.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from tests.iam.oracle_conditions import as_list, as_text, instant, parts_of
from tests.iam.oracle_patterns import VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.iam.oracle_patterns import Context

Value: TypeAlias = str | tuple[str, ...]
NOBODY: Final = "nobody wrote this"
DEFAULT: Final = re.compile(r",\s*'([^']*)'")
WORDS: Final = re.compile(r"[A-Za-z0-9_.@-]+")


class Settlements:
    """Each settled context."""

    def __init__(self, *, context: dict[str, Any], statements: list[Any], resource: str, complete: bool) -> None:
        """Collect what is open.

        Args:
            context: Keys in small letters with their values, `None` for absent, `{"$unknown": …}` for open.
            statements: What bears on the request, raw.
            resource: The resource that is asked for.
            complete: Whether a key that is not in the context is absent rather than open.
        """
        self.known = {key: settled(value) for key, value in context.items() if value is not None and not is_open(value)}
        used = conditions_by_key(statements)
        mentioned = set(used) | variables_in(statements)
        open_keys = {key for key, value in context.items() if is_open(value)} & mentioned
        if not complete:
            open_keys |= mentioned - set(context)
        self.keys = sorted(open_keys)
        self.choices = [
            candidates(used[key] + self.put_in(used[key]), key, statements, [resource, *self.texts()])
            for key in self.keys
        ]

    def texts(self) -> list[str]:
        """Every value that is known."""
        return [each for value in self.known.values() for each in ((value,) if isinstance(value, str) else value)]

    def put_in(self, uses: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Comparisons with what the variables of the values may stand for, were it written in their place."""
        return [
            (operator, VARIABLE.sub(lambda _, text=text: text, value))  # type: ignore[misc]  # mypy infers no lambda with a default
            for operator, value in uses
            for text in ("", *self.texts(), *DEFAULT.findall(value))
            if "${" in value
        ]

    def __len__(self) -> int:
        return math.prod(map(len, self.choices))

    def __iter__(self) -> Iterator[Context]:
        return self.settled(self.keys)

    def of(self, about: Any) -> Iterator[Context]:
        """Those that differ in what one element mentions; its other keys stay open, and so out of sight."""
        mentioned = set(conditions_by_key([about])) | variables_in([about])
        return self.settled([key for key in self.keys if key in mentioned])

    def settled(self, keys: list[str]) -> Iterator[Context]:
        choices = [self.choices[self.keys.index(key)] for key in keys]
        for values in itertools.product(*choices):
            yield self.known | {key: value for key, value in zip(keys, values, strict=True) if value is not None}


def is_open(value: Any) -> bool:
    return isinstance(value, dict)


def settled(value: Any) -> Value:
    return tuple(as_text(each) for each in value) if isinstance(value, list) else as_text(value)


def conditions_by_key(statements: list[Any]) -> defaultdict[str, list[tuple[str, str]]]:
    """For each key the operators and values it is compared with."""
    found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for statement in statements:
        for operator, keys in statement.get("Condition", {}).items():
            for key, values in keys.items():
                found[key.lower()] += [(operator, as_text(each)) for each in as_list(values) or [""]]
    return found


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for each in value.values():
            yield from texts_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts_in(each)
    elif isinstance(value, str):
        yield value


def variables_in(statements: list[Any]) -> set[str]:
    return {
        found.split(",")[0].strip().lower()
        for text in texts_in(statements)
        for found in VARIABLE.findall(text)
        if found not in ("*", "?", "$")
    }


def candidates(uses: list[tuple[str, str]], key: str, statements: list[Any], asked: list[str]) -> list[Value | None]:
    # A number is never a text nobody wrote, nor is a date.
    typed = all(parts_of(operator)[1].startswith(("Numeric", "Date", "Null")) for operator, _ in uses)
    single = set() if uses and typed else {NOBODY}
    fillings = {"", "x"} | {value.replace("*", "") for _, value in uses}
    for operator, value in uses:
        single |= near(parts_of(operator)[1], value, fillings)
    if key in variables_in(statements):
        single |= {word for text in asked for word in (text, *WORDS.findall(text)) if len(word) < 8}
        single |= {word for text in texts_in(statements) for word in WORDS.findall(text) if len(word) < 8}
    ordered = sorted(single)
    made: list[Value | None] = [None, *ordered]
    if any(operator.startswith("For") for operator, _ in uses):
        made += [(one,) for one in ordered]
        made += itertools.combinations(ordered, 2)
        made.append(tuple(ordered))
    return made


def near(operator: str, value: str, fillings: set[str]) -> set[str]:
    """The value and what lies just beside it, in the terms of the operator."""
    if operator.startswith("Numeric") or (operator.startswith("Date") and instant(value) is not None):
        at = instant(value)
        return set() if at is None else {str(at - 1), str(at), str(at + 1)}
    if "IpAddress" in operator:
        return {value.split("/", maxsplit=1)[0], "192.0.2.99"}
    if operator in ("Bool", "Null"):
        return {"true", "false"}
    filled = {value} | {value.replace("*", with_).replace("?", "x") for with_ in fillings}
    return filled | {each.swapcase() for each in filled if "IgnoreCase" in operator}
