"""Tokens to a tree, by recursive descent: one function a production, the production in its docstring.

The notation is EBNF; docs/rule-language.md has the whole grammar in one piece. What is wrong but plain in meaning
(round brackets after `with`) is reported and read on; a test that cannot be read is left out (`recovery`), so that the
mistakes of all others are found in the same go.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final, NoReturn

import msgspec
from msgspec.structs import replace

from rootwarden.rules import corrections
from rootwarden.rules.cursor import Stopped
from rootwarden.rules.diagnostic import Code, Diagnostic, Edit, RuleSyntaxError, Span
from rootwarden.rules.recovery import Recovery, nothing, unmatched
from rootwarden.rules.syntax import And, Not, Or, Rule, Within
from rootwarden.rules.tokens import MAXIMUM_MISTAKES, NEVER_CLOSED, Kind, Tokenizer

if TYPE_CHECKING:
    from rootwarden.rules.syntax import Condition, Subject
    from rootwarden.rules.tokens import Token

MAXIMUM_BYTES: Final = 16 * 1024
# Words only a condition begins with: the one before them took the place of `have`.
_BEGINNINGS: Final = frozenset({"every", "any", "no", "atleast"})
# After these the parser sees other words than were meant, and what it says of the test they are in is about those.
_MISREAD: Final = frozenset(
    {Code.UNEXPECTED_CHARACTER, Code.UNTERMINATED_STRING, Code.MALFORMED_NUMBER, Code.LITERAL_TOO_LONG}
)

_A_RULE: Final = (
    "a rule is one sentence, such as `RootUser should have MFAActive`; `docs/coming-from.md` compares other languages"
)


def parse(text: str) -> Rule:
    """Parse one rule.

    Args:
        text: The rule, at most 16 KiB as UTF-8; `#` begins a comment that runs to the end of the line.

    Returns:
        Its tree. Names are not looked up yet: see `rootwarden.rules.typecheck`.

    Raises:
        RuleSyntaxError: The text is no rule; carries every mistake found, with places.
    """
    made = recovered(text)
    if made.mistakes or made.rule is None:
        raise RuleSyntaxError(made.mistakes, text)
    return made.rule


class Recovered(msgspec.Struct, frozen=True):
    """A rule as far as it can be read.

    Attributes:
        rule: Its tree, in which an empty conjunction stands for each test that could not be read; `None` when not even
            the entity could. Without mistakes it is whole.
        mistakes: Every mistake of grammar.
        cut: Where mistakes end what stands before them.
        sound_until: From here on names may be looked up in the wrong place, since brackets do not match.
    """

    rule: Rule | None
    mistakes: tuple[Diagnostic, ...]
    cut: frozenset[int] = frozenset()
    sound_until: int = MAXIMUM_BYTES + 1

    def hides(self, other: Diagnostic) -> bool:
        """Whether a mistake of names and types is probably made by those of grammar."""
        if other.span.start >= self.sound_until or other.span.end in self.cut:
            return True
        return any(
            other.span == one.span or (one.code in _MISREAD and other.span.touches(one.span)) for one in self.mistakes
        )


def recovered(text: str) -> Recovered:
    """Parse one rule as far as it can be read.

    Raises:
        RuleSyntaxError: The text is longer than a rule can be.
    """
    size = len(text.encode("utf-8", errors="replace"))
    if size > MAXIMUM_BYTES:
        message = f"a rule has at most {MAXIMUM_BYTES} bytes; this one has {size}"
        raise RuleSyntaxError([Diagnostic(code=Code.TEXT_TOO_LONG, message=message, span=Span(0, 1))], text[:80])
    return _parsed(text)[0]


def soft_words(text: str) -> frozenset[Span]:
    """Where words stand that are keywords only there: `never`, `within last`, `atmost one`, `days`, …

    Raises:
        RuleSyntaxError: The text is no rule.
    """
    made, parser = _parsed(text)
    if made.mistakes:
        raise RuleSyntaxError(made.mistakes, text)
    return frozenset(token.span for token in parser.soft_words)


def _parsed(text: str) -> tuple[Recovered, _Parser]:
    tokenizer = Tokenizer(text)
    parser = _Parser(tokenizer.tokens)
    rule = None
    with suppress(Stopped):  # the mistakes say why
        rule = parser.rule()
    if not tokenizer.diagnostics and not parser.diagnostics:
        return Recovered(rule, ()), parser
    mistakes = _heard(tokenizer, parser)
    if _of_another_language(tokenizer):
        first = min(mistakes, key=lambda one: one.span)
        return Recovered(None, (replace(first, help=_A_RULE, edits=(), choices=()),)), parser
    sound_until = MAXIMUM_BYTES + 1
    alone = unmatched(tokenizer.tokens)
    if alone is not None:
        sound_until = min(alone.start, *(one.span.start for one in mistakes))
    if _inside_out(tokenizer):
        sound_until = min(sound_until, _first_string(tokenizer))
    return Recovered(rule, mistakes, frozenset(parser.cut), sound_until), parser


def _heard(tokenizer: Tokenizer, parser: _Parser) -> tuple[Diagnostic, ...]:
    """The mistakes of grammar but for those that only follow from words that were misread."""
    misread = [one.span.start for one in tokenizer.diagnostics if one.code in _MISREAD]
    said = {one.span for one in tokenizer.diagnostics}
    found = list(tokenizer.diagnostics)
    for one, begun in zip(parser.diagnostics, parser.begun, strict=True):
        if one.span not in said and not any(begun <= place <= one.span.start for place in misread):
            found.append(one)
    # A bracket without a partner may be what another mistake made of it; the first one stands for all.
    earliest = min((one.span for one in found), default=Span(0, 0))
    found = [one for one in found if one.span == earliest or one not in parser.about_brackets]
    if _inside_out(tokenizer):
        first = _first_string(tokenizer)
        before = [one for one in found if one.span.end < first]
        rest = sorted(set(found) - set(before), key=lambda one: (one.message != NEVER_CLOSED, one.span))
        found = [*before, *rest[:1]]
    return tuple(found)


def _of_another_language(tokenizer: Tokenizer) -> bool:
    """Whether the text was never meant as a rule: it has characters no rule has, and not the word that all have."""
    strange = [one for one in tokenizer.diagnostics if one.code is Code.UNEXPECTED_CHARACTER]
    return len(strange) > 1 and not any(one.word in {"should", "have"} for one in tokenizer.tokens)


def _inside_out(tokenizer: Tokenizer) -> bool:
    """Whether one quote is too many or too few: then of what comes behind the first string nothing is known."""
    found = tokenizer.diagnostics
    return len(found) >= MAXIMUM_MISTAKES or any(one.message == NEVER_CLOSED for one in found)


def _first_string(tokenizer: Tokenizer) -> int:
    return min((one.span.start for one in tokenizer.tokens if one.kind is Kind.STRING), default=0)


class _Parser(Recovery):
    """The grammar above single tests: rule, connectives, brackets and lists."""

    # --- the grammar

    def rule(self) -> Rule | None:
        """`rule = entity , [ "where" , condition ] , "should" , [ "not" ] , "have" , condition ;`."""
        entity = self._entity()
        where = self._scope_of_rule()
        negated = self._should_have(after_entity=where is None)
        if negated is None:
            check: Condition = nothing(self._now.span)
        else:
            check = self._whole("the end of the rule")
        if entity is None:
            return None
        return Rule(entity.text, entity.span, where, bool(negated), check, entity.span.to(check.span))

    def condition(self) -> Condition:
        """`condition = conjunction , { "or" , conjunction } ;`."""
        terms = [self.conjunction()]
        while self._take("or"):
            terms.append(self.conjunction())
        return terms[0] if len(terms) == 1 else Or(tuple(terms), terms[0].span.to(terms[-1].span))

    def conjunction(self) -> Condition:
        """`conjunction = negation , { "and" , negation } ;`."""
        terms = [self.negation()]
        while self._take("and"):
            terms.append(self.negation())
        return terms[0] if len(terms) == 1 else And(tuple(terms), terms[0].span.to(terms[-1].span))

    def negation(self) -> Condition:
        """`negation = { "not" } , primary ;`."""
        word = self._now
        if not self._take("not"):
            return self.recovered(self.primary)
        self._deeper(word)
        inner = self.negation()
        self.depth -= 1
        return Not(inner, word.span.to(inner.span))

    def primary(self) -> Condition:
        """`primary = "(" , condition , ")" | subject , [ tail ] ;`."""
        if self._is_symbol("("):
            return self._enclosed("(", ")")[0]
        subject = self.subject()
        opens_with = not self.in_scope and subject.call is None and self._now.word in {"where", "with", "contain"}
        return self.within(subject) if opens_with else self.tail(subject)

    def within(self, subject: Subject) -> Condition:
        """`with = [ "where" , scope ] , ( "with" | "contain" ) , "[" , condition , "]" ;`."""
        where = self.scope() if self._take("where") else None
        if not (self._take("with") or self._take("contain")):
            if not self.clean:
                raise Stopped
            self._unexpected_after_condition("`with [ … ]`")
        if self._is_symbol("("):
            number, opening = len(self.diagnostics), self._now.span
            message = "`with` takes square brackets"
            self._mistake(Code.ROUND_BRACKETS, message, opening, help_="write `with [ … ]`")
            condition, end = self._enclosed("(", ")")
            if len(self.diagnostics) > number + 1:
                # More is wrong inside: perhaps it was never a condition, and `with` the wrong word.
                del self.diagnostics[number + 1 :], self.begun[number + 1 :]
                raise Stopped
            if self.tokens[self.position - 1].text == ")":
                edits = (*corrections.replaced(opening, "["), *corrections.replaced(end, "]"))
                self.diagnostics[number] = replace(self.diagnostics[number], edits=edits)
        else:
            condition, end = self._enclosed("[", "]")
        return Within(subject, condition, subject.span.to(end), where)

    def scope(self) -> Condition:
        """`scope = condition ;` in which the first `with` outside brackets belongs to the list that is narrowed."""
        self.in_scope = True
        condition = self.condition()
        self.in_scope = False
        return condition

    # --- pieces of productions

    def _entity(self) -> Token | None:
        """The entity; after a mistake none, standing before `where` or `should`."""
        if self._is_name():
            return self._next()
        self._noted(lambda: self._expected("an entity such as `IAMUser`"))
        while self._now.kind is not Kind.END and self._now.word != "where" and not self._is_should():
            self.position += 1
        return None

    def _scope_of_rule(self) -> Condition | None:
        """`[ "where" , condition ]`, standing before `should` if it comes at all."""
        if not self._take("where"):
            meant = self._meant("where", "should", "have")
            if meant != "where":
                return None
            self._wrote("where", "`where`, `should have` or `should not have`")
        self.scoped = True
        condition = self._whole("`should have` or `should not have`")
        self.scoped, self.closers = False, []
        return condition

    def _should_have(self, *, after_entity: bool) -> bool | None:
        """`"should" , [ "not" ] , "have"`: whether the `not` stands there; `None` when nothing comes after it."""
        if not self._take("should") and not self._without_should(after_entity=after_entity):
            return None
        negated = self._take("not")
        if self._take("have"):
            return negated
        what = "`have`" if negated else "`have` or `not have`"
        ahead = next((at for at in (1, 2) if self._word_ahead(at) == "have"), 0)
        if self._meant("have") and not ahead:
            self._wrote("have", what)
            return negated
        instead = not ahead and self._word_ahead(1) in _BEGINNINGS
        missing = self._is_name() and not ahead and not instead
        edits = corrections.inserted(self._now.span.start, "have ") if missing else ()
        help_ = "write `have` before it" if missing else ""
        self._noted(lambda: self._expected(what, help_=help_, edits=edits))
        if ahead or instead:
            self.position += ahead + 1
            self.clean, self.stopped_at = True, -1
        return negated

    def _without_should(self, *, after_entity: bool) -> bool:
        """Where `should` is missing or misspelled: said once, then whether the rule goes on behind it."""
        if self._now.word == "have" or (self._now.word == "not" and self._word_ahead(1) == "have"):
            edits = corrections.inserted(self._now.span.start, "should ")
            if self.clean:
                self._noted(lambda: self._missing_should(after_entity=after_entity, edits=edits))
            return True
        if self._meant("should"):
            self._wrote("should", "`should have` or `should not have`")
            return True
        self._noted(lambda: self._missing_should(after_entity=after_entity))
        while self._now.kind is not Kind.END and not self._is_should():
            self.position += 1
        return self._take("should")

    def _wrote(self, meant: str, what: str) -> None:
        """Say that another word stands where `meant` should, and step over it."""
        edits = corrections.replaced(self._now.span, meant)
        self._noted(lambda: self._expected(what, help_=f"did you mean `{meant}`?", edits=edits))
        self.position += 1
        self.clean, self.stopped_at = True, -1

    def _whole(self, closing: str) -> Condition:
        """A condition up to what can end it; what stands between is said once and stepped over."""
        terms = [self.condition()]
        while not self._condition_ends():
            stray = self._is_closer()
            if self.clean:
                note = self._note_bracket if stray else self._noted
                note(lambda: self._unexpected_after_condition(closing))
            self.position += stray
            self._skip_test(self.position)
            if self._take("and") or self._take("or"):
                terms.append(self.condition())
        return terms[0] if len(terms) == 1 else And(tuple(terms), terms[0].span.to(terms[-1].span))

    def _enclosed(self, opening: str, closing: str) -> tuple[Condition, Span]:
        """A condition in brackets, and the place of the closing one."""
        bracket = self._now
        if not self._take_symbol(opening):
            self._expected(f"`{opening}`")
        self._deeper(bracket)
        in_scope, self.in_scope = self.in_scope, False
        self.closers.append(closing)
        condition = self._whole(f"`{closing}`")
        end = self._closed(closing, lambda: self._unexpected_after_condition(f"`{closing}`"))
        self.closers.pop()
        self.in_scope = in_scope
        self.depth -= 1
        return condition, end

    def _missing_should(self, *, after_entity: bool, edits: tuple[Edit, ...] = ()) -> NoReturn:
        expected = (
            "`where`, `should have` or `should not have`" if after_entity else "`should have` or `should not have`"
        )
        if self._now.kind is Kind.END:
            self._stop(
                Code.ENDS_TOO_EARLY,
                "the rule ends before `should have`",
                self._now.span,
                label=f"expected {expected}",
                help_="say what must hold: `… should have …`, or what must not: `… should not have …`",
            )
        if after_entity or edits:
            self._expected(expected, help_="write `should` before it" if edits else "", edits=edits)
        self._unexpected_after_condition("`should have` or `should not have`")

    def _unexpected_after_condition(self, closing: str) -> NoReturn:
        help_, edits = "", tuple[Edit, ...]()
        bracket = closing[1:-1]
        if self._is_closer() and not self.closers:
            help_, edits = "there is one closing bracket too many", corrections.replaced(self._now.span, "")
        elif self._is_closer() and bracket in {")", "]"}:
            help_, edits = f"write `{bracket}`", corrections.replaced(self._now.span, bracket)
        elif bracket in {")", "]"} and self._condition_ends():
            help_, edits = f"close it with `{bracket}`", self._after_last(f" {bracket}")
        if self._now.word == "with":
            help_ = "after `where` the first `with` is the list's; one of the scope's own stands in `( … )`"
        self._expected(f"`and`, `or` or {closing}", help_=help_, edits=edits)
