"""Where policies name more than is tried, a note says so; where they do not, none does."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import pytest
from tests.iam.admins.drawn_account import ACCOUNT
from tests.iam.admins.judged import judged_dump
from tests.iam.admins.test_stopping import FULL, LAMBDA, dump_of

from rootwarden.audit.root_equivalents import of_details
from rootwarden.collect.principals import details_in
from rootwarden.iam.admins.landscape import ExistingResource

FUNCTION: Final = "arn:aws:lambda:eu-west-1:111111111111:function:"


def notes(statement: dict[str, Any]) -> list[str]:
    allow = {"Effect": "Allow", "Action": "lambda:CreateFunction", "Resource": "*"}
    return [one for one in judged_dump(dump_of([allow | statement])).notes if "tried" in one and "were not" not in one]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ({"Resource": [f"{FUNCTION}{number}" for number in range(41)]}, ["resources"]),
        ({"Resource": [f"{FUNCTION}{number}" for number in range(40)]}, []),
        ({"Condition": {"StringEquals": {"aws:RequestTag/a": [str(number) for number in range(11)]}}}, ["values"]),
        ({"Condition": {"StringEquals": {"aws:RequestTag/a": [str(number) for number in range(10)]}}}, []),
        ({"Condition": {"StringEquals": {f"aws:RequestTag/{name}": "x" for name in "abcd"}}}, ["values"]),
        ({"Condition": {"StringEquals": {f"aws:RequestTag/{name}": "x" for name in "abc"}}}, []),
        ({"Condition": {"StringEquals": {"aws:SourceVpc": [f"vpc-{number}" for number in range(50)]}}}, []),
    ],
)
def test_what_is_told(statement: dict[str, Any], said: list[str]) -> None:
    found = notes(statement)
    assert len(found) == len(said)
    for note, word in zip(found, said, strict=True):
        assert word in note
        assert note.endswith("for 1 principal without a proven way up")


@pytest.mark.parametrize(("number", "told"), [(20, False), (21, True)])
def test_more_resources_with_one_role_than_are_tried(number: int, told: bool) -> None:
    dump = dump_of([], ("deploy", LAMBDA, [FULL]))
    role = f"arn:aws:iam::{ACCOUNT}:role/deploy"
    inventory = {"lambda:function": tuple(ExistingResource(f"{FUNCTION}{one}", role) for one in range(number))}
    found = details_in(msgspec.json.encode(dump), "dump.json")
    notes = of_details({found.account: found.details}, None, inventory).notes
    assert any("resources with one role" in one for one in notes) is told
