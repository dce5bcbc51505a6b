"""What becomes of each fail under the exceptions, and of each exception.

An exception never hides a finding: a fail under it stays a fail with `suppressed_by` set and no effect on the exit
code. Expired, not begun, too long for its rule or not decidable, the finding counts and a warning says so; one that
matches nothing gives a warning too.
"""

from __future__ import annotations

from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import msgspec

from rootwarden.audit.result import ExceptionUse, Suppression
from rootwarden.rules.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from rootwarden.audit.exceptions import ExceptionEntry, PreparedException
    from rootwarden.audit.result import Finding
    from rootwarden.rules.logic import Record


class State(StrEnum):
    """What an exception came to in one run."""

    IN_FORCE = "in_force"
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    TOO_LONG = "too_long"
    UNDECIDED = "undecided"
    UNMATCHED = "unmatched"


class ExceptionLedger:
    """Marks findings one by one, and keeps count of what each exception was good for."""

    def __init__(self, exceptions: Iterable[PreparedException], as_of: datetime) -> None:
        """Begin with no finding seen.

        Args:
            exceptions: In the order of their files; the first in force is the one a fail stands under.
            as_of: The instant that decides what has begun and ended, aware.
        """
        self._exceptions = tuple(exceptions)
        self._as_of = as_of
        self._matched = dict.fromkeys(range(len(self._exceptions)), 0)
        self._undecided = dict.fromkeys(range(len(self._exceptions)), 0)
        self._too_long: set[int] = set()
        self._rules: set[str] = set()

    def mark(self, finding: Finding, record: Record | None, unit: str) -> Finding:
        """The finding, with `suppressed_by` set when it is a fail under an exception in force.

        Args:
            finding: As it was judged.
            record: What it was judged on, or `None` when that could not be read.
            unit: Path of the account's organizational unit, or empty.
        """
        self._rules.add(finding.rule)
        if finding.verdict is not Verdict.FAIL:
            return finding
        standing: ExceptionEntry | None = None
        for number, each in enumerate(self._exceptions):
            if not each.entry.covers(finding.rule, finding.account, unit):
                continue
            holds = self._holds(each, finding.rule, record)
            self._matched[number] += holds is True
            self._undecided[number] += holds is None
            if holds and standing is None and self._stands(number, finding.rule):
                standing = each.entry
        return finding if standing is None else msgspec.structs.replace(finding, suppressed_by=_suppression(standing))

    def uses(self) -> tuple[ExceptionUse, ...]:
        """What became of each exception."""
        return tuple(self._use(number) for number in range(len(self._exceptions)))

    def warnings(self) -> tuple[str, ...]:
        """A sentence for each exception that did not do what it was written for.

        About one whose rule took no part in this run nothing is said: it could neither match nor end here.
        """
        numbered = ((number, use) for number, use in enumerate(self.uses()) if self._asked(number))
        return tuple(self._warning(number, use) for number, use in numbered if use.state != State.IN_FORCE)

    def _holds(self, exception: PreparedException, rule: str, record: Record | None) -> bool | None:
        """Whether its `when` holds; `None` when that cannot be decided."""
        if not exception.entry.when:
            return True
        condition = exception.conditions.get(rule)
        if condition is None or record is None:
            return None
        verdict = condition.evaluate(record, as_of=self._as_of).verdict
        return None if verdict is Verdict.UNKNOWN else verdict is Verdict.PASS

    def _stands(self, number: int, rule: str) -> bool:
        exception = self._exceptions[number]
        entry = exception.entry
        longest = exception.longest.get(rule)
        if longest is not None and entry.days_ahead(self._as_of) > longest:
            self._too_long.add(number)
            return False
        return entry.has_begun(self._as_of) and not entry.has_ended(self._as_of)

    def _asked(self, number: int) -> bool:
        return any(fnmatchcase(rule, self._exceptions[number].entry.rule) for rule in self._rules)

    def _state(self, number: int) -> State:
        entry = self._exceptions[number].entry
        if entry.has_ended(self._as_of):
            return State.EXPIRED
        if not entry.has_begun(self._as_of):
            return State.NOT_YET
        if number in self._too_long:
            return State.TOO_LONG
        if self._undecided[number]:
            return State.UNDECIDED
        return State.IN_FORCE if self._matched[number] or not self._asked(number) else State.UNMATCHED

    def _use(self, number: int) -> ExceptionUse:
        entry = self._exceptions[number].entry
        return ExceptionUse(
            rule=entry.rule,
            accounts=entry.accounts,
            reason=entry.reason,
            owner=entry.owner,
            ticket=entry.ticket,
            until=entry.until,
            state=str(self._state(number)),
            matched=self._matched[number],
            units=entry.units,
            when=entry.when,
            approver=entry.approver,
            since=entry.since,
        )

    def _warning(self, number: int, use: ExceptionUse) -> str:
        who = f"the exception of {use.owner} for `{use.rule}` ({use.ticket})"
        counting = f"{use.matched} finding{'s count' if use.matched != 1 else ' counts'}"
        match use.state:
            case State.EXPIRED:
                again = f"{counting} again" if use.matched else "it covers nothing"
                return f"{who} ended on {use.until.isoformat()}: {again}"
            case State.NOT_YET:
                begins = use.since.isoformat() if use.since else ""
                return f"{who} begins on {begins}: {counting} until then"
            case State.TOO_LONG:
                days = min(self._exceptions[number].longest.values())
                return f"{who} runs longer than the {days} days its rule allows: {counting}"
            case State.UNDECIDED:
                undecided = self._undecided[number]
                findings = f"{undecided} finding{'s' if undecided != 1 else ''}"
                return f"{who} cannot be decided for {findings}, which count: `{use.when}` is unknown there"
        return f"{who} matches no failing finding: remove it, or correct its scope"


def _suppression(entry: ExceptionEntry) -> Suppression:
    return Suppression(reason=entry.reason, owner=entry.owner, ticket=entry.ticket, until=entry.until)
