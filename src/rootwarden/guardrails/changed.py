"""The same organization with one policy taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from rootwarden.facts.fact import Known

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.facts.fact import Fact
    from rootwarden.guardrails.standing import Landscape, Level, Levels


def without_policy(before: Landscape, kind: str, target: str, policy_id: str) -> Landscape:
    """The same landscape as if a policy were detached from a target.

    Args:
        before: As it is.
        kind: `scp` or `rcp`.
        target: Id of a root, unit or account.
        policy_id: Which policy.
    """

    def change(level: Level) -> Level:
        if level.target != target:
            return level
        return structs.replace(level, policies=tuple(one for one in level.policies if one.id != policy_id))

    return _changed(before, kind, change)


def _changed(before: Landscape, kind: str, change: Callable[[Level], Level]) -> Landscape:
    def levels(found: Fact[Levels]) -> Fact[Levels]:
        return structs.replace(found, value=tuple(map(change, found.value))) if isinstance(found, Known) else found

    standings = [structs.replace(one, **{kind: levels(getattr(one, kind))}) for one in before.standings]
    attached = {
        name: tuple(map(change, each)) if name == kind else tuple(each) for name, each in before.attached.items()
    }
    return structs.replace(before, standings=tuple(standings), attached=attached)
