"""A pattern as a list of alternatives, each a list of conditions: what every language can write."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.detect.event_pattern import AnythingBut, Exact, Exists, Field, Matcher, Text
from rootwarden.detect.visits.shape import SIGN_IN_SOURCE
from rootwarden.detect.wildcard import Wildcard
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rootwarden.detect.event_pattern import EventPattern, Fields
    from rootwarden.detect.visits.detection import Detection

MOST_BRANCHES: Final = 1000
_NO_FAILURE: Final = (AnythingBut((Text(Wildcard(("failure",)), ignore_case=True),)), Exists(wanted=False))


class Condition(msgspec.Struct, frozen=True):
    """A field of the record and its alternatives, one of which must fit."""

    path: tuple[str, ...]
    alternatives: tuple[Matcher, ...]


class Branch(msgspec.Struct, frozen=True):
    """Conditions that must all hold."""

    conditions: tuple[Condition, ...]

    def condition(self, *path: str) -> Condition | None:
        """The condition on a field, if there is one."""
        return next((one for one in self.conditions if one.path == path), None)


def branches_of(detection: Detection) -> tuple[Branch, ...]:
    """The alternatives of a detection's pattern, with what a failure of the sign-in page is excluded by.

    Raises:
        UsageError: The user has to declare something first, or there are too many alternatives.
    """
    if detection.undeclared:
        names = ", ".join(f"`{name}`" for name in detection.undeclared)
        raise UsageError(
            f"the detection `{detection.id}` means nothing before {names} is declared",
            hint=f"give the values with `--declare {detection.undeclared[0]}=VALUE`",
        )
    found = alternatives_of(detection.pattern)
    if len(found) > MOST_BRANCHES:
        raise UsageError(f"the pattern of `{detection.id}` has more than {MOST_BRANCHES} alternatives")
    return found if detection.failed else tuple(_that_succeed(branch) for branch in found)


def alternatives_of(pattern: EventPattern) -> tuple[Branch, ...]:
    """The alternatives of a pattern, side by side."""
    return tuple(Branch(conditions) for conditions in _alternatives(pattern.fields, ()))


def fitting(branch: Branch, fits: Callable[[Branch], bool]) -> Iterator[Branch]:
    """The branch in parts that fit somewhere, halving its longest list of alternatives as often as needed.

    Raises:
        UsageError: One alternative alone is too long.
    """
    if fits(branch):
        yield branch
        return
    longest = max(branch.conditions, key=lambda one: len(one.alternatives))
    middle = len(longest.alternatives) // 2
    if not middle:
        raise UsageError("one alternative of the pattern alone is longer than AWS allows")
    for half in (longest.alternatives[:middle], longest.alternatives[middle:]):
        smaller = Condition(longest.path, half)
        parts = tuple(smaller if one is longest else one for one in branch.conditions)
        yield from fitting(Branch(parts), fits)


def packed(branches: tuple[Branch, ...], fits: Callable[[tuple[Branch, ...]], bool]) -> Iterator[tuple[Branch, ...]]:
    """The branches in as few groups as go together, in order."""
    group: tuple[Branch, ...] = ()
    for branch in (part for whole in branches for part in fitting(whole, lambda one: fits((one,)))):
        if group and not fits((*group, branch)):
            yield group
            group = ()
        group = (*group, branch)
    if group:
        yield group


def _alternatives(fields: Fields, path: tuple[str, ...]) -> Iterator[tuple[Condition, ...]]:
    parts: list[list[tuple[Condition, ...]]] = []
    for name, part in fields.fields:
        here = (*path, name)
        if isinstance(part, Field):
            parts.append([(Condition(here, part.alternatives),)])
        else:
            parts.append(list(_alternatives(part, here)))
    if fields.branches:
        parts.append([found for branch in fields.branches for found in _alternatives(branch, path)])
    for chosen in product(*parts):
        yield tuple(condition for conditions in chosen for condition in conditions)


def _that_succeed(branch: Branch) -> Branch:
    """The branch without failed events of the sign-in page: those say so in a message and their answer."""
    sources, names = branch.condition("eventSource"), branch.condition("eventName")
    if sources is None or names is None or Exact(SIGN_IN_SOURCE) not in sources.alternatives:
        return branch
    answers = [("responseElements", str(one.value)) for one in names.alternatives if isinstance(one, Exact)]
    added = tuple(Condition(path, _NO_FAILURE) for path in answers if branch.condition(*path) is None)
    return Branch((*branch.conditions, Condition(("errorMessage",), (Exists(wanted=False),)), *added))
