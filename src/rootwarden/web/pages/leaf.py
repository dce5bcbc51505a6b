"""One page as data, and how any of them is answered."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.routing import Route

from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.identity.forgery import FIELD
from rootwarden.breakglass.identity.refusals import SessionError
from rootwarden.errors import RootwardenError
from rootwarden.web.call import Access, Call, read_call
from rootwarden.web.pages.paper import page, see_other
from rootwarden.web.problem import bug, problem_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from rootwarden.web.house import House

_OURS: Final = re.compile(r"/[A-Za-z0-9/_-]{0,200}")


class Leaf(NamedTuple):
    """A page, or what a form does.

    Attributes:
        method: Of HTTP.
        path: With `{name}` for its parts.
        handle: Answers; it runs in a thread of its own.
        access: Who may ask.
    """

    method: str
    path: str
    handle: Callable[[Call], Response]
    access: Access = Access.SIGNED_IN


def route_of(leaf: Leaf, house: House) -> Route:
    """The route of a page."""

    async def answer(request: Request) -> Response:
        try:
            call = await read_call(house, request)
            return await run_in_threadpool(_answered, leaf, call)
        except RootwardenError as error:
            return sorry(Call(house, request, b""), error)
        except Exception as error:  # noqa: BLE001 - told as a bug, and without what it says
            return sorry(Call(house, request, b""), bug(error))

    return Route(leaf.path, answer, methods=[leaf.method], name=f"{leaf.method} {leaf.path}")


def field(form: dict[str, list[str]], name: str) -> str:
    """A field of a form, without white space around it; nothing when it is not there."""
    return form.get(name, [""])[0].strip()


def checked(form: dict[str, list[str]], name: str) -> bool:
    """Whether a box was ticked."""
    return bool(form.get(name))


def go_on(path: str) -> str:
    """Where a sign-in leads: a page of ours, or home."""
    return path if _OURS.fullmatch(path) and not path.startswith("//") else "/"


def sorry(call: Call, error: RootwardenError) -> Response:
    """An error as a page."""
    problem = problem_of(error)
    back = go_on(call.request.query_params.get("back", "/"))
    return page(call, "sorry", status=problem.status, problem=problem, back=back)


def _answered(leaf: Leaf, call: Call) -> Response:
    try:
        call.enter(leaf.access)
        if leaf.access is not Access.ANYBODY and not call.reads:
            # Each form holds the token of this session and this path.
            call.house.forms.check(field(call.form(), FIELD), call.signed_in, call.request.url.path)
        response = leaf.handle(call)
    except SessionError as error:
        if call.reads and call.session is None:
            response = see_other(f"/sign-in?next={go_on(call.request.url.path)}")
        else:
            response = sorry(call, error)
    except RootwardenError as error:
        if isinstance(error, Refused) and call.session is not None and not call.reads:
            call.house.attempts.note(call.who, f"{leaf.method} {leaf.path}", error.step)
        response = sorry(call, error)
    if call.session is not None and call.renews:
        response.headers.append("set-cookie", call.house.sessions.set_cookie(call.session, at=call.at))
    for cookie in call.set_cookies:
        response.headers.append("set-cookie", cookie)
    return response
