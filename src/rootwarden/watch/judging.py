"""New events into the database, and what follows from them out of it, in one transaction.

Detection forgets nothing and depends on no order, so what is new is judged again together with what is stored around
it: the same accounts, the hours before and after. Judging the same events again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from rootwarden.alert.reading import Path, Reading, ReadObject, RootEvent
from rootwarden.alert.store.documents import word
from rootwarden.alert.store.recording import Recorded, record_in, was_read
from rootwarden.alert.store.tables import EventRow
from rootwarden.detect.visits.actor import Suspect
from rootwarden.detect.visits.event import Event, read_event
from rootwarden.detect.visits.find import Detector, distinct
from rootwarden.detect.visits.incident import Concern
from rootwarden.detect.visits.shape import assume_root_call, is_account, is_root, root_account
from rootwarden.detect.visits.stamp import event_id, short
from rootwarden.watch.afterwards import complete, seen_after_all
from rootwarden.watch.documents import document_of, record_of
from rootwarden.watch.suspects import learn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.alert.store.database import Store
    from rootwarden.detect.visits.catalogue import Catalogue
    from rootwarden.detect.visits.checkout import Checkout
    from rootwarden.detect.visits.find import Findings
    from rootwarden.detect.visits.incident import Incident
    from rootwarden.detect.visits.settings import Settings

# Longer than a session of root can last, and than blinding and spending may lie apart.
AROUND: Final = timedelta(hours=48)
# A key of root that works all day is judged by its newest events; what it did before is in its stored incident.
MOST_AROUND: Final = 20_000
_ASSUME_ROOT: Final = "AssumeRoot"
_CODE_NOT_USED: Final = "code-not-used"


def _nothing(_session: Session, _now: datetime) -> None:
    """Nothing else is to be kept."""


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """What some messages brought, read.

    Attributes:
        events: Root's, those on the way to root, those of suspects; each may come more than once.
        objects: Log files that were read to their end.
        path: The way they came.
        region: Of the queue.
        seen_at: When they were taken from the queue.
        concerns: What went wrong with reading.
        beside: What else is kept in the same transaction; it may run more than once.
    """

    events: tuple[Event, ...] = ()
    objects: tuple[ReadObject, ...] = ()
    concerns: tuple[Concern, ...] = ()
    beside: Callable[[Session, datetime], None] = _nothing
    path: Path = Path.S3
    region: str = ""
    seen_at: datetime


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it.

    Attributes:
        recorded: What changed in the database.
        suspects: Identities of root's making, whose events must be looked for too.
    """

    recorded: Recorded
    suspects: tuple[Suspect, ...]


