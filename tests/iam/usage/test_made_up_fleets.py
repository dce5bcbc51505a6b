"""Seeded logs and dumps of which the truth is known because they were made from it."""

from __future__ import annotations

import random
from typing import Any

import pytest
from tests.iam.usage.story import AWAY, HOME, VISIBILITY, allow, call, compare, deny, dump, session, user

from rootwarden.iam.usage.minimal import minimal

# Action, and an event that needs just it: another name, prefix or date now and then.
WRITES = {
    "ec2:StopInstances": "ec2:StopInstances",
    "ec2:CreateVpc": "ec2:CreateVpc",
    "cloudwatch:PutMetricAlarm": "monitoring:PutMetricAlarm",
    "lambda:UpdateFunctionCode": "lambda:UpdateFunctionCode20150331v2",
    "s3:PutEncryptionConfiguration": "s3:PutBucketEncryption",
    "apigateway:PATCH": "apigateway:UpdateRestApi",
    "budgets:ModifyBudget": "budgets:CreateBudget",
    "ses:VerifyEmailIdentity": "email:VerifyEmailIdentity",
    "iam:CreateUser": "iam:CreateUser",
    "cloudformation:CreateResource": "cloudcontrolapi:CreateResource",
}
READS = {
    "ec2:DescribeInstances": "ec2:DescribeInstances",
    "s3:ListAllMyBuckets": "s3:ListBuckets",
    "iam:ListUsers": "iam:ListUsers",
    "lambda:GetFunction": "lambda:GetFunction20150331v2",
}
EVENTS = WRITES | READS
HIDDEN = {"s3:GetObject": "data_event", "iam:PassRole": "not_recorded", "s3:ReplicateObject": "no_call"}
STANDINGS = ("unused", "done", "denied", "failed", "by_service")


def world(seed: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, dict[str, str]]]:
    """Records, dumps, and of every principal the standing of each granted or used action."""
    chance = random.Random(seed)
    records: list[dict[str, Any]] = []
    truth: dict[str, dict[str, str]] = {}
    dumps = []
    for account in (HOME, AWAY):
        people = {f"u{number}": user(f"u{number}", account) for number in range(3)}
        people |= {f"r{number}": session(f"r{number}", f"ASIA{account[0]}{number}", account) for number in range(3)}
        # Somebody who is in no dump keeps the log of every account able to show reads and writes.
        records += [call(EVENTS[one], user("gone", account)) for one in ("ec2:CreateVpc", "ec2:DescribeInstances")]
        held = {}
        for name, who in people.items():
            granted = {one: chance.choice(STANDINGS) for one in EVENTS if chance.random() < 0.6}
            refused = {one for one in EVENTS if one not in granted and chance.random() < 0.2}
            hidden = {one: why for one, why in HIDDEN.items() if chance.random() < 0.5}
            records += [each for one, standing in granted.items() for each in _records(one, standing, who, chance)]
            held[name] = [
                allow(*granted, *hidden, *refused or ("ec2:StopInstances",)),
                deny(*refused or ("ec2:Nothing",)),
            ]
            if not refused:
                held[name] = [allow(*granted, *hidden)] if granted or hidden else []
            truth[f"{account}/{name}"] = granted | hidden
        made = {kind: {name: each for name, each in held.items() if name[0] == kind[0]} for kind in ("users", "roles")}
        dumps.append(dump(account, made["users"], made["roles"]))
    chance.shuffle(records)
    return records, dumps, truth


def _records(action: str, standing: str, who: dict[str, Any], chance: random.Random) -> list[dict[str, Any]]:
    time = f"2026-03-{chance.randint(1, 28):02}T12:00:00Z"
    event, copies = EVENTS[action], chance.choice((1, 1, 2, 3))
    read: Any = {"readOnly": action in READS}
    if standing == "unused":
        return []
    if standing == "denied":
        return [call(event, who, time=time, errorCode="AccessDenied", **read)] * copies
    failed = call(event, who, time=time, errorCode="ThrottlingException", **read)
    if standing == "failed":
        return [failed] * copies
    if standing == "by_service":
        return [call(event, {**who, "invokedBy": "cloudformation.amazonaws.com"}, time=time, **read), failed]
    return [call(event, who, time=time, **read)] * copies + [failed]


def said(seed: int) -> dict[str, dict[str, str]]:
    records, dumps, _ = world(seed)
    found: dict[str, dict[str, str]] = {}
    for one in compare(records, *dumps).principals:
        if one.name != "gone":
            standing = {each.action: each.use.value for each in one.used} | dict.fromkeys(one.unused, "unused")
            doubts = {action: doubt.why.value for doubt in one.unjudged for action in doubt.actions}
            found[f"{one.account}/{one.name}"] = standing | doubts
            assert not one.no_longer_granted
    return found


@pytest.mark.parametrize("seed", range(25))
def test_the_truth_is_found_and_nothing_else(seed: int) -> None:
    assert said(seed) == world(seed)[2]


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(25, 1025))
def test_the_truth_is_found_in_many_worlds(seed: int) -> None:
    assert said(seed) == world(seed)[2]


@pytest.mark.parametrize("seed", range(5))
def test_minimal_policies_allow_just_the_truth(seed: int) -> None:
    records, dumps, truth = world(seed)
    actions = tuple(action.full for action in VISIBILITY.actions)
    for one in compare(records, *dumps).principals:
        if one.name == "gone":
            continue
        found = minimal(one, actions)
        allowed = {action for document in found.documents for each in document.statements for action in each.actions}
        wanted = truth[f"{one.account}/{one.name}"]
        assert allowed == {action for action, standing in wanted.items() if standing in {"done", "by_service"}}
