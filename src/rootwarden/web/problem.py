"""Errors as answers: Problem Details for HTTP APIs (RFC 9457), with the step of the protocol that refused."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING, Final

import msgspec
from starlette.responses import Response

from rootwarden.breakglass.broker.seeing import Unseen
from rootwarden.breakglass.core.public_key import UnverifiedError
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.identity.refusals import (
    ChallengeError,
    ForgeryError,
    SessionError,
    SignInError,
    TooManyError,
    UnreachableError,
)
from rootwarden.errors import InputError, RootwardenError, StoreError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

TYPE: Final = "application/problem+json"
INTERNAL: Final = 500
# Steps that say who somebody is not; all others say that something is not so, or not now.
_WHO: Final = frozenset({"A2", "A3", "C1", "C2", "D2", "E1", "F1", "F6", "G5", "G6", "L5", "O2", "R2", "R7"})


class HttpError(RootwardenError):
    """A request that HTTP alone finds fault with.

    Attributes:
        status: Of the answer.
    """

    exit_code = 2

    def __init__(self, status: int, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status


_STATUS: Final[tuple[tuple[type[RootwardenError], int], ...]] = (
    (Unseen, 404),
    (SignInError, 401),
    (ForgeryError, 403),
    (ChallengeError, 409),
    (TooManyError, 429),
    (UnverifiedError, 403),
    (UnreachableError, 503),
    (StoreError, 503),
    (InputError, 400),
    (UsageError, 400),
)
_TITLES: Final[Mapping[int, str]] = {
    400: "the request cannot be read",
    401: "nobody is signed in",
    403: "not allowed",
    404: "not there",
    405: "not done here",
    409: "refused by the protocol",
    413: "too long",
    415: "of another kind",
    429: "too many attempts",
    500: "this looks like a bug in Rootwarden",
    503: "not possible now",
}


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is answered instead.

    Attributes:
        type: A URN that names the refusal: `urn:rootwarden:step:A5`, or `about:blank`.
        title: What kind of problem it is.
        status: Of HTTP.
        detail: What went wrong.
        step: The step of docs/break-glass-protocol.md that refused.
        hint: What to do next.
    """

    title: str
    status: int
    detail: str
    type: str = "about:blank"
    step: str = ""
    hint: str = ""


def status_of(error: RootwardenError) -> int:
    """The status an error is answered with."""
    if isinstance(error, HttpError):
        return error.status
    if isinstance(error, SessionError):
        return 401 if error.message == SessionError().message else 403
    for kind, status in _STATUS:
        if isinstance(error, kind):
            return status
    if isinstance(error, Refused):
        return 403 if error.step in _WHO else 409
    return INTERNAL if error.exit_code == RootwardenError.exit_code else 503


def problem_of(error: RootwardenError) -> Problem:
    """An error as a document."""
    status = status_of(error)
    step = error.step if isinstance(error, Refused) else ""
    return Problem(
        type=f"urn:rootwarden:step:{step}" if step else "about:blank",
        title=_TITLES.get(status, "not possible"),
        status=status,
        detail=error.message,
        step=step,
        hint=error.hint,
    )


def problem_response(error: RootwardenError) -> Response:
    """An error as the answer of the API."""
    problem = problem_of(error)
    headers = {"retry-after": str(max(1, round(error.seconds)))} if isinstance(error, TooManyError) else {}
    return Response(msgspec.json.encode(problem), problem.status, headers, TYPE)


def bug(error: Exception) -> HttpError:
    """What is told of an error nobody foresaw; the process logs where, and not what: a message may quote a secret."""
    where = "".join(traceback.format_tb(error.__traceback__))
    logging.getLogger("rootwarden.web").error("%s: %s\n%s", _TITLES[INTERNAL], type(error).__name__, where)
    return HttpError(INTERNAL, _TITLES[INTERNAL], hint="tell who runs this service")
