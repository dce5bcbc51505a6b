"""Whose the resource of a call was, as far as its record tells (CloudTrail guide, *Record contents*).

A name alone may be somebody else's: buckets have one namespace for everybody, images and subnets are shared by id. Only
where a service takes an ARN for what is of another account does a name say that the resource is the caller's own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

SOMEBODY: Final = ""
_UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_ACCOUNT: Final = re.compile(rb"(?<![0-9])[0-9]{12}(?![0-9])")
_QUEUE: Final = re.compile(r"https?://[^/]+/([0-9]{12})/")
_MOST: Final = 4
_ARN_PARTS: Final = 6
_DIGITS: Final = 12
_EMPTY: Final = frozenset({b"", b"null", b"{}"})
# What these services know by a name, or by an ARN where it is of another account, is the caller's own by a name.
_BY_NAME: Final = frozenset(
    {
        "autoscaling", "cloudtrail", "config", "dynamodb", "ecs", "eks", "events", "iam", "kinesis", "lambda", "logs",
        "monitoring", "secretsmanager", "sns", "sqs", "states",
    }
)  # fmt: skip
# Parameters that hold the number of the account that has the resource: a registry of images, a catalogue of data.
_NUMBERS: Final = ("registryId", "catalogId", "CatalogId")
# Who is assumed, whichever service the ARN is of.
_ASSUMED: Final = {"sts": ("roleArn", "targetPrincipal")}


class _Resource(msgspec.Struct, gc=False):
    ARN: str = ""
    accountId: str = ""  # noqa: N815 - as CloudTrail spells it


_resources: Final = msgspec.json.Decoder(list[_Resource])


def owners_of(resources: bytes, parameters: bytes, *, source: str, account: str, caller: str) -> tuple[str, ...]:
    """Who may have what a call was on.

    Args:
        resources: `resources` as JSON.
        parameters: `requestParameters` as JSON.
        source: Service as the record has it, without its domain.
        account: Whose trail has the record.
        caller: The account of who called; empty for a service.

    Returns:
        Accounts; `SOMEBODY` is among them where it may be an account the record does not tell.
    """
    copied = (SOMEBODY,) if b'"x-amz-copy-source"' in parameters else ()
    told = _told(resources)
    if told:
        return _few({*told, *copied})
    if not account or told is None:
        return _few({account, SOMEBODY})
    if account != caller:
        # Somebody else's call is in a trail because of what it was on.
        return _few({account, *copied})
    given = _given(parameters)
    # Behind the ARN of an access point is a bucket that may be somebody else's.
    named = set(_named(given, source)) if source != "s3" else set()
    if named:
        return _few(named)
    mentioned = {found.decode() for found in _ACCOUNT.findall(parameters)} - {account}
    own = source in _BY_NAME or (source == "kms" and "keyId" in given)
    if own and given and not mentioned:
        return (account,)
    return _few({account, SOMEBODY, *mentioned})


def _few(owners: set[str]) -> tuple[str, ...]:
    return tuple(sorted(owners)) if len(owners) <= _MOST else (SOMEBODY,)


def _told(resources: bytes) -> set[str] | None:
    """The accounts of `resources`, `None` where those cannot be read; an object is whose bucket it is in."""
    try:
        listed = _resources.decode(resources) if resources not in _EMPTY else []
    except _UNREADABLE:
        return None
    owners: dict[str, str] = {}
    untold: set[str] = set()
    for one in listed:
        owner = _owner(one)
        if owner:
            owners[_bucket(one.ARN)] = owner
        else:
            untold.add(_bucket(one.ARN))
    return {*owners.values(), *({SOMEBODY} if untold - owners.keys() else ())}


def _owner(one: _Resource) -> str:
    told = one.accountId or _account_in(one.ARN)
    return told if len(told) == _DIGITS else ""


def _bucket(arn: str) -> str:
    """An ARN without the key of an object; other ARNs as they are."""
    return arn.partition("/")[0] if ":s3:::" in arn else arn


def _given(parameters: bytes) -> dict[str, Any]:
    try:
        found: Any = msgspec.json.decode(parameters) if parameters else None
    except _UNREADABLE:
        return {}
    return found if isinstance(found, dict) else {}


def _named(given: dict[str, Any], source: str) -> Iterator[str]:
    """Accounts that parameters name as those of the resource."""
    assumed = _ASSUMED.get(source, ())
    for name, text in given.items():
        if not isinstance(text, str):
            continue
        queue = _QUEUE.match(text)
        if name in assumed:
            owner = _account_in(text) or text
        elif text.startswith("arn:"):
            owner = _account_in(text) if text.split(":")[2:3] == [source] else ""
        elif queue is not None:
            owner = queue.group(1)
        else:
            owner = text if name in _NUMBERS else ""
        if len(owner) == _DIGITS and owner.isdigit():
            yield owner


def _account_in(arn: str) -> str:
    parts = arn.split(":", _ARN_PARTS - 1)
    return parts[4] if len(parts) == _ARN_PARTS else ""
