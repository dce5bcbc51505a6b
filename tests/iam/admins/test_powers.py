"""What a principal may do, as the search asks it, is what the evaluator says."""

from __future__ import annotations

import pytest
from tests.iam.admins.drawn_powers import drawn_question, in_words, powers_of, said, shown

from rootwarden.iam.decision import decide


def compared(seed: int) -> str:
    """What both said of a draw, or an empty text when it was about something else."""
    question = drawn_question(seed)
    if question is None:
        return ""
    request = question.request
    may = in_words(powers_of(question).may(request.action, request.resource, request.context))
    assert may == said(decide(question).response), (seed, may, decide(question), shown(question))
    return may


@pytest.mark.parametrize("first", range(0, 5_000, 500))
def test_powers_say_what_the_evaluator_says(first: int) -> None:
    answers = [compared(seed) for seed in range(first, first + 500)]
    for answer in ("Allowed", "Denied", "DependsOn"):
        assert answers.count(answer) >= 3, answers.count(answer)
    assert sum(map(bool, answers)) > 150


@pytest.mark.soak
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("first", range(1_000_000, 1_250_000, 10_000))
def test_on_a_hundred_thousand_questions(first: int) -> None:
    assert sum(bool(compared(seed)) for seed in range(first, first + 10_000)) > 3_000
