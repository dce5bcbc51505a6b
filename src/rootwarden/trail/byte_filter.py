"""A filter over bytes that can only rule out: no spelling JSON allows of what is wanted gets past it unseen.

A wanted record holds, as a whole JSON text, one of the interest's literals, the word Root in any letter case, or an ARN
that ends `:root`. JSON (RFC 8259) lets blanks stand between tokens and keys in any order, neither of which reaches
into a text; and it lets any character be written as an escape, which is why an escape that spells a character of
what is looked for keeps a file in, whatever else is in it. The same text inside a text (CloudTrail Lake, CloudWatch
Logs) has its quotes escaped: what follows the last letter may be a quote or a backslash.

One search costs about a fortieth of inflating what it searches, so literals share searches (`covers`); what a shared
search finds is then compared in full.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

import stringzilla

from rootwarden.detect.visits.interest import ROOT
from rootwarden.trail.covers import covers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.detect.visits.interest import Interest

_find: Final = stringzilla.find
_find_root: Final = stringzilla.utf8_uncased_search
_ROOT: Final = ROOT.encode()
_BEFORE: Final = frozenset(b'":')
_AFTER: Final = frozenset(b'"\\')
_ESCAPE: Final = b"\\u00"
# After so many finds of one word in one piece that led to nothing, the piece is taken as it is.
_PATIENCE: Final = 256
# These JSON escapes in two characters, and what is not ASCII has several spellings: literals are searched between them.
_PLAIN: Final = re.compile(r"[ -!#-.0-\[\]-~]+")


class Needle(NamedTuple):
    """A search, and the whole words any of which must be there when it finds something."""

    word: bytes
    words: tuple[bytes, ...]


class ByteFilter:
    """Says of pieces of a file whether anything wanted can be in them.

    Args:
        interest: What is wanted.

    Attributes:
        reach: A piece must be searched together with so many bytes of the one before it.
    """

    def __init__(self, interest: Interest) -> None:
        literals = interest.literals()
        words = [_word(each) for each in literals]
        self._blind = not all(words)
        # What holds the word Root in one letter case is found on the way, by the search for it in any.
        rooted = tuple(word for word in words if _ROOT in word.lower())
        self._rooted = tuple((word, word.lower().index(_ROOT)) for word in rooted)
        self._needles = tuple(
            Needle(cover, tuple(word for word in words if cover in word))
            for cover in covers([word for word in words if word not in rooted])
        )
        self._escapes = _escapes(literals)
        self.reach = max([len(word) for word in words] + [len(_ROOT)]) + 2

    def may_hold(self, piece: bytes) -> bool:
        """Whether a piece may hold something wanted."""
        for word, words in self._needles:
            if _find(piece, word) >= 0 and _any_of(piece, words):
                return True
        at = _find_root(piece, _ROOT)
        if at >= 0 and self._root(piece, at):
            return True
        at = _find(piece, _ESCAPE)
        return (at >= 0 and self._escaped(piece, at)) or self._blind

    def _root(self, piece: bytes, at: int) -> bool:
        for _ in range(_PATIENCE):
            if at < 0:
                return False
            if self._root_at(piece, at):
                return True
            at = _find_root(piece, _ROOT, at + 1)
        return at >= 0

    def _root_at(self, piece: bytes, at: int) -> bool:
        end = at + len(_ROOT)
        if at and piece[at - 1] in _BEFORE and end < len(piece) and piece[end] in _AFTER:
            return True
        return any(piece.startswith(word, at - offset) for word, offset in self._rooted if at >= offset)

    def _escaped(self, piece: bytes, at: int) -> bool:
        for _ in range(_PATIENCE):
            if at < 0:
                return False
            if piece[at + 4 : at + 6].lower() in self._escapes:
                return True
            at = _find(piece, _ESCAPE, at + 1)
        return at >= 0


@lru_cache(maxsize=16)
def filter_of(interest: Interest) -> ByteFilter:
    """The filter of an interest; each is built once in a process."""
    return ByteFilter(interest)


def _word(literal: str) -> bytes:
    """The longest part of a literal that has one spelling without an escape; empty when there is none.

    Where it begins the literal, the quote before it belongs to it.
    """
    parts = [(found[0], found.start()) for found in _PLAIN.finditer(literal)]
    if not parts:
        return b""
    part, start = max(parts, key=lambda each: len(each[0]))
    return ('"' if start == 0 else "").encode() + part.encode()


def _escapes(literals: Iterable[str]) -> frozenset[bytes]:
    """The hexadecimal digits of every ASCII character that may be wanted, or that an escape inside a text needs."""
    wanted = set("".join(literals)) | set(f'{ROOT}{ROOT.upper()}:"\\/u0123456789abcdefABCDEF')
    return frozenset(b"%02x" % ord(letter) for letter in wanted if letter.isascii())


def _any_of(piece: bytes, words: tuple[bytes, ...]) -> bool:
    return any(_find(piece, word) >= 0 for word in words)
