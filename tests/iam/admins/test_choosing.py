"""What a caller may choose of a key: where no value satisfies all statements, there is none, and that is decided."""

from __future__ import annotations

from itertools import product
from random import Random
from typing import TYPE_CHECKING, Any, Final

import pytest

from rootwarden.iam.admins.asking import are_all, may_choosing
from rootwarden.iam.admins.powers import Book
from rootwarden.iam.context import MISSING, Context, Values, held
from rootwarden.iam.document import read_document
from rootwarden.iam.layer import Policy

if TYPE_CHECKING:
    from rootwarden.iam.admins.powers import Powers
    from rootwarden.iam.context import Held

ACTION: Final = "lambda:invokefunction"
REGION, REFERER, TEAM = KEYS = ("aws:RequestedRegion", "aws:Referer", "aws:RequestTag/team")
WHOLE: Final = ("a", "ab", "abc", "b", "${aws:username}", "")
WILD: Final = ("a*", "ab*", "*", "b", "ab")
# What is not told apart by values that are tried: other patterns, and texts that are the values tried for another.
ODD: Final = ("*b", "a?", "a*b", "${*}", "${aws:userid}", "zz-*")
ODD_WHOLE: Final = ("zz-another", "x", "ax")
# Values of up to two letters of the patterns' own, some that go on with others, and some in capitals.
TEXTS: Final = (
    "",
    *("".join(each) for length in (1, 2) for each in product("abx", repeat=length)),
    *("abc", "abcd", "abx", "aab", "an", "zz-", "zz-another", "ann", "*", "zz", "AB", "B"),
)
KNOWN: Final = Context({"aws:username": held("ann"), "aws:userid": held("b")}, complete=False)


def condition(random: Random, *, odd: bool) -> dict[str, Any]:
    key = random.choice(KEYS)
    if random.random() < 0.15:
        return {"Null": {key: random.choice(("true", "false"))}}
    like = random.random() < 0.5
    name = f"String{random.choice(('', 'Not'))}{'Like' if like else 'Equals'}"
    name = random.choice(("", "", "", "ForAllValues:", "ForAnyValue:")) + name + random.choice(("", "", "IfExists"))
    if odd and random.random() < 0.2:
        return {"StringEqualsIgnoreCase": {key: random.choice(("AB", "b"))}}
    pool = (WILD if like else WHOLE) + ((ODD if like else ODD_WHOLE) if odd else ())
    return {name: {key: random.sample(pool, random.randint(1, 2))}}


def drawn(seed: int, *, odd: bool) -> Powers:
    random = Random(seed)
    statements = []
    for _ in range(random.randint(1, 4)):
        one: dict[str, Any] = {"Effect": random.choice(("Allow", "Allow", "Deny")), "Action": "lambda:*"}
        one["Resource"] = "*"
        for _ in range(random.randint(1, 2)):
            for operator, keys in condition(random, odd=odd).items():
                one.setdefault("Condition", {}).setdefault(operator, {}).update(keys)
        statements.append(one)
    document = read_document({"Version": "2012-10-17", "Statement": statements})
    return Book((ACTION,)).powers((Policy("drawn", document),))


def asked_about(powers: Powers) -> tuple[str, ...]:
    named = {test.written.key for one in powers.mentions(ACTION) for test in one.conditions}
    return tuple(key for key in KEYS if key in named)


def some_value_does(powers: Powers) -> bool:
    """Whether some request is allowed, of all there are."""
    options: list[list[Held]] = [
        [*(Values((text,)) for text in TEXTS), *(() if key == REGION else (MISSING,))] for key in asked_about(powers)
    ]
    carried = (dict(zip(asked_about(powers), picked, strict=True)) for picked in product(*options))
    return any(powers.may(ACTION, "*", KNOWN.carrying(keys)) is True for keys in carried)


def compared(seed: int, *, odd: bool) -> str:
    powers = drawn(seed, odd=odd)
    may, there = may_choosing(powers, ACTION, "*", KNOWN), some_value_does(powers)
    shown = (seed, may, powers.identity)
    whole = are_all(asked_about(powers), tuple(powers.mentions(ACTION)), KNOWN)
    # Of several keys with many values each not every pair is tried.
    assert whole or odd or len(asked_about(powers)) > 1, shown
    if whole:
        assert may is there, shown
    elif there:
        assert may is not False, shown
    else:
        assert may is not True, shown
    return "unsure" if isinstance(may, tuple) else str(may)


@pytest.mark.parametrize("first", range(0, 300, 100))
def test_of_whole_texts_and_beginnings_it_is_decided(first: int) -> None:
    answers = [compared(seed, odd=False) for seed in range(first, first + 100)]
    assert answers.count("True") > 10
    assert answers.count("False") > 2


@pytest.mark.parametrize("first", range(0, 300, 100))
def test_of_others_it_is_not_ruled_out(first: int) -> None:
    answers = [compared(seed, odd=True) for seed in range(first, first + 100)]
    assert answers.count("True") > 10
    assert "unsure" in answers


@pytest.mark.parametrize("seed", [2_175, 2_857, 3_799])
def test_what_fits_in_capitals_alone_is_a_choice_too(seed: int) -> None:
    assert compared(seed, odd=True) == "True"


@pytest.mark.soak
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("first", range(1_000, 5_000, 500))
def test_of_four_thousand_policies(first: int) -> None:
    for seed in range(first, first + 500):
        compared(seed, odd=bool(seed % 2))
