"""Classes of values: those no condition of a plan tells apart, so that one ruling does for all calls of a class.

A class is what comes of the conditions. Where ranges alone tell addresses apart, an address is first replaced by the
stretch between their ends that it is in, and conditions are tested once for each stretch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rootwarden.guardrails.replaying.details import Details, keys_of
from rootwarden.guardrails.replaying.ranges import Stretches
from rootwarden.iam.context import Context
from rootwarden.iam.operators import OPERATORS, network

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

    from rootwarden.iam.condition import CompiledCondition

_ADDRESS: Final = "address"
# These keys hold an address. They and those of endpoints depend on whether it is private.
_OF_ADDRESSES: Final = frozenset({"aws:sourceip", "aws:vpcsourceip"})
_OF_ENDPOINTS: Final = _OF_ADDRESSES | {"aws:sourcevpce", "aws:sourcevpc"}
_BY_RANGES: Final = (OPERATORS["ipaddress"], OPERATORS["notipaddress"])
_NO_KEYS: Final = Context()
# So many values of each set of fields are kept with their class; of the long ones fewer.
_MOST: Final = 8192
_MOST_LONG: Final = 256
_LONG: Final = "parameters"
_LONGEST: Final = 2048


class Classes:
    """Puts the values of some fields into classes.

    Args:
        fields: Of `Details`.
        keys: The condition keys made of them that are asked for, in lower case.
        conditions: All that ask for these keys; none has variables.

    Attributes:
        fields: As given.
    """

    __slots__ = ("_conditions", "_found", "_keys", "_most", "_numbers", "_of_stretch", "_place", "_stretches", "fields")

    def __init__(
        self, fields: tuple[str, ...], keys: frozenset[str], conditions: tuple[CompiledCondition, ...]
    ) -> None:
        self.fields = fields
        self._keys = keys
        self._conditions = conditions
        self._most = _MOST_LONG if _LONG in fields else _MOST
        self._found: dict[tuple[Any, ...], int] = {}
        self._numbers: dict[tuple[object, ...], int] = {}
        self._stretches = _stretches(keys, conditions) if _ADDRESS in fields else None
        self._place = fields.index(_ADDRESS) if self._stretches is not None else 0
        self._of_stretch: dict[tuple[Any, ...], int] = {}

    def of(self, values: tuple[Any, ...]) -> int:
        """The class of some values.

        Args:
            values: Of the fields, in their order.
        """
        found = self._found.get(values)
        if found is None:
            found = self._class(values) if self._stretches is None else self._by_stretch(self._stretches, values)
            if self._most == _MOST_LONG and any(isinstance(one, bytes) and len(one) > _LONGEST for one in values):
                return found
            if len(self._found) >= self._most:
                self._found.clear()
            self._found[values] = found
        return found

    def _by_stretch(self, stretches: Stretches, values: tuple[Any, ...]) -> int:
        place = self._place
        key = (stretches.of(values[place]), *values[:place], *values[place + 1 :])
        found = self._of_stretch.get(key)
        if found is None:
            if len(self._of_stretch) >= self._most:
                self._of_stretch.clear()
            found = self._of_stretch[key] = self._class(values)
        return found

    def _class(self, values: tuple[Any, ...]) -> int:
        details = Details(**dict(zip(self.fields, values, strict=True)))
        context = Context(keys_of(details, self._keys), complete=False)
        outcomes = (condition.test(context) for condition in self._conditions)
        return self._numbers.setdefault(tuple((one.truth, one.keys) for one in outcomes), len(self._numbers))


def _stretches(keys: frozenset[str], conditions: tuple[CompiledCondition, ...]) -> Stretches | None:
    """What addresses are to be replaced by; `None` where a condition asks for more of one than its ranges."""
    asked = [one for one in conditions if one.written.key.lower() in _OF_ADDRESSES]
    if not all(one.operator in _BY_RANGES for one in asked if one.operator is not None):
        return None
    ranges: list[IPv4Network | IPv6Network] = []
    for condition in asked:
        texts = (one.resolved(_NO_KEYS) for one in condition.wanted if condition.operator is not None)
        found = (network(text) for text in texts if isinstance(text, str))
        ranges += [one for one in found if one is not None]
    return Stretches(ranges, private=bool(keys & _OF_ENDPOINTS))
