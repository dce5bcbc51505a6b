"""Leases: the code with its countdown, the password, giving back; and duties afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from rootwarden.breakglass.broker import views, wishes
from rootwarden.breakglass.broker.seeing import Unseen
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.errors import InputError
from rootwarden.facts.instant import parse_instant
from rootwarden.web import says, signing
from rootwarden.web.api.reading import head_now
from rootwarden.web.call import Access
from rootwarden.web.pages.drafts import to_sign
from rootwarden.web.pages.leaf import Leaf, field
from rootwarden.web.pages.paper import page, see_other
from rootwarden.web.problem import HttpError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from starlette.responses import Response

    from rootwarden.web.call import Call


def _list(call: Call) -> Response:
    leases = call.house.broker.look(lambda state: views.leases_of(state, call.who, call.at))
    return page(call, "leases", leases=leases)


def _duties(call: Call) -> Response:
    leases = call.house.broker.look(lambda state: views.leases_of(state, call.who, call.at))
    return page(call, "duties", leases=tuple(one for one in leases if one.phase == "duties"))


def _lease(call: Call) -> views.LeaseView:
    return call.house.broker.look(lambda state: views.lease_of(state, call.who, call.path("id"), call.at))


def _one(call: Call) -> Response:
    lease = _lease(call)
    opening = None
    if lease.opening:
        opening = call.house.broker.look(lambda state: views.opening_of(state, call.who, lease.opening, call.at))
    return page(call, "lease", lease=lease, opening=opening)


def _code(call: Call) -> Response:
    lease = _lease(call)
    try:
        code = signing.left_before(call.house, call.signed_in, signing.CODE, lease.id)
    except Unseen:
        return see_other(f"/leases/{lease.id}")
    except Refused as error:
        # The step is over: the page says so and offers the next one.
        return page(call, "code", lease=lease, code=None, over=error, head=head_now(call))
    return page(call, "code", lease=lease, code=code, over=None, head=head_now(call))


def _password(call: Call) -> Response:
    lease = _lease(call)
    try:
        password = signing.left_before(call.house, call.signed_in, signing.PASSWORD, lease.id)
    except Unseen:
        return see_other(f"/leases/{lease.id}")
    return page(call, "password", lease=lease, password=password)


def _act(call: Call) -> Response:
    lease, form = _lease(call), call.form()
    signed: dict[str, Callable[[], wishes.AnyWish]] = {
        "get-code": lambda: wishes.GetCode(lease=lease.id),
        "get-password": lambda: wishes.GetPassword(lease=lease.id),
        "get-task-session": lambda: wishes.GetTaskSession(lease=lease.id),
        "accept-duty": lambda: _convert(
            {"wish": "accept-duty", "lease": lease.id, "duty": field(form, "duty"), "reason": field(form, "reason")},
            wishes.AcceptDuty,
        ),
    }
    act = call.path("act")
    if act in signed:
        return to_sign(call, signed[act]())
    if act == "give-back":
        says.say(call.house.broker, call.who, says.GiveBack(lease=lease.id), call.at)
    elif act == "revoke":
        reason = field(form, "reason")
        if not reason:
            raise InputError("`reason` is missing", hint="say why, in words")
        said = _convert({"say": "revoke", "lease": lease.id, "reason": reason}, says.Revoke)
        says.say(call.house.broker, call.who, said, call.at)
    else:
        raise HttpError(404, "there is no such page")
    return see_other(f"/leases/{lease.id}")


def _check_in_form(call: Call) -> Response:
    return page(call, "check_in", lease=_lease(call))


def _check_in(call: Call) -> Response:
    lease, form = _lease(call), call.form()
    findings = [
        {"duty": duty.duty, "shown": field(form, f"shown-{duty.duty}"), "why": field(form, f"why-{duty.duty}")}
        for duty in lease.duties
        if duty.duty != "report"
    ]
    report = field(form, "report")
    said = {"duty": "report", "shown": "met" if report else "unknown", "why": "it is written" if report else ""}
    last = field(form, "last_root_event")
    document = {
        "wish": "check-in",
        "lease": lease.id,
        "observed_at": _instant(field(form, "observed_at"), "observed_at"),
        "last_root_event": _instant(last, "last_root_event") if last else None,
        "evidence": field(form, "evidence"),
        "findings": [*findings, said],
        "report": report,
    }
    return to_sign(call, _convert(document, wishes.CheckIn))


def _instant(text: str, name: str) -> datetime:
    found = parse_instant(text)
    if found is None:
        raise InputError(f"`{name}` is no instant", hint="write it as 2026-03-02T08:00:00Z")
    return found


def _convert(document: dict[str, Any], kind: Any) -> Any:
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as error:
        raise InputError(f"the form cannot be read: {error}", hint="correct it and send it again") from error


LEASES: tuple[Leaf, ...] = (
    Leaf("GET", "/leases", _list),
    Leaf("GET", "/duties", _duties),
    Leaf("GET", "/leases/{id}", _one),
    Leaf("GET", "/leases/{id}/code", _code, Access.SIGNER),
    Leaf("GET", "/leases/{id}/password", _password, Access.SIGNER),
    Leaf("GET", "/leases/{id}/check-in", _check_in_form),
    Leaf("POST", "/leases/{id}/check-in", _check_in, Access.SIGNER),
)
# After the pages of enrolment, whose paths are longer than its own.
LEASE_ACTS: tuple[Leaf, ...] = (Leaf("POST", "/leases/{id}/{act}", _act, Access.SIGNER),)
