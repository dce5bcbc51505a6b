"""Who is told of what. The log is the outbox: what an entry asks to tell, and no `notice-recorded` answers, is due.

A notice says what happened and where to look. It carries no link: nobody approves by following one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from rootwarden.breakglass.core import change as changes
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.people import Role
from rootwarden.breakglass.core.state import Phase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from rootwarden.breakglass.core.state import State


class Notice(NamedTuple):
    """Something to tell somebody.

    Attributes:
        person: Whom.
        subject: One line.
        text: The rest.
        urgent: Whether it may wake them.
    """

    person: str
    subject: str
    text: str
    urgent: bool = False


def notices_of(state: State, entry: log.Entry) -> tuple[Notice, ...]:
    """Whom an entry is told, once it is in the log.

    Args:
        state: With the entry in it.
        entry: The entry.

    Returns:
        One notice a person, sorted; suspended people are told nothing, and nobody what they did themselves.
    """
    told = _TELLS.get(type(entry))
    if told is None:
        return ()
    return tuple(sorted(notice for notice in told(state, entry) if notice.person != entry.actor))


def _with(state: State, *roles: Role) -> list[str]:
    return [
        name
        for name, standing in state.people.items()
        if not standing.suspended and (not roles or set(roles) & set(standing.person.roles))
    ]


def _each(people: Iterable[str], subject: str, text: str, *, urgent: bool = False) -> list[Notice]:
    return [Notice(person, subject, text, urgent) for person in people]


def _filed(state: State, entry: log.RequestFiled) -> list[Notice]:
    request = entry.request
    name = state.accounts[request.account].account.name
    what = f"{request.requester} asks for root of {name} ({request.account}): {request.task}, {request.ticket}"
    how = "Sign in to read it. Approve only when the requester has called you and reads out the phrase."
    if not request.emergency:
        return _each(_with(state, Role.APPROVER), f"approval asked: {what}", f"{request.reason}\n\n{how}", urgent=True)
    veto = state.quorum_of(request).veto_minutes
    text = f"{request.reason}\n\nIt opens in {veto} minutes with fewer approvals. Any approver can deny it until then."
    roles = (Role.APPROVER, Role.ADMINISTRATOR, Role.CUSTODIAN, Role.AUDITOR)
    return _each(_with(state, *roles), f"EMERGENCY: {what}", text, urgent=True)


def _of_request(words: str) -> Callable[[State, Any], list[Notice]]:
    def told(state: State, entry: Any) -> list[Notice]:
        request = state.requests[entry.request].request
        text = getattr(entry, "reason", "") or f"Request {request.id}, account {request.account}."
        return _each([request.requester], f"your request for {request.account} {words} by {entry.actor}", text)

    return told


def _reported(state: State, entry: log.RequestReported) -> list[Notice]:
    request = state.requests[entry.request].request
    subject = f"{entry.actor} reports a request nobody announced, in the name of {request.requester}"
    text = f"{entry.reason}\n\n{request.requester} is frozen until two administrators lift it."
    people = {*_with(state, Role.ADMINISTRATOR, Role.AUDITOR), request.requester}
    return _each(people, subject, text, urgent=True)


def _opened(state: State, entry: log.LeaseOpened) -> list[Notice]:
    request = state.leases[entry.lease].request
    approved = ", ".join(sorted(state.requests[entry.request].approvals))
    subject = f"root of {request.account} is open for {', '.join(sorted(request.recipients)) or request.requester}"
    over = " It goes before open duties of the last lease." if state.owing(request.account) else ""
    text = f"{request.task}, {request.ticket}. Approved by {approved}.{over}"
    return _each(_with(state, Role.APPROVER, Role.ADMINISTRATOR, Role.AUDITOR), subject, text)


def _ended(state: State, entry: log.LeaseEnded) -> list[Notice]:
    lease = state.leases[entry.lease]
    subject = f"root of {lease.request.account} is closed again ({entry.why}); duties are open"
    text = "\n".join(f"- {duty}" for duty in lease.duties)
    return _each({lease.request.requester, *_with(state, Role.AUDITOR)}, subject, text)


def _opening(state: State, entry: log.OpeningBegun) -> list[Notice]:
    from rootwarden.breakglass.core.custody import group_in

    group = group_in(state, entry.group, entry.epoch)
    again = "" if entry.actor == log.SYSTEM else f" again, by {entry.actor}"
    subject = f"your share of `{entry.group}` is asked for{again} ({entry.purpose} {entry.reference})"
    text = f"Compare the fingerprint before you give it: {entry.fingerprint}"
    return _each([one.person for one in group.custodians], subject, text, urgent=True)


def _share_refused(_state: State, entry: log.ShareRefused) -> list[Notice]:
    subject = f"your share to {entry.opening} was not taken: give it again"
    return _each([entry.custodian], subject, entry.reason, urgent=True)


def _opening_ended(state: State, entry: log.OpeningEnded) -> list[Notice]:
    opening = state.openings[entry.opening]
    lease = state.leases.get(opening.reference)
    if entry.outcome == "opened" or lease is None or lease.phase is not Phase.OPEN:
        return []
    subject = f"the custodians' shares for {lease.id} came to nothing"
    text = f"{entry.reason}. Ask them again, on the page of the lease."
    return _each({lease.request.requester, *lease.request.recipients}, subject, text, urgent=True)


def _proposed(state: State, entry: log.ChangeProposed) -> list[Notice]:
    subject = f"{entry.actor} proposes a change: {_words(entry.change)}"
    return _each(
        _with(state, Role.ADMINISTRATOR), subject, f"Proposal {entry.proposal}. Another administrator signs it."
    )


def _suspended(state: State, entry: log.PersonSuspended | log.LeaverSuspended) -> list[Notice]:
    subject = f"{entry.person} is suspended: {entry.reason}"
    custody = [name for name, one in state.groups.items() if _holds(one.group.custodians, entry.person)]
    text = f"They are a custodian of {', '.join(custody)}: begin a new epoch without them." if custody else ""
    return _each(_with(state, Role.ADMINISTRATOR), subject, text)


def _hazard(state: State, entry: log.HazardNoticed) -> list[Notice]:
    text = "It is told 60, 30, 7 and 1 days before, and when it has ended."
    return _each(_with(state, Role.ADMINISTRATOR), entry.words, text, urgent=entry.severity == "critical")


def _sink(state: State, entry: log.SinkChanged) -> list[Notice]:
    what = "accepts heads again" if entry.works else "accepts no heads"
    people = _with(state, Role.ADMINISTRATOR, Role.AUDITOR)
    return _each(people, f"the sink `{entry.sink}` {what}", entry.reason, urgent=not entry.works)


def _holds(custodians: Iterable[Any], person: str) -> bool:
    return any(custodian.person == person for custodian in custodians)


def _words(change: changes.Change) -> str:
    """A change in a few words."""
    words: dict[type, Callable[[Any], str]] = {
        changes.SetPerson: lambda it: f"{it.person.id} is {', '.join(it.person.roles) or 'nothing'}",
        changes.RestorePerson: lambda it: f"{it.person} may act again",
        changes.AdmitKey: lambda it: f"a new key of {it.person}",
        changes.RevokeKey: lambda it: f"a key of {it.person} is taken away",
        changes.SetSettings: lambda _: "quorums and limits",
        changes.SetAccount: lambda it: f"account {it.account.id}",
        changes.SetGroup: lambda it: f"custody of {it.group.id}, epoch {it.group.epoch}",
        changes.Waive: lambda it: f"the waiver {it.waiver}",
        changes.SetCheckpointKey: lambda _: "another checkpoint key signs heads from here on",
    }
    return words[type(change)](change)


def _everybody(words: str) -> Callable[[State, Any], list[Notice]]:
    def told(state: State, entry: Any) -> list[Notice]:
        what = getattr(entry, "proposal", "") or getattr(entry, "reason", "")
        return _each(_with(state), f"{words} ({entry.actor})", f"{what}\n\nIf this surprises you, say so now.")

    return told


_TELLS: Final[dict[type[log.Entry], Callable[[State, Any], list[Notice]]]] = {
    log.RequestFiled: _filed,
    log.ApprovalGiven: _of_request("was approved"),
    log.RequestDenied: _of_request("was denied"),
    log.RequestReported: _reported,
    log.LeaseOpened: _opened,
    log.LeaseEnded: _ended,
    log.OpeningBegun: _opening,
    log.ShareRefused: _share_refused,
    log.OpeningEnded: _opening_ended,
    log.ChangeProposed: _proposed,
    log.ChangeSeconded: _everybody("people, keys or settings changed"),
    log.PersonSuspended: _suspended,
    log.LeaverSuspended: _suspended,
    log.HazardNoticed: _hazard,
    log.SinkChanged: _sink,
    log.EpochBegun: _everybody("a new epoch began: every lease and approval is void"),
}
