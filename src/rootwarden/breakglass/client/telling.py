"""What the API says, as lines for people; every letter of it is made visible, because others wrote it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.breakglass.client.heads import as_line
from rootwarden.facts.instant import format_instant
from rootwarden.report.words import several, visible
from rootwarden.transparency.canonical import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from typing import Any

    from rootwarden.breakglass.broker.audit_views import DrillView, HeadView
    from rootwarden.breakglass.broker.people_views import PersonView, ProposalView, Waiting
    from rootwarden.breakglass.broker.views import LeaseView, Needed, OpeningView, RequestView
    from rootwarden.breakglass.client.session import Seen
    from rootwarden.breakglass.core.duty import Finding
    from rootwarden.transparency.head import Head

_GROUP, _SHOWN = 4, 32
_MARKS = {"met": "met", "differs": "DIFFERS", "unknown": "unknown", "accepted": "accepted", "open": "open"}


def in_groups(digest: str) -> str:
    """A digest as people compare it: all of it, in groups of four."""
    return " ".join(digest[at : at + _GROUP] for at in range(0, len(digest), _GROUP))


def seen(now: Seen) -> str:
    """How the log stands, against what was kept."""
    lines = [f"log `{now.view.log}`: {as_line(now.head)}"]
    if now.before is None:
        lines.append("this program sees it for the first time: compare the root with somebody who saw it before")
    elif now.before.size == now.head.size:
        lines.append("it is the log you saw last")
    else:
        grown = several(now.head.size - now.before.size, "entry", "entries")
        lines.append(f"it is the log you saw last, {grown} longer")
    lines += [
        f"sink `{one.sink}`: " + (f"holds the head over {one.size} entries" if one.works else f"trouble: {one.detail}")
        for one in now.view.anchors
    ]
    if now.view.sealed:
        lines.append(f"SEALED: {now.view.sealed}; two administrators and a custodian begin an epoch")
    return _text(lines)


def standing(view: HeadView, kept: Head | None) -> str:
    """The log as it is shown, beside the head that is kept, for people to judge."""
    lines = [f"shown: log `{view.log}`, {view.size} entries, root {in_groups(view.root[:_SHOWN])} …"]
    lines.append(f"kept here: {as_line(kept)}" if kept else "kept here: nothing")
    lines += [f"sink `{one.sink}` holds {one.size} entries {one.detail}".rstrip() for one in view.anchors]
    return _text([*lines, f"SEALED: {view.sealed}"] if view.sealed else lines)


def waiting(now: Waiting) -> str:
    """Who somebody is, and what waits for them."""
    person = now.person
    roles = ", ".join(one.role for one in person.roles) or "no role"
    lines = [f"you are {person.id} ({person.name}): {roles}"]
    lines += [f"suspended: {person.suspended}"] if person.suspended else []
    lines += [f"frozen: the request `{person.frozen}` was reported"] if person.frozen else []
    lines += [f"request {one.request.id}: {_stage(one)}" for one in now.requests]
    lines += [f"to approve: {one.request.id} by {one.request.requester}" for one in now.to_approve]
    lines += [f"lease {one.id} ({one.account}): {_phase(one)}" for one in now.leases]
    lines += [f"to check in: {one.id} ({one.account})" for one in now.to_check_in]
    lines += [f"your share is wanted: {one.id} for {', '.join(one.accounts)}" for one in now.to_give]
    lines += [f"to second: {one.id} by {one.proposer}" for one in now.to_second]
    untold = now.untold
    waits, dead = (f"{many} notice{'s' * (many != 1)}" for many in (untold.waiting, untold.dead))
    lines += [f"{waits} nobody took yet: tried again"] if untold.waiting else []
    lines += [f"{dead} nobody took: given up, see the audit page"] if untold.dead else []
    return _text(lines if len(lines) > 1 else [*lines, "nothing waits for you"])


def requests(groups: Iterable[tuple[str, Sequence[RequestView]]]) -> str:
    """Requests, a line each, under headings."""
    lines = []
    for heading, found in groups:
        lines += [f"{heading}:", *(f"  {_request_line(one)}" for one in found)] if found else []
    return _text(lines or ["there is no request you may see"])


def request(view: RequestView) -> str:
    """Exactly what is asked for, and how it stands."""
    asked = view.request
    emergency = " — EMERGENCY" if asked.emergency else ""
    drill = f" — drill `{asked.drill}`" if asked.drill else ""
    rows = {
        "request": f"{asked.id}{emergency}{drill}",
        "stage": _stage(view),
        "account": f"{asked.account} {view.account_name} ({view.position})",
        "task": f"{view.task_title} ({asked.task})",
        "words": asked.words,
        "purpose": asked.purpose.value,
        "requester": asked.requester,
        "ticket": asked.ticket,
        "reason": asked.reason,
        "window": f"{format_instant(asked.start)} to {format_instant(asked.until)}",
        "codes to": f"{asked.code_to}, device `{asked.device}`" if asked.code_to else "",
        "password to": asked.password_to,
        "device": f"`{asked.device}`" if asked.device and not asked.code_to and not view.exports else "",
        "export holds": ", ".join(f"`{name}`" for name in view.exports),
        "task policy": f"{asked.task_policy}, from {asked.role}" if asked.task_policy else "",
        "networks": ", ".join(asked.sources),
        "overrides": "open duties of the lease before" if asked.overrides_duties else "",
        "approved by": ", ".join(view.approvals) or "nobody yet",
        "still needed": "; ".join(map(_needed, view.still_needed)),
        "opens at": format_instant(view.opens_at) if view.opens_at > asked.start else "",
        "lease": view.lease,
        "digest": in_groups(view.digest),
    }
    return _rows(rows)


def needed(view: RequestView) -> str:
    """Who is still needed for a request, or that its lease can be opened."""
    if view.stage != "filed":
        return _text([f"the request is {view.stage}"])
    if not view.still_needed:
        return _text([f"nobody is needed any more: rootwarden breakglass open {view.request.id}"])
    return _text([f"still needed: {'; '.join(map(_needed, view.still_needed))}"])


def lease(view: LeaseView) -> str:
    """A lease: what left, what is owed."""
    rows = {
        "lease": view.id,
        "account": f"{view.account} {view.account_name}",
        "task": view.task_title,
        "phase": _phase(view),
        "codes": f"{view.codes_given} given, {view.codes_left} left, to {view.code_to}" if view.code_to else "",
        "password": f"to {view.password_to}, {'' if view.password_released else 'not '}released"
        if view.password_to
        else "",
        "export holds": ", ".join(f"`{name}`" for name in view.exports),
        "custodians": _custodians(view) if view.phase == "open" else "",
    }
    return _rows(rows) + _text(f"{_MARKS.get(one.shown, one.shown):9} {one.duty}: {one.why}" for one in view.duties)


def findings(found: Sequence[Finding]) -> str:
    """What evidence shows of each duty."""
    return _text(f"{_MARKS[one.shown.value]:9} {one.duty.value}: {one.why}" for one in found)


def openings(found: Sequence[OpeningView]) -> str:
    """Openings: who gave, who is still needed."""
    return _text(map(_opening, found)) if found else _text(["there is no opening you may see"])


def people(found: Sequence[PersonView]) -> str:
    """People, a line each."""
    return _text(map(_person, found))


def proposals(found: Sequence[ProposalView]) -> str:
    """Changes that wait for a second administrator."""
    lines = [
        f"{one.id} by {one.proposer}, until {format_instant(one.expires)}: {type(one.change).__struct_config__.tag}"
        for one in found
    ]
    return _text(lines or ["no change waits"])


def drills(found: Sequence[DrillView]) -> str:
    """Planned drills, those that are overdue first."""
    lines = [
        f"{one.standing:8} {one.kind} of {one.account}: due {one.due:%Y-%m-%d}, {_last_drill(one.done, one.outcome)}"
        for one in found
    ]
    return _text(lines or ["no drill is planned: two administrators set `drills` of an account"])


def fields(said: Any) -> str:
    """A record as JSON that people read, its names in order."""
    return _text(msgspec.json.format(canonical(msgspec.to_builtins(said)), indent=2).decode().splitlines())


def _last_drill(done: datetime | None, outcome: str) -> str:
    return f"last {outcome} on {done:%Y-%m-%d}" if done else "never held"


def _request_line(view: RequestView) -> str:
    asked = view.request
    return f"{asked.id}  {asked.account}  {asked.task}  {asked.requester}  {_stage(view)}"


def _stage(view: RequestView) -> str:
    if view.stage != "filed":
        return view.stage
    return "waits for approvals" if view.still_needed else "approved: its requester opens the lease"


def _needed(one: Needed) -> str:
    return f"{one.group or 'an approver'} ({', '.join(one.could) or 'nobody could'})"


def _phase(view: LeaseView) -> str:
    if view.phase == "open":
        return f"open until {format_instant(view.until)}"
    if view.phase == "duties":
        left = sum(one.shown not in ("met", "accepted") for one in view.duties)
        return f"ended ({view.why}), {several(left, 'duty', 'duties')} open"
    return view.phase


def _custodians(view: LeaseView) -> str:
    """What can be had now from what they opened, or how they are asked."""
    if view.opening:
        return f"asked by {view.opening}: nothing opens before they gave"
    if view.ready:
        return f"opened it for {several(view.ready, 'code')}; that waits five minutes"
    if "ask-again" in view.may:
        return f"are to be asked again: rootwarden breakglass ask-again {view.id}"
    return ""


def _opening(one: OpeningView) -> str:
    gave = f"gave: {', '.join(one.gave) or 'nobody yet'}"
    if one.outcome:
        return f"{one.id} of {one.group} for {one.reference}: {one.outcome}; {gave}"
    wanted = f"{one.missing} more of {', '.join(one.could_give)}"
    return (
        f"{one.id} of {one.group} for {one.reference}: {gave}; still needed: {wanted}; "
        f"until {format_instant(one.ends)}; fingerprint {in_groups(one.fingerprint[:_SHOWN])}"
    )


def _person(one: PersonView) -> str:
    roles = ", ".join(each.role for each in one.roles) or "no role"
    keys = ", ".join(f"{key.kind} {key.id[:8]}{' OFFERED' if key.offered else ''}" for key in one.keys) or "no key"
    state = f"; SUSPENDED: {one.suspended}" if one.suspended else f"; FROZEN by {one.frozen}" if one.frozen else ""
    keeps = f"; custodian of {', '.join(one.custodian_of)}" if one.custodian_of else ""
    return f"{one.id} ({one.name}): {roles}; {keys}{keeps}{state}"


def _rows(rows: dict[str, str]) -> str:
    return _text(f"{name + ':':14} {value}" for name, value in rows.items() if value)


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{visible(line)}\n" for line in lines)
