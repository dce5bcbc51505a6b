"""What goes wrong with reading, as concerns: who cannot look must say so. Pure.

One cause is one concern a day: a bucket that refuses pages once, and again the next day if it still does.
"""

from __future__ import annotations

import hashlib
import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.detect.visits.incident import Concern, ConcernKind, Reason, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_ACCOUNT: Final = re.compile(r"AWSLogs/(?:o-[a-z0-9]{10,32}/)?(?P<account>[0-9]{12})/")
_LONGEST: Final = 500


class Trouble(StrEnum):
    """What went wrong; the value is the code of the reason."""

    MISSING = "log-file-missing"
    DENIED = "log-file-denied"
    UNREADABLE = "log-file-unreadable"
    UNREACHABLE = "log-file-unreachable"
    NOT_UNDERSTOOD = "message-not-understood"
    UNFINISHED = "message-unfinished"
    QUEUE = "queue-unreachable"
    NOT_REREAD = "second-reading-incomplete"


_WORDS: Final = {
    Trouble.MISSING: "a log file was announced and is not there: it may have been deleted",
    Trouble.DENIED: "a log file cannot be read, access is denied: root could act unseen",
    Trouble.UNREADABLE: "a part of a log file cannot be read: root could be in it",
    Trouble.UNREACHABLE: "a log file could not be read in many tries: root could act unseen",
    Trouble.NOT_UNDERSTOOD: "a message of the queue says nothing we know",
    Trouble.UNFINISHED: "a message was taken many times and never worked off; it may stop the watcher",
    Trouble.QUEUE: "the queue cannot be read: nothing is noticed",
    Trouble.NOT_REREAD: "not every log file could be read again for what an identity made by root did",
}
_ONLY_TOLD: Final = frozenset({Trouble.NOT_UNDERSTOOD})


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that went wrong.

    Attributes:
        trouble: What.
        where: What it went wrong with: `s3://bucket/key`, the id of a message, a queue.
        why: What was said, for people.
    """

    trouble: Trouble
    where: str
    why: str


def concerns(found: Iterable[Found], at: datetime) -> tuple[Concern, ...]:
    """Concerns, one for each cause and account, in order.

    Args:
        found: What went wrong.
        at: Now.
    """
    by_cause: dict[tuple[str, Trouble, str], Found] = {}
    for each in found:
        by_cause.setdefault((account_of(each.where), each.trouble, _cause(each.where)), each)
    return tuple(_concern(key, each, at) for key, each in sorted(by_cause.items(), key=lambda pair: pair[0]))


def account_of(name: str) -> str:
    """The account whose log file it is, by its name; empty when it does not tell."""
    found = _ACCOUNT.search(name)
    return found["account"] if found else ""


def _cause(where: str) -> str:
    """What is likely broken: the bucket of a log file; else the thing itself."""
    return where.partition("://")[2].partition("/")[0] if where.startswith("s3://") else ""


def _concern(key: tuple[str, Trouble, str], found: Found, at: datetime) -> Concern:
    account, trouble, cause = key
    severity = Severity.NOTIFY if trouble in _ONLY_TOLD else Severity.PAGE
    digest = hashlib.sha256("\n".join((trouble.value, account, cause, f"{at:%Y-%m-%d}")).encode()).hexdigest()[:16]
    words = f"{_WORDS[trouble]}: {found.where}: {found.why}"[:_LONGEST]
    return Concern(
        id=f"silence-{account or 'all'}-{digest}",
        kind=ConcernKind.SILENCE,
        account=account,
        actor="",
        started=at,
        ended=at,
        severity=severity,
        reasons=(Reason(code=trouble.value, words=words, severity=severity),),
    )
