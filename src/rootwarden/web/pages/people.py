"""People and changes: proposed by one administrator, seconded by another; everybody's own keys."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rootwarden.breakglass.broker import people_views, wishes
from rootwarden.breakglass.core.change import Change
from rootwarden.breakglass.core.people import Role
from rootwarden.breakglass.identity import browser, challenges, registration
from rootwarden.errors import InputError
from rootwarden.transparency.canonical import canonical
from rootwarden.web.call import Access
from rootwarden.web.pages.drafts import to_sign
from rootwarden.web.pages.leaf import Leaf, field
from rootwarden.web.pages.paper import page

if TYPE_CHECKING:
    from starlette.responses import Response

    from rootwarden.web.call import Call

REGISTER: Final = "register-key"


def _list(call: Call) -> Response:
    look = call.house.broker.look
    return page(
        call,
        "people",
        people=look(lambda state: people_views.people_of(state, call.who, call.at)),
        proposals=look(lambda state: people_views.proposals_of(state, call.who, call.at)),
        governance=look(lambda state: people_views.governance_of(state, call.who, call.at)),
        administers="administrator" in look(lambda state: {role.value for role in call.roles(state)}),
        roles=tuple(role.value for role in Role),
    )


def _propose(call: Call) -> Response:
    form = call.form()
    document = _person(form) if field(form, "change") == "set-person" else _named(form)
    try:
        change: Change = msgspec.convert(document, Change)
    except msgspec.ValidationError as error:
        raise InputError(f"the change cannot be read: {error}", hint="correct it and send it again") from error
    return to_sign(call, wishes.Propose(change=change))


def _person(form: dict[str, list[str]]) -> dict[str, Any]:
    lists = {name: tuple(field(form, name).replace(",", " ").split()) for name in ("groups", "aliases", "addresses")}
    names = {name: field(form, name) for name in ("id", "name", "age_recipient")}
    return {"change": "set-person", "person": {**names, **lists, "roles": tuple(form.get("roles", ()))}}


def _named(form: dict[str, list[str]]) -> dict[str, Any]:
    """A change from its few fields, or from JSON where it is a whole record."""
    kind = field(form, "change")
    few = {
        "restore-person": ("person", "reason"),
        "admit-key": ("person", "key"),
        "revoke-key": ("person", "key", "reason"),
    }
    if kind in few:
        return {"change": kind, **{name: field(form, name) for name in few[kind]}}
    if kind == "waive":
        return {"change": kind, **{name: field(form, name) for name in ("waiver", "reason", "until")}}
    whole = {"set-settings": "settings", "set-account": "account", "set-group": "group"}
    if kind not in whole:
        raise InputError(f"`{kind}` is no change")
    try:
        return {"change": kind, whole[kind]: msgspec.json.decode(field(form, "document"))}
    except (msgspec.DecodeError, RecursionError) as error:
        raise InputError(f"the record is no JSON: {error}", hint="correct it and send it again") from error


def _second(call: Call) -> Response:
    return to_sign(call, wishes.Second(proposal=call.path("id")))


def _suspend(call: Call) -> Response:
    reason = field(call.form(), "reason")
    if not reason:
        raise InputError("`reason` is missing", hint="say why, in words")
    return to_sign(call, wishes.Suspend(person=field(call.form(), "person"), reason=reason))


def _me(call: Call) -> Response:
    me = call.house.broker.look(lambda state: people_views.person_of(state, call.who, call.who, call.at))
    options = nonce = ""
    if call.signed_in.method.may_sign:
        nonce = challenges.new_nonce()
        statement = registration_statement(call.who, nonce)
        challenges.issue(
            call.house.challenges, nonce=nonce, person=call.who, purpose=REGISTER, statement=statement, at=call.at
        )
        keys = call.house.broker.look(lambda state: tuple(one.key for one in state.people[call.who].keys.values()))
        options = browser.registration_options(statement, call.house.party, person=call.who, keys=keys).decode()
    return page(call, "me", me=me, options=options, nonce=nonce, suggestion=f"key {secrets.token_hex(2)}")


def registration_statement(person: str, nonce: str) -> bytes:
    """What asks for a new passkey; its SHA-256 is the challenge."""
    return canonical({"purpose": REGISTER, "person": person, "nonce": nonce})


def _offer(call: Call) -> Response:
    form = call.form()
    nonce = field(form, "nonce")
    statement = registration_statement(call.who, nonce)
    challenges.burn(
        call.house.challenges, nonce=nonce, person=call.who, purpose=REGISTER, statement=statement, at=call.at
    )
    registered = registration.read_registration(
        field(form, "credential").encode(), statement, call.house.party, name=field(form, "name")[:64]
    )
    return to_sign(call, wishes.OfferKey(key=registered.key))


PEOPLE: tuple[Leaf, ...] = (
    Leaf("GET", "/people", _list),
    Leaf("POST", "/people", _propose, Access.SIGNER),
    Leaf("POST", "/people/suspend", _suspend, Access.SIGNER),
    Leaf("POST", "/proposals/{id}", _second, Access.SIGNER),
    Leaf("GET", "/me", _me),
    Leaf("POST", "/me", _offer, Access.SIGNER),
)
