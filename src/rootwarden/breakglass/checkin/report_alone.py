"""A check-in where only a report is due, as after an enrolment or an export; pure.

No evidence shows more than its words.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from rootwarden.breakglass.broker.wishes import CheckIn
from rootwarden.breakglass.core.duty import Duty, Finding, Shown
from rootwarden.errors import InputError

if TYPE_CHECKING:
    from rootwarden.breakglass.broker.views import LeaseView


def is_all_that_is_due(lease: LeaseView) -> bool:
    """Whether nothing of the account is to be shown after a lease."""
    return not _others(lease)


def report_alone(lease: LeaseView, words: str) -> CheckIn:
    """The check-in that is to be signed; its evidence is the report itself, by its SHA-256.

    Args:
        lease: The lease, ended.
        words: What was done.

    Raises:
        InputError: More is due, the lease is open, or nothing is said.
    """
    if others := _others(lease):
        raise InputError(f"{', '.join(others)} are to be shown", hint="a report alone does not show them")
    if lease.ended is None:
        raise InputError("the lease is open still", hint="`rootwarden breakglass return LEASE` ends your own")
    if not words.strip():
        raise InputError("the report is empty", hint="it is all that is due: say what was done")
    return CheckIn(
        lease=lease.id,
        # Nothing was looked at: the report tells of the whole visit, so of its end too.
        observed_at=lease.ended + timedelta(seconds=1),
        last_root_event=None,
        evidence=hashlib.sha256(words.encode()).hexdigest(),
        findings=(Finding(duty=Duty.REPORT, shown=Shown.MET, why="it is written"),),
        report=words,
    )


def _others(lease: LeaseView) -> list[str]:
    return [one.duty for one in lease.duties if one.duty != Duty.REPORT]
