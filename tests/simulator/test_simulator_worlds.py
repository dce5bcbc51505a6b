from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest

from rootwarden.errors import UsageError
from rootwarden.simulator import running
from rootwarden.simulator.clients import client
from rootwarden.simulator.moment import NOW
from rootwarden.simulator.worlds import WORLDS, make_world

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.simulator.account import Account
    from rootwarden.simulator.world import World

ORGANIZATIONS = sorted(set(WORLDS) - {"standalone"})


def told(world: World, account_ids: list[str]) -> list[bytes]:
    return [msgspec.json.encode(world.account(account_id)) for account_id in account_ids]


@pytest.mark.parametrize("name", ORGANIZATIONS)
def test_a_world_is_the_same_every_time_in_any_order(name: str) -> None:
    first, second = make_world(name, 45), make_world(name, 45)
    forward = told(first, first.account_ids)
    backward = told(second, second.account_ids[::-1])
    assert forward == backward[::-1]
    assert len(set(first.account_ids)) == 45


@pytest.mark.parametrize("name", ORGANIZATIONS)
@pytest.mark.parametrize("accounts", [1, 2, 5000])
def test_a_world_has_any_size(name: str, accounts: int) -> None:
    world = make_world(name, accounts)
    assert world.organization is not None
    placed = [account_id for unit in world.organization.root.walk() for account_id in unit.account_ids]
    assert sorted(placed) == sorted(world.account_ids)
    assert len(placed) == accounts


@pytest.mark.parametrize(
    ("name", "accounts", "word"),
    [("nowhere", 3, "nowhere"), ("greenfield", 0, "0"), ("patchwork", 5001, "5001"), ("standalone", 2, "standalone")],
)
def test_worlds_that_cannot_be(name: str, accounts: int, word: str) -> None:
    with pytest.raises(UsageError, match=f"`{word}`") as problem:
        make_world(name, accounts)
    assert problem.value.hint


WORLD_FACTS: list[tuple[str, str, Callable[[Account], bool]]] = [
    ("greenfield", "000011110000", lambda account: len(account.root.devices) == 2 and not account.root.keys),
    ("greenfield", "000011110004", lambda account: not account.root.password and not account.root.devices),
    ("forgotten_mailbox", "000011110003", lambda account: account.email.endswith("@gmail.com")),
    ("central_root", "000011110004", lambda account: not account.root.password),
    ("central_root", "000011110005", lambda account: account.root.password and not account.root.devices),
    ("central_root", "000011110010", lambda account: account.root.keys[0].active),
    ("breached", "000011110001", lambda account: account.root.keys[0].create_date > NOW - timedelta(hours=7)),
    ("breached", "000011110000", lambda account: "203.0.113" in account.region("us-east-1").metric_filters[0].pattern),
    ("patchwork", "000011110008", lambda account: account.state == "SUSPENDED"),
    ("patchwork", "000011110009", lambda account: account.role("RootwardenAudit") is None),
    ("patchwork", "000011110048", lambda account: account.state == "SUSPENDED"),
]


@pytest.mark.parametrize(("name", "account_id", "holds"), WORLD_FACTS)
def test_what_a_world_is_known_for(name: str, account_id: str, holds: Callable[[Account], bool]) -> None:
    assert holds(make_world(name, 60).account(account_id))


def test_another_partition_and_instant() -> None:
    later = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    with running(make_world("greenfield", 3, partition="aws-us-gov", now=later)) as simulator:
        region = "us-gov-west-1"
        organizations = client(simulator, "organizations", region=region)
        described = organizations.describe_organization()["Organization"]
        assert described["Arn"].startswith("arn:aws-us-gov:organizations::")
        trail = client(simulator, "cloudtrail", region=region).describe_trails()["trailList"][0]
        assert trail["HomeRegion"] == region
        assert trail["CloudWatchLogsLogGroupArn"].startswith(f"arn:aws-us-gov:logs:{region}:")
        iam = client(simulator, "iam", region=region)
        assert iam.generate_credential_report()["State"] == "STARTED"
        iam.generate_credential_report()
        report = iam.get_credential_report()
        assert report["GeneratedTime"] == later
        assert b"arn:aws-us-gov:iam::000011110000:root,2" in report["Content"]
        assert report["Content"].splitlines()[1].split(b",")[3] == b"not_supported"
    moved, original = make_world("breached", now=later), make_world("breached")
    key, same = moved.account("000011110001").root.keys[0], original.account("000011110001").root.keys[0]
    assert later - key.create_date == NOW - same.create_date


def test_standalone_has_no_organization() -> None:
    with running(make_world("standalone")) as simulator:
        organizations = client(simulator, "organizations")
        with pytest.raises(organizations.exceptions.AWSOrganizationsNotInUseException):
            organizations.describe_organization()
        iam = client(simulator, "iam")
        with pytest.raises(iam.exceptions.OrganizationNotFoundException):
            iam.list_organizations_features()
        assert iam.get_account_summary()["SummaryMap"]["AccountPasswordPresent"] == 1
