"""The first page: what waits for whom is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.breakglass.broker import people_views
from rootwarden.web.call import Access
from rootwarden.web.pages.leaf import Leaf, sorry
from rootwarden.web.pages.paper import page, see_other, static_file
from rootwarden.web.problem import HttpError

if TYPE_CHECKING:
    from starlette.responses import Response

    from rootwarden.web.call import Call


def _home(call: Call) -> Response:
    if not call.house.broker.state().size and call.house.founding.is_open:
        return see_other("/found")
    call.enter(Access.SIGNED_IN)
    waiting = call.house.broker.look(lambda state: people_views.waiting_for(state, call.who, call.at))
    return page(call, "home", waiting=waiting)


def _static(call: Call) -> Response:
    from starlette.responses import Response as Plain

    found = static_file(call.path("name"))
    if found is None:
        return sorry(call, HttpError(404, "there is no such page"))
    text, kind = found
    return Plain(text, media_type=kind)


HOME: tuple[Leaf, ...] = (
    Leaf("GET", "/", _home, Access.ANYBODY),
    Leaf("GET", "/static/{name}", _static, Access.ANYBODY),
)
