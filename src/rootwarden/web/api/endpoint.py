"""One endpoint as data, and how any of them is answered."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from rootwarden.breakglass.core.entry import SYSTEM
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.identity.refusals import SignInError
from rootwarden.errors import RootwardenError
from rootwarden.web.call import Access, read_call
from rootwarden.web.problem import HttpError, bug, problem_response

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from rootwarden.web.call import Call
    from rootwarden.web.house import House

PREFIX = "/api/v1"
JSON = "application/json"
# Where a client without cookies finds its session, renewed, on every answer.
SESSION_HEADER = "rootwarden-session"


class Endpoint(NamedTuple):
    """What is asked how, of whom, and what is answered.

    Attributes:
        method: Of HTTP.
        path: Below `/api/v1`, with `{name}` for its parts.
        summary: What it is for, in one line.
        handle: Answers; it runs in a thread of its own.
        gives: Type of the answer; `None` where `handle` makes a response itself.
        takes: Type of the body, if there is one.
        access: Who may ask.
        query: Names of whole numbers in the query, with their defaults.
        media: Kind of the answer where it is not JSON.
    """

    method: str
    path: str
    summary: str
    handle: Callable[[Call, Any], Any]
    gives: Any
    takes: Any = None
    access: Access = Access.SIGNED_IN
    query: tuple[tuple[str, int], ...] = ()
    media: str = JSON


def route_of(endpoint: Endpoint, house: House) -> Route:
    """The route of an endpoint."""

    async def answer(request: Request) -> Response:
        try:
            call = await read_call(house, request)
            return await run_in_threadpool(_answered, endpoint, call)
        except RootwardenError as error:
            return problem_response(error)
        except Exception as error:  # noqa: BLE001 - told as a bug, and without what it says
            return problem_response(bug(error))

    return Route(PREFIX + endpoint.path, answer, methods=[endpoint.method], name=f"{endpoint.method} {endpoint.path}")


def json_response(value: Any, status: int = HTTPStatus.OK) -> Response:
    """A value as JSON."""
    return Response(msgspec.json.encode(value), status, media_type=JSON)


def _answered(endpoint: Endpoint, call: Call) -> Response:
    call.enter(endpoint.access)
    body = _decoded(endpoint, call) if endpoint.takes is not None else None
    try:
        given = endpoint.handle(call, body)
    except Refused as error:
        if call.session is not None and not call.reads:
            call.house.attempts.note(call.who, f"{endpoint.method} {endpoint.path}", error.step)
        raise
    except SignInError:
        # Of whom, nobody knows; how often is what the log is told.
        call.house.attempts.note(SYSTEM, f"{endpoint.method} {endpoint.path}", "sign-in")
        raise
    response = given if isinstance(given, Response) else json_response(given)
    if call.session is not None and call.renews:
        if call.bearer:
            response.headers[SESSION_HEADER] = call.token()
        else:
            response.headers.append("set-cookie", call.house.sessions.set_cookie(call.session, at=call.at))
    for cookie in call.set_cookies:
        response.headers.append("set-cookie", cookie)
    return response


def _decoded(endpoint: Endpoint, call: Call) -> Any:
    # A form of another site can send text, never this: it would have to ask first (CORS), and is told nothing.
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != JSON:
        raise HttpError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"the body is not `{JSON}`")
    try:
        return msgspec.json.decode(call.body, type=endpoint.takes)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise HttpError(HTTPStatus.BAD_REQUEST, f"the body is not what this takes: {error}") from error
