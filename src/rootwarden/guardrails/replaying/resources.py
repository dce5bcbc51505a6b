"""On which resources a call was, as far as its record tells; whose they are."""

from __future__ import annotations

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
_ARN_PARTS: Final = 6
_DIGITS: Final = 12


class Named(msgspec.Struct, frozen=True):
    """What a record names: ARNs of `resources`, and parameters that are texts."""

    arns: tuple[str, ...]
    texts: dict[str, str]


class _Resource(msgspec.Struct, gc=False):
    ARN: str = ""
    accountId: str = ""  # noqa: N815 - as CloudTrail spells it


_resources: Final = msgspec.json.Decoder(list[_Resource])


def named_in(details: Details) -> Named:
    """What a record names."""
    arns = tuple(one.ARN for one in _listed(details.resources) if 0 < len(one.ARN) <= _LONGEST)
    return Named(arns, {name: value for name, value in _parameters(details).items() if len(value) <= _LONGEST})


def owner_of(resources: bytes, account: str) -> str:
    """The account of what a call was on: as `resources` says, else the account whose trail has the record."""
    for one in _listed(resources):
        told = one.accountId or _account_in(one.ARN)
        if len(told) == _DIGITS:
            return told
    return account


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
    return tuple(sorted(found))


def _of_s3(action: Action, named: Named, partition: str) -> tuple[str, ...]:
    """Records of S3 name bucket and key as parameters (CloudTrail guide, *Amazon S3 events*).

    A call through an access point has the ARN of that in place of the bucket: which bucket is behind, is not told.
    """
    bucket, key = named.texts.get("bucketName", ""), named.texts.get("key", "")
    if not bucket or ":" in bucket:
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


def _account_in(arn: str) -> str:
    parts = arn.split(":", _ARN_PARTS - 1)
    return parts[4] if len(parts) == _ARN_PARTS else ""
