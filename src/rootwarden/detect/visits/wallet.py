"""Denial of wallet: somebody who came through root blinds those who pay, and widens the field or spends.

One stage alone is nothing; the concern is that both happen in one account within a day. Deeds of an identity that root
made shortly before count as root's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.detect.visits.actor import Suspect
from rootwarden.detect.visits.bounded import NO_TIME, Stamps, Tally
from rootwarden.detect.visits.detection import Topic
from rootwarden.detect.visits.incident import Concern, ConcernKind, Reason, Severity
from rootwarden.detect.visits.stamp import instant_of, stable_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.detect.visits.bounded import Stamp
    from rootwarden.detect.visits.settings import Thresholds

HOUR: Final = 3600
_EVENTS: Final = 100
_CREATIONS: Final = 100


class Doer(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """Whose deed it was.

    Attributes:
        arn: For people.
        root: It is root itself.
        identities: Every name it goes by, sorted.
    """

    arn: str
    root: bool
    identities: tuple[tuple[str, str], ...]


class Deeds(msgspec.Struct, kw_only=True):
    """What one identity did of one stage within an hour of the clock: only the first and last of them decide."""

    first: int = NO_TIME
    last: int = -NO_TIME
    events: Stamps = msgspec.field(default_factory=lambda: Stamps(most=_EVENTS))
    detections: Tally = msgspec.field(default_factory=lambda: Tally(most=_EVENTS))

    def merge(self, other: Deeds) -> None:
        """Take in those of another reader."""
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)
        self.events.merge(other.events)
        self.detections.merge(other.detections)


class Wallet(msgspec.Struct, kw_only=True):
    """Stages that were seen, and identities root made; in any order.

    Attributes:
        deeds: By account, doer, stage and hour since 1970.
        made: When root made an identity, by account, sort and name.
    """

    deeds: dict[tuple[str, Doer, Topic, int], Deeds] = msgspec.field(default_factory=dict)
    made: dict[tuple[str, str, str], Stamps] = msgspec.field(default_factory=dict)

    def add(self, account: str, doer: Doer, topic: Topic, stamp: Stamp, detection: str) -> None:
        """Take one deed in; without a time it cannot be set beside another."""
        second = stamp[0]
        if second == NO_TIME:
            return
        deeds = self.deeds.setdefault((account, doer, topic, second // HOUR), Deeds())
        deeds.first, deeds.last = min(deeds.first, second), max(deeds.last, second)
        deeds.events.add(stamp)
        deeds.detections.add(detection)

    def creates(self, identity: tuple[str, str, str], stamp: Stamp) -> None:
        """Root made an identity, given as account, sort and name."""
        if stamp[0] != NO_TIME:
            self.made.setdefault(identity, Stamps(most=_CREATIONS)).add(stamp)

    def merge(self, other: Wallet) -> None:
        """Take in what another reader holds."""
        for key, deeds in other.deeds.items():
            self.deeds.setdefault(key, Deeds()).merge(deeds)
        for identity, stamps in other.made.items():
            self.made.setdefault(identity, Stamps(most=_CREATIONS)).merge(stamps)

    def suspects(self, thresholds: Thresholds) -> tuple[Suspect, ...]:
        """Identities whose deeds have to be looked for, sorted."""
        reach = thresholds.created_hours * HOUR
        return tuple(
            sorted(
                Suspect(account=account, sort=sort, name=name, since=second, until=second + reach)
                for (account, sort, name), stamps in self.made.items()
                for second, _ in stamps.values
            )
        )

    def concerns(self, thresholds: Thresholds) -> list[Concern]:
        """A concern for each time somebody blinded and spent."""
        within = thresholds.wallet_hours * HOUR
        by_account: dict[str, list[_Deed]] = {}
        suspects: dict[str, list[Suspect]] = {}
        for suspect in self.suspects(thresholds):
            suspects.setdefault(suspect.account, []).append(suspect)
        for (account, doer, topic, _), deeds in self.deeds.items():
            identities = frozenset(doer.identities)
            if doer.root or any(
                one.did(account, identities, deeds.first, deeds.last) for one in suspects.get(account, ())
            ):
                by_account.setdefault(account, []).append(_Deed(topic=topic, doer=doer, deeds=deeds))
        return [
            _concern(account, group)
            for account, every in sorted(by_account.items())
            for group in _groups(_in_both_stages(every, within), within)
        ]


class _Deed(msgspec.Struct, frozen=True, kw_only=True):
    topic: Topic
    doer: Doer
    deeds: Deeds


def _in_both_stages(every: list[_Deed], within: int) -> list[_Deed]:
    """Those with a deed of the other stage near enough, by time."""
    blind = [one for one in every if one.topic is Topic.BLIND]
    others = [one for one in every if one.topic is not Topic.BLIND]
    near = [one for one in blind if _has_near(one, others, within)]
    near += [one for one in others if _has_near(one, blind, within)]
    return sorted(near, key=lambda one: (one.deeds.first, one.deeds.last, one.topic, one.doer))


def _has_near(deed: _Deed, others: list[_Deed], within: int) -> bool:
    return any(max(one.deeds.first - deed.deeds.last, deed.deeds.first - one.deeds.last) <= within for one in others)


def _groups(deeds: list[_Deed], within: int) -> Iterable[list[_Deed]]:
    """Cut where there was nothing for longer than the window."""
    group: list[_Deed] = []
    last = 0
    for deed in deeds:
        if group and deed.deeds.first - last > within:
            yield group
            group = []
        group.append(deed)
        last = max(last, deed.deeds.last)
    if group:
        yield group


def _concern(account: str, group: list[_Deed]) -> Concern:
    events, detections = Stamps(most=_EVENTS), Tally(most=_EVENTS)
    for deed in group:
        events.merge(deed.deeds.events)
        detections.merge(deed.deeds.detections)
    actors = sorted({deed.doer.arn for deed in group})
    first = min(deed.deeds.first for deed in group)
    stages = ", ".join(f"`{name}`" for name in sorted(detections.counts))
    words = f"those who pay were blinded, and the field was widened or money spent, within a day: {stages}"
    reason = Reason(code="denial-of-wallet", words=words, severity=Severity.PAGE, event_ids=tuple(sorted(events.ids())))
    return Concern(
        id=stable_id("wallet", account, first),
        kind=ConcernKind.DENIAL_OF_WALLET,
        account=account,
        actor=", ".join(actors[:3]),
        started=instant_of(first),
        ended=instant_of(max(deed.deeds.last for deed in group)),
        event_ids=events.ids(),
        severity=Severity.PAGE,
        reasons=(reason,),
    )
