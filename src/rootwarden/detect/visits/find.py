"""Events of CloudTrail in, incidents and concerns out."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import msgspec

from rootwarden.detect.visits.actor import Suspect, actor_of, identities_of, made_by
from rootwarden.detect.visits.bounded import NO_TIME
from rootwarden.detect.visits.catalogue import STAGES, Catalogue
from rootwarden.detect.visits.checkout import Checkout
from rootwarden.detect.visits.counts import Counts
from rootwarden.detect.visits.coverage import begun, covers, is_direct_use
from rootwarden.detect.visits.detection import Topic
from rootwarden.detect.visits.gather import ASSUMED, gather
from rootwarden.detect.visits.incident import Concern, ConcernKind, Incident, Reason, Severity
from rootwarden.detect.visits.judge import Known, judge
from rootwarden.detect.visits.ledger import Ledger
from rootwarden.detect.visits.password_store import PasswordStore
from rootwarden.detect.visits.seen import seen_of
from rootwarden.detect.visits.settings import Settings
from rootwarden.detect.visits.shape import assume_root_call, is_root, root_account
from rootwarden.detect.visits.stamp import event_id, instant_of, seconds, stable_id, stamp_of
from rootwarden.detect.visits.toward import seen_call
from rootwarden.detect.visits.visit import Hit, Seen
from rootwarden.detect.visits.wallet import Doer
from rootwarden.facts.instant import Instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from rootwarden.detect.visits.catalogue import Allowing
    from rootwarden.detect.visits.detection import Detection, Task
    from rootwarden.detect.visits.event import Event
    from rootwarden.detect.visits.gather import Visit


class RootKey(msgspec.Struct, frozen=True, kw_only=True):
    """What a long-term key of root is used for (S3.2 of the mission: so that it can be moved to a role).

    Attributes:
        account: Whose root.
        access_key: The key.
        events: How many events it signed.
        first: First use that was read.
        last: Last use.
        services: Events by service, for example `{"s3": 12}`.
        operations: Events by operation, at most five hundred of them; what a role needs.
        addresses: Events by address, at most a hundred of them.
        agents: Events by user agent, at most a hundred of them.
        regions: Events by region.
        more: There were more operations, addresses or agents than are kept.
    """

    account: str
    access_key: str
    events: int
    first: Instant | None
    last: Instant | None
    services: dict[str, int]
    operations: dict[str, int]
    addresses: dict[str, int]
    agents: dict[str, int]
    regions: dict[str, int]
    more: bool


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, sorted by account and time.

    Attributes:
        as_of: The instant it was judged at; `None` when there was no event with a time and none was given.
        incidents: One for each visit of root.
        concerns: What is no visit and still needs eyes.
        root_keys: What each long-term key of root is used for.
        suspects: Identities whose deeds count as root's: their events must be given too (`Detector`).
        doubted: Check-outs that are not believed.
        asleep: Detections that mean nothing until somebody declares a setting.
        counts: What was read.
    """

    as_of: Instant | None
    incidents: tuple[Incident, ...]
    concerns: tuple[Concern, ...]
    root_keys: tuple[RootKey, ...] = ()
    suspects: tuple[Suspect, ...] = ()
    doubted: tuple[Checkout, ...] = ()
    asleep: tuple[str, ...] = ()
    counts: Counts = msgspec.field(default_factory=Counts)


