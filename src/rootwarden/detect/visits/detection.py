"""Detections and root-only tasks, as the packs hold them: one file each, with its cases (docs/adding-a-detection.md).

A detection says which events it means with an EventBridge event pattern over the record, and whose: root's, in any of
its shapes, or anybody's. The pattern has three answers; an event it cannot decide counts as meant, and says so.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from rootwarden.detect.event_pattern import EventPattern
from rootwarden.detect.filter_pattern import Event as Document
from rootwarden.detect.visits.incident import Severity

if TYPE_CHECKING:
    from rootwarden.detect.truth import Truth
    from rootwarden.detect.visits.event import Event


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
    """An event with what a detection must say of it.

    Attributes:
        name: What it is, for a sentence.
        fits: Whether the detection means it; `None` where it cannot be decided.
        record: The CloudTrail record.
    """

    name: str
    fits: bool | None
    record: Document


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
        names: Every `eventName` the pattern can mean, so that readers know what to look for.
        attack: ATT&CK technique ids.
        false_positives: When it is harmless.
        misses: What it does not see.
        playbook: Id of the response playbook.
        cases: Its own cases.
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
    attack: tuple[str, ...] = ()
    false_positives: str = ""
    misses: str = ""
    playbook: str = ""
    cases: tuple[Case, ...] = ()

    def says(self, event: Event) -> Truth:
        """Whether the pattern means a record; whose it is, and whether it failed, are asked elsewhere."""
        return self.pattern.matches(event.document)


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """Something only root can do (*AWS account root user*, IAM user guide, "Tasks that require root user credentials").

    Attributes:
        id: Stable, the file's name.
        title: What it is, as an imperative.
        writes: Which changing events belong to it: one pattern of several alternatives.
        names: Every `eventName` the pattern can mean.
        avoidable: How it can be done without root's own credentials: `assume-root`, `delegate`, or empty.
        task_policy: Name of the AssumeRoot task policy that allows it; empty if none does.
        accounts: Where it makes sense: `any`, `standalone`, `management`, `member`.
        source: The page it comes from.
        doubtful: What is inferred, and not documented, about its events.
        cases: Its own cases.
    """

    id: str
    title: str
    writes: EventPattern
    names: tuple[str, ...]
    avoidable: str = ""
    task_policy: str = ""
    accounts: str = "any"
    source: str
    doubtful: str = ""
    cases: tuple[Case, ...] = ()

    def holds(self, event: Event) -> Truth:
        """Whether a changing event belongs to the task."""
        return self.writes.matches(event.document)
