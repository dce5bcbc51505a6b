"""Check in: evidence in a file is judged here, or somebody says what evidence shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.breakglass.broker import wishes
from rootwarden.breakglass.checkin.brought import judged, read_brought
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

    from rootwarden.breakglass.broker.views import LeaseView
    from rootwarden.web.call import Call


def _check_in_form(call: Call) -> Response:
    lease = lease_of(call)
    return page(call, "check_in", lease=lease, only_report=_owes_only_a_report(lease))


def _owes_only_a_report(lease: LeaseView) -> bool:
    """After an export, an enrolment or most task sessions there is nothing of the account to look at."""
    return all(duty.duty == "report" for duty in lease.duties)


def _said(call: Call) -> Response:
    lease, form = lease_of(call), call.form()
    findings = [
        {"duty": duty.duty, "shown": field(form, f"shown-{duty.duty}"), "why": field(form, f"why-{duty.duty}")}
        for duty in lease.duties
        if duty.duty != "report"
    ]
    report = field(form, "report")
    if not findings and not report.strip():
        raise InputError("the report is empty", hint="it is all that is due: write what was done")
    said = {"duty": "report", "shown": "met" if report else "unknown", "why": "it is written" if report else ""}
    last = field(form, "last_root_event")
    document = {
        "wish": "check-in",
        "lease": lease.id,
        "observed_at": _instant(field(form, "observed_at"), "observed_at") if findings else call.at,
        "last_root_event": _instant(last, "last_root_event") if last else None,
        "evidence": field(form, "evidence") if findings else "",
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
