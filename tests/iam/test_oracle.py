"""Two opinions: the oracle answers the written cases, and the product answers random cases as the oracle does."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from tests.iam.generator import Cases
from tests.iam.oracle import breadth, cautious, evaluate
from tests.iam.written_cases import written_cases

from rootwarden.iam.case import evaluate_case

# More ways than this to settle what is open take the oracle too long.
WIDEST = 600
# What may be answered instead by one who decides less.
LESS = {
    "Allowed": {"DependsOn"},
    "ImplicitlyDenied": {"DependsOn"},
    "ExplicitlyDenied": {"ImplicitlyDenied", "DependsOn"},
    "DependsOn": set[str](),
}


def drawn(seed: int) -> dict[str, Any] | None:
    case = Cases(random.Random(seed), unknowns=(0.0, 0.4, 1.0, 2.0)[seed % 4]).case()
    return case if breadth(case) <= WIDEST else None


def compared(first: int, count: int) -> tuple[int, int]:
    """How many cases were compared, and in how many the product decided less than the oracle.

    It may where several tests have a key in common: it settles each by itself, as `cautious` does. It may never decide
    otherwise, nor less than that.
    """
    made = undecided = 0
    for seed in range(first, first + count):
        case = drawn(seed)
        if case is None:
            continue
        made += 1
        expected, answer = evaluate(case), evaluate_case(case).response
        if answer != expected:
            undecided += 1
            assert answer in LESS[expected], (seed, expected, json.dumps(case))
            expected = cautious(case)
        assert answer == expected, (seed, expected, json.dumps(case))
    return made, undecided


@pytest.mark.parametrize("row", written_cases())
def test_the_oracle_answers_as_written(row: dict[str, Any]) -> None:
    assert evaluate(row["case"]) == row["response"]
    assert cautious(row["case"]) == row.get("cautious", row["response"])


@pytest.mark.parametrize("first", range(0, 1_500, 500))
def test_caution_never_decides_otherwise(first: int) -> None:
    cases = [case for seed in range(first, first + 500) if (case := drawn(seed)) is not None]

    for case in cases:
        exact = evaluate(case)
        assert cautious(case) in {exact, *LESS[exact]}, json.dumps(case)


@pytest.mark.parametrize("first", range(0, 3_000, 500))
def test_random_cases(first: int) -> None:
    made, undecided = compared(first, 500)

    assert made > 450
    assert undecided < 3


@pytest.mark.soak
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("first", range(1_000_000, 1_110_000, 10_000))
def test_a_hundred_thousand_random_cases(first: int) -> None:
    made, undecided = compared(first, 10_000)

    assert made > 9_000
    assert undecided < 20


def test_random_cases_have_every_answer() -> None:
    answers = [evaluate(case) for seed in range(2_000) if (case := drawn(seed)) is not None]

    for answer in ("Allowed", "ExplicitlyDenied", "ImplicitlyDenied", "DependsOn"):
        assert answers.count(answer) > 30, answer
