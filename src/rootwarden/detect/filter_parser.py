"""The grammar of CloudWatch Logs filter patterns, by hand: every production is one function.

    pattern    = "" | "{" either "}" | term { term }
    either     = both { "||" both }
    both       = unit { "&&" unit }
    unit       = "(" either ")" | selector test
    test       = operator operand | "IS" ( "NULL" | "TRUE" | "FALSE" ) | [ "NOT" ] "EXISTS"
    operator   = "=" | "!=" | "<" | ">" | "<=" | ">="
    selector   = "$" step { step }
    step       = "." name | "." "*" | [ "." ] "[" ( number | "*" | quoted ) "]"
    operand    = quoted | "%" regular expression "%" | number | bare
    term       = [ "?" | "-" ] ( quoted | "%" regular expression "%" | word )

Space-delimited patterns (`[ip, user, ...]`) are refused: they do not describe JSON events.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from rootwarden.detect.errors import PatternError
from rootwarden.detect.filter_pattern import (
    Both,
    Comparison,
    Either,
    FilterPattern,
    Presence,
    Regex,
    Selector,
    Term,
)
from rootwarden.detect.wildcard import read_wildcard

if TYPE_CHECKING:
    from rootwarden.detect.filter_pattern import (
        Condition,
    )

# AWS allows 1,024 characters; four times that is generous to tools that count otherwise.
LONGEST_PATTERN = 4096
DEEPEST_NESTING = 64
LONGEST_POSITION = 9
_NUMBER = re.compile(r"[+-]?(\d{1,300}\.?\d{0,300}|\.\d{1,300})([eE][+-]?\d{1,3})?\Z")
_END_OF_NAME = frozenset(" \t\r\n.[](){}=!<>&|\"'%,")
_END_OF_BARE = frozenset(' \t\r\n(){}&|"%')
_SPACE = " \t\r\n"


@lru_cache(maxsize=4096)
def read_filter_pattern(text: str) -> FilterPattern:
    """Read one pattern as `DescribeMetricFilters` returns it.

    Raises:
        PatternError: The text is too long, too deep, or no pattern we can evaluate.
    """
    if len(text) > LONGEST_PATTERN:
        raise PatternError(f"the filter pattern has {len(text)} characters, more than {LONGEST_PATTERN}")
    pattern = text.strip(_SPACE)
    if pattern.startswith("{"):
        return FilterPattern(condition=_Reader(pattern).braces())
    if pattern.startswith("["):
        raise PatternError(
            "the filter pattern is space-delimited, which says nothing about JSON events",
            hint='write `{ $.userIdentity.type = "Root" }`',
        )
    return _Reader(pattern).terms()


class _Reader:
    """The text and how far it was read."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def braces(self) -> Condition:
        """`"{" either "}"`, and nothing behind it."""
        self._expect("{")
        condition = self._either(0)
        self._expect("}")
        if self._peek():
            raise self._wrong("the end of the pattern")
        return condition

    def terms(self) -> FilterPattern:
        """`term { term }`; sorted by their sign."""
        kinds: dict[str, list[Term]] = {"": [], "?": [], "-": []}
        while self._peek():
            sign = self._peek() if self._peek() in "?-" else ""
            self._at += len(sign)
            kinds[sign].append(Term(self._word()))
        return FilterPattern(required=tuple(kinds[""]), optional=tuple(kinds["?"]), excluded=tuple(kinds["-"]))

    def _word(self) -> str | Regex:
        character = self._text[self._at : self._at + 1]
        if character == '"':
            return _unescaped(self._quoted_pieces())
        if character == "%":
            return self._regex()
        start = self._at
        while self._at < len(self._text) and self._text[self._at] not in _SPACE:
            self._at += 1
        if start == self._at:
            raise self._wrong("a term")
        return self._text[start : self._at]

    def _either(self, depth: int) -> Condition:
        """`both { "||" both }`."""
        conditions = [self._both(depth)]
        while self._take("||"):
            conditions.append(self._both(depth))
        return conditions[0] if len(conditions) == 1 else Either(tuple(conditions))

    def _both(self, depth: int) -> Condition:
        """`unit { "&&" unit }`."""
        conditions = [self._unit(depth)]
        while self._take("&&"):
            conditions.append(self._unit(depth))
        return conditions[0] if len(conditions) == 1 else Both(tuple(conditions))

    def _unit(self, depth: int) -> Condition:
        """`"(" either ")" | selector test`."""
        if depth > DEEPEST_NESTING:
            raise PatternError(f"the filter pattern nests parentheses more than {DEEPEST_NESTING} deep")
        if self._take("("):
            condition = self._either(depth + 1)
            self._expect(")")
            return condition
        return self._test(self._selector())

    def _test(self, selector: Selector) -> Condition:
        """`operator operand | "IS" … | [ "NOT" ] "EXISTS"`."""
        for operator in ("!=", "<=", ">=", "=", "<", ">"):
            if self._take(operator):
                return self._comparison(selector, operator)
        words = [self._keyword()]
        if words[0] in {"IS", "NOT"}:
            words.append(self._keyword())
        test = " ".join(words)
        if test not in {"EXISTS", "NOT EXISTS", "IS NULL", "IS TRUE", "IS FALSE"}:
            raise self._wrong("an operator, `IS NULL`, `IS TRUE`, `IS FALSE`, `EXISTS` or `NOT EXISTS`")
        return Presence(selector, test)

    def _comparison(self, selector: Selector, operator: str) -> Comparison:
        ordered = operator not in {"=", "!="}
        first = self._peek()
        if first == "%" and not ordered:
            regex = self._regex()
            return Comparison(selector, operator, regex, regex.source)
        if first == '"':
            spelled = "".join(self._quoted_pieces())
            number = False
        else:
            spelled = self._bare()
            number = _NUMBER.match(spelled) is not None
        if number:
            return Comparison(selector, operator, float(spelled), spelled)
        if ordered:
            raise self._wrong("a number")
        return Comparison(selector, operator, read_wildcard(spelled), spelled)

    def _selector(self) -> Selector:
        """`"$" step { step }`."""
        self._expect("$")
        steps: list[str | int | None] = []
        while self._text[self._at : self._at + 1] in {".", "["}:
            dotted = self._text[self._at] == "."
            self._at += dotted
            steps.append(self._bracket() if self._text[self._at : self._at + 1] == "[" else self._name())
        if not steps:
            raise self._wrong("a property such as `.userIdentity`")
        return Selector(tuple(steps))

    def _name(self) -> str | None:
        start = self._at
        while self._at < len(self._text) and self._text[self._at] not in _END_OF_NAME:
            self._at += 1
        name = self._text[start : self._at]
        if not name:
            raise self._wrong("the name of a property")
        return None if name == "*" else name

    def _bracket(self) -> str | int | None:
        """`"[" ( number | "*" | quoted ) "]"`."""
        self._expect("[")
        step: str | int | None
        if self._peek() in {'"', "'"}:
            step = _unescaped(self._quoted_pieces())
        else:
            start = self._at
            while self._at < len(self._text) and self._text[self._at] not in "] ":
                self._at += 1
            inside = self._text[start : self._at]
            if inside != "*" and not (inside.isascii() and inside.isdigit() and len(inside) <= LONGEST_POSITION):
                raise self._wrong("a position, a star or a quoted name")
            step = None if inside == "*" else int(inside)
        self._expect("]")
        return step

    def _quoted_pieces(self) -> list[str]:
        """The characters between two quotes, escapes still in place."""
        quote = self._text[self._at]
        self._at += 1
        pieces: list[str] = []
        while self._at < len(self._text) and self._text[self._at] != quote:
            width = 2 if self._text[self._at] == "\\" else 1
            pieces.append(self._text[self._at : self._at + width])
            self._at += width
        if self._at >= len(self._text):
            raise self._wrong(f"a closing {quote}")
        self._at += 1
        return pieces

    def _regex(self) -> Regex:
        end = self._at + 1
        while end < len(self._text) and self._text[end] != "%":
            end += 2 if self._text[end] == "\\" else 1
        if end >= len(self._text):
            raise self._wrong("a closing %")
        regex = Regex(self._text[self._at + 1 : end])
        regex.found_in("")  # a bad expression is refused here, not on the first event
        self._at = end + 1
        return regex

    def _bare(self) -> str:
        start = self._at
        while self._at < len(self._text) and self._text[self._at] not in _END_OF_BARE:
            self._at += 1
        spelled = self._text[start : self._at]
        if not spelled or "'" in spelled:
            raise self._wrong("a value")
        return spelled

    def _keyword(self) -> str:
        self._peek()
        start = self._at
        while self._at < len(self._text) and self._text[self._at].isalpha():
            self._at += 1
        return self._text[start : self._at].upper()

    def _peek(self) -> str:
        """The next character that is no space, or an empty string at the end."""
        while self._at < len(self._text) and self._text[self._at] in _SPACE:
            self._at += 1
        return self._text[self._at : self._at + 1]

    def _take(self, sign: str) -> bool:
        self._peek()
        found = self._text.startswith(sign, self._at)
        self._at += len(sign) if found else 0
        return found

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise self._wrong(f"`{sign}`")

    def _wrong(self, expected: str) -> PatternError:
        return PatternError(f"the filter pattern cannot be read at character {self._at + 1}: expected {expected}")


def _unescaped(pieces: list[str]) -> str:
    return "".join(piece[-1] for piece in pieces)
