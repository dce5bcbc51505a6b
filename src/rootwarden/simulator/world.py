"""The simulated organization as plain records: what is true, not how it is told.

Everything is mutable on purpose: a test takes a named world and changes the one thing it is about. Instants are aware
UTC. Account ids are twelve digits, visibly fake.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

import msgspec

from rootwarden.simulator.policy_limits import USUAL_LIMITS, PolicyLimit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rootwarden.simulator.knobs import Knob

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MANAGEMENT_ID = "000011110000"
AUDIT_ROLE = "RootwardenAudit"
ACCESS_ROLE = "OrganizationAccountAccessRole"

AccountState = Literal["ACTIVE", "SUSPENDED", "PENDING_CLOSURE", "PENDING_ACTIVATION", "CLOSED"]


class DeviceKind(StrEnum):
    """What an MFA device is; AWS shows it only by the form of the serial number."""

    VIRTUAL = "virtual"
    FIDO = "fido"
    HARDWARE_TOTP = "hardware_totp"


class MFADevice(msgspec.Struct, kw_only=True):
    """A device registered with a user."""

    kind: DeviceKind
    serial_number: str
    enable_date: datetime


class AccessKey(msgspec.Struct, kw_only=True):
    """A long-term access key; `last_used` is `None` when never used."""

    access_key_id: str
    create_date: datetime
    active: bool = True
    last_used: datetime | None = None
    last_used_region: str = "us-east-1"
    last_used_service: str = "s3"


class SigningCertificate(msgspec.Struct, kw_only=True):
    """An X.509 signing certificate."""

    certificate_id: str
    upload_date: datetime
    active: bool = True


class RootUser(msgspec.Struct, kw_only=True):
    """The root user of one account.

    Attributes:
        password: Whether a console password exists.
        password_spelling: What the credential report says under `password_enabled` instead of true or false, as
            older reports and GovCloud do (`not_supported`); empty for the plain answer.
    """

    password: bool = True
    password_spelling: str = ""
    password_last_used: datetime | None = None
    devices: list[MFADevice] = []
    keys: list[AccessKey] = []
    certificates: list[SigningCertificate] = []


class ManagedPolicy(msgspec.Struct, kw_only=True):
    """A managed policy; `documents` are JSON texts by version, `default` names the one in force, or it is the last."""

    name: str
    documents: dict[str, str]
    create_date: datetime = NOW
    path: str = "/"
    default: str = ""


class Group(msgspec.Struct, kw_only=True):
    """An IAM group; `policies` are names of managed policies, `inline` JSON texts by name."""

    name: str
    create_date: datetime = NOW
    path: str = "/"
    policies: tuple[str, ...] = ()
    inline: dict[str, str] = {}


class IAMUser(msgspec.Struct, kw_only=True):
    """An IAM user; `policies`, `inline` and `boundary` as for a group, `groups` are names."""

    name: str
    create_date: datetime
    path: str = "/"
    password: bool = False
    password_last_used: datetime | None = None
    devices: list[MFADevice] = []
    keys: list[AccessKey] = []
    groups: tuple[str, ...] = ()
    policies: tuple[str, ...] = ("ReadOnlyAccess",)
    inline: dict[str, str] = {}
    boundary: str = ""
    tags: dict[str, str] = {}


class Role(msgspec.Struct, kw_only=True):
    """An IAM role; it may be assumed from `trusted_accounts`, with `external_id` when that is not empty.

    Attributes:
        trusted_services: Services that may assume it.
        trust: The trust policy as JSON text, where accounts and services do not say it all; replaces them.
        policies: Names of managed policies.
        inline: JSON texts by name.
        boundary: Name of a managed policy, or empty.
        instance_profile: Name of the instance profile that hands it out, or empty.
    """

    name: str
    create_date: datetime
    trusted_accounts: tuple[str, ...] = ()
    external_id: str = ""
    path: str = "/"
    trusted_services: tuple[str, ...] = ()
    trust: str = ""
    policies: tuple[str, ...] = ()
    inline: dict[str, str] = {}
    boundary: str = ""
    last_used: datetime | None = None
    instance_profile: str = ""
    tags: dict[str, str] = {}


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


class EventSelector(msgspec.Struct, kw_only=True):
    """A classic event selector."""

    read_write_type: Literal["All", "ReadOnly", "WriteOnly"] = "All"
    management_events: bool = True
    excluded_sources: tuple[str, ...] = ()


class FieldSelector(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One condition of an advanced event selector."""

    field: str
    equals: tuple[str, ...] = ()
    not_equals: tuple[str, ...] = ()
    starts_with: tuple[str, ...] = ()


