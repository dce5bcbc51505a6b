"""The product answers the written cases, and says which layer decided."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from tests.iam.written_cases import written_cases

from rootwarden.iam.case import evaluate_case

# Points of policy evaluation that are about a request; the others are about dumps, events and wording.
POINTS = {*range(1, 5), *range(6, 27)}


@pytest.mark.parametrize("row", written_cases())
def test_the_answer(row: dict[str, Any]) -> None:
    # `cautious`: what is answered by one who settles each test by itself, which decides less and never otherwise.
    assert evaluate_case(row["case"]).response in (row["response"], row.get("cautious"))


@pytest.mark.parametrize("row", [each for each in written_cases() if "because_layer" in each.values[0]])
def test_the_layer_that_decided(row: dict[str, Any]) -> None:
    matched = {reason.layer for reason in evaluate_case(row["case"]).because if reason.matched}

    assert row["because_layer"] in matched


def test_every_point_has_its_cases() -> None:
    counted = Counter(each.values[0]["point"] for each in written_cases())

    assert set(counted) == POINTS
    assert min(counted.values()) >= 4, counted
