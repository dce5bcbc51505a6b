"""Every escalation path in a world where it works, and in worlds where one thing is in its way.

Made from the path's own file, so a new path is tested without a line of code. What is in the way is of five sorts: a
precondition that does not hold (wrong service in the trust, no such policy, …), an explicit deny of one action, a
permissions boundary and an SCP that lack one action.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal

import msgspec
from tests.iam.path_site import MANAGEMENT, Site

from rootwarden.iam.escalation.path import Actor, Gain, TargetKind, Where
from rootwarden.packs import escalation_paths
from rootwarden.simulator.account import Account
from rootwarden.simulator.evidence import write_evidence
from rootwarden.simulator.world import Organization

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rootwarden.iam.escalation.path import EscalationPath


class InTheWay(StrEnum):
    """What keeps a path from being walked."""

    NOTHING = "nothing"
    PRECONDITION = "precondition"
    DENY = "deny"
    BOUNDARY = "boundary"
    SCP = "scp"


class PathWorld(msgspec.Struct, frozen=True, kw_only=True):
    """One path in one world.

    Attributes:
        path: Its id.
        in_the_way: What sort of thing is in its way.
        what: Which: a precondition of `breaks_of`, or an action.
        actor: ARN of the principal that walks it, or would.
        home: The actor's account.
        accounts: All accounts with everybody in them.
        inventory: Resources that have a role, as `iam admins --resources` takes them; empty for most paths.
        standing: The class of the actor from the evidence folder, at least, where the path works. Where something is in
            the way it is `none`: there is no way up by this path, and by none at all if `others` is empty, though the
            actor may be able to become somebody else.
        standing_with_inventory: The same with the inventory given.
        others: Paths that need a part of the permissions and so may be there whether this one is or not.
    """

    path: str
    in_the_way: InTheWay
    what: str
    actor: str
    home: str
    accounts: tuple[Account, ...]
    organization: Organization
    inventory: dict[str, list[dict[str, str]]]
    standing: Standing
    standing_with_inventory: Standing
    others: tuple[str, ...]

    @property
    def name(self) -> str:
        """For the id of a test."""
        return f"{self.path}-{self.in_the_way}" + (f"-{self.what}" if self.what else "")

    def write(self, folder: Path) -> None:
        """Write the evidence folder, and `inventory.json` in it where there is one."""
        write_evidence(folder, self.accounts, self.organization)
        if self.inventory:
            (folder / "inventory.json").write_bytes(msgspec.json.encode(self.inventory))


Standing = Literal["escalation", "conditional", "lateral", "none"]
# Words of `where` that can be made untrue so that no way is left and the evidence shows it. Not among them: who manages
# root access, since no evidence tells the delegated administrator; and a member account, since SCPs would not bind the
# actor in the other.
_BREAKABLE: Final = {
    Where.ACTOR_IN_MANAGEMENT_ACCOUNT,
    Where.ATTACHED_TO_TARGET,
    Where.CUSTOMER_MANAGED,
    Where.FEWER_THAN_TWO_KEYS,
    Where.GROUP_OF_ACTOR,
    Where.GROUP_WITH_MORE_PERMISSIONS,
    Where.HAS_OLDER_VERSION,
    Where.HAS_PASSWORD,
    Where.IN_FORCE_FOR_ACTOR,
    Where.IN_INSTANCE_PROFILE,
    Where.IS_BOUNDARY_OF_ACTOR,
    Where.MAY_ASSUME_TARGET,
    Where.NOT_RESERVED,
    Where.NO_PASSWORD,
    Where.PERMISSION_SET_OF_ACTOR,
    Where.TRUSTS_ACTOR,
    Where.TRUSTS_OIDC_PROVIDER,
    Where.TRUSTS_SAML_PROVIDER,
}
# Where the words of a path do not tell all: the class where it works, and why.
_WORKS: Final[dict[str, tuple[Standing, str]]] = {
    "policy-set-default-version": ("escalation", "the dump has the older version, and it allows everything"),
    "organization-access-role-assume": ("escalation", "the member's role is in its dump: `role-assume` decides"),
    "control-tower-role-assume": ("escalation", "the member's role is in its dump: `role-assume` decides"),
}


def breaks_of(path: EscalationPath) -> tuple[str, ...]:
    """What can be wrong with the preconditions of a path, one thing at a time; `elsewhere` only where nothing else."""
    found: list[str] = []
    if path.target.trusts or (path.also is not None and path.also.trusts):
        found.append("trusts")
    if any(each.key == "iam:PassedToService" for one in path.permissions for each in one.context):
        found.append("passed-to-service")
    if path.existing is not None:
        found.append("existing")
    if path.gain in {Gain.UNBLOCKS_SELF, Gain.UNBLOCKS_TARGET} and path.target.kind is not TargetKind.ACCOUNT:
        found.append("nothing-behind")
    if path.gain is Gain.NEW_PRINCIPAL:
        found.append("boundary-demanded")
    if any(":role/Organization" in each.resource or ":role/AWSControl" in each.resource for each in path.permissions):
        found.append("access-role")
    wheres = {*path.target.where, *path.policies, *(path.also.where if path.also else ())}
    breakable = wheres & _BREAKABLE
    if Where.DENIES_TARGET in wheres:
        # Without its deny the target is there for the taking, which is another path.
        breakable -= {Where.ATTACHED_TO_TARGET}
    if Where.IS_BOUNDARY_OF_ACTOR in wheres:
        # Under a boundary of AWS the actor would need a boundary that lets it change boundaries: none does.
        breakable -= {Where.CUSTOMER_MANAGED}
    found += sorted(where.value for where in breakable)
    return tuple(found) or ("elsewhere",)


def worlds_of(path: EscalationPath) -> Iterator[PathWorld]:
    """Every world of one path; of a path nobody of our accounts can walk, and of one that has ended, the first only."""
    yield _world(path, InTheWay.NOTHING)
    if path.actor is Actor.OUTSIDER or path.ended:
        return
    for what in breaks_of(path):
        yield _world(path, InTheWay.PRECONDITION, broken=what)
    for action in path.stops:
        yield _world(path, InTheWay.DENY, denied=action)
    bounded_already = {Where.ACTOR_HAS_BOUNDARY, Where.IS_BOUNDARY_OF_ACTOR} & set(path.target.where)
    if not bounded_already:
        yield _world(path, InTheWay.BOUNDARY, bounded=path.stops[0])
    if Site(path).home != MANAGEMENT:
        yield _world(path, InTheWay.SCP, fenced=path.stops[0])


def every_world() -> Iterator[PathWorld]:
    """Every world of every path."""
    return (world for path in escalation_paths() for world in worlds_of(path))


def _world(
    path: EscalationPath,
    in_the_way: InTheWay,
    *,
    broken: str = "",
    denied: str = "",
    bounded: str = "",
    fenced: str = "",
) -> PathWorld:
    site = Site(path, broken=broken, denied=denied, bounded=bounded, fenced=fenced)
    without = _works(path, with_inventory=False) if in_the_way is InTheWay.NOTHING else "none"
    given = _works(path, with_inventory=True) if in_the_way is InTheWay.NOTHING else "none"
    if broken == "existing":
        # Only the inventory shows that no resource has the administrator's role.
        without, given = _works(path, with_inventory=False), "lateral"
    lacking = denied or bounded or fenced
    return PathWorld(
        path=path.id,
        in_the_way=in_the_way,
        what=broken or lacking,
        actor="" if path.actor is Actor.OUTSIDER else site.actor,
        home=site.home,
        accounts=tuple(site.accounts.values()),
        organization=site.organization,
        inventory=site.inventory,
        standing=without,
        standing_with_inventory=given,
        others=others(path, lacking),
    )


def _works(path: EscalationPath, *, with_inventory: bool) -> Standing:
    """The class of the actor where nothing is in the way."""
    if path.ended or path.actor is Actor.OUTSIDER:
        return "none"
    if path.id in _WORKS:
        return _WORKS[path.id][0]
    open_ends = bool(path.requires) or (path.existing is not None and not with_inventory)
    return "conditional" if open_ends else "escalation"


def others(path: EscalationPath, lacking: str = "") -> tuple[str, ...]:
    """Other paths whose actions are all among those the actor still has."""
    left = set(path.actions) - {lacking}
    return tuple(each.id for each in escalation_paths() if each.id != path.id and set(each.actions) <= left)
