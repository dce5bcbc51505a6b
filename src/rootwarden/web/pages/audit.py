"""The log in plain words, with its verification state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.breakglass.broker import audit_views
from rootwarden.web.api.reading import entries_from, log_response
from rootwarden.web.pages.leaf import Leaf
from rootwarden.web.pages.paper import page

if TYPE_CHECKING:
    from starlette.responses import Response

    from rootwarden.web.call import Call


def _audit(call: Call) -> Response:
    size = call.house.broker.look(lambda state: state.size)
    newest = max(0, size - audit_views.PAGE)
    audit = entries_from(call, call.number("from", newest))
    earlier = max(0, audit.start - audit_views.PAGE) if audit.start else None
    later = audit.start + audit_views.PAGE if audit.start + audit_views.PAGE < size else None
    return page(call, "audit", audit=audit, earlier=earlier, later=later)


def _log(call: Call) -> Response:
    return log_response(call, None)


AUDIT: tuple[Leaf, ...] = (
    Leaf("GET", "/audit", _audit),
    Leaf("GET", "/audit/log.jsonl", _log),
)
