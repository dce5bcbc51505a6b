"""Was the log here set back? Local against what sinks hold, at start-up, after a restore and at failover; pure.

A head with more entries than the log here, or with another root at a size the log has, shows an old backup, a fork or a
forgery, if it is signed with the log's key. An answer that is not signed shows nothing, and vouches for nothing. When
nobody outside vouches for the log here it is sealed too: not looked is not fine.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from rootwarden.breakglass.sinks.sink import is_of_log
from rootwarden.breakglass.witness.messages import from_text
from rootwarden.transparency.head import Head

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What a sink says it holds.

    Attributes:
        sink: Its name.
        heads: The newest, several if there are several of that size; none when it says that it holds none.
        accepted: How many entries it is known to have taken, by its receipts; 0 when there are none.
    """

    sink: str
    heads: tuple[Head, ...]
    accepted: int = 0


class Unreachable(msgspec.Struct, frozen=True, kw_only=True):
    """A sink that did not answer: its name, and why."""

    sink: str
    why: str


Answer: TypeAlias = Held | Unreachable


class Standing(StrEnum):
    """What one sink's answer says about the log here."""

    EQUAL = "equal"
    BEHIND = "behind"
    NOTHING_YET = "nothing yet"
    AHEAD = "ahead"
    FORKED = "forked"
    WENT_BACK = "went back"
    NOT_SIGNED = "not signed"
    UNREACHABLE = "unreachable"


_VOUCHES = frozenset({Standing.EQUAL, Standing.BEHIND, Standing.NOTHING_YET})
_ACCUSES = frozenset({Standing.AHEAD, Standing.FORKED})


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One sink's standing, with the reason in words."""

    sink: str
    standing: Standing
    words: str

    @property
    def vouches(self) -> bool:
        """Whether it speaks for the log here."""
        return self.standing in _VOUCHES

    @property
    def accuses(self) -> bool:
        """Whether it shows that the log here was changed."""
        return self.standing in _ACCUSES


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it.

    Attributes:
        sealed: Whether nothing may be released until a quorum starts a new epoch.
        reason: Why it is sealed; empty when it is not.
        findings: Each sink's, in the order they were given.
    """

    sealed: bool
    reason: str
    findings: tuple[Finding, ...]


def compare(
    answers: Sequence[Answer],
    *,
    size: int,
    root_at: Callable[[int], bytes | None],
    keys: Sequence[Ed25519PublicKey],
    needed: int = 1,
) -> Compared:
    """Judge what sinks hold.

    Args:
        answers: Of every sink that can be asked.
        size: How many entries the log here has.
        root_at: Its root after so many of them; `None` when there are fewer.
        keys: Public keys its heads may be signed with.
        needed: How many sinks must vouch for it, at least one.
    """
    findings = tuple(_finding(each, size, root_at, keys) for each in answers)
    accusing = [each for each in findings if each.accuses]
    vouching = [each for each in findings if each.vouches]
    reason = ""
    if accusing:
        reason = "; ".join(each.words for each in accusing)
    elif len(vouching) < max(needed, 1):
        silent = "; ".join(each.words for each in findings if not each.vouches) or "no sink can be asked"
        reason = f"{len(vouching)} of {max(needed, 1)} sinks vouch for the log here: {silent}"
    return Compared(sealed=bool(reason), reason=reason, findings=findings)


def _finding(
    answer: Answer, size: int, root_at: Callable[[int], bytes | None], keys: Sequence[Ed25519PublicKey]
) -> Finding:
    if isinstance(answer, Unreachable):
        words = f"`{answer.sink}` cannot be asked: {answer.why}"
        return Finding(sink=answer.sink, standing=Standing.UNREACHABLE, words=words)
    signed = [each for each in answer.heads if is_of_log(each, keys)]
    # One that accuses decides, whatever stands beside it.
    for head in sorted(signed, key=lambda each: -each.size):
        if head.size > size:
            words = f"`{answer.sink}` holds a head over {head.size} entries, and the log here has {size}"
            return Finding(sink=answer.sink, standing=Standing.AHEAD, words=words)
        if root_at(head.size) != from_text(head.root):
            words = f"`{answer.sink}` holds another root over {head.size} entries than the log here"
            return Finding(sink=answer.sink, standing=Standing.FORKED, words=words)
    if len(signed) < len(answer.heads):
        words = f"`{answer.sink}` shows a head that is not signed by this log"
        return Finding(sink=answer.sink, standing=Standing.NOT_SIGNED, words=words)
    return _agreeing(answer, max((each.size for each in signed), default=0), size)


def _agreeing(answer: Held, held: int, size: int) -> Finding:
    """What a sink says whose heads are all of the log here."""
    if held < answer.accepted:
        words = f"`{answer.sink}` took a head over {answer.accepted} entries, and now holds {held}"
        return Finding(sink=answer.sink, standing=Standing.WENT_BACK, words=words)
    if not held:
        words = f"`{answer.sink}` holds no head yet"
        return Finding(sink=answer.sink, standing=Standing.NOTHING_YET, words=words)
    standing = Standing.EQUAL if held == size else Standing.BEHIND
    words = f"`{answer.sink}` holds the head over {held} of {size} entries"
    return Finding(sink=answer.sink, standing=standing, words=words)
