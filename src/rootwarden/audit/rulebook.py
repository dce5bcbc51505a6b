"""The rules of one run: which, with which meaning and parameters, and which calls feed them."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.audit.entities.catalog import is_monitoring, parts_of
from rootwarden.audit.reading import reading
from rootwarden.audit.result import RemedyStep, RuleCard
from rootwarden.errors import UsageError
from rootwarden.facts.inventory import Part
from rootwarden.rules.posture import PreparedRule, prepare
from rootwarden.rules.schema import FLEET
from rootwarden.rules.words import closest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rootwarden.rules.rule import CompiledRule
    from rootwarden.rules.rule_file import ParameterDefault, PostureRule
    from rootwarden.rules.schema import Schema


# `4.0.1`: what follows the second number.
_EDITION: Final = re.compile(r"(?<=\d\.\d)\.\d+$")


class Rulebook(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """Rules ready to judge.

    Attributes:
        rules: In the order they are reported: by severity, then as the pack has them.
        benchmark: `cis-5.0`, or empty.
        needs: The calls that feed what they read, but for those of `watched`.
        watched: The calls that feed what they read of trails, log groups, alarms and topics themselves.
        parts: What of each account's inventory they read.
        whole: Some rule is about all accounts at once.
        given: Names of the parameters chosen for the whole run.
    """

    rules: tuple[PreparedRule, ...]
    benchmark: str
    needs: frozenset[str]
    watched: frozenset[str] = frozenset()
    parts: frozenset[Part] = frozenset()
    whole: bool = False
    given: frozenset[str] = frozenset()

    def cards(self) -> tuple[RuleCard, ...]:
        """What a reader needs to know of each rule."""
        return tuple(_card(rule) for rule in self.rules)


def rulebook(
    pack: Iterable[PostureRule],
    schema: Schema,
    *,
    wanted: tuple[str, ...] = (),
    benchmark: str = "",
    parameters: Mapping[str, ParameterDefault] | None = None,
) -> Rulebook:
    """Choose and prepare rules.

    Args:
        pack: All rules there are.
        schema: What they may ask.
        wanted: Ids or patterns such as `root-contact-*`; empty for all.
        benchmark: Only rules this benchmark has a control for, in its meaning; also as `5.0`, `CIS-5.0` or `cis-5.0.0`.
        parameters: Values for every rule that has a parameter of that name.

    Raises:
        UsageError: A pattern or a benchmark matches no rule, two rules have one id, or no rule has a parameter of that
            name.
        InputError: A rule does not compile, or a value is out of bounds.
    """
    rules = tuple(pack)
    _check_names(rules)
    for pattern in wanted:
        if not any(fnmatchcase(rule.id, pattern) for rule in rules):
            meant = closest(pattern, [rule.id for rule in rules])
            hint = f"did you mean `{meant}`?" if meant else "`rootwarden rule list` names them"
            raise UsageError(f"there is no rule `{pattern}`", hint=hint)
    chosen = [rule for rule in rules if not wanted or any(fnmatchcase(rule.id, pattern) for pattern in wanted)]
    if benchmark:
        benchmark = benchmark_name(benchmark, rules)
        chosen = [rule for rule in chosen if any(control.startswith(f"{benchmark}:") for control in rule.controls)]
        if not chosen:
            raise UsageError(
                f"none of the selected rules has a control in {benchmark}", hint="leave out --rule or --benchmark"
            )
    given = dict(parameters or {})
    for name in given:
        if not any(name == parameter.name for rule in chosen for parameter in rule.parameters):
            raise UsageError(f"no selected rule has a parameter `{name}`", hint="`rootwarden rule show ID` names them")
    prepared = [
        prepare(rule, schema, benchmark=benchmark, parameters=_for(rule, given))
        for rule in sorted(chosen, key=lambda each: each.severity.rank)
    ]
    return book_of(prepared, schema, benchmark=benchmark, given=frozenset(given))


def book_of(
    prepared: Iterable[PreparedRule],
    schema: Schema,
    *,
    benchmark: str = "",
    given: frozenset[str] = frozenset(),
    beside: Iterable[CompiledRule] = (),
) -> Rulebook:
    """Rules that are ready, with what they need together, and with them the conditions that are asked `beside` them."""
    rules = tuple(prepared)
    needs = [need for each in (*(rule.compiled for rule in rules), *beside) for need in reading(each, schema)]
    return Rulebook(
        rules=rules,
        benchmark=benchmark,
        needs=frozenset(call for one in needs if not is_monitoring(one.entity) for call in one.calls),
        watched=frozenset(call for one in needs if is_monitoring(one.entity) for call in one.calls),
        parts=frozenset(part for one in needs for part in parts_of(one.entity, one.calls)),
        whole=any(rule.compiled.entity == FLEET for rule in rules),
        given=given,
    )


def benchmark_name(asked: str, rules: Iterable[PostureRule]) -> str:
    """The name rules have for a benchmark: letter case, `cis-` and the third number of a version are free.

    A third number is an edition of the same document: it corrects wording and moves no control.

    Raises:
        UsageError: No rule knows a benchmark of that name.
    """
    known = sorted({name for rule in rules for name in _benchmarks(rule)})
    name = _EDITION.sub("", asked.strip().casefold())
    for each in (name, f"cis-{name}"):
        if each in known:
            return each
    raise UsageError(f"there is no benchmark `{asked}`", hint=f"there are {', '.join(known)}")


def _benchmarks(rule: PostureRule) -> Iterator[str]:
    yield from (control.partition(":")[0] for control in rule.controls)
    for variant in rule.variants:
        yield from variant.benchmarks


def _check_names(rules: tuple[PostureRule, ...]) -> None:
    """Exceptions, changes and verdicts go by rule id: two rules of one id could not be told apart."""
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise UsageError(f"two rules are called `{rule.id}`", hint="give your own rule another id")
        seen.add(rule.id)


def _for(rule: PostureRule, given: dict[str, ParameterDefault]) -> dict[str, ParameterDefault]:
    names = {parameter.name for parameter in rule.parameters}
    return {name: value for name, value in given.items() if name in names}


def _card(prepared: PreparedRule) -> RuleCard:
    rule = prepared.rule
    return RuleCard(
        id=rule.id,
        title=rule.title,
        severity=rule.severity,
        why=rule.why,
        misses=rule.misses,
        check=prepared.compiled.text,
        remedy=tuple(RemedyStep(text=each.text, console=each.console, command=each.command) for each in rule.remedies),
        controls=rule.controls,
        references=rule.references,
    )
