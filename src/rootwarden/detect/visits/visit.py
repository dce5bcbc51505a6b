"""What is kept of the events of one visit, or of a part of it: small, and the same in whatever order they come.

Summaries of parts merge to the summary of the whole: merging is commutative and associative, so parts may be read by
different readers, on different days. A root key with ten million events has a summary as small as one with a hundred.
"""

from __future__ import annotations

from typing import Final

import msgspec

from rootwarden.detect.visits.bounded import NO_TIME, Stamp, Stamps, Tally, Texts
from rootwarden.detect.visits.incident import Shape
from rootwarden.detect.visits.outcome import Effect

SHOWN: Final = 20
EVENTS: Final = 100
ACTIONS: Final = 100
# Addresses are compared with networks one by one, so more are kept than are shown.
ADDRESSES: Final = 1000


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A detection that meant an event, or could not rule it out."""

    detection: str
    undecided: bool


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One root event, as far as its visit asks.

    Attributes:
        stamp: Its second and id.
        account: Whose root.
        shape: What it says of its shape by itself; `None` when it is not root's.
        access_key: What signed it.
        started: Second in which its session was issued; `None` when it has no session, or does not say.
        party: Who within root it is: the federated user's ARN, the service that acts for root; usually empty.
        effect: What it did.
        knock: It came from outside: refused at sign-in, or not yet let in.
        signed_in: It is a sign-in that succeeded.
        failed_sign_in: It is a sign-in that did not.
        issued: The access key it gave out.
        mfa: `MFAUsed` of a sign-in.
        session_mfa: `mfaAuthenticated` of the session.
        device: `MFAIdentifier`.
        address: Where from; empty where a service acts for root.
        nowhere: It does not say where from, and should.
        agent: The user agent.
        region: The region called.
        action: `iam:CreateAccessKey`.
        fits: Ids of the tasks and task policies that hold it; `None` unless it changed something, or tried to.
        may_fit: The same, with those that could not be decided.
        hits: Detections that mean it.
    """

    stamp: Stamp
    account: str
    shape: Shape | None
    access_key: str = ""
    started: int | None = None
    party: str = ""
    effect: Effect = Effect.NEITHER
    knock: bool = False
    signed_in: bool = False
    failed_sign_in: bool = False
    issued: str = ""
    mfa: bool | None = None
    session_mfa: bool | None = None
    device: str = ""
    address: str = ""
    nowhere: bool = False
    agent: str = ""
    region: str = ""
    action: str = ""
    fits: frozenset[str] | None = None
    may_fit: frozenset[str] | None = None
    hits: tuple[Hit, ...] = ()

    @property
    def second(self) -> int | None:
        """When, in seconds since 1970."""
        return None if self.stamp[0] == NO_TIME else self.stamp[0]


class Hits(msgspec.Struct, kw_only=True):
    """How often a detection meant an event of the visit, and which."""

    count: int = 0
    undecided: int = 0
    events: Stamps = msgspec.field(default_factory=lambda: Stamps(most=EVENTS))

    def merge(self, other: Hits) -> None:
        """Add those of another part."""
        self.count += other.count
        self.undecided += other.undecided
        self.events.merge(other.events)


class Fit(msgspec.Struct, kw_only=True):
    """Which tasks hold all changes, and which may; `None` while there was no change."""

    surely: frozenset[str] | None = None
    maybe: frozenset[str] | None = None

    def narrow(self, surely: frozenset[str] | None, maybe: frozenset[str] | None) -> None:
        """Take another change into account."""
        self.surely = _both(self.surely, surely)
        self.maybe = _both(self.maybe, maybe)


