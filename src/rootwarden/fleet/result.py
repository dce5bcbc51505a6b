"""The study as records: what `study … --format json` holds, field by field (docs/fleet-study.md, The figures).

Names, order and meaning are the format `rootwarden.study/1`; within version 1, fields are only ever added.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

import msgspec

from rootwarden.fleet.parameters import StudyParameters
from rootwarden.fleet.share import Share

SCHEMA: Final = "rootwarden.study/1"


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """An object of the format."""


class Sizes(Record, frozen=True, kw_only=True):
    """Uses by size of the account."""

    small: int
    medium: int
    large: int
    unknown: int


class Week(Record, frozen=True, kw_only=True):
    """One week.

    Attributes:
        week: The day it begins.
        accounts: Old enough, and their use decided.
        accounts_used: Of them, with a use.
        organizations: With an account that is decided.
        organizations_used: Of them, with a use.
        unknown: Accounts whose use is undecided.
        organizations_unknown: Organizations without a known use, with an account whose use is undecided.
        young: Accounts left out as too young.
        sizes: The uses by size.
        accounts_share: Used of accounts.
        organizations_share: Used of organizations.
    """

    week: date
    accounts: int
    accounts_used: int
    organizations: int
    organizations_used: int
    unknown: int
    organizations_unknown: int
    young: int
    sizes: Sizes
    accounts_share: Share
    organizations_share: Share


class Average(Record, frozen=True, kw_only=True):
    """Means over the weeks in which somebody's use was decided.

    Attributes:
        accounts: Old enough, and their use decided.
        accounts_used: Of them, with a use.
        organizations: With an account that is decided.
        organizations_used: Of them, with a use.
        iam_users: IAM users of the accounts whose number is known; `None` when it is of none.
        iam_users_unknown: Accounts decided whose number of IAM users is unknown.
    """

    accounts: float
    accounts_used: float
    organizations: float
    organizations_used: float
    iam_users: float | None
    iam_users_unknown: float


class Estimate(Record, frozen=True, kw_only=True):
    """The estimated number of uses there really were, with its interval.

    Attributes:
        value: The estimate; `None` when the dates cannot tell.
        low: The lower end; never below the uses that were seen.
        high: The upper end; `None` when the dates set no bound.
        accounts: How many accounts it rests on: those whose dates were told at some look.
        always: Accounts that were used just before nearly every look. Of theirs only the uses seen are in the estimate.
    """

    value: float | None
    low: float
    high: float | None
    accounts: int
    always: tuple[str, ...] = ()


class Concentration(Record, frozen=True, kw_only=True):
    """How unevenly uses are spread.

    Attributes:
        gini_used: Among the accounts with a use; `None` when there is none.
        gini_all: Among all accounts decided in at least one week.
        half_low: The least `half_of_uses_by` can be, whatever the unknown weeks were.
        half_high: It cannot be more than this.
        curve: The Lorenz curve: uses of the most active account, of the two most active ones, and so on.
    """

    gini_used: float | None
    gini_all: float | None
    half_low: int
    half_high: int
    curve: tuple[int, ...]


class Keys(Record, frozen=True, kw_only=True):
    """Access keys of root."""

    accounts: int
    organizations: int
    old_accounts: int
    uses: int
    old_uses: int


class Mfa(Record, frozen=True, kw_only=True):
    """Console uses, and those without MFA."""

    console_uses: int
    without_mfa: int
    organizations: int
    organizations_without_mfa: int


class Shares(Record, frozen=True, kw_only=True):
    """Every share of the period with its interval; named `what_of_what`."""

    accounts_used_of_accounts: Share
    organizations_used_of_organizations: Share
    repeat_accounts_of_accounts_used: Share
    repeat_uses_of_uses: Share
    half_of_uses_by_of_accounts_used: Share
    small_of_uses: Share
    medium_of_uses: Share
    large_of_uses: Share
    key_accounts_of_accounts: Share
    key_organizations_of_organizations: Share
    old_key_accounts_of_key_accounts: Share
    key_uses_of_uses: Share
    old_key_uses_of_key_uses: Share
    without_mfa_of_console_uses: Share
    organizations_without_mfa_of_console_organizations: Share


class Offender(Record, frozen=True, kw_only=True):
    """An account with a use: who is behind the figures.

    Attributes:
        account: Twelve digits.
        organization: The one of its last use; empty when unknown.
        uses: Account-weeks with a use.
        weeks: The days those weeks begin.
        unknown_weeks: Weeks in which its use is undecided.
    """

    account: str
    organization: str
    uses: int
    weeks: tuple[date, ...]
    unknown_weeks: int


class Period(Record, frozen=True, kw_only=True):
    """All weeks together.

    Attributes:
        accounts: Distinct accounts decided in at least one week.
        organizations: Distinct organizations of theirs.
        accounts_used: Distinct accounts with a use.
        organizations_used: Distinct organizations with one.
        uses: Account-weeks with a use.
        unknown: Account-weeks undecided.
        uses_estimated: How many uses there really were.
        uses_per_account: Uses for each account with a use; `None` when there is none.
        repeat_accounts: Accounts with uses in two weeks or more.
        repeat_uses: Their uses.
        half_of_uses_by: The fewest accounts that make half of the uses.
        both_uses: Account-weeks with a console use and a key use.
        sizes: Uses by size.
        keys: Access keys.
        mfa: Console uses and MFA.
        average: Means over the weeks.
        concentration: How unevenly uses are spread.
        shares: Every share with its interval.
    """

    accounts: int
    organizations: int
    accounts_used: int
    organizations_used: int
    uses: int
    unknown: int
    uses_estimated: Estimate
    uses_per_account: float | None
    repeat_accounts: int
    repeat_uses: int
    half_of_uses_by: int
    both_uses: int
    sizes: Sizes
    keys: Keys
    mfa: Mfa
    average: Average
    concentration: Concentration
    shares: Shares


class Oddity(Record, frozen=True, kw_only=True):
    """Something odd about the sampling: what, how often, and the accounts or weeks it is about, the first of them."""

    kind: str
    count: int
    says: str
    examples: tuple[str, ...]


class Measured(Record, frozen=True, kw_only=True):
    """Uses of the accounts whose CloudTrail was read.

    Attributes:
        accounts: How many of these accounts the looks cover.
        exact: Visits of root in the stretches the looks cover.
        seen: Account-weeks with a use, as the weekly look counts.
        under_count: The share of visits the weekly look does not count; `None` without a visit.
        unexplained: Account-weeks with a use in which CloudTrail shows no visit: a trail with gaps, or another clock.
    """

    accounts: int
    exact: int
    seen: int
    under_count: float | None
    unexplained: int


class Study(Record, frozen=True, kw_only=True):
    """The whole study.

    Attributes:
        schema: Name and version of the format.
        parameters: What was counted by.
        first_as_of: Of the observations that were read.
        last_as_of: Of the observations that were read.
        weeks: Weeks with an observation, in order.
        period: All of them together.
        sampling: What was odd about the sampling.
        offenders: Accounts with a use, the most active first.
        measured: What CloudTrail shows beside it, or `None` when no incidents were given.
    """

    schema: str
    parameters: StudyParameters
    first_as_of: datetime
    last_as_of: datetime
    weeks: tuple[Week, ...]
    period: Period
    sampling: tuple[Oddity, ...]
    offenders: tuple[Offender, ...]
    measured: Measured | None = None
