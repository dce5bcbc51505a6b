"""What a record tells of a request beside who, what and on what: condition keys, as far as policies ask for them.

IAM user guide, *AWS global condition context keys*; CloudTrail guide, *Record contents*. A key of which the record does
not tell whether it was there, and with which value, is not known.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.facts.instant import parse_instant
from rootwarden.guardrails.replaying.ranges import is_private
from rootwarden.guardrails.replaying.tags import request_tags
from rootwarden.iam.context import MISSING, NOT_KNOWN, Values, held
from rootwarden.iam.usage.caller import service_behind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rootwarden.iam.context import Held

# What stands in `userAgent` for programs of AWS; the agent of the request itself is not told then.
_NO_AGENTS: Final = (".amazonaws.com", "AWS Internal", "aws-internal")
_INTERNAL: Final = "AWS Internal"
_LONGEST_AGENT: Final = 1000  # CloudTrail cuts what is longer


class Details(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The fields of a record that condition keys are made of; an empty text where it has none.

    Attributes:
        account: Whose trail has the record.
        region: `awsRegion`.
        time: `eventTime`.
        address: `sourceIPAddress`.
        agent: `userAgent`.
        endpoint: `vpcEndpointId`.
        via: The service that called with the permissions of who asks, as `via_of` gives it.
        mfa: `mfaAuthenticated`: `true`, `false` or empty.
        started: When the session began.
        temporary: Whether the key that signed is temporary; `None` where nobody tells.
        encrypted: Whether the record tells of TLS.
        source_identity: Of the session.
        principal: `principalId`.
        owners: Who may have the resource, as `owners_of` gives it.
        parameters: `requestParameters` as JSON.
        resources: `resources` as JSON.
        role: Whether a role may have been handed over.
    """

    account: str = ""
    region: str = ""
    time: str = ""
    address: str = ""
    agent: str = ""
    endpoint: str = ""
    via: str = ""
    mfa: str = ""
    started: str = ""
    temporary: bool | None = None
    encrypted: bool = False
    source_identity: str = ""
    principal: str = ""
    owners: tuple[str, ...] = ()
    parameters: bytes = b""
    resources: bytes = b""
    role: bool = False


def via_of(invoked_by: str, address: str) -> str:
    """The service that made a call with somebody's permissions; empty where nobody but themselves did.

    Args:
        invoked_by: `invokedBy`; empty where the record has none.
        address: `sourceIPAddress`. Some records name the service there only, and what has none tells nothing.
    """
    service = service_behind(invoked_by) or (invoked_by if invoked_by == _INTERNAL else "")
    return service or ("" if _address(address) else address or _INTERNAL)


def _source_ip(details: Details, _: str) -> Held:
    """The address, but for calls through an endpoint, which some records of private addresses do not tell."""
    address = _address(details.address)
    if details.via or not address:
        return NOT_KNOWN
    if details.endpoint:
        return MISSING
    return NOT_KNOWN if is_private(address) else held(address)


def _vpc_source_ip(details: Details, _: str) -> Held:
    address = _address(details.address)
    if details.via or not address:
        return NOT_KNOWN
    return held(address) if details.endpoint else _no_endpoint(address)


def _endpoint(details: Details, _: str) -> Held:
    if details.endpoint:
        return held(details.endpoint)
    address = _address(details.address)
    return NOT_KNOWN if details.via or not address else _no_endpoint(address)


def _vpc(details: Details, _: str) -> Held:
    address = _address(details.address)
    return NOT_KNOWN if details.via or details.endpoint or not address else _no_endpoint(address)


def _no_endpoint(address: str) -> Held:
    """Whoever comes from a public address came through no endpoint; of private ones some records do not tell."""
    return NOT_KNOWN if is_private(address) else MISSING


def _agent(details: Details, _: str) -> Held:
    agent = details.agent
    if not agent or details.via or agent.startswith("[") or agent.endswith(_NO_AGENTS):
        return NOT_KNOWN
    return held(agent) if len(agent) < _LONGEST_AGENT else NOT_KNOWN


def _region(details: Details, _: str) -> Held:
    return held(details.region) if details.region else NOT_KNOWN


def _time(details: Details, key: str) -> Held:
    instant = parse_instant(details.time) if details.time else None
    if instant is None:
        return NOT_KNOWN
    return held(str(int(instant.timestamp()))) if key == "aws:epochtime" else held(details.time)


def _with_mfa(details: Details, _: str) -> Held:
    if details.mfa:
        return held(details.mfa)
    return MISSING if details.temporary is False else NOT_KNOWN


