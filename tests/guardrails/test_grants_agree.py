"""What rules say of a policy's statements, the evaluator says of requests: two readings of one language."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any, Final

import pytest
from tests.guardrails.test_grants import grant

from rootwarden.guardrails.grants import Question, decide
from rootwarden.iam.case import evaluate_case

OURS: Final = "111111111111"
ASKED: Final = (
    ("s3:GetObject", "arn:aws:s3:::box/ann/one"),
    ("s3:GetObject", "arn:aws:s3:::box/Ann"),
    ("s3:ListBucket", "arn:aws:s3:::box"),
    ("iam:CreateAccessKey", f"arn:aws:iam::{OURS}:user/ann"),
    ("sqs:SendMessage", f"arn:aws:sqs:eu-west-1:{OURS}:line"),
)
ACTIONS: Final = (
    *("*", "*:*", "s3:*", "S3:getobject", "s3:Get*", "s3:*Object", "s3:?etObject", "iam:*", "iam:Create*", "sqs:*"),
    *("*:GetObject", "s?:GetObject", "s3", " s3:GetObject", "s3:", "s3:GetObject,s3:ListBucket", "ec2:*"),
)
RESOURCES: Final = (
    *("*", "**", "arn:aws:s3:::*", "arn:aws:s3:::box", "arn:aws:s3:::box/*", "arn:aws:s3:::box/ann/*"),
    *("arn:aws:s3:::BOX/*", "arn:aws:s3:::b?x*", "arn:*:s3:::box/Ann", "arn:aws:*", "arn:aws:s3:*:*:box*"),
    *("arn:aws:s3:::box/${aws:username}/*", "arn:aws:iam::*:user/*", "arn:aws:sqs:*:*:line", "arn:aws:*:box"),
)
CONDITIONS: Final[tuple[dict[str, Any], ...]] = (
    {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}},
    {"ArnNotLike": {"aws:PrincipalArn": "arn:*:iam::*:root"}},
    {"StringLike": {"aws:PrincipalArn": ["arn:aws:iam::111111111111:user/*", "arn:aws:iam::*:root"]}},
    {"StringEquals": {"aws:PrincipalArn": "arn:aws:iam::*:root"}},
    {"StringEquals": {"aws:PrincipalAccount": OURS}},
    {"StringNotEquals": {"aws:PrincipalType": "Account"}},
    {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    {"Null": {"aws:AssumedRoot": "true"}},
    {"StringEqualsIfExists": {"x:team": "ann"}},
)


def drawn(random: Random) -> list[dict[str, Any]]:
    made = []
    for _ in range(random.randint(1, 4)):
        one: dict[str, Any] = {"Effect": random.choice(("Allow", "Allow", "Deny"))}
        action = "NotAction" if random.random() < 0.2 else "Action"
        resource = "NotResource" if random.random() < 0.2 else "Resource"
        one[action] = random.sample(ACTIONS, random.randint(1, 2))
        one[resource] = random.sample(RESOURCES, random.randint(1, 2))
        if random.random() < 0.3:
            one["Condition"] = random.choice(CONDITIONS)
        made.append(one)
    return made


def response(statements: list[dict[str, Any]], action: str, resource: str, *, root: bool) -> str:
    policy = {"name": "drawn", "document": {"Version": "2012-10-17", "Statement": statements}}
    who = "root" if root else "user/ann"
    return evaluate_case(
        {
            "request": {"action": action, "resource": resource, "context": {}},
            "principal": {"arn": f"arn:aws:iam::{OURS}:{who}"},
            "resource_account": OURS,
            **({"scp": [[policy]]} if root else {"identity": [policy]}),
        }
    ).response


def compared(seed: int) -> Counter[str]:
    random = Random(seed)
    statements, (action, resource), root = drawn(random), random.choice(ASKED), random.random() < 0.5
    said = response(statements, action, resource, root=root)
    grants, counted = tuple(map(grant, statements)), Counter[str]()
    for denies, true in ((False, "Allowed"), (True, "ExplicitlyDenied")):
        answer = decide(grants, Question(denies=denies, action=action, resource=resource, for_root=root))
        counted[f"{true} {answer.truth}"] += 1
        if answer.truth is not None:
            assert (said == true) is answer.truth, (seed, said, true, answer, action, resource, root, statements)
    return counted


@pytest.mark.parametrize("first", range(0, 3_000, 500))
def test_rules_and_requests_agree(first: int) -> None:
    counted = sum((compared(seed) for seed in range(first, first + 500)), Counter[str]())
    assert all(counted[f"{one} {truth}"] > 20 for one in ("Allowed", "ExplicitlyDenied") for truth in (True, False))


@pytest.mark.soak
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("first", range(100_000, 200_000, 10_000))
def test_on_a_hundred_thousand_policies(first: int) -> None:
    for seed in range(first, first + 10_000):
        compared(seed)
