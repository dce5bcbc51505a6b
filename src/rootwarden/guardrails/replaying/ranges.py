"""Ranges of addresses: addresses no range tells apart, by one look-up.

The ends of all ranges part all addresses into stretches; of two addresses in one stretch every range holds both or
neither.
"""

from __future__ import annotations

from bisect import bisect_right
from ipaddress import IPv4Network, ip_address, ip_network
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ipaddress import IPv4Address, IPv6Address, IPv6Network

NO_ADDRESS: Final = -1
_IPV4: Final = 4
# A byte of an address, as it is written.
BYTES: Final = {str(number): number for number in range(256)}
# Whether an IPv4 address is private changes at the ends of these and nowhere else (IANA IPv4 Special-Purpose Address
# Registry); `ipaddress` counts some of them as private.
SPECIAL: Final = tuple(
    IPv4Network(one)
    for one in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.0.0/29",
        "192.0.0.8/32",
        "192.0.0.9/32",
        "192.0.0.10/32",
        "192.0.0.170/31",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "255.255.255.255/32",
    )
)
# Stand for public addresses (RFC 5737, RFC 3849).
_EXAMPLES: Final = tuple(
    ip_network(one) for one in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
)


def is_private(address: str) -> bool:
    """Whether nobody comes from an address over the internet; documentation networks stand for public ones.

    Addresses that carriers share (RFC 6598) are used within VPCs, too.

    Raises:
        ValueError: It is no address.
    """
    one = ip_address(address)
    return not one.is_global and not any(one in network for network in _EXAMPLES)


def is_half(text: str) -> bool:
    """Whether a text is the first two bytes of an IPv4 address."""
    one, _, two = text.partition(".")
    return one in BYTES and two in BYTES


class Stretches:
    """Numbers addresses: those with one number are held by the same ranges.

    Args:
        ranges: Of IPv4 and IPv6.
        private: Whether private addresses are told from public ones, too.
    """

    __slots__ = ("_four", "_private", "_six")

    def __init__(self, ranges: Iterable[IPv4Network | IPv6Network], *, private: bool = False) -> None:
        every = (*ranges, *(SPECIAL if private else ()))
        self._private = private
        self._four = _ends(one for one in every if one.version == _IPV4)
        self._six = _ends(one for one in every if one.version != _IPV4)

    def of(self, text: str) -> int:
        """The number of an address; `NO_ADDRESS` for a text that is none."""
        try:
            one, two, three, four = text.split(".")
            number = BYTES[one] << 24 | BYTES[two] << 16 | BYTES[three] << 8 | BYTES[four]
        except (ValueError, KeyError):
            return self._otherwise(text)
        return bisect_right(self._four, number)

    def holds(self, network: str) -> bool:
        """Whether one stretch holds all IPv4 addresses whose first two bytes, as they are written, are these."""
        return self.of(f"{network}.0.0") == self.of(f"{network}.255.255")

    def _otherwise(self, text: str) -> int:
        """The number of what is not spelled as an IPv4 address."""
        try:
            address: IPv4Address | IPv6Address = ip_address(text)
        except ValueError:
            return NO_ADDRESS
        if address.version == _IPV4:
            return bisect_right(self._four, int(address))
        beyond = len(self._four) + 1 + 2 * bisect_right(self._six, int(address))
        return beyond + (self._private and is_private(text))


def _ends(ranges: Iterable[IPv4Network | IPv6Network]) -> list[int]:
    return sorted({end for one in ranges for end in (int(one.network_address), int(one.broadcast_address) + 1)})
