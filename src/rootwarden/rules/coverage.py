"""Which clauses of a rule its cases have seen true and false.

A clause nobody saw true, or nobody saw false, could be wrong without any case noticing. Clauses are the leaves, the
`and`, the `or` and the `with [ … ]` of scope and check; a `not` is seen with what it negates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import msgspec

from rootwarden.rules.compiler import Compiler
from rootwarden.rules.printer import print_condition
from rootwarden.rules.syntax import And, Not, Or, Within
from rootwarden.rules.trials import meanings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.rules.logic import Judgement, Node, Record, Truth
    from rootwarden.rules.rule_file import PostureRule
    from rootwarden.rules.schema import Schema
    from rootwarden.rules.syntax import Condition
    from rootwarden.rules.trials import Meaning, Trial

# Where a clause starts and ends in the text, and what it is: parameters differ between cases, these do not.
_Key: TypeAlias = tuple[int, int, str]


class Clause(msgspec.Struct, frozen=True, kw_only=True):
    """One clause and what the cases saw of it.

    Attributes:
        meaning: The benchmarks whose meaning it belongs to, or empty.
        text: In canonical spelling, default parameters filled in.
        in_scope: True in the `where` part, false in the check.
        seen: The truth values it had in some case: a subset of true and false.
    """

    meaning: str
    text: str
    in_scope: bool
    seen: frozenset[bool]

    @property
    def missing(self) -> tuple[bool, ...]:
        """The truth values nobody saw."""
        return tuple(one for one in (True, False) if one not in self.seen)


def coverage(rule: PostureRule, schema: Schema) -> tuple[Clause, ...]:
    """Run the cases of a rule and note the truth values of every clause of every meaning.

    Args:
        rule: The rule with its cases.
        schema: What it may ask.

    Returns:
        The clauses in the order of the text, an outer one before what it holds.

    Raises:
        InputError: The rule cannot be compiled, or a case cannot be read.
    """
    return tuple(clause for meaning in meanings(rule, schema) for clause in _of_meaning(meaning, schema))


def _of_meaning(meaning: Meaning, schema: Schema) -> Iterator[Clause]:
    seen: dict[_Key, set[Truth]] = {}
    for trial in meaning.trials:
        _watch(trial, schema, seen)
    for part in (meaning.tree.where, meaning.tree.check):
        for condition in _clauses(part) if part is not None else ():
            yield Clause(
                meaning=meaning.name,
                text=print_condition(condition),
                in_scope=part is meaning.tree.where,
                seen=frozenset(one for one in seen.get(_key(condition), ()) if one is not None),
            )


def _watch(trial: Trial, schema: Schema, seen: dict[_Key, set[Truth]]) -> None:
    """Judge the records of a case as the rule does: the check only where the scope does not rule it out."""
    compiler = _WatchingCompiler(schema, trial.tree.entity, seen)
    where = compiler.condition(trial.tree.where, "") if trial.tree.where is not None else None
    check = compiler.condition(trial.tree.check, "")
    now = trial.case.as_of.timestamp()
    for record in trial.records:
        if where is None or where(record, "", now)[0] is not False:
            check(record, "", now)


class _WatchingCompiler(Compiler):
    """Compiles conditions to nodes that note every truth value they give."""

    def __init__(self, schema: Schema, entity: str, seen: dict[_Key, set[Truth]]) -> None:
        super().__init__(schema, entity)
        self.seen = seen

    def condition(self, condition: Condition, scope: str) -> Node:
        node = super().condition(condition, scope)
        truths = self.seen.setdefault(_key(condition), set())

        def watched(record: Record, place: str, now: float) -> Judgement:
            judgement = node(record, place, now)
            truths.add(judgement[0])
            return judgement

        return watched


def _key(condition: Condition) -> _Key:
    return condition.span.start, condition.span.end, type(condition).__name__


def _clauses(condition: Condition) -> Iterator[Condition]:
    """Every clause of a condition, outer ones first."""
    match condition:
        case Not(inner):
            yield from _clauses(inner)
        case And(conditions) | Or(conditions):
            yield condition
            for one in conditions:
                yield from _clauses(one)
        case Within(_, inner, _, where):
            yield condition
            if where is not None:
                yield from _clauses(where)
            yield from _clauses(inner)
        case _:
            yield condition
