"""The study: from the observation table to every figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.fleet.account_weeks import account_weeks
from rootwarden.fleet.parameters import StudyParameters
from rootwarden.fleet.period import offenders, period
from rootwarden.fleet.result import SCHEMA, Study
from rootwarden.fleet.sampling import sampling_report
from rootwarden.fleet.undercount import estimate_uses
from rootwarden.fleet.weekly import weekly

if TYPE_CHECKING:
    from datetime import datetime

    import polars as pl

    from rootwarden.fleet.account_weeks import AccountWeeks


def study(
    observations: pl.LazyFrame,
    parameters: StudyParameters | None = None,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
) -> Study:
    """Every figure of a period.

    Args:
        observations: The observation table.
        parameters: What to count by; those of the published study when not given.
        start: First instant of the period; the first as-of when not given.
        end: First instant after it.

    Raises:
        InputError: When the table is of another schema, or no observation is in the period.
    """
    fleet = account_weeks(observations, parameters or StudyParameters(), start=start, end=end)
    return study_of(fleet)


def study_of(fleet: AccountWeeks) -> Study:
    """Every figure of account-weeks that are at hand."""
    weeks = weekly(fleet)
    return Study(
        schema=SCHEMA,
        parameters=fleet.parameters,
        first_as_of=fleet.first_as_of,
        last_as_of=fleet.last_as_of,
        weeks=weeks,
        period=period(fleet, weeks, estimate_uses(fleet)),
        sampling=sampling_report(fleet),
        offenders=offenders(fleet),
    )
