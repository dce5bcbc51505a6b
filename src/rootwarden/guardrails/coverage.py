"""Where in the tree a guardrail holds: its verdicts summed over every unit, with what is below it.

Takes the accounts' places and a proof. An account whose place nobody knows stands apart, never in the root.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.guardrails.proof import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rootwarden.facts.organization import OrganizationalUnit
    from rootwarden.guardrails.proof import GuardrailProof
    from rootwarden.guardrails.standing import Landscape

NOWHERE: Final = "place not known"


class Share(msgspec.Struct, frozen=True):
    """How many accounts a verdict is said of."""

    verdict: Verdict
    accounts: int


class UnitCoverage(msgspec.Struct, frozen=True, kw_only=True):
    """One unit, or the organization's root.

    Attributes:
        id: `r-…` or `ou-…`; empty for accounts whose place is not known.
        name: Its own name.
        path: Names from the root down.
        depth: 0 for the root.
        shares: Of all accounts in it and below it, by verdict, the worst first; none of no accounts.
        units_below: How many units are anywhere below it.
        planned: Guardrails taken to be attached to it.
    """

    id: str
    name: str
    path: str
    depth: int
    shares: tuple[Share, ...]
    units_below: int = 0
    planned: tuple[str, ...] = ()

    @property
    def accounts(self) -> int:
        """Accounts in it and below it."""
        return sum(one.accounts for one in self.shares)

    def count(self, verdict: Verdict) -> int:
        """Accounts a verdict is said of."""
        return next((one.accounts for one in self.shares if one.verdict is verdict), 0)


def coverage(
    landscape: Landscape, proof: GuardrailProof, planned: Mapping[str, tuple[str, ...]] | None = None
) -> tuple[UnitCoverage, ...]:
    """Every unit with the verdicts of a guardrail, each followed by what is in it, in the order of the tree.

    Args:
        landscape: The accounts and the tree.
        proof: Of the guardrail.
        planned: Guardrails taken to be attached, by unit.
    """
    said = {account: group.verdict for group in proof.groups for account in group.accounts}
    sums: dict[str, Counter[Verdict]] = {one.id: Counter() for one in landscape.units}
    below = Counter(above for unit in landscape.units for above in unit.targets[:-1])
    placed: set[str] = set()
    for unit in landscape.units:
        found = Counter(said[account] for account in unit.accounts if account in said)
        placed.update(unit.accounts)
        for target in unit.targets:
            sums[target] += found
    place = {unit.id: number for number, unit in enumerate(landscape.units)}
    units = sorted(landscape.units, key=lambda unit: [place[target] for target in unit.targets])
    rows = [_row(unit, sums[unit.id], below[unit.id], (planned or {}).get(unit.id, ())) for unit in units]
    lost = Counter(verdict for account, verdict in said.items() if account not in placed)
    if lost:
        rows.append(UnitCoverage(id="", name=NOWHERE, path=NOWHERE, depth=0, shares=_shares(lost)))
    return tuple(rows)


def outline(rows: tuple[UnitCoverage, ...], most: int) -> tuple[UnitCoverage, ...]:
    """As many whole levels of the tree as fit into `most` rows, in order; at least the first.

    What is left out is in the sums of the units above it.
    """
    depth = max((row.depth for row in rows), default=0)
    while depth > 0 and sum(row.depth <= depth for row in rows) > most:
        depth -= 1
    return tuple(row for row in rows if row.depth <= depth)


def _row(unit: OrganizationalUnit, sums: Counter[Verdict], below: int, planned: Iterable[str]) -> UnitCoverage:
    return UnitCoverage(
        id=unit.id,
        name=unit.name or unit.id,
        path=unit.path,
        depth=len(unit.targets) - 1,
        shares=_shares(sums),
        units_below=below,
        planned=tuple(planned),
    )


def _shares(sums: Counter[Verdict]) -> tuple[Share, ...]:
    return tuple(Share(verdict, sums[verdict]) for verdict in Verdict if sums[verdict])
