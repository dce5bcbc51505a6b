"""Endpoints for the head that people's devices sign when no machine outside can be reached."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Annotated

import msgspec

from rootwarden.breakglass.core import strict_base64
from rootwarden.breakglass.core.authenticator import Authenticator
from rootwarden.web.api.endpoint import Endpoint
from rootwarden.web.call import Access

if TYPE_CHECKING:
    from rootwarden.breakglass.service.devices import Asked
    from rootwarden.web.call import Call


class HeadToSign(msgspec.Struct, frozen=True, kw_only=True):
    """The head as it is now.

    Attributes:
        size: How many entries it is over.
        root: Their root, in hexadecimal.
        message: What is signed: canonical JSON, byte for byte.
        challenge: Its SHA-256, in Base64url: what a passkey signs.
        signed: Who has signed it already; two are enough.
    """

    size: int
    root: str
    message: str
    challenge: str
    signed: tuple[str, ...]


class HeadSignatureBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A signature over the message of a head of this size."""

    size: Annotated[int, msgspec.Meta(ge=1, le=1 << 53)]
    authenticator: Authenticator


def view_of(asked: Asked) -> HeadToSign:
    """A head as a client is told of it."""
    return HeadToSign(
        size=asked.head.size,
        root=base64.b64decode(asked.head.root).hex(),
        message=asked.message.decode(),
        challenge=strict_base64.encode_url(hashlib.sha256(asked.message).digest()),
        signed=asked.signed,
    )


def _asked(call: Call, _body: None) -> HeadToSign:
    return view_of(call.house.behind.head_to_sign(call.who))


def _signed(call: Call, body: HeadSignatureBody) -> HeadToSign:
    return view_of(call.house.behind.sign_head(call.who, body.size, body.authenticator))


TOGETHER: tuple[Endpoint, ...] = (
    Endpoint(
        "GET", "/audit/head-to-sign", "The head two people's devices sign when no sink can be reached", _asked,
        HeadToSign, access=Access.SIGNER,
    ),
    Endpoint(
        "POST", "/audit/head-signatures", "Sign a head with your device", _signed, HeadToSign, HeadSignatureBody,
        Access.SIGNER,
    ),
)  # fmt: skip
