"""The words of the language: what is reserved, how operators and functions are spelled, what was probably meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.rules.syntax import Age, Bound, Function, Operator, Verb

if TYPE_CHECKING:
    from collections.abc import Iterable

# Words no property may begin with. After a dot every name is a property, even `And`.
RESERVED: Final = frozenset(
    (
        *("where", "should", "have", "not", "and", "or", "with", "contain"),
        *("atleast", "any", "every", "no", "true", "false"),
        *("eq", "neq", "gt", "gte", "lt", "lte", "like", "notlike", "in", "notin", "has"),
    )
)
COMPARISONS: Final = {
    "eq": Operator.EQUAL,
    "=": Operator.EQUAL,
    "neq": Operator.NOT_EQUAL,
    "!=": Operator.NOT_EQUAL,
    "gt": Operator.GREATER,
    ">": Operator.GREATER,
    "gte": Operator.GREATER_OR_EQUAL,
    ">=": Operator.GREATER_OR_EQUAL,
    "lt": Operator.LESS,
    "<": Operator.LESS,
    "lte": Operator.LESS_OR_EQUAL,
    "<=": Operator.LESS_OR_EQUAL,
    "like": Operator.LIKE,
    "notlike": Operator.NOT_LIKE,
}
SET_OPERATORS: Final = {"in": Operator.IN, "notin": Operator.NOT_IN, "has": Operator.HAS}
# Words that are keywords only where the grammar has them, so that a property may have their name.
BOUNDS: Final = {bound.value: bound for bound in Bound}
AGES: Final = {age.value.split()[0]: age for age in Age}
VERBS: Final = {verb.value: verb for verb in Verb}
TAILS: Final = frozenset({"never", "between", "to", "overlaps", "catches", *AGES, *VERBS})
FUNCTIONS: Final = {function.value.lower(): function for function in Function}
# Words from other languages, and the word here.
SIBLINGS: Final = {
    "contains": "has",
    "equals": "eq",
    "is": "eq",
    "matches": "like",
    "regexmatch": "like",
    "regex": "like",
    "after": "isLaterThan",
    "before": "isEarlierThan",
    "ne": "neq",
    "ge": "gte",
    "le": "lte",
    "count": "len ( )",
    "length": "len ( )",
    "size": "len ( )",
    "exists": "atleast one",
}
# The same for words before a list.
SIBLING_QUANTIFIERS: Final = {
    "all": "every",
    "each": "every",
    "some": "atleast one",
    "exists": "atleast one",
    "none": "no",
}
# A part of a string is asked for with a pattern.
SIBLING_PATTERNS: Final = {"startswith": "^…", "beginswith": "^…", "endswith": "…$", "includes": "…"}


def closest(word: str, candidates: Iterable[str]) -> str:
    """The candidate the word was probably meant to be, letter case first; empty when none is near."""
    names = list(candidates)
    lowered = word.lower()
    for name in names:
        if name.lower() == lowered:
            return name
    from difflib import get_close_matches

    near = get_close_matches(lowered, [name.lower() for name in names], n=1, cutoff=0.7)
    return next((name for name in names if near and name.lower() == near[0]), "")
