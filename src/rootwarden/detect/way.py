"""One way a root event may take to somebody, followed link by link for every sample event at once.

Each link says true, false or undecided for each sample. A sample stops at its first false link; a later false link
also settles an undecided one (Kleene), so a chain is known to be broken even where an earlier link could not be read.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

import msgspec

from rootwarden.detect.samples import RootEvent, Use
from rootwarden.detect.truth import Truth, all_of
from rootwarden.detect.variants import titles
from rootwarden.facts.fact import Source, Unknown, Why
from rootwarden.facts.monitoring import Monitoring

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rootwarden.facts.fact import Fact

T = TypeVar("T")


class NeedKind(StrEnum):
    """What may still be asked, by the IAM action that answers it."""

    TRAILS = "cloudtrail:DescribeTrails"
    STATUS = "cloudtrail:GetTrailStatus"
    SELECTORS = "cloudtrail:GetEventSelectors"
    FILTERS = "logs:DescribeMetricFilters"
    ALARMS = "cloudwatch:DescribeAlarms"
    SUBSCRIPTIONS = "sns:ListSubscriptionsByTopic"
    RULES = "events:ListRules"
    TARGETS = "events:ListTargetsByRule"


class Need(msgspec.Struct, frozen=True, order=True):
    """An answer nobody asked for yet, and that this way waits for: `name` is the trail, rule or topic, else empty."""

    kind: NeedKind
    region: str
    name: str = ""
    arn: str = ""


class Scene(msgspec.Struct, frozen=True):
    """What a search works on.

    Attributes:
        account: What watches the account in question.
        owner: What watches the account that owns the organization trail, if that was collected.
        events: The samples made for the account.
        elsewhere: What watches other accounts that some trail delivers to, as far as that was collected.
    """

    account: Monitoring
    owner: Monitoring | None
    events: tuple[RootEvent, ...]
    elsewhere: tuple[Monitoring, ...] = ()

    @property
    def places(self) -> tuple[Monitoring, ...]:
        """Every account a way may lead through."""
        return (self.account, *(() if self.owner is None else (self.owner,)), *self.elsewhere)

    def place(self, account: str) -> Monitoring | None:
        """What watches that account, when it is one of those."""
        return next((place for place in self.places if place.account == account), None)

    def every(self, truth: Truth) -> tuple[Truth, ...]:
        """The same for each sample."""
        return (truth,) * len(self.events)

    def each(self, says: Callable[[RootEvent], Truth]) -> tuple[Truth, ...]:
        """Ask for each sample."""
        return tuple(says(event) for event in self.events)

    def required(self) -> tuple[int, ...]:
        """Positions of the samples that must get through."""
        return tuple(at for at, event in enumerate(self.events) if event.sample.use is Use.REQUIRED)

    def missed(self, truths: Sequence[Truth]) -> str:
        """The required samples that are false, for a sentence."""
        return " or ".join(titles(self.events[at] for at in self.required() if truths[at] is False))

    def misses(self, truths: Sequence[Truth]) -> str:
        """A clause: the samples a pattern does not match, or, when it matches those, what its own words leave out."""
        false = [self.events[at] for at in self.required() if truths[at] is False]
        narrowed = all(event.sample.variant for event in false)
        return f"{'misses' if narrowed else 'does not match'} {self.missed(truths)}"


class Standing(msgspec.Struct, frozen=True):
    """How far one sample got: `reached` links, then `problem`, or the first `doubt` on its way."""

    truth: Truth = True
    reached: int = 0
    problem: str = ""
    doubt: Unknown | None = None


class Way(msgspec.Struct, frozen=True):
    """The links passed so far and where each sample stands.

    Attributes:
        length: How many links a whole way of this kind has: trail, log group, filter, alarm, topic, subscriber; or
            rule, topic, subscriber.
        person: It ends at a person, not at a machine.
    """

    standings: tuple[Standing, ...]
    required: tuple[int, ...]
    length: int
    links: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    needs: tuple[Need, ...] = ()
    person: bool = False

    @property
    def alive(self) -> bool:
        """Some required sample may still get through."""
        return any(self.standings[at].truth is not False for at in self.required)

    @property
    def complete(self) -> bool:
        """Every required sample gets through."""
        return all(self.standings[at].truth is True for at in self.required)

    @property
    def words(self) -> str:
        """`trail t → log group g → …`"""
        return " → ".join(self.links)

    def link(self, words: str) -> Way:
        """Come to the next link."""
        return msgspec.structs.replace(self, links=(*self.links, words))

    def test(self, truths: Sequence[Truth], problem: str, doubt: Unknown | None = None) -> Way:
        """Let the current link say what it makes of each sample.

        Args:
            truths: One a sample.
            problem: Why the false ones are false: a clause after the link's words.
            doubt: Why the undecided ones are undecided.
        """
        standings = tuple(
            self._next(standing, truth, problem, doubt) for standing, truth in zip(self.standings, truths, strict=True)
        )
        return msgspec.structs.replace(self, standings=standings)

    def broken(self, problem: str) -> Way:
        """The current link stops every sample."""
        return self.test([False] * len(self.standings), problem)

    def doubtful(self, doubt: Unknown, need: Need | None = None) -> Way:
        """The current link could not be read; `need` says what to ask when nobody asked yet."""
        way = self.test([None] * len(self.standings), "", doubt)
        if need is None or doubt.why is not Why.NOT_COLLECTED:
            return way
        return msgspec.structs.replace(way, needs=(*way.needs, need))

    def noted(self, note: str) -> Way:
        """Add what a reader must know if this way is the one that works."""
        return msgspec.structs.replace(self, notes=(*self.notes, note))

    def seen(self, fact: Fact[T]) -> Way:
        """Add where a fact was seen."""
        return msgspec.structs.replace(self, sources=(*self.sources, *fact.sources))

    def to_person(self) -> Way:
        """The end of this way is a person, not a machine."""
        return msgspec.structs.replace(self, person=True)

    def _next(self, standing: Standing, truth: Truth, problem: str, doubt: Unknown | None) -> Standing:
        if standing.truth is False:
            return standing
        together = all_of((standing.truth, truth))
        if together is False:
            return Standing(False, len(self.links), problem)
        first_doubt = standing.doubt or (doubt if truth is None else None)
        return Standing(together, len(self.links), "", first_doubt)


def start(scene: Scene, *, length: int) -> Way:
    """A way with no link yet, and how many a whole one has."""
    return Way(tuple(Standing() for _ in scene.events), scene.required(), length=length)


def undecided(reason: str, permission: str = "") -> Unknown:
    """A doubt that no further call of ours settles."""
    return Unknown(reason, Why.NOT_SUPPORTED, permission)
