"""What a change of a fact costs: how much of it a person has to do, and whether anybody can.

Fewer facts to change are always better, whether they are there or of something that is added. Of equally many: to
change what is there, then to remove, then to add. What nobody can change (a date of the past, a name) costs more than
any number of changes that can be made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.facts.fact import Unknown
from rootwarden.rules.draft import Kind
from rootwarden.rules.schema import AttributeType

if TYPE_CHECKING:
    from rootwarden.facts.fact import Fact
    from rootwarden.rules.draft import Edit, Edits, Place
    from rootwarden.rules.schema import Attribute

IMPOSSIBLE: Final = 1 << 40
CHANGE: Final = 1_000
_KINDS: Final = {Kind.SET: 0, Kind.CLEAR: 1, Kind.REMOVE: 100, Kind.ADD: 200, Kind.CREATE: 200}
_LOOKED_UP: Final = 300  # somebody has to look first
FIXED: Final = 1_000_000
# What says which resource it is, and where: another value is another resource.
_IDENTITIES: Final = frozenset(
    {"id", "Id", "Arn", "ARN", "Name", "AccountId", "AccountName", "Partition", "Exists", "RootUser", "Position"}
)
# Instants a person can move, by doing the thing again.
_RENEWED: Final = frozenset({"LastRotatedTime", "LastChangedTime"})


def price(edit: Edit) -> int:
    """The cost of one edit; a fact of something that is added counts like any other."""
    return CHANGE + _KINDS[edit.kind]


def made_with(place: Place, edits: Edits) -> Place:
    """The place of the added thing this place is in, or the place itself."""
    for length in range(1, len(place)):
        edit = edits.get(place[:length])
        if edit is not None and edit.kind in {Kind.ADD, Kind.CREATE}:
            return place[:length]
    return place


def surcharge(attribute: Attribute, fact: Fact[object] | None) -> int:
    """What it costs beside, from what the attribute is and what is known of it."""
    name = attribute.path.rpartition(".")[2]
    past = attribute.type is AttributeType.DATE and name not in _RENEWED and not attribute.future
    fixed = FIXED if past or name in _IDENTITIES else 0
    return fixed + (_LOOKED_UP if isinstance(fact, Unknown) else 0)
