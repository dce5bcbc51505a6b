"""What a passkey says: an assertion over a statement, checked as WebAuthn Level 3, section 7.2, tells.

The checks are written here, not taken from a library, because a replay makes thousands of them and the vault, which
makes them too, is to depend on little. A library checks this module in the tests.

A challenge that was used must not be used again; whoever issues challenges sees to that (`identity.challenges`).
Two signatures can be made of one ECDSA signature by anybody: an assertion is a proof, never a name to look up.
"""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple, TypeAlias

import msgspec

from rootwarden.breakglass.core import strict_base64
from rootwarden.breakglass.core.public_key import UnverifiedError, check_signature

if TYPE_CHECKING:
    from rootwarden.breakglass.core.public_key import PublicKey

_Text: TypeAlias = Annotated[str, msgspec.Meta(max_length=6000)]

_HEAD: Final = struct.Struct(">32sBI")
_PRESENT, _VERIFIED, _MAY_BE_BACKED_UP, _IS_BACKED_UP, _HAS_CREDENTIAL, _HAS_EXTENSIONS = (
    0x01,
    0x04,
    0x08,
    0x10,
    0x40,
    0x80,
)
_CBOR_MAP: Final = 5


class Assertion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="passkey"):
    """What a browser hands over after a passkey was used; all in Base64url without padding.

    Attributes:
        credential_id: Which passkey.
        authenticator_data: What the authenticator vouches for: domain, flags, counter.
        client_data: What the browser vouches for: kind, challenge, page.
        signature: Over the authenticator data and the SHA-256 of the client data.
    """

    credential_id: _Text
    authenticator_data: _Text
    client_data: _Text
    signature: _Text


class _ClientData(msgspec.Struct, rename="camel"):
    """The part of the browser's JSON that is checked; what else stands there is passed over, as WebAuthn wants it."""

    type: str
    challenge: str
    origin: str
    cross_origin: bool = False
    top_origin: str | msgspec.UnsetType = msgspec.UNSET


class AuthenticatorData(NamedTuple):
    """The fixed part of what an authenticator vouches for."""

    rp_id_hash: bytes
    flags: int
    counter: int


def check_assertion(statement: bytes, assertion: Assertion, key: PublicKey, *, counter: int = 0) -> int:
    """Check that a passkey signed a statement: on a page of ours, by a person it has verified, just for this.

    Args:
        statement: The bytes that were to be signed; the challenge is their SHA-256.
        assertion: What the browser handed over.
        key: The passkey as registered.
        counter: What the authenticator's counter was when last seen; 0 when it keeps none.

    Returns:
        What its counter is now.

    Raises:
        UnverifiedError: Any of it is not so.
    """
    if assertion.credential_id != key.credential_id:
        raise UnverifiedError("the assertion is from another passkey")
    authenticator_data = _content(assertion.authenticator_data, "authenticator data")
    client_data = _content(assertion.client_data, "client data")
    _check_client_data(client_data, statement, key)
    new_counter = _check_authenticator_data(authenticator_data, key)
    signed = authenticator_data + hashlib.sha256(client_data).digest()
    check_signature(signed, _content(assertion.signature, "signature"), key)
    # Last, as in section 7.2, so that nobody without the key learns where the counter stands.
    if 0 < new_counter <= counter:
        raise UnverifiedError("the counter of the passkey went back: there may be a copy of it")
    return new_counter


def _content(text: str, what: str) -> bytes:
    content = strict_base64.decode_url(text)
    if content is None:
        raise UnverifiedError(f"the {what} of the assertion is not in Base64url")
    return content


def _check_client_data(content: bytes, statement: bytes, key: PublicKey) -> None:
    try:
        client_data = msgspec.json.decode(content, type=_ClientData)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnverifiedError("the client data of the assertion cannot be read") from error
    if client_data.type != "webauthn.get":
        raise UnverifiedError("the passkey was asked for something other than a signature")
    if client_data.challenge != strict_base64.encode_url(hashlib.sha256(statement).digest()):
        raise UnverifiedError("the passkey signed something else")
    if client_data.origin not in key.origins:
        raise UnverifiedError("the passkey was used on a page that is not ours")
    if client_data.cross_origin or client_data.top_origin is not msgspec.UNSET:
        raise UnverifiedError("the passkey was used inside a page that is not ours")


def _check_authenticator_data(content: bytes, key: PublicKey) -> int:
    data = _read_authenticator_data(content)
    if data.rp_id_hash != hashlib.sha256(key.rp_id.encode()).digest():
        raise UnverifiedError("the passkey was used for another domain")
    if not data.flags & _PRESENT or not data.flags & _VERIFIED:
        raise UnverifiedError("the passkey did not verify the person", hint="use its PIN, finger or face")
    if data.flags & _IS_BACKED_UP and not data.flags & _MAY_BE_BACKED_UP:
        raise UnverifiedError("the passkey contradicts itself about copies")
    # WebAuthn: whether a passkey may be copied is settled when it is made.
    if bool(data.flags & _MAY_BE_BACKED_UP) is key.device_bound:
        raise UnverifiedError("the passkey says otherwise about leaving its device than when it was registered")
    return data.counter


def _read_authenticator_data(content: bytes) -> AuthenticatorData:
    """Take the fixed part apart. Extensions are signed and not read, a new credential has no place here."""
    if len(content) < _HEAD.size:
        raise UnverifiedError("the authenticator data is too short")
    data = AuthenticatorData(*_HEAD.unpack_from(content))
    rest = content[_HEAD.size :]
    is_map = bool(rest) and rest[0] >> 5 == _CBOR_MAP
    if data.flags & _HAS_CREDENTIAL or is_map is not bool(data.flags & _HAS_EXTENSIONS) or (rest and not is_map):
        raise UnverifiedError("the authenticator data is not that of a signature")
    return data
