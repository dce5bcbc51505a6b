"""IAM, what it tells about the account and its root user.

A root user has no user name: where the model requires `UserName` and `Path` of a user, AWS leaves them out for root
(seen in published AWS CLI output), and so do we. What `ListMFADevices` calls root is simulator only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rootwarden.simulator import credential_report
from rootwarden.simulator.identities import DeviceKind, IAMUser, RootUser
from rootwarden.simulator.refusal import Refusal
from rootwarden.simulator.services import iam_principals
from rootwarden.simulator.services.sts import IAM_PRINCIPAL, may_manage_root
from rootwarden.simulator.sessions import OPERATOR, CallerKind

if TYPE_CHECKING:
    from rootwarden.simulator.call import Call, Handler
    from rootwarden.simulator.identities import MFADevice

ROOT_NAME = "<root_account>"


def generate_credential_report(call: Call) -> dict[str, Any]:
    """Start a report, or tell how far it is."""
    state = credential_report.generate(call.state, call.account)
    answer = {"State": state}
    if state == "STARTED":
        answer["Description"] = "No report exists. Starting a new report generation task"
    return answer


def get_credential_report(call: Call) -> dict[str, Any]:
    """The finished report."""
    report = credential_report.fetch(call.state, call.account)
    return {"Content": report.content, "ReportFormat": "text/csv", "GeneratedTime": report.generated}


def get_account_summary(call: Call) -> dict[str, Any]:
    """Counts and quotas, and the four flags about root."""
    account = call.account
    root = account.root
    devices = [device for user in account.users for device in user.devices] + root.devices
    return {
        "SummaryMap": {
            "Users": len(account.users),
            "UsersQuota": 5000,
            "Groups": len(account.groups),
            "GroupsQuota": 300,
            "Roles": len(account.roles),
            "RolesQuota": 1000,
            "Policies": len(account.policies),
            "PoliciesQuota": 1500,
            "ServerCertificates": 0,
            "ServerCertificatesQuota": 20,
            "InstanceProfiles": 0,
            "InstanceProfilesQuota": 1000,
            "Providers": 0,
            "AccessKeysPerUserQuota": 2,
            "SigningCertificatesPerUserQuota": 2,
            "GroupsPerUserQuota": 10,
            "AttachedPoliciesPerUserQuota": 10,
            "AttachedPoliciesPerGroupQuota": 10,
            "AttachedPoliciesPerRoleQuota": 10,
            "UserPolicySizeQuota": 2048,
            "GroupPolicySizeQuota": 5120,
            "RolePolicySizeQuota": 10240,
            "AssumeRolePolicySizeQuota": 2048,
            "PolicySizeQuota": 6144,
            "VersionsPerPolicyQuota": 5,
            "PolicyVersionsInUse": 0,
            "PolicyVersionsInUseQuota": 10000,
            "GlobalEndpointTokenVersion": 1,
            "MFADevices": len(devices),
            "MFADevicesInUse": len(devices),
            "AccountMFAEnabled": int(bool(root.devices)),
            "AccountAccessKeysPresent": int(bool(root.keys)),
            "AccountPasswordPresent": int(root.password),
            "AccountSigningCertificatesPresent": int(bool(root.certificates)),
        }
    }


def list_virtual_mfa_devices(call: Call) -> dict[str, Any]:
    """Virtual devices with their owners; root's owner is its ARN."""
    size = call.number("MaxItems", default=100, low=1, high=1000)
    wanted = call.text("AssignmentStatus") or "Any"
    if wanted not in {"Assigned", "Unassigned", "Any"}:
        raise call.invalid("value at 'assignmentStatus' failed to satisfy constraint")
    owners: list[tuple[dict[str, Any] | None, MFADevice]] = []
    if wanted != "Assigned":
        owners = [(None, device) for device in call.account.unassigned_devices]
    if wanted != "Unassigned":
        owners += [(_root_description(call), device) for device in call.account.root.devices]
        owners += [
            (iam_principals.user_description(call, user), device)
            for user in call.account.users
            for device in user.devices
        ]
    virtual = [(owner, device) for owner, device in owners if device.kind is DeviceKind.VIRTUAL]
    page, marker = call.page(virtual, cursor="Marker", size=size)
    devices = [
        {"SerialNumber": device.serial_number, "User": owner, "EnableDate": device.enable_date}
        for owner, device in page
    ]
    return {"VirtualMFADevices": devices, "IsTruncated": marker is not None, "Marker": marker}


