"""Tests by meaning: what a filter pattern catches, what the statements of a policy allow and deny."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.facts.fact import Unknown
from rootwarden.rules.logic import Observation

if TYPE_CHECKING:
    from rootwarden.rules.leaves import Take
    from rootwarden.rules.logic import Judgement, Node, Reading, Record
    from rootwarden.rules.schema import Schema
    from rootwarden.rules.syntax import Verb

_UNDECIDED = Unknown("not decided yet")


def catching(reading: Reading, take: Take, sets: tuple[str, ...], schema: Schema) -> Node:  # noqa: ARG001
    """Whether a filter pattern catches every one of the sample sets."""
    return _undecided(reading)


def granting(reading: Reading, *, verb: Verb, action: str, resource: str, for_root: bool) -> Node:  # noqa: ARG001
    """Whether the statements of a policy allow, or deny, an action on a resource."""
    return _undecided(reading)


def _undecided(reading: Reading) -> Node:
    def node(record: Record, place: str, now: float) -> Judgement:  # noqa: ARG001 - every node takes them
        return None, (Observation(place, reading, _UNDECIDED),)

    return node
