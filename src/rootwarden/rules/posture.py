"""A rule file ready to judge: one meaning chosen, parameters filled in, reasons in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.errors import InputError
from rootwarden.facts.fact import Absent, Known
from rootwarden.rules import suggest
from rootwarden.rules.outcome import Outcome
from rootwarden.rules.rule import CompiledRule, compile_rule
from rootwarden.rules.rule_file import PLACEHOLDER, ParameterDefault, PostureRule, Reasons, out_of_bounds
from rootwarden.rules.schema import AttributeType, Schema
from rootwarden.rules.verdict import Verdict
from rootwarden.rules.wording import fact_text
from rootwarden.rules.words import closest

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from rootwarden.facts.fact import Fact
    from rootwarden.rules.logic import Record
    from rootwarden.rules.outcome import Missing
    from rootwarden.rules.schema import Attribute


_MENTIONED: Final = 3  # facts named in a sentence; the outcome has them all


class Judged(msgspec.Struct, frozen=True):
    """An outcome and one sentence about it."""

    outcome: Outcome
    reason: str


class PreparedRule(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """A rule ready to judge any number of resources.

    Attributes:
        rule: The file it came from.
        compiled: Its check under the chosen benchmark.
        parameters: Every parameter's value.
        reasons: The sentences for its verdicts.
        said: Sentences that go before them while a condition holds, each with the condition compiled.
        schema: What it was checked against.
    """

    rule: PostureRule
    compiled: CompiledRule
    parameters: dict[str, ParameterDefault]
    reasons: Reasons
    said: tuple[tuple[Verdict, CompiledRule, str], ...] = ()
    schema: Schema

    def judge(self, record: Record, *, as_of: datetime) -> Judged:
        """Judge one resource and say why in one sentence."""
        outcome = self.compiled.evaluate(record, as_of=as_of)
        template = self._said(outcome.verdict, record, as_of) or self.reasons.template(outcome.verdict)
        return Judged(outcome, self._filled(template, record) if template else usual_reason(outcome))

    def _said(self, verdict: Verdict, record: Record, as_of: datetime) -> str:
        """The first sentence for this verdict whose condition holds."""
        for of, condition, text in self.said:
            if of is verdict and condition.evaluate(record, as_of=as_of).verdict is Verdict.PASS:
                return text
        return ""

    def _filled(self, template: str, record: Record) -> str:
        def word(found: re.Match[str]) -> str:
            name = found.group(1)
            if name in self.parameters:
                return str(self.parameters[name])
            return _text_at(record, name.split("."), self.schema, self.compiled.entity)

        return PLACEHOLDER.sub(word, template)


def prepare(
    rule: PostureRule,
    schema: Schema,
    *,
    benchmark: str = "",
    parameters: Mapping[str, ParameterDefault] | None = None,
    two_valued: bool = False,
) -> PreparedRule:
    """Choose a meaning and compile it.

    Args:
        rule: The rule.
        schema: What it may ask.
        benchmark: `cis-5.0`, or empty for the rule's general meaning.
        parameters: Values other than the defaults.
        two_valued: Read what is unknown as absent, to compare.

    Raises:
        RuleSyntaxError: The check has a mistake.
        InputError: A parameter the rule has not, a value out of bounds, a reason that names what is not there.
    """
    check, reasons = rule.meaning(benchmark)
    values = _values(rule, parameters or {})
    compiled = compile_rule(check, schema, parameters=values, two_valued=two_valued)
    sentences = (*msgspec.structs.astuple(reasons), *(one.text for one in rule.said))
    _check_reasons(rule, sentences, compiled.entity, schema)
    return PreparedRule(
        rule=rule,
        compiled=compiled,
        parameters=values,
        reasons=reasons,
        said=tuple(
            (one.verdict, compile_condition(compiled.entity, one.when, schema, values), one.text) for one in rule.said
        ),
        schema=schema,
    )


def compile_condition(
    entity: str, text: str, schema: Schema, parameters: Mapping[str, ParameterDefault] | None = None
) -> CompiledRule:
    """A condition about an entity, as a rule that passes while it holds.

    Raises:
        RuleSyntaxError: It is no condition about this entity.
    """
    return compile_rule(f"{entity} should have ( {text} )", schema, parameters=parameters)


def usual_reason(outcome: Outcome) -> str:
    """A sentence from the facts themselves, for rules that bring none."""
    if outcome.verdict is Verdict.UNKNOWN:
        return _waits(outcome.missing) or "it could not be decided"
    facts = ", ".join(f"`{one.attribute}` is {one.value}" for one in outcome.witness[:_MENTIONED])
    if len(outcome.witness) > _MENTIONED:
        facts += " and more"
    prefix = "out of scope: " if outcome.verdict is Verdict.NOT_APPLICABLE else ""
    return f"{prefix}{facts}" if facts else "decided by the rule alone"


def _waits(missing: Sequence[Missing]) -> str:
    """What is unknown, each reason said once for all that wait for it."""
    waiting: dict[str, list[str]] = {}
    for one in missing:
        waiting.setdefault(one.reason, []).append(f"`{one.attribute}`")
    said = []
    for reason, names in list(waiting.items())[:_MENTIONED]:
        listed = ", ".join(names[:_MENTIONED]) + (" and more" if len(names) > _MENTIONED else "")
        said.append(f"{listed} {'is' if len(names) == 1 else 'are'} unknown: {reason}")
    return "; ".join(said)


def _values(rule: PostureRule, chosen: Mapping[str, ParameterDefault]) -> dict[str, ParameterDefault]:
    values = {parameter.name: parameter.default for parameter in rule.parameters}
    for name, value in chosen.items():
        parameter = next((one for one in rule.parameters if one.name == name), None)
        if parameter is None:
            meant = closest(name, values)
            hint = f"did you mean `{meant}`?" if meant else f"its parameters: {', '.join(values) or 'none'}"
            raise InputError(f"the rule `{rule.id}` has no parameter `{name}`", hint=hint)
        complaint = out_of_bounds(parameter, value)
        if complaint:
            raise InputError(f"the parameter `{name}` of `{rule.id}` {complaint}", hint=parameter.describe)
        values[name] = value
    return values


def _check_reasons(rule: PostureRule, sentences: Iterable[str], entity: str, schema: Schema) -> None:
    """Every placeholder is a parameter or an attribute."""
    parameters = {parameter.name for parameter in rule.parameters}
    for sentence in sentences:
        for name in PLACEHOLDER.findall(sentence):
            if name not in parameters and schema.attribute(entity, name) is None:
                scope, _, last = name.rpartition(".")
                help_ = suggest.attribute_help(schema, entity, scope, last)
                raise InputError(f"a reason of `{rule.id}` names `{name}`, which `{entity}` has not", hint=help_)


def _text_at(record: object, names: Sequence[str], schema: Schema, entity: str, path: str = "") -> str:
    """The fact at dotted names below a path as text; below a list, that of every element."""
    name, rest = names[0], names[1:]
    path = f"{path}.{name}" if path else name
    attribute = schema.attribute(entity, path)
    here = record.value if isinstance(record, Known) else record
    fact = here.get(name) if isinstance(here, Mapping) else None
    if attribute is None or fact is None:
        return "unknown"
    if not rest:
        return _listed(fact, attribute) if attribute.is_list else _one(fact, attribute)
    if not isinstance(fact, Known):
        return fact_text(fact, attribute)
    if isinstance(fact.value, tuple | list):
        return _joined(_text_at(one, rest, schema, entity, path) for one in fact.value)
    return _text_at(fact.value, rest, schema, entity, path)


def _one(fact: Fact[object], attribute: Attribute) -> str:
    """One fact; a date that is absent never was."""
    never = isinstance(fact, Absent) and attribute.type is AttributeType.DATE
    return "never" if never else fact_text(fact, attribute)


def _listed(fact: Fact[object], attribute: Attribute) -> str:
    """Plain values as such; records only counted."""
    if isinstance(fact, Known) and isinstance(fact.value, tuple | list):
        plain = [one for one in fact.value if isinstance(one, str | int | float)]
        if plain and len(plain) == len(fact.value):
            return _joined(str(one) for one in plain)
    return fact_text(fact, attribute)


def _joined(texts: Iterable[str]) -> str:
    return ", ".join(texts) or "none"
