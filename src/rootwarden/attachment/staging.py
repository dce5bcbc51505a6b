"""In which order policies come to their targets, and go: canaries, then unit by unit, then the target itself.

A canary and a unit below a target have the policy for themselves only until the target above has it: those attachments
are temporary, and the last wave takes them back, so that the few slots of a target stay free.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.attachment.plan import Step, Verb, Wave
from rootwarden.errors import UsageError
from rootwarden.guardrails.standing import Landscape

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Placed(msgspec.Struct, frozen=True):
    """A policy by name, at a target."""

    policy: str
    target: str


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """Calls of a wave without their names."""

    name: str
    calls: tuple[tuple[Verb, str, str, bool], ...]
    accounts: tuple[str, ...] = ()


def numbered(drafts: Iterable[Draft]) -> tuple[Wave, ...]:
    """Waves with their numbers, those without a call left out."""
    kept = [one for one in drafts if one.calls]
    return tuple(
        Wave(
            number=number,
            name=one.name,
            accounts=one.accounts,
            steps=tuple(
                Step(name=f"{number}.{place}", call=call, policy=policy, target=target, temporary=temporary)
                for place, (call, policy, target, temporary) in enumerate(one.calls, 1)
            ),
        )
        for number, one in enumerate(kept, 1)
    )


class Map(msgspec.Struct, frozen=True):
    """The tree of an organization, asked who is below what."""

    landscape: Landscape

    @property
    def members(self) -> frozenset[str]:
        """Active accounts that policies bind."""
        return frozenset(one.account for one in self.landscape.standings if not one.management)

    def below(self, target: str) -> tuple[str, ...]:
        """The active members at or below a target, in order."""
        units = (unit for unit in self.landscape.units if target in unit.targets)
        found = {account for unit in units for account in unit.accounts} | {target}
        return tuple(sorted(found & self.members))

    def name(self, target: str) -> str:
        """The path of a unit, or the account."""
        path = next((unit.path for unit in self.landscape.units if unit.id == target), "")
        return path or f"account {target}"

    def stages(self, target: str) -> tuple[str, ...]:
        """The units directly below a target that hold members, the smallest first."""
        children = (unit for unit in self.landscape.units if len(unit.targets) > 1 and unit.targets[-2] == target)
        sizes = sorted((len(self.below(unit.id)), unit.id) for unit in children)
        return tuple(each for size, each in sizes if size)

    def check(self, target: str) -> None:
        """Refuse a target that is not in the organization.

        Raises:
            UsageError: It is not, or is the management account, which no policy binds.
        """
        if target == self.landscape.management:
            raise UsageError(f"`{target}` is the management account, which no policy of the organization binds")
        if target not in self.members and all(unit.id != target for unit in self.landscape.units):
            raise UsageError(
                f"there is no target `{target}` in the organization",
                hint="give the id of the root (r-…), of a unit (ou-…) or of an active member account",
            )


def attaching(
    policies: Sequence[str], targets: Sequence[str], canaries: Sequence[str], there: frozenset[Placed], tree: Map
) -> tuple[Draft, ...]:
    """The waves in which policies are attached.

    Args:
        policies: Their names.
        targets: Where they shall be.
        canaries: Accounts that get them first, each in a wave of its own.
        there: Where they are already.
        tree: The organization.

    Raises:
        UsageError: A canary is not below a target.
    """
    drafts: list[Draft] = []
    temporary: list[tuple[Verb, str, str, bool]] = []
    reached = {account for target in targets for account in tree.below(target)}
    staged = [(each, f"canary {each}") for each in canaries]
    staged += [(each, tree.name(each)) for target in targets for each in tree.stages(target)]
    for each in canaries:
        if each not in reached:
            raise UsageError(f"the canary `{each}` is no active member below a target of the plan")
    for place, name in dict.fromkeys(staged):
        if place not in targets:
            calls = _attach(policies, place, there, temporary=True)
            temporary += calls
            drafts.append(Draft(name=name, calls=calls, accounts=tree.below(place)))
    drafts += [
        Draft(name=tree.name(each), calls=_attach(policies, each, there, temporary=False), accounts=tree.below(each))
        for each in targets
    ]
    tidied = tuple((Verb.DETACH, policy, target, True) for _, policy, target, _ in reversed(temporary))
    return (*drafts, Draft(name="temporary attachments", calls=tidied))


def _attach(
    policies: Iterable[str], target: str, there: frozenset[Placed], *, temporary: bool
) -> tuple[tuple[Verb, str, str, bool], ...]:
    return tuple((Verb.ATTACH, each, target, temporary) for each in policies if Placed(each, target) not in there)


def detaching(placed: Iterable[Placed], tree: Map) -> tuple[Draft, ...]:
    """The waves in which policies are detached: one target after the other, the one with the fewest accounts first."""
    by_target: dict[str, list[str]] = {}
    for one in placed:
        by_target.setdefault(one.target, []).append(one.policy)
    order = sorted(by_target, key=lambda target: (len(tree.below(target)), target))
    return tuple(
        Draft(
            name=tree.name(target),
            calls=tuple((Verb.DETACH, policy, target, False) for policy in by_target[target]),
            accounts=tree.below(target),
        )
        for target in order
    )
