"""Does a root event reach somebody? Rule `root-usage-alarm`, decided by meaning.

The account's sample root events are sent down every way there is: through a trail, its log group, a metric filter, an
alarm and its action to a confirmed subscriber, or through an event rule to its target. The alarm works when every
required sample gets to an end, by one way or by several together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.detect.event_rule_ways import event_rule_ways
from rootwarden.detect.limits import IN_WORDS, within_limits
from rootwarden.detect.samples import Use, for_account
from rootwarden.detect.suggested import with_variants
from rootwarden.detect.trail_ways import trail_ways
from rootwarden.detect.truth import all_of, any_of
from rootwarden.detect.variants import MOST_VARIANTS, titles, too_many
from rootwarden.detect.way import Scene, Way
from rootwarden.facts.fact import Fact, Known, Unknown, Why

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rootwarden.detect.samples import Sample
    from rootwarden.detect.truth import Truth
    from rootwarden.detect.way import Need
    from rootwarden.facts.fact import Source
    from rootwarden.facts.monitoring import Monitoring


class RootUsageAlarm(msgspec.Struct, frozen=True):
    """What the rule reads.

    Attributes:
        works: Every required sample reaches somebody; its note tells what the chain leaves out or catches besides.
        chain: The working chain in words, or the most complete one with the link that is broken.
    """

    works: Fact[bool]
    chain: Fact[str]


class Survey(msgspec.Struct, frozen=True):
    """Every way that was followed, and what each sample comes to over all of them."""

    scene: Scene
    ways: tuple[Way, ...]

    def over_all(self, at: int) -> Truth:
        """Whether the sample at that position gets through by any way."""
        return any_of(way.standings[at].truth for way in self.ways)

    @property
    def works(self) -> Truth:
        """Whether every required sample gets through."""
        looked = None if too_many(self.scene.events) else True
        return all_of((looked, *(self.over_all(at) for at in self.scene.required())))

    def needs(self) -> tuple[Need, ...]:
        """What nobody asked yet and some way still waits for; nothing once the question is decided."""
        if self.works is not None:
            return ()
        return tuple(sorted({need for way in self.ways if way.alive for need in way.needs}))


def survey(
    account: Monitoring,
    owner: Monitoring | None,
    samples: Iterable[Sample],
    *,
    elsewhere: tuple[Monitoring, ...] = (),
    organization_only: bool = False,
) -> Survey:
    """Follow every way.

    Args:
        account: What watches the account in question.
        owner: What watches the account that owns the organization trail, or `None` when that was not collected.
        samples: The shipped samples (`packs.samples.root_samples`).
        elsewhere: What watches other accounts whose log groups the trails deliver to, as far as that was collected.
        organization_only: Follow organization trails only: what members will ask of their trail's owner.
    """
    events = for_account(samples, account=account.account, partition=account.partition, home_region=account.home_region)
    scene = with_variants(Scene(account, owner, events, elsewhere))
    ways = list(trail_ways(scene, organization_only=organization_only))
    if not organization_only:
        ways.extend(event_rule_ways(scene))
    return Survey(scene, tuple(ways))


def root_usage_alarm(
    account: Monitoring,
    owner: Monitoring | None,
    samples: Iterable[Sample],
    *,
    elsewhere: tuple[Monitoring, ...] = (),
) -> RootUsageAlarm:
    """Decide the rule for one account; arguments as for `survey`.

    Returns:
        `works` true with the chain; false with the first broken link of the most complete chain, when everything that
        could make it true is known; else unknown with the reason and the permission that would settle it.
    """
    seen = survey(account, owner, tuple(samples), elsewhere=elsewhere)
    works = seen.works
    if works is True:
        return _working(seen)
    if works is False:
        words = _broken(seen)
        sources = _sources(seen.ways)
        return RootUsageAlarm(Known(False, sources), Known(words, sources))
    doubt = _doubt(seen)
    return RootUsageAlarm(doubt, doubt)


def _working(seen: Survey) -> RootUsageAlarm:
    ways = _chosen(seen)
    words = ways[0].words if len(ways) == 1 else "; ".join(f"{way.words} (for {_carried(seen, way)})" for way in ways)
    sources = _sources(ways)
    return RootUsageAlarm(Known(True, sources, "; ".join(_notes(seen, ways))), Known(words, sources))


def _chosen(seen: Survey) -> tuple[Way, ...]:
    """The ways to name: one that carries everything, to a person if there is one; else as few as needed."""
    complete = [way for way in seen.ways if way.complete]
    if complete:
        return (min(complete, key=lambda way: (not way.person, len(way.notes))),)
    chosen: dict[int, Way] = {}
    for at in seen.scene.required():
        if not any(way.standings[at].truth is True for way in chosen.values()):
            carrying = [(not way.person, -_reach(seen, way), index) for index, way in enumerate(seen.ways)]
            index = min(entry for entry in carrying if seen.ways[entry[2]].standings[at].truth is True)[2]
            chosen[index] = seen.ways[index]
    return tuple(chosen[index] for index in sorted(chosen))


def _reach(seen: Survey, way: Way) -> int:
    return sum(way.standings[at].truth is True for at in seen.scene.required())


def _carried(seen: Survey, way: Way) -> str:
    events = seen.scene.events
    return " and ".join(titles(events[at] for at in seen.scene.required() if way.standings[at].truth is True))


def _notes(seen: Survey, ways: Sequence[Way]) -> Iterable[str]:
    """What the working chain leaves out, catches besides, and rests on."""
    positions = range(len(seen.scene.events))
    missed = [at for at in positions if _use(seen, at) is Use.OPTIONAL and seen.over_all(at) is False]
    if missed:
        yield f"it does not report {_titles(seen, missed, ' or ')}"
    caught = [at for at in positions if any(way.standings[at].truth is True for way in ways)]
    for use, words in ((Use.OTHER, "broader than root"), (Use.DECOY, "broader than use of root")):
        broad = [at for at in caught if _use(seen, at) is use]
        if broad:
            yield f"{words}: it also reports {_titles(seen, broad, ' and ')}"
    yield from dict.fromkeys(note for way in ways for note in way.notes)


def _use(seen: Survey, at: int) -> Use:
    return seen.scene.events[at].sample.use


def _titles(seen: Survey, positions: Iterable[int], between: str) -> str:
    return between.join(dict.fromkeys(seen.scene.events[at].sample.title for at in positions))


def _broken(seen: Survey) -> str:
    """The most complete chain of the first sample that gets nowhere, up to the link that stops it."""
    if not seen.ways:
        return "no trail and no event rule sees root events"
    at = next(at for at in seen.scene.required() if seen.over_all(at) is False)
    best = max(seen.ways, key=lambda way: (way.standings[at].reached / way.length, _total(seen, way) / way.length))
    standing = best.standings[at]
    return f"{' → '.join(best.links[: standing.reached])}: {standing.problem}"


def _total(seen: Survey, way: Way) -> int:
    return sum(way.standings[at].reached for at in seen.scene.required())


def _doubt(seen: Survey) -> Unknown:
    """Why it cannot be said: the furthest way that is only doubtful, refusals before what was never asked."""
    waiting = [
        (standing.doubt, way)
        for at in seen.scene.required()
        if seen.over_all(at) is None
        for way in seen.ways
        if (standing := way.standings[at]).truth is None and standing.doubt is not None
    ]
    if too_many(seen.scene.events):
        reason = f"the patterns compare root events with more than {MOST_VARIANTS} values, which is not evaluated"
        return Unknown(reason, Why.NOT_SUPPORTED)
    if not waiting:
        return Unknown("whether a root event reaches somebody cannot be said", Why.FAILED)
    doubt, way = max(waiting, key=lambda one: (one[0].why is not Why.NOT_COLLECTED, len(one[1].links)))
    reason = f"{way.words}: {doubt.reason}" if way.links else doubt.reason
    needs = seen.needs()
    if needs and not within_limits(seen.scene.account, needs):
        reason = f"{IN_WORDS}; {reason}"
    return Unknown(reason, doubt.why, doubt.permission, doubt.sources)


def _sources(ways: Iterable[Way]) -> tuple[Source, ...]:
    return tuple(dict.fromkeys(source for way in ways for source in way.sources))
