"""Leases: the code with its countdown, the password, giving back; and duties afterwards."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import Response as Plain

from rootwarden.breakglass.broker import views, wishes
from rootwarden.breakglass.broker.seeing import Unseen
from rootwarden.breakglass.core.releasing import step_begins
from rootwarden.errors import InputError, RootwardenError
from rootwarden.web import says, signing
from rootwarden.web.call import Access
from rootwarden.web.pages.drafts import onward, to_sign
from rootwarden.web.pages.leaf import Leaf, field
from rootwarden.web.pages.paper import page, see_other
from rootwarden.web.problem import HttpError, problem_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from starlette.responses import Response

    from rootwarden.breakglass.core.state import State
    from rootwarden.web.call import Call


def _list(call: Call) -> Response:
    leases = call.house.broker.look(lambda state: views.leases_of(state, call.who, call.at))
    return page(call, "leases", leases=leases)


def _duties(call: Call) -> Response:
    leases = call.house.broker.look(lambda state: views.leases_of(state, call.who, call.at))
    return page(call, "duties", leases=tuple(one for one in leases if one.phase == "duties"))


def lease_of(call: Call) -> views.LeaseView:
    """The lease a page is about.

    Raises:
        Unseen: There is none that this person may see.
    """
    return call.house.broker.look(lambda state: views.lease_of(state, call.who, call.path("id"), call.at))


def _one(call: Call) -> Response:
    lease = lease_of(call)
    opening = None
    if lease.opening:
        opening = call.house.broker.look(lambda state: views.opening_of(state, call.who, lease.opening, call.at))
    return page(call, "lease", lease=lease, opening=opening)


def _code(call: Call) -> Response:
    lease = lease_of(call)
    wait = seconds_until(call.house.broker.look(lambda state: _newest_step(state, lease.id)), call.at)
    code, over = None, None
    try:
        code = signing.left_before(call.house, call.signed_in, signing.CODE, lease.id) if not wait else None
    except Unseen:
        return see_other(f"/leases/{lease.id}")
    except RootwardenError as error:
        # Its time is over, or it cannot leave just now: the page says which, and what may be done.
        over = problem_of(error)
    response = page(call, "code", lease=lease, code=code, over=over, wait=wait)
    if wait:
        # The page comes back by itself when the step begins, without a script.
        response.headers["refresh"] = str(wait)
    return response


def seconds_until(step: int, at: datetime) -> int:
    """Seconds until a time step begins; 0 when it has."""
    return max(0, ceil((step_begins(step) - at).total_seconds()))


def _newest_step(state: State, name: str) -> int:
    steps = state.lease(name).steps
    return steps[-1] if steps else 0


def _password(call: Call) -> Response:
    lease = lease_of(call)
    try:
        password = signing.left_before(call.house, call.signed_in, signing.PASSWORD, lease.id)
    except Unseen:
        return see_other(f"/leases/{lease.id}")
    return page(call, "password", lease=lease, password=password)


def _act(call: Call) -> Response:
    lease, form = lease_of(call), call.form()
    signed: dict[str, Callable[[], wishes.AnyWish]] = {
        "get-code": lambda: wishes.GetCode(lease=lease.id),
        "get-password": lambda: wishes.GetPassword(lease=lease.id),
        "get-task-session": lambda: wishes.GetTaskSession(lease=lease.id),
        "accept-duty": lambda: convert(
            {"wish": "accept-duty", "lease": lease.id, "duty": field(form, "duty"), "reason": field(form, "reason")},
            wishes.AcceptDuty,
        ),
    }
    act = call.path("act")
    if act == "get-export":
        digest = call.house.behind.make_export(call.who, lease.id)
        return to_sign(call, wishes.GetExport(lease=lease.id, digest=digest))
    if act in signed:
        return to_sign(call, signed[act]())
    if act == "ask-again":
        return _ask_again(call, lease)
    if act == "give-back":
        done = says.say(call.house, call.who, says.GiveBack(lease=lease.id), call.at)
    elif act == "revoke":
        reason = field(form, "reason")
        if not reason:
            raise InputError("`reason` is missing", hint="say why, in words")
        said = convert({"say": "revoke", "lease": lease.id, "reason": reason}, says.Revoke)
        done = says.say(call.house, call.who, said, call.at)
    else:
        raise HttpError(404, "there is no such page")
    return onward(call, f"/leases/{lease.id}", done.trouble)


def _ask_again(call: Call, lease: views.LeaseView) -> Response:
    """A second asking of custodians; where what they gave is only on its way, that is handed in instead."""
    done = says.say(call.house, call.who, says.AskAgain(lease=lease.id), call.at)
    return onward(call, f"/leases/{lease.id}", done.trouble)


def _export(call: Call) -> Response:
    lease = lease_of(call)
    content = signing.export_of(call.house, call.signed_in, lease.id)
    disposition = {"content-disposition": f'attachment; filename="export-{lease.account}.json"'}
    return Plain(content, media_type="application/json", headers=disposition)


def convert(document: dict[str, Any], kind: Any) -> Any:
    """A record of a form's fields.

    Raises:
        InputError: They make none.
    """
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
    Leaf("GET", "/leases/{id}/export.json", _export, Access.SIGNER),
)
# After the pages of enrolment, whose paths are longer than its own.
LEASE_ACTS: tuple[Leaf, ...] = (Leaf("POST", "/leases/{id}/{act}", _act, Access.SIGNER),)
