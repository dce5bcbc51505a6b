"""The product answers the written cases, and says which layer decided."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from tests.iam.points import FEWEST_CASES, POINTS, cases_by_point, is_there
from tests.iam.written_cases import written_cases

from rootwarden.iam.case import evaluate_case


@pytest.mark.parametrize("row", written_cases())
def test_the_answer(row: dict[str, Any]) -> None:
    # `cautious`: what is answered by one who settles each test by itself, which decides less and never otherwise.
    assert evaluate_case(row["case"]).response in (row["response"], row.get("cautious"))


@pytest.mark.parametrize("row", [each for each in written_cases() if "because_layer" in each.values[0]])
def test_the_layer_that_decided(row: dict[str, Any]) -> None:
    matched = {reason.layer for reason in evaluate_case(row["case"]).because if reason.matched}

    assert row["because_layer"] in matched


def test_every_case_is_about_a_point() -> None:
    assert set(cases_by_point()) <= set(POINTS)


@pytest.mark.parametrize("number", POINTS)
def test_every_point_is_shown(number: int) -> None:
    assert cases_by_point().get(number, Counter[str]()).total() >= FEWEST_CASES or POINTS[number].tests
    assert [test for test in POINTS[number].tests if not is_there(test)] == []
