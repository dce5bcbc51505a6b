"""Who asks, from where: what decides which calls can be compared, and with which simulated account."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from rootwarden.aws.caller import caller_of
from rootwarden.aws.calls import Call, CallFailed
from rootwarden.aws.deadline import Deadline
from rootwarden.aws.regions import home_region
from rootwarden.conformance.steps import CallerKind, Standing
from rootwarden.errors import AwsError

if TYPE_CHECKING:
    from rootwarden.aws.door import Door

SECONDS = 60
_PRINCIPAL = re.compile(r"arn:([a-z-]{1,20}):(iam|sts)::(\d{12}):(root|user/|assumed-role/|)(.*)")
_KINDS = {"user/": CallerKind.USER, "assumed-role/": CallerKind.ROLE, "root": CallerKind.ROOT}


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, from where. It fills in parameters and is never told.

    Attributes:
        account: Twelve digits.
        partition: `aws`, …
        region: Where regional calls are made: the partition's home region.
        standing: Whether and how the account is in an organization.
        caller: What signs.
        user: Name of the IAM user that signs, else empty.
    """

    account: str
    partition: str
    region: str
    standing: Standing
    caller: CallerKind
    user: str = ""


def place_of(door: Door) -> Place:
    """Ask who the caller is and whether its account is in an organization.

    Raises:
        AccessError: AWS does not accept the credentials.
        AwsError: AWS cannot be reached, or says who we are in words we do not know.
    """
    match = _PRINCIPAL.fullmatch(caller_of(door, Deadline(SECONDS)).arn)
    if match is None:
        raise AwsError(
            "the caller's identity is no ARN of IAM or STS", hint="check AWS_ENDPOINT_URL: is AWS behind it?"
        )
    partition, _, account, kind, rest = match.groups()
    region = home_region(partition)
    return Place(
        account=account,
        partition=partition,
        region=region,
        standing=_standing(door, account, region),
        caller=_KINDS.get(kind, CallerKind.OTHER),
        user=rest.rpartition("/")[2] if kind == "user/" else "",
    )


def _standing(door: Door, account: str, region: str) -> Standing:
    call = Call(service="organizations", operation="DescribeOrganization", file="", region=region)
    try:
        answer = door.ask(call, identity=None, deadline=Deadline(SECONDS))
    except CallFailed as failed:
        alone = failed.code == "AWSOrganizationsNotInUseException"
        return Standing.STANDALONE if alone else Standing.UNKNOWN
    organization = answer.get("Organization")
    manager = organization.get("MasterAccountId") if isinstance(organization, dict) else None
    if not isinstance(manager, str):
        return Standing.UNKNOWN
    return Standing.MANAGEMENT if manager == account else Standing.MEMBER
