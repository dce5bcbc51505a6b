"""Messages for people: one about a page, one about everything that was gathered. No message holds a link."""

from __future__ import annotations

import shlex
from collections import Counter
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.alert.content.lines import CONCERN_WORDS, SHAPE_WORDS, account_of, lines_of
from rootwarden.alert.content.neutral import code, neutral
from rootwarden.detect.visits.incident import Incident, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rootwarden.alert.content.subject import Subject

LONGEST_TITLE: Final = 160
MOST_ACTIONS: Final = 4
MOST_REASONS: Final = 10
MOST_GATHERED: Final = 50
DRILL: Final = "DRILL, nothing happened"
REPEAT: Final = "This may be a repeat: the sender died before it knew whether this arrived."
_WIDTH: Final = 9


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel for people gets.

    Attributes:
        key: Idempotency key: the same message has the same key, however often it is sent.
        thread: The alert's own key, the same in every stage, for pagers; the message's key for a digest.
        severity: `page` or `notify`.
        drill: Whether it is a drill.
        title: One short line, enough for a pager.
        text: Plain text.
        markdown: The same in Markdown.
        findings: Ids of the findings it tells of.
    """

    key: str
    thread: str
    severity: Severity
    drill: bool
    title: str
    text: str
    markdown: str
    findings: tuple[str, ...]


def page(subject: Subject, *, key: str, stage: int = 0, maybe_repeat: bool = False) -> Message:
    """A message that wakes somebody.

    Args:
        subject: What it is about.
        key: Idempotency key of this delivery.
        stage: Of the escalation; a later one says that nobody answered.
        maybe_repeat: An earlier attempt may have come through.
    """
    title = title_of(subject)
    notes = _notes(subject, stage=stage, maybe_repeat=maybe_repeat)
    return Message(
        key=key,
        thread=subject.key,
        severity=subject.severity,
        drill=bool(subject.drill),
        title=title,
        text=_text(subject, title, notes),
        markdown=_markdown(subject, title, notes),
        findings=(subject.finding.id,),
    )


def digest(subjects: Sequence[Subject], *, key: str, maybe_repeat: bool = False) -> Message:
    """A message that tells of everything that was gathered.

    Args:
        subjects: What was gathered; the first `MOST_GATHERED` are told in full, the rest is counted.
        key: Idempotency key of this delivery.
        maybe_repeat: An earlier attempt may have come through.
    """
    accounts = len({each.finding.account for each in subjects})
    drill = all(each.drill for each in subjects) and bool(subjects)
    head = f"{DRILL}: " if drill else ""
    many = f"{len(subjects)} finding{'' if len(subjects) == 1 else 's'}"
    title = f"{head}notify: {many} about root in {accounts} account{'' if accounts == 1 else 's'}"
    kinds = Counter(_kind(each) for each in subjects)
    summary = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    shown, rest = subjects[:MOST_GATHERED], len(subjects) - MOST_GATHERED
    notes = [REPEAT] if maybe_repeat else []
    more = [f"{rest} more: `rootwarden alert list` names them."] if rest > 0 else []
    return Message(
        key=key,
        thread=key,
        severity=Severity.NOTIFY,
        drill=drill,
        title=title,
        text="\n\n".join([title, *notes, summary, *(_text(each, title_of(each), []) for each in shown), *more]) + "\n",
        markdown="\n\n".join(
            [f"**{title}**", *notes, summary, *(_markdown(each, title_of(each), []) for each in shown), *more]
        )
        + "\n",
        findings=tuple(each.finding.id for each in subjects),
    )


def title_of(subject: Subject) -> str:
    """One line that can stand alone: how bad, which account, what."""
    head = f"{DRILL}: " if subject.drill else ""
    level = subject.severity.upper() if subject.severity is Severity.PAGE else subject.severity.value
    finding = subject.finding
    if isinstance(finding, Incident):
        way = SHAPE_WORDS[finding.shape]
        doing = f", {finding.writes} change{'' if finding.writes == 1 else 's'}" if finding.writes else ""
        mfa = ", no MFA" if finding.mfa is False else ""
        what = f"root of {account_of(subject)}: {way}{mfa}{doing}, {finding.verdict.value.replace('_', ' ')}"
    else:
        what = f"{_kind(subject)} in {account_of(subject)}" if finding.account else _kind(subject)
    whole = f"{head}{level} {what}"
    return whole if len(whole) <= LONGEST_TITLE else f"{whole[: LONGEST_TITLE - 1]}…"


def _kind(subject: Subject) -> str:
    if isinstance(subject.finding, Incident):
        return SHAPE_WORDS[subject.finding.shape]
    return CONCERN_WORDS[subject.finding.kind]


def _notes(subject: Subject, *, stage: int, maybe_repeat: bool) -> list[str]:
    notes = []
    if subject.drill:
        notes.append(f"This is drill {neutral(subject.drill)}: acknowledge it as you would the real thing.")
    if stage:
        notes.append(f"Nobody has acknowledged this: stage {stage + 1} of the escalation.")
    if subject.risen:
        notes.append("This was told before, and is more severe now.")
    if maybe_repeat:
        notes.append(REPEAT)
    return notes


def _text(subject: Subject, title: str, notes: list[str]) -> str:
    parts = [title, *notes, "\n".join(f"{name:<{_WIDTH}}{value}" for name, value in lines_of(subject))]
    parts.append(
        "\n".join(["why", *(f"  [{severity}] {words} ({name})" for severity, words, name in _reasons(subject))])
    )
    if subject.around.actions:
        parts.append("\n".join(["next", *_numbered(subject, "  ")]))
    return "\n\n".join([*parts, _answering(subject)])


def _markdown(subject: Subject, title: str, notes: list[str]) -> str:
    # What stands in a line was chosen by outsiders too, so all of it is in code spans.
    parts = [f"**{_plain_markdown(title)}**", *notes]
    parts.append("\n".join(f"- {name}: {code(value, longest=1000)}" for name, value in lines_of(subject)))
    parts.append(
        "\n".join(
            [
                "Why:",
                *(
                    f"- {severity}: {code(words, longest=500)} ({code(name)})"
                    for severity, words, name in _reasons(subject)
                ),
            ]
        )
    )
    if subject.around.actions:
        parts.append("\n".join(["Next:", *_numbered(subject, "")]))
    return "\n\n".join([*parts, _answering(subject)])


def _plain_markdown(text: str) -> str:
    """A line outside of a code span: what Markdown obeys is preceded by a backslash."""
    return "".join(f"\\{letter}" if letter in "*_[]()#~!" else letter for letter in text)


def _reasons(subject: Subject) -> list[tuple[str, str, str]]:
    reasons = subject.finding.reasons[:MOST_REASONS]
    return [(each.severity.value, neutral(each.words, longest=300), neutral(each.code, longest=60)) for each in reasons]


def _numbered(subject: Subject, indent: str) -> list[str]:
    return [f"{indent}{number}. {step}" for number, step in enumerate(subject.around.actions[:MOST_ACTIONS], 1)]


def _answering(subject: Subject) -> str:
    return f"Acknowledge: rootwarden alert ack {shlex.quote(neutral(subject.finding.id))} --by NAME"
