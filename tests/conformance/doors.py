"""Doors to endpoints that play AWS in these tests, and what to do with the result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.credentials import Credentials

from rootwarden.aws.door import Door
from rootwarden.conformance.run import compare_with_simulator

if TYPE_CHECKING:
    from rootwarden.conformance.result import Compared, Conformance
    from rootwarden.simulator import Simulator


def door_to(endpoint: str, access_key_id: str, secret: str = "", token: str | None = None) -> Door:
    return Door(region="us-east-1", endpoint=endpoint, own=Credentials(access_key_id, secret or "not/a/secret", token))


def door_of(simulator: Simulator, account_id: str = "") -> Door:
    key = simulator.world.credentials_of(account_id or simulator.world.management_id)
    return door_to(simulator.endpoint, key.access_key_id, key.secret_access_key)


def conformance_of(door: Door) -> Conformance:
    return compare_with_simulator(door, real_aws=False, on_step=lambda _step: None)


def compared(result: Conformance, name: str) -> Compared:
    return next(each for each in result.calls if each.name == name)
