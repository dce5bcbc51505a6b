"""Tokens to a tree, by recursive descent: one function a production, the production in its docstring.

The notation is EBNF; docs/rule-language.md has the whole grammar in one piece. What is wrong but plain in meaning
(round brackets after `with`) is reported and read on; at anything else the parser stops, because guesses about the
rest would only bury the one real mistake.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NoReturn

from rootwarden.rules.diagnostic import Code, Diagnostic, RuleSyntaxError, Span, printable
from rootwarden.rules.syntax import (
    Address,
    And,
    Call,
    Comparison,
    Function,
    Literal,
    Membership,
    MinusName,
    Not,
    Operator,
    Or,
    Path,
    Quantifier,
    Rule,
    Subject,
    Test,
    Within,
)
from rootwarden.rules.tokens import Kind, Tokenizer
from rootwarden.rules.words import COMPARISONS, FUNCTIONS, RESERVED, SET_OPERATORS, SIBLINGS, closest

if TYPE_CHECKING:
    from rootwarden.rules.syntax import (
        Condition,
        Operand,
    )
    from rootwarden.rules.tokens import Token

MAXIMUM_BYTES: Final = 16 * 1024
MAXIMUM_DEPTH: Final = 32
MAXIMUM_OPERANDS: Final = 1_000


class _Stopped(Exception):  # noqa: N818 - control flow inside this module, never seen outside
    """The mistake is recorded and nothing after it can be trusted."""


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
    tokenizer = Tokenizer(text)
    parser = _Parser(tokenizer.tokens)
    rule = None
    try:
        rule = parser.rule()
    except _Stopped:
        # A word the tokenizer could not read explains the parser's confusion right after it.
        first = min((one.span.start for one in tokenizer.diagnostics), default=len(text) + 1)
        parser.diagnostics = [one for one in parser.diagnostics if one.span.start < first]
    mistakes = tokenizer.diagnostics + parser.diagnostics
    if mistakes or rule is None:
        raise RuleSyntaxError(mistakes, text)
    return rule


class _Parser:
    """A position in a list of tokens, how deep we are, and the mistakes so far."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.position = 0
        self.depth = 0
        self.diagnostics: list[Diagnostic] = []

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
        if self._now.text == "(" and self._now.kind is Kind.SYMBOL:
            return self._enclosed("(", ")")[0]
        return self.tail(self.subject())

    def subject(self) -> Subject:
        """`subject = [ "atleast" , "one" | "any" | "every" | "no" ] , path , [ call ] ;`."""
        start = self._now.span
        quantifier = self.quantifier()
        path = self.path()
        call = self.call()
        return Subject(path, start.to(call.span if call else path.span), quantifier, call)

    def quantifier(self) -> Quantifier | None:
        """`quantifier = "atleast" , "one" | "any" | "every" | "no" ;`."""
        if self._take("atleast"):
            if not self._take("one"):
                self._expected("`one` after `atleast`")
            return Quantifier.SOME
        if self._take("any"):
            return Quantifier.SOME
        if self._take("every"):
            return Quantifier.EVERY
        return Quantifier.NO if self._take("no") else None

    def path(self) -> Path:
        """`path = NAME , { "." , NAME } ;` where a name after a dot may be any word."""
        first = self._name("a property")
        names = [first]
        while self._take_symbol("."):
            if self._now.kind is not Kind.NAME:
                self._expected("a property name after `.`")
            names.append(self._next())
        return Path(tuple(name.text for name in names), tuple(name.span for name in names))

    def call(self) -> Call | None:
        """`call = FUNCTION , "(" , [ operand , { "," , operand } ] , ")" ;`."""
        function = FUNCTIONS.get(self._now.word)
        if function is None:
            return None
        name = self._next()
        if self._now.text != "(" or self._now.kind is not Kind.SYMBOL:
            self._expected(f"`(` after the function `{function.value}`")
        arguments, end = self._operands()
        return Call(function, arguments, name.span.to(end))

    def tail(self, subject: Subject) -> Condition:
        """`tail = with | comparison , operand | set operator , "(" , [ operand , { "," , operand } ] , ")" ;`."""
        word = self._now
        if word.word in {"with", "contain"} and subject.call is None:
            self._next()
            return self.within(subject)
        operator, span = self.operator()
        if operator is None:
            if word.kind is Kind.NAME and word.word not in RESERVED:
                self._not_an_operator(word)
            return Test(subject, subject.span)
        if operator in {Operator.IN, Operator.NOT_IN, Operator.HAS}:
            if self._now.text != "(" or self._now.kind is not Kind.SYMBOL:
                self._expected(f"`(` and a list of values after `{operator.value}`")
            operands, end = self._operands()
            return Membership(subject, operator, span, operands, subject.span.to(end))
        operand = self.operand()
        return Comparison(subject, operator, span, operand, subject.span.to(operand.span))

    def within(self, subject: Subject) -> Condition:
        """`with = ( "with" | "contain" ) , "[" , condition , "]" ;`."""
        bracket = self._now
        if bracket.kind is Kind.SYMBOL and bracket.text == "(":
            self._mistake(Code.ROUND_BRACKETS, "`with` takes square brackets", bracket.span, help_="write `with [ … ]`")
            condition, end = self._enclosed("(", ")")
        else:
            condition, end = self._enclosed("[", "]")
        return Within(subject, condition, subject.span.to(end))

    def operator(self) -> tuple[Operator | None, Span]:
        """`operator = "eq" | "=" | … | "notlike" | "not" , "like" | "in" | "notin" | "not" , "in" | "has" ;`."""
        token = self._now
        if token.word == "not":
            return self._negated_operator(token)
        spelled = token.word or (token.text if token.kind is Kind.SYMBOL else "")
        operator = COMPARISONS.get(spelled) or SET_OPERATORS.get(spelled)
        if operator is not None:
            self._next()
        return operator, token.span

    def operand(self) -> Operand:
        """`operand = STRING | NUMBER | ADDRESS | "true" | "false" | path | "-" , NAME ;`."""
        token = self._now
        if token.kind is Kind.NAME and token.word not in RESERVED:
            return self.path()
        if token.kind is Kind.SYMBOL and token.text == "-":
            return self._minus_name()
        if token.word in {"true", "false"}:
            return Literal(self._next().word == "true", token.span)
        if token.kind not in {Kind.STRING, Kind.NUMBER, Kind.ADDRESS}:
            self._expected("a value: a string, a number, `true`, `false`, an address or a property")
        return _literal(self._next())

    # --- pieces of productions

    def _enclosed(self, opening: str, closing: str) -> tuple[Condition, Span]:
        """A condition in brackets, and the place of the closing one."""
        bracket = self._now
        if not self._take_symbol(opening):
            self._expected(f"`{opening}`")
        self._deeper(bracket)
        condition = self.condition()
        self.depth -= 1
        end = self._now.span
        if not self._take_symbol(closing):
            self._unexpected_after_condition(f"`{closing}`")
        return condition, end

    def _operands(self) -> tuple[tuple[Operand, ...], Span]:
        """`"(" , [ operand , { "," , operand } ] , ")"`, and the place of the closing bracket."""
        opening = self._next()
        operands: list[Operand] = []
        while self._now.text != ")" or self._now.kind is not Kind.SYMBOL:
            if operands and not self._take_symbol(","):
                self._expected("`,` or `)`")
            operands.append(self.operand())
            if len(operands) > MAXIMUM_OPERANDS:
                message = f"a list has at most {MAXIMUM_OPERANDS} values"
                self._stop(Code.TOO_MANY_OPERANDS, message, opening.span)
        return tuple(operands), self._next().span

    def _negated_operator(self, token: Token) -> tuple[Operator | None, Span]:
        following = self.tokens[self.position + 1]
        operator = {"like": Operator.NOT_LIKE, "in": Operator.NOT_IN}.get(following.word)
        if operator is None:
            self._next()
            self._expected("`like` or `in` after `not`")
        self.position += 2
        return operator, token.span.to(following.span)

    def _minus_name(self) -> MinusName:
        minus = self._next()
        name = self._now
        if name.kind is not Kind.NAME or name.word in RESERVED or name.span.start != minus.span.end:
            self._expected("a number or a parameter directly after `-`")
        self._next()
        return MinusName(name.text, minus.span.to(name.span))

    def _name(self, what: str) -> Token:
        token = self._now
        if token.kind is not Kind.NAME or token.word in RESERVED:
            self._expected(what)
        return self._next()

    # --- tokens

    @property
    def _now(self) -> Token:
        return self.tokens[self.position]

    def _next(self) -> Token:
        token = self.tokens[self.position]
        if token.kind is not Kind.END:
            self.position += 1
        return token

    def _take(self, word: str) -> bool:
        """Step over a keyword in any letter case, if it is the next token."""
        if self._now.word != word:
            return False
        self.position += 1
        return True

    def _take_symbol(self, symbol: str) -> bool:
        if self._now.kind is not Kind.SYMBOL or self._now.text != symbol:
            return False
        self.position += 1
        return True

    def _deeper(self, token: Token) -> None:
        self.depth += 1
        if self.depth > MAXIMUM_DEPTH:
            self._stop(Code.NESTED_TOO_DEEP, f"a rule nests at most {MAXIMUM_DEPTH} levels", token.span)

    # --- mistakes

    def _mistake(self, code: Code, message: str, span: Span, *, label: str = "", help_: str = "") -> None:
        self.diagnostics.append(Diagnostic(code=code, message=message, span=span, label=label, help=help_))

    def _stop(self, code: Code, message: str, span: Span, *, label: str = "", help_: str = "") -> NoReturn:
        self._mistake(code, message, span, label=label, help_=help_)
        raise _Stopped

    def _expected(self, what: str, *, help_: str = "") -> NoReturn:
        token = self._now
        if token.kind is Kind.END:
            self._stop(
                Code.ENDS_TOO_EARLY,
                f"the rule ends where {_plain(what)} should follow",
                token.span,
                label=f"expected {what}",
            )
        self._stop(
            Code.UNEXPECTED_TOKEN, f"unexpected {token.shown()}", token.span, label=f"expected {what}", help_=help_
        )

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
        bracket = self._now.kind is Kind.SYMBOL and self._now.text in {")", "]"}
        help_ = "there is one closing bracket too many" if bracket and closing.startswith("the end") else ""
        self._expected(f"`and`, `or` or {closing}", help_=help_)

    def _not_an_operator(self, token: Token) -> NoReturn:
        known = [*COMPARISONS, *SET_OPERATORS, "with", *(function.value for function in Function)]
        meant = SIBLINGS.get(token.word) or closest(token.text, (word for word in known if word.isalpha()))
        help_ = f"did you mean `{meant}`?" if meant else ""
        self._expected("an operator such as `eq`, a function such as `len ( )`, or `with [ … ]`", help_=help_)


def _plain(what: str) -> str:
    """`a property` out of `a property: …`."""
    return printable(what.partition(":")[0])


def _literal(token: Token) -> Literal | Address:
    if token.kind is Kind.ADDRESS:
        return Address(token.text, token.span)
    if token.kind is Kind.STRING:
        return Literal(token.text, token.span)
    return Literal(float(token.text) if "." in token.text else int(token.text), token.span)
