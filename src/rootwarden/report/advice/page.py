"""Advice as one HTML page that needs nothing else: no script, no network; light, dark, on a phone and on paper."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import msgspec

from rootwarden import packs
from rootwarden.advice.advice import Advice, State
from rootwarden.advice.order import Placed
from rootwarden.advice.scenario import Scenario
from rootwarden.audit.advising import Standing, Today
from rootwarden.report.advice import phrases
from rootwarden.report.sheet import dressed, templates

if TYPE_CHECKING:
    import jinja2

    from rootwarden.audit.advising import Advised


class Told(msgspec.Struct, frozen=True):
    """One advice with how it stands; its place where there is something to do."""

    one: Advice
    standing: Standing
    placed: Placed | None


class Row(msgspec.Struct, frozen=True):
    """One scenario with what comes of it today."""

    scenario: Scenario
    today: Today


def render(advised: Advised) -> str:
    """The whole page; it ends with a newline."""
    every = {one.id: one for one in packs.advice()}
    standings = {one.advice: one for one in advised.standings}
    scenarios = {one.id: one for one in packs.scenarios()}
    steps = [Told(every[one.advice], standings[one.advice], one) for one in advised.placed]
    rest = [
        Told(every[one.advice], one, None)
        for state in (State.DONE, State.NOT_APPLICABLE)
        for one in advised.standings
        if one.state is state
    ]
    return _template().render(
        advised=advised,
        steps=steps,
        rest=rest,
        rows=[Row(scenarios[one.scenario], one) for one in phrases.by_kind(advised.today)],
        left=[Row(scenarios[one.scenario], one) for one in phrases.remaining(advised)],
        counts={state: sum(one.state is state for one in advised.standings) for state in State},
        tallies=(
            ("AWS alone", phrases.tally(one.native for one in advised.today)),
            ("with Rootwarden", phrases.tally(one.both for one in advised.today)),
        ),
        **dressed(("rootwarden.report.advice", "advice.css")),
    )


@functools.cache
def _template() -> jinja2.Template:
    environment = templates("rootwarden.report.advice")
    environment.globals |= {"phrases": phrases}
    return environment.get_template("advice.html")
