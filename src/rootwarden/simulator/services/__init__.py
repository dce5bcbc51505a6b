"""What the simulated AWS answers: one module for each family of services.

In: a `Call`. Out: the answer with member names as botocore spells them, or a `Refusal`. Never: wire formats, counters,
knobs (except where a knob changes what is true), or the network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.simulator.services import (
    account,
    assets,
    central_root,
    cloudtrail,
    iam,
    iam_root,
    monitoring,
    native,
    notification,
    organization_policies,
    organizations,
    securityhub,
    signin,
    sts,
)

if TYPE_CHECKING:
    from rootwarden.simulator.call import Handler

HANDLERS: dict[str, dict[str, Handler]] = {
    "accessanalyzer": native.ANALYZER_OPERATIONS,
    "account": account.OPERATIONS,
    "ce": native.COST_OPERATIONS,
    "cloudtrail": cloudtrail.OPERATIONS,
    "cloudwatch": monitoring.CLOUDWATCH_OPERATIONS,
    "ec2": assets.EC2_OPERATIONS,
    "events": notification.EVENTS_OPERATIONS,
    "guardduty": native.GUARDDUTY_OPERATIONS,
    "iam": iam.OPERATIONS | iam_root.OPERATIONS | central_root.IAM_OPERATIONS,
    "logs": monitoring.LOGS_OPERATIONS,
    "organizations": organizations.OPERATIONS
    | organization_policies.OPERATIONS
    | central_root.ORGANIZATIONS_OPERATIONS,
    "rds": assets.RDS_OPERATIONS,
    "s3": assets.S3_OPERATIONS,
    "securityhub": securityhub.OPERATIONS | native.SECURITY_HUB_OPERATIONS,
    "signin": signin.OPERATIONS,
    "sns": notification.SNS_OPERATIONS,
    "sts": sts.OPERATIONS,
}
