"""Few words to search for instead of many: parts that several of them share, and that ordinary records do not hold."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHORTEST: Final = 5
# Words of ordinary records: what they hold is found everywhere, and so is no good to search for.
_ORDINARY: Final = b"""
eventVersion userIdentity principalId accountId accessKeyId sessionContext sessionIssuer attributes creationDate
mfaAuthenticated webIdFederationData eventTime eventSource eventName awsRegion sourceIPAddress userAgent errorCode
errorMessage requestParameters responseElements additionalEventData requestID eventID readOnly resources eventType
AwsApiCall AwsServiceEvent managementEvent recipientAccountId sharedEventID vpcEndpointId eventCategory Management
tlsDetails tlsVersion cipherSuite clientProvidedHostHeader AssumedRole AWSService IAMUser invokedBy userName type Role
AssumeRole AssumeRoleWithWebIdentity GetCallerIdentity Decrypt Encrypt GenerateDataKey DescribeKey DescribeInstances
DescribeVolumes DescribeNetworkInterfaces DescribeSecurityGroups DescribeSubnets DescribeTags DescribeImages
RunInstances TerminateInstances CreateNetworkInterface CreateTags CreateLogStream CreateLogGroup DescribeLogGroups
DescribeLogStreams PutLogEvents GetBucketAcl GetBucketLocation GetBucketPolicy GetBucketPolicyStatus ListBuckets
HeadBucket GetObject PutObject GetParameter GetParameters GetParametersByPath PutParameter UpdateInstanceInformation
GetSecretValue DescribeSecret ListSecrets BatchGetImage GetDownloadUrlForLayer GetAuthorizationToken ListTasks
DescribeTasks DescribeTaskDefinition RegisterTaskDefinition DescribeClusters DescribeServices UpdateService Invoke
ListFunctions GetFunction GetRole ListRoles ListPolicies GetPolicy GetPolicyVersion ListAttachedRolePolicies
ListRolePolicies AttachRolePolicy DetachRolePolicy PutRolePolicy DeleteRolePolicy CreateRole PassRole GetUser
ListUsers ListAccessKeys GetAccountSummary GetAccountPasswordPolicy ListAccounts DescribeOrganization
ListOrganizationalUnits DescribeAccount DescribeAlarms PutMetricAlarm GetMetricData ListMetrics LookupEvents
DescribeTrails GetTrailStatus GetEventSelectors ConsoleLogin Success Failure AccessDenied Client UnauthorizedOperation
ThrottlingException is not authorized to perform DescribeStacks CreateStack UpdateStack DeleteStack CreateChangeSet
ExecuteChangeSet GetTemplate SendMessage ReceiveMessage UpdateItem DescribeTable CreateGrant RetireGrant ListGrants
AssociateAddress DescribeAddresses configuration federation application production development environment instance
policyDocument "ec2.amazonaws.com" "s3.amazonaws.com" "sts.amazonaws.com" "kms.amazonaws.com" "logs.amazonaws.com"
"iam.amazonaws.com" "lambda.amazonaws.com" "ssm.amazonaws.com" "monitoring.amazonaws.com"
"elasticloadbalancing.amazonaws.com" "autoscaling.amazonaws.com" "dynamodb.amazonaws.com" "sqs.amazonaws.com"
"sns.amazonaws.com" "ecs.amazonaws.com" "ecr.amazonaws.com" "eks.amazonaws.com" "secretsmanager.amazonaws.com"
"cloudformation.amazonaws.com" "config.amazonaws.com" "cloudtrail.amazonaws.com" "events.amazonaws.com"
"rds.amazonaws.com" "elasticache.amazonaws.com" "elasticfilesystem.amazonaws.com" "route53.amazonaws.com"
"apigateway.amazonaws.com" "cloudfront.amazonaws.com" "athena.amazonaws.com" "glue.amazonaws.com"
"firehose.amazonaws.com" "kinesis.amazonaws.com" "codebuild.amazonaws.com" "codepipeline.amazonaws.com"
"guardduty.amazonaws.com" "securityhub.amazonaws.com" "inspector2.amazonaws.com" "access-analyzer.amazonaws.com"
"acm.amazonaws.com" "application-autoscaling.amazonaws.com" "backup.amazonaws.com" "batch.amazonaws.com"
"resource-groups.amazonaws.com" "tagging.amazonaws.com" "servicequotas.amazonaws.com" "states.amazonaws.com"
"sso.amazonaws.com" "ssmmessages.amazonaws.com" "ec2messages.amazonaws.com" "health.amazonaws.com"
"support.amazonaws.com" "trustedadvisor.amazonaws.com" "cost-optimization-hub.amazonaws.com" "ce.amazonaws.com"
"""


def covers(pairs: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[bytes, tuple[bytes, ...]], ...]:
    """A small set of words such that of each pair given one text holds one of them.

    Args:
        pairs: Name and source that are looked for together; the source may be empty.

    Returns:
        The searches to make, those that stand for most pairs first, each with the names it stands for; the same for the
        same pairs.
    """
    left = set(pairs)
    holders = _parts(left)
    chosen: list[tuple[bytes, tuple[bytes, ...]]] = []
    while left:
        best = max(holders, key=lambda part: (len(holders[part] & left), len(part), part))
        chosen.append((best, tuple(sorted({name for name, _ in holders[best]}))))
        left -= holders[best]
    return tuple(chosen)


def _parts(pairs: set[tuple[bytes, bytes]]) -> dict[bytes, set[tuple[bytes, bytes]]]:
    """Every part of every text that is rare by itself, with the pairs that hold it; each name whole, too."""
    holders: defaultdict[bytes, set[tuple[bytes, bytes]]] = defaultdict(set)
    for pair in pairs:
        holders[pair[0]].add(pair)
        for text in pair:
            for start in range(len(text)):
                for end in range(start + _SHORTEST, len(text) + 1):
                    if text[start:end] not in _ORDINARY:
                        holders[text[start:end]].add(pair)
    return holders