def _mfa_age(details: Details, _: str) -> Held:
    return MISSING if details.mfa == "false" or details.temporary is False else NOT_KNOWN


def _issued(details: Details, _: str) -> Held:
    if details.started:
        return held(details.started)
    return MISSING if details.temporary is False else NOT_KNOWN


def _via_service(details: Details, _: str) -> Held:
    """A service named in a record calls for its caller, or as a role of its own: which, the record does not tell."""
    return NOT_KNOWN if details.via else held("false")


def _called_via(details: Details, _: str) -> Held:
    return NOT_KNOWN if details.via else MISSING


def _secure(details: Details, _: str) -> Held:
    return held("true") if details.encrypted else NOT_KNOWN


def _source_identity(details: Details, _: str) -> Held:
    if details.source_identity:
        return held(details.source_identity)
    return NOT_KNOWN if details.temporary is None else MISSING


def _user_id(details: Details, _: str) -> Held:
    return held(details.principal) if details.principal else NOT_KNOWN


def _tags(details: Details, key: str) -> Held:
    """`aws:RequestTag/KEY` and `aws:TagKeys`; tags of resources are not in a request."""
    tags = request_tags(details.parameters)
    if tags is None:
        return NOT_KNOWN
    if key == "aws:tagkeys":
        return Values(tuple(sorted(tags)), listed=True) if tags else MISSING
    wanted = key.partition("/")[2]
    found = next((value for name, value in sorted(tags.items()) if name.lower() == wanted), None)
    return MISSING if found is None else held(found)


class _TaskPolicy(msgspec.Struct, frozen=True):
    arn: str = ""


class _AssumeRoot(msgspec.Struct, frozen=True):
    taskPolicyArn: _TaskPolicy = _TaskPolicy()  # noqa: N815 - as CloudTrail spells it


def _task_policy(details: Details, _: str) -> Held:
    try:
        found = msgspec.json.decode(details.parameters, type=_AssumeRoot).taskPolicyArn.arn
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        found = ""
    return held(found) if found else NOT_KNOWN


# Which fields a key is made of, and how.
_MADE: Final[dict[str, tuple[tuple[str, ...], Callable[[Details, str], Held]]]] = {
    "aws:sourceip": (("address", "endpoint", "via"), _source_ip),
    "aws:vpcsourceip": (("address", "endpoint", "via"), _vpc_source_ip),
    "aws:sourcevpce": (("address", "endpoint", "via"), _endpoint),
    "aws:sourcevpc": (("address", "endpoint", "via"), _vpc),
    "aws:useragent": (("agent", "via"), _agent),
    "aws:requestedregion": (("region",), _region),
    "aws:currenttime": (("time",), _time),
    "aws:epochtime": (("time",), _time),
    "aws:multifactorauthpresent": (("mfa", "temporary"), _with_mfa),
    "aws:multifactorauthage": (("mfa", "temporary"), _mfa_age),
    "aws:tokenissuetime": (("started", "temporary"), _issued),
    "aws:viaawsservice": (("via",), _via_service),
    "aws:calledvia": (("via",), _called_via),
    "aws:calledviafirst": (("via",), _called_via),
    "aws:calledvialast": (("via",), _called_via),
    "aws:securetransport": (("encrypted",), _secure),
    "aws:sourceidentity": (("source_identity", "temporary"), _source_identity),
    "aws:userid": (("principal",), _user_id),
    "aws:tagkeys": (("parameters",), _tags),
    "sts:taskpolicyarn": (("parameters",), _task_policy),
}
_REQUEST_TAG: Final = "aws:requesttag/"


def fields_of(keys: Iterable[str]) -> tuple[str, ...]:
    """The fields of `Details` these keys, in lower case, are made of."""
    fields: set[str] = set()
    for key in keys:
        if key.startswith(_REQUEST_TAG):
            fields.add("parameters")
        elif key in _MADE:
            fields.update(_MADE[key][0])
    return tuple(sorted(fields))


def keys_of(details: Details, keys: Iterable[str]) -> dict[str, Held]:
    """What these keys, in lower case, held in a request; those that are not made of the record are left out."""
    made: dict[str, Held] = {}
    for key in keys:
        if key.startswith(_REQUEST_TAG):
            made[key] = _tags(details, key)
        elif key in _MADE:
            made[key] = _MADE[key][1](details, key)
    return made


@lru_cache(maxsize=65_536)
def _address(text: str) -> str:
    """An address, or an empty text for the name of a service."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""
