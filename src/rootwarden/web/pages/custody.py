"""Openings: who gave, who is still needed, and for a custodian the file to peel and the place to hand it in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
from starlette.responses import Response

from rootwarden.breakglass.broker import views, wishes
from rootwarden.errors import InputError
from rootwarden.web import says
from rootwarden.web.call import Access
from rootwarden.web.pages.drafts import onward, to_sign
from rootwarden.web.pages.leaf import Leaf, field
from rootwarden.web.pages.paper import page

if TYPE_CHECKING:
    from rootwarden.web.call import Call


class Peeled(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a custodian's program wrote."""

    opening: str
    fingerprint: str
    peeled: Annotated[tuple[Annotated[str, msgspec.Meta(max_length=16384)], ...], msgspec.Meta(max_length=840)]


def _list(call: Call) -> Response:
    openings = call.house.broker.look(lambda state: views.openings_of(state, call.who, call.at))
    return page(call, "openings", openings=openings)


def _opening(call: Call) -> views.OpeningView:
    return call.house.broker.look(lambda state: views.opening_of(state, call.who, call.path("id"), call.at))


def _one(call: Call) -> Response:
    opening = _opening(call)
    work = (
        call.house.behind.work(call.who, opening.id)
        if "give-share" in opening.may and call.signed_in.method.may_sign
        else None
    )
    return page(call, "opening", opening=opening, work=work)


def _work(call: Call) -> Response:
    opening = _opening(call)
    content = msgspec.json.format(msgspec.json.encode(call.house.behind.work(call.who, opening.id)))
    name = f"{opening.id}.json" if opening.id.replace("-", "").isalnum() else "opening.json"
    disposition = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="application/json", headers=disposition)


def _give(call: Call) -> Response:
    opening = _opening(call)
    if field(call.form(), "same") != "yes":
        raise InputError("the fingerprint was not compared", hint="compare it with the one your own program shows")
    given = _peeled(call.files.get("peeled", b""), opening)
    return to_sign(call, wishes.GiveShare(opening=opening.id, fingerprint=given.fingerprint, peeled=given.peeled))


def _layers(call: Call) -> Response:
    opening = _opening(call)
    layers = call.house.behind.work(call.who, opening.id).layers
    disposition = {"content-disposition": 'attachment; filename="layers.txt"'}
    return Response("".join(f"{one}\n" for one in layers), media_type="text/plain", headers=disposition)


def _peeled(content: bytes, opening: views.OpeningView) -> Peeled:
    """The file that `custody peel` writes, or a line of Base64 for each layer, as stock `age` leaves them."""
    try:
        if content.lstrip().startswith(b"{"):
            return msgspec.json.decode(content, type=Peeled)
        lines = tuple(content.decode("ascii").split())
        if not lines:
            raise InputError("the file has no peeled layers", hint=_CHOOSE)
        document = {"opening": opening.id, "fingerprint": opening.fingerprint, "peeled": lines}
        return msgspec.convert(document, Peeled)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise InputError("the file has no peeled layers", hint=_CHOOSE) from error


def _hand_in(call: Call) -> Response:
    done = says.say(call.house, call.who, says.HandIn(opening=_opening(call).id), call.at)
    return onward(call, f"/openings/{done.openings[-1]}", done.trouble)


def _ask_again(call: Call) -> Response:
    done = says.say(call.house, call.who, says.AskGroupAgain(group=_opening(call).reference), call.at)
    return onward(call, f"/openings/{done.openings[-1]}", done.trouble)


_CHOOSE = "choose the file with the peeled layers: what `custody peel` writes, or a line of Base64 for each layer"
CUSTODY: tuple[Leaf, ...] = (
    Leaf("GET", "/openings", _list),
    Leaf("GET", "/openings/{id}", _one),
    Leaf("GET", "/openings/{id}/work.json", _work, Access.SIGNER),
    Leaf("GET", "/openings/{id}/layers.txt", _layers, Access.SIGNER),
    Leaf("POST", "/openings/{id}", _give, Access.SIGNER),
    Leaf("POST", "/openings/{id}/hand-in", _hand_in, Access.SIGNER),
    Leaf("POST", "/openings/{id}/ask-again", _ask_again, Access.SIGNER),
)
