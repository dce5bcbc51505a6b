"""Incidents as one HTML page that needs nothing else: no script, no network; a timeline, then a card for each.

It reads in the light, in the dark, on a phone, on paper and with a screen reader. A content security policy in the
page forbids everything but its own style sheet, so that text out of a record could run nothing even by mistake.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

from rootwarden.detect.visits.incident import Incident, Severity
from rootwarden.report.incidents import phrases
from rootwarden.report.incidents.timeline import ROW, WIDTH, timeline
from rootwarden.report.sheet import dressed, templates

if TYPE_CHECKING:
    import jinja2

    from rootwarden.report.incidents.told import Told

MOST_CARDS: Final = 2_000
MOST_CHANGES: Final = 100
MOST_TROUBLE: Final = 200


def render(told: Told) -> str:
    """The whole page; it ends with a newline."""
    everything = told.by_severity()
    return _template().render(
        told=told,
        timeline=timeline(told),
        shown=everything[:MOST_CARDS],
        left_out=max(0, len(everything) - MOST_CARDS),
        trouble=told.read.trouble[:MOST_TROUBLE],
        severities=[(each, told.count(each)) for each in reversed(Severity)],
        **dressed(("rootwarden.report.incidents", "incidents.css")),
    )


def is_visit(each: object) -> bool:
    """Whether it is a visit, and not a concern."""
    return isinstance(each, Incident)


@functools.cache
def _template() -> jinja2.Template:
    environment = templates("rootwarden.report.incidents")
    environment.globals |= {
        "phrases": phrases,
        "visit": is_visit,
        "WIDTH": WIDTH,
        "ROW": ROW,
        "MOST_CHANGES": MOST_CHANGES,
    }
    return environment.get_template("incidents.html")
