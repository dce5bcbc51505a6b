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
_INSIDE: Final = b"Root"
_BEFORE: Final = frozenset(b'":')
_AFTER: Final = frozenset(b'"\\')
_BACKSLASH: Final = b"\\"
_ESCAPE: Final = b"\\u00"
# After so many finds of one word in one piece that led to nothing, the piece is taken as it is.
_PATIENCE: Final = 256
# These JSON escapes in two characters, and what is not ASCII has several spellings: literals are searched between them.
_PLAIN: Final = re.compile(r"[ -!#-.0-\[\]-~]+")


class Needle(NamedTuple):
    """A search, and the names of which a wanted record holds one when it finds something.

    Attributes:
        word: What is searched for.
        names: What must be there too.
        near: Whether the word is a part of every name, so that both are at one place.
    """

    word: bytes
    names: tuple[bytes, ...]
    near: bool


class ByteFilter:
    """Says of pieces of a file whether anything wanted can be in them.

    Args:
        interest: What is wanted.

    Attributes:
        reach: What lies across two pieces is found in so many bytes of each.
        needles: What is searched for beside the word Root and escapes.
        words: The word of each needle with it.
    """

    def __init__(self, interest: Interest) -> None:
        pairs = {(_word(name), _word(source)) for name, source in interest.literals()}
        names = {name for name, _ in pairs}
        # What holds the word Root in one letter case is found on the way, by the search for it in any.
        rooted = {name for name in names if _INSIDE in name}
        self._rooted = tuple((word, word.index(_INSIDE)) for word in sorted(rooted))
        self._blind = not all(names)
        self.needles = tuple(
            Needle(word, named, all(word in name for name in named))
            for word, named in covers(pair for pair in pairs if pair[0] and pair[0] not in rooted)
        )
        self.words = tuple((needle.word, needle) for needle in self.needles)
        self._escapes = _escapes(text for pair in interest.literals() for text in pair)
        self.reach = max([len(word) for pair in pairs for word in pair] + [len(_ROOT)]) + 2

    def may_hold(self, data: bytes) -> bool:
        """Whether something wanted may be in whole records, or in a whole file."""
        return any(_find(data, needle.word) >= 0 and _any_of(data, needle.names) for needle in self.needles) or (
            self._blind or self.shows(data)
        )

    def shows(self, piece: bytes) -> bool:
        """Whether a part of a file shows root, or an escape that may hide anything."""
        at = _find_root(piece, _ROOT)
        if at >= 0 and self._root(piece, at):
            return True
        # Most pieces have few backslashes or none, and one letter is found twice as fast as several.
        at = _find(piece, _BACKSLASH)
        if at >= 0:
            at = _find(piece, _ESCAPE, at)
            return (at >= 0 and self._escaped(piece, at)) or self._blind
        return self._blind

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
        # In the names it stands inside a word, with one capital letter.
        if not piece.startswith(_INSIDE, at):
            return False
        return any(piece.startswith(word, at - offset) for word, offset in self._rooted if at >= offset)

    def _escaped(self, piece: bytes, at: int) -> bool:
        for _ in range(_PATIENCE):
            if at < 0:
                return False
            if piece[at + 4 : at + 6].lower() in self._escapes:
                return True
            at = _find(piece, _ESCAPE, at + 1)
        return at >= 0


class Search:
    """One file, searched piece by piece; a record may lie across any number of pieces.

    A search that finds a source in one piece has still to find a name, which may be in another.

    Args:
        wanted: The filter.
        keep: Whether pieces are kept, for `next_window` and for names in earlier ones. Without, each piece can be let
            go before the next, and the search gives up where it would need an earlier one.
        found: Whether something was found already in what the first window holds, so that it need not be searched.

    Attributes:
        found: Whether a piece so far may hold something wanted; what lies across several is not yet looked at.
        gave_up: Whether that is so only because an earlier piece is needed to tell.
    """

    def __init__(self, wanted: ByteFilter, *, keep: bool = True, found: bool = False) -> None:
        self._filter = wanted
        self._keep = keep
        self._words = wanted.words
        self._reach = wanted.reach
        self._pieces: list[bytes] = []
        self._seams: list[bytes] = []
        self._open: list[Needle] = []
        self._end = b""
        self.found = found
        self.gave_up = False

    def add(self, piece: bytes) -> None:
        """Search the next piece, while it is in the processor's cache."""
        if not self.found:
            reach, before = self._reach, self._end
            if before:
                self._seams.append(before + piece[:reach])
            end = piece[-reach:]
            # A gzip member, and so a piece, may have one byte: what is looked for then lies across many.
            self._end = end if len(end) == reach else (before + end)[-reach:]
            self.found = self._finds(piece)
        if self._keep:
            self._pieces.append(piece)

    def may_hold(self) -> bool:
        """Whether the pieces so far may hold something wanted."""
        return self.found or (bool(self._seams) and self._finds(b"".join(self._seams)))

    def holds_part(self) -> bool:
        """Whether they may hold at least a part of it, of which the rest is still to come, or has gone before."""
        return self.may_hold() or bool(self._open)

    def next_window(self) -> list[bytes]:
        """The pieces since the last call, which are then let go; what lies across the gap is still found."""
        pieces, self._pieces = self._pieces, []
        self._seams, self._open, self.found = [], [], False
        return pieces

    def _finds(self, piece: bytes) -> bool:
        for word, needle in self._words:
            if _find(piece, word) >= 0 and self._named(needle, piece):
                return True
        if self._open and any(_any_of(piece, needle.names) for needle in self._open):
            return True
        return self._filter.shows(piece)

    def _named(self, needle: Needle, piece: bytes) -> bool:
        if needle.near or needle in self._open:
            return _any_of(piece, needle.names)
        self._open.append(needle)
        # There are seams from the second piece on.
        self.gave_up = not self._keep and bool(self._seams)
        return self.gave_up or any(
            _any_of(each, needle.names) for each in (*self._pieces, b"".join(self._seams), piece)
        )


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