class AdvancedEventSelector(msgspec.Struct, kw_only=True):
    """An advanced event selector: all its field selectors must hold."""

    name: str
    field_selectors: tuple[FieldSelector, ...]


class Trail(msgspec.Struct, kw_only=True):
    """A CloudTrail trail, owned by the account that lists it."""

    name: str
    home_region: str
    bucket: str
    multi_region: bool = True
    organization: bool = False
    logging: bool = True
    log_group: str = ""
    log_file_validation: bool = True
    selectors: tuple[EventSelector, ...] = (EventSelector(),)
    advanced_selectors: tuple[AdvancedEventSelector, ...] = ()


class LogGroup(msgspec.Struct, kw_only=True):
    """A CloudWatch Logs group."""

    name: str
    retention_days: int = 365


class MetricFilter(msgspec.Struct, kw_only=True):
    """A metric filter on a log group."""

    name: str
    log_group: str
    pattern: str
    metric_name: str
    metric_namespace: str
    metric_value: str = "1"


class Alarm(msgspec.Struct, kw_only=True):
    """A metric alarm; `actions` are ARNs."""

    name: str
    metric_name: str
    metric_namespace: str
    actions: tuple[str, ...] = ()
    actions_enabled: bool = True
    statistic: str = "Sum"
    threshold: float = 1.0
    comparison: str = "GreaterThanOrEqualToThreshold"
    period: int = 300
    evaluation_periods: int = 1
    treat_missing_data: str = "notBreaching"


class Subscription(msgspec.Struct, kw_only=True):
    """A subscription of a topic; an unconfirmed one has no ARN."""

    protocol: str
    endpoint: str
    confirmed: bool = True


class Topic(msgspec.Struct, kw_only=True):
    """An SNS topic."""

    name: str
    subscriptions: list[Subscription] = []


class EventTarget(msgspec.Struct, kw_only=True):
    """A target of an EventBridge rule."""

    target_id: str
    arn: str


class EventRule(msgspec.Struct, kw_only=True):
    """An EventBridge rule on an event bus."""

    name: str
    pattern: str
    state: Literal["ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"] = "ENABLED"
    bus: str = "default"
    targets: list[EventTarget] = []


class Detector(msgspec.Struct, kw_only=True):
    """The GuardDuty detector of a region; `members` says whose it sees to, where the account administers it."""

    enabled: bool = True
    members: Literal["ALL", "NEW", "NONE"] = "NONE"
    limit_reached: bool = False


class Hub(msgspec.Struct, kw_only=True):
    """Security Hub in a region; `members` are ids of accounts, where the account administers it."""

    members: tuple[str, ...] = ()


class Analyzer(msgspec.Struct, kw_only=True):
    """An analyzer of IAM Access Analyzer."""

    name: str
    kind: Literal["ACCOUNT", "ORGANIZATION", "ORGANIZATION_UNUSED_ACCESS"] = "ORGANIZATION"
    active: bool = True


class CostSubscription(msgspec.Struct, kw_only=True):
    """A subscription of Cost Anomaly Detection."""

    name: str
    monitors: int = 1
    addresses: tuple[str, ...] = ()
    declined: tuple[str, ...] = ()


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
