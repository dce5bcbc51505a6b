"""One condition of a statement: does it hold, and if that is not known, on which key does it depend?

IAM user guide, *Condition operators*, *Multivalued context keys*: several values of a policy are alternatives; negated
operators hold when the key is not there; `ForAllValues` holds for a key that is not there, `ForAnyValue` does not.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.facts.iam_document import Condition
from rootwarden.iam.context import Missing, NotKnown, Supposed, Unlike, Values
from rootwarden.iam.operators import OPERATORS, Operator
from rootwarden.iam.pattern import Pattern, pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.iam.context import Context

_ALL: Final = "forallvalues:"
_ANY: Final = "foranyvalue:"
_IF_EXISTS: Final = "ifexists"
# A list of many values, such as the principals a guardrail spares, is looked up instead of compared one by one.
_OF_WHOLE_TEXTS: Final = frozenset(
    f"{kind}{name}" for kind in ("arn", "string") for name in ("equals", "notequals", "like", "notlike")
)
_BOOLEANS: Final = frozenset(
    {"aws:multifactorauthpresent", "aws:principalisawsservice", "aws:securetransport", "aws:viaawsservice"}
)
_ANYTHING: Final = Values(("",))
_SPECIAL: Final = frozenset("*?\0")


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What a test came to.

    Attributes:
        truth: `None` when it depends on something that is not known.
        why: In words.
        keys: What it depends on, when it does: keys, or what nobody knows.
    """

    truth: bool | None
    why: str = ""
    keys: tuple[str, ...] = ()


class CompiledCondition(msgspec.Struct, frozen=True):
    """A condition, ready to be tested.

    Attributes:
        written: As the policy has it.
        operator: `None` for `Null`, and for one nobody knows (`unknown`).
        wanted: The policy's values.
        quantifier: `forallvalues:`, `foranyvalue:` or empty.
        if_exists: It holds when the key is not there.
        null: It is `Null`.
        literals: Those of `wanted` that one text satisfies, and no other.
        patterns: The rest of `wanted`.
    """

    written: Condition
    operator: Operator | None
    wanted: tuple[Pattern, ...]
    quantifier: str = ""
    if_exists: bool = False
    null: bool = False
    literals: frozenset[str] = frozenset()
    patterns: tuple[Pattern, ...] = ()

    def test(self, context: Context) -> Outcome:
        """Whether it holds for a request."""
        key, name = self.written.key, self.written.operator
        held = context.held(key)
        if self.operator is None and not self.null:
            return Outcome(None, f"`{name}` is no operator that is known", (f"`{name}`",))
        if isinstance(held, NotKnown):
            why = f"it depends on `{key}`" + (f" ({held.reason})" if held.reason else "")
            return self._constant(key, context) or self._in_part(held) or Outcome(None, why, (key,))
        if self.null:
            return self._presence(held)
        truth = self._missing() if isinstance(held, Missing) or not held.texts else self._compare(held, context)
        if isinstance(truth, NotKnown):
            return Outcome(None, f"`{name}` depends on {truth.reason}", (truth.reason,))
        shown = "is not there" if isinstance(held, Missing) else f"is `{'`, `'.join(held.texts[:3])}`"
        return Outcome(truth, f"`{name}` {'holds' if truth else 'does not hold'}: `{key}` {shown}")

    @property
    def question(self) -> tuple[object, bool]:
        """What it asks of a key that is there, whatever that holds, and the answer with which it holds.

        Conditions of one question agree, or say the opposite. A key of which AWS says that it is a Boolean is true
        where it is not false (IAM user guide, *AWS global condition context keys*). `None` where nothing is asked.
        """
        if self.operator is None:
            return None, True
        texts = {one.text.lower() for one in self.wanted}
        if self.written.key.lower() in _BOOLEANS and not self.quantifier and texts in ({"true"}, {"false"}):
            return self.operator.compare, "true" in texts
        negated = self.operator.negated
        of_every_value = bool(self.quantifier) and (self.quantifier == _ALL) is not negated
        return (self.operator.compare, of_every_value, frozenset(self.wanted)), not negated

    def _in_part(self, held: NotKnown) -> Outcome | None:
        """What comes of it where something is known of a key; nothing where that does not settle it."""
        question, holds = self.question
        if isinstance(held, Unlike):
            named = "string" in self.written.operator.lower() and all(_is_of(one, held.text) for one in self.wanted)
            return self._whatever(not holds, f"`{self.written.key}` is not `{held.text}`") if named else None
        if not isinstance(held, Supposed):
            return None
        if self.null:
            return self._presence(_ANYTHING)
        answer = held.answers.get(question)
        return None if answer is None else Outcome(answer is holds, f"`{self.written.key}` is supposed to be so")

    def _constant(self, key: str, context: Context) -> Outcome | None:
        """What holds, or does not, whatever the key is: a test against no value at all, or against any."""
        if self.null:
            either = {one.text.lower() for one in self.wanted} >= {"true", "false"}
            return Outcome(True, f"`{key}` is there or not") if either else None
        if self.operator is None:
            return None
        if self.operator.wildcards and any(one.text == "*" for one in self.wanted):
            return self._whatever(not self.operator.negated, f"`{key}` may hold anything")
        if all(one.resolved(context) is False for one in self.wanted):
            return self._whatever(self.operator.negated, f"`{key}` is compared with no values")
        return None

    def _whatever(self, holds: bool, why: str) -> Outcome | None:
        """What every value comes to, if a key that is not there comes to the same."""
        return Outcome(holds, why) if self._missing() is holds else None

    def _presence(self, held: Missing | Values) -> Outcome:
        missing = isinstance(held, Missing) or not held.texts
        answers = [{"true": missing, "false": not missing}.get(one.text.lower()) for one in self.wanted]
        shown = f"`{self.written.key}` is {'not ' if missing else ''}there"
        if True in answers:
            return Outcome(True, f"`Null` holds: {shown}")
        if None in answers:
            return Outcome(None, "`Null` is compared with neither `true` nor `false`", ("`Null`",))
        return Outcome(False, f"`Null` does not hold: {shown}")

    def _missing(self) -> bool:
        if self.if_exists or self.quantifier == _ALL:
            return True
        return self.quantifier != _ANY and self.operator is not None and self.operator.negated

    def _compare(self, held: Values, context: Context) -> bool | NotKnown:
        each = (self._one(found, context) for found in held.texts)
        if self.quantifier == _ALL or (self._negated and self.quantifier != _ANY):
            return _every(each)
        return _some(each)

    @property
    def _negated(self) -> bool:
        return self.operator is not None and self.operator.negated

    def _one(self, found: str, context: Context) -> bool | NotKnown:
        """Whether one value of the request satisfies the operator."""
        operator = self.operator
        if operator is None:
            return NotKnown(self.written.operator)
        if found in self.literals:
            return not operator.negated
        satisfied = _some(operator.compare(wanted, found, context) for wanted in self.patterns)
        return satisfied if isinstance(satisfied, NotKnown) else satisfied is not operator.negated


