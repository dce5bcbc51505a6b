"""The text of a rule with its shorter forms spelled out, comments kept; what has no plain form is named."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.rules.diagnostic import RuleSyntaxError
from rootwarden.rules.format import format_sentence
from rootwarden.rules.parser import parse
from rootwarden.rules.plain import plain, quantified, spelled_out
from rootwarden.rules.printer import print_condition
from rootwarden.rules.syntax import AddressOverlap, And, Catches, Count, Not, Or, PolicyTest, Quantifier, Share, Within
from rootwarden.rules.tokens import Tokenizer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.rules.diagnostic import Span
    from rootwarden.rules.syntax import Condition, Rule

_COMMENT: Final = re.compile(r"#[^\n]*")


class Spelled(msgspec.Struct, frozen=True):
    """A rule in plain words.

    Attributes:
        text: The sentence in canonical form.
        kept: The tests in it that no plain form exists for, as they are written.
    """

    text: str
    kept: tuple[str, ...]


def spell_out(text: str) -> Spelled:
    """Write every shorter form as the plain form it stands for, and format what comes out.

    Args:
        text: The rule, comments included; one inside a shorter form goes above it. Where the plain form would be too
            long or too deep for a rule, the rule stays as it is.

    Raises:
        RuleSyntaxError: It does not parse.
    """
    rule = parse(text)
    spelled = text
    for span, words in reversed([edit for part in _parts(rule) for edit in _edits(part)]):
        comments = "".join(f"\n{one}\n" for one in _comments(text, span))
        spelled = spelled[: span.start] + comments + words + spelled[span.end :]
    try:
        return Spelled(format_sentence(spelled), _kept(parse(spelled)))
    except RuleSyntaxError:
        return Spelled(format_sentence(text), (text.strip(),))


def _parts(rule: Rule) -> Iterator[Condition]:
    if rule.where is not None:
        yield rule.where
    yield rule.check


def _edits(condition: Condition) -> Iterator[tuple[Span, str]]:
    """What to write where, in the order of the text; none lies in another."""
    match condition:
        case And(conditions) | Or(conditions):
            for one in conditions:
                yield from _edits(one)
        case Not(inner):
            yield from _edits(inner)
        case Within(subject, inner, _, None):
            quantifier = quantified(subject.quantifier)
            if isinstance(subject.quantifier, Count | Share) and isinstance(quantifier, Quantifier):
                yield subject.quantifier.span, quantifier.value
            yield from _edits(inner)
        case _ if spelled_out(condition) is not None:
            made = plain(condition)
            words = print_condition(made)
            yield condition.span, f"( {words} )" if isinstance(made, And | Or) else words
        case Within(_, inner, _, where):  # a share of a narrowed list
            if where is not None:
                yield from _edits(where)
            yield from _edits(inner)


def _comments(text: str, span: Span) -> Iterator[str]:
    """The comments in a stretch of the text."""
    previous = span.start
    for token in Tokenizer(text).tokens:
        if span.start < token.span.start < span.end:
            yield from (found.group().rstrip() for found in _COMMENT.finditer(text, previous, token.span.start))
        previous = max(previous, token.span.end)


def _kept(rule: Rule) -> tuple[str, ...]:
    """What stands in a spelled out rule and is not plain, outer tests only."""
    return tuple(print_condition(one) for part in _parts(rule) for one in _not_plain(part))


def _not_plain(condition: Condition) -> Iterator[Condition]:
    match condition:
        case And(conditions) | Or(conditions):
            for one in conditions:
                yield from _not_plain(one)
        case Not(inner):
            yield from _not_plain(inner)
        case Within(subject, inner):
            if condition.where is not None or isinstance(subject.quantifier, Count | Share):
                yield condition
            else:
                yield from _not_plain(inner)
        case AddressOverlap() | Catches() | PolicyTest():
            yield condition
