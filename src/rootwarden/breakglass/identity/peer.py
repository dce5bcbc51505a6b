"""Who is at the other end of a connection? The address of the socket, and nothing a header claims.

Headers such as `X-Forwarded-For` are what the sender likes them to be. They count only when the connection comes from a
proxy that the settings name; by default none is named.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

# What proxies add. Any of them means that somebody stands between.
FORWARDING: Final = frozenset(
    {
        b"forwarded",
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-port",
        b"x-forwarded-prefix",
        b"x-forwarded-proto",
        b"x-real-ip",
        b"via",
    }
)
_MOST_HOPS: Final = 16


class Peer(msgspec.Struct, frozen=True, kw_only=True):
    """The other end.

    Attributes:
        address: Where the request comes from; `None` when the socket does not say.
        forwarded: Whether a header says that somebody stands between.
    """

    address: Address | None
    forwarded: bool

    @property
    def is_local(self) -> bool:
        """Whether it is certainly on this machine: loopback, and no proxy that could speak for others."""
        return self.address is not None and self.address.is_loopback and not self.forwarded


def peer_of(scope: Mapping[str, Any], proxies: Sequence[Network] = ()) -> Peer:
    """The other end of an ASGI connection.

    Args:
        scope: Of ASGI; the server must not have changed `client` by headers itself (uvicorn: `proxy_headers=False`).
        proxies: Proxies whose `X-Forwarded-For` is believed.
    """
    headers = scope.get("headers", ())
    client = scope.get("client")
    address = _address(client[0]) if client else None
    forwarded = any(name in FORWARDING for name, _ in headers)
    if address is None or not _is_in(address, proxies):
        return Peer(address=address, forwarded=forwarded)
    # Each proxy appends whom it heard from: the first from behind that is no proxy of ours is who asked.
    hops = b",".join(value for name, value in headers if name == b"x-forwarded-for").decode("latin-1").split(",")
    for hop in reversed(hops[-_MOST_HOPS:]):
        heard = _address(hop.strip())
        if heard is None:
            break
        address = heard
        if not _is_in(heard, proxies):
            break
    return Peer(address=address, forwarded=forwarded)


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def _address(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, ipaddress.IPv6Address) else address
