"""What tests are made of: subjects with their quantifiers and functions, values, lists of values."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from rootwarden.rules import corrections
from rootwarden.rules.cursor import Cursor
from rootwarden.rules.diagnostic import Code
from rootwarden.rules.syntax import Address, Bound, Call, Count, Literal, MinusName, Path, Quantifier, Share, Subject
from rootwarden.rules.tokens import Kind
from rootwarden.rules.words import BOUNDS, FUNCTIONS

if TYPE_CHECKING:
    from rootwarden.rules.diagnostic import Span
    from rootwarden.rules.syntax import Operand
    from rootwarden.rules.tokens import Token

MAXIMUM_OPERANDS: Final = 1_000
_NUMBERS: Final = {"two": 2, "three": 3, "four": 4, "five": 5}


class Terms(Cursor):
    """The grammar below single tests."""

    def subject(self) -> Subject:
        """`subject = [ quantifier ] , path , [ call ] ;`."""
        start = self._now.span
        quantifier = self.quantifier()
        path = self.path()
        call = self.call()
        return Subject(path, start.to(call.span if call else path.span), quantifier, call)

    def quantifier(self) -> Quantifier | Count | Share | None:
        """`quantifier = "any" | "every" | "no" | amount ;` where `amount` is the rest of the production."""
        if self._take("any"):
            return Quantifier.SOME
        if self._take("every"):
            return Quantifier.EVERY
        return Quantifier.NO if self._take("no") else self.amount()

    def amount(self) -> Quantifier | Count | Share | None:
        """`amount = ( "atleast" | "atmost" | "exactly" ) , ( "one" | NUMBER ) | ( … ) , NUMBER , "%" ;`."""
        word = self._now
        bound = BOUNDS.get(word.word)
        following = self.tokens[self.position + 1] if bound else word
        numbered = following.kind is Kind.NUMBER or following.word == "one"
        # `atleast` is a keyword, the other two may be properties.
        if bound is None or not (numbered or bound is Bound.AT_LEAST):
            return None
        if bound is Bound.AT_LEAST:
            self._next()
        else:
            self._next_word()
        if not numbered:
            number = _NUMBERS.get(self._now.word)
            help_ = f"write `atleast {number}`" if number else "write `atleast one`" if self._is_name() else ""
            edits = corrections.inserted(word.span.end, " one") if self._is_name() else ()
            if number:
                edits = corrections.replaced(self._now.span, str(number))
            self._expected("`one` or a number after `atleast`", help_=help_, edits=edits)
        end = self._next() if following.kind is Kind.NUMBER else self._next_word()
        return self._amount(bound, word.span.to(end.span), following)

    def _amount(self, bound: Bound, span: Span, number: Token) -> Quantifier | Count | Share:
        if number.word == "one":
            return Quantifier.SOME if bound is Bound.AT_LEAST else Count(bound, 1, span)
        if not self._is_symbol("%"):
            return Count(bound, _number(number), span)
        if bound is Bound.EXACTLY:
            self._expected("a list: a share has no `exactly`", help_="write `atleast` or `atmost`")
        return Share(bound, Decimal(number.text), span.to(self._next().span))

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
        if not self._is_symbol("("):
            self._expected(f"`(` after the function `{function.value}`")
        arguments, end = self._operands()
        return Call(function, arguments, name.span.to(end))

    def operand(self) -> Operand:
        """`operand = STRING | NUMBER | ADDRESS | "true" | "false" | path | "-" , NAME ;`."""
        token = self._now
        if self._is_name():
            return self.path()
        if self._is_symbol("-"):
            return self._minus_name()
        if token.word in {"true", "false"}:
            return Literal(self._next().word == "true", token.span)
        if token.kind not in {Kind.STRING, Kind.NUMBER, Kind.ADDRESS}:
            self._expected("a value: a string, a number, `true`, `false`, an address or a property")
        return literal(self._next())

    def _operands(self) -> tuple[tuple[Operand, ...], Span]:
        """`"(" , [ operand , { "," , operand } ] , ")"`, and the place of the closing bracket."""
        opening = self._next()
        operands: list[Operand] = []
        while not self._is_symbol(")"):
            if operands and not self._take_symbol(","):
                self._expected("`,` or `)`")
            operands.append(self.operand())
            if len(operands) > MAXIMUM_OPERANDS:
                message = f"a list has at most {MAXIMUM_OPERANDS} values"
                self._stop(Code.TOO_MANY_OPERANDS, message, opening.span)
        return tuple(operands), self._next().span

    def _minus_name(self) -> MinusName:
        minus = self._next()
        if not self._is_name():
            between = minus.span.to(self._now.span)
            apart = self._now.kind is Kind.NUMBER
            edits = corrections.replaced(between, f"-{self._now.text}") if apart else ()
            help_ = f"write `-{self._now.text}`" if edits else ""
            self._expected("a number or a parameter after `-`", help_=help_, edits=edits)
        name = self._next()
        return MinusName(name.text, minus.span.to(name.span))


def literal(token: Token) -> Literal | Address:
    """The value a token stands for: an address, a string or a number."""
    if token.kind is Kind.ADDRESS:
        return Address(token.text, token.span)
    if token.kind is Kind.STRING:
        return Literal(token.text, token.span)
    return number_literal(token)


def number_literal(token: Token) -> Literal:
    """The number a token stands for."""
    return Literal(_number(token), token.span)


def _number(token: Token) -> int | float:
    return float(token.text) if "." in token.text else int(token.text)
