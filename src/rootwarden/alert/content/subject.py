"""What a message is about: a finding at one step of its severity, with what is known around it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from rootwarden.detect.visits.incident import Concern, Incident, Severity


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """What the finding itself does not say.

    Attributes:
        account_name: What people call the account; empty when nobody said.
        management: Whether it is the organization's management account; `None` when nobody said which that is.
        person: Who holds the lease that covers it; empty when that is not known.
        task: The task of the lease.
        actions: What to do next, in order.
    """

    account_name: str = ""
    management: bool | None = None
    person: str = ""
    task: str = ""
    actions: tuple[str, ...] = ()


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """One alert.

    Attributes:
        finding: What was found, as it is known now.
        severity: The step that was alerted, which may be lower than the finding's by now.
        risen: Whether something less severe was alerted before.
        drill: Id of the drill it is; empty when it is real.
        event_at: The event's own time.
        seen_at: When the reader got it.
        path: The ways it came, `eventbridge`, `s3`.
        key: The alert's idempotency key.
        around: What is known around it.
    """

    finding: Incident | Concern
    severity: Severity
    risen: bool = False
    drill: str = ""
    event_at: datetime | None = None
    seen_at: datetime
    path: tuple[str, ...] = ()
    key: str
    around: Around = Around()
