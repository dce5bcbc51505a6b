"""The page everything is signed on: what is signed, word for word, and two ways to sign it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.breakglass.broker import people_views, views
from rootwarden.breakglass.broker.seeing import Unseen
from rootwarden.breakglass.core.request import Request, digest_of
from rootwarden.breakglass.core.state import Filed
from rootwarden.web import signing
from rootwarden.web.call import Access
from rootwarden.web.pages.leaf import Leaf
from rootwarden.web.pages.paper import page, see_other
from rootwarden.web.pages.signing_in import read_authenticator

if TYPE_CHECKING:
    from starlette.responses import Response

    from rootwarden.breakglass.broker.wishes import AnyWish
    from rootwarden.breakglass.core.state import State
    from rootwarden.web.call import Call
    from rootwarden.web.problem import Problem

PHRASES: Final = "__Host-rootwarden-phrases"
_PHRASES_LIVE: Final = timedelta(hours=24)
_MOST_PHRASES: Final = 8


class Phrases(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The phrases of somebody's requests, in their own browser: the log and its database have digests only."""

    person: str
    phrases: dict[str, str]


def to_sign(call: Call, wish: AnyWish) -> Response:
    """Prepare what somebody wishes for, and go to the page where it is signed.

    Raises:
        Refused: It would not be allowed.
    """
    made = signing.prepare(call.house, call.signed_in, wish)
    return see_other(f"/drafts/{made.id}")


def phrase_of(call: Call, request: str) -> str:
    """The phrase of a request this browser filed."""
    return _phrases(call).get(request, "")


def _phrases(call: Call) -> dict[str, str]:
    kept = call.house.phrases.open(call.cookie(PHRASES), Phrases)
    return kept.phrases if kept is not None and kept.person == call.who else {}


def _draft(call: Call) -> Response:
    draft = signing.view_draft(call.house, call.path("id"), call.who)
    about = call.house.broker.look(lambda state: _about(state, draft, call))
    return page(call, "draft", draft=draft, about=about)


def _about(state: State, draft: signing.DraftView, call: Call) -> dict[str, object]:
    """The things a draft is about, for the page to show them whole."""
    about: dict[str, object] = dict.fromkeys(("request", "lease", "opening"))
    if draft.kind == "request-filed":
        request = msgspec.convert(draft.fields["request"], Request)
        filed = Filed(request=request, digest=digest_of(request), index=state.size, at=call.at)
        about["request"] = views.view_request(state, filed, call.who, call.at)
    for name, view in (("request", views.request_of), ("lease", views.lease_of), ("opening", views.opening_of)):
        value = draft.fields.get(name)
        if isinstance(value, str):
            try:
                about[name] = view(state, call.who, value, call.at)
            except Unseen:
                continue
    proposal = draft.fields.get("proposal")
    found = (one for one in people_views.proposals_of(state, call.who, call.at) if one.id == proposal)
    about["proposal"] = next(found, None)
    return about


def _sign(call: Call) -> Response:
    name = call.path("id")
    draft = signing.view_draft(call.house, name, call.who)
    signed = signing.sign(call.house, call.signed_in, name, read_authenticator(call.form()))
    if draft.phrase:
        _keep_phrase(call, signed.names.get("request", ""), draft.phrase)
    if signed.position is None:
        return see_other(f"/drafts/{name}")
    # The page of a code says itself when it has not begun, or cannot leave.
    trouble = None if signed.kind == "code-released" else signed.trouble
    return onward(call, _next(signed), trouble)


def onward(call: Call, path: str, trouble: Problem | None) -> Response:
    """Go on; where something could not be done after an entry was written, say that first."""
    if trouble is None:
        return see_other(path)
    return page(call, "trouble", trouble=trouble, path=path)


def _keep_phrase(call: Call, request: str, phrase: str) -> None:
    kept = dict([*_phrases(call).items(), (request, phrase)][-_MOST_PHRASES:])
    value = call.house.phrases.close(Phrases(call.who, kept))
    age = int(_PHRASES_LIVE.total_seconds())
    call.set_cookies.append(f"{PHRASES}={value}; Path=/; Max-Age={age}; Secure; HttpOnly; SameSite=Strict")


def _next(signed: signing.Signed) -> str:
    names = signed.names
    pages = {
        "request-filed": f"/requests/{names.get('request')}",
        "approval-given": f"/requests/{names.get('request')}",
        "request-denied": f"/requests/{names.get('request')}",
        "code-released": f"/leases/{names.get('lease')}/code",
        "password-released": f"/leases/{names.get('lease')}/password",
        "enrolment-served": f"/leases/{names.get('lease')}/enrolment",
        "enrolment-proven": f"/leases/{names.get('lease')}/enrolment",
        "task-session-released": f"/leases/{names.get('lease')}",
        "checked-in": f"/leases/{names.get('lease')}",
        "duty-accepted": f"/leases/{names.get('lease')}",
        "export-released": f"/leases/{names.get('lease')}",
        "record-sealed": f"/leases/{names.get('lease')}/enrolment",
        "request-reported": f"/requests/{names.get('request')}",
        "person-suspended": "/people",
        "share-given": f"/openings/{names.get('opening')}",
        "key-offered": "/me",
        "change-proposed": "/people",
        "change-seconded": "/people",
    }
    return pages.get(signed.kind, "/")


DRAFTS: tuple[Leaf, ...] = (
    Leaf("GET", "/drafts/{id}", _draft, Access.SIGNER),
    Leaf("POST", "/drafts/{id}", _sign, Access.SIGNER),
)
