"""Endpoints that show what somebody may see, and hand out again what left for them."""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import Response

from rootwarden.breakglass.broker import audit_views, filing_views, people_views, views
from rootwarden.breakglass.broker.untold import untolds_of
from rootwarden.facts.instant import Instant
from rootwarden.web import signing
from rootwarden.web.api.endpoint import Endpoint
from rootwarden.web.behind import CodeReply, EnrolmentReply, PasswordReply, Work
from rootwarden.web.call import Access

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.breakglass.core.state import State
    from rootwarden.web.call import Call

LINES = "application/jsonl"


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody answers, and what time it is here; nothing else, because anybody may ask."""

    status: str
    time: Instant


def _looked(view: Callable[[State, Call], Any]) -> Callable[[Call, None], Any]:
    def handle(call: Call, _body: None) -> Any:
        return call.house.broker.look(lambda state: view(state, call))

    return handle


def _health(call: Call, _body: None) -> Health:
    return Health(status="answers", time=call.at)


def _me(state: State, call: Call) -> people_views.Waiting:
    return people_views.waiting_for(state, call.who, call.at)


def _code(call: Call, _body: None) -> signing.Left:
    return signing.left_before(call.house, call.signed_in, signing.CODE, call.path("id"))


def _enrolment_codes(call: Call, _body: None) -> signing.Left:
    return signing.left_before(call.house, call.signed_in, signing.ENROLMENT, call.path("id"), call.path("device"))


def _password(call: Call, _body: None) -> signing.Left:
    return signing.left_before(call.house, call.signed_in, signing.PASSWORD, call.path("id"))


def _work(call: Call, _body: None) -> Work:
    call.house.broker.look(lambda state: views.opening_of(state, call.who, call.path("id"), call.at))
    return call.house.behind.work(call.who, call.path("id"))


def _check_auditor(call: Call) -> None:
    call.house.broker.look(lambda state: audit_views.check_auditor(state, call.who, call.at))


def head_now(call: Call) -> audit_views.HeadView:
    """How the log stands now."""
    broker, anchors = call.house.broker, call.house.behind.anchors()
    return broker.look(
        lambda state: audit_views.head_view(state, broker.keeper.newest_head(), anchors=anchors, sealed=broker.sealed)
    )


def entries_from(call: Call, start: int) -> audit_views.AuditView:
    """A page of the log.

    Raises:
        Refused: The reader is neither auditor nor administrator.
    """
    _check_auditor(call)
    contents = islice(call.house.broker.read(start), audit_views.PAGE)
    entries = tuple(audit_views.entry_view(start + number, content) for number, content in enumerate(contents))
    untold = call.house.broker.look(lambda state: untolds_of(state, partial(_entry, call), call.at))
    return audit_views.AuditView(head=head_now(call), start=start, entries=entries, untold=untold)


def _entry(call: Call, place: int) -> bytes:
    return next(call.house.broker.read(place))


def drills_now(call: Call) -> tuple[audit_views.DrillView, ...]:
    """The drills that are planned, and how the last ones went.

    Raises:
        Refused: The reader is neither auditor nor administrator.
    """
    _check_auditor(call)
    return call.house.broker.look(lambda state: audit_views.drills_of(state, call.at))


def log_response(call: Call, _body: None) -> Response:
    """The whole log, an entry a line, byte for byte, for offline verification.

    Raises:
        Refused: The reader is neither auditor nor administrator.
    """
    _check_auditor(call)
    content = b"".join(entry + b"\n" for entry in call.house.broker.keeper.read())
    return Response(content, media_type=LINES, headers={"content-disposition": 'attachment; filename="log.jsonl"'})


def _audit(call: Call, _body: None) -> audit_views.AuditView:
    return entries_from(call, call.number("from", 0))


def _heads(call: Call, _body: None) -> audit_views.HeadView:
    return head_now(call)


def _consistency(call: Call, _body: None) -> audit_views.Consistency:
    first, second = call.number("first", 1), call.number("second", 0)
    return call.house.broker.look(lambda state: audit_views.consistency_view(state, first, second or state.size))


def _drills(call: Call, _body: None) -> tuple[audit_views.DrillView, ...]:
    return drills_now(call)


def _checkouts(call: Call, _body: None) -> Response:
    return Response(call.house.broker.checkouts(), media_type=LINES)


READING: tuple[Endpoint, ...] = (
    Endpoint("GET", "/health", "Whether the service answers", _health, Health, access=Access.ANYBODY),
    Endpoint("GET", "/me", "Who you are, and what waits for you", _looked(_me), people_views.Waiting),
    Endpoint(
        "GET", "/accounts", "What a request can name: accounts, tasks, recipients",
        _looked(lambda state, call: filing_views.filing_of(state, call.who, call.at)), filing_views.Filing,
    ),
    Endpoint(
        "GET", "/requests", "Requests you may see",
        _looked(lambda state, call: views.requests_of(state, call.who, call.at)), views.MyRequests,
    ),
    Endpoint(
        "GET", "/requests/{id}", "One request: what is granted, who agreed, who is still needed",
        _looked(lambda state, call: views.request_of(state, call.who, call.path("id"), call.at)), views.RequestView,
    ),
    Endpoint(
        "GET", "/leases", "Leases you may see",
        _looked(lambda state, call: views.leases_of(state, call.who, call.at)), tuple[views.LeaseView, ...],
    ),
    Endpoint(
        "GET", "/leases/{id}", "One lease: what left, what is owed",
        _looked(lambda state, call: views.lease_of(state, call.who, call.path("id"), call.at)), views.LeaseView,
    ),
    Endpoint(
        "GET", "/leases/{id}/code", "The code you signed for, again, while its step lasts", _code, CodeReply,
        access=Access.SIGNER,
    ),
    Endpoint(
        "GET", "/leases/{id}/password", "The password you signed for, again", _password, PasswordReply,
        access=Access.SIGNER,
    ),
    Endpoint(
        "GET", "/leases/{id}/enrolment/{device}", "The two codes you signed for, again, while their steps last",
        _enrolment_codes, EnrolmentReply, access=Access.SIGNER,
    ),
    Endpoint(
        "GET", "/openings", "Openings you may see: who gave, who is still needed",
        _looked(lambda state, call: views.openings_of(state, call.who, call.at)), tuple[views.OpeningView, ...],
    ),
    Endpoint(
        "GET", "/openings/{id}", "One opening",
        _looked(lambda state, call: views.opening_of(state, call.who, call.path("id"), call.at)), views.OpeningView,
    ),
    Endpoint("GET", "/openings/{id}/work", "What you peel for an opening", _work, Work, access=Access.SIGNER),
    Endpoint(
        "GET", "/people", "People you may see",
        _looked(lambda state, call: people_views.people_of(state, call.who, call.at)),
        tuple[people_views.PersonView, ...],
    ),
    Endpoint(
        "GET", "/people/{id}", "One person",
        _looked(lambda state, call: people_views.person_of(state, call.who, call.path("id"), call.at)),
        people_views.PersonView,
    ),
    Endpoint(
        "GET", "/proposals", "Changes that wait for a second administrator",
        _looked(lambda state, call: people_views.proposals_of(state, call.who, call.at)),
        tuple[people_views.ProposalView, ...],
    ),
    Endpoint(
        "GET", "/governance", "Settings, accounts and custody as they are",
        _looked(lambda state, call: people_views.governance_of(state, call.who, call.at)), people_views.Governance,
    ),
    Endpoint(
        "GET", "/duties", "Leases whose duties are open, among those you may see",
        _looked(lambda state, call: _owing(views.leases_of(state, call.who, call.at))), tuple[views.LeaseView, ...],
    ),
    Endpoint(
        "GET", "/drills", "Planned drills, and how the last ones went", _drills, tuple[audit_views.DrillView, ...]
    ),
    Endpoint(
        "GET", "/audit", "A hundred entries of the log, in plain words and whole", _audit, audit_views.AuditView,
        query=(("from", 0),),
    ),
    Endpoint("GET", "/audit/heads", "How the log stands: size, root, signature, anchors", _heads, audit_views.HeadView),
    Endpoint(
        "GET", "/audit/consistency", "The proof that the log only grew between two sizes", _consistency,
        audit_views.Consistency, query=(("first", 1), ("second", 0)),
    ),
    Endpoint(
        "GET", "/audit/log.jsonl", "The whole log, an entry a line, byte for byte", log_response, None, media=LINES
    ),
    Endpoint(
        "GET", "/checkouts.jsonl", "Check-outs, signed, each with its inclusion proof (docs/checkouts.md)", _checkouts,
        None, media=LINES,
    ),
)  # fmt: skip


def _owing(leases: tuple[views.LeaseView, ...]) -> tuple[views.LeaseView, ...]:
    return tuple(one for one in leases if one.phase == "duties")
