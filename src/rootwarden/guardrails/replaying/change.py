"""A change of policies: attached here, detached there."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import structs

from rootwarden.errors import UsageError
from rootwarden.facts.fact import Known
from rootwarden.guardrails.standing import Attached, with_policy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.facts.fact import Fact
    from rootwarden.guardrails.standing import Landscape, Level, Levels

# AWS keeps it at every target for good (Organizations user guide, *Resource control policies*).
_FOR_GOOD: Final = "p-RCPFullAWSAccess"


class Operation(StrEnum):
    """What is done with a policy."""

    ATTACH = "attach"
    DETACH = "detach"


class PolicyKind(StrEnum):
    """Which policies of an organization can be replayed."""

    SCP = "scp"
    RCP = "rcp"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One policy at one target.

    Attributes:
        operation: What is done.
        kind: `scp` or `rcp`.
        target: Id of a root, unit or account.
        policy: Which; of one that is detached, the one that is there.
    """

    operation: Operation
    kind: PolicyKind
    target: str
    policy: Attached


def attach(landscape: Landscape, kind: PolicyKind, target: str, policy: Attached) -> Step:
    """The step that attaches a policy.

    Args:
        landscape: Of now.
        kind: `scp` or `rcp`.
        target: Id of a root, unit or account; empty for the organization's root.
        policy: What is attached.

    Raises:
        UsageError: There is no such target.
    """
    target = target or landscape.root
    known = {unit.id for unit in landscape.units} | {one.account for one in landscape.standings}
    if not target or target not in known:
        hint = "give the id of the root (r-…), of a unit (ou-…) or of an account of the evidence"
        raise UsageError(f"there is no target `{target}` in the organization", hint=hint)
    return Step(operation=Operation.ATTACH, kind=kind, target=target, policy=policy)


def detach(landscape: Landscape, target: str, named: str) -> Step:
    """The step that detaches the policy of this id or name.

    Raises:
        UsageError: The target has none, or several of that name, or AWS never detaches it.
    """
    found = {
        (kind, policy.id): policy
        for kind, levels in landscape.attached.items()
        for level in levels
        if level.target == target
        for policy in level.policies
        if named in {policy.id, policy.name}
    }
    if len(found) != 1:
        many = "more than one policy" if found else "no policy"
        raise UsageError(f"{many} `{named}` is attached to `{target}`", hint="give the id (p-…) the evidence has there")
    ((kind, _), policy), *_ = found.items()
    if policy.id == _FOR_GOOD:
        hint = "what resource control policies bar, they say in a `Deny`"
        raise UsageError(f"AWS never detaches `{policy.name}` from `{target}`", hint=hint)
    return Step(operation=Operation.DETACH, kind=PolicyKind(kind), target=target, policy=policy)


def changed(landscape: Landscape, steps: Iterable[Step]) -> Landscape:
    """The landscape after every step.

    Raises:
        UsageError: A service control policy would be the last at its target, which AWS does not detach.
    """
    steps = tuple(steps)
    for step in steps:
        if step.operation is Operation.ATTACH:
            landscape = with_policy(landscape, step.kind.value, step.target, step.policy)
        else:
            landscape = _without(landscape, step)
    for step in steps:
        left = next((one for one in landscape.attached.get(step.kind, ()) if one.target == step.target), None)
        if (
            step.operation is Operation.DETACH
            and step.kind is PolicyKind.SCP
            and left is not None
            and not left.policies
        ):
            hint = "AWS keeps one service control policy at every target: attach another with --with"
            raise UsageError(f"nothing would be attached to `{step.target}`", hint=hint)
    return landscape


def _without(before: Landscape, step: Step) -> Landscape:
    standings = tuple(
        structs.replace(one, **{step.kind.value: _removed(getattr(one, step.kind), step)}) for one in before.standings
    )
    attached = {
        kind: tuple(_left(level, step) for level in levels) if kind == step.kind else levels
        for kind, levels in before.attached.items()
    }
    return structs.replace(before, standings=standings, attached=attached)


def _removed(levels: Fact[Levels], step: Step) -> Fact[Levels]:
    if not isinstance(levels, Known):
        return levels
    return structs.replace(levels, value=tuple(_left(level, step) for level in levels.value))


def _left(level: Level, step: Step) -> Level:
    if level.target != step.target:
        return level
    return structs.replace(level, policies=tuple(one for one in level.policies if one.id != step.policy.id))
