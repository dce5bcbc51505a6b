"""Sign in and out; a provider opens pages only."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from rootwarden.breakglass.core.authenticator import Signature
from rootwarden.breakglass.core.entry import SYSTEM
from rootwarden.breakglass.core.public_key import UnverifiedError
from rootwarden.breakglass.identity import oidc
from rootwarden.breakglass.identity.browser import read_assertion
from rootwarden.breakglass.identity.lookup import person_known_as
from rootwarden.breakglass.identity.refusals import SignInError
from rootwarden.breakglass.identity.sessions import Method
from rootwarden.errors import InputError, RootwardenError
from rootwarden.web.api.signing_in import AnswerBody, accept, arrive, offer
from rootwarden.web.call import Access, Call
from rootwarden.web.pages.leaf import Leaf, field, go_on, sorry
from rootwarden.web.pages.paper import page, see_other
from rootwarden.web.problem import problem_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from rootwarden.breakglass.core.authenticator import Authenticator
    from rootwarden.web.house import House


def read_authenticator(form: dict[str, list[str]]) -> Authenticator:
    """What a form of ours brings as a signature: a passkey's, or an Ed25519 key's in two fields.

    Raises:
        InputError: It is neither.
    """
    credential = field(form, "credential")
    if credential:
        return read_assertion(credential.encode())
    key, signature = field(form, "key"), "".join(field(form, "signature").split())
    try:
        return msgspec.convert({"kind": "ed25519", "key": key, "signature": signature}, Signature)
    except msgspec.ValidationError as error:
        raise InputError("the signature cannot be read", hint="paste the one line of Base64") from error


def _form(call: Call, *, status: int = 200, error: RootwardenError | None = None) -> Response:
    made = offer(call)
    onward = go_on(field(call.form(), "next") if not call.reads else call.request.query_params.get("next", "/"))
    return page(
        call,
        "sign_in",
        status=status,
        offer=made,
        next=onward,
        error=problem_of(error) if error else None,
        provider=call.house.oidc is not None,
    )


def _sign_in(call: Call) -> Response:
    form = call.form()
    try:
        accept(call, AnswerBody(token=field(form, "token"), authenticator=read_authenticator(form)))
    except (SignInError, InputError, UnverifiedError) as error:
        if isinstance(error, SignInError):
            refused_sign_in(call)
        return _form(call, status=401, error=error)
    return see_other(go_on(field(form, "next")))


def refused_sign_in(call: Call) -> None:
    """Of whom, nobody knows; how often is what the log is told."""
    call.house.attempts.note(SYSTEM, f"{call.request.method} {call.request.url.path}", "sign-in")


def _sign_out(call: Call) -> Response:
    call.house.sessions.end(call.signed_in)
    call.renews = False
    call.set_cookies.append(call.house.sessions.clear_cookie())
    return see_other("/sign-in")


SIGNING_IN: tuple[Leaf, ...] = (
    Leaf("GET", "/sign-in", _form, Access.ANYBODY),
    Leaf("POST", "/sign-in", _sign_in, Access.ANYBODY),
    Leaf("POST", "/sign-out", _sign_out),
)


def provider_routes(house: House) -> tuple[Route, ...]:
    """The two steps of OpenID Connect; they talk to the provider, so they do not take a thread."""
    if house.oidc is None:
        return ()
    provider = house.oidc

    async def start(request: Request) -> Response:
        call = Call(house, request, b"")
        try:
            call.try_sign_in()
            begun = await provider.start(at=call.at)
        except RootwardenError as error:
            return sorry(call, error)
        return Response(
            status_code=303, headers={"location": quote(begun.url, safe=_URL), "set-cookie": begun.set_cookie}
        )

    async def callback(request: Request) -> Response:
        call = Call(house, request, b"")
        state = house.broker.state()
        try:
            call.try_sign_in()
            person = await provider.finish(
                request.url.query, call.cookie(oidc.COOKIE), lambda one: person_known_as(state, one), at=call.at
            )
            await run_in_threadpool(arrive, call, person, Method.OIDC)
        except RootwardenError as error:
            if isinstance(error, SignInError):
                refused_sign_in(call)
            response = sorry(call, error)
        else:
            # Not a redirect: the browser comes from the provider's page, and would leave a strict cookie out.
            response = page(call, "arrived")
            response.headers.append("set-cookie", house.sessions.set_cookie(call.signed_in, at=call.at))
        response.headers.append("set-cookie", oidc.forget_cookie())
        return response

    return (Route("/sign-in/provider", start), Route("/sign-in/provider/callback", callback))


_URL = "%/:=&?~#+!$,;'@()*[]"