def list_mfa_devices(call: Call) -> dict[str, Any]:
    """Every device of one user, of all kinds."""
    name, user = _subject(call)
    size = call.number("MaxItems", default=100, low=1, high=1000)
    page, marker = call.page(user.devices, cursor="Marker", size=size)
    devices = [
        {"UserName": name, "SerialNumber": device.serial_number, "EnableDate": device.enable_date} for device in page
    ]
    return {"MFADevices": devices, "IsTruncated": marker is not None, "Marker": marker}


def get_user(call: Call) -> dict[str, Any]:
    """One user; root for a root session without a user name."""
    _, user = _subject(call)
    if isinstance(user, RootUser):
        return {"User": _root_description(call)}
    return {"User": iam_principals.user_description(call, user)}


def list_access_keys(call: Call) -> dict[str, Any]:
    """The access keys of one user, inactive ones too."""
    name, user = _subject(call)
    size = call.number("MaxItems", default=100, low=1, high=1000)
    page, marker = call.page(user.keys, cursor="Marker", size=size)
    keys = [
        {
            "UserName": None if isinstance(user, RootUser) else name,
            "AccessKeyId": key.access_key_id,
            "Status": "Active" if key.active else "Inactive",
            "CreateDate": key.create_date,
        }
        for key in page
    ]
    return {"AccessKeyMetadata": keys, "IsTruncated": marker is not None, "Marker": marker}


def get_access_key_last_used(call: Call) -> dict[str, Any]:
    """When and for what a key was last used; `N/A` without a date when never."""
    wanted = call.required("AccessKeyId")
    owned = [(ROOT_NAME, key) for key in call.account.root.keys]
    owned += [(user.name, key) for user in call.account.users for key in user.keys]
    for owner, key in owned:
        if key.access_key_id == wanted:
            when = call.state.root_used(call.account.account_id) if owner == ROOT_NAME else None
            when = when or key.last_used
            used = when is not None
            last_used = {
                "LastUsedDate": when,
                "ServiceName": key.last_used_service if used else "N/A",
                "Region": key.last_used_region if used else "N/A",
            }
            return {"UserName": owner, "AccessKeyLastUsed": last_used}
    raise call.denied("iam:GetAccessKeyLastUsed", f"access key {wanted[:40]}")


def get_login_profile(call: Call) -> dict[str, Any]:
    """Whether a user has a console password."""
    name, user = _subject(call)
    if not user.password:
        raise Refusal("NoSuchEntity", f"Login Profile for User {name} cannot be found.", 404)
    created = user.create_date if isinstance(user, IAMUser) else call.account.create_date
    return {"LoginProfile": {"UserName": name, "CreateDate": created, "PasswordResetRequired": False}}


def list_signing_certificates(call: Call) -> dict[str, Any]:
    """The X.509 certificates of one user."""
    name, user = _subject(call)
    size = call.number("MaxItems", default=100, low=1, high=1000)
    certificates = user.certificates if isinstance(user, RootUser) else []
    page, marker = call.page(certificates, cursor="Marker", size=size)
    described = [
        {
            "UserName": name,
            "CertificateId": certificate.certificate_id,
            "CertificateBody": "-----BEGIN CERTIFICATE-----\nTk9UIEEgQ0VSVElGSUNBVEU=\n-----END CERTIFICATE-----",
            "Status": "Active" if certificate.active else "Inactive",
            "UploadDate": certificate.upload_date,
        }
        for certificate in page
    ]
    return {"Certificates": described, "IsTruncated": marker is not None, "Marker": marker}


