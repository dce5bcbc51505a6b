"""The first run: the console's token, founders with their passkeys one after the other, settings, all signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from rootwarden.breakglass.broker import wishes
from rootwarden.breakglass.core.assertion import Assertion
from rootwarden.breakglass.core.people import Person, Role
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.core.settings import Settings
from rootwarden.breakglass.identity import browser, challenges, registration
from rootwarden.breakglass.identity.refusals import SignInError
from rootwarden.errors import InputError
from rootwarden.web import founding, signing
from rootwarden.web.call import Access
from rootwarden.web.pages.leaf import Leaf, field
from rootwarden.web.pages.paper import page, see_other
from rootwarden.web.pages.people import REGISTER, registration_statement
from rootwarden.web.pages.signing_in import read_authenticator

if TYPE_CHECKING:
    from starlette.responses import Response

    from rootwarden.web.call import Call

FOUNDER = "founder"


def _check_empty(call: Call) -> None:
    if call.house.broker.state().size:
        raise Refused("G1", "the log was founded already", hint="sign in")
    if not call.house.founding.is_open:
        raise Refused("G1", "there is no first run here", hint="start the service at its console")
    if not call.reads:
        call.check_origin()


def _check_pass(call: Call) -> None:
    _check_empty(call)
    call.house.founding.check(call.cookie(founding.COOKIE), at=call.at)


def _form(call: Call) -> Response:
    _check_empty(call)
    try:
        _check_pass(call)
    except SignInError:
        return page(call, "found_token")
    entered = call.house.founding
    draft = signing.view_draft(call.house, entered.draft, FOUNDER) if entered.draft else None
    roles = tuple(role.value for role in Role)
    return page(call, "found", founders=entered.founders(), draft=draft, roles=roles)


def _begin(call: Call) -> Response:
    _check_empty(call)
    call.try_sign_in()
    cookie = call.house.founding.begin(field(call.form(), "token"), call.peer, at=call.at)
    call.set_cookies.append(cookie)
    return see_other("/found")


def _person(call: Call) -> Response:
    _check_pass(call)
    person = _read_person(call.form())
    nonce = challenges.new_nonce()
    statement = registration_statement(person.id, nonce)
    challenges.issue(
        call.house.challenges, nonce=nonce, person=person.id, purpose=REGISTER, statement=statement, at=call.at
    )
    keys = tuple(key for _, key in call.house.founding.founders())
    options = browser.registration_options(statement, call.house.party, person=person.id, keys=keys).decode()
    return page(call, "found_key", person=person, nonce=nonce, options=options)


def _key(call: Call) -> Response:
    _check_pass(call)
    form = call.form()
    person, nonce = _read_person(form), field(form, "nonce")
    statement = registration_statement(person.id, nonce)
    challenges.burn(
        call.house.challenges, nonce=nonce, person=person.id, purpose=REGISTER, statement=statement, at=call.at
    )
    registered = registration.read_registration(
        field(form, "credential").encode(), statement, call.house.party, name=f"{person.id}, first key"
    )
    call.house.founding.add(person, registered.key)
    return see_other("/found")


def _settings(call: Call) -> Response:
    _check_pass(call)
    form, entered = call.form(), call.house.founding
    document: dict[str, Any] = {
        "settle_minutes": _whole(form, "settle_minutes"),
        "quorums": {"default": {"slots": [{"count": _whole(form, "approvers")}], "codes": _whole(form, "codes")}},
    }
    try:
        settings = msgspec.convert(document, Settings)
    except msgspec.ValidationError as error:
        raise InputError(f"the settings cannot be read: {error}") from error
    people, keys = zip(*entered.founders(), strict=True) if entered.founders() else ((), ())
    wish = wishes.Found(log=field(form, "log")[:64], people=people, keys=keys, settings=settings)
    entered.draft = call.house.broker.prepare(FOUNDER, wish).id
    return see_other("/found")


def _sign(call: Call) -> Response:
    _check_pass(call)
    entered = call.house.founding
    authenticator = read_authenticator(call.form())
    if not isinstance(authenticator, Assertion):
        raise InputError("founders sign with the passkeys they registered")
    who = next((one.id for one, key in entered.founders() if key.credential_id == authenticator.credential_id), "")
    written = call.house.broker.submit(who, entered.draft, authenticator)
    return see_other("/found" if written.position is None else "/sign-in")


def _read_person(form: dict[str, list[str]]) -> Person:
    lists = {name: tuple(field(form, name).replace(",", " ").split()) for name in ("groups", "addresses")}
    document = {"id": field(form, "id"), "name": field(form, "name"), "roles": tuple(form.get("roles", ())), **lists}
    try:
        person = msgspec.convert(document, Person)
    except msgspec.ValidationError as error:
        raise InputError(f"the founder cannot be read: {error}") from error
    if not (person.id and person.id.islower() and person.name) or len(form.get("roles", ())) > len(Role):
        raise InputError("`id` is a lower-case name, and `name` is not empty")
    return person


def _whole(form: dict[str, list[str]], name: str) -> int:
    text = field(form, name)
    if not (text.isascii() and text.isdigit() and len(text) <= len("1440")):
        raise InputError(f"`{name}` is no number")
    return int(text)


FOUNDING: tuple[Leaf, ...] = (
    Leaf("GET", "/found", _form, Access.ANYBODY),
    Leaf("POST", "/found", _begin, Access.ANYBODY),
    Leaf("POST", "/found/person", _person, Access.ANYBODY),
    Leaf("POST", "/found/key", _key, Access.ANYBODY),
    Leaf("POST", "/found/settings", _settings, Access.ANYBODY),
    Leaf("POST", "/found/sign", _sign, Access.ANYBODY),
)
