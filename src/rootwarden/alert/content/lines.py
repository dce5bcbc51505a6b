"""The lines of a message, as pairs of a word and what it introduces; the same for plain text and Markdown."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from rootwarden.alert.content.neutral import neutral
from rootwarden.detect.visits.incident import ConcernKind, Incident, Shape, Verdict
from rootwarden.facts.instant import format_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from rootwarden.alert.content.subject import Subject
    from rootwarden.detect.visits.incident import Concern

Line: TypeAlias = tuple[str, str]

MOST_NAMED: Final = 5
NO_TIME: Final = "time not known"
SHAPE_WORDS: Final[Mapping[Shape, str]] = MappingProxyType(
    {
        Shape.SIGN_IN: "sign-in",
        Shape.CONSOLE: "console session",
        Shape.ACCESS_KEY: "root access key",
        Shape.SESSION: "session by GetSessionToken",
        Shape.FEDERATED: "session by GetFederationToken",
        Shape.ASSUMED: "AssumeRoot session",
        Shape.FORWARDED: "a service on root's behalf",
        Shape.SERVICE: "service event",
    }
)
CONCERN_WORDS: Final[Mapping[ConcernKind, str]] = MappingProxyType(
    {
        ConcernKind.TOWARD_ROOT: "the way to root was touched",
        ConcernKind.DENIAL_OF_WALLET: "spending nobody ordered",
        ConcernKind.SILENCE: "silence",
    }
)
_VERDICT: Final[Mapping[Verdict, str]] = MappingProxyType(
    {
        Verdict.EXPECTED: "expected: a check-out covers it",
        Verdict.OUT_OF_SCOPE: "out of scope: a check-out covers the time, not what was done",
        Verdict.UNEXPLAINED: "unexplained: no check-out covers it",
    }
)


def lines_of(subject: Subject) -> list[Line]:
    """Every line of a message about one finding, but for the reasons and the next steps."""
    finding = subject.finding
    own = _visit(finding, subject) if isinstance(finding, Incident) else _concern(finding)
    return [("account", account_of(subject)), *own, ("times", _times(subject)), ("id", neutral(finding.id))]


def account_of(subject: Subject) -> str:
    """The account in words: `payments-prod (111122223333)`, its name only where that is known."""
    account = neutral(subject.finding.account, longest=40) or "an account not known"
    name = neutral(subject.around.account_name, longest=60)
    role = ", the management account" if subject.around.management else ""
    return f"{name} ({account}{role})" if name else f"{account}{role}"


def span(started: datetime | None, ended: datetime | None) -> str:
    """From when to when."""
    if started is None:
        return NO_TIME
    begun = format_instant(started)
    return begun if ended is None or ended == started else f"{begun} to {format_instant(ended)}"


def some(names: Iterable[str], *, longest: int = 120) -> str:
    """The first few of many, and how many more there are."""
    every = list(names)
    shown = [neutral(each, longest=longest) for each in every[:MOST_NAMED]]
    rest = len(every) - len(shown)
    return ", ".join([*shown, *([f"and {rest} more"] if rest else [])])


def mfa_of(visit: Incident) -> str:
    """Whether MFA was used, and with which device."""
    used = {True: "used", False: "not used", None: "not known"}[visit.mfa]
    return f"{used}, device {neutral(visit.device)}" if visit.device else used


def _visit(visit: Incident, subject: Subject) -> list[Line]:
    return [
        ("what", _what(visit)),
        ("when", span(visit.started, visit.ended)),
        ("who", _who(visit, subject)),
        ("from", some(visit.addresses) or "address not known"),
        ("agent", some(visit.agents) or "not known"),
        ("regions", some(visit.regions) or "not known"),
        ("mfa", mfa_of(visit)),
        ("changes", _changes(visit)),
        ("task", some(visit.tasks) or ("fits no root-only task" if visit.writes else "changed nothing")),
        ("verdict", _VERDICT[visit.verdict]),
    ]


def _what(visit: Incident) -> str:
    parts = [SHAPE_WORDS[visit.shape], _counted(visit.events, "event")]
    if visit.failed_sign_ins:
        parts.append(_counted(visit.failed_sign_ins, "failed sign-in"))
    if visit.access_keys:
        parts.append(f"keys {some(visit.access_keys)}")
    return ", ".join(parts)


def _who(visit: Incident, subject: Subject) -> str:
    if visit.caller:
        policy = f" with task policy {neutral(visit.task_policy)}" if visit.task_policy else ""
        return f"{neutral(visit.caller)} by AssumeRoot{policy}"
    if not visit.lease:
        return "not known: nobody has checked root out"
    person = neutral(subject.around.person) or "somebody"
    task = f" for {neutral(subject.around.task)}" if subject.around.task else ""
    return f"{person}, by check-out {neutral(visit.lease)}{task}"


def _changes(visit: Incident) -> str:
    if not visit.writes:
        return f"none; {_counted(visit.reads, 'read')}"
    named = some(f"{name} ({count})" if count > 1 else name for name, count in visit.actions.items())
    return f"{visit.writes}: {named or 'not named'}"


def _concern(concern: Concern) -> list[Line]:
    return [
        ("what", CONCERN_WORDS[concern.kind]),
        ("when", span(concern.started, concern.ended)),
        ("who", neutral(concern.actor) or "nobody is named"),
        ("events", some(concern.event_ids, longest=60) or "none"),
    ]


def _times(subject: Subject) -> str:
    seen = format_instant(subject.seen_at)
    way = f" by {some(subject.path)}" if subject.path else ""
    event = NO_TIME if subject.event_at is None else format_instant(subject.event_at)
    return f"event {event}, seen {seen}{way}"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
