"""Verdict and severity of a visit, with reasons in words for somebody who was just woken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.detect.visits.assumed import judge_assumed
from rootwarden.detect.visits.bounded import ids_sorted
from rootwarden.detect.visits.bursts import failed_sign_ins, is_burst
from rootwarden.detect.visits.catalogue import POLICY, Catalogue
from rootwarden.detect.visits.checkout import Checkout
from rootwarden.detect.visits.coverage import DIRECT, is_direct_use, outside_networks, some
from rootwarden.detect.visits.gather import TIMELESS, VisitKey
from rootwarden.detect.visits.incident import Incident, Reason, Severity, Shape, Verdict, worst
from rootwarden.detect.visits.ledger import Ledger
from rootwarden.detect.visits.settings import Settings
from rootwarden.detect.visits.sighting import Sighting, seen_too
from rootwarden.detect.visits.stamp import instant_of, seconds, stable_id
from rootwarden.detect.visits.visit import SHOWN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.detect.visits.coverage import Cover
    from rootwarden.detect.visits.gather import Visit
    from rootwarden.detect.visits.shape import Joins
    from rootwarden.detect.visits.visit import Summary


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What visits are judged with."""

    catalogue: Catalogue
    settings: Settings
    ledger: Ledger
    doubted: dict[str, tuple[Checkout, ...]]
    sightings: dict[VisitKey, tuple[Sighting, ...]]


def judge(visit: Visit, cover: Cover | None, known: Known) -> Incident:
    """The incident of a visit.

    Args:
        visit: The visit, complete.
        cover: The check-out that covers it, if one does.
        known: Detections, tasks, settings, and what was read.
    """
    if visit.shape is Shape.ASSUMED:
        verdict, reasons = judge_assumed(visit, known.settings)
        # What a detection says of changes that the task policy allows is no worse than the use of AssumeRoot itself.
        cap = worst(reasons)
        reasons += () if verdict is Verdict.EXPECTED else _of_call(visit, known)
    else:
        verdict = _verdict(cover)
        cap = Severity.NOTIFY if verdict is Verdict.EXPECTED else Severity.PAGE
        circumstances = (_capped(one, cap) for one in _circumstances(visit, verdict, known))
        reasons = [*_of_use(visit, cover), *_at_the_door(visit, cover, cap, known.settings), *circumstances]
    reasons += [_capped(one, cap) for one in _of_detections(visit.summary, known.catalogue)]
    reasons += seen_too(known.sightings.get(visit.key, ()))
    return _incident(visit, cover, verdict, tuple(sorted(reasons, key=_worst_first)))


def _verdict(cover: Cover | None) -> Verdict:
    if cover is None:
        return Verdict.UNEXPLAINED
    return Verdict.OUT_OF_SCOPE if cover.differences else Verdict.EXPECTED


def _of_use(visit: Visit, cover: Cover | None) -> list[Reason]:
    """The reasons that root was there at all, and in what a check-out did not allow it."""
    summary = visit.summary
    if cover is not None and not cover.differences:
        one = cover.checkout
        words = f"check-out `{one.lease}` of `{one.person}` for the task `{one.task}` covers it in every respect"
        return [Reason(code="check-out", words=words, severity=Severity.NOTIFY)]
    if cover is not None:
        prefix = f"check-out `{cover.checkout.lease}` of `{cover.checkout.person}`: "
        return [
            Reason(code=one.code, words=prefix + one.words, severity=Severity.PAGE, event_ids=_events(summary))
            for one in cover.differences
        ]
    said = _without_check_out(visit)
    if said is None:
        return []
    code, words, severity = said
    return [Reason(code=code, words=words, severity=severity, event_ids=_events(summary))]


def _without_check_out(visit: Visit) -> tuple[str, str, Severity] | None:
    """Code, words and severity of what no check-out covers; `None` where failed sign-ins say it all."""
    if is_direct_use(visit):
        return "no-check-out", "root was used, and no check-out of the account covers it", Severity.PAGE
    if visit.shape is Shape.FORWARDED:
        words = "a service acted in the name of root, and no visit is known that asked it to"
        return "service-for-root", words, Severity.NOTIFY
    if visit.shape is Shape.SERVICE:
        words = "a service recorded something about the account; nobody used root"
        return "service-event", words, Severity.RECORD
    if visit.summary.failed_sign_ins:
        return None
    words = "somebody was at the sign-in page with root's address and was not let in"
    return "sign-in-page", words, Severity.NOTIFY


def _at_the_door(visit: Visit, cover: Cover | None, cap: Severity, settings: Settings) -> Iterable[Reason]:
    """Failed sign-ins before a visit; a burst from before its check-out began is not its person's, and pages."""
    early = [] if cover is None else [one for one in visit.failures if one[0] < seconds(cover.checkout.start)]
    another = is_burst(early, settings.thresholds)
    for one in failed_sign_ins(visit, settings.thresholds):
        yield one if another else _capped(one, cap)


