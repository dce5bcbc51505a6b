"""A made-up CloudTrail log for the benchmarks: seeded, of records as large and as varied as those of busy accounts.

Nothing of it comes from a real account. A record has 1.2 to 1.6 KB in the mean, a file about five hundred records, and
files pack to about a tenth, which is what matters here: how much there is to inflate, to search and to decode.
"""

from __future__ import annotations

import gzip
import json
import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST = datetime(2026, 3, 2, tzinfo=UTC)
ACCOUNTS = tuple(f"{number:012d}" for number in range(111100000000, 111100000020))
REGIONS = ("us-east-1", "eu-west-1", "eu-central-1", "us-west-2", "ap-southeast-2")
AGENTS = (
    "aws-sdk-java/1.12.797 Linux/5.10.236-227.928.amzn2.x86_64 OpenJDK_64-Bit_Server_VM/17.0.15+6 vendor/Example",
    "Boto3/1.40.11 md/Botocore#1.40.11 ua/2.1 os/linux#6.1.141 lang/python#3.12.9 md/pyimpl#CPython m/Z,b,D",
    "APN/1.0 HashiCorp/1.0 Terraform/1.11.4 (+https://www.terraform.io) aws-sdk-go-v2/1.36.3 os/linux lang/go#1.23.8",
    "ec2.amazonaws.com",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36",
)
# Name, source, how often, read-only.
CALLS = (
    ("AssumeRole", "sts", 22, True),
    ("Decrypt", "kms", 14, True),
    ("GenerateDataKey", "kms", 8, True),
    ("DescribeInstances", "ec2", 9, True),
    ("DescribeNetworkInterfaces", "ec2", 4, True),
    ("CreateNetworkInterface", "ec2", 2, False),
    ("RunInstances", "ec2", 1, False),
    ("CreateLogStream", "logs", 6, False),
    ("DescribeLogGroups", "logs", 3, True),
    ("GetBucketAcl", "s3", 4, True),
    ("ListBuckets", "s3", 2, True),
    ("GetCallerIdentity", "sts", 3, True),
    ("PutMetricAlarm", "monitoring", 1, False),
    ("DescribeAlarms", "monitoring", 3, True),
    ("GetParameter", "ssm", 4, True),
    ("UpdateInstanceInformation", "ssm", 4, False),
    ("BatchGetImage", "ecr", 2, True),
    ("DescribeTaskDefinition", "ecs", 2, True),
    ("Invoke", "lambda", 2, False),
    ("GetSecretValue", "secretsmanager", 2, True),
    ("ListRoles", "iam", 1, True),
    ("GetRole", "iam", 1, True),
)
# What a trail with data events has besides: a third of all.
OBJECTS = (("GetObject", "s3", 34, True), ("PutObject", "s3", 12, False), ("DeleteObject", "s3", 3, False))


