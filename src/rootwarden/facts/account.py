"""Everything known of one account that decides how safe its root user is."""

from __future__ import annotations

from datetime import datetime

import msgspec

from rootwarden.facts.assets import AssetCounts
from rootwarden.facts.contacts import Contacts
from rootwarden.facts.fact import Fact, Known, Unknown
from rootwarden.facts.inventory import Inventory
from rootwarden.facts.organization import Position
from rootwarden.facts.root_user import RootUser

_NOT_COLLECTED = Unknown("not collected")


class UsageAlarm(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a root event reaches a person, and over which chain."""

    works: Fact[bool] = _NOT_COLLECTED
    chain: Fact[str] = _NOT_COLLECTED


class Guardrail(msgspec.Struct, frozen=True, kw_only=True):
    """What the service control policies on the account's path deny its root user."""

    denies_root_actions: Fact[bool] = _NOT_COLLECTED
    denies_root_key_creation: Fact[bool] = _NOT_COLLECTED


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One account.

    Attributes:
        id: Twelve digits.
        partition: `aws`, `aws-us-gov`, `aws-cn`, …
        name: As the organization lists it.
        email: The root user's address.
        position: Where it stands in an organization.
        unit_path: Path of organizational units, `/Root/Workloads`.
        root: The root user.
        report_generated_at: When AWS made the credential report.
        contacts: The four contacts.
        usage_alarm: Root usage alarm.
        guardrail: SCPs against root.
        fences_root_sign_in: A Sign-In resource policy fences root.
        sign_in_policy_present: There is such a policy.
        declared_email_domains: Mail domains declared to be the organization's.
        root_credentials_management: The organization's feature.
        root_sessions: The organization's feature.
        tags: The account's tags in the organization.
        assets: How much there is in it, when somebody asked.
        inventory: What it holds beside its root user, as far as a selected rule reads it.
    """

    id: str
    partition: str = "aws"
    name: Fact[str] = _NOT_COLLECTED
    email: Fact[str] = _NOT_COLLECTED
    position: Fact[Position] = _NOT_COLLECTED
    unit_path: Fact[str] = _NOT_COLLECTED
    root: RootUser
    report_generated_at: Fact[datetime] = _NOT_COLLECTED
    contacts: Contacts = Contacts()
    usage_alarm: UsageAlarm = UsageAlarm()
    guardrail: Guardrail = Guardrail()
    sign_in_policy_present: Fact[bool] = _NOT_COLLECTED
    fences_root_sign_in: Fact[bool] = _NOT_COLLECTED
    declared_email_domains: Fact[tuple[str, ...]] = _NOT_COLLECTED
    root_credentials_management: Fact[bool] = _NOT_COLLECTED
    root_sessions: Fact[bool] = _NOT_COLLECTED
    tags: Fact[dict[str, str]] = _NOT_COLLECTED
    assets: AssetCounts = AssetCounts()
    inventory: Inventory = Inventory()

    @property
    def has_root_user(self) -> bool:
        """False in the China partition, where AWS states that there is no root user, unless evidence shows one."""
        if self.partition != "aws-cn":
            return True
        seen = (self.root.credentials_present, self.root.mfa_active, self.root.access_keys_present)
        used = (
            [key.last_used for key in self.root.access_keys.value] if isinstance(self.root.access_keys, Known) else []
        )
        shown = any(isinstance(fact, Known) and fact.value for fact in seen)
        return shown or any(isinstance(fact, Known) for fact in (self.root.password.last_used, *used))
