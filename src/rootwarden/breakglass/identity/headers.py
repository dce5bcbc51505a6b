"""Strict headers on every answer, and on every request one place that says who is at the other end.

ASGI middleware around the whole application. Pages are HTML with style sheets and scripts in files of their own: inline
script does not run, other sites cannot frame a page, nothing is kept in caches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from rootwarden.breakglass.identity.peer import FORWARDING, peer_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, MutableMapping, Sequence

    from rootwarden.breakglass.identity.peer import Network

    Message: TypeAlias = MutableMapping[str, Any]
    Receive: TypeAlias = Callable[[], Awaitable[Message]]
    Send: TypeAlias = Callable[[Message], Awaitable[None]]
    Application: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'"
)
_NOT_ALLOWED: Final = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "usb",
)
PERMISSIONS_POLICY: Final = ", ".join(
    (
        "publickey-credentials-get=(self)",
        "publickey-credentials-create=(self)",
        *(f"{feature}=()" for feature in _NOT_ALLOWED),
    )
)
HEADERS: Final = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"permissions-policy", PERMISSIONS_POLICY.encode()),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    # Not `no-referrer`: with it browsers send `Origin: null` with our own forms, and those are then refused as forged.
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-embedder-policy", b"require-corp"),
)
_TLS_ONLY: Final = (b"strict-transport-security", b"max-age=31536000")
_MISDIRECTED: Final = 421
_POLICY_VIOLATION: Final = 1008


class StrictHeaders:
    """Middleware: our headers on the way out; on the way in `scope["state"]["peer"]`, and no header of a proxy.

    Args:
        application: What is behind.
        hosts: The names this service goes by, with port where it is not the usual one. A request for another name is
            refused, so that nobody's domain can be pointed at this machine to speak with it from their page.
        tls: Whether browsers reach it through TLS, here or at a proxy.
        proxies: Proxies whose word counts for who is at the other end.
    """

    def __init__(
        self, application: Application, *, hosts: Collection[str], tls: bool, proxies: Sequence[Network] = ()
    ) -> None:
        self._application = application
        self._hosts = frozenset(host.lower().encode() for host in hosts)
        self._headers = (*HEADERS, _TLS_ONLY) if tls else HEADERS
        self._ours = frozenset(name for name, _ in self._headers)
        self._proxies = tuple(proxies)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            await self._answer(scope, receive, self._strictly(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        else:
            await self._application(scope, receive, send)

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> None:
        hosts = [value.lower() for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            await _misdirected(send)
            return
        kept = [each for each in scope["headers"] if each[0] not in FORWARDING]
        state = {**scope.get("state", {}), "peer": peer_of(scope, self._proxies)}
        await self._application({**scope, "headers": kept, "state": state}, receive, send)

    def _strictly(self, send: Send) -> Send:
        async def strictly(message: Message) -> None:
            if message["type"] == "http.response.start":
                others = [each for each in message.get("headers", ()) if each[0].lower() not in self._ours]
                message = {**message, "headers": [*others, *self._headers]}
            await send(message)

        return strictly


async def _misdirected(send: Send) -> None:
    body = b"this service goes by another name\n"
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": _MISDIRECTED, "headers": headers})
    await send({"type": "http.response.body", "body": body})
