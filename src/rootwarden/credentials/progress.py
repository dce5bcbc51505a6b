"""What a journal says of a plan's accounts: which steps are done, since when keys sleep, who is finished. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.credentials.compare import Mark
from rootwarden.facts.instant import parse_instant
from rootwarden.rollout.entry import Entry, Kind, Result

if TYPE_CHECKING:
    from collections.abc import Iterable

NOTHING_LEFT: Final = "nothing is left"
UNDO: Final = "undo "


class Progress(msgspec.Struct, kw_only=True):
    """One account, as the journal tells it.

    Attributes:
        marks: By step; a step that was undone is open again.
        since: When each step was done.
        unsettled: Intents without an outcome.
        finished: A last look showed that nothing is left.
    """

    marks: dict[str, Mark] = msgspec.field(default_factory=dict)
    since: dict[str, datetime] = msgspec.field(default_factory=dict)
    unsettled: list[Entry] = msgspec.field(default_factory=list)
    finished: bool = False


_DONE: Final = frozenset({Result.DONE.value, Result.FOUND.value})


def progress_of(entries: Iterable[Entry]) -> dict[str, Progress]:
    """Every account's progress, by account; what concerns the organization stands under an empty text."""
    found: dict[str, Progress] = {}
    for entry in entries:
        one = found.setdefault(entry.target, Progress())
        if entry.kind is Kind.INTENT:
            _intended(one, entry)
        elif entry.kind is Kind.OUTCOME:
            settled(one, entry)
        elif entry.kind is Kind.SEEN:
            one.finished = entry.step == NOTHING_LEFT
    return found


def _intended(one: Progress, entry: Entry) -> None:
    one.marks[entry.step.removeprefix(UNDO)] = Mark.UNSETTLED
    one.unsettled.append(entry)
    one.finished = False


def settled(one: Progress, entry: Entry) -> None:
    """Take the outcome of a step in."""
    one.unsettled = [each for each in one.unsettled if each.number != entry.intent]
    base, succeeded = entry.step.removeprefix(UNDO), entry.result in _DONE
    done = succeeded is not entry.step.startswith(UNDO)
    one.marks[base] = Mark.DONE if done else Mark.OPEN
    at = parse_instant(entry.at)
    if not done:
        one.since.pop(base, None)
    elif at is not None and entry.step == base:
        one.since[base] = at
