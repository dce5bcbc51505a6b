"""Single tests: what may stand after a subject, one function a production."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NoReturn

from rootwarden.rules import corrections, instants
from rootwarden.rules.diagnostic import Choice, Code, Span
from rootwarden.rules.printer import print_string
from rootwarden.rules.syntax import (
    AddressOverlap,
    Between,
    Catches,
    Comparison,
    Elapsed,
    Function,
    Literal,
    Membership,
    Never,
    Operator,
    Path,
    PolicyTest,
    RangeOverlap,
    Test,
)
from rootwarden.rules.terms import Terms, number_literal
from rootwarden.rules.tokens import Kind, Token
from rootwarden.rules.words import (
    AGES,
    COMPARISONS,
    SET_OPERATORS,
    SIBLING_PATTERNS,
    SIBLING_QUANTIFIERS,
    SIBLINGS,
    TAILS,
    VERBS,
    closest,
)

if TYPE_CHECKING:
    from rootwarden.rules.syntax import Leaf, Operand, Subject


# Words that may come behind a property too.
_BEHIND: Final = ("with", "where")


class Tails(Terms):
    """The grammar of single tests."""

    def tail(self, subject: Subject) -> Leaf:
        """`tail = comparison , operand | set , values | "never" | …`, all but `with`; nothing is a test alone."""
        word = self._now
        if word.word in TAILS and not (word.word == "to" and subject.call):
            return self._spoken(subject, self._next_word())
        operator, span = self.operator()
        if operator is None:
            if self._is_name() and not self._misspelled(word):
                self._not_an_operator(word)
            return Test(subject, subject.span)
        if operator in {Operator.IN, Operator.NOT_IN, Operator.HAS}:
            operands, end = self._values(f"`{operator.value}`")
            return Membership(subject, operator, span, operands, subject.span.to(end))
        operand = self.operand()
        return Comparison(subject, operator, span, operand, subject.span.to(operand.span))

    def _spoken(self, subject: Subject, word: Token) -> Leaf:
        """The tests that begin with a word of their own, which has just been read."""
        made: Leaf
        if word.word == "never":
            made = Never(subject, subject.span.to(word.span))
        elif word.word in AGES:
            made = self.elapsed(subject, word)
        elif word.word == "between":
            made = self.between(subject)
        elif word.word == "to":
            made = self.range_overlap(subject)
        elif word.word == "overlaps":
            made = self.address_overlap(subject)
        elif word.word == "catches":
            sets, end = self._strings("`catches`")
            made = Catches(subject, sets, subject.span.to(end))
        else:
            made = self.policy_test(subject, word)
        return made

    def elapsed(self, subject: Subject, word: Token) -> Elapsed:
        """`"within" , "last" , duration | "older" , "than" , duration`; `duration = ( NUMBER | NAME ) , UNIT ;`."""
        age = AGES[word.word]
        _, second = age.value.split()
        if not self._take(second):
            edits = corrections.inserted(word.span.end, f" {second}")
            self._expected(f"`{second}` after `{word.word}`", edits=edits)
        token = self._now
        if token.kind is not Kind.NUMBER and not self._is_name():
            self._expected(f"a number of days, hours, … after `{age.value}`")
        self._next()
        amount = number_literal(token) if token.kind is Kind.NUMBER else Path((token.text,), (token.span,))
        unit = self._unit()
        return Elapsed(subject, age, amount, instants.plural(unit.word), subject.span.to(unit.span))

    def _unit(self) -> Token:
        unit = self._now
        if instants.seconds_in(unit.word) is None:
            calendar = instants.is_calendar_unit(unit.word)
            help_ = "months and years have no fixed length; write it in days or weeks" if calendar else ""
            self._expected(f"a unit: {', '.join(f'`{one}`' for one in instants.UNITS)}", help_=help_)
        return self._next_word()

    def between(self, subject: Subject) -> Between:
        """`"between" , operand , "and" , operand`."""
        low = self.operand()
        if not self._take("and"):
            self._expected("`and` between the two bounds")
        high = self.operand()
        return Between(subject, low, high, subject.span.to(high.span))

    def range_overlap(self, subject: Subject) -> RangeOverlap:
        """`"to" , path , "overlaps" , "(" , operand , "," , operand , ")"`."""
        last = self.path()
        opening = self._now.span
        if not self._take("overlaps"):
            self._expected("`overlaps ( first, last )`")
        operands, end = self._values("`overlaps`")
        if len(operands) != 2:  # noqa: PLR2004 - a range has two ends
            self._not_two(operands, opening.to(end))
        return RangeOverlap(subject, last, operands[0], operands[1], subject.span.to(end))

    def _not_two(self, operands: tuple[Operand, ...], span: Span) -> NoReturn:
        """A range with another number of ends; one number may be meant as both."""
        message = f"a range has two ends, and here {'is' if len(operands) == 1 else 'are'} {len(operands) or 'none'}"
        only = operands[0] if len(operands) == 1 else None
        if isinstance(only, Literal):
            both = f"{only.value}, {only.value}"
            edits = corrections.replaced(only.span, both)
            self._stop(Code.UNEXPECTED_TOKEN, message, span, help_=f"write `overlaps ( {both} )`", edits=edits)
        self._stop(Code.UNEXPECTED_TOKEN, message, span, help_="write `overlaps ( first, last )`")

    def address_overlap(self, subject: Subject) -> AddressOverlap:
        """`"overlaps" , "(" , operand , { "," , operand } , ")"`."""
        operands, end = self._values("`overlaps`")
        if not operands:
            self._stop(Code.UNEXPECTED_TOKEN, "`overlaps` needs at least one address or range", end)
        return AddressOverlap(subject, operands, subject.span.to(end))

    def policy_test(self, subject: Subject, word: Token) -> PolicyTest:
        """`( "allows" | "denies" ) , "(" , STRING , [ "," , STRING ] , ")" , [ "for" , "root" ]`."""
        strings, end = self._strings(f"`{word.word}`")
        if len(strings) > 2:  # noqa: PLR2004 - an action and a resource
            help_ = "ask for each action by itself and join them with `and`"
            self._stop(Code.UNEXPECTED_TOKEN, "an action and a resource, no more", strings[2].span, help_=help_)
        for_root = self._take("for")
        if for_root:
            end = self._now.span
            if not self._take("root"):
                self._expected("`root` after `for`", help_="only the root user can be asked for")
        resource = strings[1] if len(strings) > 1 else None
        span = subject.span.to(end)
        return PolicyTest(subject, VERBS[word.word], word.span, strings[0], resource, for_root, span)

    def _values(self, after: str) -> tuple[tuple[Operand, ...], Span]:
        """A list of values in parentheses, and the place of the closing one."""
        if not self._is_symbol("("):
            self._expected(f"`(` and a list of values after {after}")
        return self._operands()

    def _strings(self, after: str) -> tuple[tuple[Literal, ...], Span]:
        """`"(" , STRING , { "," , STRING } , ")"`, and the place of the closing bracket."""
        operands, end = self._values(after)
        strings = tuple(one for one in operands if isinstance(one, Literal) and isinstance(one.value, str))
        if len(strings) != len(operands) or not strings:
            wrong = next((one.span for one in operands if one not in strings), end)
            message = f"{after} takes strings in double quotes"
            self._stop(Code.UNEXPECTED_TOKEN, message, wrong, label="expected a string in double quotes")
        return strings, end

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

    def _negated_operator(self, token: Token) -> tuple[Operator | None, Span]:
        following = self.tokens[self.position + 1]
        operator = {"like": Operator.NOT_LIKE, "in": Operator.NOT_IN}.get(following.word)
        if operator is None:
            self._next()
            self._expected("`like` or `in` after `not`")
        self.position += 2
        return operator, token.span.to(following.span)

    def _misspelled(self, token: Token) -> bool:
        """Whether a word behind a test is `and`, `or` or `should` spelled wrong: then it is said, and read as such."""
        if token.word == "for" and self.tokens[self.position + 1].word == "root":
            self._for_nobody(token)
            return True
        meant = closest(token.text, ("should", "and", "or") if self.scoped else ("and", "or"))
        known = any(closest(token.text, (one,)) for one in (*COMPARISONS, *SET_OPERATORS, *TAILS) if one.isalpha())
        if not meant or known or len(token.text) < 3:  # noqa: PLR2004 - of two letters anything could be meant
            return False
        edits = corrections.replaced(token.span, meant)
        message = f"unexpected {token.shown()}"
        self._mistake(Code.UNEXPECTED_TOKEN, message, token.span, help_=f"did you mean `{meant}`?", edits=edits)
        self.tokens[self.position] = Token(Kind.NAME, meant, token.span)
        return True

    def _for_nobody(self, token: Token) -> None:
        """`for root` behind something else than `denies`: said, and stepped over."""
        span = token.span.to(self.tokens[self.position + 1].span)
        message, help_ = "`for root` belongs to `denies ( … )`", "leave it out"
        edits = corrections.replaced(Span(self.tokens[self.position - 1].span.end, span.end), "")
        self._mistake(Code.WRONG_TEST, message, span, help_=help_, edits=edits)
        self.position += 2

    def _not_an_operator(self, token: Token) -> NoReturn:
        self._not_a_quantifier(self.tokens[self.position - 1])
        known = [*COMPARISONS, *SET_OPERATORS, *_BEHIND, *TAILS, *(function.value for function in Function)]
        near = [word for word in known if word.isalpha() and word != token.word]
        meant = SIBLINGS.get(token.word) or closest(token.text, near)
        help_ = f"did you mean `{meant}`?" if meant else ""
        what = "an operator such as `eq`, a function such as `len ( )`, or `with [ … ]`"
        if token.word == "contains":
            self._contains(what)
        before, following = self.tokens[self.position - 1], self.tokens[self.position + 1]
        span = token.span
        if before.word == "at" and token.word in {"least", "most"}:
            meant, span = f"at{token.word}", before.span.to(span)
            help_ = f"did you mean `{meant}`?"
        elif token.word == "is" and following.word == "not":
            meant, span = "neq", span.to(following.span)
            help_ = f"did you mean `{meant}`?"
        elif token.word in SIBLING_PATTERNS:
            meant, help_ = "", f'write `like "{SIBLING_PATTERNS[token.word]}"`'
        elif meant.endswith(")") and following.text == "(":
            meant = meant.partition(" ")[0]
        self._expected(what, help_=help_, edits=corrections.replaced(span, meant) if meant else ())

    def _not_a_quantifier(self, before: Token) -> None:
        """Stop if a name behind a name follows `all`, `some`, … of other languages."""
        meant = SIBLING_QUANTIFIERS.get(before.word)
        if meant is None or self.tokens[self.position - 2].text == ".":
            return
        help_, edits = f"did you mean `{meant}`?", corrections.replaced(before.span, meant)
        message = f"unexpected {before.shown()}"
        label = "expected a property, or a quantifier such as `every`"
        self._stop(Code.UNEXPECTED_TOKEN, message, before.span, label=label, help_=help_, edits=edits)

    def _contains(self, what: str) -> NoReturn:
        """`contains` of other languages: `with` for records, `has` for plain values, `like` for a part of a string."""
        span, value = self._now.span, self.tokens[self.position + 1]
        meant = {"[": "with", "(": "has"}.get(value.text, "") if value.kind is Kind.SYMBOL else ""
        if meant:
            self._expected(what, help_=f"did you mean `{meant}`?", edits=corrections.replaced(span, meant))
        choices: tuple[Choice, ...] = ()
        if value.kind is Kind.STRING:
            written = print_string(value.text)
            place = span.to(value.span)
            choices = (
                Choice(f"write `has ( {written} )`", corrections.replaced(place, f"has ( {written} )")),
                Choice(f"write `like {written}`", corrections.replaced(place, f"like {written}")),
            )
        help_ = "did you mean `has`? it asks for an element of a list; `like` asks for a part of a string"
        self._expected(what, help_=help_, choices=choices)
