"""From what `fleet.compare` finds to what a report tells; beside a published study also count by count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.report.fleet.told import Compared, Comparison, Counted, Side

if TYPE_CHECKING:
    from rootwarden.fleet import compare
    from rootwarden.fleet.published import Published
    from rootwarden.fleet.result import Study
    from rootwarden.fleet.share import Share


def compared(found: compare.Comparison, study: Study, published: Published | None = None) -> Comparison:
    """The comparison as it is told.

    Args:
        found: What was compared: the other study first, ours second.
        study: Ours.
        published: The other one, when it is a published study.
    """
    printed = published.printed if published else {}
    return Comparison(
        ours=found.second,
        other=found.first,
        shares=tuple(
            Compared(
                figure=each.figure,
                ours=_side(each.second),
                other=_side(each.first),
                difference=each.difference,
                test=each.test.value,
                p_value=each.p_value,
                verdict=each.verdict.value,
                printed=printed.get(each.figure),
            )
            for each in found.differences
        ),
        counts=_counts(study, published) if published else (),
    )


def counts_of(study: Study) -> dict[str, int | None]:
    """A study's counts under the names published ones have; `None` for one that is known in part only."""
    period, average = study.period, study.period.average
    users = None if average.iam_users is None or average.iam_users_unknown else round(average.iam_users)
    return {
        "accounts": round(average.accounts),
        "organizations": round(average.organizations),
        "iam_users": users,
        "accounts_used": period.accounts_used,
        "organizations_used": period.organizations_used,
        "uses": period.uses,
        "account_weeks": sum(week.accounts_used for week in study.weeks),
        "organization_weeks": sum(week.organizations_used for week in study.weeks),
        "repeat_accounts": period.repeat_accounts,
        "repeat_uses": period.repeat_uses,
        "half_of_uses_by": period.half_of_uses_by,
        "small_uses": period.sizes.small,
        "medium_uses": period.sizes.medium,
        "large_uses": period.sizes.large,
        "key_accounts": period.keys.accounts,
        "key_organizations": period.keys.organizations,
        "old_key_accounts": period.keys.old_accounts,
        "key_uses": period.keys.uses,
        "old_key_uses": period.keys.old_uses,
        "console_uses": period.mfa.console_uses,
        "uses_without_mfa": period.mfa.without_mfa,
        "console_organizations": period.mfa.organizations,
        "organizations_without_mfa": period.mfa.organizations_without_mfa,
    }


def _counts(study: Study, published: Published) -> tuple[Counted, ...]:
    ours, theirs = counts_of(study), msgspec.structs.asdict(published.counts)
    return tuple(
        Counted(figure=name, ours=ours[name], published=theirs[name], reckoned=name in published.reckoned)
        for name in theirs
    )


def _side(share: Share) -> Side:
    return Side(count=share.count, of=share.of, value=share.value, low=share.low, high=share.high)
