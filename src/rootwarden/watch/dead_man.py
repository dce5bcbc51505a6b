"""A ping to somebody outside, who misses it: a watcher that died cannot say so itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from rootwarden.alert.channels.http import request
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from rootwarden.alert.secret import Secret

SECONDS: Final = 5.0
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_TAKEN: Final = range(200, 300)


class DeadMan:
    """The address that is pinged; it is a secret, since whoever knows it can keep it quiet.

    Args:
        address: `https`, or `http` on loopback.

    Raises:
        UsageError: It is neither.
    """

    def __init__(self, address: Secret) -> None:
        parts = urlsplit(address.reveal())
        safe = parts.scheme == "https" or (parts.scheme == "http" and (parts.hostname or "") in _LOOPBACK)
        if not safe or not parts.hostname or "@" in parts.netloc:
            hint = "give an https:// address, without user and password in it"
            raise UsageError("the dead man's address cannot be used", hint=hint)
        self._address = address

    def ping(self) -> str:
        """Ping it; why that did not work, empty if it did."""
        answer = request(self._address.reveal(), method="GET", headers={}, seconds=SECONDS)
        if answer.status in _TAKEN:
            return ""
        return f"HTTP {answer.status}" if answer.status else self._address.hidden_in(answer.trouble)
