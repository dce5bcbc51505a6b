"""What is known of a log after it was verified, as records."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Outcome(StrEnum):
    """What the whole amounts to.

    `intact`: every check was done and holds. `broken`: one does not. `unknown`: none failed, and not all could be done.
    """

    INTACT = "intact"
    BROKEN = "broken"
    UNKNOWN = "unknown"


class Sort(StrEnum):
    """What can be wrong with heads."""

    NOT_SIGNED = "not-signed"
    TRUNCATED = "truncated"
    DIFFERS = "differs"
    FORK = "fork"
    OTHER_LOG = "other-log"
    UNREADABLE = "unreadable"


class BadEntry(msgspec.Struct, frozen=True, kw_only=True):
    """The first entry that is not what was written.

    Attributes:
        first: Its place, from 0.
        last: The same, or, where one head is over several entries, the last of those it may be.
        step: The step of docs/break-glass-protocol.md that refuses it; `head` when a signed head does not lead to it.
        why: In words.
    """

    first: int
    last: int
    step: str
    why: str


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """A head, or a witness's statement, that does not hold, or that the log does not hold up to.

    Attributes:
        sort: In a word.
        where: `log`, `elsewhere`, or `witness:` and its name.
        size: Of the head.
        why: In words.
    """

    sort: Sort
    where: str
    size: int
    why: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a log.

    Attributes:
        outcome: See there.
        log: Its name; empty when not even its first entry can be read.
        size: How many entries there are.
        root: The root over them, in Base64.
        covered: How many of them its own heads cover.
        witnessed: How many of them heads kept elsewhere cover.
        bad: The first bad entry, if there is one.
        troubles: What is wrong with heads, by size.
        unchecked: What could not be looked at, in words.
    """

    outcome: Outcome
    log: str
    size: int
    root: str
    covered: int
    witnessed: int
    bad: BadEntry | None
    troubles: tuple[Trouble, ...]
    unchecked: tuple[str, ...]
