"""What the stories tell: records on their way to log files, and the truth about them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.detect.visits.incident import Severity, Shape, Verdict
from rootwarden.simulator.trail.organization import HOME
from rootwarden.simulator.trail.record import event_id
from rootwarden.simulator.trail.spelling import some_spelling, spell
from rootwarden.simulator.trail.truth import ConcernTruth, RootEvent, VisitTruth

if TYPE_CHECKING:
    from random import Random

    from rootwarden.detect.filter_pattern import Event as Record
    from rootwarden.detect.visits.incident import ConcernKind
    from rootwarden.simulator.trail.spelling import Spelling

# CloudTrail delivers after about five minutes (CloudTrail user guide, "How CloudTrail works"); late ones take days.
_USUAL: Final = timedelta(minutes=5)
_LATE_SHARE, _COPY_SHARE, _ADDENDUM_SHARE = 0.08, 0.15, 0.04


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """One record in a log file.

    Attributes:
        account: Whose log file.
        region: Region of the log file.
        at: When the file is written.
        happened: When the event was.
        body: The record, spelled.
        copy: An earlier record is of the same event.
        addendum: A copy that says something else.
    """

    account: str
    region: str
    at: datetime
    happened: datetime
    body: bytes
    copy: bool = False
    addendum: bool = False


class Draft(msgspec.Struct, kw_only=True):
    """A visit that is being told."""

    story: str
    account: str
    shape: Shape
    verdict: Verdict = Verdict.UNEXPLAINED
    severity: Severity = Severity.PAGE
    why: str
    session: datetime | None = None
    mfa: bool | None = None
    caller: str = ""
    task_policy: str = ""
    lease: str = ""
    writes: int = 0
    failed: int = 0
    events: int = 0
    ids: list[str] = msgspec.field(default_factory=list)
    instants: list[datetime] = msgspec.field(default_factory=list)

    def truth(self) -> VisitTruth:
        """What is true of it, once all is told."""
        started = [*self.instants, *([self.session] if self.session is not None else [])]
        return VisitTruth(
            story=self.story,
            account=self.account,
            shape=self.shape,
            started=min(started, default=None),
            ended=max(self.instants, default=None),
            events=self.events,
            writes=self.writes,
            failed_sign_ins=self.failed,
            mfa=self.mfa,
            caller=self.caller,
            task_policy=self.task_policy,
            lease=self.lease,
            verdict=self.verdict,
            severity=self.severity,
            why=self.why,
            event_ids=tuple(sorted(self.ids)),
        )


class Ledger:
    """Collects what the stories tell."""

    def __init__(self) -> None:
        self.delivered: list[Delivered] = []
        self.drafts: list[Draft] = []
        self.concerns: list[ConcernTruth] = []
        self.root_events: list[RootEvent] = []
        self.events = 0

    def tell(
        self,
        random: Random,
        record: Record,
        happened: datetime,
        *,
        late: timedelta | None = None,
        spelling: Spelling | None = None,
        addendum: Record | None = None,
        path: str = "",
    ) -> str:
        """Put a record on its way, now and then late, spelled oddly, or twice.

        Args:
            random: Decides what is not given.
            record: The record.
            happened: When the event was, also where the record does not say.
            late: How much later than usual it comes.
            spelling: How its JSON is written.
            addendum: What a later copy says otherwise, beside its `addendum`.
            path: Account of the log file, where the record does not say.

        Returns:
            Its event id; empty if it has none.
        """
        self.events += 1
        if late is None:
            late = timedelta(days=random.randint(1, 3)) if random.random() < _LATE_SHARE else timedelta()
        arrives = happened + _USUAL + timedelta(seconds=random.randrange(600)) + late
        account, region = path or str(record["recipientAccountId"]), str(record.get("awsRegion") or HOME)
        body = spell(record, spelling or some_spelling(random), random)
        first = Delivered(account=account, region=region, at=arrives, happened=happened, body=body)
        self.delivered.append(first)
        if addendum is not None:
            self._update(random, first, {**record, **addendum})
        elif random.random() < _COPY_SHARE:
            self._copy(random, first)
        elif record.get("eventID") and random.random() < _ADDENDUM_SHARE:
            self._update(random, first, record)
        return str(record.get("eventID") or "")

    def _copy(self, random: Random, first: Delivered) -> None:
        """The same bytes again: in the same file, or in one of some hours or days later."""
        again = random.choice((timedelta(), timedelta(), timedelta(hours=2), timedelta(days=1)))
        self.delivered.append(msgspec.structs.replace(first, at=first.at + again, copy=True))

    def _update(self, random: Random, first: Delivered, record: Record) -> None:
        """The event again, completed later (`addendum`, CloudTrail record contents)."""
        changed: Record = {
            **record,
            "addendum": {
                "reason": "UPDATED_DATA",
                "updatedFields": "responseElements",
                "originalRequestID": str(record.get("requestID") or event_id(random)),
                "originalEventID": str(record["eventID"]),
            },
        }
        body = spell(changed, some_spelling(random), random)
        at = first.at + timedelta(hours=random.randint(1, 20))
        self.delivered.append(msgspec.structs.replace(first, at=at, body=body, copy=True, addendum=True))

    def root_event(self, draft: Draft, shape: Shape, identifier: str, instant: datetime | None) -> None:
        """Count an event of root for its visit."""
        draft.events += 1
        if instant is not None:
            draft.instants.append(instant)
        if identifier:
            draft.ids.append(identifier)
            self.root_events.append(RootEvent(event_id=identifier, account=draft.account, shape=shape))

    def concern(
        self,
        story: str,
        kind: ConcernKind,
        account: str,
        severity: Severity | None,
        why: str,
        *ids: str,
        lease: str = "",
    ) -> None:
        """Note something that needs eyes."""
        self.concerns.append(
            ConcernTruth(
                story=story,
                kind=kind,
                account=account,
                severity=severity,
                why=why,
                event_ids=tuple(sorted(ids)),
                lease=lease,
            )
        )