def write_corpus(
    folder: Path,
    *,
    files: int,
    events: int = 500,
    root_files: int = 0,
    seed: int = 7,
    level: int = 6,
    roles: int = 12,
    addresses: int = 0,
    network: int = 10,
    buckets: int = 0,
) -> int:
    """Write log files as an organization trail names them.

    Args:
        folder: Where to.
        files: How many.
        events: Records in each, on average.
        root_files: In how many of them root does something, spread evenly.
        seed: Of the draw; the same gives the same bytes.
        level: Of gzip.
        roles: How many roles an account has.
        addresses: From how many addresses the calls of an account come; 0 for one of its own for nearly every call.
        network: The first number of all addresses; those of 10 are private.
        buckets: On objects of how many buckets of each account there are calls, each on one of its own; 0 for none.

    Returns:
        How many records were written.
    """
    draw = random.Random(seed)  # noqa: S311 - a benchmark's corpus
    written = 0
    every = files // root_files if root_files else 0
    for number in range(files):
        account, region = draw.choice(ACCOUNTS), draw.choice(REGIONS)
        instant = FIRST + timedelta(minutes=5 * (number // len(ACCOUNTS)))
        count = max(1, int(draw.gauss(events, events / 10)))
        records = list(make_records(draw, account, region, instant, count, roles=roles, buckets=buckets))
        for record in records:
            rest = f"{int(account[-2:])}.7.{draw.randrange(addresses)}" if addresses else record["sourceIPAddress"][3:]
            record["sourceIPAddress"] = f"{network}.{rest}"
        if every and number % every == 0:
            records[count // 2] = root_record(records[count // 2], account)
        written += count
        day = folder / "AWSLogs" / "o-fake000000" / account / "CloudTrail" / region / f"{instant:%Y/%m/%d}"
        day.mkdir(parents=True, exist_ok=True)
        name = f"{account}_CloudTrail_{region}_{instant:%Y%m%dT%H%MZ}_{draw.getrandbits(64):016X}.json.gz"
        whole = json.dumps({"Records": records}, separators=(",", ":")).encode()
        day.joinpath(name).write_bytes(gzip.compress(whole, level, mtime=0))
    return written


def make_records(
    draw: random.Random,
    account: str,
    region: str,
    instant: datetime,
    count: int,
    *,
    roles: int = 12,
    buckets: int = 0,
) -> Iterator[dict[str, Any]]:
    """Records of one account and region, in no order, as files have them."""
    calls = (*CALLS, *OBJECTS) if buckets else CALLS
    weights = [each[2] for each in calls]
    names = [f"service-role-{number:02d}" for number in range(roles)]
    for name, source, _, read_only in draw.choices(calls, weights, k=count):
        moment = instant + timedelta(seconds=draw.randrange(300))
        call = name, f"{source}.amazonaws.com", read_only
        record = _record(draw, (account, region), moment, call, draw.choice(names))
        of_bucket = buckets and source == "s3" and name != "ListBuckets"
        yield record | _of_bucket(draw, account, draw.randrange(buckets), name) if of_bucket else record


def root_record(record: dict[str, Any], account: str) -> dict[str, Any]:
    """The same record, done by root."""
    started = record["userIdentity"]["sessionContext"]["attributes"]["creationDate"]
    identity = {
        "type": "Root",
        "principalId": account,
        "arn": f"arn:aws:iam::{account}:root",
        "accountId": account,
        "accessKeyId": "ASIAFAKEFAKEFAKEFAKE",
        "sessionContext": {"attributes": {"creationDate": started, "mfaAuthenticated": "true"}},
    }
    return record | {"userIdentity": identity}


def _key(draw: random.Random) -> str:
    return "".join(draw.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=16))


def _uuid(draw: random.Random) -> str:
    digits = f"{draw.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def _record(
    draw: random.Random, place: tuple[str, str], moment: datetime, call: tuple[str, str, bool], role: str
) -> dict[str, Any]:
    account, region = place
    name, source, read_only = call
    principal = f"AROA{role.upper():.>17}"[:21].replace(".", "X")
    session = f"i-{draw.getrandbits(68):017x}" if draw.random() < 0.5 else f"run-{draw.getrandbits(32)}"
    started = moment - timedelta(seconds=draw.randrange(3600))
    record: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": f"{principal}:{session}",
            "arn": f"arn:aws:sts::{account}:assumed-role/{role}/{session}",
            "accountId": account,
            "accessKeyId": f"ASIA{_key(draw)}",
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": principal,
                    "arn": f"arn:aws:iam::{account}:role/{role}",
                    "accountId": account,
                    "userName": role,
                },
                "attributes": {"creationDate": f"{started:%Y-%m-%dT%H:%M:%SZ}", "mfaAuthenticated": "false"},
            },
        },
        "eventTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": source,
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": f"10.{draw.randrange(256)}.{draw.randrange(256)}.{draw.randrange(1, 255)}",
        "userAgent": draw.choice(AGENTS),
    }
    if draw.random() < 0.03:
        record["errorCode"] = "AccessDenied"
        record["errorMessage"] = f"User: {record['userIdentity']['arn']} is not authorized to perform: {name}"
    record |= {
        "requestParameters": _request(draw, account, region, name, role),
        "responseElements": None if read_only else {"requestId": _uuid(draw), "_return": True},
        "requestID": _uuid(draw),
        "eventID": _uuid(draw),
        "readOnly": read_only,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": account,
        "eventCategory": "Management",
        "tlsDetails": {
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": f"{source.split('.')[0]}.{region}.amazonaws.com",
        },
    }
    return record


def _of_bucket(draw: random.Random, account: str, number: int, name: str) -> dict[str, Any]:
    """What a record of a call on a bucket has besides; those on objects are data events."""
    bucket = f"fake-bucket-{account[-2:]}-{number:03}"
    parameters = {"bucketName": bucket, "Host": f"{bucket}.s3.amazonaws.com"}
    there = {"accountId": account, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}"}
    if not name.endswith("Object"):
        return {"requestParameters": {**parameters, "acl": ""}, "resources": [there]}
    key = f"year=2026/month=03/{draw.getrandbits(64):016x}.parquet"
    return {
        "requestParameters": {**parameters, "key": key},
        "resources": [{"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{bucket}/{key}"}, there],
        "managementEvent": False,
        "eventCategory": "Data",
    }


def _request(draw: random.Random, account: str, region: str, name: str, role: str) -> dict[str, Any] | None:
    match name:
        case "AssumeRole":
            return {"roleArn": f"arn:aws:iam::{account}:role/{role}", "roleSessionName": f"run-{draw.getrandbits(32)}"}
        case "Decrypt" | "GenerateDataKey":
            context = {"aws:ebs:id": f"vol-{draw.getrandbits(68):017x}", "PARAMETER_ARN": f"/app/{role}/setting"}
            return {"keyId": f"arn:aws:kms:{region}:{account}:key/{_uuid(draw)}", "encryptionContext": context}
        case "DescribeInstances" | "DescribeNetworkInterfaces":
            items = [
                {"name": "tag:Name", "valueSet": {"items": [{"value": role}]}} for _ in range(draw.randrange(1, 4))
            ]
            return {"filterSet": {"items": items}, "instancesSet": {}, "maxResults": 1000}
        case "CreateLogStream":
            stream = f"2026/03/02/[$LATEST]{draw.getrandbits(128):032x}"
            return {"logGroupName": f"/aws/lambda/{role}", "logStreamName": stream}
        case "GetCallerIdentity" | "ListBuckets":
            return None
        case _:
            return {"name": f"{role}-{draw.getrandbits(24):06x}", "tags": [{"key": "owner", "value": role}] * 3}
