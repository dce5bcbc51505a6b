"""Statements made narrower in the place of removed ones, where that ends the ways up as well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.iam.admins.stopping.change import Change, Part, PartKind
from rootwarden.iam.admins.stopping.narrowing import Harmless, Narrower, narrower
from rootwarden.iam.admins.stopping.seeking import Ended, proven
from rootwarden.iam.admins.stopping.supports import parts_under
from rootwarden.iam.layer import Unreadable

if TYPE_CHECKING:
    from rootwarden.facts.iam_document import IamDocument, Statement
    from rootwarden.iam.admins.attempt import Asked
    from rootwarden.iam.admins.landscape import Landscape
    from rootwarden.iam.admins.stopping.trials import Trials
    from rootwarden.iam.admins.way import Way

_MOST_ROUNDS: Final = 8


class Narrowed(msgspec.Struct, frozen=True, eq=False):
    """What stands in the place of statements; those that are not here are removed.

    Attributes:
        statements: By the statement that was there.
        ended: The proof.
    """

    statements: dict[Part, Narrower]
    ended: Ended


def narrowed(trials: Trials, parts: tuple[Part, ...], ended: Ended) -> Narrowed:
    """Make statements narrower, one after the other, the others being what they were made.

    Args:
        trials: Runs the search.
        parts: What is removed so far.
        ended: The proof that removing it ends every way.
    """
    trials.refill()
    found: dict[Part, Narrower] = {}
    for part in parts:
        if part.kind is PartKind.STATEMENT:
            less = _Narrowing(trials, parts, found, part).narrow()
            if less is not None:
                found[part], ended = less
    return Narrowed(found, ended)


class _Narrowing:
    """Looks for a narrower statement in one place."""

    def __init__(self, trials: Trials, parts: tuple[Part, ...], found: dict[Part, Narrower], part: Part) -> None:
        self._trials = trials
        self._others = {one: found[one].statements if one in found else () for one in parts if one != part}
        self._part = part
        self._document, self._statement = statement_at(trials.land, part)
        self._harmless = Harmless(trials.land, trials.before, part.account)

    def narrow(self) -> tuple[Narrower, Ended] | None:
        """The one that takes least; `None` when none ends every way."""
        document, statement, trials = self._document, self._statement, self._trials
        if document is None or statement is None:
            return None
        way, land = trials.near(Change(rewritten=self._others))
        asked = self._asked(way, land)
        for _ in range(_MOST_ROUNDS):
            more: list[Asked] = []
            for candidate in narrower(statement, document.version, asked, self._harmless):
                if trials.left <= 0 or trials.proofs <= 0:
                    return None
                change = Change(rewritten={**self._others, self._part: candidate.statements})
                way, land = trials.near(change)
                if way is None:
                    ended = proven(trials, change)
                    if isinstance(ended, Ended):
                        return candidate, ended
                    (way, *_), land = ended
                more += self._asked(way, land)
            known = {(one.action, one.resource) for one in asked}
            fresh = [one for one in more if (one.action, one.resource) not in known]
            if not fresh:
                return None
            asked += fresh
        return None

    def _asked(self, way: Way | None, land: Landscape) -> list[Asked]:
        """What the policy allows on a way."""
        if way is None:
            return []
        under = parts_under(way, land.by_arn[self._trials.arn], land)
        mine = (self._part.kind, self._part.owner, self._part.policy)
        return [one for part, each in under.items() if (part.kind, part.owner, part.policy) == mine for one in each]


def statement_at(land: Landscape, part: Part) -> tuple[IamDocument | None, Statement | None]:
    """The document a part is in, and the statement; `None` for what is not there or cannot be read."""
    document = _document(land, part)
    if document is None or not 0 <= part.index < len(document.statements):
        return document, None
    return document, document.statements[part.index]


def _document(land: Landscape, part: Part) -> IamDocument | None:
    household = land.households[part.account]
    if part.kind is PartKind.TRUST:
        found = land.by_arn[part.owner].trust
    elif part.owner in household.policies:
        found = household.policies[part.owner].policy.document
    else:
        holder = land.by_arn.get(part.owner)
        group = next((one for one in household.groups.values() if one.arn == part.owner), None)
        attachments = holder.attachments if holder is not None else group.attachments if group is not None else ()
        own = (one for one in attachments if not one.arn and (holder is None or not one.group))
        found = next((one.policy.document for one in own if one.policy.name == part.policy), None)
    return None if isinstance(found, Unreadable) else found
