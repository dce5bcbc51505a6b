"""A second parser of rules, made from docs/rule-language.md alone, to hold against the product's own.

Text in, a tree of plain tuples out; `tree_of_product.py` brings the product's tree to the same shape. Conditions travel
as `Levelled`, because parentheses count towards the limit of nesting and leave no trace in the tree.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import LarkError, VisitError

Tree: TypeAlias = tuple[Any, ...]
GRAMMAR: Final = (Path(__file__).parent / "rule.lark").read_text(encoding="utf-8")
MAXIMUM_BYTES, MAXIMUM_LEVELS, MAXIMUM_OPERANDS, MAXIMUM_DIGITS = 16 << 10, 32, 1_000, 18
WORDS: Final = {"=": "eq", "!=": "neq", ">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}
FUNCTIONS: Final = ("len", "numhosts", "isPrivate", "isPublic", "divisibleby", "isLaterThan", "isEarlierThan")
CANONICAL: Final = {name.lower(): name for name in FUNCTIONS}


class NotARuleError(ValueError):
    """The text is no sentence of the grammar, or beyond a limit."""


class Levelled(NamedTuple):
    """A condition and how many levels of brackets and `not` are inside it."""

    tree: Tree
    levels: int

    def deeper(self, tree: Tree | None = None) -> Levelled:
        if self.levels >= MAXIMUM_LEVELS:
            raise NotARuleError("nests too deep")
        return Levelled(self.tree if tree is None else tree, self.levels + 1)


def second_parse(text: str) -> Tree:
    """The tree of a rule.

    Raises:
        NotARuleError: The text is not a rule.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAXIMUM_BYTES:
        raise NotARuleError("too long")
    try:
        parsed: Any = _parser().parse(text)
    except VisitError as error:
        raise NotARuleError(str(error.orig_exc)) from None
    except LarkError as error:
        raise NotARuleError(str(error)) from None
    assert isinstance(parsed, tuple)
    return parsed


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR, start="rule", parser="lalr", lexer="contextual", transformer=Trees(), maybe_placeholders=True)


def unquoted(token: str) -> str:
    """Of a straight string only `\\"` is an escape; a curly one has none."""
    inner = token[1:-1]
    return inner.replace('\\"', '"') if token[0] == '"' else inner


def number_of(token: str) -> int | float:
    if sum(character.isdigit() for character in token) > MAXIMUM_DIGITS:
        raise NotARuleError("too many digits")
    return float(token) if "." in token else int(token)


def _joined(kind: str, parts: tuple[Levelled, ...]) -> Levelled:
    if len(parts) == 1:
        return parts[0]
    return Levelled((kind, *(one.tree for one in parts)), max(one.levels for one in parts))


def _few(operands: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(operands) > MAXIMUM_OPERANDS:
        raise NotARuleError("too many operands")
    return operands


@v_args(inline=True)
class Trees(Transformer[Token, Any]):
    """Productions to tuples; the first element names the kind."""

    def rule(self, entity: Token, where: Levelled | None, negated: bool | None, check: Levelled) -> Tree:
        return ("rule", str(entity), where.tree if where else None, bool(negated), check.tree)

    def scope_of_rule(self, condition: Levelled) -> Levelled:
        return condition

    def negated(self) -> bool:
        return True

    def any_of(self, *parts: Levelled) -> Levelled:
        return _joined("or", parts)

    def all_of(self, *parts: Levelled) -> Levelled:
        return _joined("and", parts)

    def opposite(self, condition: Levelled) -> Levelled:
        return condition.deeper(("not", condition.tree))

    def grouped(self, condition: Levelled) -> Levelled:
        return condition.deeper()

    def test(self, subject: Tree) -> Levelled:
        return Levelled(("test", subject), 0)

    def tested(self, subject: Tree, tail: Tree) -> Levelled:
        return Levelled((tail[0], subject, *tail[1:]), 0)

    def within(self, subject: Tree, scope: Levelled | None, condition: Levelled) -> Levelled:
        inside = condition.deeper(("within", subject, scope.tree if scope else None, condition.tree))
        return Levelled(inside.tree, max(inside.levels, scope.levels if scope else 0))

    def touches(self, subject: Tree, other: tuple[str, ...], low: Tree, high: Tree) -> Levelled:
        return Levelled(("touches", subject, other, low, high), 0)

    def bare(self, quantifier: Tree | None, path: tuple[str, ...]) -> Tree:
        return (quantifier, path, None)

    def called(self, quantifier: Tree | None, path: tuple[str, ...], call: Tree) -> Tree:
        return (quantifier, path, call)

    def some(self, *_: Token) -> Tree:
        return ("atleast", 1)

    def every(self) -> Tree:
        return ("every",)

    def none(self) -> Tree:
        return ("atmost", 0)

    def one(self, word: Token) -> Tree:
        return (word.lower(), 1)

    def count(self, word: Token, number: Token) -> Tree:
        return (word.lower(), number_of(number))

    def share(self, word: Token, number: Token) -> Tree:
        number_of(number)
        return (word.lower() + "%", Fraction(str(number)))

    def path(self, *parts: Token) -> tuple[str, ...]:
        return tuple(map(str, parts))

    def call(self, function: Token, *operands: Tree | None) -> Tree:
        return (CANONICAL[function.lower()], _few(tuple(one for one in operands if one is not None)))

    def comparison(self, operator: str, operand: Tree) -> Tree:
        return ("compare", operator, operand)

    def membership(self, operator: str, *operands: Tree | None) -> Tree:
        return ("member", operator, _few(tuple(one for one in operands if one is not None)))

    def operator(self, word: Token) -> str:
        return WORDS.get(word, word.lower())

    def like(self) -> str:
        return "like"

    def notlike(self) -> str:
        return "notlike"

    def in_(self) -> str:
        return "in"

    def notin(self) -> str:
        return "notin"

    def never(self) -> Tree:
        return ("never",)

    def lately(self, duration: Tree) -> Tree:
        return ("lately", *duration)

    def longago(self, duration: Tree) -> Tree:
        return ("longago", *duration)

    def between(self, low: Tree, high: Tree) -> Tree:
        return ("between", low, high)

    def overlaps(self, *operands: Tree) -> Tree:
        return ("overlaps", _few(operands))

    def catches(self, *names: Token) -> Tree:
        return ("catches", tuple(unquoted(one) for one in _few(names)))

    def grants(self, verb: Token, action: Token, resource: Token | None, root: bool | None) -> Tree:
        return ("grants", verb.lower(), unquoted(action), unquoted(resource) if resource else None, bool(root))

    def for_root(self) -> bool:
        return True

    def span(self, amount: Token, unit: Token) -> Tree:
        counted: Tree = ("path", (str(amount),)) if amount.type == "NAME" else ("number", number_of(amount))
        return (counted, unit.lower().rstrip("s") + "s")

    def operand_path(self, *parts: Token) -> Tree:
        return ("path", tuple(map(str, parts)))

    def string(self, token: Token) -> Tree:
        return ("string", unquoted(token))

    def number(self, token: Token) -> Tree:
        return ("number", number_of(token))

    def address(self, token: Token) -> Tree:
        return ("address", str(token))

    def truth(self, token: Token) -> Tree:
        return ("truth", token.lower() == "true")

    def minus(self, name: Token) -> Tree:
        return ("minus", str(name))
