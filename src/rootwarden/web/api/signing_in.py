"""Endpoints to sign in and out: passkeys for browsers, Ed25519 keys for the command line, a provider to look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from rootwarden.breakglass.core import strict_base64
from rootwarden.breakglass.core.authenticator import Authenticator
from rootwarden.breakglass.core.entry import SignedIn
from rootwarden.breakglass.identity.browser import challenge_of
from rootwarden.breakglass.identity.lookup import holders_of
from rootwarden.facts.instant import Instant
from rootwarden.web.api.endpoint import Endpoint, json_response
from rootwarden.web.call import Access

if TYPE_CHECKING:
    from starlette.responses import Response

    from rootwarden.breakglass.identity.sessions import Method
    from rootwarden.web.call import Call


class OfferView(msgspec.Struct, frozen=True, kw_only=True):
    """Something to sign.

    Attributes:
        token: To be handed back with the answer.
        message: What is signed: canonical JSON, byte for byte.
        challenge: Its SHA-256, in Base64url: what a passkey signs.
        expires: Until when.
    """

    token: str
    message: str
    challenge: str
    expires: Instant


class AnswerBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The answer to an offer; with `bearer` the session comes as text, for a client that keeps no cookies."""

    token: str
    authenticator: Authenticator
    bearer: bool = False


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody is signed in; `session` is what to send as `Authorization: Bearer …`, where it was asked for."""

    person: str
    method: str
    session: str = ""


def offer(call: Call, _body: Any = None) -> OfferView:
    """Something to sign, for whoever asks.

    Raises:
        TooManyError: They ask too often.
    """
    call.try_sign_in()
    made = call.house.sign_in.offer(at=call.at)
    return OfferView(
        token=made.token,
        message=made.statement.decode(),
        challenge=strict_base64.encode_url(challenge_of(made.statement)),
        expires=made.expires_at,
    )


def accept(call: Call, body: AnswerBody) -> Arrived:
    """Let somebody in who signed an offer.

    Raises:
        SignInError: It does not hold.
        ForgeryError: A cookie is asked for by a page that is not ours.
    """
    call.try_sign_in()
    call.bearer = body.bearer
    if not body.bearer:
        call.check_origin()
    house = call.house
    arrival = house.broker.look(
        lambda state: house.sign_in.accept(
            body.token, body.authenticator, lambda one: holders_of(state, one, at=call.at), at=call.at
        )
    )
    arrive(call, arrival.person, arrival.method)
    return Arrived(person=arrival.person, method=arrival.method.value, session=call.token() if body.bearer else "")


def arrive(call: Call, person: str, method: Method) -> None:
    """Begin the session of somebody who showed who they are, once the log says so.

    Raises:
        Refused: The log does not take it.
        StoreError: The database cannot.
    """
    house = call.house
    if not house.broker.sealed:
        house.broker.look(
            lambda _state: house.broker.say(SignedIn(at=house.broker.now(), actor=person, method=method.value))
        )
    call.begin(house.sessions.begin(person, method, at=call.at, epoch=house.broker.state().epoch))


def leave(call: Call, _body: Any = None) -> Response:
    """End the session."""
    call.house.sessions.end(call.signed_in)
    call.renews = False
    call.set_cookies.append(call.house.sessions.clear_cookie())
    return json_response({})


def _me(call: Call, _body: None) -> Arrived:
    session = call.signed_in
    return Arrived(person=session.person, method=session.method.value)


SIGNING_IN: tuple[Endpoint, ...] = (
    Endpoint("POST", "/sign-in/offers", "Something to sign, to sign in with", offer, OfferView, access=Access.ANYBODY),
    Endpoint("POST", "/sign-in", "Sign in with the signed offer", accept, Arrived, AnswerBody, Access.ANYBODY),
    Endpoint("GET", "/session", "Whose session this is; the answer renews it", _me, Arrived),
    Endpoint("POST", "/sign-out", "End the session", leave, dict[str, str]),
)
