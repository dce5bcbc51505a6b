"""What several people sign when nobody outside can be asked: the time, a new epoch, the head of the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.breakglass.broker import wishes
from rootwarden.breakglass.core.people import Role
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.errors import InputError
from rootwarden.facts.instant import parse_instant
from rootwarden.web import signing
from rootwarden.web.api.together import view_of
from rootwarden.web.call import Access
from rootwarden.web.pages.drafts import to_sign
from rootwarden.web.pages.leaf import Leaf, field
from rootwarden.web.pages.paper import page, see_other
from rootwarden.web.pages.signing_in import read_authenticator

if TYPE_CHECKING:
    from starlette.responses import Response

    from rootwarden.web.api.together import HeadToSign
    from rootwarden.web.call import Call


def _together(call: Call) -> Response:
    house = call.house
    roles = house.broker.look(call.roles)
    keys = house.broker.look(lambda state: signing.keys_of(state, call.who, call.at))
    return page(
        call,
        "together",
        head=_head(call),
        credentials=signing.credentials_from(keys),
        begins=bool(roles & {Role.ADMINISTRATOR, Role.CUSTODIAN}),
        sealed=house.broker.sealed,
    )


def _head(call: Call) -> HeadToSign | None:
    """The head to sign; none where people's devices do not anchor the log."""
    try:
        return view_of(call.house.behind.head_to_sign(call.who))
    except Refused:
        return None


def _attest(call: Call) -> Response:
    form = call.form()
    instant = parse_instant(field(form, "instant"))
    if instant is None:
        raise InputError("`instant` is no instant", hint="write it as 2026-03-02T08:00:00Z")
    return to_sign(call, wishes.AttestClock(instant=instant, source=_words(form, "source")))


def _begin_epoch(call: Call) -> Response:
    return to_sign(call, wishes.BeginEpoch(reason=_words(call.form(), "reason")))


def _sign_head(call: Call) -> Response:
    form = call.form()
    size = field(form, "size")
    if not (size.isascii() and size.isdigit() and len(size) <= len("9007199254740991")):
        raise InputError("`size` is no number of entries")
    call.house.behind.sign_head(call.who, int(size), read_authenticator(form))
    return see_other("/together")


def _words(form: dict[str, list[str]], name: str) -> str:
    text = field(form, name)
    if not text or len(text) > _LONGEST:
        raise InputError(f"`{name}` is missing, or too long", hint="say it in a few words")
    return text


_LONGEST = 512
TOGETHER: tuple[Leaf, ...] = (
    Leaf("GET", "/together", _together, Access.SIGNER),
    Leaf("POST", "/together/clock", _attest, Access.SIGNER),
    Leaf("POST", "/together/epoch", _begin_epoch, Access.SIGNER),
    Leaf("POST", "/together/head", _sign_head, Access.SIGNER),
)
