"""The cases of what is not known: a request is decided in each, so that what comes of all of them is sure.

Two statements that ask for one key nobody knows are not open independently of each other: where one test holds, its
opposite does not. A key is not there, or it is there and each different test of it holds or does not. That these are
more cases than values can bring about makes less sure, and nothing wrong.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from rootwarden.iam.context import MISSING, NotKnown, Supposed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rootwarden.iam.context import Context, Held
    from rootwarden.iam.statement import CompiledStatement, Request

# Beyond so many cases of one request, keys are left open.
MOST_CASES: Final = 32


def cases_of(request: Request, statements: Iterable[CompiledStatement]) -> Iterator[Mapping[str, Held]]:
    """What the keys may hold that several statements ask for and nobody knows.

    Args:
        request: What is asked.
        statements: Every statement that may have a say.

    Returns:
        Keys in lower case as they are in each case; no case where there is nothing to tell apart.
    """
    undecided = {one.written: one for one in statements if one.match(request).truth is None}
    asked: dict[str, dict[object, None]] = {}
    asking: dict[str, int] = {}
    for statement in undecided.values():
        found = dict(_tests(statement, request.context))
        for key, tests in found.items():
            asked.setdefault(key, {}).update(tests)
            asking[key] = asking.get(key, 0) + 1
    shared = sorted((len(tests), key) for key, tests in asked.items() if asking[key] > 1)
    ways, count = [], 1
    for different, key in shared:
        count *= 1 + (1 << different)
        if count > MOST_CASES:
            break
        ways.append([(key, each) for each in _settled(tuple(asked[key]))])
    if ways:
        yield from map(dict, itertools.product(*ways))


def _tests(statement: CompiledStatement, context: Context) -> Iterator[tuple[str, dict[object, None]]]:
    """The tests of a statement of keys that nobody knows, by key."""
    by_key: dict[str, dict[object, None]] = {}
    for condition in statement.conditions:
        key = condition.written.key.lower()
        # Of a key of which something is known, that counts.
        if type(context.held(key)) is NotKnown:
            question, _ = condition.question
            by_key.setdefault(key, {}).update({} if question is None else {question: None})
    yield from by_key.items()


def _settled(tests: tuple[object, ...]) -> Iterator[Held]:
    yield MISSING
    for answers in itertools.product((True, False), repeat=len(tests)):
        yield Supposed(answers=dict(zip(tests, answers, strict=True)))
