"""Doubtful ways of writing that only the words show: `and` beside `or`, keywords in capitals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.rules.diagnostic import Code, Diagnostic, Edit, Level, Span
from rootwarden.rules.tokens import Kind
from rootwarden.rules.words import FUNCTIONS, RESERVED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rootwarden.rules.tokens import Token

_OPENING: Final = frozenset({"(", "["})
_CLOSING: Final = frozenset({")", "]"})
_WITH: Final = frozenset({"with", "contain"})
_BORDERS: Final = frozenset({"where", "should", "not have", "have"})


def mixed(tokens: Sequence[Token], soft: frozenset[Span]) -> Iterator[Diagnostic]:
    """`and` and `or` side by side with nothing to tell which binds first.

    Args:
        tokens: Of the whole rule.
        soft: Where words stand that are keywords only there.
    """
    for group in _groups(tokens):
        words = _connectives(tokens, group, soft)
        if "and" not in words or "or" not in words:
            continue
        edits: list[Edit] = []
        for run in _runs(group, words):
            if any(words[group.index(at)] == "and" for at in run):
                start, end = tokens[run[0]].span.start, tokens[run[-1]].span.end
                edits += [Edit(Span(start, start), "( "), Edit(Span(end, end), " )")]
        place = group[words.index("or")]
        yield Diagnostic(
            code=Code.AND_OR_MIXED,
            level=Level.WARNING,
            message="`and` and `or` stand side by side; `and` binds first",
            span=tokens[place].span,
            help="put parentheses round what `and` joins",
            edits=tuple(edits),
        )


def keyword_case(tokens: Sequence[Token], soft: frozenset[Span]) -> Iterator[Diagnostic]:
    """Keywords and functions in other letters than the canonical ones; `True` and `False` pass as names of values.

    Args:
        tokens: Of the whole rule.
        soft: Where words stand that are keywords only there.
    """
    for at, token in enumerate(tokens):
        word = _word(tokens, at)
        if word in {"", "true", "false"}:
            continue
        is_call = word in FUNCTIONS and tokens[at + 1].text == "(" and tokens[at + 1].kind is Kind.SYMBOL
        usual = FUNCTIONS[word].value if is_call else word
        if token.text != usual and (is_call or word in RESERVED or token.span in soft):
            yield Diagnostic(
                code=Code.KEYWORD_CASE,
                level=Level.WARNING,
                message=f"the usual spelling of `{token.text}` is `{usual}`",
                span=token.span,
                help=f"write `{usual}`",
                edits=(Edit(token.span, usual),),
            )


def _word(tokens: Sequence[Token], at: int) -> str:
    """The keyword a token may be; after a dot every name is a property."""
    after_dot = at > 0 and tokens[at - 1].kind is Kind.SYMBOL and tokens[at - 1].text == "."
    return "" if after_dot else tokens[at].word


def _connectives(tokens: Sequence[Token], group: Sequence[int], soft: frozenset[Span]) -> list[str]:
    """The word of each position of a group; the `and` between two bounds joins nothing."""
    words = []
    in_bounds = False
    for at in group:
        word = _word(tokens, at)
        in_bounds = in_bounds or (word == "between" and tokens[at].span in soft)
        if in_bounds and word == "and":
            in_bounds, word = False, ""
        words.append(word)
    return words


def _groups(tokens: Sequence[Token]) -> Iterator[list[int]]:
    """Positions of the tokens of each condition at one level: brackets stay in it, what is inside is its own group."""
    open_groups: list[list[int]] = [[]]
    scopes: set[int] = set()  # how many groups are open where the last one is what narrows a list
    for at, token in enumerate(tokens):
        symbol = token.text if token.kind is Kind.SYMBOL else ""
        word = _word(tokens, at)
        if (symbol in _CLOSING and len(open_groups) > 1) or (word in _WITH and len(open_groups) in scopes):
            scopes.discard(len(open_groups))
            yield open_groups.pop()
        borders = word in _BORDERS and (word != "where" or at == 1)
        if len(open_groups) == 1 and borders:
            yield open_groups[0]
            open_groups[0] = []
        elif token.kind is not Kind.END:
            open_groups[-1].append(at)
        if symbol in _OPENING or (word == "where" and at > 1):
            open_groups.append([])
            scopes |= {len(open_groups)} if word == "where" else set()
    yield from open_groups


def _runs(group: Sequence[int], words: Sequence[str]) -> Iterator[list[int]]:
    """A group cut at its `or`s."""
    run: list[int] = []
    for at, word in zip(group, words, strict=True):
        if word == "or":
            yield run
            run = []
        else:
            run.append(at)
    yield run
