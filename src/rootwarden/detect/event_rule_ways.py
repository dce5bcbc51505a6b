"""Ways through EventBridge: a rule on the default bus of the home region → target.

AWS sends sign-ins and API calls to the default bus only, only while a trail is logging, and each Region sees its own
calls: a rule in the home region catches sign-ins and IAM calls, other regions need the same rule. Only the home region
is asked, so the others never decide; the note names what is known of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.detect.destinations import reach
from rootwarden.detect.errors import PatternError
from rootwarden.detect.event_pattern import read_event_pattern
from rootwarden.detect.trails import logging, sees, trails
from rootwarden.detect.truth import all_of, any_of
from rootwarden.detect.way import Need, NeedKind, start, undecided
from rootwarden.facts.fact import Known, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.detect.event_pattern import EventPattern
    from rootwarden.detect.filter_pattern import Event
    from rootwarden.detect.samples import RootEvent
    from rootwarden.detect.truth import Truth
    from rootwarden.detect.way import Scene, Way
    from rootwarden.facts.monitoring import EventRule, Monitoring

_SIGN_IN = "AWS Console Sign In via CloudTrail"
# The reference page of EventBridge spells it so; every rule that was seen to work spells it as above.
_SIGN_IN_BY_THE_REFERENCE = "AWS Console Signin via CloudTrail"
_DETAIL_TYPES = {
    "AwsConsoleSignIn": (_SIGN_IN, _SIGN_IN_BY_THE_REFERENCE),
    "AwsServiceEvent": ("AWS Service Event via CloudTrail",),
    "AwsConsoleAction": ("AWS Console Action via CloudTrail",),
}
# rule, topic, subscriber
_LINKS = 3
_WITH_READS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


def event_rule_ways(scene: Scene) -> Iterator[Way]:
    """Every way through an event rule of the home region, as far as it goes."""
    place = scene.account
    rules = place.region(place.home_region).event_rules
    way = start(scene, length=_LINKS).seen(rules)
    if isinstance(rules, Unknown):
        yield way.doubtful(rules, Need(NeedKind.RULES, place.home_region))
        return
    for rule in rules.value if isinstance(rules, Known) else ():
        passed = _matched(scene, way.link(f"event rule {rule.name}"), rule)
        if passed is None:
            continue
        if not passed.alive:
            yield passed
            continue
        fed = _fed(scene, passed)
        yield from _targets(scene, place, rule, fed) if fed.alive else (fed,)


def rule_says(rule: EventRule, pattern: EventPattern, event: RootEvent, region: str) -> Truth:
    """Whether an enabled rule in `region` is triggered by an event as if it had been recorded there."""
    if event.read_only and rule.state != _WITH_READS:
        return False
    return any_of(pattern.matches(envelope) for envelope in envelopes(event, region))


def envelopes(event: RootEvent, region: str) -> tuple[Event, ...]:
    """The event as EventBridge delivers it; two for a sign-in, whose detail-type AWS spells in two ways."""
    source = str(event.event.get("eventSource", "")).partition(".")[0]
    kinds = _DETAIL_TYPES.get(str(event.event.get("eventType")), ("AWS API Call via CloudTrail",))
    detail: Event = {**event.event, "awsRegion": region}
    return tuple(
        {
            "version": "0",
            "id": event.event.get("eventID"),
            "detail-type": kind,
            "source": f"aws.{source}",
            "account": event.event.get("recipientAccountId"),
            "time": event.event.get("eventTime"),
            "region": region,
            "resources": [],
            "detail": detail,
        }
        for kind in kinds
    )


def _matched(scene: Scene, way: Way, rule: EventRule) -> Way | None:
    """The way past the rule's pattern and state; `None` for a rule that has nothing to do with root."""
    if not rule.pattern:
        return None
    region = scene.account.home_region
    about_root = "root" in rule.pattern.casefold()
    try:
        pattern = read_event_pattern(rule.pattern)
    except PatternError as error:
        doubted = way.doubtful(undecided(error.message))
    else:
        truths = scene.each(lambda event: rule_says(rule, pattern, event, region))
        doubt = undecided("whether the pattern matches depends on what AWS does not document")
        doubted = way.test(truths, f"the rule {scene.misses(truths)}", doubt)
    if not doubted.alive and not about_root:
        return None
    if rule.bus.rpartition("/")[2] != "default":
        return doubted.broken(f"listens to the bus {rule.bus}, where AWS sends nothing itself")
    if rule.state == "DISABLED":
        return doubted.broken("is disabled")
    if rule.state not in {"ENABLED", _WITH_READS}:
        return doubted.doubtful(undecided(f"the state `{rule.state}` is not known"))
    return doubted.noted(_elsewhere(scene, rule))


def _elsewhere(scene: Scene, rule: EventRule) -> str:
    """What is known of the same watch in other regions."""
    home = scene.account.home_region
    watched: list[str] = []
    unwatched: list[str] = []
    for region in scene.account.regions:
        if region.region != home and isinstance(region.event_rules, Known):
            caught = any(_catches_calls(scene, one, region.region) for one in region.event_rules.value)
            (watched if caught else unwatched).append(region.region)
    known = "".join(
        (
            f"; a matching rule stands in {', '.join(watched)}" if watched else "",
            f"; there is none in {', '.join(unwatched)}" if unwatched else "",
        )
    )
    return (
        f"event rule {rule.name} sees {home} only, other regions need a rule like it"
        f"{known}; regions that were not collected are not known"
    )


def _catches_calls(scene: Scene, rule: EventRule, region: str) -> bool:
    """An enabled rule on the default bus that matches a change made there with a root key."""
    if rule.state == "DISABLED" or rule.bus != "default" or not rule.pattern:
        return False
    try:
        pattern = read_event_pattern(rule.pattern)
    except PatternError:
        return False
    calls = [scene.events[at] for at in scene.required() if scene.events[at].event.get("eventType") == "AwsApiCall"]
    return all(rule_says(rule, pattern, event, region) is True for event in calls)


def _fed(scene: Scene, way: Way) -> Way:
    """EventBridge gets CloudTrail's events only while some trail of the account is logging in the region."""
    home = scene.account.home_region
    found = trails(scene)
    asked = [(trail, logging(scene, trail)) for trail in found.trails]
    feeding = [(all_of((sees(trail, home), said.truth)), said) for trail, said in asked]
    truth = any_of((*(fed for fed, _ in feeding), False if found.doubt is None else None))
    for trail, _ in asked:
        way = way.seen(trail.status)
    if truth is True:
        return way
    if truth is False:
        return way.broken("no trail is logging there, and EventBridge gets root events from CloudTrail only")
    if found.doubt is not None and not any(fed is None for fed, _ in feeding):
        return way.doubtful(found.doubt, Need(NeedKind.TRAILS, home))
    said = next(said for fed, said in feeding if fed is None)
    return way.doubtful(said.doubt or undecided("whether a trail is logging there is not known"), said.need)


def _targets(scene: Scene, place: Monitoring, rule: EventRule, way: Way) -> Iterator[Way]:
    way = way.seen(rule.targets)
    if isinstance(rule.targets, Unknown):
        yield way.doubtful(rule.targets, Need(NeedKind.TARGETS, place.home_region, rule.name))
        return
    targets = rule.targets.value if isinstance(rule.targets, Known) else ()
    if not targets:
        yield way.broken("has no target")
    for target in targets:
        yield from reach(scene, place, place.home_region, way, target)