class Summary(msgspec.Struct, kw_only=True):
    """The events of a visit, or of a part of it. Attributes are named as those of `Incident` and `Seen`."""

    events: int = 0
    writes: int = 0
    reads: int = 0
    failed_sign_ins: int = 0
    knocks: int = 0
    sign_ins: int = 0
    first: int = NO_TIME
    last: int = -NO_TIME
    started: int = NO_TIME
    timeless: int = 0
    nowhere: int = 0
    mfa: set[bool] = msgspec.field(default_factory=set)
    session_mfa: set[bool] = msgspec.field(default_factory=set)
    shapes: set[Shape] = msgspec.field(default_factory=set)
    devices: Texts = msgspec.field(default_factory=lambda: Texts(most=SHOWN))
    access_keys: Texts = msgspec.field(default_factory=lambda: Texts(most=SHOWN))
    addresses: Texts = msgspec.field(default_factory=lambda: Texts(most=ADDRESSES))
    agents: Texts = msgspec.field(default_factory=lambda: Texts(most=SHOWN))
    regions: Texts = msgspec.field(default_factory=lambda: Texts(most=EVENTS))
    actions: Tally = msgspec.field(default_factory=lambda: Tally(most=ACTIONS))
    fit: Fit = msgspec.field(default_factory=Fit)
    fits: dict[str, Fit] = msgspec.field(default_factory=dict)
    hits: dict[str, Hits] = msgspec.field(default_factory=dict)
    ids: Stamps = msgspec.field(default_factory=lambda: Stamps(most=EVENTS))

    @property
    def used(self) -> bool:
        """Root was in: something happened besides knocking at the sign-in page."""
        return self.events > self.knocks

    def add(self, seen: Seen) -> None:
        """Take one event in."""
        self.events += 1
        self.writes += seen.effect is Effect.WRITE
        self.reads += seen.effect is Effect.READ
        self.failed_sign_ins += seen.failed_sign_in
        self.knocks += seen.knock
        self.sign_ins += seen.signed_in
        self.nowhere += seen.nowhere
        self._add_time(seen)
        self._add_texts(seen)
        if seen.shape is not None:
            self.shapes.add(seen.shape)
        self.ids.add(seen.stamp)
        if seen.mfa is not None:
            self.mfa.add(seen.mfa)
        if seen.session_mfa is not None:
            self.session_mfa.add(seen.session_mfa)
        for hit in seen.hits:
            hits = self.hits.setdefault(hit.detection, Hits())
            hits.count += 1
            hits.undecided += hit.undecided
            hits.events.add(seen.stamp)
        if seen.effect is Effect.WRITE:
            self.actions.add(seen.action)
        if seen.fits is not None:
            self._narrow(seen.action, Fit(surely=seen.fits, maybe=seen.may_fit))

    def merge(self, other: Summary) -> None:
        """Take in all that another part holds."""
        for name in ("events", "writes", "reads", "failed_sign_ins", "knocks", "sign_ins", "timeless", "nowhere"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)
        self.started = min(self.started, other.started)
        self.mfa |= other.mfa
        self.session_mfa |= other.session_mfa
        self.shapes |= other.shapes
        for mine, theirs in (
            (self.devices, other.devices),
            (self.access_keys, other.access_keys),
            (self.addresses, other.addresses),
            (self.agents, other.agents),
            (self.regions, other.regions),
        ):
            mine.merge(theirs)
        self.actions.merge(other.actions)
        self.ids.merge(other.ids)
        self.fit.narrow(other.fit.surely, other.fit.maybe)
        for action, fit in other.fits.items():
            self._narrow(action, fit)
        for detection, hits in other.hits.items():
            self.hits.setdefault(detection, Hits()).merge(hits)

    def copy(self) -> Summary:
        """One of its own, that can be added to without changing this one."""
        copied = Summary()
        copied.merge(self)
        return copied

    def _add_time(self, seen: Seen) -> None:
        if seen.second is None:
            self.timeless += 1
        else:
            self.first = min(self.first, seen.second)
            self.last = max(self.last, seen.second)
        if seen.started is not None:
            self.started = min(self.started, seen.started)

    def _add_texts(self, seen: Seen) -> None:
        self.devices.add(seen.device)
        self.access_keys.add(seen.access_key)
        self.addresses.add(seen.address)
        self.agents.add(seen.agent)
        self.regions.add(seen.region)

    def _narrow(self, action: str, fit: Fit) -> None:
        self.fit.narrow(fit.surely, fit.maybe)
        self.fits.setdefault(action, Fit()).narrow(fit.surely, fit.maybe)
        if len(self.fits) > ACTIONS:
            del self.fits[max(self.fits)]


def _both(mine: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if mine is None or other is None:
        return mine if other is None else other
    return mine if mine == other else mine & other
