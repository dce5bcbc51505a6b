"""What a page and a browser say to each other about passkeys: options out, credentials in (WebAuthn, section 5)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from rootwarden.breakglass.core import strict_base64
from rootwarden.breakglass.core.assertion import Assertion
from rootwarden.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rootwarden.breakglass.core.public_key import PublicKey

LONGEST: Final = 32 * 1024
MILLISECONDS: Final = 120_000
# COSE names of the algorithms, the one that most authenticators have first.
ALGORITHMS: Final = {"ES256": -7, "EdDSA": -8, "RS256": -257}


class RelyingParty(msgspec.Struct, frozen=True, kw_only=True):
    """This service, as passkeys know it.

    Attributes:
        id: The domain passkeys are bound to.
        name: What a browser shows.
        origins: The pages passkeys may be used on.
    """

    id: str
    name: str
    origins: tuple[str, ...]


class _Response(msgspec.Struct, rename="camel"):
    authenticator_data: str
    client_data: str = msgspec.field(name="clientDataJSON")
    signature: str


class _Credential(msgspec.Struct, rename="camel"):
    id: str
    type: Literal["public-key"]
    response: _Response


def challenge_of(statement: bytes) -> bytes:
    """What a passkey signs for a statement."""
    return hashlib.sha256(statement).digest()


def assertion_options(statement: bytes, party: RelyingParty, keys: Sequence[PublicKey] = ()) -> bytes:
    """Options for `PublicKeyCredential.parseRequestOptionsFromJSON`, as JSON.

    Args:
        statement: What is to be signed.
        party: This service.
        keys: The passkeys it may be signed with; none lets the browser offer those it has, which names nobody.
    """
    return msgspec.json.encode(
        {
            "challenge": strict_base64.encode_url(challenge_of(statement)),
            "rpId": party.id,
            "timeout": MILLISECONDS,
            "userVerification": "required",
            "allowCredentials": [_descriptor(key) for key in keys if key.kind == "passkey"],
        }
    )


def registration_options(
    statement: bytes, party: RelyingParty, *, person: str, keys: Sequence[PublicKey] = ()
) -> bytes:
    """Options for `PublicKeyCredential.parseCreationOptionsFromJSON`, as JSON.

    Args:
        statement: The statement that asks for the registration.
        party: This service.
        person: Whose passkey it becomes; the authenticator shows this name.
        keys: What the person has already, so that one authenticator is not registered twice.
    """
    return msgspec.json.encode(
        {
            "challenge": strict_base64.encode_url(challenge_of(statement)),
            "rp": {"id": party.id, "name": party.name},
            # WebAuthn 14.6.1: the handle is on the authenticator for everybody to read, so it names nobody.
            "user": {"id": strict_base64.encode_url(_handle(person)), "name": person, "displayName": person},
            "pubKeyCredParams": [{"type": "public-key", "alg": number} for number in ALGORITHMS.values()],
            "timeout": MILLISECONDS,
            "attestation": "direct",
            "authenticatorSelection": {
                "residentKey": "required",
                "requireResidentKey": True,
                "userVerification": "required",
            },
            "excludeCredentials": [_descriptor(key) for key in keys if key.kind == "passkey"],
        }
    )


def read_assertion(content: bytes) -> Assertion:
    """What `PublicKeyCredential.toJSON()` gave after a passkey was used.

    Raises:
        InputError: It is too long, or not that.
    """
    if len(content) > LONGEST:
        raise InputError("the credential is too long")
    try:
        credential = msgspec.json.decode(content, type=_Credential)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InputError("the credential is not what a browser hands over") from error
    response = credential.response
    return Assertion(
        credential_id=credential.id,
        authenticator_data=response.authenticator_data,
        client_data=response.client_data,
        signature=response.signature,
    )


def _descriptor(key: PublicKey) -> dict[str, str]:
    return {"type": "public-key", "id": key.credential_id}


def _handle(person: str) -> bytes:
    return hashlib.sha256(b"rootwarden/person\0" + person.encode()).digest()
