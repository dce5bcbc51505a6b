"""Laws of the classes: what takes away lifts nobody, order is nothing, and what cannot be read proves nothing."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.iam.admins.drawn_account import ACCOUNT, Drawn, arn, boundary, copied, documents, identity_documents
from tests.iam.admins.judged import classes_of_dump

if TYPE_CHECKING:
    from tests.iam.admins.drawn_account import Dump

RANK: Final = {"none": 0, "lateral": 1, "conditional": 2, "escalation": 3, "direct": 4}
FULL: Final = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
UNREADABLE: Final = {"Version": "2012-10-17", "Statement": [{"Effect": "Maybe", "Action": "*", "Resource": "*"}]}
DENYING: Final = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
NOBODY: Final = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Principal": "*"}]}


def drawn(seed: int) -> tuple[Random, Drawn, Dump]:
    random = Random(seed)
    made = Drawn(random)
    return random, made, made.dump()


def assert_nobody_rises(before: dict[str, str], after: dict[str, str], what: object) -> None:
    risen = {one: (before[one], after[one]) for one in after if RANK[after[one]] > RANK[before[one]]}
    assert not risen, (risen, json.dumps(what))


def deny_added(seed: int) -> None:
    random, made, dump = drawn(seed)
    changed = copied(dump)
    statement = made.statement("Deny")
    random.choice(list(identity_documents(changed)))["Statement"].append(statement)
    assert_nobody_rises(classes_of_dump(dump), classes_of_dump(changed), (seed, statement, dump))


def boundary_added(seed: int) -> None:
    random, _, dump = drawn(seed)
    changed = copied(dump)
    free = [one for one in changed["UserDetailList"] + changed["RoleDetailList"] if "PermissionsBoundary" not in one]
    if free:
        random.choice(free)["PermissionsBoundary"] = boundary(random.choice(changed["Policies"])["PolicyName"])
        assert_nobody_rises(classes_of_dump(dump), classes_of_dump(changed), (seed, dump))


def control_added(seed: int) -> None:
    _, made, dump = drawn(seed)
    control: dict[str, Any] = {"Version": "2012-10-17", "Statement": [*FULL["Statement"], made.statement("Deny")]}
    bound = classes_of_dump(dump, scp=[control])
    assert_nobody_rises(classes_of_dump(dump), bound, (seed, control, dump))
    assert_nobody_rises(bound, classes_of_dump(dump, scp=[control, made.document()]), (seed, control, dump))


def allow_removed(seed: int) -> None:
    random, _, dump = drawn(seed)
    changed = copied(dump)
    found = [
        (one, index)
        for one in documents(changed)
        for index, each in enumerate(one["Statement"])
        if each["Effect"] == "Allow"
    ]
    if found:
        one, index = random.choice(found)
        # Something has to be left for it to be a document.
        one["Statement"][index : index + 1] = [] if len(one["Statement"]) > 1 else [NEVER]
        assert_nobody_rises(classes_of_dump(dump), classes_of_dump(changed), (seed, index, dump))


NEVER: Final = {"Effect": "Allow", "Action": "s3:", "Resource": "*"}


def order_changed(seed: int) -> None:
    random, _, dump = drawn(seed)
    changed = copied(dump)
    for one in documents(changed):
        random.shuffle(one["Statement"])
    for name in ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"):
        random.shuffle(changed[name])
        for each in changed[name]:
            random.shuffle(each.get("AttachedManagedPolicies", []))
    assert classes_of_dump(dump) == classes_of_dump(changed), (seed, json.dumps(dump))


def unreadable(seed: int) -> None:
    random, _, dump = drawn(seed)
    spoiled, denying = copied(dump), copied(dump)
    number = random.randrange(len(documents(dump)))
    trust = number >= len(list(identity_documents(dump)))
    replaced(spoiled, number, UNREADABLE)
    replaced(denying, number, NOBODY if trust else DENYING)
    proven = classes_of_dump(denying)
    for one, found in classes_of_dump(spoiled).items():
        if RANK[found] >= RANK["escalation"]:
            assert RANK[proven[one]] >= RANK["escalation"], (seed, one, found, proven[one], number, json.dumps(dump))


def replaced(dump: Dump, number: int, document: dict[str, Any]) -> None:
    found = documents(dump)[number]
    found.clear()
    found.update(copied(document))


LAWS: Final = (deny_added, boundary_added, control_added, allow_removed, order_changed, unreadable)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("first", [0, 40])
def test_law(law: Any, first: int) -> None:
    for seed in range(first, first + 40):
        law(seed)


@pytest.mark.parametrize("law", [allow_removed, order_changed], ids=lambda law: law.__name__)
def test_of_two_conditions_the_one_somebody_can_choose_counts_wherever_it_stands(law: Any) -> None:
    law(21_739)


@pytest.mark.soak
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("first", range(10_000, 30_000, 5_000))
def test_law_on_many_accounts(law: Any, first: int) -> None:
    for seed in range(first, first + 5_000):
        law(seed)


def test_the_accounts_have_every_class() -> None:
    found = [one for seed in range(200) for one in classes_of_dump(drawn(seed)[2]).values()]
    assert {one: found.count(one) > 20 for one in RANK} == dict.fromkeys(RANK, True), arn("account", ACCOUNT)
