"""Which AWS call answers into which file of the evidence folder (docs/evidence-folder.md)."""

from __future__ import annotations

from rootwarden.collect.answers import file_name

# Files of the folder itself.
ORGANIZATION = "organization.json"
ACCOUNTS = "accounts.json"
FEATURES = "organizations-features.json"
TARGETS = "targets.json"
DECLARATIONS = "declarations.json"
COLLECTION = "collection.json"

# Files of one account.
CREDENTIAL_REPORT = "credential-report.json"
CREDENTIAL_REPORT_CSV = "credential-report.csv"
REPORT_GENERATION = "generate-credential-report.json"
ACCOUNT_SUMMARY = "account-summary.json"
VIRTUAL_MFA_DEVICES = "virtual-mfa-devices.json"
PASSWORD_POLICY = "password-policy.json"  # noqa: S105 - the name of a file
AUTHORIZATION_DETAILS = "authorization-details.json"
CONTACT_INFORMATION = "contact-information.json"
ROOT_USER = "root-user.json"
ROOT_MFA_DEVICES = "root-mfa-devices.json"
ROOT_ACCESS_KEYS = "root-access-keys.json"
ROOT_LOGIN_PROFILE = "root-login-profile.json"
ROOT_SIGNING_CERTIFICATES = "root-signing-certificates.json"
SIGN_IN_POLICY = "sign-in-policy.json"
SIGN_IN_AUTHORIZATION = "sign-in-authorization.json"
TAGS = "tags.json"
ASSET_COUNTS = "asset-counts.json"  # ours, out of several calls: `collect/assets.py`
ERRORS = "errors.json"

# AWS's own services: of the organization, of an account, and of a region of it (`services/<region>/`).
SERVICE_ACCESS = "service-access.json"
ADMINISTRATORS = "delegated-administrators"
ENABLED_REGIONS = "enabled-regions.json"
COST_SUBSCRIPTIONS = "cost-anomaly-subscriptions.json"
GUARDDUTY_DETECTORS = "guardduty-detectors.json"
GUARDDUTY_DETECTOR = "guardduty-detector.json"
GUARDDUTY_ORGANIZATION = "guardduty-organization.json"
SECURITY_HUB = "security-hub.json"
SECURITY_HUB_MEMBERS = "security-hub-members.json"
ANALYZERS = "access-analyzers.json"

_CALLS = {
    ORGANIZATION: "organizations:DescribeOrganization",
    ACCOUNTS: "organizations:ListAccounts",
    FEATURES: "iam:ListOrganizationsFeatures",
    TARGETS: "organizations:ListTargetsForPolicy",
    CREDENTIAL_REPORT: "iam:GetCredentialReport",
    CREDENTIAL_REPORT_CSV: "iam:GetCredentialReport",
    REPORT_GENERATION: "iam:GenerateCredentialReport",
    ACCOUNT_SUMMARY: "iam:GetAccountSummary",
    VIRTUAL_MFA_DEVICES: "iam:ListVirtualMFADevices",
    PASSWORD_POLICY: "iam:GetAccountPasswordPolicy",
    AUTHORIZATION_DETAILS: "iam:GetAccountAuthorizationDetails",
    CONTACT_INFORMATION: "account:GetContactInformation",
    "alternate-contact-billing.json": "account:GetAlternateContact",
    "alternate-contact-operations.json": "account:GetAlternateContact",
    "alternate-contact-security.json": "account:GetAlternateContact",
    ROOT_USER: "iam:GetUser",
    ROOT_MFA_DEVICES: "iam:ListMFADevices",
    ROOT_ACCESS_KEYS: "iam:ListAccessKeys",
    ROOT_LOGIN_PROFILE: "iam:GetLoginProfile",
    ROOT_SIGNING_CERTIFICATES: "iam:ListSigningCertificates",
    SIGN_IN_POLICY: "signin:GetResourcePolicy",
    SIGN_IN_AUTHORIZATION: "signin:GetConsoleAuthorizationConfiguration",
    TAGS: "organizations:ListTagsForResource",
    "describe-trails.json": "cloudtrail:DescribeTrails",
    "metric-filters.json": "logs:DescribeMetricFilters",
    "metric-alarms.json": "cloudwatch:DescribeAlarms",
    "event-rules.json": "events:ListRules",
    SERVICE_ACCESS: "organizations:ListAWSServiceAccessForOrganization",
    ENABLED_REGIONS: "ec2:DescribeRegions",
    COST_SUBSCRIPTIONS: "ce:GetAnomalySubscriptions",
    GUARDDUTY_DETECTORS: "guardduty:ListDetectors",
    GUARDDUTY_DETECTOR: "guardduty:GetDetector",
    GUARDDUTY_ORGANIZATION: "guardduty:DescribeOrganizationConfiguration",
    SECURITY_HUB: "securityhub:DescribeHub",
    SECURITY_HUB_MEMBERS: "securityhub:ListMembers",
    ANALYZERS: "access-analyzer:ListAnalyzers",
}
_CALLS_BY_FOLDER = {
    "policies": "organizations:DescribePolicy",
    ADMINISTRATORS: "organizations:ListDelegatedAdministrators",
    "root-access-key-last-used": "iam:GetAccessKeyLastUsed",
    "trail-status": "cloudtrail:GetTrailStatus",
    "event-selectors": "cloudtrail:GetEventSelectors",
    "log-groups": "logs:DescribeLogGroups",
    "sns-subscriptions": "sns:ListSubscriptionsByTopic",
    "event-targets": "events:ListTargetsByRule",
}


def action_of(file: str) -> str:
    """The IAM action whose answer the file holds, or an empty text for a file no call answers into."""
    *folders, name = file.split("/")
    return _CALLS.get(name) or next((_CALLS_BY_FOLDER[each] for each in folders if each in _CALLS_BY_FOLDER), "")


def action_named(name: str) -> str:
    """The IAM action a key of `errors.json` means: an action, an operation, or a file with or without its suffix."""
    if ":" in name:
        return name
    operations = {action.partition(":")[2]: action for action in (*_CALLS.values(), *_CALLS_BY_FOLDER.values())}
    return operations.get(name) or action_of(f"{name.removesuffix('.json')}.json") or name


def is_root_session_file(file: str) -> bool:
    """Whether only root itself or an AssumeRoot session can give the file's answer."""
    return any(part.startswith("root-") for part in file.split("/")[-2:])


def alternate_contact(kind: str) -> str:
    """File of an alternate contact: `billing`, `operations` or `security`."""
    return f"alternate-contact-{kind}.json"


def administrators(principal: str) -> str:
    """File of who administers a service for the organization, by its service principal."""
    return f"{ADMINISTRATORS}/{principal}.json"


def in_services(region: str, file: str) -> str:
    """File of what is asked of a service in a region.

    Not below `regions/`: what is there is looked through for trails and alarms.
    """
    return f"services/{region}/{file}"


def resource_file(folder: str, resource: str) -> str:
    """File named after a resource, in a sub-folder of the account's."""
    return f"{folder}/{file_name(resource)}.json"
