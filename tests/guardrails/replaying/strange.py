"""Records a simulated month does not have: what a replay has to get right that is rare."""

from __future__ import annotations

from typing import Any, Final

OUTSIDE: Final = "999999999999"
HERE: Final = "111100000001"
THERE: Final = "111100000012"
MANAGEMENT: Final = "000000000000"
ROOT: Final = f"arn:aws:iam::{HERE}:root"


def strange_records() -> list[dict[str, Any]]:
    """One of each, some twice."""
    made = [
        *_of_root(),
        *_of_roles(),
        *_across_accounts(),
        *_of_outsiders(),
        *_on_what_others_have(),
    ]
    return [*made, made[0], made[-1]]


def bucket_of(account: str, name: str = "fake-ledger") -> list[dict[str, Any]]:
    """`resources` of a call on an object."""
    return [
        {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{name}/2026/march"},
        {"accountId": account, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{name}"},
    ]


def call(number: int, service: str, name: str, identity: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A record."""
    return {
        "eventVersion": "1.11",
        "userIdentity": identity,
        "eventTime": f"2026-03-{1 + number % 28:02d}T{number % 24:02d}:30:00Z",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "198.51.100.7",
        "userAgent": "aws-cli/2.32.4",
        "requestParameters": None,
        "responseElements": None,
        "eventID": f"00000000-0000-4000-8000-{number:012d}",
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": identity.get("accountId", HERE),
        **more,
    }


def root(account: str = HERE, *, key: str = "AKIAFAKEFAKEFAKEFAKE", **more: Any) -> dict[str, Any]:
    """A root user, by its long-term key."""
    arn = f"arn:aws:iam::{account}:root"
    return {"type": "Root", "principalId": account, "arn": arn, "accountId": account, "accessKeyId": key, **more}


def session(**attributes: str) -> dict[str, Any]:
    """The context of a session."""
    return {"sessionContext": {"attributes": {"creationDate": "2026-03-05T05:05:05Z", **attributes}}}


def role(name: str, account: str = HERE, *, path: str = "", **more: Any) -> dict[str, Any]:
    """A session of a role."""
    arn = f"arn:aws:iam::{account}:role/{path}{name}"
    issuer = {"type": "Role", "principalId": f"AROAFAKE{name[:8].upper()}", "arn": arn, "accountId": account}
    return {
        "type": "AssumedRole",
        "principalId": f"{issuer['principalId']}:somebody",
        "arn": f"arn:aws:sts::{account}:assumed-role/{name}/somebody",
        "accountId": account,
        "accessKeyId": "ASIAFAKEFAKEFAKEROLE",
        "sessionContext": {
            "sessionIssuer": issuer,
            "attributes": {"creationDate": "2026-03-05T05:00:00Z", "mfaAuthenticated": "false"},
        },
        **more,
    }


def _of_root() -> list[dict[str, Any]]:
    temporary = root(key="ASIAFAKEFAKEFAKE0001", **session(mfaAuthenticated="false"))
    flagged = root(key="ASIAFAKEFAKEFAKE0002", sessionContext={"assumedRoot": "true", "attributes": {}})
    joined = root(key="ASIAFAKEFAKEFAKE0003", **session(mfaAuthenticated="false"))
    federated = {
        "type": "FederatedUser",
        "principalId": f"{HERE}:door",
        "arn": f"arn:aws:sts::{HERE}:federated-user/door",
        "accountId": HERE,
        "accessKeyId": "ASIAFAKEFAKEFAKE0004",
        "sessionContext": {"sessionIssuer": {"type": "Root", "principalId": HERE, "arn": ROOT, "accountId": HERE}},
    }
    denied = {"errorCode": "AccessDenied"}
    zip_of_code = {"functionName": "door"}
    bucket = {"bucketName": "fake-ledger", "key": "2026/march"}
    return [
        call(1, "lambda", "UpdateFunctionCode20150331v2", root(), requestParameters=zip_of_code),
        call(2, "monitoring", "PutMetricAlarm", root()),
        call(3, "s3", "CopyObject", root(), requestParameters=bucket),
        call(4, "ec2", "FrobnicateInstances", root()),
        call(5, "iam", "CreateUser", root(), **denied),
        call(6, "iam", "CreateUser", root(), errorCode="EntityAlreadyExistsException"),
        call(7, "iam", "CreateUser", temporary),
        call(8, "iam", "DeleteAccessKey", flagged),
        call(9, "iam", "DeleteLoginProfile", joined),
        call(10, "iam", "CreateUser", root(key="ASIAFAKEFAKEFAKE0005", **session(mfaAuthenticated="true"))),
        call(11, "iam", "CreateUser", temporary, sessionCredentialFromConsole="true"),
        call(12, "ec2", "RunInstances", federated),
        call(
            13,
            "ec2",
            "RunInstances",
            root(invokedBy="cloudformation.amazonaws.com"),
            sourceIPAddress="cloudformation.amazonaws.com",
        ),
        call(14, "iam", "CreateUser", root(MANAGEMENT)),
        call(15, "kms", "RotateKey", root(key=""), eventType="AwsServiceEvent"),
        call(16, "s3", "ListBuckets", root(), sourceIPAddress="10.0.0.5", vpcEndpointId="vpce-0fake"),
        call(17, "signin", "ConsoleLogin", root(key=""), eventType="AwsConsoleSignIn"),
        call(18, "sts", "GetCallerIdentity", root()),
        call(19, "s3", "GetObject", root(THERE), requestParameters=bucket, recipientAccountId=THERE),
        call(20, "signin", "ExternalIdPDirectoryLogin", root(key=""), eventType="AwsConsoleSignIn"),
    ]


def _of_roles() -> list[dict[str, Any]]:
    bucket = {"bucketName": "fake-ledger", "key": "2026/march"}
    linked = "aws-service-role/elasticloadbalancing.amazonaws.com/"
    issued = {"credentials": {"accessKeyId": "ASIAFAKEFAKEFAKE0003"}}
    target = {
        "targetPrincipal": HERE,
        "taskPolicyArn": {"arn": "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"},
    }
    return [
        call(40, "ec2", "RunInstances", role("AWSServiceRoleForELB", path=linked)),
        call(41, "ec2", "RunInstances", role("Builder")),
        call(42, "ec2", "RunInstances", role("Builder", path="team/")),
        call(43, "s3", "PutObject", role("Builder"), requestParameters=bucket),
        call(44, "s3", "PutObject", role("Builder"), requestParameters=bucket | {"key": "other"}),
        call(45, "s3", "CopyObject", role("Builder"), requestParameters=bucket),
        call(46, "ec2", "RunInstances", role("Builder"), awsRegion="us-east-1"),
        call(47, "ec2", "RunInstances", role("Builder"), sourceIPAddress="203.0.113.9"),
        call(
            48,
            "ec2",
            "RunInstances",
            role("Builder", invokedBy="autoscaling.amazonaws.com"),
            sourceIPAddress="autoscaling.amazonaws.com",
        ),
        call(49, "sts", "AssumeRoot", role("Audit", MANAGEMENT), requestParameters=target, responseElements=issued),
        call(50, "lambda", "ListFunctions20150331", role("Builder", THERE), errorCode="Client.UnauthorizedOperation"),
        call(51, "ec2", "FrobnicateInstances", role("Builder")),
        call(52, "ec2", "RunInstances", role("Builder", "999999999999"), recipientAccountId=HERE),
        call(53, "organizations", "LeaveOrganization", role("Builder", THERE)),
        call(54, "monitoring", "DescribeAlarms", role("Builder")),
    ]


def _across_accounts() -> list[dict[str, Any]]:
    """One call in the trails of two accounts, and one of which only the other account's is there."""
    caller = {"type": "AWSAccount", "principalId": "AROAFAKEBUILDER:somebody", "accountId": HERE}
    one = {"sharedEventID": "00000000-0000-4000-9000-000000000001"}
    two = {"sharedEventID": "00000000-0000-4000-9000-000000000002"}
    return [
        call(70, "sts", "AssumeRole", caller, recipientAccountId=THERE, **one),
        call(71, "sts", "AssumeRole", role("Builder"), **one),
        call(72, "sts", "AssumeRole", caller, recipientAccountId=THERE, **two),
        call(73, "iam", "ListRoles", role("Builder")),
    ]


def _of_outsiders() -> list[dict[str, Any]]:
    """Calls on what accounts have, by others than principals of the organization."""
    thing = {"bucketName": "fake-ledger", "key": "2026/march"}
    here = {"requestParameters": thing, "resources": bucket_of(HERE), "recipientAccountId": HERE}
    outsider = {"type": "AWSAccount", "principalId": "AROAFAKEOUTSIDER:somebody", "accountId": OUTSIDE}
    nobody = {"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"}
    service = {"type": "AWSService", "invokedBy": "delivery.logs.amazonaws.com"}
    by_service = {"sourceIPAddress": "delivery.logs.amazonaws.com", "userAgent": "delivery.logs.amazonaws.com"}
    web = {"type": "WebIdentityUser", "principalId": "token.example.com:repo", "userName": "repo"}
    assumed = [{"accountId": HERE, "type": "AWS::IAM::Role", "ARN": f"arn:aws:iam::{HERE}:role/Deploy"}]
    linked = "aws-service-role/elasticloadbalancing.amazonaws.com/"
    return [
        call(80, "s3", "GetObject", outsider, **here),
        call(81, "s3", "PutObject", service, **here, **by_service),
        call(82, "s3", "GetObject", nobody, **here),
        call(83, "s3", "PutObject", role("AWSServiceRoleForELB", path=linked), **here),
        call(84, "s3", "GetObject", root(), **here),
        call(85, "sts", "AssumeRoleWithWebIdentity", web, resources=assumed, recipientAccountId=HERE),
        call(86, "sts", "AssumeRole", outsider, resources=assumed, recipientAccountId=HERE, errorCode="AccessDenied"),
        call(87, "kms", "Decrypt", role("Builder", OUTSIDE), recipientAccountId=OUTSIDE, resources=[_key(HERE)]),
        call(88, "s3", "GetObject", role("Builder", MANAGEMENT), **here | {"recipientAccountId": MANAGEMENT}),
        call(89, "s3", "GetObject", outsider, **here | {"resources": bucket_of(MANAGEMENT)}),
        call(90, "s3", "GetObject", outsider, **here | {"resources": bucket_of(THERE), "recipientAccountId": THERE}),
    ]


def _key(account: str) -> dict[str, Any]:
    return {"accountId": account, "type": "AWS::KMS::Key", "ARN": f"arn:aws:kms:eu-west-1:{account}:key/fake"}


def _on_what_others_have() -> list[dict[str, Any]]:
    """Calls by roles of the organization on what may be of somebody else."""
    thing = {"bucketName": "fake-ledger", "key": "2026/march"}
    copy = {"bucketName": "fake-copies", "key": "march", "x-amz-copy-source": "fake-ledger/2026/march"}
    shared = {"sharedEventID": "00000000-0000-4000-9000-000000000003"}
    queue = {"queueUrl": f"https://sqs.eu-west-1.amazonaws.com/{THERE}/jobs"}
    builder = {"type": "AWSAccount", "principalId": "AROAFAKEBUILDER:somebody", "accountId": HERE}
    return [
        call(100, "s3", "GetObject", role("Builder"), requestParameters=thing, resources=bucket_of(THERE)),
        call(101, "s3", "GetObject", role("Builder"), requestParameters=thing, resources=bucket_of(OUTSIDE)),
        call(102, "s3", "GetObject", role("Builder"), requestParameters=thing, resources=bucket_of(MANAGEMENT)),
        call(103, "s3", "PutObject", role("Builder"), requestParameters=thing),
        call(
            104, "s3", "CopyObject", role("Builder"), requestParameters=copy, resources=bucket_of(HERE, "fake-copies")
        ),
        call(105, "s3", "ListBuckets", role("Builder")),
        call(106, "sqs", "SendMessage", role("Builder"), requestParameters=queue),
        call(107, "sqs", "SendMessage", role("Builder")),
        call(108, "secretsmanager", "GetSecretValue", role("Builder"), requestParameters={"secretId": "own"}),
        call(109, "sts", "AssumeRole", role("Builder"), requestParameters={"roleArn": f"arn:aws:iam::{THERE}:role/A"}),
        call(110, "sts", "AssumeRole", role("Builder"), errorCode="AccessDenied"),
        call(111, "kms", "Decrypt", role("Builder"), resources=[_key(THERE)]),
        call(112, "sqs", "PurgeQueue", builder, recipientAccountId=THERE, **shared),
        call(113, "sqs", "PurgeQueue", role("Builder"), **shared),
        call(114, "sts", "AssumeRoot", role("Audit", MANAGEMENT), requestParameters={"targetPrincipal": THERE}),
    ]
