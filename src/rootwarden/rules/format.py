"""One way to write every rule: canonical words, lines of at most a hundred columns, comments kept.

Formatting never changes the tree, and formatting twice changes nothing more. A comment on lines of its own stays above
the next word, one behind a word goes above the line of that word.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.rules.layout import broken, fits, flat
from rootwarden.rules.parser import MAXIMUM_BYTES, parse
from rootwarden.rules.tokens import Kind, Tokenizer
from rootwarden.rules.words import RESERVED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rootwarden.rules.tokens import Token

_COMMENT: Final = re.compile(r"#[^\n]*")
# Words that stand in every spelling of a rule, and so can carry a comment.
_STEADY: Final = frozenset({"where", "should", "true", "false"})


class _Comment(msgspec.Struct, frozen=True):
    """A comment and the number of the steady word it belongs to."""

    text: str
    word: int


def format_sentence(text: str) -> str:
    """A rule in canonical form, without a line end after it.

    Args:
        text: The rule, comments included; returned as it is when its canonical form would be too long for a rule.

    Raises:
        RuleSyntaxError: It does not parse.
    """
    rule = parse(text)
    comments = _comments(text)
    lines = broken(rule)
    above = _placed(comments, lines)
    if fits(rule) and not any(0 < number < len(lines) for number, _ in above):
        lines = flat(rule)
        above = _placed(comments, lines)
    made: list[str] = []
    for number, line in enumerate(lines):
        made += [comment for at, comment in above if at == number]
        made.append(line)
    formatted = "\n".join([*made, *(comment for at, comment in above if at == len(lines))])
    return formatted if len(formatted.encode("utf-8", errors="replace")) <= MAXIMUM_BYTES else text


def _comments(text: str) -> list[_Comment]:
    """Every comment with the number of its word; one after the last word belongs to the end."""
    tokens = Tokenizer(text).tokens
    steady = _steady(tokens)
    found = []
    previous = 0
    for token in tokens:
        for comment in _COMMENT.finditer(text, previous, token.span.start):
            line_start = text.rfind("\n", 0, comment.start()) + 1
            behind = any(one.span.start < comment.start() and one.span.end > line_start for one in steady)
            count = sum(one.span.start < comment.start() for one in steady)
            found.append(_Comment(comment.group().rstrip(), count - 1 if behind else count))
        previous = token.span.end
    return found


def _placed(comments: Sequence[_Comment], lines: Sequence[str]) -> list[tuple[int, str]]:
    """Each comment with the number of the line it goes above; the number of lines for those at the end."""
    ends: list[int] = []
    for line in lines:
        ends.append((ends[-1] if ends else 0) + len(line) + 1)
    starts = [token.span.start for token in _steady(Tokenizer("\n".join(lines)).tokens)]
    placed = []
    for comment in comments:
        if comment.word >= len(starts):
            placed.append((len(lines), comment.text))
        else:
            placed.append((next(at for at, end in enumerate(ends) if starts[comment.word] < end), comment.text))
    return placed


def _steady(tokens: Sequence[Token]) -> list[Token]:
    """The words no spelling leaves out or adds: names, values, `where` and `should`."""
    found = []
    before = ""
    for token in tokens:
        after_dot, after_atleast = before == ".", before == "atleast"
        if token.kind is Kind.NAME and not after_dot:
            steady = token.word in _STEADY or (
                token.word not in RESERVED and not (after_atleast and token.word == "one")
            )
        else:
            steady = token.kind not in {Kind.SYMBOL, Kind.END}
        if steady:
            found.append(token)
        before = token.text if token.kind is Kind.SYMBOL else "" if after_dot else token.word
    return found