def list_organizations_features(call: Call) -> dict[str, Any]:
    """Which parts of central root access are on."""
    organization = call.world.organization
    if organization is None:
        raise Refusal("OrganizationNotFoundException", "The account is not part of an organization")
    if not may_manage_root(call):
        raise Refusal(
            "AccountNotManagementOrDelegatedAdministratorException",
            "The account is not the management account or a delegated administrator for IAM",
        )
    if organization.feature_set != "ALL":
        raise Refusal(
            "OrganizationNotInAllFeaturesModeException", "The organization does not have all features enabled"
        )
    if IAM_PRINCIPAL not in organization.trusted_services:
        raise Refusal("ServiceAccessNotEnabledException", "Trusted access for IAM is not enabled")
    return {"OrganizationId": organization.organization_id, "EnabledFeatures": sorted(organization.features)}


def get_account_password_policy(call: Call) -> dict[str, Any]:
    """The password policy, which does not bind root."""
    policy = call.account.password_policy
    if policy is None:
        message = f"The Password Policy with domain name {call.account.account_id} cannot be found."
        raise Refusal("NoSuchEntity", message, 404)
    return {
        "PasswordPolicy": {
            "MinimumPasswordLength": policy.minimum_length,
            "RequireSymbols": policy.symbols,
            "RequireNumbers": policy.numbers,
            "RequireUppercaseCharacters": policy.uppercase,
            "RequireLowercaseCharacters": policy.lowercase,
            "AllowUsersToChangePassword": policy.users_may_change,
            "ExpirePasswords": policy.maximum_age is not None,
            "MaxPasswordAge": policy.maximum_age,
            "PasswordReusePrevention": policy.reuse_prevention,
            "HardExpiry": policy.hard_expiry,
        }
    }


def list_account_aliases(call: Call) -> dict[str, Any]:
    """The account alias, of which there is one at most."""
    aliases = [call.account.alias] if call.account.alias else []
    return {"AccountAliases": aliases, "IsTruncated": False}


def _subject(call: Call) -> tuple[str, RootUser | IAMUser]:
    name = call.text("UserName")
    if name:
        user = call.account.user(name)
        if user is None:
            raise Refusal("NoSuchEntity", f"The user with name {name[:64]} cannot be found.", 404)
        return name, user
    if call.caller.kind is CallerKind.USER:
        return OPERATOR, IAMUser(name=OPERATOR, create_date=call.account.create_date)
    if call.caller.kind is CallerKind.ROLE:
        raise Refusal("ValidationError", "Must specify userName when calling with non-User credentials")
    return ROOT_NAME, call.account.root


def _root_description(call: Call) -> dict[str, Any]:
    account = call.account
    return {
        "UserId": account.account_id,
        "Arn": call.world.root_arn(account.account_id),
        "CreateDate": account.create_date,
        "PasswordLastUsed": account.root.password_last_used,
    }


OPERATIONS: dict[str, Handler] = {
    "GenerateCredentialReport": generate_credential_report,
    "GetCredentialReport": get_credential_report,
    "GetAccountSummary": get_account_summary,
    "ListVirtualMFADevices": list_virtual_mfa_devices,
    "ListMFADevices": list_mfa_devices,
    "GetUser": get_user,
    "ListAccessKeys": list_access_keys,
    "GetAccessKeyLastUsed": get_access_key_last_used,
    "GetLoginProfile": get_login_profile,
    "ListSigningCertificates": list_signing_certificates,
    "ListOrganizationsFeatures": list_organizations_features,
    "GetAccountPasswordPolicy": get_account_password_policy,
    "ListAccountAliases": list_account_aliases,
    **iam_principals.OPERATIONS,
}
