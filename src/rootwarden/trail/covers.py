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
AssociateAddress DescribeAddresses organizations account amazonaws configuration federation application production
development environment instance policyDocument
"""


def covers(words: Iterable[bytes]) -> tuple[bytes, ...]:
    """A small set of words such that each word given holds one of them.

    Args:
        words: What is looked for.

    Returns:
        The searches to make, those that stand for most words first; the same for the same words.
    """
    left = set(words)
    holders = _parts(left)
    chosen: list[bytes] = []
    while left:
        best = max(holders, key=lambda part: (len(holders[part] & left), len(part), part))
        chosen.append(best)
        left -= holders[best]
    return tuple(chosen)


def _parts(words: set[bytes]) -> dict[bytes, set[bytes]]:
    """Every part of every word that is rare by itself, with the words that hold it; each word whole, too."""
    holders: defaultdict[bytes, set[bytes]] = defaultdict(set)
    for word in words:
        holders[word].add(word)
        for start in range(len(word)):
            for end in range(start + _SHORTEST, len(word) + 1):
                if word[start:end] not in _ORDINARY:
                    holders[word[start:end]].add(word)
    return holders
