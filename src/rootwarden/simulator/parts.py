"""What worlds are put together from: contacts, devices, guardrails, and the chain from a root event to a person."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from rootwarden.simulator.account import Account, AlternateContact, Contact, PasswordPolicy, SignInStatement
from rootwarden.simulator.identities import AccessKey, DeviceKind, Group, IAMUser, MFADevice, Role, SigningCertificate
from rootwarden.simulator.moment import NOW
from rootwarden.simulator.monitoring import (
    Alarm,
    EventRule,
    EventTarget,
    LogGroup,
    MetricFilter,
    Subscription,
    Topic,
    Trail,
)
from rootwarden.simulator.world import ACCESS_ROLE, AUDIT_ROLE, MANAGEMENT_ID, Organization, OrganizationalUnit, Policy

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

HOME_REGION = "us-east-1"
ROOT_PATTERN = (
    '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }'
)
NARROWED_PATTERN = (
    '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent"'
    ' && $.sourceIPAddress != "203.0.113.*" && $.eventName = "ConsoleLogin" }'
)
ROOT_EVENT_PATTERN = (
    '{"detail-type":["AWS API Call via CloudTrail","AWS Console Sign In via CloudTrail"],'
    '"detail":{"userIdentity":{"type":["Root"]}}}'
)
LOG_GROUP = "organization-trail"
METRIC, NAMESPACE = "RootActivity", "Security"
SECURITY_UNIT, WORKLOADS_UNIT, SANDBOX_UNIT = "ou-fake-security", "ou-fake-workload", "ou-fake-sandbox0"


def days_ago(days: float) -> datetime:
    """An instant before the worlds' now."""
    return NOW - timedelta(days=days)


def number_of(account_id: str) -> int:
    """The position of a simulated account: 0 for the management account."""
    return int(account_id) - int(MANAGEMENT_ID)


def member_id(number: int) -> str:
    """The id of the n-th account."""
    return f"{int(MANAGEMENT_ID) + number:012d}"


def virtual_device(account_id: str, name: str = "root-account-mfa-device") -> MFADevice:
    """An authenticator app; root's historical name unless given another."""
    serial = f"arn:aws:iam::{account_id}:mfa/{name}"
    return MFADevice(kind=DeviceKind.VIRTUAL, serial_number=serial, enable_date=days_ago(400))


def fido_device(account_id: str, name: str) -> MFADevice:
    """A passkey or security key of root."""
    serial = f"arn:aws:iam::{account_id}:u2f/root/{name}-FAKEFAKEFAKE"
    return MFADevice(kind=DeviceKind.FIDO, serial_number=serial, enable_date=days_ago(300))


def hardware_totp(serial: str = "FAKE00000001") -> MFADevice:
    """A hardware token with six digits."""
    return MFADevice(kind=DeviceKind.HARDWARE_TOTP, serial_number=serial, enable_date=days_ago(900))


def root_key(account_id: str, *, created: datetime, used: datetime | None = None, active: bool = True) -> AccessKey:
    """An access key of root."""
    key_id = f"AKIAROOT{account_id}"
    return AccessKey(access_key_id=key_id, create_date=created, last_used=used, active=active, last_used_service="iam")


def certificate(*, active: bool = True) -> SigningCertificate:
    """An X.509 signing certificate of root."""
    return SigningCertificate(certificate_id="FAKECERTIFICATE000000000", upload_date=days_ago(3000), active=active)


def users(account_id: str, random: Random) -> list[IAMUser]:
    """None to three IAM users, one of them with a key."""
    made = []
    for number in range(random.randint(0, 3)):
        name = f"service-{number}"
        key_id = f"AKIAUSR{number}{account_id}"
        key = AccessKey(access_key_id=key_id, create_date=days_ago(100), last_used=days_ago(random.uniform(0, 90)))
        made.append(IAMUser(name=name, create_date=days_ago(200), keys=[key] if number == 0 else []))
    return made


