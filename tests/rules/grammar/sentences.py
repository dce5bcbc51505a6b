"""Random sentences of the language, drawn from the EBNF of its page, and texts that are nearly sentences.

Every choice comes from the `Random` handed in: hypothesis gives one that shrinks, long runs a seeded one.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from tests.rules.grammar.specification import (
    Choice,
    Name,
    Optional,
    Repeated,
    Sequence,
    Word,
    productions,
)

if TYPE_CHECKING:
    from random import Random

    from tests.rules.grammar.specification import (
        Expression,
    )

FUNCTIONS: Final = ("len", "numhosts", "isPrivate", "isPublic", "divisibleby", "isLaterThan", "isEarlierThan")
UNITS: Final = ("seconds", "minutes", "hours", "days", "weeks", "second", "minute", "hour", "day", "week")
# What the page lists as reserved; every other word of the grammar may be a name.
RESERVED: Final = (
    *("where", "should", "not", "have", "and", "or", "with", "contain", "atleast", "any", "every", "no"),
    *("notin", "in", "has", "like", "notlike", "eq", "neq", "gt", "gte", "lt", "lte", "true", "false"),
)
SOFT: Final = (
    *("one", "atmost", "exactly", "never", "within", "last", "older", "than", "between", "to", "overlaps"),
    *("catches", "allows", "denies", "for", "root"),
)
PLAIN: Final = ("Flag", "Name", "Parts", "Password", "LastUsedTime", "x", "_", "_1", "A__b", "aNd1", "where_", "notIn2")
# Sentences stay below the limit of 32 levels: so many brackets open, and `not` anywhere, are enough.
ENOUGH_LEVELS: Final = 28
STRINGS: Final = (
    *(
        '""',
        '"a"',
        '"\\""',
        '"\\\\"',
        '"a\\"b\\"c"',
        '"\\s\\.\\|"',
        '"# no comment"',
        '"”"',
        '"“curly”"',
        '"line\nend"',
    ),
    *("“”", "“a”", '“"”', "“\\”", '“\\"”', "“#”", '"é\u2028"', '"and ] ) or"', '"\\\n"'),
)
GAPS: Final = ("", "", " ", " ", " ", "  ", "\n", "\t", "\r\n", " # \n", '# and ] " “ comment\n', "\n\n#\n")
LETTERS: Final[tuple[str, ...]] = (
    *"\"“”'()[]{},.;:-_+*/%=!<>&|#\\ \t\n\r\v\f\0",
    *"aeEnotwr019",
    *"é\u017f\u212a\u0660\u00a0\u2028\ufeff\u0130\ud800",
)
_LAST: Final = re.compile(r"[A-Za-z0-9_]\Z")
_FIRST: Final = re.compile(r"[A-Za-z0-9_]")


class Sentences:
    """Draws token lists. `fuel` bounds them: when it is used up, the shortest way out is taken."""

    def __init__(self, random: Random, *, fuel: int = 40) -> None:
        self.random = random
        self.fuel = fuel
        self.tokens: list[str] = []
        self.scopes = [False]
        self.negations = 0

    def sentence(self) -> list[str]:
        """The tokens of one rule."""
        self.expand(Name("rule"))
        return self.tokens

    def expand(self, expression: Expression) -> None:
        self.fuel -= 1
        match expression:
            case Word(text):
                self.word(text)
            case Name(production):
                self.production(production)
            case Sequence(parts):
                for part in parts:
                    self.expand(part)
            case Choice(alternatives):
                self.expand(self.one_of(alternatives))
            case Optional(inner):
                if self.random.random() < (0.5 if self.fuel > 0 else 0.05) and self.possible(inner):
                    self.expand(inner)
            case Repeated(inner):
                while self.fuel > 0 and self.random.random() < 0.3 and self.possible(inner):
                    self.expand(inner)

    def one_of(self, alternatives: tuple[Expression, ...]) -> Expression:
        possible = [one for one in alternatives if self.possible(one)]
        if self.fuel <= 0:
            least = min(map(height, possible))
            possible = [one for one in possible if height(one) == least]
        return self.random.choice(possible)

    def possible(self, one: Expression) -> bool:
        """Whether the two rules that the page has in comments let it stand here."""
        if not isinstance(one, Sequence):
            return True
        if not one.after_a_call and self.tokens[-1:] == [")"]:
            return False
        if words(one) & {"not", "(", "["} and len(self.scopes) + self.negations > ENOUGH_LEVELS:
            return False
        return not (self.scopes[-1] and "with" in words(one))

    def production(self, name: str) -> None:
        lexical = {
            "NAME": self.name,
            "FUNCTION": lambda: self.add(self.cased(self.random.choice(FUNCTIONS))),
            "UNIT": lambda: self.add(self.cased(self.random.choice(UNITS))),
            "STRING": lambda: self.add(self.random.choice(STRINGS)),
            "NUMBER": self.number,
            "ADDRESS": self.address,
        }
        if name in lexical:
            lexical[name]()
        elif name == "scope":
            self.scopes.append(True)
            self.expand(productions()[name])
            self.scopes.pop()
        else:
            self.expand(productions()[name])

    def word(self, text: str) -> None:
        if text in "([":
            self.scopes.append(False)
        elif text in ")]":
            self.scopes.pop()
        self.negations += text == "not"
        self.add(self.cased(text))

    def add(self, token: str) -> None:
        self.tokens.append(token)

    def cased(self, word: str) -> str:
        if self.random.random() < 0.85:
            return word
        return "".join(self.random.choice((letter.lower(), letter.upper())) for letter in word)

    def name(self) -> None:
        kinds = [PLAIN, PLAIN, PLAIN, SOFT, FUNCTIONS, UNITS]
        if self.tokens[-1:] == ["."]:
            kinds.append(RESERVED)
        self.add(self.cased(self.random.choice(self.random.choice(kinds))))

    def number(self) -> None:
        """A count, share or duration is whole and not negative, other numbers are any."""
        before = self.tokens[-1].lower()
        if before in {"atleast", "atmost", "exactly", "last", "than"}:
            self.add(str(self.random.choice((0, 1, 2, 10, 100, 95))))
        else:
            self.add(
                self.random.choice(("0", "1", "-1", "-0", "007", "1.5", "-0.25", "10.0", "9" * 18, "0." + "1" * 17))
            )

    def address(self) -> None:
        self.add(self.random.choice(("10.0.0.0/8", "0.0.0.0/0", "8.8.8.8", "192.0.2.0/24", "255.255.255.255/32")))


@cache
def height(expression: Expression) -> int:
    """How many productions deep the shortest sentence of it is."""
    return _height(expression, frozenset())


def _height(expression: Expression, above: frozenset[str]) -> int:
    match expression:
        case Name(production) if production in above:
            return 1_000
        case Name(production) if production in productions():
            return 1 + _height(productions()[production], above | {production})
        case Sequence(parts):
            return max(_height(part, above) for part in parts)
        case Choice(alternatives):
            return min(_height(one, above) for one in alternatives)
        case _:
            return 0


@cache
def words(expression: Expression) -> frozenset[str]:
    """The quoted words that stand in it directly, not in productions it names."""
    match expression:
        case Word(text):
            return frozenset((text,))
        case Sequence(inner) | Choice(inner):
            return frozenset[str]().union(*map(words, inner))
        case Optional(one) | Repeated(one):
            return words(one)
        case _:
            return frozenset()


def written(tokens: list[str], random: Random) -> str:
    """The tokens as text, with blanks, line ends and comments wherever they may stand."""
    plain = random.random() < 0.3
    text = "" if plain else random.choice(GAPS)
    for token in tokens:
        gap = " " if plain else random.choice(GAPS)
        text += gap if gap or not (_LAST.search(text) and _FIRST.match(token)) else " "
        text += token
    return text + ("" if plain else random.choice((*GAPS, " # open end")))


def sentence(random: Random, *, fuel: int = 40) -> str:
    """A text the grammar admits."""
    return written(Sentences(random, fuel=fuel).sentence(), random)


def near_miss(random: Random) -> str:
    """A sentence with one or two small things wrong, or by luck still right."""
    tokens = list(Sentences(random, fuel=random.choice((10, 40))).sentence())
    for _ in range(random.choice((0, 1, 1, 1, 2))):
        _disturb(tokens, random)
    text = written(tokens, random)
    if random.random() < 0.4:
        place, letter = random.randrange(len(text) + 1), random.choice(LETTERS)
        text = text[:place] + random.choice((letter, "")) + text[place + random.choice((0, 1)) :]
    return text


def _disturb(tokens: list[str], random: Random) -> None:
    place = random.randrange(len(tokens))
    match random.randrange(5):
        case 0:
            del tokens[place]
        case 1:
            tokens.insert(place, tokens[place])
        case 2:
            other = min(place + 1, len(tokens) - 1)
            tokens[place], tokens[other] = tokens[other], tokens[place]
        case 3:
            tokens[place] = _any_token(random)
        case _:
            tokens.insert(place, _any_token(random))
    if not tokens:
        tokens.append("Thing")


def _any_token(random: Random) -> str:
    symbols = ("(", ")", "[", "]", ",", ".", "-", "%", "=", "!=", "<", ">=")
    values = ("1", "-1", "95", "1.5", "10.0.0.0/8", "1" * 19)
    return random.choice(random.choice((RESERVED, SOFT, PLAIN, FUNCTIONS, UNITS, STRINGS, symbols, values)))


def nested(random: Random, levels: int) -> str:
    """A rule with exactly so many levels of brackets and `not` in its check."""
    text = "Flag"
    for _ in range(levels):
        text = random.choice(("( {} )", "not {}", "Parts with [ {} ]", "( {} and Flag )", "( Name or {} )")).format(
            text
        )
    return f"Thing should have {text}"
