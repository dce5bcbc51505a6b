"""One call under a change: its actions, each on what the call may have been on, whosesoever that may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.guardrails.replaying.comparing import Asked, compare, whichever
from rootwarden.guardrails.replaying.likeness import partition_of
from rootwarden.guardrails.replaying.owners import SOMEBODY
from rootwarden.guardrails.replaying.resources import Named, partition_in, resources_of
from rootwarden.iam.context import Context
from rootwarden.iam.statement import ANY_RESOURCE, UNTOLD_RESOURCE, Request

if TYPE_CHECKING:
    from rootwarden.guardrails.replaying.asker import Asker
    from rootwarden.guardrails.replaying.comparing import Compared
    from rootwarden.guardrails.replaying.details import Details
    from rootwarden.guardrails.replaying.ground import Ground
    from rootwarden.guardrails.replaying.plan import Plan

WHOSE: Final = "whose the resource is"
# Who signs in does so to an account of their own.
_SIGNING_IN: Final = "signin:"


class Call:
    """One call that is decided.

    Args:
        ground: Where it was made.
        plan: How its like is decided.
        asker: Who made it.
        details: What its record tells.

    Attributes:
        sides: The policies that may have a say.
    """

    def __init__(self, ground: Ground, plan: Plan, asker: Asker, details: Details) -> None:
        self._ground = ground
        self._plan = plan
        self._asker = asker
        self._details = details
        self._scp = ground.above(asker)
        self._own = asker.who.account or details.account
        self._partition = partition_of(asker) or partition_in(details.region)
        self._named = Named(details.parameters, details.resources) if plan.resources else None
        self._contexts: dict[str, Context] = {}
        owners = {self._own, *details.owners} if plan.owner else ()
        rcps = dict.fromkeys(side for owner in owners for side, _ in self._ground.over(owner))
        self.sides = (self._scp, *(one for one in rcps if not one.idle))

    @property
    def idle(self) -> bool:
        """Whether the change touches neither who calls nor what the call was on."""
        return all(one.idle for one in self.sides)

    def compared(self, action: str, template: str = "", *, anywhere: bool = False) -> list[Compared]:
        """An action before and after, on each resource the call may have been on.

        Args:
            action: `service:Name`.
            template: `*` where what the record names is not what this action was on.
            anywhere: Whether no resource is meant.
        """
        known = self._ground.catalogue.action(action)
        where: tuple[str, ...] = (ANY_RESOURCE,)
        takes_none = known is not None and not known.resources
        if self._named is not None and not anywhere and not takes_none:
            told = template != "*"
            where = (UNTOLD_RESOURCE,)
            if told:
                where = resources_of(known, self._named, self._ground.catalogue, self._partition)
        return [self._whichever(action, one, takes_none=takes_none, told=template != "*") for one in where]

    def _whichever(self, action: str, resource: str, *, takes_none: bool, told: bool) -> Compared:
        """One request, on whosesoever resource it was."""
        owners: tuple[str, ...] = (SOMEBODY,)
        if self._plan.owner and (takes_none or action.startswith(_SIGNING_IN)):
            owners = (self._own,)
        elif self._plan.owner and told:
            owners = self._details.owners
        found = [
            compare(
                Asked(
                    self._asker.who,
                    Request(action.lower(), resource, self._context(owner)),
                    account or self._own,
                    self._scp,
                    rcp,
                ),
                self._ground.paths,
                self._ground.around,
            )
            for owner in owners
            for rcp, account in self._ground.over(owner)
        ]
        return whichever(found, WHOSE)

    def _context(self, owner: str) -> Context:
        found = self._contexts.get(owner)
        if found is None:
            keys = self._ground.keys(self._plan, self._asker, self._details, owner)
            found = self._contexts[owner] = Context(keys, complete=False, absent=self._asker.absent)
        return found
