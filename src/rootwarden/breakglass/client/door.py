"""One question to the service, one answer: bounded, over TLS, checked against what it should be."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote, urlsplit

import msgspec

from rootwarden.breakglass.client.replies import Problem
from rootwarden.breakglass.client.troubles import NotThere, ServerError
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.exchange import ExchangeFailed, exchange, trust_of
from rootwarden.errors import InputError, UsageError
from rootwarden.report.words import shorten, visible

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

    from rootwarden.breakglass.exchange import Exchanged
    from rootwarden.errors import RootwardenError

T = TypeVar("T")

SECONDS: Final = 40.0
LARGEST_ANSWER: Final = 16 * 1024 * 1024
LARGEST_LOG: Final = 1024 * 1024 * 1024
_LONGEST_SAID: Final = 500
_PREFIX: Final = "/api/v1"
_JSON: Final = "application/json"
_TOO_MANY: Final = 429
_MOST_WAITS: Final = 5
_LONGEST_WAIT: Final = 10.0
_HERE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_OK: Final = 200
_NOT_FOUND: Final = 404
_REFUSED: Final = frozenset({401, 403, 409})
_UNREADABLE: Final = frozenset({400, 405, 413, 415})


class Door:
    """The API of one service.

    Args:
        server: Its address, `https://…`; plain HTTP on this machine only.
        authority: Path of a PEM file with the authority its certificate is from; empty for those of the system.
        seconds: How long one question may take in all.
        sleep: Waits so many seconds, when the service says that it was asked too often.

    Attributes:
        host: The name the service is reached by.
        bearer: The session, when there is one; it is nowhere but here.

    Raises:
        UsageError: The address is none, would send everything in the clear, or the authority cannot be read.
    """

    def __init__(
        self,
        server: str,
        authority: str = "",
        *,
        seconds: float = SECONDS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        parts = urlsplit(server)
        try:
            self.host, port = parts.hostname or "", parts.port
        except ValueError:
            self.host, port = "", None
        if parts.scheme not in {"https", "http"} or not self.host or parts.path.strip("/") or parts.query:
            raise UsageError(
                f"`{server}` is no address of a service", hint="write it as https://HOST or https://HOST:PORT"
            )
        if parts.scheme == "http" and self.host not in _HERE:
            raise UsageError(f"`{server}` would send everything in the clear", hint="write it with https://")
        shown = f"[{self.host}]" if ":" in self.host else self.host
        self.server = f"{parts.scheme}://{shown}{f':{port}' if port else ''}"
        self._trust: ssl.SSLContext | None = trust_of(authority) if parts.scheme == "https" else None
        self._seconds, self._sleep = seconds, sleep
        self.bearer = ""

    def get(self, path: str, kind: type[T], /, **query: int) -> T:
        """Ask for something.

        Args:
            path: Below `/api/v1`; its parts quoted with `part`.
            kind: What the answer must be; fields this version does not know are passed over.
            query: Whole numbers.

        Raises:
            Refused: The service refused, with the step.
            ServerError: It did not answer, or otherwise.
        """
        asked = "&".join(f"{name.rstrip('_')}={number}" for name, number in query.items())
        return _decoded(self._ask("GET", f"{path}?{asked}" if asked else path, None, LARGEST_ANSWER), kind)

    def lines(self, path: str) -> bytes:
        """Ask for a file of lines, byte for byte.

        Raises:
            Refused: The service refused.
            ServerError: It did not answer, or with more than a gigabyte.
        """
        return self._ask("GET", path, None, LARGEST_LOG).body

    def post(self, path: str, body: Mapping[str, Any], kind: type[T]) -> T:
        """Say something.

        Raises:
            Refused: The service refused, with the step.
            InputError: It cannot read what it was told.
            ServerError: It did not answer, or otherwise: it may have done it all the same.
        """
        return _decoded(self._ask("POST", path, msgspec.json.encode(body), LARGEST_ANSWER), kind)

    def _ask(self, method: str, path: str, body: bytes | None, most: int) -> Exchanged:
        headers = {"Accept": _JSON}
        if body is not None:
            headers["Content-Type"] = _JSON
        if self.bearer:
            headers["Authorization"] = f"Bearer {self.bearer}"
        for _ in range(_MOST_WAITS):
            answer = self._exchanged(method, path, headers, body, most)
            if answer.status != _TOO_MANY:
                break
            # Nothing was done: it is asked again when the service says so, unless that is far away.
            wait = _seconds_of(answer)
            if wait > _LONGEST_WAIT:
                break
            self._sleep(wait)
        if answer.status != _OK:
            raise _trouble(answer)
        if len(answer.body) > most:
            raise ServerError(f"`{self.server}` answered with more than {most:,} bytes")
        return answer

    def _exchanged(self, method: str, path: str, headers: dict[str, str], body: bytes | None, most: int) -> Exchanged:
        try:
            return exchange(
                method,
                self.server + _PREFIX + path,
                headers=headers,
                body=body,
                seconds=self._seconds,
                most_bytes=most,
                trust=self._trust,
            )
        except ExchangeFailed as error:
            hint = "docs/break-glass.md tells how to reach it without DNS; its certificate is checked with --ca"
            raise ServerError(f"`{self.server}` does not answer: {error}", hint=hint) from error


def part(name: str) -> str:
    """A part of a path, quoted."""
    return quote(name, safe="")


def _decoded(answer: Exchanged, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        # What was read is not told: it may be a code.
        hint = "is it of another version than this program?"
        raise ServerError("the answer of the service is none this version knows", hint=hint) from None


def _seconds_of(answer: Exchanged) -> float:
    """How long the service wants us to wait (RFC 9110, section 10.2.3); far away when it does not say."""
    said = dict(answer.headers).get("retry-after", "")
    return float(said) if said.isascii() and said.isdigit() and len(said) < len("10000") else _LONGEST_WAIT + 1


def trouble_of(said: Problem, status: int) -> RootwardenError:
    """What a problem the service tells of means for whoever asked."""
    detail, hint = (shorten(visible(text), _LONGEST_SAID) for text in (said.detail, said.hint))
    step = visible(said.step)[:8]
    if status == _NOT_FOUND:
        return NotThere(step, detail, hint=hint)
    if status in _REFUSED:
        return Refused(step, f"{step}: {detail}" if step else detail, hint=hint)
    if status in _UNREADABLE:
        return InputError(detail, hint=hint)
    return ServerError(detail or f"the service answered with HTTP {status}", hint=hint)


def _trouble(answer: Exchanged) -> RootwardenError:
    try:
        said = msgspec.json.decode(answer.body, type=Problem)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return ServerError(f"the service answered with HTTP {answer.status}, and not as one of ours does")
    return trouble_of(said, answer.status)
