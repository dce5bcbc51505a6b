"""What detection found in a generated month, compared with its truth: by sets of event ids, then field by field."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]
# Kind, account and events of a concern.
What = tuple[str, str, tuple[str, ...]]
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
    """What differs between the concerns of the truth and those found: each is found once, as one, with its account."""
    return [*_one_for_one(truth, findings), *_severities(truth, findings)]


def _one_for_one(truth: Json, findings: Json) -> Iterator[str]:
    right, found = Counter(map(_what, truth["concerns"])), Counter(map(_what, findings["concerns"]))
    for kind, account, events in sorted((right - found).elements()):
        yield f"{kind} {account}: not found as one concern: {_stories(truth, (kind, account, events))}"
    for kind, account, events in sorted((found - right).elements()):
        yield f"{kind} {account}: no concern of the truth: {sorted(events)}"


def _severities(truth: Json, findings: Json) -> Iterator[str]:
    told = {_what(each): each["severity"] for each in findings["concerns"]}
    for concern in truth["concerns"]:
        found = told.get(_what(concern))
        if found is not None and concern["severity"] not in {None, found}:
            yield f"{concern['story']}: severity is {concern['severity']}, found {found}"


def _what(concern: Json) -> What:
    return concern["kind"], concern["account"], tuple(sorted(concern["event_ids"]))


def _stories(truth: Json, what: What) -> list[str]:
    return sorted({each["story"] for each in truth["concerns"] if _what(each) == what})
