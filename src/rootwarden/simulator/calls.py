"""Counters: which call was made how often against which account."""

from __future__ import annotations

from collections import Counter


class Calls:
    """Calls by the account that was asked and `service:Operation`, refused and throttled ones included."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()

    def record(self, account_id: str, call: str) -> None:
        """Count one call."""
        self._counts[account_id, call] += 1

    def reset(self) -> None:
        """Start again from nothing."""
        self._counts = Counter()

    def snapshot(self) -> dict[tuple[str, str], int]:
        """A copy of every counter."""
        return dict(self._counts)

    def of_account(self, account_id: str) -> dict[str, int]:
        """The calls of one account."""
        return {call: count for (account, call), count in self.snapshot().items() if account == account_id}

    def of_call(self, call: str) -> dict[str, int]:
        """How often each account was asked this."""
        return {account: count for (account, name), count in self.snapshot().items() if name == call}

    @property
    def total(self) -> int:
        """All calls together."""
        return sum(self.snapshot().values())
