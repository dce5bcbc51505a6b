"""Who may assume a role, as the search asks it, is what the evaluator says with the trust policy as resource policy."""

from __future__ import annotations

import msgspec
import pytest
from tests.iam.admins.drawn_powers import drawn_assuming, in_words, said, shown

from rootwarden.iam.admins.trust import may_assume_with
from rootwarden.iam.decision import decide
from rootwarden.iam.layer import Policy


def compared(seed: int) -> str:
    """What both said of a draw, or an empty text when it was about something else."""
    drawn = drawn_assuming(seed)
    if drawn is None or drawn.role.trust is None:
        return ""
    question = msgspec.structs.replace(drawn.question, resource=Policy("trust", drawn.role.trust))
    may = in_words(may_assume_with(drawn.actor, drawn.actor.powers, drawn.role, question.request.context))
    assert may == said(decide(question).response), (seed, may, decide(question), shown(question))
    return may


@pytest.mark.parametrize("first", range(0, 4_000, 500))
def test_trust_says_what_the_evaluator_says(first: int) -> None:
    answers = [compared(seed) for seed in range(first, first + 500)]
    for answer in ("Allowed", "Denied", "DependsOn"):
        assert answers.count(answer) >= 2, answers.count(answer)


@pytest.mark.soak
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("first", range(1_000_000, 1_250_000, 10_000))
def test_on_a_hundred_thousand_pairs(first: int) -> None:
    assert sum(bool(compared(seed)) for seed in range(first, first + 10_000)) > 4_000
