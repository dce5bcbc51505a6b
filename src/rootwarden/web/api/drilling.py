"""Endpoints for drills: begin one, say how it went, hand the figures out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
from starlette.responses import Response

from rootwarden.breakglass.broker import audit_views
from rootwarden.breakglass.broker.drafting import name_of
from rootwarden.breakglass.broker.wishes import Name, Words
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.drills.calendar import due, lines
from rootwarden.web.api.endpoint import Endpoint
from rootwarden.web.api.reading import LINES
from rootwarden.web.call import Access
from rootwarden.web.says import Said

if TYPE_CHECKING:
    from rootwarden.breakglass.core.state import State
    from rootwarden.web.call import Call


class DrillBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A drill that begins; `nonce_digest` is SHA-256, in hexadecimal, of what is sent or said, where something is."""

    account: Name
    kind: Name
    nonce_digest: Name = ""


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A drill that began: its id, and the place of its entry."""

    drill: str
    position: int


class OutcomeBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a drill went: `passed`, `failed` or `aborted`; what arrived, and the lease that was opened for it."""

    outcome: Name
    evidence: Annotated[Words, msgspec.Meta(min_length=1)]
    answer: Name = ""
    lease: Name = ""


def begin(call: Call, body: DrillBody) -> Begun:
    """Begin a drill.

    Raises:
        Refused: There is no such kind, or no such account (S1, S2).
    """
    broker = call.house.broker
    drill = name_of(broker.random, "drill")
    position = broker.say(
        log.DrillBegun(
            at=broker.now(),
            actor=call.who,
            drill=drill,
            account=body.account,
            drill_kind=body.kind,
            nonce_digest=body.nonce_digest,
        )
    )
    return Begun(drill=drill, position=position)


def finish(call: Call, body: OutcomeBody) -> Said:
    """Say how the drill of the path went.

    Raises:
        Refused: It was not begun, ended already, or nothing proves that it passed (S1 to S3).
    """
    return call.house.broker.look(lambda state: _finished(call, state, body))


def _finished(call: Call, state: State, body: OutcomeBody) -> Said:
    broker, name = call.house.broker, call.path("id")
    drill = state.drills.get(name)
    if drill is None:
        raise Refused("S1", f"there is no drill `{name}`")
    account = state.accounts[drill.account].account
    planned = {one.kind: one.due for one in due([account], audit_views.done_drills(state), now=call.at)}
    entry = log.DrillDone(
        at=broker.now(),
        actor=call.who,
        drill=name,
        account=drill.account,
        drill_kind=drill.kind,
        # One nobody planned was due when it began.
        due=planned.get(drill.kind, drill.begun),
        outcome=body.outcome,
        evidence=body.evidence,
        answer=body.answer,
        lease=body.lease,
    )
    return Said(position=broker.say(entry), kind=log.kind_of(entry))


def _lines(call: Call, _body: None) -> Response:
    return Response(call.house.broker.look(lambda state: _figures(call, state)), media_type=LINES)


def _figures(call: Call, state: State) -> bytes:
    audit_views.check_auditor(state, call.who, call.at)
    done = audit_views.done_drills(state)
    accounts = [guarded.account for guarded in state.accounts.values()]
    return lines(due(accounts, done, now=call.at), done)


DRILLING: tuple[Endpoint, ...] = (
    Endpoint("POST", "/drills", "Begin a drill", begin, Begun, DrillBody, Access.SIGNER),
    Endpoint("POST", "/drills/{id}", "Say how a drill went", finish, Said, OutcomeBody, Access.SIGNER),
    Endpoint("GET", "/drills.jsonl", "Drills held and due, for the key figures", _lines, None, media=LINES),
)
