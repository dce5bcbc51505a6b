from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from rootwarden.breakglass.identity.peer import peer_of

PROXIES = (ipaddress.ip_network("127.0.0.1/32"), ipaddress.ip_network("10.0.0.0/8"))

# Address of the socket, headers, who it is without proxies, who it is with them.
CASES: dict[str, tuple[str | None, list[tuple[str, str]], str | None, str | None]] = {
    "nobody between": ("192.0.2.1", [], "192.0.2.1", "192.0.2.1"),
    "a proxy": ("10.0.0.1", [("x-forwarded-for", "192.0.2.1")], "10.0.0.1", "192.0.2.1"),
    "two proxies": ("10.0.0.1", [("x-forwarded-for", "192.0.2.1, 10.0.0.2")], "10.0.0.1", "192.0.2.1"),
    "two headers": (
        "10.0.0.1", [("x-forwarded-for", "192.0.2.1"), ("x-forwarded-for", "10.0.0.2")], "10.0.0.1", "192.0.2.1",
    ),
    "a claim before the proxy's": (
        "10.0.0.1", [("x-forwarded-for", "127.0.0.1, 198.51.100.7")], "10.0.0.1", "198.51.100.7",
    ),
    "a claim without a proxy": ("192.0.2.1", [("x-forwarded-for", "127.0.0.1")], "192.0.2.1", "192.0.2.1"),
    "other headers of proxies": (
        "10.0.0.1", [("forwarded", "for=127.0.0.1"), ("x-real-ip", "127.0.0.1")], "10.0.0.1", "10.0.0.1",
    ),
    "what is no address": ("10.0.0.1", [("x-forwarded-for", "192.0.2.1, evil")], "10.0.0.1", "10.0.0.1"),
    "a very long chain": ("10.0.0.1", [("x-forwarded-for", "10.0.0.9," * 10_000)], "10.0.0.1", "10.0.0.1"),
    "IPv4 in IPv6": ("::ffff:192.0.2.1", [], "192.0.2.1", "192.0.2.1"),
    "no address": (None, [("x-forwarded-for", "127.0.0.1")], None, None),
    "a socket that is a file": ("", [("x-forwarded-for", "127.0.0.1")], None, None),
}  # fmt: skip


def _scope(client: str | None, headers: list[tuple[str, str]]) -> dict[str, Any]:
    sent = [(name.encode(), value.encode()) for name, value in headers]
    return {"client": None if client is None else (client, 5000), "headers": sent}


def _text(address: Any) -> str | None:
    return None if address is None else str(address)


@pytest.mark.parametrize("name", CASES)
def test_who_is_at_the_other_end(name: str) -> None:
    client, headers, without, with_proxies = CASES[name]
    assert _text(peer_of(_scope(client, headers)).address) == without
    assert _text(peer_of(_scope(client, headers), PROXIES).address) == with_proxies


@pytest.mark.parametrize(
    ("client", "headers", "local"),
    [
        ("127.0.0.1", [], True),
        ("127.8.8.8", [], True),
        ("::1", [], True),
        ("::ffff:127.0.0.1", [], True),
        ("192.0.2.1", [], False),
        ("127.0.0.1", [("x-forwarded-for", "127.0.0.1")], False),
        ("127.0.0.1", [("forwarded", "for=127.0.0.1")], False),
        ("127.0.0.1", [("via", "1.1 proxy")], False),
        ("10.0.0.1", [("x-forwarded-for", "127.0.0.1")], False),
        (None, [], False),
    ],
)
@pytest.mark.parametrize("proxies", [(), PROXIES])
def test_only_this_machine_itself_is_local(
    client: str | None, headers: list[tuple[str, str]], local: bool, proxies: Any
) -> None:
    assert peer_of(_scope(client, headers), proxies).is_local is local
