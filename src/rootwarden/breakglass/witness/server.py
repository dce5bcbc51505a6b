"""The witness over HTTP: three paths, a bearer token, everything bounded.

`POST /v1/heads` takes an offer, `GET /v1/logs/NAME` says what is remembered, `GET /v1/alive` says no more than that.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Route

from rootwarden.breakglass.witness.memory import Memory
from rootwarden.breakglass.witness.messages import MOST_BYTES, Refused, parse_offer
from rootwarden.breakglass.witness.witness import Witness
from rootwarden.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from starlette.requests import Request

    from rootwarden.alert.secret import Secret
    from rootwarden.breakglass.witness.messages import Answer

BODY_SECONDS: Final = 5.0
# A log that offers a head every half minute, also when nothing was written, keeps its connection.
KEPT_SECONDS: Final = 75
MOST_AT_ONCE: Final = 64
SHORTEST_TOKEN: Final = 20
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_LARGEST_KEY: Final = 64 * 1024


class Listening(msgspec.Struct, frozen=True, kw_only=True):
    """Where a witness listens.

    Attributes:
        host: Address to bind.
        port: Port; 0 takes a free one.
        certificate: Path of a PEM chain; required beside loopback.
        certificate_key: Path of its private key.
    """

    host: str = "127.0.0.1"
    port: int = 8443
    certificate: str = ""
    certificate_key: str = ""


def application(witness: Witness, *, token: Secret, body_seconds: float = BODY_SECONDS) -> Starlette:
    """The witness as an ASGI application.

    Args:
        witness: Answers.
        token: What a log must say to be heard; at least 20 letters.
        body_seconds: How long an offer may take to arrive.

    Raises:
        UsageError: The token is too short to mean anything.
    """
    if len(token.reveal()) < SHORTEST_TOKEN:
        hint = "`openssl rand -hex 32` makes one"
        raise UsageError(f"the token of the witness is shorter than {SHORTEST_TOKEN} letters", hint=hint)
    paths = _Paths(witness, token, body_seconds)
    return Starlette(
        routes=[
            Route("/v1/heads", paths.heads, methods=["POST"]),
            Route("/v1/logs/{name:str}", paths.log, methods=["GET"]),
            Route("/v1/alive", paths.alive, methods=["GET"]),
        ]
    )


class _Paths:
    """What each path does."""

    def __init__(self, witness: Witness, token: Secret, body_seconds: float) -> None:
        self._witness = witness
        self._expected = _digest(f"Bearer {token.reveal()}".encode())
        self._body_seconds = body_seconds

    async def heads(self, request: Request) -> Response:
        """An offer, answered."""
        if not self._knows(request):
            return _said(_UNKNOWN)
        try:
            async with asyncio.timeout(self._body_seconds):
                body = await _body(request)
            offer = parse_offer(body)
        except TimeoutError:
            return _said(Refused(reason="the offer did not arrive in time", code=408))
        except ClientDisconnect:
            return _said(Refused(reason="the offer was broken off", code=400))
        except InputError as error:
            return _said(Refused(reason=error.message, code=400))
        return _said(await run_in_threadpool(self._witness.offer, offer))

    async def log(self, request: Request) -> Response:
        """What is remembered of a log."""
        if not self._knows(request):
            return _said(_UNKNOWN)
        return _said(await run_in_threadpool(self._witness.seen, request.path_params["name"]))

    async def alive(self, _: Request) -> Response:
        """That it runs."""
        return Response(status_code=204)

    def _knows(self, request: Request) -> bool:
        given = request.headers.get("authorization", "").encode("utf-8", "surrogateescape")
        return hmac.compare_digest(_digest(given), self._expected)


def server_of(app: Starlette, listening: Listening) -> uvicorn.Server:
    """A server that is ready to `run`.

    Raises:
        UsageError: It would send the token in the clear.
    """
    if listening.host not in _LOOPBACK and not listening.certificate:
        raise UsageError(
            f"a witness on `{listening.host}` needs a certificate", hint="without one, listen on 127.0.0.1 only"
        )
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=listening.host,
            port=listening.port,
            ssl_certfile=listening.certificate or None,
            ssl_keyfile=listening.certificate_key or None,
            limit_concurrency=MOST_AT_ONCE,
            timeout_keep_alive=KEPT_SECONDS,
            timeout_graceful_shutdown=5,
            h11_max_incomplete_event_size=16 * 1024,
            http="h11",
            ws="none",
            lifespan="off",
            server_header=False,
            date_header=False,
            log_level="warning",
            access_log=False,
        )
    )


def run_witness(
    *, name: str, folder: Path, key_file: Path, token: Secret, listening: Listening, tell: Callable[[str], None]
) -> None:
    """Be a witness until a signal ends it: what the command of the same name does.

    Args:
        name: The witness's own name.
        folder: Its memory; logs are registered with `Memory.register`.
        key_file: Its Ed25519 private key, PEM without a passphrase, mode 0600.
        token: What logs say to be heard.
        listening: Where.
        tell: Says a line on the console.

    Raises:
        UsageError, InputError, StoreError: It cannot start.
    """
    with Memory(folder) as memory:
        if not memory.logs():
            raise UsageError(f"no log is registered in `{folder}`", hint="register the log with its public key first")
        witness = Witness(memory, name=name, key=read_private_key(key_file), clock=_now)
        server = server_of(application(witness, token=token), listening)
        scheme = "https" if listening.certificate else "http"
        watched = ", ".join(f"`{log}`" for log in memory.logs())
        # uvicorn raises the signal that ended it once more: this lets the folder be given back first.
        signal.signal(signal.SIGTERM, _leave)
        tell(f"witness `{name}` watches {watched} at {scheme}://{listening.host}:{listening.port}")
        server.run()


def _leave(_number: int, _frame: object) -> None:
    raise SystemExit(0)


def read_private_key(path: Path) -> Ed25519PrivateKey:
    """The key of a witness.

    Raises:
        InputError: It cannot be read, is open to others, or is no Ed25519 key.
    """
    try:
        with path.open("rb") as opened:
            mode = path.stat().st_mode
            key = load_pem_private_key(opened.read(_LARGEST_KEY), password=None)
    except OSError as error:
        raise InputError(f"`{path}` cannot be read: {error.strerror}", hint="is it there, and yours?") from error
    except (ValueError, TypeError) as error:
        hint = "`openssl genpkey -algorithm ed25519` makes one"
        raise InputError(f"`{path}` is no private key without a passphrase", hint=hint) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError(f"the key in `{path}` is not Ed25519", hint="`openssl genpkey -algorithm ed25519` makes one")
    if mode & 0o077:
        raise InputError(f"`{path}` is open to other users", hint=f"chmod 600 {path}")
    return key


_UNKNOWN: Final = Refused(reason="the token is not known", code=401)


async def _body(request: Request) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BYTES:
            raise InputError(f"the offer is larger than {MOST_BYTES} bytes")
        parts.append(part)
    return b"".join(parts)


def _said(answer: Answer) -> Response:
    status = answer.code if isinstance(answer, Refused) else answer.status
    return Response(msgspec.json.encode(answer), status_code=status, media_type="application/json")


def _digest(text: bytes) -> bytes:
    return hashlib.sha256(text).digest()


def _now() -> datetime:
    return datetime.now(tz=UTC)
