"""Root as others saw it: findings of GuardDuty, as it gives them, through EventBridge, or through Security Hub.

A finding is further evidence of a visit. One that no visit explains is a visit all the same, and says that events are
missing from the trail that was read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.detect.visits.bounded import NO_TIME
from rootwarden.detect.visits.coverage import is_direct_use
from rootwarden.detect.visits.gather import ASSUMED, Spans, VisitKey
from rootwarden.detect.visits.incident import Concern, ConcernKind, Incident, Reason, Severity, Shape, Verdict
from rootwarden.detect.visits.stamp import instant_of, seconds, stable_id
from rootwarden.detect.visits.visit import Summary
from rootwarden.facts.instant import parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.detect.filter_pattern import Value
    from rootwarden.detect.visits.gather import Visit

# *GuardDuty IAM finding types*: `Policy:IAMUser/RootCredentialUsage`, `Policy:IAMUser/ShortTermRootCredentialUsage`.
_ROOT: Final = "RootCredentialUsage"
_SHORT_TERM: Final = "ShortTermRootCredentialUsage"
_WITHIN: Final = 3600
_MOST: Final = 10_000


class Sighting(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One finding about root.

    Attributes:
        account: Whose root.
        first: Second of the first event the finding is about; `NO_TIME` when it does not say.
        last: Second of the last.
        id: The finding's own id.
        short_term: It is about a session of AssumeRoot.
        access_key: The key, where the finding names it.
        operation: The API that was called, where it says.
        address: Where from, where it says.
    """

    account: str
    first: int
    last: int
    id: str
    short_term: bool
    access_key: str = ""
    operation: str = ""
    address: str = ""


def read_sightings(document: Value) -> Iterator[Sighting]:
    """The findings about root in a document; findings about anything else are passed over.

    Args:
        document: One finding of GuardDuty (`GetFindings`, or `detail` of its EventBridge event), one of Security Hub
            (ASFF), an EventBridge envelope of either, or a list of them under `Findings`.
    """
    for finding in _unwrapped(document):
        types = _field(finding, "Types")
        named = [_text(finding, "Type"), *(types if isinstance(types, list) else ())]
        kind = next((one for one in named if isinstance(one, str) and _ROOT in one), "")
        if kind:
            yield _sighting(finding, short_term=_SHORT_TERM in kind)


class Sightings(msgspec.Struct, frozen=True, kw_only=True):
    """Findings beside the visits: which visit each belongs to, and those that belong to none."""

    of_visits: dict[VisitKey, tuple[Sighting, ...]]
    alone: tuple[Sighting, ...]


def place(sightings: Iterable[Sighting], visits: list[Visit]) -> Sightings:
    """Find the visit of each finding: by its key, else the nearest of the account within an hour."""
    direct = Spans(visit for visit in visits if is_direct_use(visit))
    assumed = Spans(visit for visit in visits if visit.key[0] == ASSUMED)
    of_visits: dict[VisitKey, list[Sighting]] = {}
    alone: list[Sighting] = []
    for one in _whole(sightings):
        part = Summary(first=one.first, last=one.last)
        near, other = (assumed, direct) if one.short_term else (direct, assumed)
        found = near.nearest(one.account, part, _WITHIN) or other.nearest(one.account, part, _WITHIN)
        if found is None:
            alone.append(one)
        else:
            of_visits.setdefault(found, []).append(one)
    return Sightings(of_visits={key: tuple(each) for key, each in of_visits.items()}, alone=tuple(alone))


def seen_too(sightings: Iterable[Sighting]) -> Iterator[Reason]:
    """The reasons of a visit that GuardDuty saw as well."""
    for one in sightings:
        words = f"GuardDuty saw it too: finding `{one.id}`"
        yield Reason(code="guardduty", words=words, severity=Severity.RECORD)


def visit_alone(one: Sighting) -> Incident:
    """The incident of a visit that only GuardDuty saw."""
    words = "GuardDuty saw root, and no event that was read shows it"
    severity = Severity.NOTIFY if one.short_term else Severity.PAGE
    return Incident(
        id=stable_id("guardduty", one.account, 0 if one.first >= NO_TIME else one.first, one.id),
        account=one.account,
        shape=Shape.ASSUMED if one.short_term else Shape.SESSION,
        started=instant_of(one.first),
        ended=instant_of(one.last),
        events=0,
        writes=0,
        access_keys=(one.access_key,) if one.access_key else (),
        addresses=(one.address,) if one.address else (),
        verdict=Verdict.UNEXPLAINED,
        severity=severity,
        reasons=(Reason(code="guardduty-only", words=words + _what(one), severity=severity),),
    )


def hole(one: Sighting) -> Concern:
    """The concern that events are missing."""
    words = f"GuardDuty saw root{_what(one)}, and the trail that was read shows nothing of it: events are missing"
    return Concern(
        id=stable_id("trail-hole", one.account, 0 if one.first >= NO_TIME else one.first, one.id),
        kind=ConcernKind.SILENCE,
        account=one.account,
        actor="",
        started=instant_of(one.first),
        ended=instant_of(one.last),
        severity=Severity.PAGE,
        reasons=(Reason(code="trail-hole", words=words, severity=Severity.PAGE),),
    )


def _what(one: Sighting) -> str:
    called = f" call `{one.operation}`" if one.operation else ""
    return f"{called} (finding `{one.id}`)"


def _whole(sightings: Iterable[Sighting]) -> list[Sighting]:
    """Each finding once: GuardDuty sends it again when there is more of the same."""
    kept: dict[tuple[str, str], Sighting] = {}
    for one in sorted(sightings):
        known = kept.get((one.account, one.id))
        last = one.last if known is None else max(known.last, one.last)
        kept[one.account, one.id] = msgspec.structs.replace(known or one, last=last)
    return sorted(kept.values())


def _unwrapped(document: Value) -> Iterator[dict[str, Value]]:
    waiting: list[Value] = [document]
    for _ in range(_MOST):
        if not waiting:
            return
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(value[:_MOST])
        elif isinstance(value, dict):
            inner = _field(value, "Findings") or _field(value, "Detail")
            if inner is None:
                yield value
            else:
                waiting.append(inner)


def _sighting(finding: dict[str, Value], *, short_term: bool) -> Sighting:
    service = _field(finding, "Service")
    first = _second(
        _text(service, "EventFirstSeen") or _text(finding, "FirstObservedAt") or _text(finding, "CreatedAt")
    )
    last = _second(_text(service, "EventLastSeen") or _text(finding, "LastObservedAt") or _text(finding, "UpdatedAt"))
    call = _field(_field(service, "Action"), "AwsApiCallAction")
    key = _field(_field(finding, "Resource"), "AccessKeyDetails")
    return Sighting(
        account=_text(finding, "AccountId") or _text(finding, "AwsAccountId"),
        first=NO_TIME if first is None else first,
        last=(-NO_TIME if first is None else first) if last is None else last,
        id=_text(finding, "Id"),
        short_term=short_term,
        access_key=_text(key, "AccessKeyId"),
        operation=_text(call, "Api"),
        address=_text(_field(call, "RemoteIpDetails"), "IpAddressV4"),
    )


def _second(text: str) -> int | None:
    instant = parse_instant(text)
    return None if instant is None else seconds(instant)


def _text(value: Value, name: str) -> str:
    found = _field(value, name)
    return found if isinstance(found, str) else ""


def _field(value: Value, name: str) -> Value:
    """A field as the API writes it, or as EventBridge does: with a small first letter."""
    if not isinstance(value, dict):
        return None
    found = value.get(name)
    return value.get(name[0].lower() + name[1:]) if found is None else found