class Detector:
    """Takes events one by one, in any order; tells the findings at any time.

    Give it root's events, those the detections name, and, in a second reading, those of `suspects()`. Each event once:
    CloudTrail delivers some twice, and what reads them leaves one (`distinct`, for events in memory).
    """

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        settings: Settings,
        checkouts: Iterable[Checkout] = (),
    ) -> None:
        self._catalogue = catalogue
        self._named = catalogue.named
        self._settings = settings
        self._checkouts = tuple(sorted(checkouts, key=lambda one: (one.account, one.start, one.lease)))
        self._store = PasswordStore(settings, self._checkouts)
        self.ledger = Ledger(quiet=settings.thresholds.quiet_minutes * 60)

    def take(self, event: Event) -> None:
        """Take one event in."""
        second = None if event.instant is None else seconds(event.instant)
        self.ledger.counts.add(event, second=second)
        self.ledger.joins.learn(event)
        if is_root(event):
            self._take_of_root(event)
        elif (call := assume_root_call(event)) is not None:
            hits = self._hits(event)
            if hits:
                self.ledger.call_hits[call.event_id] = hits
            if call.failed or not call.access_key:
                self.ledger.toward.add(call.caller, seen_call(call, self._settings, hits))
        else:
            self._take_of_others(event)

    def merge(self, other: Detector) -> None:
        """Take in what another detector with the same catalogue, settings and check-outs has taken."""
        self.ledger.merge(other.ledger)

    def suspects(self) -> tuple[Suspect, ...]:
        """Identities root has made, so far: what they widen and spend is asked for in a second reading."""
        return self.ledger.wallet.suspects(self._settings.thresholds)

    def findings(self, *, as_of: datetime | None = None) -> Findings:
        """What the events taken so far say.

        Args:
            as_of: Judge at this instant what time alone decides: a code that nobody used, a session that has not shown
                up. Not given: the time of the last event.
        """
        if as_of is None:
            as_of = instant_of(self.ledger.counts.last) if self.ledger.counts.last else None
        visits = gather(self.ledger, self._settings.thresholds)
        cover = covers(visits, self._checkouts, self._settings)
        known = Known(catalogue=self._catalogue, settings=self._settings, ledger=self.ledger, doubted=self._doubted())
        incidents = [judge(visit, cover.get(visit.key), known) for visit in visits]
        concerns = [
            *self._toward(visits, as_of),
            *self.ledger.wallet.concerns(self._settings.thresholds),
            *_not_followed(visits, self._checkouts, self._settings, as_of),
        ]
        return Findings(
            as_of=as_of,
            incidents=tuple(sorted(incidents, key=_by_account_and_time)),
            concerns=tuple(sorted(concerns, key=_by_account_and_time)),
            root_keys=tuple(_root_keys(self.ledger)),
            suspects=self.suspects(),
            doubted=tuple(one for one in self._checkouts if not one.trusted),
            asleep=tuple(sorted(one.id for one in self._catalogue.detections.values() if one.undeclared)),
            counts=self.ledger.counts,
        )

    def _take_of_root(self, event: Event) -> None:
        seen = seen_of(event, self._catalogue, self._named)
        self.ledger.counts.add_root(timeless=seen.second is None, nowhere=not seen.account)
        self.ledger.add(seen)
        for identity in made_by(event):
            self.ledger.wallet.creates(identity, seen.stamp)
        doer = Doer(arn=event.identity.arn, root=True, identities=())
        for hit in seen.hits:
            topic = self._catalogue.detections[hit.detection].topic
            if topic in STAGES:
                self.ledger.wallet.add(seen.account, doer, topic, seen.stamp, hit.detection)

    def _take_of_others(self, event: Event) -> None:
        stamp, account = stamp_of(event), event.account
        toward: list[Hit] = []
        for hit in self._hits(event):
            topic = self._catalogue.detections[hit.detection].topic
            if topic is Topic.TOWARD_ROOT:
                toward.append(hit)
            elif topic in STAGES:
                identities = tuple(sorted(identities_of(event)))
                doer = Doer(arn=actor_of(event), root=False, identities=identities)
                self.ledger.wallet.add(account, doer, topic, stamp, hit.detection)
        if toward:
            seen = Seen(stamp=stamp, account=_touched(event), shape=None, hits=tuple(toward))
            self.ledger.toward.add(actor_of(event), seen)

    def _hits(self, event: Event) -> tuple[Hit, ...]:
        return tuple(
            Hit(detection=detection.id, undecided=undecided)
            for detection, undecided in self._catalogue.meant(event, root=False)
            if not self._store.explains(detection, event)
        )

    def _doubted(self) -> dict[str, tuple[Checkout, ...]]:
        doubted = [one for one in self._checkouts if not one.trusted]
        return {account: tuple(each) for account, each in groupby(doubted, key=lambda one: one.account)}

    def _toward(self, visits: list[Visit], as_of: datetime | None) -> list[Concern]:
        """Concerns about the way to root, with the AssumeRoot calls whose session nobody has seen by now."""
        joined = {visit.key[3] for visit in visits if visit.key[0] == ASSUMED}
        latest = None if as_of is None else seconds(as_of) - self._settings.thresholds.delivery_minutes * 60
        toward = self.ledger.toward.copy()
        for key, call in self.ledger.joins.calls.items():
            due = call.second is None or latest is None or call.second <= latest
            if key not in joined and due and not call.failed:
                toward.add(call.caller, seen_call(call, self._settings, self.ledger.call_hits.get(call.event_id, ())))
        return toward.concerns(self._catalogue)


