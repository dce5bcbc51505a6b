"""Ways through CloudWatch: trail → log group → metric filter → alarm → action."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.detect.alarm_firing import fires_on_one
from rootwarden.detect.destinations import reach
from rootwarden.detect.errors import PatternError
from rootwarden.detect.filter_parser import read_filter_pattern
from rootwarden.detect.probes import not_probed
from rootwarden.detect.trail_selectors import records
from rootwarden.detect.trails import recording, trails
from rootwarden.detect.way import Need, NeedKind, start, undecided
from rootwarden.facts.fact import Known, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.detect.truth import Truth
    from rootwarden.detect.way import Scene, Way
    from rootwarden.facts.monitoring import (
        Alarm,
        Alarms,
        LogGroup,
        MetricFilter,
        Monitoring,
        RegionMonitoring,
        Trail,
        Transformation,
    )

# trail, log group, filter, alarm, topic, subscriber
_LINKS = 6


def trail_ways(scene: Scene, *, organization_only: bool = False) -> Iterator[Way]:
    """Every way through a trail, as far as it goes.

    Args:
        scene: The search.
        organization_only: Leave out trails that are known to record one account only.
    """
    found = trails(scene)
    if found.doubt is not None:
        yield start(scene, length=_LINKS).doubtful(found.doubt, Need(NeedKind.TRAILS, scene.account.home_region))
    for trail in found.trails:
        if not (organization_only and trail.organization == Known(False)):
            yield from _from_trail(scene, trail)


def _from_trail(scene: Scene, trail: Trail) -> Iterator[Way]:
    way = recording(scene, start(scene, length=_LINKS), trail)
    way = _recorded(scene, way, trail)
    way = _delivered(way, trail)
    if not way.alive or not isinstance(trail.log_group, Known):
        yield way
        return
    group = trail.log_group.value
    place = scene.place(group.account)
    way = way.link(f"log group {group.name}")
    if place is None:
        reason = f"the log group is in account {group.account}, which was not collected"
        yield way.doubtful(undecided(reason, NeedKind.FILTERS.value))
        return
    yield from _from_log_group(scene, place, group, way)


def _recorded(scene: Scene, way: Way, trail: Trail) -> Way:
    selectors = trail.selectors
    way = way.seen(selectors)
    if isinstance(selectors, Known):
        truths = scene.each(lambda event: records(selectors.value, event))
        doubt = undecided("an event selector uses a field that is not evaluated")
        return way.test(truths, f"its event selectors leave out {scene.missed(truths)}", doubt)
    if isinstance(selectors, Unknown):
        own = trail.account == scene.account.account
        need = Need(NeedKind.SELECTORS, trail.home_region, trail.name, trail.arn) if own else None
        return way.doubtful(selectors, need)
    return way.broken("it has no event selectors")


def _delivered(way: Way, trail: Trail) -> Way:
    if isinstance(trail.log_group, Unknown):
        return way.doubtful(trail.log_group)
    if not isinstance(trail.log_group, Known):
        return way.broken("delivers to no log group")
    if isinstance(trail.status, Known) and trail.status.value.delivery_error:
        error = trail.status.value.delivery_error
        return way.doubtful(undecided(f"its last delivery to CloudWatch Logs ended with `{error}`"))
    return way


def _from_log_group(scene: Scene, place: Monitoring, group: LogGroup, way: Way) -> Iterator[Way]:
    region = place.region(group.region)
    filters = region.metric_filters
    way = way.seen(filters)
    if isinstance(filters, Unknown):
        yield way.doubtful(filters, _own(scene, place, Need(NeedKind.FILTERS, group.region)))
        return
    here = [one for one in filters.value if one.log_group == group.name] if isinstance(filters, Known) else []
    ways = [(one, _filtered(scene, way, one)) for one in here]
    promising = [(one, passed) for one, passed in ways if passed.alive or "root" in one.pattern.casefold()]
    if not promising:
        yield way.broken("has no metric filter" if not here else f"none of its {len(here)} metric filters matches root")
    for one, passed in promising:
        if not passed.alive:
            yield passed
            continue
        for transformation in one.transformations:
            yield from _from_filter(scene, place, region, transformation, passed)


def _filtered(scene: Scene, way: Way, metric_filter: MetricFilter) -> Way:
    way = way.link(f"filter {metric_filter.name}")
    if metric_filter.beyond:
        return way.doubtful(undecided(f"the filter uses {metric_filter.beyond}, which is not evaluated"))
    try:
        pattern = read_filter_pattern(metric_filter.pattern)
        truths = scene.each(lambda event: pattern.matches(event.event, event.text))
    except PatternError as error:
        return way.doubtful(undecided(error.message))
    doubt = undecided("whether the pattern matches depends on what AWS does not document")
    way = way.test(truths, f"the filter {scene.misses(truths)}", doubt)
    unread = not_probed(pattern)
    return way.doubtful(undecided(f"what the filter leaves out by `%{unread}%` is not evaluated")) if unread else way


def _from_filter(
    scene: Scene, place: Monitoring, region: RegionMonitoring, transformation: Transformation, way: Way
) -> Iterator[Way]:
    way = way.seen(region.alarms)
    if isinstance(region.alarms, Unknown):
        yield way.doubtful(region.alarms, _own(scene, place, Need(NeedKind.ALARMS, region.region)))
        return
    watched = (transformation.namespace, transformation.metric)
    alarms = region.alarms.value if isinstance(region.alarms, Known) else None
    watching = [alarm for alarm in alarms.metric if watched in alarm.watched] if alarms is not None else []
    if alarms is None or not watching:
        yield way.broken(f"no alarm watches its metric {transformation.namespace}/{transformation.metric}")
        return
    for alarm in watching:
        fired = _fired(scene, way.link(f"alarm {alarm.name}"), alarm, transformation)
        if not fired.alive:
            yield fired
            continue
        for acting, actions in _acting(fired, alarm, alarms):
            if not acting.alive:
                yield acting
            for action in actions if acting.alive else ():
                yield from reach(scene, place, region.region, acting, action)


def _fired(scene: Scene, way: Way, alarm: Alarm, transformation: Transformation) -> Way:
    firings = [fires_on_one(alarm, transformation, event.event) for event in scene.events]
    waiting = [firing for at, firing in enumerate(firings) if way.standings[at].truth is not False]
    problem = next((firing.why for firing in waiting if firing.fires is False), "")
    doubt = next((firing.why for firing in waiting if firing.fires is None), "")
    way = way.test([firing.fires for firing in firings], problem, undecided(f"the alarm {doubt}"))
    return (
        way.noted(f"alarm {alarm.name} is in ALARM now and tells nobody again before it was OK")
        if (alarm.state == "ALARM")
        else way
    )


def _acting(way: Way, alarm: Alarm, alarms: Alarms) -> Iterator[tuple[Way, tuple[str, ...]]]:
    """The alarm itself with its actions, and each composite alarm that watches it."""
    yield _enabled(way, alarm.actions_enabled, alarm.actions), alarm.actions
    for composite in alarms.composite:
        follows = _follows(composite.rule, alarm)
        if follows is not False:
            linked = way.link(f"composite alarm {composite.name}")
            doubt = undecided(f"the rule `{composite.rule}` is not evaluated")
            linked = linked.test([follows] * len(way.standings), "", doubt)
            yield _enabled(linked, composite.actions_enabled, composite.actions), composite.actions


def _enabled(way: Way, enabled: bool | None, actions: tuple[str, ...]) -> Way:
    if not actions:
        return way.broken("has no action")
    if enabled is None:
        return way.doubtful(undecided("`ActionsEnabled` of the alarm is missing"))
    return way if enabled else way.broken("its actions are switched off")


def _follows(rule: str, alarm: Alarm) -> Truth:
    """True when any of several ALARM(…) joined by OR is this alarm; undecided when it is named in another form."""
    names = {alarm.name, alarm.arn}
    terms = [term.strip().strip("()") for term in rule.replace("ALARM(", "\0").split(" OR ")]
    plain = [term.lstrip("\0").strip(" )\"'") for term in terms if term.startswith("\0")]
    if len(plain) == len(terms) and names & set(plain):
        return True
    return None if alarm.name in rule or (alarm.arn and alarm.arn in rule) else False


def _own(scene: Scene, place: Monitoring, need: Need) -> Need | None:
    """Only the account in question is asked further; another one answers in its own turn."""
    return need if place.account == scene.account.account else None
