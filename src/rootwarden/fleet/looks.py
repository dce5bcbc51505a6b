"""From the observation table to looks: what one look at one account tells, in three truth values, and no more.

Rows come in batches, each of whole runs, and only what is small stays of a batch: a fleet of ten thousand accounts over
ten years is five million looks. Null is *unknown* throughout, and polars' `&` and `|` on booleans are Kleene's, so the
laws of unknown facts hold column by column.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec
import polars as pl

from rootwarden.errors import InputError
from rootwarden.facts.assets import MOST
from rootwarden.facts.instant import FIRST_YEAR, LAST_YEAR
from rootwarden.fleet.observation import ACTIVE_STATES, ASSETS, KEYS, STATE_SUFFIX, checked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.fleet.parameters import StudyParameters

# AWS's clock and ours may differ a little; a date further ahead than this is no date of a use.
CLOCK_TOLERANCE: Final = timedelta(minutes=5)
USES: Final = ("console", *(f"key_{key}" for key in KEYS))
DAMAGED: Final = "it is damaged, or not one of ours: make it anew from the evidence"
_DATES: Final = {"console": "password_last_used", **{f"key_{key}": f"key_{key}_last_used" for key in KEYS}}
# Seconds; beyond sixty years a report is just very old.
_LONGEST_AGE: Final = 2_000_000_000
# What settles which of two looks at one instant stands, the weightiest first.
_TELLING: Final = ("readable", "last_used_known", "last_used")
_ID_LENGTH: Final = 12
# The facts a study or key figures read; the others need not even be decoded.
_FACTS: Final = (
    *("organization_id", "account_name", "report_generated_at", "created_at"),
    *("password_present", "password_last_used", "mfa_active", "access_keys_present", "certificates_present"),
    *(f"key_{key}_{name}" for key in KEYS for name in ("active", "last_rotated", "last_used")),
    *ASSETS,
)
READ: Final = (
    *("run_id", "as_of", "account_id", "account_state", "readable", "has_root_user"),
    *(name for fact in _FACTS for name in (fact, fact + STATE_SUFFIX)),
)
# A large fleet is looked at in so many parts, each of certain accounts with all their looks: what is only needed on the
# way then takes a part of the memory.
_PARTS: Final = 8
_MANY: Final = 50_000


class Looks(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen of a fleet.

    Attributes:
        parts: One row an account and run; a part has certain accounts with all their looks, by account and instant.
        first: The first as-of of the observations.
        shared_names: Names that several accounts of one run have.
    """

    parts: tuple[pl.DataFrame, ...]
    first: datetime
    shared_names: pl.Series


def looks_of(
    batches: Iterable[pl.LazyFrame],
    parameters: StudyParameters,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
) -> Looks:
    """Reduce observations of a period to looks.

    Args:
        batches: Parts of the observation table, each of whole runs; `READ` are the columns that are read.
        parameters: What to count by.
        start: First instant of the period; everything when not given.
        end: First instant after it.

    Raises:
        InputError: When the table is of another schema, or no observation is in the period.
    """
    gathered = _Gathered()
    for batch in batches:
        rows = checked(batch, READ)
        rows = rows if start is None else rows.filter(pl.col("as_of") >= start)
        rows = rows if end is None else rows.filter(pl.col("as_of") < end)
        gathered.take(rows, parameters)
    return gathered.whole(parameters)


