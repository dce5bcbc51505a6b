"""When which drill is due, and how the last one went."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.facts.instant import Instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from rootwarden.breakglass.core.settings import Account, DrillPlan

SOON: Final = timedelta(days=14)


class Outcome(StrEnum):
    """How a drill went."""

    PASSED = "passed"
    FAILED = "failed"
    ABORTED = "aborted"


class Standing(StrEnum):
    """How a planned drill stands."""

    DONE = "done"
    SOON = "soon"
    OVERDUE = "overdue"


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """A drill that came to an end, as the log has it."""

    id: str
    account: str
    kind: str
    due: Instant
    done: Instant
    outcome: Outcome
    evidence: str


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A planned drill and where it stands.

    Attributes:
        account: Whose.
        kind: Which.
        due: When the next one is due.
        standing: Done, due soon, or overdue.
        last: The last one that came to an end, if any did.
    """

    account: str
    kind: str
    due: Instant
    standing: Standing
    last: Done | None


def due(accounts: Iterable[Account], done: Iterable[Done], *, now: datetime) -> tuple[Due, ...]:
    """Every planned drill, overdue ones first.

    A drill that failed or was aborted does not move the date: the path it tried is not known to work.

    Args:
        accounts: With what is planned for each.
        done: Drills that came to an end.
        now: The instant.
    """
    ended = list(done)
    found = [_standing(account.id, plan, ended, now) for account in accounts for plan in account.drills]
    order = [Standing.OVERDUE, Standing.SOON, Standing.DONE]
    return tuple(sorted(found, key=lambda one: (order.index(one.standing), one.due, one.account, one.kind)))


def lines(drills: Sequence[Due], done: Sequence[Done]) -> bytes:
    """`drills.jsonl`, as the KPIs read it: every drill that ended, and every planned one that is still to come."""
    rows: list[dict[str, str | None]] = [
        {
            "id": one.id,
            "account": one.account,
            "kind": one.kind,
            "due": one.due.date().isoformat(),
            "done": one.done.date().isoformat(),
            "outcome": one.outcome.value,
            "evidence": one.evidence,
        }
        for one in done
    ]
    rows += [
        {
            "id": f"{one.account}-{one.kind}-{one.due.date()}",
            "account": one.account,
            "kind": one.kind,
            "due": one.due.date().isoformat(),
            "done": None,
            "outcome": None,
            "evidence": "",
        }
        for one in drills
    ]
    return b"".join(msgspec.json.encode(row) + b"\n" for row in rows)


def _standing(account: str, plan: DrillPlan, done: Sequence[Done], now: datetime) -> Due:
    mine = sorted((one for one in done if (one.account, one.kind) == (account, plan.kind)), key=lambda one: one.done)
    passed = [one.done for one in mine if one.outcome is Outcome.PASSED]
    begins = max([plan.since, *passed])
    next_due = begins + timedelta(days=plan.every_days)
    standing = Standing.OVERDUE if now >= next_due else Standing.SOON if now >= next_due - SOON else Standing.DONE
    return Due(account=account, kind=plan.kind, due=next_due, standing=standing, last=mine[-1] if mine else None)
