"""Check in: evidence in a file is judged here, or somebody says what evidence shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.breakglass.broker import wishes
from rootwarden.breakglass.checkin.brought import judged, read_brought
from rootwarden.breakglass.checkin.report_alone import is_all_that_is_due, report_alone
from rootwarden.errors import InputError
from rootwarden.facts.instant import parse_instant
from rootwarden.web.call import Access
from rootwarden.web.pages.drafts import to_sign
from rootwarden.web.pages.leaf import Leaf, field
from rootwarden.web.pages.leases import convert, lease_of
from rootwarden.web.pages.paper import page

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.responses import Response

    from rootwarden.web.call import Call


def _check_in_form(call: Call) -> Response:
    lease = lease_of(call)
    return page(call, "check_in", lease=lease, only_report=is_all_that_is_due(lease))


def _said(call: Call) -> Response:
    lease, form = lease_of(call), call.form()
    if is_all_that_is_due(lease):
        return to_sign(call, report_alone(lease, field(form, "report")))
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
    return to_sign(call, convert(document, wishes.CheckIn))


def _instant(text: str, name: str) -> datetime:
    found = parse_instant(text)
    if found is None:
        raise InputError(f"`{name}` is no instant", hint="write it as 2026-03-02T08:00:00Z")
    return found


def _brought(call: Call) -> Response:
    """Judge a file that somebody brings, as the command does; nothing of it is kept but what is signed."""
    lease, form = lease_of(call), call.form()
    content = call.files.get("brought", b"")
    if not content:
        raise InputError("no file was chosen", hint="choose what `rootwarden breakglass evidence` wrote")
    return to_sign(call, judged(read_brought(content), lease, report=field(form, "report")))


CHECKING_IN: tuple[Leaf, ...] = (
    Leaf("GET", "/leases/{id}/check-in", _check_in_form),
    Leaf("POST", "/leases/{id}/check-in", _said, Access.SIGNER),
    Leaf("POST", "/leases/{id}/evidence", _brought, Access.SIGNER),
)
