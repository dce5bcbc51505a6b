"""Who goes toward root under a million names fills neither the memory nor the page."""

from __future__ import annotations

from random import Random

import pytest

from rootwarden.detect.visits.toward import MOST_DOERS, OTHERS, REFUSED, Toward
from rootwarden.detect.visits.visit import Hit, Seen

ACCOUNT = "000011112222"
MANY = MOST_DOERS + 500


def told(numbers: list[int]) -> Toward:
    toward = Toward()
    for number in numbers:
        hits = (Hit(detection=REFUSED, undecided=False),)
        stamp = (1_772_438_400 + number, f"e{number}")
        toward.add(f"role/fake/{number:05}", Seen(stamp=stamp, account=ACCOUNT, shape=None, hits=hits))
    return toward


@pytest.mark.parametrize("cut", [0, 1, 400, MOST_DOERS, MANY - 1])
def test_beyond_a_thousand_doers_of_an_account_the_others_are_one_in_any_order(cut: int) -> None:
    whole, numbers = told(list(range(MANY))), list(range(MANY))
    Random(cut).shuffle(numbers)
    parts = told(numbers[:cut])
    parts.merge(told(numbers[cut:]))
    for toward in (told(numbers), parts, parts.copy()):
        assert len(toward.runs) == MOST_DOERS + 1
        assert sum(run.events for runs in toward.runs.values() for run in runs.runs) == MANY
        assert toward.runs.keys() == whole.runs.keys()
        assert toward.runs[ACCOUNT, OTHERS] == whole.runs[ACCOUNT, OTHERS]