@lru_cache(maxsize=16_384)
def compiled(condition: Condition, version: str) -> CompiledCondition:
    """Make a condition of a document of that version ready."""
    name = condition.operator.lower()
    quantifier = next((one for one in (_ALL, _ANY) if name.startswith(one)), "")
    name = name.removeprefix(quantifier)
    if_exists = name.endswith(_IF_EXISTS)
    name = name.removesuffix(_IF_EXISTS)
    operator = OPERATORS.get(name)
    by_parts = name.startswith("arn")
    # Only operators of texts and ARNs take variables (IAM user guide, *Policy variables*).
    version = version if name.startswith(("arn", "string")) else ""
    wanted = tuple(pattern(value, by_parts=by_parts, version=version) for value in condition.values)
    literals = frozenset(one.text for one in wanted if name in _OF_WHOLE_TEXTS and _is_literal(one, by_parts=by_parts))
    return CompiledCondition(
        condition,
        operator,
        wanted,
        quantifier,
        if_exists,
        null=name == "null" and not quantifier and not if_exists,
        literals=literals,
        patterns=tuple(one for one in wanted if one.text not in literals),
    )


def _is_literal(one: Pattern, *, by_parts: bool) -> bool:
    """Whether a value is matched by itself alone: no wildcard, no variable, and of an ARN no part missing."""
    return one.pieces == (one.text,) and not _SPECIAL & set(one.text) and one.by_parts is by_parts


def _is_of(one: Pattern, text: str) -> bool:
    """Whether a value is matched by a text or what begins with it and a slash, in some letter case; by nothing else."""
    spelled = one.pieces[0]
    if len(one.pieces) > 1 or not isinstance(spelled, str):
        return False
    return f"{spelled}/".casefold().startswith(f"{text}/".casefold())


def _some(answers: Iterable[bool | NotKnown]) -> bool | NotKnown:
    unsure: bool | NotKnown = False
    for answer in answers:
        if answer is True:
            return True
        if isinstance(answer, NotKnown):
            unsure = answer
    return unsure


def _every(answers: Iterable[bool | NotKnown]) -> bool | NotKnown:
    unsure: bool | NotKnown = True
    for answer in answers:
        if answer is False:
            return False
        if isinstance(answer, NotKnown):
            unsure = answer
    return unsure
