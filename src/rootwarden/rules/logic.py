"""Three truth values, each with the facts it rests on.

True, false, and `None` for unknown: Kleene's strong logic. A decided value never rests on an unknown fact, so learning
an unknown fact never changes it; an unknown value rests on exactly the unknown facts that keep it from being decided.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from rootwarden.facts.fact import Absent, Fact, Known, Unknown, Why
from rootwarden.rules.schema import Attribute

if TYPE_CHECKING:
    from collections.abc import Sequence

Record: TypeAlias = Mapping[str, Fact[object]]
Truth: TypeAlias = bool | None


class Reading(msgspec.Struct, frozen=True, gc=False, eq=False):
    """How one property is read from a record.

    Attributes:
        name: Dotted, as seen from the record: `Password.LastUsedTime`.
        attribute: What the schema says of it.
        read: Gives its fact; never raises.
    """

    name: str
    attribute: Attribute
    read: Callable[[Record], Fact[object]]


class Observation(msgspec.Struct, frozen=True, gc=False, eq=False):
    """One fact that was looked at.

    Attributes:
        place: Where the record is: empty for the resource, `AccessKey[0].` for an element.
        reading: Which property.
        fact: What was found.
        context: True for a list or record that was only gone through: its note and source count, its value does not.
    """

    place: str
    reading: Reading
    fact: Fact[object]
    context: bool = False


Judgement: TypeAlias = tuple[Truth, tuple[Observation, ...]]
# A compiled condition: the record, where the record is, the as-of instant in epoch seconds.
Node: TypeAlias = Callable[[Record, str, float], Judgement]


def combine(judgements: Sequence[Judgement], decisive: bool) -> Judgement:
    """Join judgements where one that is `decisive` settles it: true for *or*, false for *and*.

    The result rests on every part that settles it; undecided, on every part that is unknown; otherwise on all.
    """
    wanted: Truth = not decisive
    for truth, _ in judgements:
        if truth is decisive:
            wanted = decisive
            break
        if truth is None:
            wanted = None
    return wanted, tuple(seen for truth, rests_on in judgements if truth is wanted for seen in rests_on)


def conjunction(nodes: Sequence[Node]) -> Node:
    """All of the nodes."""

    def every(record: Record, place: str, now: float) -> Judgement:
        return combine([node(record, place, now) for node in nodes], decisive=False)

    return every


def disjunction(nodes: Sequence[Node]) -> Node:
    """At least one of the nodes; of no nodes at all, false."""

    def some(record: Record, place: str, now: float) -> Judgement:
        return combine([node(record, place, now) for node in nodes], decisive=True)

    return some


def negation(node: Node) -> Node:
    """The opposite, resting on the same facts."""

    def opposite(record: Record, place: str, now: float) -> Judgement:
        truth, seen = node(record, place, now)
        return (None if truth is None else not truth), seen

    return opposite


def exists(reading: Reading, inner: Node) -> Node:
    """At least one element of a list (or the record itself) satisfies `inner`; none of an absent one does."""

    def some(record: Record, place: str, now: float) -> Judgement:
        fact = reading.read(record)
        if not isinstance(fact, Known):
            truth = False if isinstance(fact, Absent) else None
            return truth, (Observation(place, reading, fact),)
        value = fact.value
        if isinstance(value, Mapping):
            truth, seen = inner(value, f"{place}{reading.name}.", now)
            return truth, (*seen, Observation(place, reading, fact, context=True))
        if not isinstance(value, tuple | list):
            return None, (Observation(place, reading, malformed(reading)),)
        judged = [
            ask(one, element_place(place, reading, index, one), reading, inner, now) for index, one in enumerate(value)
        ]
        truth, seen = combine(judged, decisive=True)
        return truth, (*seen, Observation(place, reading, fact, context=truth is not False))

    return some


def elements(reading: Reading, fact: Fact[object], place: str) -> list[tuple[object, str]] | Unknown:
    """The elements of a list (of a record: itself) with their places, or why there is no telling."""
    if not isinstance(fact, Known):
        return [] if isinstance(fact, Absent) else fact
    value = fact.value
    if isinstance(value, Mapping):
        return [(value, f"{place}{reading.name}")]
    if not isinstance(value, tuple | list):
        return malformed(reading)
    return [(one, element_place(place, reading, index, one)) for index, one in enumerate(value)]


def element_place(place: str, reading: Reading, index: int, element: object) -> str:
    """Where an element is: by its name where its record has one (`Accounts[111122223333]`), else by its number.

    A record of a resource may have a `label`; elements that are part of a resource have none.
    """
    return f"{place}{reading.name}[{getattr(element, 'label', index)}]"


def ask(element: object, where: str, reading: Reading, inner: Node, now: float) -> Judgement:
    """What `inner` says of one element of a list; an element nobody could read is unknown as a whole."""
    if isinstance(element, Known):
        element = element.value
    if isinstance(element, Mapping):
        return inner(element, f"{where}.", now)
    if isinstance(element, Absent):
        return False, (Observation(where, _element_itself(reading), element),)
    fact = element if isinstance(element, Unknown) else malformed(reading)
    return None, (Observation(where, _element_itself(reading), fact),)


def _element_itself(reading: Reading) -> Reading:
    """Named by its place alone: `AccessKey[0]`."""
    return msgspec.structs.replace(reading, name="")


def malformed(reading: Reading) -> Unknown:
    """A value of the wrong type is no value."""
    return Unknown(f"what was read is not a {reading.attribute.type}", Why.MALFORMED)


def noted(fact: Fact[object], words: str) -> Fact[object]:
    """The fact with something more to say of it."""
    if not words:
        return fact
    return msgspec.structs.replace(fact, note=f"{fact.note}; {words}" if fact.note else words)
