"""The key figures on root users, as far as one look at the accounts can tell them.

The share of accounts with root MFA, accounts with root use in the last 30 days, active root keys. The mean time to
alert needs incidents, which an audit does not have: it is shown as unknown, not left out.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from rootwarden.audit.result import Indicator
from rootwarden.facts.derive import all_true, any_true
from rootwarden.facts.fact import Known, Unknown, transform

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rootwarden.facts.account import Account
    from rootwarden.facts.fact import Fact

MONTH = timedelta(days=30)


def key_indicators(accounts: Sequence[Account], as_of: datetime) -> tuple[Indicator, ...]:
    """Count over all accounts that have a root user.

    Args:
        accounts: The facts.
        as_of: The instant the last 30 days end at.

    Returns:
        The figures, in the order in which they are shown.
    """
    with_root = [account for account in accounts if account.has_root_user]
    return (
        _mfa_share(with_root),
        _used(with_root, as_of),
        _time_to_alert(),
        _active_keys(with_root),
    )


def _mfa_share(accounts: Sequence[Account]) -> Indicator:
    """Accounts whose root has MFA, of those whose root has a password to protect."""
    guarded = [all_true(account.root.mfa_active) for account in accounts if not _gone(account)]
    removed = len(accounts) - len(guarded)
    good, unknown = _count(guarded), _unknown(guarded)
    share = f" ({100 * good / len(guarded):.1f} %)" if guarded else ""
    notes = [f"{removed} without a root password are left out"] if removed else []
    notes += [f"{unknown} could not be read"] if unknown else []
    return Indicator(
        id="root-mfa-share",
        title="Accounts with root MFA",
        value=f"{good} of {len(guarded)}{share}" if guarded else "no account with a root password",
        target="100 %",
        met=_met(failing=len(guarded) - good - unknown, unknown=unknown) if guarded else None,
        note="; ".join(notes),
    )


def _gone(account: Account) -> bool:
    present = account.root.password.present
    return isinstance(present, Known) and not present.value and not _true(account.root.mfa_active)


def _used(accounts: Sequence[Account], as_of: datetime) -> Indicator:
    uses = [_used_since(account, as_of - MONTH) for account in accounts]
    used, unknown = _count(uses), _unknown(uses)
    return Indicator(
        id="root-sign-ins",
        title="Accounts with root use in the last 30 days",
        value=str(used) if not unknown else f"{used} or more",
        target="0 but for approved break-glass",
        met=_met(failing=used, unknown=unknown),
        note="from last-used dates, so several uses count as one"
        + (f"; {unknown} could not be read" if unknown else ""),
    )


def _used_since(account: Account, start: datetime) -> Fact[bool]:
    keys = account.root.access_keys
    dates = [account.root.password.last_used]
    dates += [key.last_used for key in keys.value] if isinstance(keys, Known) else []
    facts = [transform(each, lambda instant: instant > start) for each in dates]
    # A report made before the window opened sees nothing of it.
    made = account.root.report_generated
    stale = isinstance(made, Known) and made.value <= start
    later = [account.root.used_since_report] if stale else []
    return any_true(*facts, *later, *([keys] if isinstance(keys, Unknown) else []))


def _active_keys(accounts: Sequence[Account]) -> Indicator:
    total = unknown = 0
    for account in accounts:
        keys = account.root.access_keys
        if isinstance(keys, Known):
            total += sum(_true(key.active) for key in keys.value)
            unknown += any(isinstance(key.active, Unknown) for key in keys.value)
        elif not _false(account.root.access_keys_present):
            unknown += 1
    return Indicator(
        id="active-root-keys",
        title="Active root access keys",
        value=str(total) if not unknown else f"{total} or more",
        target="0",
        met=_met(failing=total, unknown=unknown),
        note=f"{unknown} could not be read" if unknown else "",
    )


def _time_to_alert() -> Indicator:
    return Indicator(
        id="mean-time-to-alert",
        title="Mean time to alert on root use",
        value="unknown",
        target="minutes",
        met=None,
        note="needs incidents from CloudTrail, which this run did not read",
    )


def _true(fact: Fact[bool]) -> bool:
    return isinstance(fact, Known) and fact.value


def _false(fact: Fact[bool]) -> bool:
    return isinstance(fact, Known) and not fact.value


def _count(facts: Sequence[Fact[bool]]) -> int:
    return sum(_true(fact) for fact in facts)


def _unknown(facts: Sequence[Fact[bool]]) -> int:
    return sum(isinstance(fact, Unknown) for fact in facts)


def _met(*, failing: int, unknown: int) -> bool | None:
    if failing:
        return False
    return None if unknown else True
