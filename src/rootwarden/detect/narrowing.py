"""By which fields a pattern may tell the events of a sample set apart without being narrowed, and by which not."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import msgspec

if TYPE_CHECKING:
    from rootwarden.detect.filter_pattern import Value

FieldPath: TypeAlias = tuple[str, ...]


class Narrowing(msgspec.Struct, frozen=True, kw_only=True):
    """What is no narrowing for one sample set; everything else is.

    Attributes:
        events: What the events are, before `where $.eventName is …` in a sentence.
        left_alone: Fields that tell these events from others, or that the samples have in every value they take.
        noted: Fields whose values may be left out, if that is said: failed calls, mostly.
        exempt: Single values that may be left out though the field's others may not.
        names_noted: Event names that may be left out, if that is said; `reads_noted` adds those of reads.
        reads_noted: Calls that only read may be left out, if that is said.
        by_services: What a service does on somebody's behalf belongs to the set.
        each_name: A value is tried on every event name of the set, not only on one event of each shape.
    """

    events: str
    left_alone: tuple[FieldPath, ...] = ()
    noted: tuple[FieldPath, ...] = ()
    exempt: tuple[tuple[FieldPath, str], ...] = ()
    names_noted: frozenset[str] = frozenset()
    reads_noted: bool = False
    by_services: bool = True
    each_name: bool = True

    def leaves_alone(self, path: FieldPath) -> bool:
        """Whether a pattern may tell values of that field apart without being narrowed."""
        return any(path[: len(left)] == left for left in self.left_alone)

    def notes(self, path: FieldPath) -> bool:
        """Whether values of that field may be left out, if that is said."""
        return any(path[: len(noted)] == noted for noted in self.noted)

    def exempts(self, path: FieldPath, value: Value) -> bool:
        """Whether that one value may be left out."""
        return (path, value) in self.exempt


ROOT_USAGE = Narrowing(
    events="root events",
    # What tells root, its account, or use from service events; or what the samples have in every value it takes.
    left_alone=(
        ("userIdentity", "type"),
        ("userIdentity", "arn"),
        ("userIdentity", "principalId"),
        ("userIdentity", "accountId"),
        ("userIdentity", "invokedBy"),
        ("userIdentity", "sessionContext", "sessionIssuer"),
        ("recipientAccountId",),
        ("readOnly",),
        ("managementEvent",),
        ("eventCategory",),
        ("eventVersion",),
        ("serviceEventDetails",),
        ("additionalEventData",),
        ("responseElements",),
    ),
    # Failed calls, and AssumeRoot sessions: who uses those watches the account that starts them.
    noted=(("errorCode",), ("errorMessage",), ("userIdentity", "sessionContext", "assumedRoot")),
    # CheckMfa is recorded before every sign-in and says nothing that the sign-in does not say.
    names_noted=frozenset({"CheckMfa"}),
    reads_noted=True,
    by_services=False,
    each_name=False,
)
