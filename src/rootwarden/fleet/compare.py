"""Two studies side by side: two periods, two organizations, or a fleet and a published study.

Shares of accounts and organizations are compared by Fisher's exact test. Uses of one account are not independent of
each other, so shares of uses are compared by shuffling whole accounts. A published study has no accounts to shuffle;
there uses are taken as independent, which calls a difference real too readily, and the row says so.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
import polars as pl

from rootwarden.fleet.exact import fisher, holm, shuffled, swapped
from rootwarden.fleet.parameters import SIZES
from rootwarden.fleet.share import Share, share

if TYPE_CHECKING:
    from rootwarden.fleet.account_weeks import AccountWeeks
    from rootwarden.fleet.published import Published
    from rootwarden.fleet.result import Study

SCHEMA: Final = "rootwarden.comparison/1"
CHANCE: Final = 0.05
_SEED: Final = 1
# Whole and part of the shares of uses, by account.
_OF_USES: Final = {
    **{f"{size}_of_uses": ("uses", f"{size}_uses") for size in SIZES},
    "key_uses_of_uses": ("uses", "key_uses"),
    "old_key_uses_of_key_uses": ("key_uses", "old_key_uses"),
    "without_mfa_of_console_uses": ("console_uses", "without_mfa"),
    "repeat_uses_of_uses": ("uses", "repeat_uses"),
}


class Verdict(StrEnum):
    """What a difference is."""

    DIFFERS = "differs"
    CHANCE = "chance"
    UNKNOWN = "unknown"


class Method(StrEnum):
    """How it was tested."""

    FISHER = "Fisher's exact test"
    FISHER_USES = "Fisher's exact test, uses taken as independent"
    SHUFFLED = "permutation of accounts"
    SWAPPED = "permutation of the two sides of each account"
    NONE = "not tested"


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One of two studies.

    Attributes:
        name: For people.
        shares: Its shares by name.
        accounts: Uses by account, or `None` when only counts are known.
    """

    name: str
    shares: dict[str, Share]
    accounts: pl.DataFrame | None = None


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One share on both sides.

    Attributes:
        figure: The share's name.
        first: On the first side.
        second: On the second side.
        difference: Second minus first; `None` when one has no denominator.
        test: How it was tested.
        p_value: How likely a difference at least as large would be by chance; not corrected for there being several.
        verdict: `differs` below 5 % after Holm's correction over all rows, `chance` above; `unknown` when what nobody
            could look at may make up for the difference, or nothing can be tested.
    """

    figure: str
    first: Share
    second: Share
    difference: float | None
    test: Method
    p_value: float | None
    verdict: Verdict


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Every share of two studies."""

    schema: str
    first: str
    second: str
    differences: tuple[Difference, ...]


def side_of(name: str, made: Study, fleet: AccountWeeks) -> Side:
    """A study of one's own, with its accounts."""
    shares = {each: getattr(made.period.shares, each) for each in made.period.shares.__struct_fields__}
    return Side(name=name, shares=shares, accounts=_by_account(fleet))


def side_of_published(study: Published) -> Side:
    """A published study: counts only."""
    counts = study.counts.shares().items()
    return Side(name=study.id, shares={name: share(count, of) for name, (count, of) in counts})


def compare(first: Side, second: Side) -> Comparison:
    """Compare every share both sides have."""
    names = [name for name in first.shares if name in second.shares]
    tested = {name: _test(name, first, second) for name in names}
    settled = [name for name in names if tested[name][1] is not None]
    corrected = dict(zip(settled, holm([tested[name][1] or 0.0 for name in settled]), strict=True))
    rows = (_difference(name, first, second, tested[name], corrected.get(name)) for name in names)
    return Comparison(schema=SCHEMA, first=first.name, second=second.name, differences=tuple(rows))


def _difference(
    name: str, first: Side, second: Side, tested: tuple[Method, float | None], corrected: float | None
) -> Difference:
    one, other = first.shares[name], second.shares[name]
    both = one.value is not None and other.value is not None
    return Difference(
        figure=name,
        first=one,
        second=other,
        difference=other.value - one.value if one.value is not None and other.value is not None else None,
        test=tested[0],
        p_value=tested[1],
        verdict=_verdict(one, other, corrected) if both else Verdict.UNKNOWN,
    )


def _verdict(one: Share, other: Share, corrected: float | None) -> Verdict:
    """Unknown while the intervals of what nobody could look at overlap, whichever way chance would decide."""
    if corrected is None or None in (one.low, one.high, other.low, other.high):
        return Verdict.UNKNOWN
    if (_open(one) or _open(other)) and _overlap(one, other):
        return Verdict.UNKNOWN
    return Verdict.DIFFERS if corrected < CHANCE else Verdict.CHANCE


def _open(one: Share) -> bool:
    return one.low != one.high


def _overlap(one: Share, other: Share) -> bool:
    return (one.low or 0.0) <= (other.high or 0.0) and (other.low or 0.0) <= (one.high or 0.0)


def _test(name: str, first: Side, second: Side) -> tuple[Method, float | None]:
    one, other = first.shares[name], second.shares[name]
    if not one.of or not other.of or name.startswith("half_of"):
        # How many accounts make half is no share of independent things.
        return Method.NONE, None
    counts = (one.count, one.of, other.count, other.of)
    if name not in _OF_USES:
        return Method.FISHER, fisher(*counts)
    if first.accounts is None or second.accounts is None:
        return Method.FISHER_USES, fisher(*counts)
    whole, part = _OF_USES[name]
    return _permuted(first.accounts, second.accounts, whole, part)


def _permuted(first: pl.DataFrame, second: pl.DataFrame, whole: str, part: str) -> tuple[Method, float]:
    """Accounts on both sides are swapped; if there is none of these, accounts are shuffled between the sides."""
    joined = first.join(second, on="account", how="full", coalesce=True, suffix="_second")
    both = joined.select(pl.col("uses").is_not_null() & pl.col("uses_second").is_not_null()).to_series()
    if both.any():
        filled = joined.fill_null(0)
        parts, wholes = (np.stack([_floats(filled, name), _floats(filled, f"{name}_second")]) for name in (part, whole))
        return Method.SWAPPED, swapped(parts, wholes, _SEED)
    sides = [side.filter(pl.col(whole) > 0) for side in (first, second)]
    together = pl.concat(sides)
    return Method.SHUFFLED, shuffled(_floats(together, part), _floats(together, whole), len(sides[0]), _SEED)


def _floats(frame: pl.DataFrame, name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return frame[name].cast(pl.Float64).to_numpy()


def _by_account(fleet: AccountWeeks) -> pl.DataFrame:
    use, console, key = pl.col("use"), pl.col("console"), pl.col("key")
    counts = {
        "uses": use.sum(),
        **{f"{size}_uses": (use & (pl.col("size") == code)).sum() for code, size in enumerate(SIZES)},
        "key_uses": key.sum(),
        "old_key_uses": pl.col("old_key").sum(),
        "console_uses": console.sum(),
        "without_mfa": (console & ~pl.col("mfa")).sum(),
    }
    each = fleet.weeks.group_by("account").agg(**counts).sort("account")
    again = pl.when(pl.col("uses") > 1).then("uses").otherwise(0)
    return each.with_columns(repeat_uses=again)
