"""The simulated organization and its accounts as plain records: what is true, not how it is told.

Everything is mutable on purpose: a test takes a named world and changes the one thing it is about. Instants are aware
UTC. Account ids are twelve digits, visibly fake. What an account is made of: `account.py`, `identities.py` (who can
act), `monitoring.py` (what notices it).
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

import msgspec

from rootwarden.simulator.moment import NOW
from rootwarden.simulator.policy_limits import USUAL_LIMITS, PolicyLimit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rootwarden.simulator.account import Account
    from rootwarden.simulator.knobs import Knob

MANAGEMENT_ID = "000011110000"
AUDIT_ROLE = "RootwardenAudit"
ACCESS_ROLE = "OrganizationAccountAccessRole"


class Policy(msgspec.Struct, kw_only=True):
    """An organization policy; `document` is JSON text."""

    policy_id: str
    name: str
    document: str
    description: str = ""
    kind: Literal["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"] = "SERVICE_CONTROL_POLICY"
    aws_managed: bool = False


class OrganizationalUnit(msgspec.Struct, kw_only=True):
    """A node of the tree: the root (`r-…`) or an organizational unit (`ou-…`)."""

    unit_id: str
    name: str
    units: list[OrganizationalUnit] = []
    account_ids: list[str] = []

    def walk(self) -> Iterator[OrganizationalUnit]:
        """This node and every one below it, parents first."""
        yield self
        for unit in self.units:
            yield from unit.walk()


class DelegatedAdministrator(msgspec.Struct, kw_only=True):
    """A member account that administers a service for the organization."""

    account_id: str
    service_principal: str
    since: datetime = NOW


class Organization(msgspec.Struct, kw_only=True):
    """An AWS organization."""

    organization_id: str
    root: OrganizationalUnit
    features: set[Literal["RootCredentialsManagement", "RootSessions"]] = set()
    feature_set: Literal["ALL", "CONSOLIDATED_BILLING"] = "ALL"
    policies: dict[str, Policy] = {}
    attachments: dict[str, list[str]] = {}
    policy_types: tuple[str, ...] = ("SERVICE_CONTROL_POLICY",)
    limits: dict[str, PolicyLimit] = msgspec.field(default_factory=lambda: dict(USUAL_LIMITS))
    trusted_services: tuple[str, ...] = ()
    delegated: list[DelegatedAdministrator] = []

    def path_to(self, account_id: str) -> list[OrganizationalUnit]:
        """The nodes from the root down to the one that holds the account; empty when none does."""
        return _path(self.root, account_id)

    def parent_of(self, child_id: str) -> OrganizationalUnit | None:
        """The node directly above an account or organizational unit."""
        for unit in self.root.walk():
            if child_id in unit.account_ids or any(child.unit_id == child_id for child in unit.units):
                return unit
        return None

    def unit(self, unit_id: str) -> OrganizationalUnit | None:
        """The node with that id."""
        return next((unit for unit in self.root.walk() if unit.unit_id == unit_id), None)


def _path(unit: OrganizationalUnit, account_id: str) -> list[OrganizationalUnit]:
    if account_id in unit.account_ids:
        return [unit]
    for child in unit.units:
        below = _path(child, account_id)
        if below:
            return [unit, *below]
    return []


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """A visibly fake long-term key of a principal in the management account."""

    access_key_id: str
    secret_access_key: str


class World:
    """An organization, or one account without one, whose accounts come into being when first asked for.

    Args:
        account_ids: All accounts in the order `ListAccounts` gives them.
        build: Makes one account from its id.
        management_id: The management account, or the only account.
        organization: `None` for a standalone account.
        knobs: What goes wrong in this world from the start.

    Attributes:
        partition: `aws`, `aws-us-gov` or `aws-cn`.
        now: The instant the world stands at.
    """

    def __init__(
        self,
        *,
        account_ids: list[str],
        build: Callable[[str], Account],
        management_id: str,
        organization: Organization | None,
        knobs: tuple[Knob, ...] = (),
    ) -> None:
        self.account_ids = account_ids
        self.management_id = management_id
        self.organization = organization
        self.partition = "aws"
        self.home_region = "us-east-1"
        self.now = NOW
        self.initial_knobs = knobs
        self._build = build
        self._known = set(account_ids)
        self._built: dict[str, Account] = {}

    def __contains__(self, account_id: str) -> bool:
        return account_id in self._known

    def account(self, account_id: str) -> Account:
        """The account with that id; raises `KeyError` when the world has none."""
        account = self._built.get(account_id)
        if account is None:
            if account_id not in self._known:
                raise KeyError(account_id)
            account = self._built[account_id] = self._build(account_id)
        return account

    def move(self, *, partition: str, home_region: str, now: datetime, retell: Callable[[Account], Account]) -> None:
        """Set the world in another partition or time, before any of its accounts is asked for."""
        build = self._build
        self.partition, self.home_region, self.now = partition, home_region, now
        self._build = lambda account_id: retell(build(account_id))
        self._built = {}

    def add(self, account: Account, *, unit: OrganizationalUnit | None = None) -> None:
        """Let another account join, under `unit` or the organization's root."""
        self._built[account.account_id] = account
        self._known.add(account.account_id)
        self.account_ids.append(account.account_id)
        if self.organization is not None:
            (unit or self.organization.root).account_ids.append(account.account_id)

    @property
    def management(self) -> Account:
        """The management account, or the only account."""
        return self.account(self.management_id)

    @property
    def member_ids(self) -> list[str]:
        """Every account but the management account."""
        return [account_id for account_id in self.account_ids if account_id != self.management_id]

    @property
    def credentials(self) -> Credentials:
        """A key of a principal of the management account."""
        return self.credentials_of(self.management_id)

    def credentials_of(self, account_id: str) -> Credentials:
        """A key of a principal of that account, for looking at one account alone."""
        return Credentials(access_key_id=f"AKIAFAKE{account_id}", secret_access_key=f"not/a/secret/{account_id}")

    def root_arn(self, account_id: str) -> str:
        """The ARN of the account's root user."""
        return f"arn:{self.partition}:iam::{account_id}:root"

    def arn(self, service: str, region: str, account_id: str, resource: str) -> str:
        """An ARN in this world's partition."""
        return f"arn:{self.partition}:{service}:{region}:{account_id}:{resource}"
