"""The result as one HTML page that needs nothing else: no script, no network, no font or picture from elsewhere.

It reads with a keyboard, a screen reader, on paper, in the dark and on a phone. A content security policy in the page
forbids everything but its own style sheet, so that even a mistake in escaping could run nothing.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from rootwarden.audit.result import FLEET
from rootwarden.report import view, words
from rootwarden.report.digest import next_steps, report_ages, tally, unknown_groups
from rootwarden.report.sheet import dressed, templates, ticks

if TYPE_CHECKING:
    import jinja2

    from rootwarden.audit.result import AuditResult

MOST_ACCOUNTS_NAMED: Final = 40


def render(result: AuditResult) -> str:
    """The whole page; it ends with a newline."""
    return _template().render(
        result=result,
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
        FLEET=FLEET,
        **dressed(),
    )


def linked(step: str, rules: frozenset[str]) -> Markup:
    """A next step; the rule it begins with, if it does, leads to that rule's section of the page."""
    name, blank, rest = step.partition(" ")
    if name not in rules:
        return ticks(step)
    shown = words.visible(name)
    return Markup('<a href="#r-{}">{}</a>{}{}').format(shown, shown, blank, ticks(rest))


@functools.cache
def _template() -> jinja2.Template:
    environment = templates("rootwarden.report")
    environment.globals |= {
        "heading": words.heading,
        "MOST": MOST_ACCOUNTS_NAMED,
        "CHANGE_WORD": words.CHANGE_WORD,
        "EXCEPTION_WORD": words.EXCEPTION_WORD,
    }
    return environment.get_template("page.html")
