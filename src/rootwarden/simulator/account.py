"""One simulated AWS account: its root user, whom to contact, and whatever else a call may ask about."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from rootwarden.simulator.identities import Group, IAMUser, ManagedPolicy, MFADevice, Role, RootUser
from rootwarden.simulator.moment import NOW
from rootwarden.simulator.monitoring import (
    Alarm,
    Analyzer,
    CostSubscription,
    Detector,
    EventRule,
    Hub,
    LogGroup,
    MetricFilter,
    Topic,
    Trail,
)

AccountState = Literal["ACTIVE", "SUSPENDED", "PENDING_CLOSURE", "PENDING_ACTIVATION", "CLOSED"]


class Contact(msgspec.Struct, kw_only=True):
    """The primary contact of an account."""

    full_name: str
    phone_number: str
    address_line: str = "1 Example Street"
    city: str = "Exampleville"
    postal_code: str = "00000"
    country_code: str = "DE"
    company_name: str = ""


class AlternateContact(msgspec.Struct, kw_only=True):
    """A billing, operations or security contact."""

    name: str
    title: str
    email: str
    phone_number: str


AlternateContactType = Literal["BILLING", "OPERATIONS", "SECURITY"]


class Region(msgspec.Struct, kw_only=True):
    """What an account holds in one region."""

    log_groups: list[LogGroup] = []
    metric_filters: list[MetricFilter] = []
    alarms: list[Alarm] = []
    topics: list[Topic] = []
    event_rules: list[EventRule] = []
    rds_instances: int = 0
    ec2_instances: int = 0
    detector: Detector | None = None
    hub: Hub | None = None
    analyzers: list[Analyzer] = []


class SignInStatement(msgspec.Struct, kw_only=True):
    """One statement of a Sign-In resource policy."""

    effect: str
    principal: dict[str, str]
    action: list[str]
    resource: str
    condition: dict[str, dict[str, list[str]]]


class PasswordPolicy(msgspec.Struct, kw_only=True):
    """The account's IAM password policy; a limit of `None` is not set."""

    minimum_length: int = 14
    symbols: bool = True
    numbers: bool = True
    uppercase: bool = True
    lowercase: bool = True
    users_may_change: bool = True
    maximum_age: int | None = None
    reuse_prevention: int | None = 24
    hard_expiry: bool | None = None


class Account(msgspec.Struct, kw_only=True):
    """One AWS account: its root user, and whatever else a call may ask about.

    Attributes:
        console_authorization: Whether the Sign-In resource policy is in force; `None` when never configured.
        unassigned_devices: Virtual MFA devices nobody has any more.
    """

    account_id: str
    name: str
    email: str
    create_date: datetime
    state: AccountState = "ACTIVE"
    joined_method: Literal["CREATED", "INVITED"] = "CREATED"
    joined: datetime = NOW
    root: RootUser = msgspec.field(default_factory=RootUser)
    users: list[IAMUser] = []
    roles: list[Role] = []
    groups: list[Group] = []
    policies: list[ManagedPolicy] = []
    alias: str = ""
    contact: Contact | None = None
    alternate_contacts: dict[AlternateContactType, AlternateContact] = {}
    password_policy: PasswordPolicy | None = None
    trails: list[Trail] = []
    regions: dict[str, Region] = {}
    enabled_regions: tuple[str, ...] = ("us-east-1", "eu-central-1")
    buckets: int = 0
    cost_subscriptions: list[CostSubscription] = []
    sign_in_policy: list[SignInStatement] = []
    console_authorization: bool | None = None
    unassigned_devices: list[MFADevice] = []
    tags: dict[str, str] = {}

    def region(self, name: str) -> Region:
        """What the account holds in region `name`, made empty on first use."""
        return self.regions.setdefault(name, Region())

    def role(self, name: str) -> Role | None:
        """The role of that name."""
        return next((role for role in self.roles if role.name == name), None)

    def user(self, name: str) -> IAMUser | None:
        """The IAM user of that name."""
        return next((user for user in self.users if user.name == name), None)
