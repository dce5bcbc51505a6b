"""The figures of the whole period (docs/fleet-study.md, The figures)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import polars as pl

from rootwarden.fleet.concentration import concentration, half_bounds, half_by
from rootwarden.fleet.counting import groups_share, rows_share, seen_share
from rootwarden.fleet.parameters import SIZES
from rootwarden.fleet.result import Average, Keys, Mfa, Offender, Period, Shares, Sizes
from rootwarden.fleet.share import share
from rootwarden.fleet.weekly import day_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rootwarden.fleet.account_weeks import AccountWeeks
    from rootwarden.fleet.result import Estimate, Week
    from rootwarden.fleet.share import Share

_REPEAT = 2
_WITHOUT_MFA = pl.col("console") & ~pl.col("mfa")


class Accounts(msgspec.Struct, frozen=True, kw_only=True):
    """Uses, unknown and decided weeks of every account, in one order."""

    uses: list[int]
    unknown: list[int]
    decided: list[int]

    @property
    def used(self) -> list[int]:
        """Uses of the accounts with one."""
        return [uses for uses in self.uses if uses]

    @property
    def unused(self) -> int:
        """How many accounts are known not to have used root in some week, and in none to have."""
        return sum(not uses and decided > 0 for uses, decided in zip(self.uses, self.decided, strict=True))


def period(fleet: AccountWeeks, weeks: Sequence[Week], estimate: Estimate) -> Period:
    """All weeks together."""
    accounts = _accounts(fleet.weeks)
    shares = _shares(fleet.weeks, accounts)
    used, keys, uses = accounts.used, shares.key_accounts_of_accounts, shares.key_uses_of_uses
    return Period(
        accounts=shares.accounts_used_of_accounts.of,
        organizations=shares.organizations_used_of_organizations.of,
        accounts_used=len(used),
        organizations_used=shares.organizations_used_of_organizations.count,
        uses=sum(used),
        unknown=sum(accounts.unknown),
        uses_estimated=estimate,
        uses_per_account=sum(used) / len(used) if used else None,
        repeat_accounts=shares.repeat_accounts_of_accounts_used.count,
        repeat_uses=shares.repeat_uses_of_uses.count,
        half_of_uses_by=half_by(used),
        both_uses=int(fleet.weeks.select((pl.col("console") & pl.col("key")).sum()).item()),
        sizes=_sizes(shares),
        keys=Keys(
            accounts=keys.count,
            organizations=shares.key_organizations_of_organizations.count,
            old_accounts=shares.old_key_accounts_of_key_accounts.count,
            uses=uses.count,
            old_uses=shares.old_key_uses_of_key_uses.count,
        ),
        mfa=_mfa(shares),
        average=_average(fleet, weeks),
        concentration=concentration(used, accounts.unused, half_bounds(accounts.uses, accounts.unknown)),
        shares=shares,
    )


def offenders(fleet: AccountWeeks) -> tuple[Offender, ...]:
    """Every account with a use, the most active first, then by id."""
    each = fleet.weeks.group_by("account").agg(
        organization=pl.col("organization").filter(pl.col("use")).last(),
        uses=pl.col("use").sum(),
        weeks=pl.col("week").filter(pl.col("use")).sort(),
        unknown=pl.col("use").is_null().sum(),
    )
    ordered = each.filter(pl.col("uses") > 0).sort(["uses", "account"], descending=[True, False])
    return tuple(
        Offender(
            account=f"{row['account']:012d}",
            organization=row["organization"] or "",
            uses=row["uses"],
            weeks=tuple(day_of(fleet, week) for week in row["weeks"]),
            unknown_weeks=row["unknown"],
        )
        for row in ordered.iter_rows(named=True)
    )


def _accounts(weeks: pl.DataFrame) -> Accounts:
    use = pl.col("use")
    each = weeks.group_by("account").agg(uses=use.sum(), unknown=use.is_null().sum(), decided=use.is_not_null().sum())
    return Accounts(**{name: each[name].to_list() for name in ("uses", "unknown", "decided")})


def _shares(weeks: pl.DataFrame, accounts: Accounts) -> Shares:
    use, console, key = pl.col("use"), pl.col("console"), pl.col("key")
    sizes = [use & (pl.col("size") == code) for code in range(len(SIZES))]
    return Shares(
        accounts_used_of_accounts=seen_share(weeks, "account", "use"),
        organizations_used_of_organizations=seen_share(weeks, "organization", "use"),
        repeat_accounts_of_accounts_used=_repeat_accounts(accounts),
        repeat_uses_of_uses=_repeat_uses(accounts),
        half_of_uses_by_of_accounts_used=_half(accounts),
        small_of_uses=rows_share(weeks, use, sizes[0]),
        medium_of_uses=rows_share(weeks, use, sizes[1]),
        large_of_uses=rows_share(weeks, use, sizes[2]),
        key_accounts_of_accounts=seen_share(weeks, "account", "holds_key"),
        key_organizations_of_organizations=seen_share(weeks, "organization", "holds_key"),
        old_key_accounts_of_key_accounts=groups_share(weeks, "account", pl.col("holds_key"), pl.col("holds_old_key")),
        key_uses_of_uses=rows_share(weeks, use, key),
        old_key_uses_of_key_uses=rows_share(weeks, key, pl.col("old_key")),
        without_mfa_of_console_uses=rows_share(weeks, console, _WITHOUT_MFA),
        organizations_without_mfa_of_console_organizations=groups_share(weeks, "organization", console, _WITHOUT_MFA),
    )


def _repeat_accounts(accounts: Accounts) -> Share:
    pairs = list(zip(accounts.uses, accounts.unknown, strict=True))
    return share(
        sum(uses >= _REPEAT for uses in accounts.uses),
        len(accounts.used),
        undecided=sum(uses == 1 and unknown > 0 for uses, unknown in pairs),
        outside=sum(uses == 0 and unknown > 0 for uses, unknown in pairs),
    )


def _repeat_uses(accounts: Accounts) -> Share:
    """An unknown week may be a use, and may make an account's only use one of several."""
    pairs = zip(accounts.uses, accounts.unknown, strict=True)
    return share(
        sum(uses for uses in accounts.uses if uses >= _REPEAT),
        sum(accounts.uses),
        undecided=sum(uses == 1 and unknown > 0 for uses, unknown in pairs),
        outside=sum(accounts.unknown),
    )


