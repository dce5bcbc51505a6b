"""Ports of a network rule: a rule for every protocol is a rule for every port.

For `Protocol` -1 AWS gives no ports, or ports that it ignores: the rule lets traffic in on all of them, whatever range
it names (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html). Left like that, a rule about a
port would miss the widest opening there is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.facts.fact import Absent, Known

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rootwarden.facts.fact import Fact, Unknown

EVERY_PROTOCOL: Final = "-1"
FIRST_PORT: Final = 0
LAST_PORT: Final = 65_535
_PORTS: Final = {"FromPort": FIRST_PORT, "ToPort": LAST_PORT}


def with_every_port(record: Mapping[str, Fact[object]]) -> Mapping[str, Fact[object]]:
    """The record of a network rule with the ports it is about.

    Args:
        record: Facts by name; without `Protocol`, `FromPort` and `ToPort` it is no network rule and comes back as is.

    Returns:
        Where `Protocol` is -1, ports 0 to 65535. Where it is unknown, so are the ports, unless they are these already:
        it could turn out to be -1.
    """
    protocol = record.get("Protocol")
    if protocol is None or isinstance(protocol, Absent) or not _PORTS.keys() <= record.keys():
        return record
    if isinstance(protocol, Known) and protocol.value != EVERY_PROTOCOL:
        return record
    return {**record, **{name: _port(record[name], protocol, port) for name, port in _PORTS.items()}}


def _port(fact: Fact[object], protocol: Known[object] | Unknown, port: int) -> Fact[object]:
    if isinstance(protocol, Known):
        return Known(port, protocol.sources, "every port: the protocol is -1")
    return fact if isinstance(fact, Known) and fact.value == port else protocol
