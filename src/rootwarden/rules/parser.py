"""Tokens to a tree, by recursive descent: one function a production, the production in its docstring.

The notation is EBNF; docs/rule-language.md has the whole grammar in one piece. What is wrong but plain in meaning
(round brackets after `with`) is reported and read on; at anything else the parser stops, because guesses about the
rest would only bury the one real mistake.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NoReturn

from rootwarden.rules.cursor import Stopped
from rootwarden.rules.diagnostic import Code, Diagnostic, RuleSyntaxError, Span
from rootwarden.rules.syntax import And, Not, Or, Rule, Within
from rootwarden.rules.tails import Tails
from rootwarden.rules.tokens import Kind, Tokenizer

if TYPE_CHECKING:
    from rootwarden.rules.syntax import Condition, Subject
    from rootwarden.rules.tokens import Token

MAXIMUM_BYTES: Final = 16 * 1024


def parse(text: str) -> Rule:
    """Parse one rule.

    Args:
        text: The rule, at most 16 KiB as UTF-8; `#` begins a comment that runs to the end of the line.

    Returns:
        Its tree. Names are not looked up yet: see `rootwarden.rules.typecheck`.

    Raises:
        RuleSyntaxError: The text is no rule; carries every mistake found, with places.
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
    return frozenset(token.span for token in _parsed(text)[1].soft_words)


def _parsed(text: str) -> tuple[Rule, _Parser]:
    tokenizer = Tokenizer(text)
    parser = _Parser(tokenizer.tokens)
    rule = None
    try:
        rule = parser.rule()
    except Stopped:
        # A word the tokenizer could not read explains the parser's confusion right after it.
        first = min((one.span.start for one in tokenizer.diagnostics), default=len(text) + 1)
        parser.diagnostics = [one for one in parser.diagnostics if one.span.start < first]
    mistakes = tokenizer.diagnostics + parser.diagnostics
    if mistakes or rule is None:
        raise RuleSyntaxError(mistakes, text)
    return rule, parser


class _Parser(Tails):
    """The grammar above single tests: rule, connectives, brackets and lists."""

    def __init__(self, tokens: list[Token]) -> None:
        super().__init__(tokens)
        self.in_scope = False

    # --- the grammar

    def rule(self) -> Rule:
        """`rule = entity , [ "where" , condition ] , "should" , [ "not" ] , "have" , condition ;`."""
        entity = self._name("an entity such as `IAMUser`")
        where = self.condition() if self._take("where") else None
        if not self._take("should"):
            self._missing_should(after_entity=where is None)
        negated = self._take("not")
        if not self._take("have"):
            self._expected("`have`" if negated else "`have` or `not have`")
        check = self.condition()
        if self._now.kind is not Kind.END:
            self._unexpected_after_condition("the end of the rule")
        return Rule(entity.text, entity.span, where, negated, check, entity.span.to(check.span))

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
            return self.primary()
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
            self._unexpected_after_condition("`with [ … ]`")
        if self._is_symbol("("):
            span = self._now.span
            self._mistake(Code.ROUND_BRACKETS, "`with` takes square brackets", span, help_="write `with [ … ]`")
            condition, end = self._enclosed("(", ")")
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

    def _enclosed(self, opening: str, closing: str) -> tuple[Condition, Span]:
        """A condition in brackets, and the place of the closing one."""
        bracket = self._now
        if not self._take_symbol(opening):
            self._expected(f"`{opening}`")
        self._deeper(bracket)
        in_scope, self.in_scope = self.in_scope, False
        condition = self.condition()
        self.in_scope = in_scope
        self.depth -= 1
        end = self._now.span
        if not self._take_symbol(closing):
            self._unexpected_after_condition(f"`{closing}`")
        return condition, end

    def _missing_should(self, *, after_entity: bool) -> NoReturn:
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
        if after_entity:
            self._expected(expected)
        self._unexpected_after_condition("`should have` or `should not have`")

    def _unexpected_after_condition(self, closing: str) -> NoReturn:
        bracket = self._is_symbol(")") or self._is_symbol("]")
        help_ = "there is one closing bracket too many" if bracket and closing.startswith("the end") else ""
        if self._now.word == "with":
            help_ = "after `where` the first `with` is the list's; one of the scope's own stands in `( … )`"
        self._expected(f"`and`, `or` or {closing}", help_=help_)
