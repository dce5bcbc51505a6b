"""Two opinions: the oracle answers the written cases, and the product answers random cases as the oracle does."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from tests.iam.generator import Cases
from tests.iam.oracle import breadth, evaluate
from tests.iam.written_cases import written_cases

from rootwarden.iam.case import evaluate_case

# More ways than this to settle what is open take the oracle too long.
WIDEST = 600


def drawn(seed: int) -> dict[str, Any] | None:
    case = Cases(random.Random(seed), unknowns=(0.0, 0.4, 1.0, 2.0)[seed % 4]).case()
    return case if breadth(case) <= WIDEST else None


def agrees(seed: int) -> bool:
    """Whether there was a case to compare; raises where the two differ."""
    case = drawn(seed)
    if case is None:
        return False
    expected = evaluate(case)
    assert evaluate_case(case).response == expected, (seed, expected, json.dumps(case))
    return True


@pytest.mark.parametrize("row", written_cases())
def test_the_oracle_answers_as_written(row: dict[str, Any]) -> None:
    assert evaluate(row["case"]) == row["response"]


@pytest.mark.parametrize("first", range(0, 3_000, 500))
def test_random_cases(first: int) -> None:
    compared = sum(agrees(seed) for seed in range(first, first + 500))

    assert compared > 450


@pytest.mark.soak
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("first", range(1_000_000, 1_110_000, 10_000))
def test_a_hundred_thousand_random_cases(first: int) -> None:
    compared = sum(agrees(seed) for seed in range(first, first + 10_000))

    assert compared > 9_000


def test_random_cases_have_every_answer() -> None:
    answers = [evaluate(case) for seed in range(2_000) if (case := drawn(seed)) is not None]

    for answer in ("Allowed", "ExplicitlyDenied", "ImplicitlyDenied", "DependsOn"):
        assert answers.count(answer) > 50, answer
