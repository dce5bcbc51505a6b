"""On which resources a call was, as far as its record tells."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from rootwarden.iam.statement import ANY_RESOURCE, UNTOLD_RESOURCE
from rootwarden.iam.usage.resources import used_resources

if TYPE_CHECKING:
    from rootwarden.iam.actions import Action, ActionCatalogue

    # What a record names by which name, in order.
    Told: TypeAlias = tuple[tuple[str, str], ...]

# Of `Details`: what resources are made of.
RESOURCE_FIELDS: Final = ("parameters", "resources")
_UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_LONGEST: Final = 2048
_MOST: Final = 8
ASSUME_ROOT: Final = "sts:AssumeRoot"
_ARN: Final = "arn:"
# How a text that is an ARN begins in JSON, unless a character of it is escaped.
_AN_ARN: Final = b'"arn:'
_ESCAPED: Final = b"\\u"
_A_ROLE: Final = re.compile(rb"role|instance-?profile", re.IGNORECASE)
# How names end that are no buckets (S3 user guide, *Bucket naming rules*).
_ALIASES: Final = ("-s3alias", "--ol-s3", "--op-s3", "--x-s3", "--table-s3")

# The partitions of regions by how those begin; all others are of `aws`.
_PARTITIONS: Final = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "eusc-": "aws-eusc",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
}


class Named:
    """What a record names; of it only what is asked for is decoded.

    Args:
        parameters: `requestParameters` as JSON.
        resources: `resources` as JSON.
    """

    __slots__ = ("_of_bucket", "_parameters", "_resources", "_texts")

    def __init__(self, parameters: bytes, resources: bytes) -> None:
        self._parameters = parameters
        self._resources = resources
        self._texts: dict[str, str] | None = None
        self._of_bucket: Told | None = None

    def told(self, action: Action) -> Told:
        """What is named that may be a resource of an action: of S3 bucket and key, else ARNs."""
        if action.service == "s3":
            if self._of_bucket is None:
                self._of_bucket = self._bucket_and_key()
            return self._of_bucket
        if action.full == ASSUME_ROOT:
            return (("", self._every_text().get("targetPrincipal", "")),)
        return self._arns()

    def _arns(self) -> Told:
        """The ARNs of `resources`, by an empty name, and parameters that are ARNs, by theirs."""
        listed = _listed(self._resources)
        found = tuple(("", one.ARN) for one in listed if len(one.ARN) <= _LONGEST and one.ARN.startswith(_ARN))
        if _AN_ARN not in self._parameters and _ESCAPED not in self._parameters:
            return found
        return found + tuple((name, text) for name, text in self._every_text().items() if text.startswith(_ARN))

    def _bucket_and_key(self) -> Told:
        bucket, key = "", ""
        if self._parameters:
            with suppress(*_UNREADABLE):
                found = _of_bucket.decode(self._parameters)
                bucket, key = _text(found.bucketName), _text(found.key)
        return ("bucket", bucket), ("key", key)

    def _every_text(self) -> dict[str, str]:
        if self._texts is None:
            self._texts = {name: _text(value) for name, value in _given(self._parameters).items()}
        return self._texts


class _Resource(msgspec.Struct, gc=False):
    ARN: str = ""


class _OfBucket(msgspec.Struct, gc=False):
    bucketName: Any = ""  # noqa: N815 - as CloudTrail spells it
    key: Any = ""


_resources: Final = msgspec.json.Decoder(list[_Resource])
_of_bucket: Final = msgspec.json.Decoder(_OfBucket)


def hands_over(parameters: bytes) -> bool:
    """Whether a role, or an instance profile with one, may have been handed over, as parameters tell it.

    Args:
        parameters: `requestParameters` as JSON; empty where the record has none, which may have been left out.
    """
    return not parameters or _A_ROLE.search(parameters) is not None


def partition_in(region: str) -> str:
    """The partition of AWS a region is of."""
    return next((name for start, name in _PARTITIONS.items() if region.startswith(start)), "aws")


def resources_of(action: Action | None, named: Named, catalogue: ActionCatalogue, partition: str) -> tuple[str, ...]:
    """The resources an action was on.

    Returns:
        `*` for an action that takes none; `UNTOLD_RESOURCE` where the record does not tell.
    """
    if action is None:
        return (UNTOLD_RESOURCE,)
    return resources_told(action, named.told(action), catalogue, partition)


def resources_told(action: Action, told: Told, catalogue: ActionCatalogue, partition: str) -> tuple[str, ...]:
    """The same of what was told for the action."""
    if not action.resources:
        return (ANY_RESOURCE,)
    if action.service == "s3":
        return _of_s3(action, told, partition)
    if action.full == ASSUME_ROOT:
        target = told[0][1]
        return (target if ":" in target else f"arn:{partition}:iam::{target}:root",) if target else (UNTOLD_RESOURCE,)
    found = used_resources(action, catalogue, [told], "", partition)
    if not found or len(found) > _MOST:
        return (UNTOLD_RESOURCE,)
    # Of another type there may be one that has no ARN in the record.
    return (*sorted(found), *((UNTOLD_RESOURCE,) if len(action.resources) > 1 else ()))


def _of_s3(action: Action, told: Told, partition: str) -> tuple[str, ...]:
    """Records of S3 name bucket and key as parameters (CloudTrail guide, *Amazon S3 events*).

    A call through an access point has its ARN or alias in place of the bucket: which bucket is behind, is not told. Nor
    are directories and tables, which are known by such names, buckets of S3 to policies.
    """
    (_, bucket), (_, key) = told
    if not bucket or ":" in bucket or bucket.endswith(_ALIASES):
        return (UNTOLD_RESOURCE,)
    if "object" in action.resources:
        return (f"arn:{partition}:s3:::{bucket}/{key}",) if key else (UNTOLD_RESOURCE,)
    return (f"arn:{partition}:s3:::{bucket}",) if "bucket" in action.resources else (UNTOLD_RESOURCE,)


def _listed(raw: bytes) -> list[_Resource]:
    if not raw:
        return []
    try:
        return _resources.decode(raw)
    except _UNREADABLE:
        return []


def _given(parameters: bytes) -> dict[str, Any]:
    try:
        found: Any = msgspec.json.decode(parameters) if parameters else None
    except _UNREADABLE:
        return {}
    return found if isinstance(found, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) and len(value) <= _LONGEST else ""
