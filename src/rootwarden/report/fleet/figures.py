"""Names of figures for people, and numbers as they are written: an interval stands only where the unknown opens one."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rootwarden.fleet.indicator import Indicator
    from rootwarden.fleet.result import Estimate, Measured

# By name in `period.shares`: what is counted, and of what.
SHARES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "accounts_used_of_accounts": ("accounts that used root", "accounts"),
        "organizations_used_of_organizations": ("organizations that used root", "organizations"),
        "repeat_accounts_of_accounts_used": ("accounts with uses in two weeks or more", "accounts that used root"),
        "repeat_uses_of_uses": ("uses by these accounts", "uses"),
        "half_of_uses_by_of_accounts_used": ("accounts that make half of the uses", "accounts that used root"),
        "small_of_uses": ("uses in small accounts", "uses"),
        "medium_of_uses": ("uses in medium accounts", "uses"),
        "large_of_uses": ("uses in large accounts", "uses"),
        "key_accounts_of_accounts": ("accounts that hold a root key", "accounts"),
        "key_organizations_of_organizations": ("organizations that hold a root key", "organizations"),
        "old_key_accounts_of_key_accounts": ("accounts that hold an old root key", "accounts that hold one"),
        "key_uses_of_uses": ("uses through keys", "uses"),
        "old_key_uses_of_key_uses": ("uses through old keys", "uses through keys"),
        "without_mfa_of_console_uses": ("console uses without MFA", "console uses"),
        "organizations_without_mfa_of_console_organizations": (
            "organizations with a console use without MFA",
            "organizations with a console use",
        ),
    }
)
COUNTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "accounts": "accounts, mean of the weeks",
        "organizations": "organizations, mean of the weeks",
        "iam_users": "IAM users, mean of the weeks",
        "accounts_used": "accounts that used root",
        "organizations_used": "organizations that used root",
        "uses": "uses of root",
        "account_weeks": "accounts with a use, sum of the weeks",
        "organization_weeks": "organizations with a use, sum of the weeks",
        "repeat_accounts": "accounts with uses in two weeks or more",
        "repeat_uses": "uses by these accounts",
        "half_of_uses_by": "accounts that make half of the uses",
        "small_uses": "uses in small accounts",
        "medium_uses": "uses in medium accounts",
        "large_uses": "uses in large accounts",
        "key_accounts": "accounts that hold a root key",
        "key_organizations": "organizations that hold a root key",
        "old_key_accounts": "accounts that hold an old root key",
        "key_uses": "uses through keys",
        "old_key_uses": "uses through old keys",
        "console_uses": "console uses",
        "uses_without_mfa": "console uses without MFA",
        "console_organizations": "organizations with a console use",
        "organizations_without_mfa": "organizations with a console use without MFA",
    }
)
# The shares of a study by what they are about.
GROUPS: Final = (
    ("Who", ("accounts_used_of_accounts", "organizations_used_of_organizations")),
    (
        "How concentrated",
        ("repeat_accounts_of_accounts_used", "repeat_uses_of_uses", "half_of_uses_by_of_accounts_used"),
    ),
    ("Sizes", ("small_of_uses", "medium_of_uses", "large_of_uses")),
    (
        "Access keys",
        (
            "key_accounts_of_accounts",
            "key_organizations_of_organizations",
            "old_key_accounts_of_key_accounts",
            "key_uses_of_uses",
            "old_key_uses_of_key_uses",
        ),
    ),
    ("MFA", ("without_mfa_of_console_uses", "organizations_without_mfa_of_console_organizations")),
)
NOTHING: Final = "—"


class Counted(Protocol):
    """A share: how many of how many, and where it may lie."""

    @property
    def count(self) -> int:
        """How many count."""

    @property
    def of(self) -> int:
        """Of how many."""

    @property
    def value(self) -> float | None:
        """`count / of`."""

    @property
    def low(self) -> float | None:
        """The least it can be."""

    @property
    def high(self) -> float | None:
        """The most it can be."""


def percent(value: float | None) -> str:
    """`15.6 %`; a dash when there is none."""
    return NOTHING if value is None else f"{100 * value:.1f} %"


def interval(share: Counted) -> str:
    """`14.9 to 16.2 %` when the unknown leaves the share open, else empty."""
    if share.low is None or share.high is None:
        return "not known" if share.of or share.high is not None else ""
    if share.low == share.high:
        return ""
    return f"{100 * share.low:.1f} to {100 * share.high:.1f} %"


def of(share: Counted) -> str:
    """`143 of 915`."""
    return f"{share.count:,} of {share.of:,}"


def about(value: float) -> str:
    """A number that is an estimate, without digits nobody knows."""
    return f"{value:,.0f}"


def estimated(found: Estimate, confidence: float) -> str:
    """`about 59 uses there really were, 95 % interval 52 to 67`, or that the dates cannot tell."""
    if found.value is None or found.high is None:
        return f"how many uses there really were the dates cannot tell; {about(found.low)} at least"
    bounds = f"{100 * confidence:.0f} % interval {about(found.low)} to {about(found.high)}"
    return f"about {about(found.value)} uses there really were, {bounds}"


def estimate_leaves_out(found: Estimate, accounts: int) -> str:
    """What the estimate is not of; empty when it is of every account.

    Args:
        found: The estimate.
        accounts: How many accounts were decided in some week.
    """
    parts = []
    if found.accounts < accounts:
        parts.append(f"it rests on the {found.accounts:,} of {accounts:,} accounts whose dates were all told")
    if found.always:
        several_ = "1 account is" if len(found.always) == 1 else f"{len(found.always):,} accounts are"
        parts.append(f"{several_} used all the time, of which only the uses seen are in it")
    return "; ".join(parts)


def measured_in_words(found: Measured) -> str:
    """`CloudTrail of 12 accounts has 40 visits; the weekly looks count 25 of them, 37.5 % too few`."""
    trails = f"CloudTrail of {found.accounts:,} account{'' if found.accounts == 1 else 's'}"
    if found.under_count is None:
        return f"{trails} has no visit of root in the stretches that were looked at"
    missed = percent(found.under_count)
    words = f"{trails} has {found.exact:,} visits; the weekly looks count {found.seen:,}, {missed} too few"
    gaps = f"; {found.unexplained:,} uses have no visit in it" if found.unexplained else ""
    return words + gaps


def whole(value: float | None) -> str:
    """A number without fraction; a dash when there is none."""
    return NOTHING if value is None else f"{value:,.0f}"


def tenth(value: float | None) -> str:
    """A number to a tenth; a dash when there is none."""
    return NOTHING if value is None else f"{value:,.1f}"


def ratio(value: float | None) -> str:
    """A number between 0 and a few, to two digits."""
    return NOTHING if value is None else f"{value:.2f}"


def indicator_value(each: Indicator) -> str:
    """A key figure as people read it, with its unit; `unknown` when it is."""
    if each.value is None:
        return "none" if each.met else "unknown"
    if each.unit == "share":
        return percent(each.value)
    if each.unit in {"minutes", "days"}:
        return f"{each.value:,.1f} {each.unit}" if each.unit == "minutes" else f"{each.value:,.0f} {each.unit}"
    return f"{each.value:,.0f}"


def indicator_bounds(each: Indicator) -> str:
    """Where a key figure lies whatever the unknown is; empty when that is one number or nothing is known."""
    if each.low is None or each.low == each.high:
        return ""
    if each.unit == "share":
        return (
            f"{percent(each.low)} to {percent(each.high)}" if each.high is not None else f"{percent(each.low)} or more"
        )
    return f"{each.low:,.0f} or more" if each.high is None else f"{each.low:,.0f} to {each.high:,.0f}"
