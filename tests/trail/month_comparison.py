"""What detection found in a generated month, compared with its truth: by sets of event ids, then field by field."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Json = dict[str, Any]
FIELDS = (
    "account",
    "shape",
    "verdict",
    "severity",
    "started",
    "ended",
    "events",
    "writes",
    "failed_sign_ins",
    "mfa",
    "caller",
    "task_policy",
    "lease",
)
RANKS = {"record": 0, "notify": 1, "page": 2}
# An incident names its first hundred events.
KEPT = 100


class Score(NamedTuple):
    """Visits of the truth that were found, exactly; incidents that are a visit of the truth; and what differs."""

    recall: float
    precision: float
    differences: list[str]


def visits(truth: Json, findings: Json) -> Score:
    """Compare incidents with visits."""
    incidents = findings["incidents"]
    by_event = {event: index for index, each in enumerate(incidents) for event in each["event_ids"]}
    found, differences, exact = set(), [], 0
    for visit in truth["visits"]:
        places = {by_event[event] for event in visit["event_ids"] if event in by_event}
        told = [] if len(places) != 1 else [*_differing(visit, incidents[next(iter(places))])]
        if len(places) != 1:
            told = [f"told as {len(places)} incidents"]
        elif not any(each.startswith("events") for each in told):
            exact += 1
        found |= places
        differences += [f"{visit['story']} {visit['account']}: {each}" for each in told]
    extra = [each for index, each in enumerate(incidents) if index not in found]
    differences += [f"no visit of the truth: {each['id']}" for each in extra]
    differences += [f"{each['id']}: {told}" for each in incidents for told in _unexplained(each)]
    return Score(exact / len(truth["visits"]), exact / max(len(incidents), 1), differences)


def _differing(visit: Json, incident: Json) -> Iterator[str]:
    # Records without an id are named by what is in them; how many events there are says whether they were counted.
    named = {event for event in incident["event_ids"] if not event.startswith("sha256:")}
    whole = set(visit["event_ids"])
    if not named <= whole or (visit["events"] <= KEPT and named != whole):
        yield f"events that are not its own: {sorted(named - whole)}, missing: {sorted(whole - named)}"
    for field in FIELDS:
        if visit[field] != incident[field]:
            yield f"{field} is {visit[field]!r}, found {incident[field]!r}"


def _unexplained(incident: Json) -> Iterator[str]:
    reasons = incident["reasons"]
    if not reasons or not all(each["words"] and each["code"] for each in reasons):
        yield "no reasons in words"
    elif max(RANKS[each["severity"]] for each in reasons) != RANKS[incident["severity"]]:
        yield "its severity is not that of its reasons"


def concerns(truth: Json, findings: Json) -> list[str]:
    """What differs between the concerns of the truth and those found."""
    return [*_events_of_concerns(truth, findings), *_severities(truth, findings), *_without_events(truth, findings)]


def _events_of_concerns(truth: Json, findings: Json) -> Iterator[str]:
    right, found = _by_kind(truth["concerns"]), _by_kind(findings["concerns"])
    for kind in sorted(right.keys() | found.keys()):
        if missing := right[kind] - found[kind]:
            yield f"{kind}: not found: {_stories(truth, missing)}"
        if extra := found[kind] - right[kind]:
            yield f"{kind}: no concern of the truth: {sorted(extra)}"


def _severities(truth: Json, findings: Json) -> Iterator[str]:
    for concern in truth["concerns"]:
        for other in findings["concerns"]:
            shared = other["kind"] == concern["kind"] and set(concern["event_ids"]) & set(other["event_ids"])
            if shared and concern["severity"] not in {None, other["severity"]}:
                yield f"{concern['story']}: severity is {concern['severity']}, found {other['severity']}"


def _without_events(truth: Json, findings: Json) -> Iterator[str]:
    right = sorted(each["account"] for each in truth["concerns"] if not each["event_ids"])
    found = sorted(each["account"] for each in findings["concerns"] if not each["event_ids"])
    if right != found:
        yield f"codes given out and not used: {right}, found {found}"


def _by_kind(told: Iterable[Json]) -> defaultdict[str, set[str]]:
    events: defaultdict[str, set[str]] = defaultdict(set)
    for each in told:
        events[each["kind"]] |= set(each["event_ids"])
    return events


def _stories(truth: Json, events: set[str]) -> list[str]:
    return sorted({each["story"] for each in truth["concerns"] if events & set(each["event_ids"])})
