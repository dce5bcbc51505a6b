"""The result as one HTML page that needs nothing else: no script, no network, no font or picture from elsewhere.

It reads with a keyboard, a screen reader, on paper, in the dark and on a phone. A content security policy in the page
forbids everything but its own style sheet, so that even a mistake in escaping could run nothing.
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
from rootwarden.audit.result import FLEET
from rootwarden.report import view, words
from rootwarden.report.digest import next_steps, report_ages, tally, unknown_groups

if TYPE_CHECKING:
    from rootwarden.audit.result import AuditResult

MOST_ACCOUNTS_NAMED: Final = 40
LONGEST: Final = 400


def render(result: AuditResult) -> str:
    """The whole page; it ends with a newline."""
    style = _style()
    return _template().render(
        result=result,
        style=Markup(style),  # noqa: S704 - our own style sheet, from the package
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        totals=view.portions(tally(result.findings)),
        rules=view.rule_views(result),
        accounts=result.accounts,
        rows=view.account_views(result),
        indicators=view.indicator_views(result),
        unknowns=unknown_groups(result),
        steps=[linked(step, frozenset(card.id for card in result.rules)) for step in next_steps(result)],
        report_ages=report_ages(result),
        names={FLEET: ""} | {account.id: words.shorten(account.name, 60) for account in result.accounts},
        source=words.looked_at(result),
        organization_named=words.names_organization(result),
        version=__version__,
        FLEET=FLEET,
    )


def ticks(text: str) -> Markup:
    """`text`, made visible, with what stands between backticks set as code; everything in it is escaped."""
    parts = words.shorten(text, LONGEST).split("`")
    if len(parts) % 2 == 0:
        return Markup("{}").format("`".join(parts))
    odd = (Markup("<code>{}</code>") if number % 2 else Markup("{}") for number in range(len(parts)))
    return Markup("").join(form.format(part) for form, part in zip(odd, parts, strict=True))


def linked(step: str, rules: frozenset[str]) -> Markup:
    """A next step; the rule it begins with, if it does, leads to that rule's section of the page."""
    name, blank, rest = step.partition(" ")
    if name not in rules:
        return ticks(step)
    shown = words.visible(name)
    return Markup('<a href="#r-{}">{}</a>{}{}').format(shown, shown, blank, ticks(rest))


def _style() -> str:
    return (resources.files(__package__) / "templates" / "page.css").read_text("utf-8")


@functools.cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("rootwarden.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"visible": words.visible, "short": words.shorten, "instant": words.instant, "ticks": ticks}
    environment.globals |= {
        "several": words.several,
        "heading": words.heading,
        "MOST": MOST_ACCOUNTS_NAMED,
        "CHANGE_WORD": words.CHANGE_WORD,
        "EXCEPTION_WORD": words.EXCEPTION_WORD,
    }
    return environment.get_template("page.html")