class Judge:
    """Judges arrivals against what is stored.

    Args:
        store: The database.
        catalogue: Detections, tasks and task policies.
        settings: What the organization declares.
        checkouts: Gives the check-outs as they are known at the time; they are asked for each time.
        before_commit: Is called when everything is written and nothing is committed; tests die there.
    """

    def __init__(
        self,
        store: Store,
        catalogue: Catalogue,
        *,
        settings: Settings,
        checkouts: Callable[[], Iterable[Checkout]] = tuple,
        before_commit: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._settings = settings
        self._checkouts = checkouts
        self._before_commit = before_commit

    def known(self, objects: Iterable[ReadObject]) -> frozenset[ReadObject]:
        """Those of some objects that were read before, in the same version.

        Raises:
            StoreError: When the database does not answer.
        """
        asked = tuple(objects)
        return self._store.read(
            lambda session: frozenset(each for each in asked if was_read(session, each.name, each.version))
        )

    def take(self, arrival: Arrival) -> Judged:
        """Keep what arrived, judge it with what is around it, and record what follows, in one transaction.

        Raises:
            StoreError: When the database does not answer; nothing is recorded then.
        """
        events = tuple(distinct(arrival.events))
        accounts = frozenset(account for event in events for account in touched(event))
        span = _span(events, arrival.seen_at)
        locked = accounts.union(concern.account for concern in arrival.concerns)
        return self._store.write(
            lambda session: self._judge(session, arrival, events, accounts, span), accounts=_locks(locked)
        )

    def again(self, accounts: Iterable[str], *, around: datetime) -> Judged:
        """Judge what is stored of accounts once more: some things only time decides.

        Raises:
            StoreError: When the database does not answer.
        """
        asked = frozenset(accounts)

        def judge(session: Session) -> Judged:
            arrival = Arrival(seen_at=self._store.now(session), path=Path.WATCH)
            return self._judge(session, arrival, (), asked, (around, around))

        return self._store.write(judge, accounts=_locks(asked))

    def _judge(
        self,
        session: Session,
        arrival: Arrival,
        events: tuple[Event, ...],
        accounts: frozenset[str],
        span: tuple[datetime, datetime],
    ) -> Judged:
        now = self._store.now(session)
        around = {event_id(event): event for event in self._stored(session, accounts, span)} if accounts else {}
        # Nothing is said without events: nearly every log file holds none, and its transaction is short.
        findings = self._findings((*events, *around.values()), accounts, now) if accounts else None
        told = self._told(findings, accounts, span, now) if findings else ()
        late = seen_after_all(session, accounts, frozenset(around), told) if findings else ()
        mine = [each for each in findings.incidents if each.account in accounts] if findings else []
        reading = Reading(
            incidents=tuple(each for each in mine if _is_whole(each, span)),
            concerns=(*told, *late, *arrival.concerns),
            events=tuple(_kept(event) for event in events),
            objects=arrival.objects,
            path=arrival.path,
            region=arrival.region,
            seen_at=arrival.seen_at,
        )
        recorded = record_in(session, reading, now)
        complete(session, (event for event in events if event_id(event) in around), around)
        suspects = findings.suspects if findings else ()
        learn(session, suspects, now)
        arrival.beside(session, now)
        session.flush()
        self._before_commit()
        return Judged(recorded=recorded, suspects=suspects)

    def _told(
        self, findings: Findings, accounts: frozenset[str], span: tuple[datetime, datetime], now: datetime
    ) -> tuple[Concern, ...]:
        """Concerns of these accounts, without those that are too early."""
        delivery = timedelta(minutes=self._settings.thresholds.delivery_minutes)
        mine = (each for each in findings.concerns if each.account in accounts and _is_whole(each, span))
        return tuple(each for each in mine if not _is_too_early(each, now, delivery))

    def _findings(self, events: Iterable[Event], accounts: frozenset[str], now: datetime) -> Findings:
        """Findings of these accounts; of others not everything is at hand, so nothing is said of them."""
        detector = Detector(self._catalogue, settings=self._settings, checkouts=self._checkouts())
        for event in distinct(events):
            call = assume_root_call(event)
            if call is None or call.failed or call.account in accounts:
                detector.take(event)
        return detector.findings(as_of=now)

    def _stored(self, session: Session, accounts: frozenset[str], span: tuple[datetime, datetime]) -> Iterator[Event]:
        """Events of the accounts around a span of time, and every AssumeRoot call then, whose session may be theirs."""
        first, last = span[0] - AROUND, span[1] + AROUND
        ours = or_(EventRow.account.in_([word(each) for each in accounts]), EventRow.name == _ASSUME_ROOT)
        then = or_(EventRow.instant.is_(None), EventRow.instant.between(first, last))
        asked = select(EventRow.record).where(ours, then).order_by(EventRow.instant.desc()).limit(MOST_AROUND)
        for record in session.scalars(asked):
            yield read_event(document_of(record))


def _locks(accounts: Iterable[str]) -> list[str]:
    """Accounts as the database can hold them, in the order in which they are locked."""
    return sorted({word(each) for each in accounts})


def touched(event: Event) -> tuple[str, ...]:
    """The accounts an event says something of: whose root it was, who called, whose session was issued."""
    call = assume_root_call(event)
    named = event.text("requestParameters", "accountId")
    found = {short(event.account), *((call.account,) if call else ()), *((named,) if is_account(named) else ())}
    # Root whose account no field says is detection's account "", and is looked for there.
    return tuple(sorted({root_account(event), *found} if is_root(event) else found - {""})) or ("",)


def _is_whole(finding: Incident | Concern, span: tuple[datetime, datetime]) -> bool:
    """Whether all of a finding was at hand: at the edges of what was loaded there are halves, and nothing new."""
    begun = finding.started is None or finding.started <= span[1] + AROUND / 2
    return begun and (finding.ended is None or finding.ended >= span[0] - AROUND / 2)


def _is_too_early(concern: Concern, now: datetime, delivery: timedelta) -> bool:
    """Whether a code that seems unused may have been used in a log file that is still on its way."""
    unused = any(reason.code == _CODE_NOT_USED for reason in concern.reasons)
    return unused and concern.ended is not None and now < concern.ended + delivery


def _span(events: Iterable[Event], otherwise: datetime) -> tuple[datetime, datetime]:
    instants = [event.instant for event in events if event.instant is not None]
    return (min(instants), max(instants)) if instants else (otherwise, otherwise)


def _kept(event: Event) -> RootEvent:
    return RootEvent(
        id=event_id(event),
        account=root_account(event) if is_root(event) else event.account,
        instant=event.instant,
        region=event.region,
        name=event.name,
        record=record_of(event.document),
    )
