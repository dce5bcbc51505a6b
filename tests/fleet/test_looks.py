"""However a fleet is read, in few batches or many, in one part or several, what is counted is the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from tests.fleet.looks import START, UNKNOWN, ago, key, look
from tests.fleet.test_sampling import CASES
from tests.fleet.test_study import FLEET

from rootwarden.errors import InputError
from rootwarden.fleet import looks
from rootwarden.fleet.account_weeks import weeks_of
from rootwarden.fleet.kpi import key_figures
from rootwarden.fleet.looks import READ, looks_of
from rootwarden.fleet.observation import table
from rootwarden.fleet.parameters import StudyParameters
from rootwarden.fleet.pictures import pictures
from rootwarden.fleet.recorded import Records
from rootwarden.fleet.study import study_of

if TYPE_CHECKING:
    import polars as pl

    from rootwarden.fleet.observation import Row

# Accounts whose age is told in another batch only, that come and go, with keys, closed, in no organization.
MANY = [
    *(look(each, week, signed_in=ago(each % 9, week), mfa=each % 3 > 0) for each in range(1, 30) for week in range(5)),
    *(look(40, week, created=UNKNOWN if week != 3 else START, signed_in=ago(1, week)) for week in range(5)),
    *(look(41, week, created=UNKNOWN, keys=(key(ago(2, week)), key(rotated=UNKNOWN))) for week in range(5)),
    *(look(42, week, state="SUSPENDED" if week == 2 else "ACTIVE", organization=None) for week in range(5)),
    *(look(43, week, readable=week != 1) for week in range(0, 5, 2)),
    *(look(44, week + 0.4, name="account-1", signed_in=ago(0, week)) for week in range(4)),
]
FLEETS = {"counted by hand": FLEET, "many": MANY, **{name: rows for name, (rows, _, _) in CASES.items()}}


def told(batches: list[pl.DataFrame]) -> bytes:
    """Every figure, key figure and picture."""
    weeks = weeks_of(looks_of([each.lazy() for each in batches], StudyParameters()), StudyParameters())
    made = study_of(weeks)
    figures = key_figures(weeks, Records(), made.last_as_of)
    return msgspec.json.encode([made, figures, pictures(weeks)])


@pytest.mark.parametrize("name", FLEETS)
def test_batches_and_parts_change_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[Row] = FLEETS[name]
    whole = table(rows)
    runs = [frame.select(READ) for _, frame in whole.group_by("as_of")]
    at_once = told([whole])
    assert told(runs) == at_once
    monkeypatch.setattr(looks, "_MANY", 0)
    assert told([whole]) == at_once
    assert told(runs[::-1]) == at_once


def test_a_batch_without_a_column_is_an_error() -> None:
    with pytest.raises(InputError, match="has no column `mfa_active`"):
        looks_of([table(FLEET).drop("mfa_active").lazy()], StudyParameters())


def test_a_batch_of_another_period_is_passed_over() -> None:
    frames = [table(FLEET).lazy(), table([look(9, 30)]).lazy()]
    found = looks_of(frames, StudyParameters(), start=START + 29 * (ago(0, 1) - START))
    assert [part.height for part in found.parts] == [1]
