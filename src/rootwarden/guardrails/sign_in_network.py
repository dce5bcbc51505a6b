"""Is a condition on the network of a Deny statement a fence?

A fence denies everything *but* the networks it names, so only negated operators make one: they also match requests in
which the key is missing (IAM user guide, *Condition operators*). A deny of some networks leaves the rest of the world.
"""

from __future__ import annotations

import ipaddress

_ADDRESSES = frozenset({"aws:sourceip", "aws:vpcsourceip"})
_ENDPOINTS = frozenset({"aws:sourcevpc", "aws:sourcevpce", "signin:sourcevpce", "console:sourcevpce"})
_NOT_THESE = frozenset({"stringnotequals", "stringnotequalsignorecase", "stringnotlike", "arnnotequals", "arnnotlike"})


def fences_network(operator: str, key: str, values: tuple[str, ...]) -> bool | None:
    """Whether the condition denies all but some network.

    Args:
        operator: Condition operator in lower case; `…IfExists` says the same, negated operators match a missing key.
        key: Condition key in lower case.
        values: As written.

    Returns:
        False when the spared networks are the whole world; `None` for every other condition.
    """
    if operator == "null":
        # A request that came through no VPC.
        return True if key in _ENDPOINTS and {value.lower() for value in values} == {"true"} else None
    operator = operator.removesuffix("ifexists")
    if any("${" in value for value in values):
        return None
    if key in _ENDPOINTS:
        return True if operator in _NOT_THESE else None
    if key in _ADDRESSES and operator == "notipaddress":
        world = _holds_the_world(values)
        return None if world is None else not world
    return None


def _holds_the_world(values: tuple[str, ...]) -> bool | None:
    """Whether the networks together hold every address of one kind; `None` when one cannot be read."""
    try:
        networks = [ipaddress.ip_network(value, strict=False) for value in values]
    except ValueError:
        return None
    four = ipaddress.collapse_addresses(one for one in networks if isinstance(one, ipaddress.IPv4Network))
    six = ipaddress.collapse_addresses(one for one in networks if isinstance(one, ipaddress.IPv6Network))
    return any(one.prefixlen == 0 for one in four) or any(one.prefixlen == 0 for one in six)
