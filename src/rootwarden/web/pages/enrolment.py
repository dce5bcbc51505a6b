"""Enrol a virtual MFA device: the seed goes to the vault and nowhere else, two codes come back, a sign-in proves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.breakglass.broker import filing_views, views, wishes
from rootwarden.breakglass.broker.seeing import Unseen
from rootwarden.errors import InputError, RootwardenError
from rootwarden.web import signing
from rootwarden.web.call import Access
from rootwarden.web.pages.drafts import to_sign
from rootwarden.web.pages.leaf import Leaf, checked, field
from rootwarden.web.pages.leases import seconds_until
from rootwarden.web.pages.paper import page
from rootwarden.web.problem import HttpError, problem_of

if TYPE_CHECKING:
    from starlette.responses import Response

    from rootwarden.breakglass.broker.releases import Material
    from rootwarden.breakglass.core.state import Record, State
    from rootwarden.web.call import Call


def _form(call: Call) -> Response:
    name = call.path("id")
    lease = call.house.broker.look(lambda state: views.lease_of(state, call.who, name, call.at))
    filing = call.house.broker.look(lambda state: filing_views.filing_of(state, call.who, call.at))
    account = next(one for one in filing.accounts if one.id == lease.account)
    device = call.house.broker.look(lambda state: state.lease(name).request.device)
    record = call.house.broker.look(lambda state: _record(state, lease.account, device))
    codes, over = None, None
    wait = seconds_until(record.served, call.at) if record is not None and record.served is not None else 0
    try:
        codes = signing.left_before(call.house, call.signed_in, signing.ENROLMENT, name, device) if not wait else None
    except Unseen:
        # Nothing was asked for, or in another sign-in: the page goes on without codes.
        over = None
    except RootwardenError as error:
        over = problem_of(error)
    response = page(
        call,
        "enrolment",
        lease=lease,
        account=account,
        device=device,
        record=record,
        codes=codes,
        over=over,
        wait=wait,
    )
    if wait:
        response.headers["refresh"] = str(wait)
    return response


def _record(state: State, account: str, device: str) -> Record | None:
    """What is being enrolled: brought, and not proven yet."""
    record = state.accounts[account].records.get(device)
    return record if record is not None and not record.proven else None


def _act(call: Call) -> Response:
    form, name = call.form(), call.path("id")
    device = field(form, "device")
    match call.path("act"):
        case "seed":
            return _seal(call, name, device)
        case "codes":
            return to_sign(call, wishes.ServeEnrolment(lease=name, device=device))
        case "proof":
            evidence, destroyed = field(form, "evidence"), checked(form, "source_destroyed")
            return to_sign(
                call,
                wishes.ProveEnrolment(lease=name, device=device, evidence=evidence, source_destroyed=destroyed),
            )
        case _:
            raise HttpError(404, "there is no such page")


def _seal(call: Call, lease: str, device: str) -> Response:
    picture, text = call.files.get("picture", b""), field(call.form(), "text")
    if bool(picture) == bool(text):
        raise InputError("give a picture of the QR code, or its text", hint="one of the two, not both")
    material: Material = "picture" if picture else "text" if device else "password"
    return to_sign(call, call.house.behind.seal(call.who, lease, device, material, picture or text.encode()))


ENROLMENT: tuple[Leaf, ...] = (
    Leaf("GET", "/leases/{id}/enrolment", _form, Access.SIGNER),
    Leaf("POST", "/leases/{id}/enrolment/{act}", _act, Access.SIGNER),
)
