"""Was it a page of ours that asked? Cross-site request forgery is refused twice: by what the browser says, by a token.

Source: Fetch Metadata Request Headers (`Sec-Fetch-Site`), Fetch Standard (`Origin`).
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.breakglass.identity.refusals import ForgeryError
from rootwarden.breakglass.identity.seal import Seal

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from rootwarden.breakglass.identity.sessions import Session

FIELD: Final = "form"
_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_HINT: Final = "open the page again and send it from there"


class _Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    session: str
    action: str


def check_origin(method: str, headers: Sequence[tuple[bytes, bytes]], origins: Collection[str]) -> None:
    """Check that a request which changes something comes from a page of ours.

    A request that says nothing of where it comes from is refused: every browser says it.

    Args:
        method: Of HTTP.
        headers: As ASGI has them: names in lower case.
        origins: Our own, as `https://host` or `https://host:port`.

    Raises:
        ForgeryError: It does not.
    """
    if method.upper() in _READS:
        return
    said = [value for name, value in headers if name == b"origin"]
    if len(said) != 1 or said[0].decode("latin-1") not in origins:
        raise ForgeryError("the request does not come from a page of this service", hint=_HINT)
    if any(value != b"same-origin" for name, value in headers if name == b"sec-fetch-site"):
        raise ForgeryError("the request was started by a page of another site", hint=_HINT)


class FormTokens:
    """Tokens in forms: each belongs to one session and one action.

    Args:
        keys: The keys of the key file, newest first.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._seal = Seal(keys, "form")

    def issue(self, session: Session, action: str) -> str:
        """The token for a form of this session that does one thing."""
        return self._seal.close(_Form(session.id, action))

    def check(self, token: str, session: Session, action: str) -> None:
        """Check the token that came back.

        Raises:
            ForgeryError: It is not the one of this session and action.
        """
        form = self._seal.open(token, _Form)
        if form is None or not _same(form.session, session.id) or not _same(form.action, action):
            raise ForgeryError("the form is not one that was opened in this session", hint=_HINT)


def _same(first: str, second: str) -> bool:
    return hmac.compare_digest(first.encode(), second.encode())
