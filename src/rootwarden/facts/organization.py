"""The organization: its accounts, its tree, its policies and the two features of central root access."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from rootwarden.facts.fact import Fact, Unknown
from rootwarden.facts.guardrail import ScpDocument

if TYPE_CHECKING:
    from rootwarden.facts.native_services import NativeService

_NOT_COLLECTED = Unknown("not collected")


class Position(StrEnum):
    """Where an account stands."""

    MANAGEMENT = "management"
    MEMBER = "member"
    STANDALONE = "standalone"


class OrganizationAccount(msgspec.Struct, frozen=True, kw_only=True):
    """One account as the organization lists it.

    `state` is `State`, in older evidence `Status`; `partition` is empty where no ARN names it.
    """

    arn: str = ""

    id: str
    name: str = ""
    email: str = ""
    state: str = ""
    partition: str = ""


class OrganizationalUnit(msgspec.Struct, frozen=True, kw_only=True):
    """A node of the tree, the organization root included.

    Attributes:
        id: `r-…` or `ou-…`.
        path: Names from the root down, `/Root/Workloads/Prod`.
        targets: Ids from the root down to this node: what policies may be attached to on the way.
        accounts: Accounts directly in it.
        name: Its own name.
        policy_types: Policy types that are on; told of the organization root only.
    """

    id: str
    path: str
    targets: tuple[str, ...]
    accounts: tuple[str, ...]
    name: str = ""
    policy_types: Fact[tuple[str, ...]] = _NOT_COLLECTED


class Organization(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the organization.

    Attributes:
        id: `o-…`.
        arn: Names the partition.
        management_account: Twelve digits.
        management_arn: ARN of the management account.
        management_email: Address of its root user.
        feature_set: `ALL` or `CONSOLIDATED_BILLING`.
        accounts: Every account it lists.
        units: Every node of the tree.
        attachments: Policy ids by target id (root, unit or account).
        policies: SCPs by id.
        service_control_policies_enabled: Whether the policy type is on.
        root_credentials_management: Central management of root credentials is on.
        root_sessions: Privileged root sessions are on.
        trusted_access: IAM may act in the organization, without which neither can be on.
        service_access: Service principals that may.
        administrators: Active accounts that administer a service, by service principal.
    """

    id: Fact[str] = _NOT_COLLECTED
    arn: Fact[str] = _NOT_COLLECTED
    management_account: Fact[str] = _NOT_COLLECTED
    management_arn: Fact[str] = _NOT_COLLECTED
    management_email: Fact[str] = _NOT_COLLECTED
    feature_set: Fact[str] = _NOT_COLLECTED
    accounts: Fact[tuple[OrganizationAccount, ...]] = _NOT_COLLECTED
    units: Fact[tuple[OrganizationalUnit, ...]] = _NOT_COLLECTED
    attachments: Fact[dict[str, tuple[str, ...]]] = _NOT_COLLECTED
    policies: dict[str, ScpDocument] = {}
    service_control_policies_enabled: Fact[bool] = _NOT_COLLECTED
    root_credentials_management: Fact[bool] = _NOT_COLLECTED
    root_sessions: Fact[bool] = _NOT_COLLECTED
    trusted_access: Fact[bool] = _NOT_COLLECTED
    service_access: Fact[tuple[str, ...]] = _NOT_COLLECTED
    administrators: dict[str, Fact[tuple[str, ...]]] = {}

    def administrators_of(self, service: NativeService) -> Fact[tuple[str, ...]]:
        """The accounts that administer a service."""
        return self.administrators.get(service.principal, _NOT_COLLECTED)
