"""Roles by their ARNs: of most, which no policy tells apart, nothing has to be remembered.

A role that was never met before costs a look at its account and a search in its ARN.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.guardrails.replaying.arns import RoleClasses
    from rootwarden.trail.seats import Seat

_ROLE: Final = ":role/"
_ACCOUNT: Final = re.compile(r"arn:[^:]+:iam::[0-9]{12}", re.ASCII)
# So many roles are known by their ARN at once, so many accounts, and so many classes of all accounts together.
_MOST: Final = 8192
_MOST_ACCOUNTS: Final = 10_000
_MOST_CLASSES: Final = 20_000


class Household:
    """The roles of an account.

    Attributes:
        classes: What policies tell of them; `None` where any may be told apart.
        seats: By class.
    """

    __slots__ = ("classes", "seats")

    def __init__(self, classes: RoleClasses | None) -> None:
        self.classes = classes
        self.seats: dict[object, Seat] = {}


class Roles:
    """Seats of roles.

    Args:
        household: Makes the household of the account of a role, given its ARN.
        made: Makes the seat of a role, given its ARN.

    Attributes:
        seats: Of those who called last, by ARN.
    """

    def __init__(self, household: Callable[[str], Household], made: Callable[[str], Seat]) -> None:
        self.seats: dict[str | None, Seat] = {}
        self._household = household
        self._made = made
        self._households: dict[str, Household] = {}
        self._classes = 0

    def seat(self, arn: str) -> Seat | None:
        """The seat of a role; `None` where it has to have one of its own."""
        found = self.seats.get(arn)
        if found is None:
            account, role, _ = arn.partition(_ROLE)
            household = self._households.get(account) or (self._met(account, arn) if role else None)
            if household is None or household.classes is None:
                return None
            of = household.classes.of(arn)
            found = household.seats.get(of)
            if found is None:
                self._classes += 1
                if self._classes > _MOST_CLASSES:
                    self.forget()
                found = household.seats[of] = self._made(arn)
            if len(self.seats) >= _MOST:
                self.seats.clear()
            self.seats[arn] = found
        return found

    def _met(self, account: str, arn: str) -> Household | None:
        if _ACCOUNT.fullmatch(account) is None:
            return None
        if len(self._households) >= _MOST_ACCOUNTS:
            self.forget()
        found = self._households[account] = self._household(arn)
        return found

    def forget(self) -> None:
        """Let go of every role."""
        self.seats.clear()
        self._households.clear()
        self._classes = 0
