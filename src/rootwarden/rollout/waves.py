"""In which order accounts are changed: canaries, then unit by unit, never more at once than the cap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.errors import UsageError
from rootwarden.facts.fact import Known, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rootwarden.facts.fact import Fact
    from rootwarden.facts.organization import OrganizationalUnit

USUAL_CAP: Final = 50
CANARY: Final = "canary"


class Wave(msgspec.Struct, frozen=True, kw_only=True):
    """Accounts that are changed together.

    Attributes:
        number: 1 for the first.
        name: `canary`, the path of the unit, or that it is not known.
        accounts: Ids, in order.
    """

    number: int
    name: str
    accounts: tuple[str, ...]


class Waves(msgspec.Struct, frozen=True, kw_only=True):
    """All waves, in order.

    Attributes:
        waves: Every account once.
        unplaced: Accounts whose unit is not known; they are in the last waves.
        why_unplaced: Why, or empty when there are none.
    """

    waves: tuple[Wave, ...]
    unplaced: tuple[str, ...] = ()
    why_unplaced: str = ""


def waves_of(
    accounts: Iterable[str],
    units: Fact[tuple[OrganizationalUnit, ...]],
    *,
    canaries: Sequence[str] = (),
    order: Sequence[str] = (),
    cap: int = USUAL_CAP,
) -> Waves:
    """Put accounts into waves.

    Args:
        accounts: Which accounts.
        units: The organization's tree.
        canaries: Accounts that come first, each alone.
        order: Units, by id or path, whose accounts come next, those of units below them included.
        cap: Most accounts of one wave.

    Raises:
        UsageError: A canary is not among the accounts, a unit is not in the tree, or the cap is below one.
    """
    wanted = sorted(set(accounts))
    strangers = [each for each in canaries if each not in wanted]
    if strangers:
        raise UsageError(f"the canary `{strangers[0]}` is not among the accounts to change")
    if cap < 1:
        raise UsageError(f"a wave of `{cap}` accounts is none")
    tree = units.value if isinstance(units, Known) else ()
    rest = [each for each in wanted if each not in canaries]
    groups: list[tuple[str, tuple[str, ...]]] = [(CANARY, (each,)) for each in dict.fromkeys(canaries)]
    groups += _by_unit(rest, tree, order)
    placed = {each for unit in tree for each in unit.accounts}
    unplaced = tuple(each for each in rest if each not in placed)
    if unplaced:
        groups.append(("unit not known", unplaced))
    return Waves(waves=_cut(groups, cap), unplaced=unplaced, why_unplaced=_why(units) if unplaced else "")


def _by_unit(
    accounts: Sequence[str], tree: Sequence[OrganizationalUnit], order: Sequence[str]
) -> list[tuple[str, tuple[str, ...]]]:
    """Accounts of each unit that has any, units named first, then the smallest first."""
    among = set(accounts)
    held = [(unit, tuple(sorted(among.intersection(unit.accounts)))) for unit in tree]
    ranks = [_named(name, tree) for name in order]

    def place(group: tuple[OrganizationalUnit, tuple[str, ...]]) -> tuple[int, int, str]:
        unit, members = group
        rank = next((rank for rank, named in enumerate(ranks) if named in unit.targets), len(ranks))
        return rank, len(members), unit.path

    return [(unit.path, members) for unit, members in sorted(held, key=place) if members]


def _named(name: str, tree: Sequence[OrganizationalUnit]) -> str:
    """The id of a unit given by id or path."""
    found = next((unit.id for unit in tree if name in (unit.id, unit.path)), None)
    if found is None:
        raise UsageError(f"there is no organizational unit `{name}`", hint="give its id, or its path as /Root/Name")
    return found


def _cut(groups: Iterable[tuple[str, tuple[str, ...]]], cap: int) -> tuple[Wave, ...]:
    cut = [(name, members[at : at + cap]) for name, members in groups for at in range(0, len(members), cap)]
    return tuple(Wave(number=number, name=name, accounts=part) for number, (name, part) in enumerate(cut, 1))


def _why(units: Fact[tuple[OrganizationalUnit, ...]]) -> str:
    if isinstance(units, Unknown):
        return units.reason
    return "the organization's tree does not hold them"
