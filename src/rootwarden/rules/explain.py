"""Why a verdict: the tree of a rule with the truth of every part, element by element, and the facts at its leaves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.facts.fact import Absent, Known, Unknown
from rootwarden.rules.compiler import Compiler
from rootwarden.rules.logic import element_place
from rootwarden.rules.naming import join
from rootwarden.rules.outcome import Outcome
from rootwarden.rules.printer import print_condition
from rootwarden.rules.syntax import And, Not, Or, Within
from rootwarden.rules.wording import fact_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rootwarden.rules.logic import Observation, Record, Truth
    from rootwarden.rules.rule import CompiledRule
    from rootwarden.rules.schema import Schema
    from rootwarden.rules.syntax import Condition

MAXIMUM_ELEMENTS: Final = 20
MAXIMUM_STEPS: Final = 2_000


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a rule and what it came to.

    Attributes:
        text: The part: `and`, `not`, a test, or the place of an element (`AccessKey[0]`).
        truth: True, false, or `None` for unknown.
        facts: What was read there: `AccessKey[0].Active is true`, or why it is unknown.
        steps: The parts it is made of.
        left_out: How many elements are not shown.
    """

    text: str
    truth: bool | None
    facts: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    left_out: int = 0


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict and the way to it.

    Attributes:
        outcome: Verdict, witness and what is missing.
        negated: Whether the rule says `should not have`.
        where: The scope, or `None` when every resource is in it.
        check: The condition.
    """

    outcome: Outcome
    negated: bool
    where: Step | None
    check: Step


def explain(rule: CompiledRule, schema: Schema, record: Record, *, as_of: datetime) -> Explanation:
    """Explain the verdict of a rule about one resource.

    Args:
        rule: The rule.
        schema: What it was compiled against.
        record: The facts of the resource.
        as_of: The instant "now" means, aware.

    Raises:
        ValueError: `as_of` has no time zone.
    """
    outcome = rule.evaluate(record, as_of=as_of)
    explainer = _Explainer(Compiler(schema, rule.entity), as_of.timestamp())
    where = rule.tree.where
    return Explanation(
        outcome=outcome,
        negated=rule.tree.negated,
        where=explainer.step(where, "", record, "") if where is not None else None,
        check=explainer.step(rule.tree.check, "", record, ""),
    )


class _Explainer:
    """Walks a condition beside a record; `scope` is the attribute path, `place` the path with indexes."""

    def __init__(self, compiler: Compiler, now: float) -> None:
        self.compiler = compiler
        self.now = now
        self.left = MAXIMUM_STEPS

    def step(self, condition: Condition, scope: str, record: Record, place: str) -> Step:
        """A part of the rule about a record."""
        self.left -= 1
        truth, seen = self.compiler.condition(condition, scope)(record, place, self.now)
        match condition:
            case And(conditions) | Or(conditions):
                word = "and" if isinstance(condition, And) else "or"
                return Step(text=word, truth=truth, steps=self._steps(conditions, scope, record, place))
            case Not(inner):
                return Step(text="not", truth=truth, steps=self._steps((inner,), scope, record, place))
            case Within():
                return self._within(condition, scope, record, place, truth=truth, seen=seen)
        return Step(text=print_condition(condition), truth=truth, facts=_facts(seen))

    def _steps(self, conditions: Sequence[Condition], scope: str, record: Record, place: str) -> tuple[Step, ...]:
        return tuple(self.step(one, scope, record, place) for one in conditions if self.left > 0)

    def _within(
        self, within: Within, scope: str, record: Record, place: str, *, truth: Truth, seen: Sequence[Observation]
    ) -> Step:
        """A list or record and each of its elements."""
        reading = self.compiler.reading(within.subject.path, scope)
        fact = reading.read(record)
        text = print_condition(within)
        inner_scope = join(scope, within.subject.path)
        value = fact.value if isinstance(fact, Known) else None
        if isinstance(value, Mapping):
            inner = self._narrowed(within, inner_scope, value, f"{place}{reading.name}.")
            return Step(text=text, truth=truth, steps=inner)
        if not isinstance(value, tuple | list) or not value:
            return Step(text=text, truth=truth, facts=_facts(seen))
        steps = []
        for index, element in enumerate(value[:MAXIMUM_ELEMENTS]):
            if self.left > 0:
                where = element_place(place, reading, index, element)
                steps.append(self._element(within, inner_scope, element, where))
        return Step(text=text, truth=truth, steps=tuple(steps), left_out=len(value) - len(steps))

    def _element(self, within: Within, scope: str, element: object, where: str) -> Step:
        if isinstance(element, Known):
            element = element.value
        if isinstance(element, Mapping):
            steps = self._narrowed(within, scope, element, f"{where}.")
            if within.where is None:
                return Step(text=where, truth=steps[0].truth if steps else None, steps=steps)
            left_out = bool(steps) and steps[0].truth is False
            inside = len(steps) > 1 and steps[0].truth is True
            truth = False if left_out else steps[1].truth if inside else None
            return Step(text=f"{where}, left out" if left_out else where, truth=truth, steps=steps)
        if isinstance(element, Absent):
            return Step(text=where, truth=False, facts=(f"{where} is absent",))
        reason = element.reason if isinstance(element, Unknown) else "it could not be read"
        return Step(text=where, truth=None, facts=(f"{where} is unknown: {reason}",))

    def _narrowed(self, within: Within, scope: str, record: Record, place: str) -> tuple[Step, ...]:
        """What narrows the list, if anything does, and what is asked of an element that is not left out."""
        if within.where is None:
            return self._steps((within.condition,), scope, record, place)
        narrowing = self._steps((within.where,), scope, record, place)
        steps = tuple(Step(text="where", truth=one.truth, steps=(one,)) for one in narrowing)
        if any(one.truth is False for one in steps):
            return steps
        return (*steps, *self._steps((within.condition,), scope, record, place))


def _facts(seen: Sequence[Observation]) -> tuple[str, ...]:
    facts = dict.fromkeys(_fact(one) for one in seen)
    return tuple(facts)[:MAXIMUM_ELEMENTS]


def _fact(seen: Observation) -> str:
    name = seen.place + seen.reading.name
    if isinstance(seen.fact, Unknown):
        return f"{name} is unknown: {seen.fact.reason}"
    return f"{name} is {fact_text(seen.fact, seen.reading.attribute)}"
