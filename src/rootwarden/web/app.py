"""The whole application: routes of both doors, strict headers around them."""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from rootwarden.breakglass.identity.headers import StrictHeaders
from rootwarden.errors import RootwardenError
from rootwarden.web.api.document import openapi
from rootwarden.web.api.drilling import DRILLING
from rootwarden.web.api.endpoint import JSON, PREFIX
from rootwarden.web.api.endpoint import route_of as api_route
from rootwarden.web.api.reading import READING
from rootwarden.web.api.signing_in import SIGNING_IN as API_SIGNING_IN
from rootwarden.web.api.together import TOGETHER
from rootwarden.web.api.writing import WRITING
from rootwarden.web.call import Access, Call
from rootwarden.web.pages.audit import AUDIT
from rootwarden.web.pages.checking_in import CHECKING_IN
from rootwarden.web.pages.custody import CUSTODY
from rootwarden.web.pages.drafts import DRAFTS
from rootwarden.web.pages.drilling import DRILLS
from rootwarden.web.pages.enrolment import ENROLMENT
from rootwarden.web.pages.founding import FOUNDING
from rootwarden.web.pages.home import HOME
from rootwarden.web.pages.leaf import route_of as page_route
from rootwarden.web.pages.leaf import sorry
from rootwarden.web.pages.leases import LEASE_ACTS, LEASES
from rootwarden.web.pages.people import PEOPLE
from rootwarden.web.pages.requests import REQUESTS
from rootwarden.web.pages.signing_in import SIGNING_IN, provider_routes
from rootwarden.web.pages.together import TOGETHER as TOGETHER_PAGES
from rootwarden.web.problem import HttpError, bug, problem_response

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from starlette.requests import Request

    from rootwarden.web.house import House

ENDPOINTS: Final = (*API_SIGNING_IN, *WRITING, *DRILLING, *TOGETHER, *READING)
PAGES: Final = (
    *HOME,
    *SIGNING_IN,
    *FOUNDING,
    *REQUESTS,
    *DRAFTS,
    *LEASES,
    *ENROLMENT,
    *CHECKING_IN,
    *LEASE_ACTS,
    *CUSTODY,
    *PEOPLE,
    *AUDIT,
    *DRILLS,
    *TOGETHER_PAGES,
)


def build(house: House, before: Sequence[Route] = ()) -> StrictHeaders:
    """The application, for any ASGI server; uvicorn with `proxy_headers=False`.

    Args:
        house: What it answers with.
        before: Routes that go before all others: the demonstration's.
    """
    document = msgspec.json.encode(openapi(ENDPOINTS))

    async def described(_request: Request) -> Response:
        return Response(document, media_type=JSON)

    routes = [
        *before,
        Route(f"{PREFIX}/openapi.json", described, methods=["GET"]),
        *(api_route(each, house) for each in ENDPOINTS),
        *(page_route(each, house) for each in PAGES),
        *provider_routes(house),
    ]

    def failed(request: Request, error: Exception) -> Response:
        return _failed(house, request, error)

    @asynccontextmanager
    async def until_the_end(_application: Starlette) -> AsyncIterator[None]:
        yield
        # Refused attempts that were only counted are written before the process goes.
        await run_in_threadpool(house.attempts.flush)

    handlers = {HTTPException: failed, Exception: failed}
    application = Starlette(routes=routes, exception_handlers=handlers, lifespan=until_the_end)
    application.router.redirect_slashes = False
    return StrictHeaders(application, hosts=house.place.hosts, tls=house.place.tls, proxies=house.place.proxies)


def _failed(house: House, request: Request, error: Exception) -> Response:
    """No such page, another method, or a bug outside of any page."""
    if isinstance(error, HTTPException):
        what = "there is no such page" if error.status_code == _NOT_THERE else "this is not done here"
        told = HttpError(error.status_code, what)
    else:
        told = bug(error)
    if request.url.path.startswith("/api/"):
        return problem_response(told)
    call = Call(house, request, b"")
    with suppress(RootwardenError):
        call.enter(Access.SIGNED_IN)
    return sorry(call, told)


_NOT_THERE: Final = 404
