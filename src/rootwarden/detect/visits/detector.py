"""Takes events one by one, in any order, and tells what they say so far."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rootwarden.detect.visits.actor import actor_of, identities_of, made_by
from rootwarden.detect.visits.bounded import NO_TIME
from rootwarden.detect.visits.catalogue import STAGES
from rootwarden.detect.visits.codes import not_followed
from rootwarden.detect.visits.coverage import covers
from rootwarden.detect.visits.detection import Topic
from rootwarden.detect.visits.findings import Findings, root_keys
from rootwarden.detect.visits.gather import ASSUMED, gather
from rootwarden.detect.visits.judge import Known, judge
from rootwarden.detect.visits.ledger import Ledger
from rootwarden.detect.visits.password_store import PasswordStore
from rootwarden.detect.visits.seen import seen_of
from rootwarden.detect.visits.shape import assume_root_call, is_account, is_root
from rootwarden.detect.visits.sighting import hole, place, visit_alone
from rootwarden.detect.visits.stamp import seconds, short, stamp_of
from rootwarden.detect.visits.toward import seen_call
from rootwarden.detect.visits.visit import Hit, Seen
from rootwarden.detect.visits.wallet import Doer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from rootwarden.detect.visits.actor import Suspect
    from rootwarden.detect.visits.catalogue import Catalogue
    from rootwarden.detect.visits.checkout import Checkout
    from rootwarden.detect.visits.event import Event
    from rootwarden.detect.visits.gather import Visit
    from rootwarden.detect.visits.incident import Concern, Incident
    from rootwarden.detect.visits.settings import Settings
    from rootwarden.detect.visits.sighting import Sighting


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
        sightings: Iterable[Sighting] = (),
    ) -> None:
        self._catalogue = catalogue
        self._named = catalogue.named
        self._settings = settings
        self._checkouts = tuple(sorted(checkouts, key=lambda one: (one.account, one.start, one.lease)))
        self._sightings = tuple(sightings)
        self._store = PasswordStore(settings, self._checkouts)
        self.ledger = Ledger(quiet=settings.thresholds.quiet_minutes * 60)

    def take(self, event: Event) -> None:
        """Take one event in."""
        self.ledger.counts.add(event)
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

    def take_of_suspects(self, events: Iterable[Event]) -> None:
        """Take events of a second reading: only what identities root has made did to blind, widen and spend.

        Events that were taken before may be among them; they are not counted again.
        """
        suspects = self.suspects()
        for event in events:
            if not is_root(event) and any(one.made(event) for one in suspects):
                self._take_stages(event, self._hits(event))

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
                up. Not given: nothing more is to come, so what has not shown up is missing.
        """
        visits = gather(self.ledger, self._settings.thresholds)
        cover = covers(visits, self._checkouts, self._settings)
        sightings = place(self._sightings, visits)
        known = Known(
            catalogue=self._catalogue,
            settings=self._settings,
            ledger=self.ledger,
            doubted=self._doubted(),
            sightings=sightings.of_visits,
        )
        incidents = [judge(visit, cover.get(visit.key), known) for visit in visits]
        incidents += [visit_alone(one) for one in sightings.alone]
        concerns = [
            *self._toward(visits, as_of),
            *self.ledger.wallet.concerns(self._settings.thresholds),
            *not_followed(visits, self._checkouts, self._settings, as_of),
            *(hole(one) for one in sightings.alone),
        ]
        return Findings(
            as_of=as_of,
            incidents=tuple(sorted(incidents, key=_by_account_and_time)),
            concerns=tuple(sorted(concerns, key=_by_account_and_time)),
            root_keys=tuple(root_keys(self.ledger)),
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
        doer = Doer(arn=short(event.identity.arn), root=True, identities=())
        for hit in seen.hits:
            if self._topic(hit) in STAGES:
                self.ledger.wallet.add(seen.account, doer, self._topic(hit), seen.stamp, hit.detection)

    def _take_of_others(self, event: Event) -> None:
        hits = self._hits(event)
        self._take_stages(event, hits)
        toward = tuple(hit for hit in hits if self._topic(hit) is Topic.TOWARD_ROOT)
        if toward:
            seen = Seen(stamp=stamp_of(event), account=_touched(event), shape=None, hits=toward)
            self.ledger.toward.add(actor_of(event), seen)

    def _take_stages(self, event: Event, hits: Iterable[Hit]) -> None:
        """Stages of denial of wallet by somebody else: they count if root has made that identity."""
        for hit in hits:
            if self._topic(hit) in STAGES:
                identities = tuple(sorted(identities_of(event)))
                doer = Doer(arn=actor_of(event), root=False, identities=identities)
                account = short(event.identity.account or event.account)
                self.ledger.wallet.add(account, doer, self._topic(hit), stamp_of(event), hit.detection)

    def _topic(self, hit: Hit) -> Topic:
        return self._catalogue.detections[hit.detection].topic

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


def _touched(event: Event) -> str:
    """The account a request is about: an administrator names a member, else it is the caller's own."""
    named = event.text("requestParameters", "accountId")
    return named if is_account(named) else short(event.account)


def _by_account_and_time(one: Incident | Concern) -> tuple[str, float, str]:
    return (one.account, one.started.timestamp() if one.started else float(NO_TIME), one.id)
