"""Condition keys about the organization of an account (IAM user guide, *AWS global condition context keys*)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.iam.context import MISSING, NOT_KNOWN, Values, held

if TYPE_CHECKING:
    from rootwarden.guardrails.standing import Landscape
    from rootwarden.iam.context import Held


class Belonging:
    """Where accounts belong.

    Args:
        landscape: The organization.
    """

    def __init__(self, landscape: Landscape) -> None:
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
            account: Twelve digits.
        """
        known = account in self._alone
        if known and self._alone[account]:
            identifier: Held = MISSING
            path: Held = MISSING
        else:
            identifier = held(self._organization) if known and self._organization else NOT_KNOWN
            place = self._paths.get(account) if self._organization else None
            path = Values((place,), listed=True) if place else NOT_KNOWN
        return {f"aws:{whose}orgid": identifier, f"aws:{whose}orgpaths": path}
