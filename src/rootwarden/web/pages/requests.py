"""Requests: filed with guidance, shown as they are granted, approved, denied, reported, withdrawn, opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from rootwarden.breakglass.broker import filing_views, views, wishes
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.core.request import Purpose
from rootwarden.errors import InputError
from rootwarden.facts.instant import parse_instant
from rootwarden.web import says
from rootwarden.web.call import Access
from rootwarden.web.pages.drafts import onward, phrase_of, to_sign
from rootwarden.web.pages.leaf import Leaf, checked, field
from rootwarden.web.pages.paper import page
from rootwarden.web.problem import HttpError, problem_of

if TYPE_CHECKING:
    from starlette.responses import Response

    from rootwarden.errors import RootwardenError
    from rootwarden.web.call import Call


def _list(call: Call) -> Response:
    seen = call.house.broker.look(lambda state: views.requests_of(state, call.who, call.at))
    return page(call, "requests", seen=seen, may_file="requester" in _roles(call))


def _one(call: Call) -> Response:
    name = call.path("id")
    seen = call.house.broker.look(lambda state: views.request_of(state, call.who, name, call.at))
    return page(call, "request", one=seen, phrase=phrase_of(call, name))


def _new(call: Call) -> Response:
    query = call.request.query_params
    return _form(call, {name: [value] for name, value in query.multi_items()})


def _form(call: Call, form: dict[str, list[str]], error: RootwardenError | None = None) -> Response:
    filing = call.house.broker.look(lambda state: filing_views.filing_of(state, call.who, call.at))
    account = next((one for one in filing.accounts if one.id == field(form, "account")), None)
    task = next((one for one in filing.tasks if one.id == field(form, "task")), None)
    purpose = field(form, "purpose") or _suggested(account, task)
    return page(
        call,
        "request_new" if account is not None and task is not None else "request_what",
        status=problem_of(error).status if error else 200,
        filing=filing,
        account=account,
        task=task,
        purpose=purpose,
        said=lambda name, default="": field(form, name) or default,
        error=problem_of(error) if error else None,
        wrong=_field_of(error),
    )


def _suggested(account: filing_views.AccountView | None, task: filing_views.TaskView | None) -> str:
    """A member account that gets by without root gets by with a task session (BG-17)."""
    if account is None or task is None:
        return Purpose.VISIT
    by_session = account.position == "member" and (task.avoidable or not account.needs_root)
    return Purpose.TASK_SESSION if by_session else Purpose.VISIT


def _field_of(error: RootwardenError | None) -> str:
    """The field an error is about: messages name it in backticks."""
    if error is None:
        return ""
    named = error.message.split("`")[1::2]
    fields = {*wishes.File.__struct_fields__}
    words = {"window": "minutes", "phrase": "reason", "device": "device", "password": "password_to"}
    told = (field for word, field in words.items() if word in error.message)
    return next((name for name in named if name in fields), next(told, "reason"))


def _file(call: Call) -> Response:
    form = call.form()
    try:
        return to_sign(call, _wish(form))
    except (Refused, InputError) as error:
        return _form(call, form, error)


def _wish(form: dict[str, list[str]]) -> wishes.File:
    start, purpose = field(form, "start"), field(form, "purpose") or Purpose.VISIT
    given = {name: field(form, name) for name in _OF_PURPOSE.get(purpose, ())}
    if purpose == Purpose.VISIT and not given["code_to"]:
        given["device"] = ""
    document: dict[str, Any] = {
        "wish": "file",
        **{name: field(form, name) for name in ("account", "task", "ticket", "reason", "words", "drill")},
        **given,
        "purpose": purpose,
        "sources": tuple(field(form, "sources").replace(",", " ").split()),
        "emergency": checked(form, "emergency"),
        "overrides_duties": checked(form, "overrides_duties"),
        "minutes": _whole(field(form, "minutes") or "60", "minutes"),
        "start": _instant(start, "start") if start else None,
    }
    try:
        return msgspec.convert(document, wishes.File)
    except msgspec.ValidationError as error:
        raise InputError(f"the request cannot be read: {error}", hint="correct it and send it again") from error


def _whole(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len("1440")):
        raise InputError(f"`{name}` is no number of minutes")
    return int(text)


def _instant(text: str, name: str) -> Any:
    found = parse_instant(text)
    if found is None:
        raise InputError(f"`{name}` is no instant", hint="write it as 2026-03-02T08:00 in UTC")
    return found


def _act(call: Call) -> Response:
    name, form = call.path("id"), call.form()
    call.house.broker.look(lambda state: views.request_of(state, call.who, name, call.at))
    match call.path("act"):
        case "approve":
            return to_sign(call, wishes.Approve(request=name, phrase=_bounded(field(form, "phrase"))))
        case "deny":
            return to_sign(call, wishes.Deny(request=name, reason=_reason(form)))
        case "withdraw":
            said = says.say(call.house, call.who, says.Withdraw(request=name), call.at)
        case "report":
            return to_sign(call, wishes.Report(request=name, reason=_reason(form)))
        case "open":
            said = says.say(call.house, call.who, says.OpenLease(request=name), call.at)
        case _:
            raise HttpError(404, "there is no such page")
    return onward(call, f"/leases/{said.lease}" if said.lease else f"/requests/{name}", said.trouble)


def _bounded(text: str) -> str:
    return text[:128]


def _reason(form: dict[str, list[str]]) -> str:
    text = field(form, "reason")
    if not text:
        raise InputError("`reason` is missing", hint="say why, in words")
    if len(text) > _LONGEST_REASON:
        raise InputError("`reason` is too long")
    return text


def _roles(call: Call) -> frozenset[str]:
    return call.house.broker.look(lambda state: frozenset(role.value for role in call.roles(state)))


_LONGEST_REASON: Final = 4000
# The form has fields for every purpose; what does not belong to the chosen one is left out (F3).
_OF_PURPOSE: Final[dict[str, tuple[str, ...]]] = {
    Purpose.VISIT: ("code_to", "password_to", "device"),
    Purpose.TASK_SESSION: ("task_policy", "role"),
    Purpose.ENROLMENT: ("device",),
    Purpose.EXPORT: ("device",),
}
REQUESTS: tuple[Leaf, ...] = (
    Leaf("GET", "/requests", _list),
    Leaf("GET", "/requests/new", _new, Access.SIGNER),
    Leaf("POST", "/requests/new", _file, Access.SIGNER),
    Leaf("GET", "/requests/{id}", _one),
    Leaf("POST", "/requests/{id}/{act}", _act, Access.SIGNER),
)
