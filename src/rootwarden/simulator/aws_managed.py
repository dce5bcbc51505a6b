"""AWS managed policies of simulated accounts.

The names are those AWS uses, the documents are **made up**: a few statements each, what the policy comes down to. They
are no copy of what AWS writes, and nothing said about a real account may rest on them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.simulator.policy_text import allow, allow_all_but

if TYPE_CHECKING:
    from rootwarden.simulator.policy_text import Statement

_READ: Final = ("Describe*", "Get*", "List*")
_LOOKED_AT: Final = ("account", "cloudtrail", "cloudwatch", "ec2", "iam", "logs", "organizations", "rds", "s3", "sns")


def _reads(*services: str) -> Statement:
    return allow(*(f"{service}:{verb}" for service in services for verb in _READ))


def _all_of(*services: str) -> Statement:
    return allow(*(f"{service}:*" for service in services))


def _only_for(service: str) -> Statement:
    return allow("iam:PassRole", when={"StringEquals": {"iam:PassedToService": f"{service}.amazonaws.com"}})


# What every simulated account lists, used or not.
LISTED: Final = ("AdministratorAccess", "ReadOnlyAccess", "SecurityAudit")

# Harmless: data and reading; nothing in them leads to another principal's permissions.
HARMLESS: Final[dict[str, tuple[Statement, ...]]] = {
    "ReadOnlyAccess": (_reads(*_LOOKED_AT, "dynamodb", "kms", "sqs"),),
    "SecurityAudit": (_reads(*_LOOKED_AT),),
    "job-function/ViewOnlyAccess": (_reads("ec2", "rds", "s3"),),
    "job-function/Billing": (allow("aws-portal:*Billing", "ce:*", "budgets:*", "cur:*"),),
    "AmazonS3FullAccess": (_all_of("s3"),),
    "AmazonS3ReadOnlyAccess": (_reads("s3"),),
    "AmazonDynamoDBFullAccess": (_all_of("dynamodb"),),
    "AmazonDynamoDBReadOnlyAccess": (_reads("dynamodb"),),
    "AmazonSQSFullAccess": (_all_of("sqs"),),
    "AmazonSQSReadOnlyAccess": (_reads("sqs"),),
    "AmazonSNSFullAccess": (_all_of("sns"),),
    "AmazonSNSReadOnlyAccess": (_reads("sns"),),
    "AmazonKinesisFullAccess": (_all_of("kinesis"),),
    "AmazonKinesisReadOnlyAccess": (_reads("kinesis"),),
    "AmazonRDSFullAccess": (_all_of("rds"),),
    "AmazonRDSReadOnlyAccess": (_reads("rds"),),
    "AmazonElastiCacheFullAccess": (_all_of("elasticache"),),
    "AmazonRoute53FullAccess": (_all_of("route53"),),
    "AmazonRoute53ReadOnlyAccess": (_reads("route53"),),
    "AmazonVPCReadOnlyAccess": (allow("ec2:DescribeVpc*", "ec2:DescribeSubnet*"),),
    "AmazonEC2ReadOnlyAccess": (_reads("ec2"),),
    "AmazonEC2ContainerRegistryReadOnly": (allow("ecr:Get*", "ecr:BatchGet*", "ecr:Describe*"),),
    "AmazonEC2ContainerRegistryPowerUser": (allow("ecr:Get*", "ecr:BatchGet*", "ecr:PutImage", "ecr:*LayerUpload*"),),
    "AmazonElasticFileSystemFullAccess": (_all_of("elasticfilesystem"),),
    "AmazonOpenSearchServiceFullAccess": (_all_of("es"),),
    "AmazonAthenaFullAccess": (_all_of("athena"), allow("s3:GetObject", "s3:PutObject")),
    "AmazonRedshiftReadOnlyAccess": (_reads("redshift"),),
    "AmazonGuardDutyReadOnlyAccess": (_reads("guardduty"),),
    "AmazonInspector2ReadOnlyAccess": (_reads("inspector2"),),
    "AmazonMacieReadOnlyAccess": (_reads("macie2"),),
    "AWSCloudTrail_ReadOnlyAccess": (_reads("cloudtrail"),),
    "AWSConfigUserAccess": (_reads("config"),),
    "AWSSecurityHubReadOnlyAccess": (_reads("securityhub"),),
    "AWSKeyManagementServicePowerUser": (allow("kms:CreateKey", "kms:CreateAlias", "kms:Describe*", "kms:List*"),),
    "AWSCertificateManagerReadOnly": (_reads("acm"),),
    "AWSSupportAccess": (_all_of("support"),),
    "AWSXRayDaemonWriteAccess": (allow("xray:PutTraceSegments", "xray:PutTelemetryRecords"),),
    "AWSXrayReadOnlyAccess": (_reads("xray"),),
    "CloudWatchFullAccess": (_all_of("cloudwatch", "logs"),),
    "CloudWatchReadOnlyAccess": (_reads("cloudwatch", "logs"),),
    "CloudWatchLogsFullAccess": (_all_of("logs"),),
    "CloudWatchLogsReadOnlyAccess": (_reads("logs"),),
    "CloudWatchAgentServerPolicy": (allow("cloudwatch:PutMetricData", "logs:PutLogEvents", "logs:CreateLogStream"),),
    "IAMReadOnlyAccess": (_reads("iam"),),
    "IAMUserChangePassword": (allow("iam:ChangePassword", on="arn:aws:iam::*:user/${aws:username}"),),
    "service-role/AWSLambdaBasicExecutionRole": (allow("logs:CreateLog*", "logs:PutLogEvents"),),
    "service-role/AWSLambdaVPCAccessExecutionRole": (allow("logs:CreateLog*", "ec2:DescribeNetworkInterfaces"),),
    "service-role/AWSLambdaSQSQueueExecutionRole": (allow("sqs:ReceiveMessage", "sqs:DeleteMessage"),),
    "service-role/AmazonECSTaskExecutionRolePolicy": (allow("ecr:GetAuthorizationToken", "logs:PutLogEvents"),),
    "service-role/AmazonRDSEnhancedMonitoringRole": (allow("logs:CreateLog*", "logs:PutLogEvents"),),
    "service-role/AWSConfigRole": (_reads("config", "s3"),),
    "service-role/AmazonAPIGatewayPushToCloudWatchLogs": (allow("logs:CreateLog*", "logs:PutLogEvents"),),
}

# They lead on, if something is there that the policy itself does not say.
DANGEROUS: Final[dict[str, tuple[Statement, ...]]] = {
    "AdministratorAccess": (allow("*"),),
    "IAMFullAccess": (allow("iam:*", "organizations:DescribeAccount", "organizations:List*"),),
    "PowerUserAccess": (allow_all_but("iam:*", "organizations:*", "account:*"),),
    "AWSLambda_FullAccess": (_all_of("lambda", "logs"), _only_for("lambda")),
    "AmazonSSMFullAccess": (_all_of("ssm"),),
    "AWSCodeBuildDeveloperAccess": (allow("codebuild:StartBuild", "codebuild:BatchGet*", "codebuild:List*"),),
    "AWSStepFunctionsFullAccess": (_all_of("states"),),
    "AWSGlueConsoleFullAccess": (_all_of("glue"), _only_for("glue")),
}

DOCUMENTS: Final[dict[str, tuple[Statement, ...]]] = HARMLESS | DANGEROUS


def statements_of(name: str) -> tuple[Statement, ...]:
    """Our statements of an AWS managed policy, by its name with path; none for a name we do not have."""
    return DOCUMENTS.get(name, ())


def arn_of(name: str, partition: str) -> str:
    """Its ARN."""
    return f"arn:{partition}:iam::aws:policy/{name}"
