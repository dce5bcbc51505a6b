"""A new passkey: what the browser hands over after making one, checked as WebAuthn Level 3, section 7.1, tells.

The library `webauthn` checks the attestation. Its kinds `none` and `packed` are taken; neither chain nor model is
proven by them here, so the AAGUID is what the authenticator claims, and is recorded as that.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from webauthn import verify_registration_response
from webauthn.helpers import decode_credential_public_key, decoded_public_key_to_cryptography
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import AttestationFormat, CredentialDeviceType

from rootwarden.breakglass.core import strict_base64
from rootwarden.breakglass.core.public_key import PublicKey, UnverifiedError, check_public_key, key_id
from rootwarden.breakglass.identity.browser import ALGORITHMS, LONGEST, challenge_of
from rootwarden.errors import InputError

if TYPE_CHECKING:
    from webauthn.registration.verify_registration_response import VerifiedRegistration

    from rootwarden.breakglass.core.public_key import Algorithm
    from rootwarden.breakglass.identity.browser import RelyingParty

_TAKEN: Final = (AttestationFormat.NONE, AttestationFormat.PACKED)
_NAMES: Final[dict[int, Algorithm]] = {-7: "ES256", -8: "EdDSA", -257: "RS256"}


class _ClientData(msgspec.Struct, rename="camel"):
    cross_origin: bool = False
    top_origin: str | msgspec.UnsetType = msgspec.UNSET


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey that may go into the log.

    Attributes:
        key: The passkey.
        counter: What its authenticator's counter is now; 0 when it keeps none.
    """

    key: PublicKey
    counter: int


def read_registration(
    content: bytes, statement: bytes, party: RelyingParty, *, name: str, synced_allowed: bool = False
) -> Registered:
    """Check a new passkey.

    Args:
        content: What `PublicKeyCredential.toJSON()` gave.
        statement: The statement that asked for the registration; the challenge is its SHA-256.
        party: This service.
        name: What its holder calls it.
        synced_allowed: Whether a passkey may be one that is copied to other devices.

    Raises:
        InputError: The content is not what a browser hands over.
        UnverifiedError: The passkey is not as it has to be.
    """
    verified = _verified(_read(content), statement, party)
    device_bound = verified.credential_device_type is CredentialDeviceType.SINGLE_DEVICE
    if not device_bound and not synced_allowed:
        raise UnverifiedError(
            "the passkey can be copied to other devices", hint="use a security key, or a passkey kept on one device"
        )
    cose = decode_credential_public_key(verified.credential_public_key)
    spki = decoded_public_key_to_cryptography(cose).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    key = PublicKey(
        id=key_id(spki),
        kind="passkey",
        algorithm=_NAMES[cose.alg],
        key=strict_base64.encode(spki),
        credential_id=strict_base64.encode_url(verified.credential_id),
        rp_id=party.id,
        origins=party.origins,
        device_bound=device_bound,
        backed_up=verified.credential_backed_up,
        aaguid=verified.aaguid,
        name=name,
    )
    check_public_key(key)
    return Registered(key=key, counter=verified.sign_count)


def _read(content: bytes) -> dict[str, Any]:
    if len(content) > LONGEST:
        raise InputError("the credential is too long")
    try:
        return msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as error:
        raise InputError("the credential is not what a browser hands over") from error


def _verified(credential: dict[str, Any], statement: bytes, party: RelyingParty) -> VerifiedRegistration:
    try:
        verified = verify_registration_response(
            credential=credential,
            expected_challenge=challenge_of(statement),
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            require_user_verification=True,
            supported_pub_key_algs=[COSEAlgorithmIdentifier(number) for number in ALGORITHMS.values()],
        )
        within = _is_within_another_page(credential)
    except Exception as error:  # its parsers let every kind of error through, and all mean the same
        raise UnverifiedError("the new passkey cannot be verified") from error
    if verified.fmt not in _TAKEN:
        raise UnverifiedError(f"attestation of the kind `{verified.fmt}` is not taken")
    if within:
        raise UnverifiedError("the passkey was made inside a page that is not ours")
    return verified


def _is_within_another_page(credential: dict[str, Any]) -> bool:
    """The library does not look at `crossOrigin` and `topOrigin`."""
    text = credential["response"]["clientDataJSON"]
    content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    client_data = msgspec.json.decode(content, type=_ClientData)
    return client_data.cross_origin or client_data.top_origin is not msgspec.UNSET
