"""On which resources a call was, as far as its record tells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rootwarden.iam.statement import ANY_RESOURCE, UNTOLD_RESOURCE
from rootwarden.iam.usage.resources import used_resources

if TYPE_CHECKING:
    from rootwarden.guardrails.replaying.details import Details
    from rootwarden.iam.actions import Action, ActionCatalogue

_UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_LONGEST: Final = 2048
_MOST: Final = 8
_A_ROLE: Final = re.compile(rb"role|instance-?profile", re.IGNORECASE)
# How names end that are no buckets (S3 user guide, *Bucket naming rules*).
_ALIASES: Final = ("-s3alias", "--ol-s3", "--op-s3", "--x-s3", "--table-s3")


class Named(msgspec.Struct, frozen=True):
    """What a record names: ARNs of `resources`, and parameters that are texts."""

    arns: tuple[str, ...]
    texts: dict[str, str]


class _Resource(msgspec.Struct, gc=False):
    ARN: str = ""


_resources: Final = msgspec.json.Decoder(list[_Resource])


def hands_over(parameters: bytes) -> bool:
    """Whether a role, or an instance profile with one, may have been handed over, as parameters tell it.

    Args:
        parameters: `requestParameters` as JSON; empty where the record has none, which may have been left out.
    """
    return not parameters or _A_ROLE.search(parameters) is not None


def named_in(details: Details) -> Named:
    """What a record names."""
    arns = tuple(one.ARN for one in _listed(details.resources) if 0 < len(one.ARN) <= _LONGEST)
    return Named(arns, {name: value for name, value in _parameters(details).items() if len(value) <= _LONGEST})


def resources_of(action: Action | None, named: Named, catalogue: ActionCatalogue, partition: str) -> tuple[str, ...]:
    """The resources an action was on.

    Returns:
        `*` for an action that takes none; `UNTOLD_RESOURCE` where the record does not tell.
    """
    if action is None:
        return (UNTOLD_RESOURCE,)
    if not action.resources:
        return (ANY_RESOURCE,)
    if action.service == "s3":
        return _of_s3(action, named, partition)
    if action.full == "sts:AssumeRoot":
        target = named.texts.get("targetPrincipal", "")
        return (target if ":" in target else f"arn:{partition}:iam::{target}:root",) if target else (UNTOLD_RESOURCE,)
    pairs = (*(("", arn) for arn in named.arns), *((name, text) for name, text in named.texts.items()))
    group = tuple((name, text) for name, text in pairs if text.startswith("arn:"))
    found = used_resources(action, catalogue, [group], "", partition)
    if not found or len(found) > _MOST:
        return (UNTOLD_RESOURCE,)
    # Of another type there may be one that has no ARN in the record.
    return (*sorted(found), *((UNTOLD_RESOURCE,) if len(action.resources) > 1 else ()))


def _of_s3(action: Action, named: Named, partition: str) -> tuple[str, ...]:
    """Records of S3 name bucket and key as parameters (CloudTrail guide, *Amazon S3 events*).

    A call through an access point has its ARN or alias in place of the bucket: which bucket is behind, is not told. Nor
    are directories and tables, which are known by such names, buckets of S3 to policies.
    """
    bucket, key = named.texts.get("bucketName", ""), named.texts.get("key", "")
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


def _parameters(details: Details) -> dict[str, str]:
    try:
        found: Any = msgspec.json.decode(details.parameters) if details.parameters else None
    except _UNREADABLE:
        return {}
    return {name: value for name, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}
