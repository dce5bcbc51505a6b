"""What a principal may do, as the search asks it, is what the evaluator says."""

from __future__ import annotations

from collections import Counter
from typing import Final

import pytest
from tests.iam.admins.drawn_powers import drawn_question, in_words, powers_of, said, shown

from rootwarden.iam.decision import decide

# Of 10,000 draws, by answer.
LEAST: Final = {"Allowed": 650, "Denied": 2_500, "DependsOn": 150}


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
@pytest.mark.parametrize("first", range(1_000_000, 1_270_000, 10_000))
def test_on_a_hundred_thousand_questions(first: int) -> None:
    answers = Counter(compared(seed) for seed in range(first, first + 10_000))
    # Some 3,770 draws are such a question, whatever the search answers: half are of keys, of STS or on what AWS keeps,
    # and one in eight is of root, a federated user or a role linked to a service.
    for answer, least in LEAST.items():
        assert answers[answer] > least, answers
