"""Offline: a person signs the head of the log on their own device, once it is the log they saw before, only longer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.breakglass.client.heads import Point
from rootwarden.breakglass.client.troubles import Distrusted
from rootwarden.breakglass.core.anchor import DEVICES, PURPOSE
from rootwarden.transparency.canonical import canonical
from rootwarden.transparency.head import to_text

if TYPE_CHECKING:
    from rootwarden.breakglass.client.session import Session

NEEDED: Final = DEVICES


class HeadToSign(msgspec.Struct, frozen=True, kw_only=True):
    """The head as it is now, and who signed it."""

    size: int
    root: str
    message: str
    signed: tuple[str, ...]


def sign_head(session: Session) -> HeadToSign:
    """Sign the head as it is.

    Raises:
        Distrusted: It is another log than the one seen before, or something else is to be signed.
        Refused: People's devices do not anchor this log (V2).
    """
    asked = session.door.get("/audit/head-to-sign", HeadToSign)
    seen = session.look(Point(asked.size, asked.root))
    try:
        root = to_text(bytes.fromhex(asked.root))
    except ValueError as error:
        raise Distrusted("the head the service wants signed has no root") from error
    message = canonical({"purpose": PURPOSE, "log": seen.view.log, "size": asked.size, "root": root})
    if message != asked.message.encode():
        raise Distrusted("what the service wants signed is not the head it shows")
    body = {"size": asked.size, "authenticator": session.authenticate(message)}
    return session.door.post("/audit/head-signatures", body, HeadToSign)
