"""The words for incidents that terminal, page and tables share. No meaning stands on colour alone."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rootwarden.detect.visits.incident import ConcernKind, Incident, Severity, Shape, Verdict
from rootwarden.report.words import instant, several

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rootwarden.detect.visits.incident import Concern

SEVERITY_SYMBOL: Final[Mapping[Severity, str]] = MappingProxyType(
    {Severity.PAGE: "▲", Severity.NOTIFY: "●", Severity.RECORD: "○"}
)
SEVERITY_WORD: Final[Mapping[Severity, str]] = MappingProxyType(
    {Severity.PAGE: "page", Severity.NOTIFY: "notify", Severity.RECORD: "record"}
)
# What each asks of the reader, for people who never saw the words.
SEVERITY_MEANING: Final[Mapping[Severity, str]] = MappingProxyType(
    {
        Severity.PAGE: "somebody must look now",
        Severity.NOTIFY: "somebody should know today",
        Severity.RECORD: "kept, nothing to do",
    }
)
VERDICT_SYMBOL: Final[Mapping[Verdict, str]] = MappingProxyType(
    {Verdict.EXPECTED: "✓", Verdict.OUT_OF_SCOPE: "≠", Verdict.UNEXPLAINED: "✗"}
)
VERDICT_WORD: Final[Mapping[Verdict, str]] = MappingProxyType(
    {
        Verdict.EXPECTED: "expected",
        Verdict.OUT_OF_SCOPE: "outside its check-out",
        Verdict.UNEXPLAINED: "unexplained",
    }
)
SHAPE_WORD: Final[Mapping[Shape, str]] = MappingProxyType(
    {
        Shape.SIGN_IN: "sign-in page",
        Shape.CONSOLE: "console session",
        Shape.ACCESS_KEY: "access key of root",
        Shape.SESSION: "temporary credentials of root",
        Shape.FEDERATED: "federated session issued by root",
        Shape.ASSUMED: "AssumeRoot session",
        Shape.FORWARDED: "a service acting for root",
        Shape.SERVICE: "service event",
    }
)
KIND_WORD: Final[Mapping[ConcernKind, str]] = MappingProxyType(
    {
        ConcernKind.TOWARD_ROOT: "on the way to root",
        ConcernKind.DENIAL_OF_WALLET: "denial of wallet",
        ConcernKind.SILENCE: "silence",
    }
)
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def what(each: Incident | Concern) -> str:
    """What it is: the shape of a visit, the kind of a concern."""
    return SHAPE_WORD[each.shape] if isinstance(each, Incident) else KIND_WORD[each.kind]


def lasted(started: datetime | None, ended: datetime | None) -> str:
    """`4 min`, `2 h 5 min`, `3 d`; empty when it lasted no minute or a time is missing."""
    if started is None or ended is None:
        return ""
    seconds = int((ended - started).total_seconds())
    if seconds >= _DAY:
        return f"{seconds // _DAY} d"
    if seconds >= _HOUR:
        minutes = seconds % _HOUR // _MINUTE
        return f"{seconds // _HOUR} h" + (f" {minutes} min" if minutes else "")
    return f"{seconds // _MINUTE} min" if seconds >= _MINUTE else ""


def when(each: Incident | Concern) -> str:
    """`2026-03-02T08:00:11Z, 4 min`."""
    return ", ".join(part for part in (instant(each.started), lasted(each.started, each.ended)) if part)


def mfa(incident: Incident) -> str:
    """Whether MFA was used, and which device, as the records say; AssumeRoot itself asks for none."""
    if incident.mfa is None:
        return "MFA not known"
    if incident.shape is Shape.ASSUMED and not incident.mfa:
        return "no MFA of its own"
    if not incident.mfa:
        return "without MFA"
    return f"with MFA ({incident.device})" if incident.device else "with MFA"


def done(incident: Incident) -> str:
    """How much was done: `44 events: 3 changes, 41 reads, 2 failed sign-ins`.

    What is neither was refused, or belongs to signing in.
    """
    parts = [several(incident.writes, "change"), several(incident.reads, "read")]
    if incident.failed_sign_ins:
        parts.append(several(incident.failed_sign_ins, "failed sign-in"))
    return f"{several(incident.events, 'event')}: {', '.join(parts)}"


def changes(incident: Incident, limit: int) -> str:
    """The changes by action, the most frequent first: `iam:CreateAccessKey, s3:PutBucketPolicy (3)`."""
    ordered = sorted(incident.actions.items(), key=lambda each: (-each[1], each[0]))
    named = [name if count == 1 else f"{name} ({count:,})" for name, count in ordered[:limit]]
    return ", ".join([*named, f"and {len(ordered) - limit:,} more"] if len(ordered) > limit else named)
