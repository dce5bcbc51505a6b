"""What detection tells: visits of root as incidents, and concerns about the way to root (docs/incidents.md)."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from rootwarden.facts.instant import Instant

if TYPE_CHECKING:
    from collections.abc import Iterable


class Shape(StrEnum):
    """How root was there: the letters of docs/incidents.md."""

    SIGN_IN = "A"
    CONSOLE = "B"
    ACCESS_KEY = "C"
    SESSION = "D"
    FEDERATED = "E"
    ASSUMED = "F"
    FORWARDED = "G"
    SERVICE = "H"


class Verdict(StrEnum):
    """Whether a visit was covered by a check-out, and stayed inside it.

    `expected`: a check-out covers it, in every respect. `out_of_scope`: one covers it, and it did something else, or
    came from elsewhere. `unexplained`: none covers it.
    """

    EXPECTED = "expected"
    OUT_OF_SCOPE = "out_of_scope"
    UNEXPLAINED = "unexplained"


class Severity(StrEnum):
    """What should happen now: wake somebody, tell somebody, or only keep it."""

    RECORD = "record"
    NOTIFY = "notify"
    PAGE = "page"

    @property
    def rank(self) -> int:
        """0 for `record`, 2 for `page`."""
        return list(Severity).index(self)


class ConcernKind(StrEnum):
    """What a concern is about: the way to root, spending what is not theirs, or that nothing is heard any more."""

    TOWARD_ROOT = "toward_root"
    DENIAL_OF_WALLET = "denial_of_wallet"
    SILENCE = "silence"


class Reason(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """Why a severity is what it is.

    Attributes:
        code: Id of the detection, or of the judgement (`no-check-out`, `second-visit`, …).
        words: One sentence, for somebody who was just woken.
        severity: What this reason alone would ask for.
        event_ids: Events behind it, at most the first hundred, sorted.
    """

    code: str
    words: str
    severity: Severity
    event_ids: tuple[str, ...] = ()


def worst(reasons: Iterable[Reason]) -> Severity:
    """The highest severity of some reasons; there is at least one."""
    return max((one.severity for one in reasons), key=lambda one: one.rank)


class Incident(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """One visit of root (design: `rootwarden.incidents/1`).

    Attributes:
        id: Stable: the same visit has the same id, whatever else was read, and in whatever order.
        account: Twelve digits; empty when no event says.
        shape: How root was there.
        started: First event, or start of the session if that is earlier; `None` when no event has a time.
        ended: Last event.
        events: How many distinct events.
        writes: How many of them change something and succeeded, or may have.
        failed_sign_ins: Failed sign-ins before it, or of the burst that it is.
        used: Whether root was in: signed in, or called anything. False for failed sign-ins and service events alone.
        mfa: Whether MFA was used; `None` where nothing says.
        device: `MFAIdentifier` of the sign-in; may be empty.
        access_keys: Keys that signed, sorted, at most twenty.
        addresses: Where the requests came from, sorted, at most twenty.
        agents: User agents, sorted, at most twenty.
        regions: Regions called, sorted.
        actions: `{"iam:CreateAccessKey": 1}` of the changes: at most a hundred.
        reads: How many events only read.
        caller: Who assumed root, as an ARN, for shape F.
        task_policy: Name of the task policy, for shape F.
        tasks: Ids of the root-only tasks whose events hold all changes of the visit; empty when none does.
        lease: Check-out that covers it; empty when none does.
        verdict: Whether it was allowed.
        severity: Highest of the reasons'.
        reasons: Why, the most severe first.
        event_ids: The first hundred events, by time.
    """

    id: str
    account: str
    shape: Shape
    started: Instant | None
    ended: Instant | None
    events: int
    writes: int
    reads: int = 0
    failed_sign_ins: int = 0
    used: bool = True
    mfa: bool | None = None
    device: str = ""
    access_keys: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    actions: dict[str, int] = msgspec.field(default_factory=dict)
    caller: str = ""
    task_policy: str = ""
    tasks: tuple[str, ...] = ()
    lease: str = ""
    verdict: Verdict
    severity: Severity
    reasons: tuple[Reason, ...]
    event_ids: tuple[str, ...] = ()


class Concern(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is no visit and still needs eyes.

    Attributes:
        id: Stable, as an incident's.
        kind: What it is about.
        account: The account that is touched; empty when none is known.
        actor: Who, as an ARN or a service; empty when nobody (silence).
        started: First event, or since when nothing was heard.
        ended: Last event.
        event_ids: Events behind it, at most the first hundred, by time.
        severity: Highest of the reasons'.
        reasons: Why, the most severe first.
    """

    id: str
    kind: ConcernKind
    account: str
    actor: str
    started: Instant | None = None
    ended: Instant | None = None
    event_ids: tuple[str, ...] = ()
    severity: Severity
    reasons: tuple[Reason, ...]
