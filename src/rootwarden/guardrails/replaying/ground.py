"""What is above whoever calls, and above whatever a call is on: policies, and the condition keys that follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.guardrails.replaying.belonging import Belonging
from rootwarden.guardrails.replaying.details import keys_of
from rootwarden.guardrails.replaying.likeness import SIGN_IN_KEY
from rootwarden.guardrails.replaying.owners import SOMEBODY
from rootwarden.guardrails.replaying.paths import NOTHING, Paths
from rootwarden.iam.context import MISSING, held
from rootwarden.iam.principal import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rootwarden.guardrails.replaying.asker import Asker
    from rootwarden.guardrails.replaying.details import Details
    from rootwarden.guardrails.replaying.paths import Brief, Side
    from rootwarden.guardrails.replaying.plan import Plan
    from rootwarden.iam.actions import ActionCatalogue
    from rootwarden.iam.context import Held

_UNBOUND: Final = frozenset({Kind.SERVICE, Kind.FEDERATED, Kind.ANONYMOUS})


class Ground:
    """Where calls are made.

    Args:
        brief: What is replayed.
        catalogue: The actions there are.

    Attributes:
        around: What is the same for every account.
        catalogue: As given.
        paths: The policies above every account.
        owned: The kinds of places resources may have under the resource control policies that change.
    """

    def __init__(self, brief: Brief, catalogue: ActionCatalogue) -> None:
        self._brief = brief
        self._belonging = Belonging(brief.before, listed=brief.listed)
        self.around = brief.around
        self.catalogue = catalogue
        self.paths = Paths(brief)
        self.owned = tuple(self._alternatives())

    def above(self, asker: Asker) -> Side:
        """The service control policies above who calls; of nobody knows which account, any may be."""
        who = asker.who
        if who.kind in _UNBOUND or who.service_linked or (who.account and who.account == self.around.management):
            return NOTHING
        return self.paths.side("scp", who.account)

    def over(self, owner: str) -> tuple[tuple[Side, str], ...]:
        """The policies above what a call is on, with whose it then is.

        Args:
            owner: The account that has it; `SOMEBODY` where nobody knows.
        """
        if owner == SOMEBODY:
            return ((NOTHING, ""), *self.owned)
        return ((self.paths.side("rcp", owner), owner),)

    def organization(self, account: str) -> Mapping[str, Held]:
        """The condition keys of the organization of a principal of an account."""
        return self._belonging.keys("principal", account)

    def keys(self, plan: Plan, asker: Asker, details: Details, owner: str) -> dict[str, Held]:
        """The condition keys of a call on what one account has; `SOMEBODY` where nobody knows whose it is."""
        keys: dict[str, Held] = {**keys_of(details, plan.keys)}
        keys |= {**self._belonging.keys("principal", asker.who.account), **asker.keys}
        if owner:
            keys |= {"aws:resourceaccount": held(owner), **self._belonging.keys("resource", owner)}
        if plan.needs.signs_in and asker.who.arn:
            keys[SIGN_IN_KEY] = held(asker.who.arn)
        return keys | dict.fromkeys(self.around.no_keys, MISSING)

    def _alternatives(self) -> Iterator[tuple[Side, str]]:
        """The kinds of places resources may have, each with an account: these policies reach whoever calls."""
        if "rcp" not in self._brief.kinds:
            return
        accounts = [one.account for one in self._brief.before.standings if one.account != self.around.management]
        shapes: set[object] = set()
        for account in (*accounts, *(() if self._brief.listed else (SOMEBODY,))):
            side = self.paths.side("rcp", account)
            if not side.idle and side.shape not in shapes:
                shapes.add(side.shape)
                yield side, account
