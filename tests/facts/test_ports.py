"""A network rule for every protocol is one for every port."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rootwarden.facts.fact import Absent, Known, Unknown
from rootwarden.facts.ports import with_every_port

if TYPE_CHECKING:
    from rootwarden.facts.fact import Fact

UNKNOWN = Unknown("denied")
EVERY = {"FromPort": 0, "ToPort": 65_535}


def ports(protocol: Fact[object], first: Fact[object], last: Fact[object]) -> dict[str, object]:
    record = with_every_port({"Protocol": protocol, "FromPort": first, "ToPort": last})
    assert record["Protocol"] == protocol
    return {
        name: fact.value if isinstance(fact := record[name], Known) else type(fact).__name__
        for name in ("FromPort", "ToPort")
    }


@pytest.mark.parametrize("given_ports", [(Absent(), Absent()), (Known(-1), Known(-1)), (UNKNOWN, Known(22))])
def test_every_protocol_is_every_port(given_ports: tuple[Fact[object], Fact[object]]) -> None:
    assert ports(Known("-1"), *given_ports) == EVERY


@pytest.mark.parametrize("protocol", [Known("tcp"), Known("17"), Known(-1), Absent()])
def test_another_protocol_keeps_its_ports(protocol: Fact[object]) -> None:
    assert ports(protocol, Known(22), Absent()) == {"FromPort": 22, "ToPort": "Absent"}


def test_an_unknown_protocol_leaves_the_ports_open() -> None:
    assert ports(UNKNOWN, Known(22), Absent()) == {"FromPort": "Unknown", "ToPort": "Unknown"}
    assert ports(UNKNOWN, Known(0), Known(65_535)) == EVERY


def test_what_is_no_network_rule_stays_as_it_is() -> None:
    record = {"Protocol": Known("-1"), "Port": Known(80)}

    assert with_every_port(record) is record


PORTS = st.sampled_from([Absent(), UNKNOWN, Known(0), Known(22), Known(65_535)])


@given(first=PORTS, last=PORTS, protocol=st.sampled_from([Known("-1"), Known("tcp"), Absent()]))
def test_learning_the_protocol_never_changes_a_port_that_was_known(
    first: Fact[object], last: Fact[object], protocol: Fact[object]
) -> None:
    before, after = ports(UNKNOWN, first, last), ports(protocol, first, last)

    assert all(before[name] in {"Unknown", after[name]} for name in before)
