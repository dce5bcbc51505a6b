"""Where accounts stand: every level from the organization's root down to the account, with the policies attached there.

Made from the facts of an organization. A policy attached at a level but not read is there as one that may say
anything; a tree or attachments nobody gave leave the levels unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import structs

from rootwarden.facts.fact import Absent, Fact, Known, Unknown, Why
from rootwarden.facts.organization import OrganizationalUnit
from rootwarden.iam.layer import Document, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.facts.guardrail import ResourceControls, ScpDocument
    from rootwarden.facts.iam_document import IamDocument
    from rootwarden.facts.organization import Organization

_NOT_READ: Final = Unreadable("it was not collected")
# Organizations guide, *Quotas*: one service control policy at least stays attached to every root, unit and account.
_UNLISTED: Final = (
    "AWS keeps one attached to every target while these policies are on, and the evidence lists none here: "
    "it lacks some, or does not tell that they are off"
)
_ACTIVE: Final = "ACTIVE"


class Attached(msgspec.Struct, frozen=True):
    """A policy at a level: its id, name and document; `planned` when it is not attached yet."""

    id: str
    name: str
    document: Document
    planned: bool = False


class Level(msgspec.Struct, frozen=True):
    """A target policies are attached to: its id, its name with those above, and the policies."""

    target: str
    name: str
    policies: tuple[Attached, ...]


Levels = tuple[Level, ...]


class SignInPolicy(msgspec.Struct, frozen=True):
    """An account's Sign-In policy: its document, and whether console authorization is on, so that it does anything."""

    document: Document
    enabled: Fact[bool]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One account.

    Attributes:
        account: Twelve digits.
        name: As the organization lists it.
        partition: `aws`, `aws-us-gov`, …
        management: It is the management account, which neither SCPs nor RCPs bind.
        alone: It is in no organization.
        scp: Its levels with the service control policies.
        rcp: Its levels with the resource control policies.
        sign_in: Its Sign-In policy; absent when it has none.
    """

    account: str
    name: str
    partition: str
    management: bool
    alone: bool = False
    scp: Fact[Levels]
    rcp: Fact[Levels]
    sign_in: Fact[SignInPolicy]


class Landscape(msgspec.Struct, frozen=True, kw_only=True):
    """Every active account with the organization around it.

    Attributes:
        organization: `o-…`, or empty.
        management: The management account, or empty.
        root: Id of the organization's root, or empty where the tree is not known.
        standings: Accounts, the management account first, then by id.
        skipped: Accounts that are not active, with their state.
        units: Every node of the tree.
        attached: Targets by policy type and policy, whether or not an account is below.
    """

    organization: str
    management: str
    root: str
    standings: tuple[Standing, ...]
    skipped: tuple[tuple[str, str], ...]
    units: tuple[OrganizationalUnit, ...] = ()
    attached: Mapping[str, tuple[Level, ...]] = {}


def landscape(
    organization: Organization,
    controls: ResourceControls,
    sign_in: Mapping[str, Fact[SignInPolicy]],
    others: Mapping[str, str] | None = None,
) -> Landscape:
    """The accounts of an organization and what stands above them.

    Args:
        organization: Its facts.
        controls: Its resource control policies.
        sign_in: Sign-In policies by account; an account that is not in it was not asked.
        others: Accounts the organization does not list, with their partition; of no organization, all of them.
    """
    units = organization.units.value if isinstance(organization.units, Known) else ()
    listed = organization.accounts.value if isinstance(organization.accounts, Known) else ()
    management = organization.management_account.value if isinstance(organization.management_account, Known) else ""
    usual = _partition(organization)
    above = {account: unit for unit in units for account in unit.accounts}
    paths = {unit.id: unit.path for unit in units}
    off = Unknown("the account was not asked for its Sign-In policy", Why.NOT_COLLECTED, "signin:GetResourcePolicy")
    scps = _LevelsOf(organization, organization.attachments, organization.policies, paths, never_empty=True)
    rcps = _LevelsOf(organization, controls.attachments, controls.policies, paths, never_empty=False)
    active = {one.id: (one.name, one.partition or usual) for one in listed if one.state == _ACTIVE}
    known = {one.id for one in listed}
    active |= {one: ("", partition or usual) for one, partition in (others or {}).items() if one not in known}
    standings = [
        Standing(
            account=one,
            name=name,
            partition=partition,
            management=one == management,
            alone=isinstance(organization.id, Absent),
            scp=scps.of(one, above.get(one), organization.service_control_policies_enabled),
            rcp=rcps.of(one, above.get(one), controls.enabled),
            sign_in=sign_in.get(one, off),
        )
        for one, (name, partition) in active.items()
    ]
    return Landscape(
        organization=organization.id.value if isinstance(organization.id, Known) else "",
        management=management,
        root=units[0].id if units else "",
        standings=tuple(sorted(standings, key=lambda one: (not one.management, one.account))),
        skipped=tuple((one.id, one.state or "state not told") for one in listed if one.state != _ACTIVE),
        units=units,
        attached={"scp": scps.everywhere(), "rcp": rcps.everywhere()},
    )


def with_policy(before: Landscape, kind: str, target: str, policy: Attached) -> Landscape:
    """The same landscape as if a policy were attached at a target.

    Args:
        before: As it is.
        kind: `scp` or `rcp`.
        target: Id of a root, unit or account.
        policy: What is attached.
    """
    changed = [structs.replace(one, **{kind: _added(getattr(one, kind), target, policy)}) for one in before.standings]
    attached = {
        name: tuple(_level_added(level, target, policy) for level in levels) if name == kind else levels
        for name, levels in before.attached.items()
    }
    return structs.replace(before, standings=tuple(changed), attached=attached)


def with_sign_in(before: Landscape, account: str, document: Document) -> Landscape:
    """The same landscape as if a Sign-In policy were put and switched on, beside the statements there are.

    Args:
        before: As it is.
        account: Whose; empty for every account.
        document: The policy.
    """
    changed = [
        structs.replace(one, sign_in=_beside(one.sign_in, document)) if account in {"", one.account} else one
        for one in before.standings
    ]
    return structs.replace(before, standings=tuple(changed))


def _beside(there: Fact[SignInPolicy], document: Document) -> Fact[SignInPolicy]:
    """What nobody read stays unknown: it may deny what the new one does not."""
    switched_on = Known(True)
    if isinstance(there, Unknown) or isinstance(document, Unreadable):
        return there
    if isinstance(there, Absent):
        return Known(SignInPolicy(document, switched_on))
    own = there.value.document
    if isinstance(own, Unreadable):
        return there
    both = structs.replace(own, statements=(*own.statements, *document.statements))
    return Known(SignInPolicy(both, switched_on), there.sources)


def _added(levels: Fact[Levels], target: str, policy: Attached) -> Fact[Levels]:
    if not isinstance(levels, Known):
        return levels
    made = tuple(_level_added(level, target, policy) for level in levels.value)
    return structs.replace(levels, value=made)


def _level_added(level: Level, target: str, policy: Attached) -> Level:
    return structs.replace(level, policies=(*level.policies, policy)) if level.target == target else level


class _LevelsOf:
    """Levels of accounts for one type of policy, each made once."""

    def __init__(
        self,
        organization: Organization,
        attachments: Fact[dict[str, tuple[str, ...]]],
        policies: Mapping[str, ScpDocument],
        paths: Mapping[str, str],
        *,
        never_empty: bool,
    ) -> None:
        self._never_empty = never_empty
        self._organization = organization
        self._attachments = attachments
        self._policies = policies
        self._paths = paths
        self._made: dict[str, Level] = {}

    def of(self, account: str, unit: OrganizationalUnit | None, enabled: Fact[bool]) -> Fact[Levels]:
        """The levels of an account: unknown when the tree or the attachments are, none when the type is off."""
        if isinstance(self._organization.id, Absent):
            return Known((), self._organization.id.sources, "the account is in no organization")
        if isinstance(enabled, Known) and not enabled.value:
            return Known((), enabled.sources, "this type of policy is switched off in the organization")
        if not isinstance(self._attachments, Known):
            unknown = self._attachments
            return unknown if isinstance(unknown, Unknown) else Unknown("nobody asked what is attached")
        if not isinstance(self._organization.units, Known):
            return Unknown("the tree of the organization is not known", Why.NOT_COLLECTED, "organizations:ListParents")
        if unit is None:
            return Unknown("the account is in no organizational unit we saw")
        levels = (self._level(target) for target in (*unit.targets, account))
        return Known(tuple(levels), self._attachments.sources)

    def everywhere(self) -> tuple[Level, ...]:
        """Every target something is attached to."""
        return tuple(map(self._level, self._attachments.value)) if isinstance(self._attachments, Known) else ()

    def _level(self, target: str) -> Level:
        made = self._made.get(target)
        if made is None:
            ids = self._attachments.value.get(target, ()) if isinstance(self._attachments, Known) else ()
            name = self._paths.get(target) or f"account {target}"
            policies = tuple(map(self._policy, ids))
            if self._never_empty and not policies:
                policies = (Attached("", "not listed", Unreadable(_UNLISTED)),)
            made = self._made[target] = Level(target, name, policies)
        return made

    def _policy(self, policy_id: str) -> Attached:
        found = self._policies.get(policy_id)
        if found is None:
            return Attached(policy_id, policy_id, _NOT_READ)
        return Attached(policy_id, found.name, _document(found.statements))


def _document(statements: Fact[IamDocument]) -> Document:
    if isinstance(statements, Known):
        return statements.value
    return Unreadable(statements.reason if isinstance(statements, Unknown) else "it has no content")


def _partition(organization: Organization) -> str:
    arn = organization.arn.value if isinstance(organization.arn, Known) else ""
    parts = arn.split(":")
    return parts[1] if len(parts) > 1 and parts[1] else "aws"


def policies_of(levels: Iterable[Level]) -> tuple[Attached, ...]:
    """Every policy of some levels, each once."""
    return tuple({policy.id: policy for level in levels for policy in level.policies}.values())
