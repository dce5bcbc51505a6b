"""IP addresses and ranges: which are the same, how many hosts, and whether any of it is public.

A range is public when it holds at least one globally routable address, so `0.0.0.0/0` and `10.0.0.0/7` are. What is
not globally routable: the IANA special-purpose registries, https://www.iana.org/assignments/iana-ipv4-special-registry
and …/iana-ipv6-special-registry (column "globally reachable": false). Multicast is not in them and counts as public.
"""

from __future__ import annotations

from functools import cache, lru_cache
from ipaddress import AddressValueError, IPv4Network, IPv6Network, NetmaskValueError, ip_network
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

Network: TypeAlias = IPv4Network | IPv6Network

_NOT_GLOBAL_4: Final = (
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/29 192.0.0.8/32"
    " 192.0.0.170/31 192.0.2.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4"
)
_NOT_GLOBAL_6: Final = (
    "::/128 ::1/128 ::ffff:0:0/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001:2::/48 2001:10::/28 2001:db8::/32"
    " 3fff::/20 5f00::/16 fc00::/7 fe80::/10"
)


@lru_cache(maxsize=4096)
def network(text: str) -> Network | None:
    """The range a text names (an address is a range of one), or `None` when it names none or has host bits set."""
    try:
        return ip_network(text)
    except (ValueError, AddressValueError, NetmaskValueError):
        return None


def without_host_bits(text: str) -> str:
    """What was probably meant by a range with host bits set: `10.0.0.0/8` for `10.0.0.1/8`; empty when not that."""
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        return ""


def is_public(range_: Network) -> bool:
    """True when the range holds at least one globally routable address."""
    first, last = int(range_.network_address), int(range_.broadcast_address)
    for start, end in _not_global(range_.version):
        if start > first:
            return True
        first = max(first, end + 1)
        if first > last:
            return False
    return True


@cache
def _not_global(version: int) -> tuple[tuple[int, int], ...]:
    """The ranges that are not globally routable as numbers, in order."""
    names: Iterable[str] = (_NOT_GLOBAL_4 if version == IPv4Network("0.0.0.0/0").version else _NOT_GLOBAL_6).split()
    ranges = (ip_network(name, strict=False) for name in names)
    return tuple(sorted((int(one.network_address), int(one.broadcast_address)) for one in ranges))
