"""Incidents as one HTML page that needs nothing else: no script, no network; a timeline, then a card for each.

It reads in the light, in the dark, on a phone, on paper and with a screen reader. A content security policy in the
page forbids everything but its own style sheet, so that text out of a record could run nothing even by mistake.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from importlib import resources
from typing import TYPE_CHECKING, Final

import jinja2
from markupsafe import Markup

from rootwarden import __version__
from rootwarden.detect.visits.incident import Incident, Severity
from rootwarden.report import words
from rootwarden.report.incidents import phrases
from rootwarden.report.incidents.timeline import ROW, WIDTH, timeline, worst
from rootwarden.report.page import ticks

if TYPE_CHECKING:
    from rootwarden.report.incidents.told import Told

MOST_CARDS: Final = 2_000
MOST_CHANGES: Final = 100
MOST_TROUBLE: Final = 200


def render(told: Told) -> str:
    """The whole page; it ends with a newline."""
    style = _style()
    everything = told.by_severity()
    return _template().render(
        told=told,
        style=Markup(style),  # noqa: S704 - our own style sheet, from the package
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        version=__version__,
        timeline=timeline(told),
        shown=everything[:MOST_CARDS],
        left_out=max(0, len(everything) - MOST_CARDS),
        trouble=told.read.trouble[:MOST_TROUBLE],
        severities=[(each, told.count(each)) for each in reversed(Severity)],
    )


def is_visit(each: object) -> bool:
    """Whether it is a visit, and not a concern."""
    return isinstance(each, Incident)


def _style() -> str:
    audit = resources.files("rootwarden.report") / "templates" / "page.css"
    ours = resources.files("rootwarden.report.incidents") / "templates" / "incidents.css"
    return audit.read_text("utf-8") + ours.read_text("utf-8")


@functools.cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("rootwarden.report.incidents", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"visible": words.visible, "short": words.shorten, "instant": words.instant, "ticks": ticks}
    environment.globals |= {
        "phrases": phrases,
        "several": words.several,
        "visit": is_visit,
        "worst": worst,
        "WIDTH": WIDTH,
        "ROW": ROW,
        "MOST_CHANGES": MOST_CHANGES,
    }
    return environment.get_template("incidents.html")
