"""A replay agrees with the oracle where units are in units, accounts at every depth, and several policies move."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from tests.guardrails.replaying.made_up import FULL, FULL_RCP, ROOT, Unit, write_evidence
from tests.guardrails.replaying.oracle import said_of
from tests.guardrails.replaying.replaying import Changed
from tests.guardrails.replaying.strange import HERE, THERE, role, root, strange_records
from tests.guardrails.replaying.strange import call as made_call
from tests.guardrails.replaying.test_replay import (
    ACCOUNTS,
    BUILDERS,
    DENY_ROOT,
    EXEMPTING,
    FENCE_POOL,
    OURS,
    PERIMETER,
    POOL,
    RCP,
    TAGGED,
    agrees,
    allow_only,
    deny,
    fence,
    oracle_change,
    policy_of,
    said_by_product,
    written,
)

from rootwarden.errors import UsageError
from rootwarden.guardrails.replaying.change import PolicyKind
from rootwarden.simulator.trail.organization import MANAGEMENT, make_organization

if TYPE_CHECKING:
    from pathlib import Path

WORK, TEAM, CREW, DEEP = "ou-fake-work", "ou-fake-team", "ou-fake-crew", "ou-fake-deep"
SAND, BOX = "ou-fake-sand", "ou-fake-box1"
OTHERS = [one for one in make_organization(ACCOUNTS).members if one not in {HERE, THERE}]
# One account stands under five targets, one right under the root; the unit in the middle has none of its own.
TREE = Unit(
    ROOT,
    (MANAGEMENT, OTHERS[0]),
    (
        Unit(WORK, (OTHERS[1],), (Unit(TEAM, (), (Unit(CREW, (OTHERS[2],), (Unit(DEEP, (HERE, OTHERS[3])),)),)),)),
        Unit(SAND, tuple(OTHERS[4:]), (Unit(BOX, (THERE,)),)),
    ),
)
LEVELS = (ROOT, WORK, TEAM, CREW, DEEP, HERE)
EXCEPT_WORK = fence("*", "*", **{"ForAllValues:StringNotLike": {"aws:PrincipalOrgPaths": f"{OURS}/{ROOT}/{WORK}/*"}})
DEEP_PATH = f"{OURS}/{ROOT}/{WORK}/{TEAM}/{CREW}/{DEEP}/"
DEEP_ONLY = fence("*", "*", **{"ForAnyValue:StringEquals": {"aws:PrincipalOrgPaths": DEEP_PATH}})
# Name: what there is, and what is attached and detached, by target.
CHANGES: dict[str, Changed] = {
    "one level in the middle": Changed(attach={TEAM: {"new": deny("ec2:*")}}),
    "changed at the middle of three": Changed(
        present={ROOT: {"a": TAGGED}, TEAM: {"b": DENY_ROOT}, DEEP: {"c": deny("iam:*")}},
        attach={TEAM: {"new": EXEMPTING}},
        detach={TEAM: ["p-b"]},
    ),
    "moved up by two": Changed(
        present={CREW: {"old": DENY_ROOT}}, attach={WORK: {"new": DENY_ROOT}}, detach={CREW: ["p-old"]}
    ),
    "moved down by two": Changed(
        present={WORK: {"old": DENY_ROOT}}, attach={CREW: {"new": DENY_ROOT}}, detach={WORK: ["p-old"]}
    ),
    "moved to a unit that is elsewhere": Changed(
        present={SAND: {"old": DENY_ROOT}}, attach={CREW: {"new": DENY_ROOT}}, detach={SAND: ["p-old"]}
    ),
    "one of two of the same goes": Changed(
        present={ROOT: {"a": DENY_ROOT}, DEEP: {"b": DENY_ROOT}}, detach={ROOT: ["p-a"]}
    ),
    "the last that allows, at the top": Changed(present={ROOT: {"a": TAGGED}}, detach={ROOT: ["p-FullAWSAccess"]}),
    "the last that allows, in the middle": Changed(present={TEAM: {"a": TAGGED}}, detach={TEAM: ["p-FullAWSAccess"]}),
    "the last that allows, at an account": Changed(present={THERE: {"a": TAGGED}}, detach={THERE: ["p-FullAWSAccess"]}),
    "lists at two levels that have little in common": Changed(
        attach={WORK: {"a": allow_only("ec2:*", "s3:*")}, DEEP: {"b": allow_only("s3:*", "iam:*")}},
        detach={WORK: ["p-FullAWSAccess"], DEEP: ["p-FullAWSAccess"]},
    ),
    "several at once, some come and some go": Changed(
        present={ROOT: {"a": DENY_ROOT, "b": deny("lambda:*")}, CREW: {"c": deny("ec2:*", ArnNotLike=BUILDERS)}},
        attach={WORK: {"new1": deny("s3:*"), "new2": TAGGED}, BOX: {"new3": EXEMPTING}, HERE: {"new4": deny("sts:*")}},
        detach={ROOT: ["p-a", "p-b"], CREW: ["p-c"]},
    ),
    "two statements in one policy become two policies": Changed(
        present={ROOT: {"a": policy_of(*DENY_ROOT["Statement"], *deny("ec2:*")["Statement"])}},
        attach={WORK: {"new1": DENY_ROOT}, TEAM: {"new2": deny("ec2:*")}},
        detach={ROOT: ["p-a"]},
    ),
    "a fence of a unit in units": Changed(kind=RCP, attach={CREW: {"new": PERIMETER}}),
    "a fence by a path of several units": Changed(kind=RCP, attach={ROOT: {"new": EXCEPT_WORK}}),
    "a fence by the path of one unit in units": Changed(kind=RCP, attach={ROOT: {"new": DEEP_ONLY}}),
    "fences that change at two levels": Changed(
        kind=RCP,
        present={ROOT: {"a": PERIMETER}, BOX: {"b": fence("s3:*")}},
        attach={TEAM: {"new1": fence("sts:*")}, BOX: {"new2": fence(["sqs:*", "kms:*"])}},
        detach={BOX: ["p-b"]},
    ),
    "a fence that moves up by three": Changed(
        kind=RCP, present={DEEP: {"old": PERIMETER}}, attach={WORK: {"new": PERIMETER}}, detach={DEEP: ["p-old"]}
    ),
}
# Whoever takes a policy away and puts it where it was, or adds what is there already, moves nothing.
MOVING_NOTHING: dict[str, Changed] = {
    "a policy goes and comes back": Changed(
        present={TEAM: {"old": DENY_ROOT}}, attach={TEAM: {"new": DENY_ROOT}}, detach={TEAM: ["p-old"]}
    ),
    "all that allows goes and comes back": Changed(attach={TEAM: {"new": FULL}}, detach={TEAM: ["p-FullAWSAccess"]}),
    "two policies become one": Changed(
        present={CREW: {"a": DENY_ROOT, "b": deny("ec2:*")}},
        attach={CREW: {"new": policy_of(*DENY_ROOT["Statement"], *deny("ec2:*")["Statement"])}},
        detach={CREW: ["p-a", "p-b"]},
    ),
    "one policy becomes two": Changed(
        present={CREW: {"a": policy_of(*TAGGED["Statement"], *EXEMPTING["Statement"])}},
        attach={CREW: {"new1": EXEMPTING, "new2": TAGGED}},
        detach={CREW: ["p-a"]},
    ),
    "another order and other names": Changed(
        present={ROOT: {"a": TAGGED, "b": DENY_ROOT}},
        attach={ROOT: {"b2": DENY_ROOT, "a2": TAGGED}},
        detach={ROOT: ["p-a", "p-b"]},
    ),
    "a fence goes and comes back": Changed(
        kind=RCP, present={CREW: {"old": PERIMETER}}, attach={CREW: {"new": PERIMETER}}, detach={CREW: ["p-old"]}
    ),
    "what allows everything to everybody, once more": Changed(kind=RCP, attach={CREW: {"new": FULL_RCP}}),
}


def deep_records() -> list[dict[str, Any]]:
    """What is rare, and root, roles and calls on buckets of accounts at every depth."""
    made = []
    for number, account in enumerate([*OTHERS[:5], HERE, THERE]):
        given = {"bucketName": f"fake-{number}", "key": "march"}
        owned = [{"accountId": account, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::fake-{number}"}]
        other = OTHERS[(number + 1) % 5]
        first = 200 + 10 * number
        made += [
            made_call(first, "iam", "CreateUser", root(account)),
            made_call(first + 1, "ec2", "RunInstances", role("Builder", account)),
            made_call(first + 2, "lambda", "ListFunctions20150331", role("Other", account)),
            made_call(first + 3, "s3", "GetObject", role("Other", other), requestParameters=given, resources=owned),
            made_call(first + 4, "s3", "GetObject", root(account), requestParameters=given, errorCode="AccessDenied"),
        ]
    return [*strange_records(), *made]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(deep_records(), tmp_path_factory.mktemp("deep"), size=40)


@pytest.mark.parametrize("name", CHANGES)
def test_changes_at_every_depth_are_judged_as_the_oracle_judges_them(name: str, folder: Path, tmp_path: Path) -> None:
    changed = CHANGES[name]
    evidence = write_evidence(tmp_path / "evidence", ACCOUNTS, {changed.kind.value: changed.present}, TREE)
    found = said_by_product(changed, folder, evidence)
    expected = said_of(deep_records(), oracle_change(changed, TREE))
    assert {event: (found.get(event), said) for event, said in expected.items() if found.get(event) != said} == {}
    assert found.keys() == expected.keys()
    assert expected


@pytest.mark.parametrize("name", MOVING_NOTHING)
def test_a_change_that_moves_nothing_touches_no_call(name: str, folder: Path, tmp_path: Path) -> None:
    changed = MOVING_NOTHING[name]
    evidence = write_evidence(tmp_path / "evidence", ACCOUNTS, {changed.kind.value: changed.present}, TREE)
    assert said_of(deep_records(), oracle_change(changed, TREE)) == {}
    assert said_by_product(changed, folder, evidence) == {}


@pytest.mark.parametrize(
    ("kind", "named"), [(PolicyKind.SCP, "p-FullAWSAccess"), (PolicyKind.RCP, "p-RCPFullAWSAccess")]
)
@pytest.mark.parametrize("target", [ROOT, TEAM, HERE])
def test_the_last_policy_of_a_target_and_what_aws_keeps_there_are_not_detached(
    kind: PolicyKind, named: str, target: str, folder: Path, tmp_path: Path
) -> None:
    changed = Changed(kind=kind, detach={target: [named]})
    with pytest.raises(UsageError, match=target):
        said_by_product(changed, folder, write_evidence(tmp_path / "evidence", ACCOUNTS, None, TREE))


def drawn(seed: int, kind: PolicyKind) -> Changed:
    """Some policies at some levels, of which some go, while others come at others; what allows may go with company."""
    draw = random.Random(seed)
    pool = FENCE_POOL if kind is RCP else POOL
    numbers = iter(range(100))

    def some(most: int) -> dict[str, dict[str, dict[str, Any]]]:
        targets = draw.sample([*LEVELS, SAND, BOX], draw.randint(1, most))
        return {
            target: {f"p{next(numbers)}": one for one in draw.sample(pool, draw.randint(1, 2))} for target in targets
        }

    there, come = some(4), some(3)
    gone = {target: [f"p-{name}" for name in names if draw.random() < 0.5] for target, names in there.items()}
    for target in there.keys() & come.keys() if kind is PolicyKind.SCP else ():
        gone[target].append("p-FullAWSAccess")
    return Changed(kind=kind, present=there, attach=come, detach=gone)


def soaked(first: int) -> Any:
    return pytest.param(first, marks=pytest.mark.soak) if first else first


@pytest.mark.parametrize("kind", PolicyKind)
@pytest.mark.parametrize("first", [soaked(first) for first in range(0, 100, 10)])
def test_random_changes_of_several_levels_are_judged_as_the_oracle_judges_them(
    first: int, kind: PolicyKind, folder: Path, tmp_path: Path
) -> None:
    seeds = range(first, first + 10)
    judged = [agrees(deep_records(), folder, tmp_path / str(seed), drawn(seed, kind), TREE) for seed in seeds]
    assert sum(judged) > 100
