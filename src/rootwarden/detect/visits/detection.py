"""Detections and root-only tasks, as the packs hold them: one file each, with its cases (docs/adding-a-detection.md).

A detection says which events it means with an EventBridge event pattern over the record, and whose: root's, in any of
its shapes, or anybody's. The answer has three values; an event it cannot decide counts as meant, and says so.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.detect.event_pattern import EventPattern, Fields
from rootwarden.detect.filter_pattern import Event as Document
from rootwarden.detect.visits.incident import Severity
from rootwarden.detect.visits.shape import failed, is_root

if TYPE_CHECKING:
    from rootwarden.detect.truth import Truth
    from rootwarden.detect.visits.event import Event

# CloudTrail leaves these out when they are larger than 100 KB (*CloudTrail record contents*), and says `omitted`.
_CUT: Final = ("requestParameters", "responseElements", "additionalEventData")


class Topic(StrEnum):
    """What a detection is about, which decides what becomes of it.

    `visit`: raises the severity of the visit it belongs to. `toward_root`: a concern of its own, whoever did it.
    `blind`, `widen`, `spend`: stages of the denial-of-wallet composite; for root also part of its visit.
    """

    VISIT = "visit"
    TOWARD_ROOT = "toward_root"
    BLIND = "blind"
    WIDEN = "widen"
    SPEND = "spend"


class Who(StrEnum):
    """Whose events a detection means."""

    ROOT = "root"
    NOT_ROOT = "not_root"
    ANYONE = "anyone"


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """An event with what must be said of it.

    Attributes:
        name: What it is, for a sentence.
        fits: Whether it is meant; `None` where it cannot be decided.
        record: The CloudTrail record.
    """

    name: str
    fits: bool | None
    record: Document


class Setting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Values of the user that a pattern compares with.

    Attributes:
        describe: What to declare, in one clause.
        example: Values the cases are run with.
    """

    describe: str
    example: tuple[str, ...]


class Detection(msgspec.Struct, frozen=True, kw_only=True):
    """One detection.

    Attributes:
        id: Stable, the file's name.
        title: What happened, without a full stop: `MFA of root was changed`.
        topic: What it is about.
        who: Whose events it means.
        severity: What it asks for by itself, where no check-out explains it.
        reason: One sentence for somebody who was just woken.
        failed: Whether failed calls count too (an attempt matters).
        pattern: Which records it means.
        names: Every `eventName` the pattern can mean, so that readers know what to look for; sorted, none while asleep.
        sources: Every `eventSource` it can mean; sorted.
        attack: ATT&CK technique ids.
        false_positives: When it is harmless.
        misses: What it does not see.
        doubtful: What is second hand or inferred about its events, and not documented.
        playbook: Id of the response playbook.
        references: Pages the behaviour comes from.
        settings: What the user has to declare before it means anything, by name.
        undeclared: Settings nobody declared: while there is one, the detection is asleep and must be shown so.
        cases: Its own cases; they are run with the examples of the settings.
    """

    id: str
    title: str
    topic: Topic
    who: Who
    severity: Severity
    reason: str
    failed: bool = False
    pattern: EventPattern
    names: tuple[str, ...]
    sources: tuple[str, ...] = ()
    attack: tuple[str, ...] = ()
    false_positives: str = ""
    misses: str = ""
    doubtful: str = ""
    playbook: str = ""
    references: tuple[str, ...] = ()
    settings: dict[str, Setting] = {}
    undeclared: tuple[str, ...] = ()
    cases: tuple[Case, ...] = ()

    @property
    def words(self) -> str:
        """What happened and what it means: `Root signed in — somebody who has …`."""
        return f"{self.title} — {self.reason}"

    def says(self, event: Event) -> Truth:
        """Whether the pattern means a record; whose it is, and whether it failed, are not asked.

        Undecided where the pattern asks about a field that CloudTrail left out for its size.
        """
        return says(self.pattern, event)

    def means(self, event: Event) -> Truth:
        """Whether it means an event: the pattern, whose it is, and whether it failed."""
        if failed(event) and not self.failed:
            return False
        if self.who is not Who.ANYONE and is_root(event) != (self.who is Who.ROOT):
            return False
        return self.says(event)


class Accounts(StrEnum):
    """Of which accounts something is said: all, or by their place in an organization."""

    ANY = "any"
    STANDALONE = "standalone"
    MANAGEMENT = "management"
    MEMBER = "member"


class Avoidable(StrEnum):
    """How a task can be done without root's own credentials: by a central root session, by a role, or not at all."""

    NO = ""
    ASSUME_ROOT = "assume-root"
    DELEGATE = "delegate"


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """Something only root can do (*AWS account root user*, IAM user guide, "Tasks that require root user credentials").

    Attributes:
        id: Stable, the file's name.
        title: What it is, as an imperative.
        writes: Which changing events belong to it: one pattern of several alternatives; none where nobody knows them.
        names: Every `eventName` the pattern can mean, sorted.
        avoidable: How it can be done without root's own credentials.
        task_policy: Name of the AssumeRoot task policy that allows it; empty if none does.
        accounts: Where it makes sense, each of them; `any` alone for every account.
        source: The page it comes from.
        doubtful: What is inferred, and not documented, about its events.
        cases: Its own cases.
    """

    id: str
    title: str
    writes: EventPattern
    names: tuple[str, ...]
    avoidable: Avoidable = Avoidable.NO
    task_policy: str = ""
    accounts: tuple[Accounts, ...] = (Accounts.ANY,)
    source: str
    doubtful: str = ""
    cases: tuple[Case, ...] = ()

    def holds(self, event: Event) -> Truth:
        """Whether a changing event belongs to the task; undecided where the record was cut."""
        return says(self.writes, event)


class TaskPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """One of the five policies `sts:AssumeRoot` takes: everything its session may do.

    Attributes:
        id: Its name, the last part of `arn:aws:iam::aws:policy/root-task/NAME`.
        title: What it is for, as an imperative.
        allows: Which events, reads too, a session under it can make.
        names: Every `eventName` the pattern can mean, sorted.
        source: The page it comes from.
        doubtful: What is inferred about its events.
        cases: Its own cases.
    """

    id: str
    title: str
    allows: EventPattern
    names: tuple[str, ...]
    source: str
    doubtful: str = ""
    cases: tuple[Case, ...] = ()

    def holds(self, event: Event) -> Truth:
        """Whether an event is one the policy allows."""
        return says(self.allows, event)


def says(pattern: EventPattern, event: Event) -> Truth:
    """What a pattern makes of a record; undecided where it asks about what was left out for its size."""
    cut = tuple(name for name in _CUT if event.at(name, "omitted") in (True, "true"))
    rest = _without(pattern.fields, cut) if cut else pattern.fields
    if rest == pattern.fields:
        return pattern.matches(event.document)
    return False if rest.says(event.document) is False else None


def _without(fields: Fields, names: tuple[str, ...]) -> Fields:
    """The pattern with nothing asked of some top-level fields."""
    return Fields(
        tuple((name, part) for name, part in fields.fields if name not in names),
        tuple(_without(branch, names) for branch in fields.branches),
    )