class _Gathered:
    """What stays of the batches so far."""

    def __init__(self) -> None:
        self._parts: list[list[pl.DataFrame]] = []
        self._born: list[pl.DataFrame] = []
        self._names: list[pl.Series] = []
        self._first: datetime | None = None

    def take(self, rows: pl.LazyFrame, parameters: StudyParameters) -> None:
        """Take in the next batch."""
        wanted = [_instants(rows), _looks(rows, parameters), _births(rows), _shared_names(rows)]
        instants, looks, born, names = pl.collect_all(wanted, engine="streaming")
        count, sound, first = instants.row(0)
        if not count:
            return
        if not sound:
            raise InputError("the table has an as-of that is no instant AWS accounts can know", hint=DAMAGED)
        if looks["account"].null_count():
            raise InputError("the table has an account whose id is not twelve digits", hint=DAMAGED)
        self._first = first if self._first is None else min(first, self._first)
        self._born.append(born)
        self._names.append(names["account_name"])
        if not self._parts:
            self._parts = [[] for _ in range(_PARTS if looks.height > _MANY else 1)]
        for place, part in enumerate(self._parts):
            chosen = pl.col("account") % len(self._parts) == place
            part.append(looks.filter(chosen) if len(self._parts) > 1 else looks)

    def whole(self, parameters: StudyParameters) -> Looks:
        """Everything, put in order; what was gathered is let go of on the way."""
        if self._first is None:
            raise InputError("no observation is in the period", hint="widen it, or import evidence of that time")
        born = pl.concat(self._born).group_by("account").agg(pl.col("born").max())
        parts = []
        while self._parts:
            part = pl.concat(self._parts.pop(0))
            if part.height:
                parts.append(_in_order(_aged(part, born, parameters)))
        if not parts:
            raise InputError(
                "no account of the period has a root user", hint="accounts of the China partition have none"
            )
        return Looks(parts=tuple(parts), first=self._first, shared_names=pl.concat(self._names).unique().sort())


def _instants(rows: pl.LazyFrame) -> pl.LazyFrame:
    """How many rows there are, whether their as-of can be reckoned with, and the first."""
    as_of = pl.col("as_of")
    sensible = as_of.dt.year().is_between(FIRST_YEAR, LAST_YEAR).fill_null(value=False)
    return rows.select(count=pl.len(), sound=sensible.all(), first=as_of.filter(sensible).min())


def _births(rows: pl.LazyFrame) -> pl.LazyFrame:
    """When each account was created, as far as these rows tell: creation does not change."""
    told = rows.filter(pl.col("created_at").is_not_null()).select(_account(), "created_at")
    return told.group_by("account").agg(born=pl.col("created_at").max())