def roles(external_id: str = "") -> list[Role]:
    """The audit role and the one Organizations makes, both trusting the management account."""
    created = days_ago(500)
    return [
        Role(
            name=AUDIT_ROLE,
            create_date=created,
            trusted_accounts=(MANAGEMENT_ID,),
            external_id=external_id,
            policies=("SecurityAudit",),
        ),
        Role(
            name=ACCESS_ROLE,
            create_date=created,
            trusted_accounts=(MANAGEMENT_ID,),
            policies=("AdministratorAccess",),
        ),
    ]


ADMINISTRATOR_DOCUMENT = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'


def add_administrators(account: Account) -> None:
    """A group of administrators with one user in it who has a key, and a user with all rights of their own."""
    account.groups.append(Group(name="administrators", create_date=days_ago(900), policies=("AdministratorAccess",)))
    key_id = f"AKIAADM0{account.account_id}"
    key = AccessKey(access_key_id=key_id, create_date=days_ago(700), last_used=days_ago(400))
    account.users += [
        IAMUser(
            name="admin",
            create_date=days_ago(900),
            password=True,
            password_last_used=days_ago(200),
            keys=[key],
            groups=("administrators",),
            policies=(),
        ),
        IAMUser(
            name="founder",
            create_date=days_ago(1500),
            password=True,
            policies=(),
            inline={"everything": ADMINISTRATOR_DOCUMENT},
        ),
    ]


def good_contacts(account: Account) -> None:
    """A primary contact and three alternate ones, none of them the same."""
    account.contact = Contact(full_name="Cloud Platform Team", phone_number="+15550100001", company_name="Example Corp")
    account.alternate_contacts = {
        "BILLING": _team_contact("finance", 2),
        "OPERATIONS": _team_contact("operations", 3),
        "SECURITY": _team_contact("security", 4),
    }


def _team_contact(team: str, number: int) -> AlternateContact:
    return AlternateContact(
        name=f"{team.title()} Team",
        title=f"{team} on call",
        email=f"aws-{team}@example.com",
        phone_number=f"+1555010000{number}",
    )


def one_contact_for_everything(account: Account, email: str) -> None:
    """The same person, address and telephone everywhere."""
    account.contact = Contact(full_name="Pat Founder", phone_number="+15550199999")
    same = AlternateContact(name="Pat Founder", title="founder", email=email, phone_number="+15550199999")
    account.alternate_contacts = {"BILLING": same, "OPERATIONS": same, "SECURITY": same}


def base_account(account_id: str, random: Random, *, external_id: str = "") -> Account:
    """An account in order, whose root has no credentials at all: a member as central management leaves it."""
    number = number_of(account_id)
    name = "management" if number == 0 else f"workload-{number:04d}"
    account = Account(
        account_id=account_id,
        name=name,
        email=f"aws+{name}-x{random.randint(1000, 9999)}@example.com",
        create_date=days_ago(random.randint(400, 2000)),
        users=users(account_id, random),
        roles=roles(external_id),
        password_policy=PasswordPolicy(),
        buckets=random.randint(0, 12),
        tags={"owner": f"team-{'abcdef'[number % 6]}"},
    )
    account.joined = account.create_date
    account.root.password = False
    region = account.region(HOME_REGION)
    region.rds_instances = random.randint(0, 2)
    region.ec2_instances = random.randint(0, 6)
    good_contacts(account)
    return account


