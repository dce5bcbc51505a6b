"""Drills: those that are planned, one that begins, and how it went."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING

import msgspec

from rootwarden.breakglass.core.drilling import ANSWERED, KINDS, LEASED, OUTCOMES
from rootwarden.breakglass.core.phrase import spell
from rootwarden.errors import InputError
from rootwarden.web.api import drilling
from rootwarden.web.api.reading import drills_now
from rootwarden.web.call import Access
from rootwarden.web.pages.leaf import Leaf, field
from rootwarden.web.pages.paper import page, see_other

if TYPE_CHECKING:
    from starlette.responses import Response

    from rootwarden.breakglass.core.state import Drill, State
    from rootwarden.web.call import Call

# As those of the command: four words of 16 bits.
_BYTES = 8


def _drills(call: Call) -> Response:
    return _list(call)


def _list(call: Call, *, words: str = "", begun: str = "") -> Response:
    look = call.house.broker.look
    return page(
        call,
        "drills",
        drills=drills_now(call),
        running=look(_running),
        accounts=look(lambda state: [(name, one.account.name) for name, one in sorted(state.accounts.items())]),
        kinds=sorted(KINDS - LEASED),
        answered=ANSWERED,
        leased=LEASED,
        outcomes=sorted(OUTCOMES, reverse=True),
        words=words,
        begun=begun,
    )


def _running(state: State) -> list[Drill]:
    return [one for one in state.drills.values() if one.done is None]


def _begin(call: Call) -> Response:
    form = call.form()
    kind = field(form, "kind")
    words = spell(secrets.token_bytes(_BYTES)) if kind in ANSWERED else ""
    digest = hashlib.sha256(words.encode()).hexdigest() if words else ""
    begun = drilling.begin(call, drilling.DrillBody(account=field(form, "account"), kind=kind, nonce_digest=digest))
    # Shown once, here: the log has the digest of the words alone.
    return _list(call, words=words, begun=begun.drill)


def _finish(call: Call) -> Response:
    form = call.form()
    said = {name: field(form, name) for name in ("outcome", "evidence", "answer", "lease")}
    try:
        body = msgspec.convert(said, drilling.OutcomeBody)
    except msgspec.ValidationError as error:
        raise InputError(f"the form cannot be read: {error}", hint="say how it went, and what shows it") from error
    drilling.finish(call, body)
    return see_other("/drills")


DRILLS: tuple[Leaf, ...] = (
    Leaf("GET", "/drills", _drills),
    Leaf("POST", "/drills", _begin, Access.SIGNER),
    Leaf("POST", "/drills/{id}", _finish, Access.SIGNER),
)
