"""What is known of a finding, grown: later events append, severity only rises, the id stays.

Merging the same finding again changes nothing, and nothing that was counted or named is forgotten. Counts are the
larger of both, because detection hands over the whole visit as it knows it, not what is new in it; only where what was
one visit turns out to be two are they the newer ones. The verdict is the newer one: a check-out that came late explains
a visit, though what was paged stays paged.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.detect.visits.incident import Incident

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from rootwarden.detect.visits.incident import Concern, Reason, Severity

MOST_NAMED: Final = 20
MOST_EVENTS: Final = 100


def merged_visit(stored: Incident, new: Incident) -> Incident:
    """`stored` with what `new`, the same visit as detection sees it now, adds; the id stays."""
    return msgspec.structs.replace(
        new,
        id=stored.id,
        account=stored.account or new.account,
        started=_earlier(stored.started, new.started),
        ended=_later(stored.ended, new.ended),
        events=max(stored.events, new.events),
        writes=max(stored.writes, new.writes),
        reads=max(stored.reads, new.reads),
        failed_sign_ins=max(stored.failed_sign_ins, new.failed_sign_ins),
        used=stored.used or new.used,
        mfa=stored.mfa if new.mfa is None else new.mfa,
        device=new.device or stored.device,
        access_keys=_names(stored.access_keys, new.access_keys),
        addresses=_names(stored.addresses, new.addresses),
        agents=_names(stored.agents, new.agents),
        regions=tuple(sorted({*stored.regions, *new.regions})),
        actions=_counts(stored.actions, new.actions),
        caller=new.caller or stored.caller,
        task_policy=new.task_policy or stored.task_policy,
        lease=new.lease or stored.lease,
        severity=higher(stored.severity, new.severity),
        reasons=_reasons(stored.reasons, new.reasons),
        event_ids=_events(stored.event_ids, new.event_ids),
    )


def parted_visit(stored: Incident, new: Incident) -> Incident:
    """What is left of `stored` when detection tells a part of it as another visit: its counts are those of `new`.

    Its id stays, its severity does not fall, and the reasons that were told stay told.
    """
    severity = higher(stored.severity, new.severity)
    return msgspec.structs.replace(new, id=stored.id, severity=severity, reasons=_reasons(stored.reasons, new.reasons))


def merged_concern(stored: Concern, new: Concern) -> Concern:
    """`stored` with what `new`, the same concern as detection sees it now, adds; id and kind stay."""
    return msgspec.structs.replace(
        new,
        id=stored.id,
        kind=stored.kind,
        account=stored.account or new.account,
        actor=stored.actor or new.actor,
        started=_earlier(stored.started, new.started),
        ended=_later(stored.ended, new.ended),
        severity=higher(stored.severity, new.severity),
        reasons=_reasons(stored.reasons, new.reasons),
        event_ids=_events(stored.event_ids, new.event_ids),
    )


def somebody_was_in(finding: Incident | Concern) -> bool:
    """Whether a finding is more than knocking at the sign-in page: failed sign-ins, MFA prompts, recoveries."""
    return not isinstance(finding, Incident) or finding.used


def higher(one: Severity, other: Severity) -> Severity:
    """The more severe of two."""
    return one if one.rank >= other.rank else other


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(each for each in (one, other) if each is not None) if one or other else None


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(each for each in (one, other) if each is not None) if one or other else None


def _names(stored: Iterable[str], new: Iterable[str]) -> tuple[str, ...]:
    return tuple(islice(sorted({*stored, *new}), MOST_NAMED))


def _events(stored: Iterable[str], new: Iterable[str]) -> tuple[str, ...]:
    """The newer order goes first, since it knows the times of all; what it no longer names comes after."""
    return tuple(islice(dict.fromkeys((*new, *stored)), MOST_EVENTS))


def _counts(stored: dict[str, int], new: dict[str, int]) -> dict[str, int]:
    both = {name: max(stored.get(name, 0), new.get(name, 0)) for name in {*stored, *new}}
    kept = sorted(both, key=lambda name: (-both[name], name))[:MOST_EVENTS]
    return {name: both[name] for name in sorted(kept)}


def _reasons(stored: Iterable[Reason], new: Iterable[Reason]) -> tuple[Reason, ...]:
    """Each reason once, in its newer words and its higher severity; the most severe first."""
    found: dict[str, Reason] = {}
    for each in (*stored, *new):
        before = found.get(each.code)
        if before is None:
            found[each.code] = each
            continue
        event_ids = tuple(islice(sorted({*before.event_ids, *each.event_ids}), MOST_EVENTS))
        severity = higher(before.severity, each.severity)
        found[each.code] = msgspec.structs.replace(each, severity=severity, event_ids=event_ids)
    return tuple(sorted(found.values(), key=lambda each: (-each.severity.rank, each.code)))