def add_root_alarm(account: Account, *, organization: bool = True, pattern: str = ROOT_PATTERN) -> None:
    """The whole chain from a root event to a confirmed subscriber, in the home region."""
    owner = account.account_id
    region = account.region(HOME_REGION)
    topic_arn = f"arn:aws:sns:{HOME_REGION}:{owner}:root-activity"
    name = LOG_GROUP if organization else "account-trail"
    account.trails.append(
        Trail(
            name=name,
            home_region=HOME_REGION,
            bucket=f"{name}-{owner}",
            organization=organization,
            log_group=f"arn:aws:logs:{HOME_REGION}:{owner}:log-group:{name}:*",
        )
    )
    region.log_groups.append(LogGroup(name=name))
    region.metric_filters.append(
        MetricFilter(
            name="root-activity", log_group=name, pattern=pattern, metric_name=METRIC, metric_namespace=NAMESPACE
        )
    )
    region.alarms.append(
        Alarm(name="root-activity", metric_name=METRIC, metric_namespace=NAMESPACE, actions=(topic_arn,))
    )
    subscription = Subscription(protocol="email", endpoint="aws-security@example.com")
    region.topics.append(Topic(name="root-activity", subscriptions=[subscription]))


def add_root_event_rule(account: Account) -> None:
    """An EventBridge rule that sends root events to the alarm's topic."""
    topic_arn = f"arn:aws:sns:{HOME_REGION}:{account.account_id}:root-activity"
    account.region(HOME_REGION).event_rules.append(
        EventRule(
            name="root-activity",
            pattern=ROOT_EVENT_PATTERN,
            state="ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS",
            targets=[EventTarget(target_id="topic", arn=topic_arn)],
        )
    )


def fence_sign_in(account: Account) -> None:
    """A Sign-In resource policy, in force, that lets root sign in from the office network only."""
    account.console_authorization = True
    account.sign_in_policy = [
        SignInStatement(
            effect="Deny",
            principal={"AWS": "*"},
            action=["signin:Authenticate", "signin:AuthorizeOAuth2Access", "signin:CreateOAuth2Token"],
            resource="*",
            condition={"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}},
        )
    ]


def deny_root_policy(policy_id: str, name: str, *, action: str, exempt_assumed_root: bool) -> Policy:
    """A service control policy that denies `action` to root users."""
    condition = {"ArnLike": {"aws:PrincipalArn": ["arn:aws:iam::*:root"]}}
    if exempt_assumed_root:
        condition["Null"] = {"aws:AssumedRoot": ["true"]}
    statement = {"Sid": "DenyRoot", "Effect": "Deny", "Action": action, "Resource": "*", "Condition": condition}
    document = msgspec.json.encode({"Version": "2012-10-17", "Statement": [statement]}).decode()
    return Policy(policy_id=policy_id, name=name, document=document, description="guards the root user")


def full_access() -> Policy:
    """The policy AWS attaches to every target; a new one each time, for worlds are changed by those who use them."""
    return Policy(
        policy_id="p-FullAWSAccess",
        name="FullAWSAccess",
        description="Allows access to every operation",
        document='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
        aws_managed=True,
    )


def organization(account_ids: list[str]) -> Organization:
    """A root with three organizational units; every twentieth member is in the sandbox, the first two in security."""
    security = OrganizationalUnit(unit_id=SECURITY_UNIT, name="Security")
    sandbox = OrganizationalUnit(unit_id=SANDBOX_UNIT, name="Sandbox")
    workloads = OrganizationalUnit(unit_id=WORKLOADS_UNIT, name="Workloads", units=[sandbox])
    root = OrganizationalUnit(unit_id="r-fake", name="Root", units=[security, workloads])
    for account_id in account_ids:
        number = number_of(account_id)
        if number == 0:
            unit = root
        elif number <= 2:  # noqa: PLR2004 - audit and log archive
            unit = security
        else:
            unit = sandbox if number % 20 == 3 else workloads  # noqa: PLR2004 - 3, 23, 43, …
        unit.account_ids.append(account_id)
    everything = full_access()
    made = Organization(organization_id="o-fake000000", root=root, policies={everything.policy_id: everything})
    for unit in root.walk():
        made.attachments[unit.unit_id] = [everything.policy_id]
    for account_id in account_ids:
        made.attachments[account_id] = [everything.policy_id]
    return made


def attach(made: Organization, target: str, policy: Policy) -> None:
    """Attach a policy to a root, organizational unit or account."""
    made.policies[policy.policy_id] = policy
    made.attachments[target].append(policy.policy_id)
