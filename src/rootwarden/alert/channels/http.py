"""One HTTP request, bounded in size and time; no redirect is followed, and no secret comes back in a detail.

What a status means for a delivery (RFC 9110, RFC 6585): 2xx is taken; 408, 425, 429 and 5xx may pass; everything else
will not pass by itself. A connection that breaks after the request was sent leaves it undecided.
"""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden import __version__
from rootwarden.alert.delivery.state import Outcome
from rootwarden.alert.store.leasing import Attempted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rootwarden.alert.secret import Secret

SECONDS: Final = 10.0
MOST_BYTES: Final = 100_000
LONGEST_DETAIL: Final = 300
_MAY_PASS: Final = frozenset({408, 425, 429})
_FIRST_SERVER_ERROR: Final = 500
_TAKEN: Final = range(200, 300)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back.

    Attributes:
        status: HTTP status; 0 when there was none.
        body: At most 100,000 bytes.
        retry_after: The header's text.
        trouble: What went wrong without a status; empty otherwise.
        sent: Whether the request may have arrived.
    """

    status: int
    body: bytes = b""
    retry_after: str = ""
    trouble: str = ""
    sent: bool = True


class _StayHere(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: a secret would go along to wherever it leads."""

    def redirect_request(self, *_: object, **__: object) -> None:
        """Nowhere."""


_OPENER: Final = urllib.request.build_opener(_StayHere)


def request(
    address: str,
    *,
    method: str = "POST",
    body: bytes | None = None,
    headers: Mapping[str, str],
    seconds: float = SECONDS,
) -> Answer:
    """Make one request.

    Args:
        address: `http` or `https`, as the settings allow.
        method: Of the request.
        body: JSON; none for a GET.
        headers: Beside those for JSON and our name.
        seconds: For the connection, and again for the answer as a whole.
    """
    asked = urllib.request.Request(  # noqa: S310 - the settings allow http and https only
        address,
        data=body,
        method=method,
        headers={"Content-Type": "application/json", "User-Agent": f"rootwarden/{__version__}", **headers},
    )
    try:
        with _OPENER.open(asked, timeout=seconds) as answer:
            return _read(answer, answer.status, seconds)
    except urllib.error.HTTPError as error:
        with error:
            return _read(error, error.code, seconds)
    except urllib.error.URLError as error:
        # urllib wraps what happens until the request is out; a time-out of the connection is among it.
        sent = isinstance(error.reason, TimeoutError | ConnectionResetError | BrokenPipeError)
        return Answer(status=0, trouble=f"{type(error.reason).__name__}: {error.reason}", sent=sent)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(status=0, trouble=f"{type(error).__name__}: {error}")


def attempted(answer: Answer, *, secrets: tuple[Secret, ...], now: datetime, reference: str = "") -> Attempted:
    """What an answer means for the delivery.

    Args:
        answer: What came back.
        secrets: Hidden wherever the receiver repeats them.
        now: For a `Retry-After` that is a date.
        reference: What the receiver calls the message.
    """
    if answer.status in _TAKEN:
        return Attempted(outcome=Outcome.SENT, reference=reference)
    if not answer.status:
        outcome = Outcome.UNDECIDED if answer.sent else Outcome.FAILED
        return Attempted(outcome=outcome, detail=_hidden(answer.trouble, secrets))
    may_pass = answer.status in _MAY_PASS or answer.status >= _FIRST_SERVER_ERROR
    said = answer.body.decode("utf-8", "replace").strip()
    return Attempted(
        outcome=Outcome.FAILED if may_pass else Outcome.REFUSED,
        detail=_hidden(f"HTTP {answer.status} {said}".strip(), secrets),
        retry_after=_seconds(answer.retry_after, now) if may_pass else None,
    )


def _hidden(text: str, secrets: tuple[Secret, ...]) -> str:
    for each in secrets:
        text = each.hidden_in(text)
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return shown[:LONGEST_DETAIL]


def _seconds(text: str, now: datetime) -> float | None:
    """`Retry-After`: seconds, or a date (RFC 9110, section 10.2.3)."""
    if not text:
        return None
    try:
        return float(int(text))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (ValueError, TypeError):
        return None


def _read(answer: http.client.HTTPResponse | urllib.error.HTTPError, status: int, seconds: float) -> Answer:
    """The body, as far as it is wanted; a receiver that drips it gets no more than its time."""
    until = time.monotonic() + seconds
    parts: list[bytes] = []
    size = 0
    try:
        while size < MOST_BYTES and time.monotonic() < until:
            part = answer.read1(min(8192, MOST_BYTES - size)) if hasattr(answer, "read1") else answer.read(MOST_BYTES)
            if not part:
                break
            parts.append(part)
            size += len(part)
    except (OSError, http.client.HTTPException):
        pass  # the status was there, and it is what counts
    return Answer(status=status, body=b"".join(parts), retry_after=answer.headers.get("Retry-After") or "")