def _circumstances(visit: Visit, verdict: Verdict, known: Known) -> Iterable[Reason]:
    """What makes a visit worse, or easier to understand."""
    summary, settings = visit.summary, known.settings
    if visit.key[0] == TIMELESS:
        words = "the records have no time that can be read, so they belong to no visit"
        yield Reason(code="no-time", words=words, severity=Severity.NOTIFY, event_ids=_events(summary))
    if verdict is not Verdict.EXPECTED and visit.shape in DIRECT and settings.networks and summary.used:
        outside = outside_networks(summary.addresses.values, settings.networks)
        if outside:
            words = f"requests came from {some(outside)}, outside the networks people use root from"
            yield Reason(code="unusual-network", words=words, severity=Severity.PAGE)
    if is_direct_use(visit):
        yield from _of_tasks(summary, known.catalogue)
    yield from _of_session(visit, known.ledger.joins)
    for checkout in known.doubted.get(visit.account, ()):
        if visit.summary.first <= checkout.until.timestamp() and visit.summary.last >= checkout.start.timestamp():
            words = f"check-out `{checkout.lease}` would cover the time, and is not believed: {checkout.doubt}"
            yield Reason(code="check-out-not-believed", words=words, severity=Severity.RECORD)


def _of_tasks(summary: Summary, catalogue: Catalogue) -> Iterable[Reason]:
    if summary.fit.surely is None:
        return
    held = [catalogue.tasks[one] for one in sorted(summary.fit.surely) if one in catalogue.tasks]
    if not held:
        undecided = bool({one for one in summary.fit.maybe or () if one in catalogue.tasks})
        words = (
            "the records do not say enough to tell whether the changes need root"
            if undecided
            else "the changes fit no task that needs root"
        )
        yield Reason(code="no-root-task", words=words, severity=Severity.PAGE)
    for task in held:
        if task.task_policy:
            words = f"in a member account `{task.id}` can be done through AssumeRoot with `{task.task_policy}`"
            yield Reason(code="avoidable", words=words, severity=Severity.RECORD)


def _of_session(visit: Visit, joins: Joins) -> Iterable[Reason]:
    """Where a session came from that nobody signed in for."""
    if visit.shape not in {Shape.SESSION, Shape.FEDERATED} or not visit.summary.used:
        return
    issued = sorted({joins.issued[key] for key in visit.summary.access_keys.values if key in joins.issued})
    if not issued:
        words = "nothing that was read says how the session began: a sign-in or an AssumeRoot call of another trail"
        yield Reason(code="session-unknown", words=words, severity=Severity.RECORD)
    for one in issued:
        words = f"the session was made by root itself with `{one.name}`"
        yield Reason(code="session-issued", words=words, severity=Severity.RECORD, event_ids=(one.event_id,))


def _of_call(visit: Visit, known: Known) -> Iterable[Reason]:
    """What detections say of the AssumeRoot call itself."""
    if visit.call is None:
        return
    for hit in known.ledger.call_hits.get(visit.call.event_id, ()):
        detection = known.catalogue.detections[hit.detection]
        yield Reason(
            code=detection.id,
            words=detection.words,
            severity=detection.severity,
            event_ids=(visit.call.event_id,),
        )


def _of_detections(summary: Summary, catalogue: Catalogue) -> Iterable[Reason]:
    for name, hits in sorted(summary.hits.items()):
        detection = catalogue.detections.get(name)
        if detection is None:
            continue
        words = detection.words
        if hits.undecided == hits.count:
            words += " (the record does not say enough to be sure)"
        yield Reason(code=name, words=words, severity=detection.severity, event_ids=ids_sorted(hits.events.values))


def _incident(visit: Visit, cover: Cover | None, verdict: Verdict, reasons: tuple[Reason, ...]) -> Incident:
    summary = visit.summary
    return Incident(
        id=_id(visit),
        account=visit.account,
        shape=visit.shape,
        started=instant_of(min(summary.first, summary.started)),
        ended=instant_of(summary.last),
        events=summary.events,
        writes=summary.writes,
        reads=summary.reads,
        failed_sign_ins=summary.failed_sign_ins,
        used=summary.used and visit.shape is not Shape.SERVICE,
        mfa=_mfa(summary),
        device=", ".join(summary.devices.values),
        access_keys=tuple(summary.access_keys.values),
        addresses=tuple(summary.addresses.values[:SHOWN]),
        agents=tuple(summary.agents.values),
        regions=tuple(summary.regions.values),
        actions=dict(sorted(summary.actions.counts.items())),
        caller=visit.call.caller if visit.call else "",
        task_policy=visit.call.task_policy if visit.call else "",
        tasks=tuple(sorted(one for one in summary.fit.surely or () if not one.startswith(POLICY))),
        lease=cover.checkout.lease if cover else "",
        verdict=verdict,
        severity=worst(reasons),
        reasons=reasons,
        event_ids=summary.ids.ids(),
    )


def _id(visit: Visit) -> str:
    sort, account, second, rest = visit.key
    return stable_id(sort, account, second, rest)


def _mfa(summary: Summary) -> bool | None:
    """The sign-in decides; a session says it too, and once no is no."""
    said = summary.mfa or summary.session_mfa
    return None if not said else False not in said


def _capped(reason: Reason, cap: Severity) -> Reason:
    return reason if reason.severity.rank <= cap.rank else msgspec.structs.replace(reason, severity=cap)


def _worst_first(reason: Reason) -> tuple[int, str, str]:
    return (-reason.severity.rank, reason.code, reason.words)


def _events(summary: Summary) -> tuple[str, ...]:
    return tuple(sorted(summary.ids.ids()))