def _half(accounts: Accounts) -> Share:
    """The share of the accounts used that make half of the uses; bounds from those of the number itself."""
    used = len(accounts.used)
    plain = share(half_by(accounts.used), used)
    possible = sum(uses + unknown > 0 for uses, unknown in zip(accounts.uses, accounts.unknown, strict=True))
    if not any(accounts.unknown):
        return plain
    least, most = half_bounds(accounts.uses, accounts.unknown)
    return msgspec.structs.replace(
        plain,
        undecided=most - least,
        outside=possible - used,
        low=max(least, 1) / possible,
        high=min(most / max(used, 1), 1.0),
    )


def _sizes(shares: Shares) -> Sizes:
    small, medium, large = shares.small_of_uses, shares.medium_of_uses, shares.large_of_uses
    known = small.count + medium.count + large.count
    return Sizes(small=small.count, medium=medium.count, large=large.count, unknown=small.of - known)


def _mfa(shares: Shares) -> Mfa:
    uses = shares.without_mfa_of_console_uses
    organizations = shares.organizations_without_mfa_of_console_organizations
    return Mfa(
        console_uses=uses.of,
        without_mfa=uses.count,
        organizations=organizations.of,
        organizations_without_mfa=organizations.count,
    )


def _average(fleet: AccountWeeks, weeks: Sequence[Week]) -> Average:
    count = max(sum(each.accounts > 0 for each in weeks), 1)
    users = fleet.weeks.filter(pl.col("use").is_not_null())["iam_users"]
    known = users.drop_nulls()
    return Average(
        accounts=sum(each.accounts for each in weeks) / count,
        accounts_used=sum(each.accounts_used for each in weeks) / count,
        organizations=sum(each.organizations for each in weeks) / count,
        organizations_used=sum(each.organizations_used for each in weeks) / count,
        iam_users=int(known.cast(pl.Int64).sum()) / count if len(known) else None,
        iam_users_unknown=users.null_count() / count,
    )
