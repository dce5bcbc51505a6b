"""Evidence in one small file, as somebody brings it to a check-in, and what it comes to; pure.

Who collects it need not be who signs: the file is made where the evidence lies, and judged where it is handed in, by
the command and by the service alike. What it says was seen is the word of whoever made it; the digest names what they
looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec

from rootwarden.breakglass.broker.wishes import CheckIn
from rootwarden.breakglass.checkin.judge import judge
from rootwarden.breakglass.checkin.seen import Look, Trail
from rootwarden.breakglass.checkin.visit import VisitOf
from rootwarden.errors import InputError
from rootwarden.facts.fact import Known
from rootwarden.facts.instant import Instant, format_instant, sensible

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from rootwarden.breakglass.broker.views import LeaseView

SCHEMA: Final = "rootwarden.check-in/1"
_MAKE: Final = "`rootwarden breakglass evidence` makes the file"


class Brought(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was seen, for one check-in.

    Attributes:
        schema: `rootwarden.check-in/1`.
        account: Twelve digits.
        evidence: SHA-256 of the evidence from after the visit, in hexadecimal (`checkin.evidence.digest_of`).
        after: The account after the visit.
        before: The account before it, if somebody looked.
        since: From when on acts of root were looked for.
        trail: What they are.
    """

    schema: Literal["rootwarden.check-in/1"] = SCHEMA
    account: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{12}\Z")]
    evidence: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
    after: Look
    before: Look | None = None
    since: Instant
    trail: Trail = Trail()


def read_brought(content: bytes) -> Brought:
    """Read the file.

    Raises:
        InputError: It is none.
    """
    try:
        return msgspec.json.decode(content, type=Brought)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise InputError(f"this is no evidence for a check-in: {error}", hint=_MAKE) from error


def judged(brought: Brought, lease: LeaseView, *, report: str) -> CheckIn:
    """What the evidence shows of each duty, as the check-in that is to be signed.

    Args:
        brought: What was seen.
        lease: The lease, ended.
        report: What was done, in words.

    Raises:
        InputError: It is of another account, from a time nobody reckons with, or does not reach back far enough.
    """
    if brought.account != lease.account:
        raise InputError(
            f"the evidence is of account {brought.account}", hint=f"the lease is for account {lease.account}"
        )
    if not all(map(sensible, _instants(brought))):
        raise InputError("the evidence is of a year nobody reckons with", hint=_MAKE)
    needed = min(lease.opened, brought.before.at) if brought.before is not None else lease.opened
    if brought.trail.read_until is not None and brought.since > needed:
        raise InputError(
            f"acts of root were looked for only from {format_instant(brought.since)} on",
            hint=f"what happened since {format_instant(needed)} counts",
        )
    found = judge(VisitOf(lease), before=brought.before, after=brought.after, trail=brought.trail, report=report)
    return CheckIn(
        lease=lease.id,
        observed_at=brought.after.at,
        last_root_event=brought.trail.last,
        evidence=brought.evidence,
        findings=found,
        report=report,
    )


def _instants(brought: Brought) -> Iterator[datetime]:
    """Every instant that is reckoned with."""
    yield brought.since
    yield from (act.at for act in brought.trail.acts)
    if brought.trail.read_until is not None:
        yield brought.trail.read_until
    for look in filter(None, (brought.before, brought.after)):
        yield look.at
        if isinstance(look.password_changed, Known):
            yield look.password_changed.value
