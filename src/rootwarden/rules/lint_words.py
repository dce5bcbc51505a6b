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
_BORDERS: Final = frozenset({"where", "should", "not have", "have"})


def mixed(tokens: Sequence[Token]) -> Iterator[Diagnostic]:
    """`and` and `or` side by side with nothing to tell which binds first."""
    for group in _groups(tokens):
        words = [_word(tokens, at) for at in group]
        if "and" not in words or "or" not in words:
            continue
        edits: list[Edit] = []
        for run in _runs(group, words):
            if any(_word(tokens, at) == "and" for at in run):
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


def keyword_case(tokens: Sequence[Token]) -> Iterator[Diagnostic]:
    """Keywords and functions in other letters than the canonical ones; `True` and `False` pass as names of values."""
    for at, token in enumerate(tokens):
        word = _word(tokens, at)
        if word in {"", "true", "false"}:
            continue
        is_call = word in FUNCTIONS and tokens[at + 1].text == "(" and tokens[at + 1].kind is Kind.SYMBOL
        usual = FUNCTIONS[word].value if is_call else word
        if token.text != usual and (is_call or word in RESERVED or _one(tokens, at)):
            yield Diagnostic(
                code=Code.KEYWORD_CASE,
                level=Level.WARNING,
                message=f"the usual spelling of `{token.text}` is `{usual}`",
                span=token.span,
                help=f"write `{usual}`",
                edits=(Edit(token.span, usual),),
            )


def _one(tokens: Sequence[Token], at: int) -> bool:
    return at > 0 and tokens[at].word == "one" and _word(tokens, at - 1) == "atleast"


def _word(tokens: Sequence[Token], at: int) -> str:
    """The keyword a token may be; after a dot every name is a property."""
    after_dot = at > 0 and tokens[at - 1].kind is Kind.SYMBOL and tokens[at - 1].text == "."
    return "" if after_dot else tokens[at].word


def _groups(tokens: Sequence[Token]) -> Iterator[list[int]]:
    """Positions of the tokens of each condition at one level: brackets stay in it, what is inside is its own group."""
    open_groups: list[list[int]] = [[]]
    for at, token in enumerate(tokens):
        symbol = token.text if token.kind is Kind.SYMBOL else ""
        if symbol in _CLOSING and len(open_groups) > 1:
            yield open_groups.pop()
        if len(open_groups) == 1 and _word(tokens, at) in _BORDERS:
            yield open_groups[0]
            open_groups[0] = []
        elif token.kind is not Kind.END:
            open_groups[-1].append(at)
        if symbol in _OPENING:
            open_groups.append([])
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
