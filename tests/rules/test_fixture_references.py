"""Fixtures through references: what stands in their place, and what is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from rootwarden import packs
from rootwarden.errors import InputError
from rootwarden.facts.fact import Absent, Known, Unknown
from rootwarden.rules.fixture import MAXIMUM_DEPTH, load_fixture

if TYPE_CHECKING:
    from rootwarden.rules.logic import Record

SHIPPED = packs.schema()


def loaded(given: object) -> Record:
    (resource,) = load_fixture(json.dumps(given), SHIPPED)
    return resource.record


def known(fact: object) -> Any:
    assert isinstance(fact, Known)
    return fact.value


def test_a_reference_holds_the_record_it_leads_to() -> None:
    trail = loaded({"CloudTrail": [{"LogGroup": {"Name": "trail", "CreationDate": "2026-01-01"}}]})

    group = known(trail["LogGroup"])
    assert set(group) == set(SHIPPED.children("CloudWatchLogGroup"))
    assert known(group["CreationDate"]) == 1767225600
    assert isinstance(group["Retention"], Absent)


def test_references_hold_records_or_what_could_not_be_read() -> None:
    account = loaded({"AWS": [{"IAMUsers": [{"Groups": [{"Name": "a"}]}, {"$unknown": "iam:GetUser denied"}]}]})

    users = known(account["IAMUsers"])
    assert known(known(users[0]["Groups"])[0]["Name"]) == "a"
    assert isinstance(users[1], Unknown)
    assert users[1].permission == "iam:GetUser"
    assert set(account) == set(SHIPPED.children("AWS"))
    assert isinstance(account["VPCs"], Absent)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"CloudTrail": [{"LogGroup": [{"Name": "a"}]}]}, "no object at `CloudTrail[0].LogGroup`"),
        ({"CloudTrail": [{"LogGroup": "arn"}]}, "no object at `CloudTrail[0].LogGroup`"),
        ({"IAMUser": [{"Groups": {"Name": "a"}}]}, "no list at `IAMUser[0].Groups`"),
        ({"IAMUser": [{"Groups": ["a"]}]}, "no object at `IAMUser[0].Groups[0]`"),
        ({"IAMUser": [{"Groups": [{"Nam": "a"}]}]}, "unknown attribute `Nam` at `IAMUser[0].Groups[0]`"),
        ({"AWS": [{"IAMUser": []}]}, "unknown attribute `IAMUser` at `AWS[0]`"),
        ({"AWS": [{"VPCs": [{"IsDefault": 1}]}]}, "no boolean at `AWS[0].VPCs[0].IsDefault`"),
        (
            {"Fleet": [{"Accounts": [{"RootUser": {"MFAActive": "yes"}}]}]},
            "no boolean at `Fleet[0].Accounts[0].RootUser",
        ),
        ({"IAMusers": []}, "unknown entity `IAMusers`"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(given: object, says: str) -> None:
    with pytest.raises(InputError) as caught:
        loaded(given)

    assert says in caught.value.message


def nested(levels: int) -> str:
    """`{"VPC": [{"Subnets": [{"VPC": {"Subnets": [ … `, three of JSON a level."""
    return '{"VPC": [' + '{"Subnets": [{"VPC": ' * levels + "{}" + "}]}" * levels + "]}"


def test_a_circle_of_references_may_be_walked_so_far_and_no_further() -> None:
    assert load_fixture(nested(MAXIMUM_DEPTH // 3 - 2), SHIPPED)
    for levels in (MAXIMUM_DEPTH // 3 + 1, 300, 100_000):
        with pytest.raises(InputError, match="is nested too deep"):
            load_fixture(nested(levels), SHIPPED)


def test_brackets_without_end_are_refused() -> None:
    with pytest.raises(InputError, match="is nested too deep"):
        load_fixture("[" * 2_000_000, SHIPPED)
