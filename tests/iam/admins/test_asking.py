"""What somebody may choose: the search finds a choice only where there is one, and one where there is."""

from __future__ import annotations

from itertools import product
from random import Random
from typing import TYPE_CHECKING, Any, Final

import pytest

from rootwarden.iam.admins.attempt import Node
from rootwarden.iam.admins.building import Household
from rootwarden.iam.admins.conditions import Scene
from rootwarden.iam.admins.holders import AccountSeat, Holder
from rootwarden.iam.admins.landscape import Landscape
from rootwarden.iam.admins.powers import Book
from rootwarden.iam.admins.walk import Walker
from rootwarden.iam.context import MISSING, Context, Values
from rootwarden.iam.document import read_document
from rootwarden.iam.escalation.path import Actor, Category, EscalationPath, Gain, Permission, Target, TargetKind
from rootwarden.iam.layer import Policy
from rootwarden.iam.principal import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.iam.admins.powers import Powers
    from rootwarden.iam.admins.walk import Walk
    from rootwarden.iam.context import Held

ACCOUNT: Final = "111111111111"
FUNCTION: Final = f"arn:aws:lambda:*:{ACCOUNT}:function:{{new}}"
MAKE: Final = "lambda:CreateFunction"
RUN: Final = "lambda:InvokeFunction"
PATH: Final = EscalationPath(
    id="make-and-run",
    title="Make a function and run it",
    category=Category.ROOT,
    actor=Actor.ANY,
    gain=Gain.ROOT,
    target=Target(kind=TargetKind.NONE),
    permissions=(Permission(action=MAKE, resource=FUNCTION), Permission(action=RUN, resource=FUNCTION)),
    remedy="none",
    stops=(MAKE,),
)
LETTERS: Final = "abx"
NAMES: Final = (
    *LETTERS,
    *map("".join, product(LETTERS, repeat=2)),
    *map("".join, product(LETTERS, repeat=3)),
    "any-name",
)
REGIONS: Final = ("eu-one", "eu-x", "us-one", "any-name")
TEAMS: Final = (None, "red", "blue", "another")
COSTS: Final = (None, "low", "another")
RESOURCES: Final = (
    "*",
    f"arn:aws:lambda:*:{ACCOUNT}:function:*",
    f"arn:aws:lambda:eu-one:{ACCOUNT}:function:*",
    f"arn:aws:lambda:us-one:{ACCOUNT}:function:a*",
    "arn:aws:lambda:eu-*:*:function:?b",
    f"arn:aws:lambda:*:{ACCOUNT}:function:a*b",
    f"arn:aws:lambda:*:{ACCOUNT}:function:b",
    "arn:aws:s3:::*",
)
CONDITIONS: Final[tuple[dict[str, Any], ...]] = (
    {"StringEquals": {"aws:RequestedRegion": "eu-one"}},
    {"StringNotEquals": {"aws:RequestedRegion": ["eu-one", "us-one"]}},
    {"StringLike": {"aws:RequestedRegion": "eu-*"}},
    {"StringEquals": {"aws:RequestTag/team": "red"}},
    {"StringNotEquals": {"aws:RequestTag/team": ["red", "blue"]}},
    {"Null": {"aws:RequestTag/team": "true"}},
    {"Null": {"aws:TagKeys": "false"}},
    {"Null": {"aws:TagKeys": "true"}},
    {"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}},
    {"ForAnyValue:StringEquals": {"aws:TagKeys": ["team", "cost"]}},
    {"StringEquals": {"aws:RequestTag/cost": "low"}},
)


def drawn(seed: int) -> Powers:
    random = Random(seed)
    statements = []
    for _ in range(random.randint(2, 5)):
        one: dict[str, Any] = {"Effect": random.choice(("Allow", "Allow", "Deny"))}
        one["Action"] = random.choice((MAKE, RUN, "lambda:*", "lambda:*", "*"))
        one["NotResource" if random.random() < 0.1 else "Resource"] = random.choice(RESOURCES)
        if random.random() < 0.6:
            one["Condition"] = random.choice(CONDITIONS)
        statements.append(one)
    document = read_document({"Version": "2012-10-17", "Statement": statements})
    return Book((MAKE, RUN)).powers((Policy("drawn", document),))


def walked(powers: Powers) -> Walk | None:
    name = "arn:aws:iam::111111111111:role/maker"
    actor = Holder(arn=name, kind=Kind.ROLE, name="maker", account=AccountSeat(id=ACCOUNT), powers=powers)
    alone = Household(seat=actor.account, holders=(actor,), groups={}, policies={})
    return Walker(Landscape((alone,))).on(PATH, Node(actor, powers), Scene(actor=actor))


def contexts(region: str) -> Iterator[Context]:
    """Every request the alphabet has in a Region."""
    for team, cost, another in product(TEAMS, COSTS, (None, "any")):
        keys: dict[str, Held] = {"aws:RequestedRegion": Values((region,))}
        tags = {"team": team, "cost": cost, "another": another}
        keys |= {f"aws:RequestTag/{key}": Values((value,)) for key, value in tags.items() if value}
        there = tuple(key for key, value in tags.items() if value)
        keys["aws:TagKeys"] = Values(there, listed=True) if there else MISSING
        yield Context(keys)


def possible(powers: Powers) -> bool:
    """Whether both requests are allowed for one name in one Region."""
    for region in REGIONS:
        carried = list(contexts(region))
        for name in NAMES:
            resource = f"arn:aws:lambda:{region}:{ACCOUNT}:function:{name}"
            if all(any(powers.may(action.lower(), resource, one) is True for one in carried) for action in (MAKE, RUN)):
                return True
    return False


def compared(seed: int) -> str:
    powers = drawn(seed)
    walk, there = walked(powers), possible(powers)
    shown = (seed, powers.identity, walk and (walk.asked, walk.requires))
    if walk is not None and walk.sure:
        assert there, shown
    if there:
        assert walk is not None, shown
    return "no" if walk is None else "sure" if walk.sure else "unsure"


@pytest.mark.parametrize("first", range(0, 800, 200))
def test_a_choice_is_found_where_there_is_one_and_nowhere_else(first: int) -> None:
    answers = [compared(seed) for seed in range(first, first + 200)]
    assert answers.count("no") > 10
    assert answers.count("sure") > 10


@pytest.mark.parametrize("seed", [21551, 25166])
def test_a_region_the_resource_has_is_nobodys_choice_however_late_it_is_asked_for(seed: int) -> None:
    assert compared(seed) != "sure"


@pytest.mark.soak
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("first", range(10_000, 50_000, 2_000))
def test_on_forty_thousand_policies(first: int) -> None:
    for seed in range(first, first + 2_000):
        compared(seed)
