"""One request: its body within bounds, who sent it, and whether a page of ours did."""

from __future__ import annotations

from enum import StrEnum
from http.cookies import CookieError, SimpleCookie
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from starlette.formparsers import MultiPartException, MultiPartParser

from rootwarden.breakglass.identity.forgery import check_origin
from rootwarden.breakglass.identity.refusals import SessionError
from rootwarden.breakglass.identity.sessions import COOKIE, require_signer
from rootwarden.errors import InputError
from rootwarden.web.problem import HttpError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from datetime import datetime

    from starlette.requests import Request

    from rootwarden.breakglass.core.people import Role
    from rootwarden.breakglass.core.state import State
    from rootwarden.breakglass.identity.peer import Peer
    from rootwarden.breakglass.identity.sessions import Session
    from rootwarden.web.house import House

# Below a megabyte, so that an upload stays in memory: a picture of a seed must not touch a disk.
LONGEST_BODY: Final = 1_000_000
_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_NOBODY: Final = IPv4Address("0.0.0.0")  # noqa: S104 - where an address is not known, all share this one
_BEARER: Final = "bearer "
_MOST_FIELDS: Final = 400
_WITH_FILES: Final = "multipart/form-data"


class Access(StrEnum):
    """Who may ask."""

    ANYBODY = "anybody"
    SIGNED_IN = "signed-in"
    # With their own key, and not through a provider.
    SIGNER = "signer"


class Call:
    """A request that was read.

    Args:
        house: What it is answered with.
        request: As Starlette has it.
        body: All of it.
    """

    def __init__(self, house: House, request: Request, body: bytes) -> None:
        self.house, self.request, self.body = house, request, body
        self.at: datetime = house.wall()
        self.session: Session | None = None
        self.parts: dict[str, list[str]] | None = None
        self.files: dict[str, bytes] = {}
        self.bearer = False
        self.set_cookies: list[str] = []
        self.renews = True

    @property
    def who(self) -> str:
        """Who is signed in.

        Raises:
            SessionError: Nobody is.
        """
        return self.signed_in.person

    @property
    def signed_in(self) -> Session:
        """The session.

        Raises:
            SessionError: There is none.
        """
        if self.session is None:
            raise SessionError
        return self.session

    @property
    def reads(self) -> bool:
        """Whether it only reads."""
        return self.request.method in _READS

    @property
    def peer(self) -> Peer | None:
        """Who is at the other end."""
        peer: Peer | None = getattr(self.request.state, "peer", None)
        return peer

    def roles(self, state: State) -> frozenset[Role]:
        """Roles of who is signed in, counted or not yet."""
        standing = state.people.get(self.who)
        return frozenset(standing.person.roles) if standing else frozenset()

    def path(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    def number(self, name: str, default: int) -> int:
        """A whole number of the query.

        Raises:
            InputError: It is none.
        """
        text = self.request.query_params.get(name, str(default))
        if not (text.isascii() and text.isdigit() and len(text) <= len("9007199254740991")):
            raise InputError(f"`{name}` is no whole number")
        return int(text)

    def cookie(self, name: str) -> str:
        """A cookie, or nothing."""
        try:
            jar: SimpleCookie = SimpleCookie("; ".join(self.request.headers.getlist("cookie")))
        except CookieError:
            return ""
        return jar[name].value if name in jar else ""

    def form(self) -> dict[str, list[str]]:
        """The fields of a form.

        Raises:
            InputError: It is none, or has too many fields.
        """
        if self.parts is not None:
            return self.parts
        try:
            pairs = parse_qsl(self.body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
        except ValueError as error:
            raise InputError("the form cannot be read") from error
        self.parts = {}
        for name, value in pairs:
            self.parts.setdefault(name, []).append(value)
        return self.parts

    def enter(self, access: Access) -> None:
        """Find out who asks, and let them in or not.

        Raises:
            SessionError: They are not signed in, or not in the way this needs.
            ForgeryError: Another page made the browser ask.
            TooManyError: They ask too often.
        """
        if access is Access.ANYBODY:
            return
        self.session = self._session()
        if access is Access.SIGNER:
            require_signer(self.session)
        if not self.bearer:
            self.check_origin()
        if not self.reads:
            self.house.limits.act(self.session.person, now=self.house.tick())

    def check_origin(self) -> None:
        """Let only pages of ours change something.

        Raises:
            ForgeryError: It was another one.
        """
        check_origin(self.request.method, self.request.scope["headers"], self.house.party.origins)

    def try_sign_in(self) -> None:
        """Count an attempt to sign in, against the network it comes from.

        Raises:
            TooManyError: There were too many.
        """
        peer = self.peer
        source = peer.address if peer is not None and peer.address is not None else _NOBODY
        self.house.limits.try_sign_in(source, now=self.house.tick())

    def begin(self, session: Session) -> None:
        """Somebody signed in: the answer carries their session."""
        self.session = session

    def token(self) -> str:
        """The session as text, for a client that keeps no cookies."""
        header = self.house.sessions.set_cookie(self.signed_in, at=self.at)
        return header.partition("=")[2].partition(";")[0]

    def _session(self) -> Session:
        said = self.request.headers.getlist("authorization")
        self.bearer = len(said) == 1 and said[0].lower().startswith(_BEARER)
        text = said[0][len(_BEARER) :].strip() if self.bearer else self.cookie(COOKIE)
        if not text:
            raise SessionError
        state = self.house.broker.state()
        session = self.house.sessions.read(text, at=self.at, epoch=state.epoch)
        standing = state.people.get(session.person)
        if standing is None or standing.suspended:
            raise SessionError
        return session


async def read_call(house: House, request: Request) -> Call:
    """Read a request, and take a form with files in it apart; files stay in memory.

    Raises:
        HttpError: Its body is too long.
        InputError: It is a form that cannot be read.
    """
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_BODY:
            raise HttpError(413, f"the request has more than {LONGEST_BODY:,} bytes")
    call = Call(house, request, bytes(body))
    if request.headers.get("content-type", "").lower().startswith(_WITH_FILES):
        await _take_apart(call)
    return call


async def _take_apart(call: Call) -> None:
    """Fields and files of `multipart/form-data` (RFC 7578)."""

    async def once() -> AsyncGenerator[bytes, None]:
        yield call.body

    parser = MultiPartParser(
        call.request.headers, once(), max_files=1, max_fields=_MOST_FIELDS, max_part_size=LONGEST_BODY
    )
    # Above what a body may have: nothing is spooled to a disk.
    parser.spool_max_size = 2 * LONGEST_BODY
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, ValueError) as error:
        raise InputError("the form cannot be read") from error
    call.parts = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            call.parts.setdefault(name, []).append(value)
        else:
            call.files[name] = await value.read()
    await form.close()
