"""Public keys of people: what the log holds of a passkey or a hardware-held key, and what such a key signed."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from rootwarden.breakglass.core import strict_base64
from rootwarden.errors import RootwardenError

Algorithm: TypeAlias = Literal["ES256", "EdDSA", "RS256"]
Loaded: TypeAlias = EllipticCurvePublicKey | Ed25519PublicKey | RSAPublicKey

_ShortText: TypeAlias = Annotated[str, msgspec.Meta(max_length=255)]
_KeyText: TypeAlias = Annotated[str, msgspec.Meta(max_length=1024)]
_CredentialText: TypeAlias = Annotated[str, msgspec.Meta(max_length=1366)]  # 1,023 bytes: WebAuthn's limit

_RSA_BITS: Final = range(2048, 4097)
_RSA_EXPONENT: Final = 65537

# Heights of the Ed25519 points of order 1, 2, 4 and 8: under such a key one signature fits every message.
_FIELD: Final = 2**255 - 19
_EIGHTH: Final = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL_ORDER: Final = frozenset({0, 1, _FIELD - 1, _EIGHTH, _FIELD - _EIGHTH})


class UnverifiedError(RootwardenError):
    """A signature, or the key it should be from, does not hold."""

    exit_code = 3


class PublicKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person's key as it is registered in the log.

    Attributes:
        id: `key_id` of the key, so that one key is never two.
        kind: A passkey, which signs in a browser, or an Ed25519 key in hardware, which signs at a command line.
        algorithm: What it signs with, as COSE names it.
        key: The key as SubjectPublicKeyInfo in DER, in Base64.
        credential_id: Of a passkey: what the browser calls it, in Base64url.
        rp_id: Of a passkey: the domain it is bound to.
        origins: Of a passkey: the pages it may sign on, as `https://host` or `https://host:port`.
        device_bound: Of a passkey: it cannot leave its device (the BE flag was clear), and must say so each time.
        backed_up: Of a passkey: there was a copy of it elsewhere when it was registered (the BS flag).
        aaguid: Of a passkey: the model of its authenticator, zeros where it does not say.
        name: What its holder calls it.
    """

    id: _ShortText
    kind: Literal["passkey", "ed25519"]
    algorithm: Algorithm
    key: _KeyText
    credential_id: _CredentialText = ""
    rp_id: _ShortText = ""
    origins: Annotated[tuple[_ShortText, ...], msgspec.Meta(max_length=8)] = ()
    device_bound: bool = False
    backed_up: bool = False
    aaguid: _ShortText = ""
    name: _ShortText = ""


def key_id(spki: bytes) -> str:
    """The id of a key: SHA-256 of its SubjectPublicKeyInfo, in Base64url."""
    return strict_base64.encode_url(hashlib.sha256(spki).digest())


def check_public_key(key: PublicKey) -> None:
    """Check that a key can be registered: it is strong, names itself rightly and has what its kind needs.

    Raises:
        UnverifiedError: It is not so.
    """
    _loaded(key.algorithm, key.key)
    if key.id != key_id(strict_base64.decode(key.key) or b""):
        raise UnverifiedError("the id of the key is not that of its content")
    if key.kind == "ed25519":
        if key.algorithm != "EdDSA":
            raise UnverifiedError("a hardware-held key signs with Ed25519, and with nothing else")
        if key.credential_id or key.rp_id or key.origins or key.aaguid or key.device_bound or key.backed_up:
            raise UnverifiedError("a hardware-held key has nothing of a passkey")
        return
    if not strict_base64.decode_url(key.credential_id):
        raise UnverifiedError("the passkey has no credential id in Base64url")
    if not key.origins or not all(_belongs(origin, key.rp_id) for origin in key.origins):
        raise UnverifiedError("the origins of the passkey are not pages of its domain")
    if key.device_bound and key.backed_up:
        raise UnverifiedError("a passkey that cannot leave its device has no copy elsewhere")


def check_ed25519(text: str) -> None:
    """Check a bare Ed25519 key: SubjectPublicKeyInfo in DER, in Base64.

    Raises:
        UnverifiedError: It is none that signs safely.
    """
    _loaded("EdDSA", text)


def check_signature(content: bytes, signature: bytes, key: PublicKey) -> None:
    """Check that a key made a signature over some bytes.

    Raises:
        UnverifiedError: It did not, or it is no key of the algorithm it is registered with.
    """
    loaded = _loaded(key.algorithm, key.key)
    try:
        if isinstance(loaded, EllipticCurvePublicKey):
            loaded.verify(signature, content, ECDSA(SHA256()))
        elif isinstance(loaded, RSAPublicKey):
            loaded.verify(signature, content, PKCS1v15(), SHA256())
        else:
            loaded.verify(signature, content)
    except InvalidSignature as error:
        raise UnverifiedError("the signature does not verify") from error


# A replay meets the same few keys thousands of times, and reading one takes as long as checking a signature.
@lru_cache(maxsize=1024)
def _loaded(algorithm: Algorithm, text: str) -> Loaded:
    spki = strict_base64.decode(text)
    if spki is None:
        raise UnverifiedError("the key is not in Base64")
    try:
        loaded = load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UnverifiedError("the key cannot be read") from error
    if not isinstance(loaded, Loaded) or not _is_strong(loaded, algorithm):
        raise UnverifiedError(f"the key is not one that signs safely with {algorithm}")
    if loaded.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != spki:
        raise UnverifiedError("the key is not spelled as DER wants it")
    return loaded


def _is_strong(key: Loaded, algorithm: Algorithm) -> bool:
    if isinstance(key, EllipticCurvePublicKey):
        return algorithm == "ES256" and isinstance(key.curve, SECP256R1)
    if isinstance(key, RSAPublicKey):
        return algorithm == "RS256" and key.key_size in _RSA_BITS and key.public_numbers().e == _RSA_EXPONENT
    height = int.from_bytes(key.public_bytes_raw(), "little") & (2**255 - 1)
    return algorithm == "EdDSA" and height < _FIELD and height not in _SMALL_ORDER


def _belongs(origin: str, rp_id: str) -> bool:
    """Whether a page may use passkeys of a domain; a browser lets plain HTTP do so on this machine only."""
    scheme, _, rest = origin.partition("://")
    host = rest.partition(":")[0]
    if not rp_id or (scheme != "https" and (scheme, host) != ("http", "localhost")):
        return False
    return host == rp_id or host.endswith("." + rp_id)