def find(
    events: Iterable[Event],
    *,
    detections: Iterable[Detection],
    tasks: Iterable[Task],
    policies: Iterable[Allowing] = (),
    checkouts: Iterable[Checkout] = (),
    settings: Settings | None = None,
    as_of: datetime | None = None,
) -> Findings:
    """Find visits of root and what else concerns it.

    Args:
        events: Each event once, in any order; memory grows with the number of visits, not of events.
        detections: What makes an event worth a reason.
        tasks: What needs root.
        policies: What sessions of AssumeRoot may do.
        checkouts: Who may be root, when, for what; only trusted ones explain anything.
        settings: What the organization declares.
        as_of: The instant to judge at; the time of the last event if not given.

    Returns:
        The same findings, byte for byte, in whatever order the events come.
    """
    catalogue = Catalogue(detections, tasks, policies)
    detector = Detector(catalogue, settings=settings or Settings(), checkouts=checkouts)
    for event in events:
        detector.take(event)
    return detector.findings(as_of=as_of)


def distinct(events: Iterable[Event]) -> Iterator[Event]:
    """Each event once, by account, time and id; for events that fit into memory.

    Of several copies of one `eventID` the one with the later `addendum` counts (CloudTrail sends it when it has more to
    say), else the first by its bytes.
    """
    kept: dict[str, tuple[tuple[str, bytes], Event]] = {}
    for event in events:
        name = event_id(event)
        rank = _rank(event)
        known = kept.get(name)
        if known is None or _better(rank, known[0]):
            kept[name] = (rank, event)
    yield from sorted((event for _, event in kept.values()), key=lambda event: (root_account(event), *stamp_of(event)))


def _rank(event: Event) -> tuple[str, bytes]:
    addendum = event.text("addendum", "updatedTime") or event.text("addendum", "reason")
    return addendum, msgspec.json.encode(event.document, order="deterministic")


def _better(one: tuple[str, bytes], other: tuple[str, bytes]) -> bool:
    return one[0] > other[0] or (one[0] == other[0] and one[1] < other[1])


def _touched(event: Event) -> str:
    """The account a request is about: an administrator names a member, else it is the caller's own."""
    return event.text("requestParameters", "accountId") or event.account


def _not_followed(
    visits: list[Visit], checkouts: Iterable[Checkout], settings: Settings, as_of: datetime | None
) -> Iterator[Concern]:
    """Codes that were handed out and not used: somebody may still hold one, or the trail is silent."""
    minutes = settings.thresholds.released_minutes
    used: dict[str, list[int]] = {}
    for visit in visits:
        if is_direct_use(visit):
            used.setdefault(visit.account, []).append(begun(visit))
    for checkout in checkouts:
        if checkout.released_at is None or as_of is None:
            continue
        released = seconds(checkout.released_at)
        end = released + minutes * 60
        if seconds(as_of) < end or any(released <= one <= end for one in used.get(checkout.account, ())):
            continue
        doubt = "" if checkout.trusted else f" (the check-out is not believed: {checkout.doubt})"
        words = f"`{checkout.person}` got a code for check-out `{checkout.lease}` and root was not used within "
        reason = Reason(code="code-not-used", words=f"{words}{minutes} minutes{doubt}", severity=Severity.NOTIFY)
        yield Concern(
            id=stable_id("code-not-used", checkout.account, released, checkout.lease),
            kind=ConcernKind.TOWARD_ROOT,
            account=checkout.account,
            actor=checkout.person,
            started=instant_of(released),
            ended=instant_of(end),
            severity=Severity.NOTIFY,
            reasons=(reason,),
        )


def _root_keys(ledger: Ledger) -> Iterator[RootKey]:
    for (account, access_key), use in sorted(ledger.key_uses.items()):
        services: dict[str, int] = {}
        for operation, count in sorted(use.operations.counts.items()):
            service = operation.partition(":")[0]
            services[service] = services.get(service, 0) + count
        yield RootKey(
            account=account,
            access_key=access_key,
            events=use.events,
            first=instant_of(use.first),
            last=instant_of(use.last),
            services=services,
            operations=dict(sorted(use.operations.counts.items())),
            addresses=dict(sorted(use.addresses.counts.items())),
            agents=dict(sorted(use.agents.counts.items())),
            regions=dict(sorted(use.regions.counts.items())),
            more=use.operations.more or use.addresses.more or use.agents.more,
        )


def _by_account_and_time(one: Incident | Concern) -> tuple[str, float, str]:
    return (one.account, one.started.timestamp() if one.started else float(NO_TIME), one.id)
