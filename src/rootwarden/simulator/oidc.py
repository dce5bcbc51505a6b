"""An OpenID Connect provider on loopback: real HTTP, real signatures, and knobs for what a false or broken one does.

It knows one client and lets everybody in whose name stands in `login_hint`, or in `subject`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote_plus, urlencode

import msgspec
from joserfc import jwt
from joserfc.jwk import RSAKey

from rootwarden.simulator.http import Fault, Reply

if TYPE_CHECKING:
    from rootwarden.simulator.http import Request

JSON = "application/json"


class Knobs(msgspec.Struct, kw_only=True):
    """What goes wrong, on purpose.

    Attributes:
        claims: Claims of the ID token that are changed; `None` leaves one out.
        metadata: The same for what the provider publishes about itself.
        header: The same for the header of the ID token.
        answer: Parameters of the answer to the browser that are changed.
        tokens: Fields of the answer with the token that are changed.
        sign: Signs claims instead of the provider, as an attacker would.
        delay: Seconds every answer takes.
        fault: What happens to every answer on its way.
        status: HTTP status of every answer.
        padding: Bytes that make every answer longer.
    """

    claims: dict[str, Any] = msgspec.field(default_factory=dict)
    metadata: dict[str, Any] = msgspec.field(default_factory=dict)
    header: dict[str, Any] = msgspec.field(default_factory=dict)
    answer: dict[str, str] = msgspec.field(default_factory=dict)
    tokens: dict[str, Any] = msgspec.field(default_factory=dict)
    sign: Callable[[dict[str, Any], dict[str, Any]], str] | None = None
    delay: float = 0.0
    fault: Fault = Fault.NONE
    status: int = 200
    padding: int = 0


class _Grant(msgspec.Struct, frozen=True, kw_only=True):
    subject: str
    nonce: str
    challenge: str
    redirect_uri: str


class OidcProvider:
    """A provider.

    Args:
        client_id: The client it knows.
        client_secret: Its secret; empty for a public client.
        redirect_uri: Where that client may have people sent.
        clock: Seconds since 1970, for what it signs.
        keys: The key it signs with, and those before it; made when not given.
    """

    def __init__(
        self,
        *,
        client_id: str = "rootwarden",
        client_secret: str = "",
        redirect_uri: str = "https://localhost/back",
        clock: Callable[[], float] = time.time,
        keys: list[RSAKey] | None = None,
    ) -> None:
        self.client_id, self.client_secret, self.redirect_uri = client_id, client_secret, redirect_uri
        self.issuer = ""
        self.subject = "ada"
        self.knobs = Knobs()
        self.asked: list[str] = []
        self._clock = clock
        self._grants: dict[str, _Grant] = {}
        self.keys = list(keys or [_new_key()])

    def rotate(self, *, keep: bool = True) -> None:
        """Sign with a new key from now on, and publish those before it or not."""
        self.keys = [_new_key(), *(self.keys if keep else [])]

    def respond(self, request: Request) -> Reply:
        """The answer to one request."""
        self.asked.append(request.path)
        doors: dict[str, Callable[[Request], Reply]] = {
            "/.well-known/openid-configuration": self._published,
            "/keys": lambda _: _json({"keys": [key.as_dict(private=False, use="sig") for key in self.keys]}),
            "/authorize": self._authorize,
            "/token": self._token,
        }
        door = doors.get(request.path)
        reply = door(request) if door else _json({"error": "not_found"}, status=404)
        knobs = self.knobs
        return msgspec.structs.replace(
            reply,
            body=reply.body + b" " * knobs.padding,
            status=knobs.status if knobs.status != 200 else reply.status,  # noqa: PLR2004 - the usual one
            delay=knobs.delay,
            fault=knobs.fault,
        )

    def _published(self, _: Request) -> Reply:
        usual = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "none"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }
        return _json(_changed(usual, self.knobs.metadata))

    def _authorize(self, request: Request) -> Reply:
        asked = _fields(request.query)
        if (asked.get("client_id"), asked.get("redirect_uri")) != (self.client_id, self.redirect_uri):
            return _json({"error": "invalid_request"}, status=400)
        code = secrets.token_urlsafe(16)
        self._grants[code] = _Grant(
            subject=asked.get("login_hint", self.subject),
            nonce=asked.get("nonce", ""),
            challenge=asked.get("code_challenge", ""),
            redirect_uri=asked["redirect_uri"],
        )
        answer = {"code": code, "state": asked.get("state", ""), "iss": self.issuer} | self.knobs.answer
        location = f"{self.redirect_uri}?{urlencode(answer)}"
        return Reply(status=302, content_type="text/plain", body=b"", headers=(("Location", location),))

    def _token(self, request: Request) -> Reply:
        form = _fields(request.body.decode())
        grant = self._grants.pop(form.get("code", ""), None)
        verifier = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if not self._is_client(request, form):
            return _json({"error": "invalid_client"}, status=401)
        if grant is None or grant.challenge != _text(verifier) or grant.redirect_uri != form.get("redirect_uri"):
            return _json({"error": "invalid_grant"}, status=400)
        usual = {"access_token": secrets.token_urlsafe(8), "token_type": "Bearer", "id_token": self._signed(grant)}
        return _json(usual | self.knobs.tokens)

    def _is_client(self, request: Request, form: dict[str, str]) -> bool:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        taken = self.knobs.metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic", "none"])
        if scheme.lower() == "basic":
            if "client_secret_basic" not in taken:
                return False
            name, _, secret = base64.b64decode(given).decode().partition(":")
            return (unquote_plus(name), unquote_plus(secret)) == (self.client_id, self.client_secret)
        return (form.get("client_id"), form.get("client_secret", "")) == (self.client_id, self.client_secret)

    def _signed(self, grant: _Grant) -> str:
        now = int(self._clock())
        usual = {
            "iss": self.issuer,
            "sub": grant.subject,
            "aud": self.client_id,
            "exp": now + 300,
            "iat": now,
            "nonce": grant.nonce,
        }
        claims = _changed(usual, self.knobs.claims)
        header = _changed({"alg": "RS256", "kid": self.keys[0].kid}, self.knobs.header)
        if self.knobs.sign is not None:
            return self.knobs.sign(header, claims)
        return jwt.encode(header, claims, self.keys[0], algorithms=[header["alg"]])


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """A token with the algorithm `none`."""
    return _joined(header | {"alg": "none"}, claims) + "."


def signed_with_public_key(key: RSAKey) -> Callable[[dict[str, Any], dict[str, Any]], str]:
    """Signs with HMAC under the text of the public key: whoever takes any algorithm believes that."""

    def sign(header: dict[str, Any], claims: dict[str, Any]) -> str:
        content = _joined(header | {"alg": "HS256"}, claims)
        return f"{content}.{_text(hmac.digest(key.as_pem(private=False), content.encode(), 'sha256'))}"

    return sign


def _joined(*parts: dict[str, Any]) -> str:
    return ".".join(_text(json.dumps(part).encode()) for part in parts)


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _new_key() -> RSAKey:
    key = RSAKey.generate_key(2048)
    key.ensure_kid()
    return key


def _changed(usual: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (usual | changes).items() if value is not None}


def _fields(text: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(text).items()}


def _json(content: dict[str, Any], *, status: int = 200) -> Reply:
    return Reply(status=status, content_type=JSON, body=json.dumps(content).encode())
