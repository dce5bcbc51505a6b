"""Events that the words of a pattern suggest: what the shipped samples alone cannot show.

A filter that says `$.eventName != "CreateAccessKey"` catches every sample and is narrowed all the same. So each value
a pattern compares a field with is put into that field of a sample, and the variant must get through like any other
event. Fields that tell the events of the set from others are left alone (`narrowing`): there narrowing is right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.detect.narrowing import ROOT_USAGE
from rootwarden.detect.samples import RootEvent, Sample, Use

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rootwarden.detect.filter_pattern import Event, Value
    from rootwarden.detect.narrowing import Narrowing
    from rootwarden.detect.probes import Probe

MOST_VARIANTS = 300
_CALLS_ONLY = frozenset(
    {"eventName", "eventSource", "eventType", "awsRegion", "errorCode", "errorMessage", "requestParameters",
     "vpcEndpointId", "sessionCredentialFromConsole"}
)  # fmt: skip
_READS = ("Get", "List", "Describe", "Head", "Lookup", "Search", "BatchGet", "View")
_FAILURES = ("error", "denied", "unauthorized", "fail")
_SIGN_IN = "AwsConsoleSignIn"


def variants(
    events: Sequence[RootEvent],
    probes: Iterable[Probe],
    narrowing: Narrowing = ROOT_USAGE,
    *,
    most: int = MOST_VARIANTS,
) -> tuple[RootEvent, ...]:
    """The events that are to get through besides the samples, each once, at most `most` and one more.

    Args:
        events: The samples made for the account.
        probes: What the patterns suggest.
        narrowing: By which fields the set's events may be told apart.
        most: How many are looked at.
    """
    bases = _bases(events, narrowing)
    made: dict[str, RootEvent] = {}
    for probe in dict.fromkeys(probes):
        if not _plausible(probe, events, narrowing):
            continue
        for base in bases:
            if _applies(probe, base):
                made.setdefault(f"{probe.words} {base.sample.id}", _variant(probe, base, narrowing))
        if len(made) > most:
            break
    return tuple(made.values())[: most + 1]


def _bases(events: Sequence[RootEvent], narrowing: Narrowing) -> list[RootEvent]:
    """The first required sample of each shape; where every name counts, also the first of each name."""
    first: dict[str, RootEvent] = {}
    for event in events:
        if event.sample.use is Use.REQUIRED:
            first.setdefault(f"shape {event.sample.shape}", event)
            if narrowing.each_name:
                first.setdefault(f"name {event.event.get('eventName')}", event)
    return list({event.sample.id: event for event in first.values()}.values())


def _plausible(probe: Probe, events: Sequence[RootEvent], narrowing: Narrowing) -> bool:
    """Whether an event of the set may look so, and no sample looks so already."""
    if probe.in_text:
        return not any(probe.value in event.text for event in events if event.sample.use is not Use.OTHER)
    if narrowing.leaves_alone(probe.path) or narrowing.exempts(probe.path, probe.value):
        return False
    if probe.path == ("eventType",):
        return probe.value == "AwsConsoleAction"
    if not narrowing.by_services and probe.path[0] in {"sourceIPAddress", "userAgent"} and _is_service(probe.value):
        return False
    if not probe.value or not all(probe.path):
        return False
    # Names of service events never are a use of root; of other fields only what must get through says something.
    kinds = {Use.REQUIRED} if probe.path != ("eventName",) else {*Use} - {Use.OTHER}
    seen = [_at(event.event, probe.path) for event in events if event.sample.use in kinds]
    return all(value is None for value in seen) if probe.exists else probe.value not in seen


def _is_service(value: str) -> bool:
    """Services call for root under their host name."""
    return value.endswith(".amazonaws.com") or "internal" in value.casefold()


def _applies(probe: Probe, base: RootEvent) -> bool:
    """Sign-ins have their own name, source and region; they carry no key and no session."""
    if base.event.get("eventType") != _SIGN_IN or probe.in_text:
        return True
    if probe.path[0] in _CALLS_ONLY:
        return False
    return probe.path[:2] not in {("userIdentity", "accessKeyId"), ("userIdentity", "sessionContext")}


def _variant(probe: Probe, base: RootEvent, narrowing: Narrowing) -> RootEvent:
    event, text = base.event, f"{base.text} {probe.value}"
    if not probe.in_text:
        event = _with(event, probe.path, probe.value)
        if _is_read(probe):
            event = {**event, "readOnly": True}
        text = msgspec.json.encode(event).decode()
    return RootEvent(
        sample=Sample(
            id=f"{base.sample.id}: {probe.words}",
            title=f"{narrowing.events} {probe.words}",
            shape=base.sample.shape,
            use=Use.OPTIONAL if _only_noted(probe, narrowing) else Use.REQUIRED,
            event=event,
            variant=True,
        ),
        event=event,
        text=text,
        region=str(event.get("awsRegion", "")),
        read_only=event.get("readOnly") in (True, "true"),
    )


def _only_noted(probe: Probe, narrowing: Narrowing) -> bool:
    """Failed calls, reads and noise may be left out where the set allows it, if that is said."""
    if probe.in_text:
        return narrowing.notes(("errorCode",)) and any(word in probe.value.casefold() for word in _FAILURES)
    if narrowing.notes(probe.path):
        return True
    named = probe.path == ("eventName",)
    return named and (probe.value in narrowing.names_noted or (narrowing.reads_noted and _is_read(probe)))


def _is_read(probe: Probe) -> bool:
    return probe.path == ("eventName",) and probe.value.startswith(_READS)


def _at(event: Event, path: tuple[str, ...]) -> Value:
    found: Value = event
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _with(event: Event, path: tuple[str, ...], value: str) -> Event:
    """The event with a value at a path; what is on the way and no object makes room."""
    first, *rest = path
    if not rest:
        return {**event, first: value}
    inner = event.get(first)
    return {**event, first: _with(inner if isinstance(inner, dict) else {}, tuple(rest), value)}


def too_many(made: Sequence[RootEvent]) -> bool:
    """Whether there are more variants than are looked at."""
    return sum(event.sample.variant for event in made) > MOST_VARIANTS


def titles(chosen: Iterable[RootEvent]) -> Iterator[str]:
    """Titles for a sentence, each once; the samples' own if there are any, since the variants follow from them."""
    listed = tuple(chosen)
    own = [event for event in listed if not event.sample.variant]
    yield from dict.fromkeys(event.sample.title for event in own or listed)
