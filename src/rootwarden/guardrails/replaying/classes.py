"""Classes of values: those no condition of a plan tells apart, so that one ruling does for all calls of a class.

A class is what comes of the conditions. Where ranges alone tell addresses apart, an address is first replaced by the
stretch between their ends that it is in, and conditions are tested once for each stretch; so are times, where they are
compared with instants.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rootwarden.guardrails.replaying.details import Details, keys_of
from rootwarden.guardrails.replaying.moments import Moments
from rootwarden.guardrails.replaying.ranges import BYTES, NO_ADDRESS, Stretches, is_half
from rootwarden.iam.context import Context
from rootwarden.iam.operators import OPERATORS, instant, network

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

    from rootwarden.iam.condition import CompiledCondition

OF_ADDRESSES: Final = ("address", "endpoint", "via")
# These keys hold an address. They and those of endpoints depend on whether it is private.
_ADDRESSES: Final = frozenset({"aws:sourceip", "aws:vpcsourceip"})
_ENDPOINTS: Final = _ADDRESSES | {"aws:sourcevpce", "aws:sourcevpc"}
_BY_RANGES: Final = (OPERATORS["ipaddress"], OPERATORS["notipaddress"])
_TIMES: Final = ("started", "time")
_BY_INSTANTS: Final = tuple(operator for name, operator in OPERATORS.items() if name.startswith("date"))
_NO_KEYS: Final = Context()
# So many values of each set of fields are kept with their class; of the long ones fewer.
_MOST: Final = 8192
# Addresses that are kept, and how many have to be looked for in vain until others are.
_MOST_ADDRESSES: Final = 1024
_AGAIN: Final = 8192
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
        addresses: The classes of some addresses, as `of_address` gave them.
    """

    __slots__ = (
        "_alone",
        "_conditions",
        "_found",
        "_keys",
        "_missed",
        "_moments",
        "_most",
        "_networks",
        "_numbers",
        "_stretches",
        "addresses",
        "fields",
    )

    def __init__(
        self, fields: tuple[str, ...], keys: frozenset[str], conditions: tuple[CompiledCondition, ...]
    ) -> None:
        self.fields = fields
        self._keys = keys
        self._conditions = conditions
        self._most = _MOST_LONG if _LONG in fields else _MOST
        self._found: dict[tuple[Any, ...], int] = {}
        self._numbers: dict[tuple[object, ...], int] = {}
        self._stretches = _stretches(keys, conditions) if fields == OF_ADDRESSES else None
        self._moments = _moments(conditions) if fields[0] in _TIMES else None
        self.addresses: dict[str | None, int] = {}
        self._missed = 0
        self._alone: dict[int, int] = {}
        # The class of all addresses of some networks, by the two bytes they begin with; none where they have several.
        self._networks: dict[str, int | None] = {}

    def of(self, values: tuple[Any, ...]) -> int:
        """The class of some values.

        Args:
            values: Of the fields, in their order.
        """
        found = self._found.get(values)
        if found is None:
            found = self._met(values)
            if self._most != _MOST_LONG or all(len(one) <= _LONGEST for one in values if isinstance(one, bytes)):
                self._keep(values, found)
        return found

    def _met(self, values: tuple[Any, ...]) -> int:
        """The class of values that are not known, by what stands for the first of them."""
        if self._stretches is not None:
            key = (self._stretches.of(values[0]), *values[1:])
        elif self._moments is not None:
            key = (self._moments.of(values[0]), *values[1:])
        else:
            return self._class(values)
        found = self._found.get(key)
        if found is None:
            found = self._class(values)
            self._keep(key, found)
        return found

    def _keep(self, values: tuple[Any, ...], found: int) -> None:
        if len(self._found) >= self._most:
            self._found.clear()
        self._found[values] = found

    def of_address(self, address: str) -> int:
        """The class of an address from which somebody called through no endpoint, and no service for them.

        The same as `of` gives, sooner: nearly all calls are of this kind.
        """
        found = self.addresses.get(address)
        return self.of_other_address(address) if found is None else found

    def of_other_address(self, address: str) -> int:
        """The same of an address that is not among `addresses`."""
        parts = address.rsplit(".", 2)
        found = self._networks.get(parts[0])
        if found is None or parts[1] not in BYTES or parts[2] not in BYTES:
            found = self._apart(address, parts[0])
        # Some that come again are kept; where each comes once, keeping them would cost more than it spares.
        self._missed += 1
        if self._missed <= _MOST_ADDRESSES:
            self.addresses[address] = found
        elif self._missed > _AGAIN:
            self.addresses.clear()
            self._missed = 0
        return found

    def _apart(self, address: str, network: str) -> int:
        """The class of an address by its stretch; that of all of its network, where one stretch holds them, is kept."""
        if self._stretches is None:
            return self.of((address, "", ""))
        stretch = self._stretches.of(address)
        found = self._alone.get(stretch)
        if found is None:
            found = self._alone[stretch] = self._class((address, "", ""))
        if stretch != NO_ADDRESS and network not in self._networks and is_half(network):
            if len(self._networks) >= _MOST:
                self._networks.clear()
            self._networks[network] = found if self._stretches.holds(network) else None
        return found

    def _class(self, values: tuple[Any, ...]) -> int:
        details = Details(**dict(zip(self.fields, values, strict=True)))
        context = Context(keys_of(details, self._keys), complete=False)
        outcomes = (condition.test(context) for condition in self._conditions)
        return self._numbers.setdefault(tuple((one.truth, one.keys) for one in outcomes), len(self._numbers))


def _stretches(keys: frozenset[str], conditions: tuple[CompiledCondition, ...]) -> Stretches | None:
    """What addresses are to be replaced by; `None` where a condition asks for more of one than its ranges."""
    asked = [one for one in conditions if one.written.key.lower() in _ADDRESSES]
    if not all(one.operator in _BY_RANGES for one in asked if one.operator is not None):
        return None
    ranges: list[IPv4Network | IPv6Network] = []
    for condition in asked:
        texts = (one.resolved(_NO_KEYS) for one in condition.wanted if condition.operator is not None)
        found = (network(text) for text in texts if isinstance(text, str))
        ranges += [one for one in found if one is not None]
    return Stretches(ranges, private=bool(keys & _ENDPOINTS))


def _moments(conditions: tuple[CompiledCondition, ...]) -> Moments | None:
    """What times are to be replaced by; `None` where a condition asks for more of one than when it is."""
    asked = [one for one in conditions if one.operator is not None]
    if not all(one.operator in _BY_INSTANTS for one in asked):
        return None
    texts = (wanted.resolved(_NO_KEYS) for one in asked for wanted in one.wanted)
    found = (instant(text) for text in texts if isinstance(text, str))
    return Moments(one for one in found if one is not None)
