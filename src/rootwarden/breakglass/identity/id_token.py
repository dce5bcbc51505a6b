"""What a provider says about somebody: an ID token, checked as OpenID Connect Core 1.0, section 3.1.3.7, tells."""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, JWKRegistry, OKPKey, RSAKey

from rootwarden.breakglass.core import strict_base64
from rootwarden.breakglass.identity.refusals import SignInError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

# Public keys only: with `none` or HS256 anybody, or whoever has the public key, could sign.
ALGORITHMS: Final = ("RS256", "PS256", "ES256", "ES384", "Ed25519")
SKEW: Final = timedelta(seconds=60)
OLDEST: Final = timedelta(minutes=10)
LONGEST: Final = 16 * 1024
_MOST_KEYS: Final = 64
# Below is too weak, above takes too long to check.
_RSA_BITS: Final = range(2048, 8193)

_Number = int | float


class ProviderKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key a provider signs with; `algorithm` is empty where it does not say what for."""

    name: str
    algorithm: str
    key: RSAKey | ECKey | OKPKey


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What has to stand in the token.

    Attributes:
        issuer: Of the provider that was asked.
        client_id: Ours.
        nonce: That of this sign-in.
    """

    issuer: str
    client_id: str
    nonce: str


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody, as a provider knows them. Two providers may give the same name to different people.

    Attributes:
        issuer: The provider.
        subject: Its name for them, which is never given to anybody else.
    """

    issuer: str
    subject: str

    @property
    def alias(self) -> str:
        """Both in one text, as it stands among the aliases of a person; an issuer holds no `#`."""
        return f"{self.issuer}#{self.subject}"


class _Header(msgspec.Struct):
    alg: str
    kid: str = ""


class _Claims(msgspec.Struct):
    iss: str
    sub: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    aud: str | list[str]
    exp: _Number
    iat: _Number
    nonce: str
    azp: str | msgspec.UnsetType = msgspec.UNSET
    nbf: _Number = 0


def read_keys(keys: Sequence[dict[str, Any]]) -> tuple[ProviderKey, ...]:
    """The keys of a JWK set that can sign ID tokens; what else stands in it is passed over (RFC 7517, section 5)."""
    return tuple(each for data in keys[:_MOST_KEYS] if (each := _read_key(data)) is not None)


def header_of(token: str) -> tuple[str, str]:
    """Algorithm and key name a token claims.

    Raises:
        SignInError: It is no signed token, or of an algorithm that is not taken.
    """
    content = strict_base64.decode_url(token[:LONGEST].partition(".")[0])
    try:
        header = msgspec.json.decode(content or b"", type=_Header)
    except (msgspec.DecodeError, RecursionError) as error:
        raise SignInError("the ID token cannot be read") from error
    if len(token) > LONGEST or header.alg not in ALGORITHMS:
        raise SignInError(f"the ID token is too long, or its algorithm `{header.alg[:16]}` is not taken")
    return header.alg, header.kid


def fitting(keys: Sequence[ProviderKey], algorithm: str, name: str) -> ProviderKey | None:
    """The key a token names; without a name the only one there is."""
    usable = [key for key in keys if key.algorithm in ("", algorithm) and (not name or key.name == name)]
    return usable[0] if len(usable) == 1 else None


def check_id_token(token: str, key: ProviderKey, expected: Expected, *, at: datetime) -> Subject:
    """Check a token.

    Args:
        token: In compact form.
        key: That it names.
        expected: What has to stand in it.
        at: Now.

    Raises:
        SignInError: It does not hold.
    """
    algorithm, _ = header_of(token)
    try:
        claims = msgspec.convert(jwt.decode(token, key.key, algorithms=[algorithm]).claims, _Claims)
    except (JoseError, msgspec.ValidationError, ValueError, TypeError, RecursionError) as error:
        raise SignInError(f"the ID token does not verify: {type(error).__name__}") from error
    if claims.iss != expected.issuer:
        raise SignInError("the ID token is from another issuer")
    audience = [claims.aud] if isinstance(claims.aud, str) else claims.aud
    if audience != [expected.client_id] or claims.azp not in (msgspec.UNSET, expected.client_id):
        raise SignInError("the ID token is for another client")
    _check_times(claims, at)
    if not hmac.compare_digest(claims.nonce.encode(), expected.nonce.encode()):
        raise SignInError("the ID token belongs to another sign-in")
    return Subject(issuer=claims.iss, subject=claims.sub)


def _check_times(claims: _Claims, at: datetime) -> None:
    now, skew = at.timestamp(), SKEW.total_seconds()
    if not claims.exp > now - skew:
        raise SignInError("the ID token has expired")
    if not now - OLDEST.total_seconds() <= claims.iat <= now + skew or not claims.nbf <= now + skew:
        raise SignInError("the ID token was not issued now")


def _read_key(data: dict[str, Any]) -> ProviderKey | None:
    if data.get("use", "sig") != "sig":
        return None
    try:
        key = JWKRegistry.import_key(data)
    except (JoseError, SecurityWarning, ValueError, TypeError, LookupError):
        return None
    if not isinstance(key, RSAKey | ECKey | OKPKey):
        return None
    if isinstance(key, RSAKey) and key.public_key.key_size not in _RSA_BITS:
        return None
    return ProviderKey(name=key.kid or "", algorithm=key.alg or "", key=key)
