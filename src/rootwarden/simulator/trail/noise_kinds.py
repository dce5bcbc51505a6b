"""What everybody else does all day, as records with blanks to fill in: `«name»`.

No record here is of root, and none is meant by a detection. Many look like it: `Root` as a user, a role, a tag, a value
of `type`; `:root` in policies and grants; devices named after the root volume; the sign-in page; `AwsServiceEvent`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rootwarden.detect.filter_pattern import Event as Record
    from rootwarden.detect.filter_pattern import Value

ACCOUNT, REGION, HEX = "«account»", "«region»", "«hex»"
_ARN = f"arn:aws:iam::{ACCOUNT}:root"


def _role(name: str) -> Record:
    issuer = {"type": "Role", "principalId": "AROAFAKE«tag»", "arn": f"arn:aws:iam::{ACCOUNT}:role/{name}"}
    return {
        "type": "AssumedRole",
        "principalId": "AROAFAKE«tag»:«session»",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/«session»",
        "accountId": ACCOUNT,
        "accessKeyId": "ASIAFAKE«tag»",
        "sessionContext": {
            "sessionIssuer": {**issuer, "accountId": ACCOUNT, "userName": name},
            "webIdFederationData": {},
            "attributes": {"creationDate": "«start»", "mfaAuthenticated": "false"},
        },
    }


def _user(name: str) -> Record:
    return {
        "type": "IAMUser",
        "principalId": "AIDAFAKE«tag»",
        "arn": f"arn:aws:iam::{ACCOUNT}:user/{name}",
        "accountId": ACCOUNT,
        "accessKeyId": "AKIAFAKE«tag»",
        "userName": name,
    }


ROLE: Final = _role("«role»")
USER: Final = _user("«user»")
ROLE_NAMED_ROOT: Final = _role("Root")
USER_NAMED_ROOT: Final = _user("Root")
SERVICE: Final[Record] = {"type": "AWSService", "invokedBy": "lambda.amazonaws.com"}
INTERNAL: Final[Record] = {"accountId": ACCOUNT, "invokedBy": "AWS Internal"}
DIRECTORY: Final[Record] = {
    "type": "Unknown",
    "principalId": f"{ACCOUNT}",
    "accountId": ACCOUNT,
    "userName": "«user»@example.com",
    "onBehalfOf": {
        "userId": "«hex»-user",
        "identityStoreArn": f"arn:aws:identitystore::{ACCOUNT}:identitystore/d-fake«number»",
    },
    "credentialId": "«hex»",
}
# Of a hundred records about two are of somebody who is called Root.
EVERYBODY: Final = (*[ROLE] * 38, *[USER] * 20, ROLE_NAMED_ROOT, USER_NAMED_ROOT)
ROLES: Final = (*[ROLE] * 59, ROLE_NAMED_ROOT)

_POLICY: Final = json.dumps(
    {
        "Version": "2012-10-17",
        "Id": 'key "default"\n\\ of «name»',
        "Statement": [
            {"Sid": "Root", "Effect": "Allow", "Principal": {"AWS": _ARN}, "Action": "kms:*", "Resource": "*"},
            {
                "Sid": "Others",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/«role»"},
                "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
                "Resource": "*",
                "Condition": {"StringEquals": {"kms:ViaService": [f"ec2.{REGION}.amazonaws.com"]}},
            },
        ],
    },
    indent=2,
)
_TRUST: Final = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": _ARN}, "Action": "sts:AssumeRole"}],
    }
)
_TAGS: Final[Value] = {
    "items": [
        {"key": "Name", "value": "«name»"},
        {"key": "Root", "value": "Root"},
        {"key": "t", "value": '{"type":"Root"}'},
    ]
}
_KEY_ARN: Final = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/«hex»"
_MAPPING: Final[Value] = {
    "items": [
        {
            "deviceName": name,
            "ebs": {"volumeSize": size, "deleteOnTermination": True, "volumeType": "gp3", "encrypted": True},
        }
        for name, size in (("/dev/root", 30), ("/dev/xvda", 100), ("/dev/sdf", 500))
    ]
}
_INSTANCE: Final[Value] = {
    "instanceId": "i-«hex»",
    "imageId": "ami-«hex»",
    "instanceState": {"code": 0, "name": "pending"},
    "privateDnsName": f"ip-10-0-«number».{REGION}.compute.internal",
    "instanceType": "m7g.large",
    "placement": {"availabilityZone": f"{REGION}a", "tenancy": "default"},
    "rootDeviceType": "ebs",
    "rootDeviceName": "/dev/root",
    "blockDeviceMapping": {},
    "virtualizationType": "hvm",
    "tagSet": {"items": [{"key": "Name", "value": "«name»"}]},
    "groupSet": {"items": [{"groupId": "sg-«hex»", "groupName": "«name»"}]},
    "metadataOptions": {"state": "pending", "httpTokens": "required", "httpPutResponseHopLimit": 2},
}

# A share of the day, who, what, and the fields that differ from a plain read.
KINDS: Final[tuple[tuple[int, tuple[Record, ...], str, Record], ...]] = (
    (
        60,
        (*ROLES[1:], SERVICE),
        "sts:AssumeRole",
        {
            "requestParameters": {
                "roleArn": f"arn:aws:iam::{ACCOUNT}:role/«role»",
                "roleSessionName": "«session»",
                "durationSeconds": 3600,
            },
            "responseElements": {
                "credentials": {
                    "accessKeyId": "ASIAFAKE«tag»",
                    "sessionToken": "«hex»«hex»«hex»«hex»«hex»«hex»",
                    "expiration": "Mar 3, 2026, 9:00:00 PM",
                },
                "assumedRoleUser": {
                    "assumedRoleId": "AROAFAKE«tag»:«session»",
                    "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/«role»/«session»",
                },
            },
            "resources": [
                {"accountId": ACCOUNT, "type": "AWS::IAM::Role", "ARN": f"arn:aws:iam::{ACCOUNT}:role/«role»"}
            ],
        },
    ),
    (
        60,
        EVERYBODY,
        "kms:Decrypt",
        {
            "requestParameters": {
                "encryptionContext": {"PARAMETER_ARN": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/«name»/root"},
                "encryptionAlgorithm": "SYMMETRIC_DEFAULT",
            },
            "resources": [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": _KEY_ARN}],
        },
    ),
    (
        40,
        EVERYBODY,
        "ec2:DescribeInstances",
        {
            "requestParameters": {
                "instancesSet": {},
                "filterSet": {
                    "items": [
                        {"name": "root-device-type", "valueSet": {"items": [{"value": "ebs"}]}},
                        {"name": "tag:Role", "valueSet": {"items": [{"value": "web"}, {"value": "«name»"}]}},
                    ]
                },
            },
        },
    ),
    (160, EVERYBODY, "sts:GetCallerIdentity", {}),
    (
        25,
        ROLES,
        "logs:CreateLogStream",
        {
            "readOnly": False,
            "requestParameters": {"logGroupName": "/aws/lambda/«name»", "logStreamName": "2026/03/02/[$LATEST]«hex»"},
            "apiVersion": "20140328",
        },
    ),
    (
        25,
        ROLES,
        "ssm:UpdateInstanceInformation",
        {
            "readOnly": False,
            "requestParameters": {
                "instanceId": "i-«hex»",
                "agentVersion": "3.3.2299.0",
                "agentStatus": "Active",
                "platformType": "Linux",
                "platformName": "Amazon Linux",
                "platformVersion": "2023",
                "iPAddress": "10.0.«number»",
                "computerName": f"ip-10-0-1-1.{REGION}.compute.internal",
                "agentName": "amazon-ssm-agent",
            },
        },
    ),
    (
        22,
        EVERYBODY,
        "s3:GetBucketAcl",
        {
            "requestParameters": {
                "bucketName": "«name»-«number»",
                "Host": f"«name».s3.{REGION}.amazonaws.com",
                "acl": "",
            },
            "additionalEventData": {
                "SignatureVersion": "SigV4",
                "CipherSuite": "TLS_AES_128_GCM_SHA256",
                "bytesTransferredIn": 0,
                "AuthenticationMethod": "AuthHeader",
                "x-amz-id-2": "«hex»/«hex»=",
                "bytesTransferredOut": 487,
            },
            "resources": [{"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::«name»-«number»"}],
        },
    ),
    (
        18,
        (DIRECTORY,),
        "identitystore:DescribeUser",
        {
            "requestParameters": {"identityStoreId": "d-fake«number»", "userId": "«hex»"},
            "additionalEventData": {"UserName": "«user»", "CredentialType": "PASSWORD"},
        },
    ),
    (
        14,
        ROLES,
        "ec2:DescribeImages",
        {
            "requestParameters": {
                "imagesSet": {"items": [{"imageId": "ami-«hex»"}]},
                "filterSet": {"items": [{"name": "root-device-name", "valueSet": {"items": [{"value": "/dev/root"}]}}]},
            },
        },
    ),
    (
        14,
        EVERYBODY,
        "ec2:DescribeVolumes",
        {
            "errorCode": "Client.UnauthorizedOperation",
            "errorMessage": (
                "You are not authorized to perform this operation. "
                f"User: arn:aws:sts::{ACCOUNT}:assumed-role/«role»/«session» is not authorized to perform: "
                "ec2:DescribeVolumes because no identity-based policy allows it"
            ),
        },
    ),
    (12, EVERYBODY, "iam:ListRoles", {"requestParameters": {"pathPrefix": "/Root/", "maxItems": 1000}}),
    (12, ROLES, "rds:DescribeDBInstances", {"errorCode": "ThrottlingException", "errorMessage": "Rate exceeded"}),
    (
        12,
        ROLES,
        "elasticloadbalancing:DescribeTargetHealth",
        {
            "requestParameters": {
                "targetGroupArn": f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/«name»/«hex»"
            },
        },
    ),
    (
        6,
        ROLES,
        "ec2:RunInstances",
        {
            "readOnly": False,
            "requestParameters": {
                "instancesSet": {"items": [{"imageId": "ami-«hex»", "minCount": 1, "maxCount": 1}]},
                "instanceType": "m7g.large",
                "blockDeviceMapping": _MAPPING,
                "tagSpecificationSet": {
                    "items": [{"resourceType": "instance", "tags": {"items": [{"key": "Name", "value": "«name»"}]}}]
                },
            },
            "responseElements": {
                "requestId": "«hex»",
                "reservationId": "r-«hex»",
                "ownerId": ACCOUNT,
                "instancesSet": {"items": [_INSTANCE]},
            },
        },
    ),
    (
        10,
        ROLES,
        "kms:CreateGrant",
        {
            "readOnly": False,
            "requestParameters": {
                "keyId": _KEY_ARN,
                "granteePrincipal": _ARN,
                "retiringPrincipal": f"ec2.{REGION}.amazonaws.com",
                "operations": ["Decrypt", "GenerateDataKeyWithoutPlaintext"],
                "constraints": {"encryptionContextSubset": {"aws:ebs:id": "vol-«hex»"}},
            },
            "responseElements": {"grantId": "«hex»«hex»", "keyId": _KEY_ARN},
        },
    ),
    (
        8,
        ROLES,
        "kms:GetKeyPolicy",
        {"requestParameters": {"keyId": _KEY_ARN, "policyName": "default"}, "responseElements": {"policy": _POLICY}},
    ),
    (
        2,
        ROLES,
        "kms:CreateKey",
        {
            "readOnly": False,
            "requestParameters": {
                "policy": _POLICY,
                "description": "Root",
                "keyUsage": "ENCRYPT_DECRYPT",
                "origin": "AWS_KMS",
            },
            "responseElements": {
                "keyMetadata": {"aWSAccountId": ACCOUNT, "keyId": "«hex»", "arn": _KEY_ARN, "enabled": True}
            },
        },
    ),
    (
        2,
        ROLES,
        "iam:CreateRole",
        {
            "readOnly": False,
            "requestParameters": {
                "roleName": "«name»",
                "assumeRolePolicyDocument": _TRUST,
                "path": "/",
                "tags": [{"key": "owner", "value": "Root"}],
            },
            "responseElements": {
                "role": {
                    "roleName": "«name»",
                    "roleId": "AROAFAKE«tag»",
                    "arn": f"arn:aws:iam::{ACCOUNT}:role/«name»",
                    "assumeRolePolicyDocument": _TRUST.replace('"', "%22"),
                }
            },
        },
    ),
    (
        2,
        EVERYBODY,
        "ec2:CreateTags",
        {
            "readOnly": False,
            "requestParameters": {"resourcesSet": {"items": [{"resourceId": "i-«hex»"}]}, "tagSet": _TAGS},
        },
    ),
    (
        1,
        ROLES,
        "config:PutEvaluations",
        {
            "readOnly": False,
            "requestParameters": {
                "evaluations": [
                    {
                        "complianceResourceType": "AWS::IAM::User",
                        "complianceResourceId": "<root_account>",
                        "complianceType": "COMPLIANT",
                        "annotation": 'userIdentity.type = "Root"',
                    }
                ],
                "userIdentity": {"type": "Root", "arn": _ARN},
            },
        },
    ),
    (
        1,
        ROLES,
        "logs:FilterLogEvents",
        {
            "requestParameters": {
                "logGroupName": "trail",
                "filterPattern": '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS }',
                "startTime": 1_772_400_000_000,
            },
        },
    ),
    (
        1,
        ROLES,
        "cloudtrail:LookupEvents",
        {
            "requestParameters": {
                "lookupAttributes": [
                    {"attributeKey": "Username", "attributeValue": "Root"},
                    {"attributeKey": "EventName", "attributeValue": "AssumeRoot"},
                ]
            }
        },
    ),
    (
        5,
        (INTERNAL,),
        "kms:RotateKey",
        {"eventType": "AwsServiceEvent", "serviceEventDetails": {"keyId": "«hex»"}, "readOnly": False},
    ),
    (
        1,
        (SERVICE,),
        "sts:AssumeRole",
        {
            "requestParameters": {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/Root", "roleSessionName": "Root"},
            "sourceIPAddress": "lambda.amazonaws.com",
            "userAgent": "lambda.amazonaws.com",
        },
    ),
    (
        4,
        (USER, USER_NAMED_ROOT),
        "signin:ConsoleLogin",
        {
            "eventType": "AwsConsoleSignIn",
            "readOnly": False,
            "responseElements": {"ConsoleLogin": "Success"},
            "additionalEventData": {
                "LoginTo": f"https://{REGION}.console.aws.amazon.com/console/home?state=hashArgs%23Root",
                "MobileVersion": "No",
                "MFAUsed": "Yes",
                "MFAIdentifier": f"arn:aws:iam::{ACCOUNT}:mfa/«user»",
            },
        },
    ),
    (
        2,
        (USER, USER_NAMED_ROOT),
        "signin:ConsoleLogin",
        {
            "eventType": "AwsConsoleSignIn",
            "readOnly": False,
            "errorMessage": "Failed authentication",
            "responseElements": {"ConsoleLogin": "Failure"},
            "additionalEventData": {
                "LoginTo": "https://console.aws.amazon.com/console/home",
                "MobileVersion": "No",
                "MFAUsed": "No",
            },
        },
    ),
    (2, (ROLE,), "s3:ListBuckets", {"requestParameters": {"Host": f"s3.{REGION}.amazonaws.com", "note": "«padding»"}}),
)
