"""The verdicts as one HTML page that needs nothing else: no script, no network; a drawing of each way, and its words.

It reads in the light, in the dark, on a phone, on paper and with a screen reader; classes are chosen without a script.
A content security policy in the page forbids everything but its own style sheet.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.iam.admins.verdict import Class, PrincipalVerdict, Step
from rootwarden.iam.escalation.path import EscalationPath
from rootwarden.report.admins import phrases
from rootwarden.report.admins.drawing import BOX_LEFT, BOX_WIDTH, WIDTH, Drawing, drawing
from rootwarden.report.admins.statement_text import as_json
from rootwarden.report.admins.told import headline
from rootwarden.report.sheet import dressed, templates

if TYPE_CHECKING:
    from collections.abc import Iterator

    import jinja2

    from rootwarden.iam.admins.verdict import Blocking, StatementPlace
    from rootwarden.report.admins.told import Told

MOST_CARDS: Final = 300  # of each class
MOST_ACCOUNTS: Final = 500
MOST_LISTED: Final = 500
# How many with a way are open from the start.
_OPEN: Final = 3


class Granting(msgspec.Struct, frozen=True):
    """A statement: where it stands, and what it says."""

    where: str
    says: tuple[str, ...]


class ToldStep(msgspec.Struct, frozen=True):
    """A step with all there is to say of it; the path of the catalogue where it is the first step over that."""

    step: Step
    leads_to: str
    path: EscalationPath | None
    statements: tuple[Granting, ...]


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One principal."""

    one: PrincipalVerdict
    number: int
    drawn: Drawing | None
    steps: tuple[ToldStep, ...]
    granted: tuple[Granting, ...]
    blocked: tuple[Granting, ...]
    lets_in: tuple[str, ...]


def render(told: Told) -> str:
    """The whole page; it ends with a newline."""
    principals = told.principals
    worth = [one for one in principals if one.kind is not Class.NONE or one.blocked_by]
    outside = {one.arn: one.lets_in for one in told.found.open_roles}
    accounts = list(told.by_account().items())
    of_class = {kind: [one for one in worth if one.kind is kind] for kind in phrases.CLASSES}
    carded = [one for members in of_class.values() for one in members[:MOST_CARDS]]
    standings = phrases.standings(told.found.administrators)
    return _template().render(
        told=told,
        headline=headline(told),
        counts=told.counts(),
        accounts=accounts[:MOST_ACCOUNTS],
        accounts_left=max(0, len(accounts) - MOST_ACCOUNTS),
        cards=[_card(number, one, told, outside) for number, one in enumerate(carded)],
        opened=frozenset(one.arn for one in [each for each in carded if each.path][:_OPEN]),
        left_out={kind.value: len(all_) - MOST_CARDS for kind, all_ in of_class.items() if len(all_) > MOST_CARDS},
        standings=standings[:MOST_ACCOUNTS],
        standings_left=max(0, len(standings) - MOST_ACCOUNTS),
        quiet=len(principals) - len(worth),
        unread=told.found.unread[:MOST_LISTED],
        unread_left=max(0, len(told.found.unread) - MOST_LISTED),
        shown=dict.fromkeys(one.kind for one in worth),
        **dressed(("rootwarden.report.admins", "admins.css")),
    )


def _card(number: int, one: PrincipalVerdict, told: Told, outside: dict[str, tuple[str, ...]]) -> Card:
    return Card(
        one=one,
        number=number,
        drawn=drawing(one, told) if one.kind is not Class.NONE else None,
        steps=tuple(_steps(one, told)),
        granted=() if one.path else tuple(_granting(place, one.arn, told) for place in one.granted_by),
        blocked=tuple(_granting(place, one.arn, told) for place in one.blocked_by),
        lets_in=outside.get(one.arn, ()),
    )


def _steps(one: PrincipalVerdict, told: Told) -> Iterator[ToldStep]:
    seen: set[str] = set()
    for position, step in enumerate(one.path, 1):
        yield ToldStep(
            step,
            phrases.leads_to(step, last=position == len(one.path), gets_up=phrases.gets_up(one)),
            phrases.in_catalogue(step) if step.id not in seen else None,
            tuple(_granting(place, step.by, told, step) for place in step.statements),
        )
        seen.add(step.id)


def _granting(place: StatementPlace | Blocking, by: str, told: Told, step: Step | None = None) -> Granting:
    layer = phrases.LAYER.get(place.layer, f"{place.layer} ")
    where = f"{layer}{place.policy}" + (f", statement {place.index}" if place.index >= 0 else " does not allow it")
    return Granting(where, tuple(map(as_json, told.statements(place, by, step))))


@functools.cache
def _template() -> jinja2.Template:
    environment = templates("rootwarden.report.admins")
    environment.globals |= {
        "phrases": phrases,
        "CLASSES": phrases.CLASSES,
        "WIDTH": WIDTH,
        "BOX_LEFT": BOX_LEFT,
        "BOX_WIDTH": BOX_WIDTH,
    }
    return environment.get_template("admins.html")
