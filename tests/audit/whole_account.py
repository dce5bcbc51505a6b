"""An account in which every fact of every entity is known, so that nothing below a record or in a list is hidden."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec
from tests.audit.test_entities import EVERYTHING, ID, ROOT

from rootwarden.audit.entities.catalog import view_of
from rootwarden.audit.entities.view import Run
from rootwarden.collect.iam_document import document_fact
from rootwarden.facts.credential_report import CredentialReportRow
from rootwarden.facts.fact import Known, Source
from rootwarden.facts.guardrail import ScpDocument
from rootwarden.facts.inventory import Inventory, OwnedDevice
from rootwarden.facts.monitoring import (
    Alarm,
    Alarms,
    ClassicSelector,
    LogGroup,
    LogGroupDetail,
    MetricFilter,
    Monitoring,
    RegionMonitoring,
    Selectors,
    Subscription,
    Topic,
    Trail,
    TrailStatus,
    Transformation,
)
from rootwarden.facts.organization import Organization, OrganizationAccount, OrganizationalUnit
from rootwarden.facts.password_policy import PasswordPolicy
from rootwarden.facts.principals import (
    AttachedPolicy,
    AuthorizationDetails,
    GroupDetail,
    InlinePolicy,
    InstanceProfile,
    ManagedPolicy,
    RoleDetail,
    UserDetail,
)
from rootwarden.facts.root_user import MfaDevice, MfaKind

if TYPE_CHECKING:
    from rootwarden.audit.entities.view import View

THEN: Final = Known(datetime(2026, 3, 2, 12, tzinfo=UTC))
YES: Final = Known(True)
MANAGER: Final = "000011110000"
ALICE: Final = f"arn:aws:iam::{ID}:user/alice"
POLICY: Final = f"arn:aws:iam::{ID}:policy/everything"
TOPIC: Final = f"arn:aws:sns:us-east-1:{ID}:root"
REPORT: Final = Source(call="iam:GetCredentialReport")
DETAILS: Final = (Source(call="iam:GetAccountAuthorizationDetails"),)
CONDITION: Final = {"StringEquals": {"aws:PrincipalOrgID": "o-fake000000"}}
DOCUMENT: Final = document_fact(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": CONDITION},
            {"Effect": "Deny", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::logs"},
        ],
    },
    "everything",
)
TRUST: Final = document_fact(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Sid": "Trust",
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"AWS": MANAGER, "Service": "ec2.amazonaws.com", "Federated": "cognito.amazonaws.com"},
            "Condition": CONDITION,
        },
    },
    "trust",
)
_ALL: Final = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ANY: Final = document_fact({"Version": "2012-10-17", "Statement": [_ALL]}, "all")
FROM_INSIDE: Final = document_fact(
    {"Version": "2012-10-17", "Statement": [_ALL | {"Condition": {"StringEquals": {"aws:SourceVpc": "vpc-0"}}}]}, "all"
)
DATE: Final = "2026-02-01T00:00:00Z"
CELLS: Final = {
    "user": "alice",
    "arn": ALICE,
    "user_creation_time": DATE,
    "password_enabled": "true",
    "password_last_used": DATE,
    "password_last_changed": DATE,
    "password_next_rotation": DATE,
    "mfa_active": "false",
    **{
        f"access_key_{number}_{name}": value
        for number in (1, 2)
        for name, value in (
            ("active", "true"),
            ("last_rotated", DATE),
            ("last_used_date", DATE),
            ("last_used_region", "us-east-1"),
            ("last_used_service", "s3"),
        )
    },
    **{
        f"cert_{number}_{name}": value
        for number in (1, 2)
        for name, value in (("active", "true"), ("last_rotated", DATE))
    },
}
ATTACHED: Final = (AttachedPolicy(arn=POLICY, name="everything"),)
INLINE: Final = (InlinePolicy(name="own", document=DOCUMENT),)
AUTHORIZATION: Final = AuthorizationDetails(
    users=(
        UserDetail(
            name="inside",
            arn=f"arn:aws:iam::{ID}:user/inside",
            id="AIDAFAKEINSIDE",
            created=THEN,
            inline=(InlinePolicy(name="all", document=FROM_INSIDE),),
        ),
        UserDetail(
            name="alice",
            arn=ALICE,
            id="AIDAFAKE",
            created=THEN,
            boundary=POLICY,
            groups=("staff",),
            attached=ATTACHED,
            inline=INLINE,
            tags=(("team", "payments"),),
        ),
    ),
    groups=(
        GroupDetail(
            name="staff",
            arn=f"arn:aws:iam::{ID}:group/staff",
            id="AGPAFAKE",
            created=THEN,
            attached=ATTACHED,
            inline=INLINE,
        ),
    ),
    roles=(
        RoleDetail(
            name="builder",
            arn=f"arn:aws:iam::{ID}:role/builder",
            id="AROAFAKE",
            created=THEN,
            last_used=THEN,
            last_used_region=Known("us-east-1"),
            trust=TRUST,
            boundary=POLICY,
            attached=ATTACHED,
            inline=INLINE,
            instance_profiles=(InstanceProfile(name="p", arn=f"arn:aws:iam::{ID}:instance-profile/p", id="AIPAFAKE"),),
            tags=(("team", "payments"),),
        ),
        RoleDetail(
            name="AWSReservedSSO_Admin_fake",
            arn=f"arn:aws:iam::{ID}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_fake",
            id="AROAFAKESSO",
            path="/aws-reserved/sso.amazonaws.com/",
            created=THEN,
            trust=TRUST,
            inline=(InlinePolicy(name="all", document=ANY),),
        ),
        RoleDetail(
            name="inside",
            arn=f"arn:aws:iam::{ID}:role/inside",
            id="AROAFAKEINSIDE",
            created=THEN,
            trust=TRUST,
            inline=(InlinePolicy(name="all", document=FROM_INSIDE),),
        ),
    ),
    policies=(
        ManagedPolicy(
            name="everything",
            arn=POLICY,
            id="ANPAFAKE",
            created=THEN,
            updated=THEN,
            default_version="v1",
            versions=("v1",),
            document=DOCUMENT,
            attachments=Known(3),
            boundaries=Known(2),
        ),
    ),
)
GROUP: Final = LogGroup(name="trail", account=ID, region="us-east-1")
MONITORING: Final = Monitoring(
    account=ID,
    partition="aws",
    home_region="us-east-1",
    regions=(
        RegionMonitoring(
            region="us-east-1",
            trails=Known(
                (
                    Trail(
                        name="audit",
                        arn=f"arn:aws:cloudtrail:us-east-1:{ID}:trail/audit",
                        account=ID,
                        home_region="us-east-1",
                        multi_region=YES,
                        organization=YES,
                        log_group=Known(GROUP),
                        status=Known(
                            TrailStatus(
                                logging=True,
                                delivery_error="AccessDenied",
                                bucket_error="NoSuchBucket",
                                notification_error="NotFound",
                                delivered=THEN,
                                bucket_delivered=THEN,
                                digest_delivered=THEN,
                            )
                        ),
                        selectors=Known(
                            Selectors(classic=(ClassicSelector(read_write="All", management_events=True),))
                        ),
                        log_group_detail=Known(
                            LogGroupDetail(created=THEN, retention_days=Known(365), stored_bytes=Known(1))
                        ),
                        bucket=Known("trail-bucket"),
                        key_prefix=Known("audit"),
                        topic=Known(TOPIC),
                        key=Known(f"arn:aws:kms:us-east-1:{ID}:key/00000000-0000-0000-0000-000000000000"),
                        validated=YES,
                        global_events=YES,
                    ),
                )
            ),
            metric_filters=Known(
                (
                    MetricFilter(
                        name="root",
                        log_group="trail",
                        pattern='{ $.userIdentity.type = "Root" }',
                        transformations=(Transformation(namespace="Security", metric="Root", value="1", default=0.0),),
                    ),
                )
            ),
            alarms=Known(
                Alarms(
                    metric=(
                        Alarm(
                            name="root",
                            arn=f"arn:aws:cloudwatch:us-east-1:{ID}:alarm:root",
                            watched=(("Security", "Root"),),
                            statistic="Sum",
                            comparison="GreaterThanOrEqualToThreshold",
                            threshold=1.0,
                            period=300,
                            evaluation_periods=1,
                            actions_enabled=True,
                            actions=(TOPIC,),
                            state="OK",
                        ),
                    )
                )
            ),
            event_rules=Known(()),
            topics=(
                Topic(
                    arn=TOPIC,
                    subscriptions=Known(
                        (
                            Subscription(
                                protocol="email",
                                endpoint="aws-security@example.com",
                                confirmed=True,
                                arn=f"{TOPIC}:0",
                                owner=ID,
                            ),
                        )
                    ),
                ),
            ),
        ),
    ),
)
POLICIES: Final = PasswordPolicy(
    minimum_length=Known(14),
    require_symbols=YES,
    require_numbers=YES,
    require_uppercase=YES,
    require_lowercase=YES,
    users_may_change=YES,
    expires=YES,
    maximum_age=Known(90),
    reuse_prevention=Known(24),
    hard_expiry=YES,
)
SUMMARY: Final = dict.fromkeys(
    (
        *("AccountMFAEnabled", "AccountPasswordPresent", "AccountAccessKeysPresent"),
        *("AccountSigningCertificatesPresent", "Users", "UsersQuota", "Groups", "GroupsQuota", "ServerCertificates"),
        *("ServerCertificatesQuota", "UserPolicySizeQuota", "GroupPolicySizeQuota", "GroupsPerUserQuota"),
        *("SigningCertificatesPerUserQuota", "AccessKeysPerUserQuota", "MFADevices", "MFADevicesInUse"),
        *("AttachedPoliciesPerGroupQuota", "AttachedPoliciesPerRoleQuota", "AttachedPoliciesPerUserQuota", "Policies"),
        *("PoliciesQuota", "PolicySizeQuota", "PolicyVersionsInUse", "PolicyVersionsInUseQuota"),
        *("VersionsPerPolicyQuota", "Roles", "RolesQuota", "RolePolicySizeQuota", "AssumeRolePolicySizeQuota"),
        *("InstanceProfiles", "InstanceProfilesQuota", "Providers", "GlobalEndpointTokenVersion"),
    ),
    1,
)
INVENTORY: Final = Inventory(
    report=Known((CredentialReportRow(CELLS, REPORT),)),
    details=Known(AUTHORIZATION, DETAILS),
    virtual_devices=Known((OwnedDevice(ALICE, MfaDevice(serial_number="v", kind=MfaKind.VIRTUAL, enabled_at=THEN)),)),
    password_policy=Known(POLICIES),
    summary=Known(SUMMARY),
    monitoring=Known(MONITORING),
)
ORGANIZATION: Final = Organization(
    id=Known("o-fake000000"),
    arn=Known(f"arn:aws:organizations::{MANAGER}:organization/o-fake000000"),
    management_account=Known(MANAGER),
    management_arn=Known(f"arn:aws:organizations::{MANAGER}:account/o-fake000000/{MANAGER}"),
    management_email=Known("aws@example.com"),
    feature_set=Known("ALL"),
    accounts=Known(
        (
            OrganizationAccount(id=ID, name="payments", email="root@example.com", state="ACTIVE", arn="arn:a"),
            OrganizationAccount(id=MANAGER, name="management", email="aws@example.com", state="ACTIVE", arn="arn:b"),
        )
    ),
    units=Known(
        (
            OrganizationalUnit(
                id="r-fake",
                path="/Root",
                targets=("r-fake",),
                accounts=(MANAGER,),
                name="Root",
                policy_types=Known(("SERVICE_CONTROL_POLICY",)),
            ),
            OrganizationalUnit(
                id="ou-fake-prod", path="/Root/Prod", targets=("r-fake", "ou-fake-prod"), accounts=(ID,), name="Prod"
            ),
        )
    ),
    attachments=Known({"r-fake": ("p-full",), "ou-fake-prod": ("p-full",)}),
    policies={
        "p-full": ScpDocument(
            id="p-full",
            name="Full",
            document=Known({}),
            statements=DOCUMENT,
            arn=Known(f"arn:aws:organizations::{MANAGER}:policy/o-fake000000/service_control_policy/p-full"),
            description=Known("everything"),
            aws_managed=YES,
        )
    },
    service_control_policies_enabled=YES,
    root_credentials_management=YES,
    root_sessions=YES,
    trusted_access=YES,
)
CONTACTS: Final = msgspec.structs.replace(
    EVERYTHING.contacts,
    **{
        kind: Known(msgspec.structs.replace(getattr(EVERYTHING.contacts, kind).value, title="on call"))
        for kind in ("primary", "billing", "operations", "security")
    },
)
ACCOUNT: Final = msgspec.structs.replace(
    EVERYTHING, unit_path=Known("/Root/Prod"), inventory=INVENTORY, contacts=CONTACTS, root=ROOT
)


def whole_view() -> View:
    """The account as rules look at it."""
    run = Run()
    view = view_of(ACCOUNT, ORGANIZATION, run)
    run.views[ID] = view
    return view
