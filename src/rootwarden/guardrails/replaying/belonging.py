"""Condition keys about the organization of an account (IAM user guide, *AWS global condition context keys*).

As everywhere in a replay, accounts are where they are now, and not where they were at the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.iam.context import MISSING, NOT_KNOWN, Unlike, Values, held

if TYPE_CHECKING:
    from rootwarden.guardrails.standing import Landscape
    from rootwarden.iam.context import Held

_DIGITS: Final = 12


class Belonging:
    """Where accounts belong.

    Args:
        landscape: The organization.
        listed: Whether it has every account of the organization: any other is of another one, or of none.
    """

    def __init__(self, landscape: Landscape, *, listed: bool) -> None:
        self._listed = listed and bool(landscape.organization)
        self._skipped = frozenset(account for account, _ in landscape.skipped)
        self._organization = landscape.organization
        self._alone = {one.account: one.alone for one in landscape.standings}
        self._paths = {
            account: f"{landscape.organization}/{'/'.join(unit.targets)}/"
            for unit in landscape.units
            for account in unit.accounts
        }

    def keys(self, whose: str, account: str) -> dict[str, Held]:
        """`aws:PrincipalOrgID` and `aws:PrincipalOrgPaths`, or those of the resource, in lower case.

        Args:
            whose: `principal` or `resource`.
            account: Twelve digits; empty where nobody knows which.
        """
        if self._listed and self._is_elsewhere(account):
            elsewhere = Unlike(reason="it is of no organization, or of another", text=self._organization)
            return {f"aws:{whose}orgid": elsewhere, f"aws:{whose}orgpaths": elsewhere}
        known = account in self._alone
        if known and self._alone[account]:
            identifier: Held = MISSING
            path: Held = MISSING
        else:
            identifier = held(self._organization) if known and self._organization else NOT_KNOWN
            place = self._paths.get(account) if self._organization else None
            path = Values((place,), listed=True) if place else NOT_KNOWN
        return {f"aws:{whose}orgid": identifier, f"aws:{whose}orgpaths": path}

    def _is_elsewhere(self, account: str) -> bool:
        there = account in self._alone or account in self._skipped
        return len(account) == _DIGITS and account.isdigit() and not there
