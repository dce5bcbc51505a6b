"""What was left untried of the choices somebody has, told as notes: where policies name more than is tried.

`asking` tries the resources and the values that policies name, so many of each at most, and `walk` so many resources
with one role. Whoever is left without a proven way is told of when theirs are more.
"""

from __future__ import annotations

from collections import defaultdict
from math import prod
from typing import TYPE_CHECKING

from rootwarden.iam.admins.asking import MOST_CHOICES, MOST_OPTIONS, MOST_SETTLEMENTS
from rootwarden.iam.admins.chosen import is_chosen
from rootwarden.iam.admins.walk import MOST_RESOURCES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.iam.admins.holders import Holder
    from rootwarden.iam.admins.landscape import Landscape
    from rootwarden.iam.admins.powers import Powers
    from rootwarden.iam.statement import CompiledStatement

_RESOURCES = f"of the resources that policies name for one action only the first {MOST_CHOICES} were tried"
_VALUES = (
    f"of the values that policies name for keys the caller sets only {MOST_OPTIONS} of each key, and {MOST_SETTLEMENTS}"
    " together, were tried"
)
_EXISTING = f"of the resources with one role only the first {MOST_RESOURCES} of a kind were tried"


def cuts(land: Landscape, unproven: Iterable[Holder], actions: Iterable[str]) -> Iterator[str]:
    """In words, with how many principals it is about.

    Args:
        land: Who there is.
        unproven: Those without a proven way up.
        actions: The actions of the catalogue.
    """
    listed = tuple(dict.fromkeys(one.lower() for one in actions))
    known: dict[int, tuple[str, ...]] = {}
    counts: dict[str, int] = defaultdict(int)
    for holder in unproven:
        powers = holder.powers
        if id(powers) not in known:
            known[id(powers)] = tuple(_of(powers, listed))
        for what in known[id(powers)]:
            counts[what] += 1
    for what, number in counts.items():
        yield f"{what}, for {number:,} principal{'' if number == 1 else 's'} without a proven way up"
    if any(land.most_resources(kind) > MOST_RESOURCES for kind in land.inventory):
        yield _EXISTING


def _of(powers: Powers, actions: Iterable[str]) -> Iterator[str]:
    """What is left untried of somebody's choices; most policies are too short for that, which is seen at once."""
    statements = [one for level in powers.levels for sheet in level.sheets for one in sheet.statements]
    many_resources = sum(len(one.resources or ()) for one in statements) > MOST_CHOICES
    many_values = _too_many(statements)
    if not many_resources and not many_values:
        return
    asked = [tuple(powers.mentions(one)) for one in actions if powers.could(one)]
    if many_resources and any(_named(each) > MOST_CHOICES for each in asked):
        yield _RESOURCES
    if many_values and any(map(_too_many, asked)):
        yield _VALUES


def _named(statements: Iterable[CompiledStatement]) -> int:
    return sum(one.text != "*" for statement in statements for one in statement.resources or ())


def _too_many(statements: Iterable[CompiledStatement]) -> bool:
    """Whether the values compared with keys the caller sets are more than are tried."""
    values: dict[str, set[str]] = defaultdict(set)
    for statement in statements:
        for condition in statement.conditions:
            if is_chosen(condition.written.key):
                values[condition.written.key.lower()].update(one.text for one in condition.wanted)
    # Beside those named, another one and none are tried.
    options = [len(each) + 2 for each in values.values()]
    return any(one > MOST_OPTIONS for one in options) or prod(options) > MOST_SETTLEMENTS
