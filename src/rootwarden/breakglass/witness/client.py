"""Asking a witness."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import msgspec

from rootwarden.breakglass.exchange import ExchangeFailed, Line, trust_of
from rootwarden.breakglass.witness.messages import MOST_BYTES, parse_answer
from rootwarden.errors import InputError, SinkError, UsageError

if TYPE_CHECKING:
    from rootwarden.alert.secret import Secret
    from rootwarden.breakglass.witness.messages import Answer, Offer

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class WitnessClient:
    """A witness at an address.

    Args:
        name: What it is called here, for messages.
        address: `https`, or `http` on loopback; without a path.
        token: What it wants to hear.
        authority: Path of a PEM file with the certificate authority of its certificate; empty for those of the system.

    Raises:
        UsageError: The address or the authority cannot be used.
    """

    def __init__(self, name: str, address: str, *, token: Secret, authority: str = "") -> None:
        parts = urlsplit(address)
        safe = parts.scheme == "https" or (parts.scheme == "http" and (parts.hostname or "") in _LOOPBACK)
        if not safe or not parts.hostname or "@" in parts.netloc or parts.path.strip("/") or parts.query:
            raise UsageError(f"the address of `{name}` cannot be used", hint="give https://HOST:PORT")
        self._name = name
        self._address = f"{parts.scheme}://{parts.netloc}"
        self._token = token
        self._line = Line(trust_of(authority) if parts.scheme == "https" else None)

    def offer(self, offer: Offer, *, seconds: float) -> Answer:
        """Offer a head.

        Raises:
            SinkError: There is no answer in time, or it is none.
        """
        return self._asked("POST", "/v1/heads", msgspec.json.encode(offer), seconds)

    def seen(self, log: str, *, seconds: float) -> Answer:
        """Ask what it remembers of a log; otherwise as `offer`."""
        return self._asked("GET", f"/v1/logs/{log}", None, seconds)

    def close(self) -> None:
        """Let the connection go, if one is kept."""
        self._line.close()

    def _asked(self, method: str, path: str, body: bytes | None, seconds: float) -> Answer:
        headers = {"Authorization": f"Bearer {self._token.reveal()}", "Content-Type": "application/json"}
        try:
            answer = self._line.exchange(
                method, self._address + path, headers=headers, body=body, seconds=seconds, most_bytes=MOST_BYTES
            )
        except ExchangeFailed as error:
            raise SinkError(f"`{self._name}`: {error}", hint="is it running, and is the way there open?") from error
        try:
            return parse_answer(answer.body)
        except InputError as error:
            hint = "is the address that of a witness?"
            raise SinkError(f"`{self._name}` answered {answer.status}: {error.message}", hint=hint) from error