def _shared_names(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Names that several open accounts of one run have."""
    named = rows.filter(
        (pl.col("account_name" + STATE_SUFFIX) == "known") & pl.col("account_state").is_in(ACTIVE_STATES)
    )
    accounts = named.group_by("run_id", "account_name").agg(pl.col("account_id").n_unique().alias("accounts"))
    return accounts.filter(pl.col("accounts") > 1).select(pl.col("account_name").unique())


def _aged(looks: pl.DataFrame, born: pl.DataFrame, parameters: StudyParameters) -> pl.DataFrame:
    """With the age of accounts that some other look tells."""
    if not looks["counts"].null_count():
        return looks
    known = looks.join(born, on="account", how="left")
    counts = pl.col("counts").fill_null(~pl.col("closed") & _old_enough("born", parameters))
    return known.with_columns(counts=counts).drop("born")


def _in_order(looks: pl.DataFrame) -> pl.DataFrame:
    """By account and instant; of several looks at one instant the one that tells most stands last."""
    ordered = looks.sort("account", "as_of")
    again = pl.all_horizontal(pl.col(name) == pl.col(name).shift(1) for name in ("account", "as_of"))
    if not ordered.select(again.any()).item():
        return ordered
    # Every other column settles what is left, so that the order in which runs are read decides nothing.
    first = ("account", "as_of", *_TELLING)
    names = [*first, *(name for name in looks.columns if name not in first)]
    by = [pl.col(name).cast(pl.String) if name == "organization" else pl.col(name) for name in names]
    return looks.sort(by, nulls_last=False)


def _looks(rows: pl.LazyFrame, parameters: StudyParameters) -> pl.LazyFrame:
    """Every row alone: identity, and each question as true, false or null."""
    # A report made after the as-of shows what happened until then; one without an instant is taken at its word.
    horizon = pl.max_horizontal("as_of", "report_generated_at")
    report_age = pl.col("as_of") - pl.col("report_generated_at").fill_null(pl.col("as_of"))
    kept = [~three_valued(name) for name in ("password_present", "access_keys_present", "certificates_present")]
    open_ = pl.col("account_state").is_in(ACTIVE_STATES)
    return (
        rows.filter("has_root_user")
        .with_columns(horizon=horizon)
        .select(
            _account(),
            organization=_organization().cast(pl.Categorical),
            as_of="as_of",
            report_age=report_age.dt.total_seconds().clip(-_LONGEST_AGE, _LONGEST_AGE).cast(pl.Int32),
            closed=~open_,
            counts=open_ & _old_enough("created_at", parameters),
            readable="readable",
            **{f"{use}_date": pl.when(pl.col(date) <= pl.col("as_of")).then(date) for use, date in _DATES.items()},
            **{f"{use}_known": _tells(date) for use, date in _DATES.items()},
            last_used=_last_used(),
            too_old=_last_used() <= pl.col("as_of") - parameters.window,
            last_used_known=pl.all_horizontal(_possible(date) for date in _DATES.values()),
            impossible=pl.any_horizontal(~_possible_if_known(date) for date in _DATES.values()),
            mfa=three_valued("mfa_active"),
            without_credentials=pl.all_horizontal(kept),
            **{f"key_{key}_active": three_valued(f"key_{key}_active") for key in KEYS},
            **{f"key_{key}_old": _old(key, parameters) for key in KEYS},
            **{f"key_{key}_days": _since_rotation(key).dt.total_days().cast(pl.Int32, strict=False) for key in KEYS},
            size=_size(parameters),
            iam_users=_count("iam_users").cast(pl.Int32),
        )
    )


def three_valued(name: str) -> pl.Expr:
    """A boolean fact: absent is false, unknown is null."""
    return pl.when(pl.col(name + STATE_SUFFIX) == "absent").then(statement=False).otherwise(pl.col(name))


def _account() -> pl.Expr:
    """The account's id as a number; null when it is not twelve digits."""
    whole = pl.col("account_id").str.len_bytes() == _ID_LENGTH
    return pl.when(whole).then(pl.col("account_id").cast(pl.UInt64, strict=False)).alias("account")


def _organization() -> pl.Expr:
    """The organization's id; an account in none is one of its own; null when unknown."""
    alone = pl.lit("account ") + pl.col("account_id")
    return pl.when(pl.col("organization_id" + STATE_SUFFIX) == "absent").then(alone).otherwise("organization_id")


def _old_enough(created: str, parameters: StudyParameters) -> pl.Expr:
    """Whether an account is old enough to count; null when its age is unknown."""
    return pl.col(created) <= pl.col("as_of") - timedelta(days=parameters.minimum_age_days)


def _possible_if_known(date: str) -> pl.Expr:
    return (pl.col(date) <= pl.col("horizon") + CLOCK_TOLERANCE).fill_null(value=True)


def _possible(date: str) -> pl.Expr:
    """Whether the date is known, or known to be none, and not ahead of its own report."""
    return _told(date) & _possible_if_known(date)


def _tells(date: str) -> pl.Expr:
    """Whether the look tells if there was a use before it: a date after its as-of hides what came before."""
    ahead = (pl.col(date) > pl.col("as_of")).fill_null(value=False)
    return _told(date) & ~ahead


def _told(name: str) -> pl.Expr:
    """Whether a fact is known or absent."""
    return pl.col(name).is_not_null() | (pl.col(name + STATE_SUFFIX) == "absent").fill_null(value=False)


def _last_used() -> pl.Expr:
    """The latest of the three dates that can be right."""
    return pl.max_horizontal(pl.when(_possible_if_known(date)).then(date) for date in _DATES.values())


def _since_rotation(key: int) -> pl.Expr:
    return pl.col("as_of") - pl.col(f"key_{key}_last_rotated")


def _old(key: int, parameters: StudyParameters) -> pl.Expr:
    return _since_rotation(key) > timedelta(days=parameters.old_key_days)


def _size(parameters: StudyParameters) -> pl.Expr:
    """0 small, 1 medium, 2 large; null when a count is unknown and the others alone do not make it large."""
    least = pl.sum_horizontal(_count(name) for name in ASSETS)
    whole = pl.all_horizontal(_told(name) for name in ASSETS)
    small = least < parameters.medium_from
    size = pl.when(least > parameters.large_above).then(2).when(~whole).then(None).when(small).then(0).otherwise(1)
    return size.cast(pl.UInt8)


def _count(name: str) -> pl.Expr:
    return pl.col(name).clip(0, MOST)
