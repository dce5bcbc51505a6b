"""The truth about a generated month (`rootwarden.synthetic-trail/1`), kept where no reader of the trail looks."""

from __future__ import annotations

from typing import Final

import msgspec

from rootwarden.detect.visits.incident import ConcernKind, Severity, Shape, Verdict
from rootwarden.facts.instant import Instant

SCHEMA: Final = "rootwarden.synthetic-trail/1"


class VisitTruth(msgspec.Struct, frozen=True, kw_only=True):
    """One visit of root that is in the trail.

    Attributes:
        story: Which story it is told by.
        account: Twelve digits; empty where no event says.
        shape: How root was there.
        started: First event, or start of the session if earlier; `None` when no event has a time.
        ended: Last event with a time.
        events: How many distinct events.
        writes: How many of them change something.
        failed_sign_ins: Failed sign-ins before it, or that it is.
        mfa: Whether MFA was used; `None` where nothing says.
        caller: Who assumed root.
        task_policy: Task policy of the AssumeRoot call.
        lease: Check-out that covers it.
        verdict: Whether it was allowed.
        severity: What should happen.
        why: One sentence.
        event_ids: Every distinct event, sorted; events without an id are not in it, and counted in `events`.
    """

    story: str
    account: str
    shape: Shape
    started: Instant | None
    ended: Instant | None
    events: int
    writes: int
    failed_sign_ins: int
    mfa: bool | None
    caller: str
    task_policy: str
    lease: str
    verdict: Verdict
    severity: Severity
    why: str
    event_ids: tuple[str, ...]


class ConcernTruth(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is no visit, and needs eyes.

    Attributes:
        story: Which story it is told by.
        kind: What it is about.
        account: The account that is touched.
        severity: What should happen; `None` where that is the detection's to say.
        why: One sentence.
        event_ids: Events behind it, sorted; none where the concern is that something is missing.
        lease: Check-out it is about, if any.
    """

    story: str
    kind: ConcernKind
    account: str
    severity: Severity | None
    why: str
    event_ids: tuple[str, ...]
    lease: str = ""


class RootEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One distinct event of root, as the contract of `trail scan` asks for it."""

    event_id: str
    account: str
    shape: Shape
    irregular: tuple[str, ...] = ()


class ExpectedCaller(msgspec.Struct, frozen=True, kw_only=True):
    """Who may assume root, for which task policy."""

    arn: str
    task_policy: str


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """What the organization tells detection."""

    expected_callers: tuple[ExpectedCaller, ...]
    password_stores: tuple[str, ...]


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What is in the folder.

    Attributes:
        files: Log files.
        events: Distinct events.
        records: Records, copies among them; those behind the cut of a truncated file too.
        root_events: Distinct events of root.
        copies: Records that are there another time.
        addenda: Copies that carry an `addendum` and say something else than the first record.
        late: Records in a file of a later day.
        bytes: Size of all files.
        inflated: Size of their content.
    """

    files: int
    events: int
    records: int
    root_events: int
    copies: int
    addenda: int
    late: int
    bytes: int
    inflated: int


class Irregular(msgspec.Struct, frozen=True, kw_only=True):
    """Log files that are not as they should be, and files that are none; paths below the folder."""

    truncated: tuple[str, ...]
    several_members: tuple[str, ...]
    bombs: tuple[str, ...]
    no_log_files: tuple[str, ...]


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that happened; `untold` are the stories for which there were too few accounts and days."""

    schema: str
    seed: int
    organization: str
    started: Instant
    ended: Instant
    untold: tuple[str, ...]
    counts: Counts
    irregular: Irregular
    declared: Declared
    visits: tuple[VisitTruth, ...]
    concerns: tuple[ConcernTruth, ...]
    root_events: tuple[RootEvent, ...]
