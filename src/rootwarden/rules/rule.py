"""A rule ready to be asked: text in, verdicts out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.facts.fact import Known, Unknown
from rootwarden.rules.compiler import Compiler
from rootwarden.rules.diagnostic import RuleSyntaxError, quoted
from rootwarden.rules.logic import Node
from rootwarden.rules.outcome import Missing, Outcome, Witness
from rootwarden.rules.parameters import fill
from rootwarden.rules.parser import recovered
from rootwarden.rules.printer import print_rule
from rootwarden.rules.schema import AttributeType
from rootwarden.rules.syntax import Rule
from rootwarden.rules.two_valued import TwoValuedCompiler
from rootwarden.rules.typecheck import check
from rootwarden.rules.verdict import Verdict
from rootwarden.rules.wording import fact_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from rootwarden.facts.fact import Source
    from rootwarden.rules.logic import Observation, Record
    from rootwarden.rules.parameters import ParameterValue
    from rootwarden.rules.schema import Schema

# Beyond so many facts an explanation explains nothing; the rest is counted in a note.
MAXIMUM_WITNESSES: Final = 100
MAXIMUM_LETTER_NOTES: Final = 3
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


class CompiledRule(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """One rule, parsed, checked and compiled; may be asked any number of times, from any thread.

    Attributes:
        entity: What it is about: `RootUser`.
        reads: Dotted path of every attribute it reads; the schema tells which calls feed each.
        reads_clock: Whether its answer depends on the as-of instant.
        text: The rule in canonical spelling, parameters filled in.
        tree: Its syntax tree.
        two_valued: Whether what is unknown is read as absent.
        strings: By attribute, and the name it is read by, the strings it is compared with, by their lower-case form.
    """

    entity: str
    reads: frozenset[str]
    reads_clock: bool
    text: str
    tree: Rule
    where: Node | None
    condition: Node
    two_valued: bool = False
    strings: Mapping[tuple[str, str], Mapping[str, tuple[str, ...]]] = {}

    def evaluate(self, record: Record, *, as_of: datetime) -> Outcome:
        """Judge one resource.

        Args:
            record: Its facts by attribute name. A value is a truth value, a number (dates: epoch seconds), a string,
                a tuple of records or of plain values, or a record. A name the schema has and the record has not is
                unknown; a value of another type than the schema says is unknown too.
            as_of: The instant "now" means, aware.

        Returns:
            The verdict with the facts it rests on or waits for.

        Raises:
            ValueError: `as_of` has no time zone.
        """
        if as_of.tzinfo is None:
            raise ValueError("the as-of instant needs a time zone")
        now = as_of.timestamp()
        scope: tuple[Observation, ...] = ()
        in_scope: bool | None = True
        if self.where is not None:
            in_scope, scope = self.where(record, "", now)
            if in_scope is False:
                return self._outcome(Verdict.NOT_APPLICABLE, scope, now)
        truth, seen = self.condition(record, "", now)
        if in_scope is None:
            # In scope it would pass or fail, out of scope it is not applicable: never the same, so the scope counts.
            return self._outcome(Verdict.UNKNOWN, (*scope, *(seen if truth is None else ())), now)
        if truth is None:
            return self._outcome(Verdict.UNKNOWN, seen, now)
        verdict = Verdict.FAIL if truth is self.tree.negated else Verdict.PASS
        return self._outcome(verdict, (*seen, *scope), now)

    def _outcome(self, verdict: Verdict, observations: tuple[Observation, ...], now: float) -> Outcome:
        outcome = _outcome(verdict, observations, now)
        if not self.strings:
            return outcome
        notes = _letter_notes(observations, self.strings)
        return msgspec.structs.replace(outcome, notes=(*outcome.notes, *notes)) if notes else outcome


def compile_rule(
    text: str, schema: Schema, *, parameters: Mapping[str, ParameterValue] | None = None, two_valued: bool = False
) -> CompiledRule:
    """Make a rule ready to be asked.

    Args:
        text: The sentence.
        schema: The entities and attributes it may name.
        parameters: Value of each name that stands where a value would.
        two_valued: Read what is unknown as absent, to compare with tools that know no third truth value.

    Raises:
        RuleSyntaxError: With every mistake and its place in `text`.
    """
    made = recovered(text)
    tree = fill(made.rule, parameters or {}) if made.rule is not None else None
    if tree is not None and not made.mistakes:
        return compile_tree(tree, schema, text, two_valued=two_valued)
    found = list(made.mistakes)
    if tree is not None:
        try:
            check(tree, schema, text)
        except RuleSyntaxError as error:
            found += [one for one in error.diagnostics if not made.hides(one)]
    raise RuleSyntaxError(found, text)


def compile_tree(tree: Rule, schema: Schema, text: str, *, two_valued: bool = False) -> CompiledRule:
    """Make a parsed rule ready to be asked.

    Args:
        tree: The sentence, parameters filled in.
        schema: The entities and attributes it may name.
        text: What it was parsed from, to show mistakes in.
        two_valued: Read what is unknown as absent.

    Raises:
        RuleSyntaxError: With every name and type that is wrong.
    """
    checked = check(tree, schema, text)
    rule = checked.rule
    compiler = TwoValuedCompiler(schema, rule.entity) if two_valued else Compiler(schema, rule.entity)
    return CompiledRule(
        entity=rule.entity,
        reads=checked.reads,
        reads_clock=checked.reads_clock,
        text=print_rule(rule),
        tree=rule,
        where=compiler.condition(rule.where, "") if rule.where is not None else None,
        condition=compiler.condition(rule.check, ""),
        two_valued=two_valued,
        strings=compiler.strings,
    )


def _outcome(verdict: Verdict, observations: Iterable[Observation], now: float) -> Outcome:
    """Facts once each, in the order the rule names them."""
    witness: dict[str, Witness] = {}
    missing: dict[str, Missing] = {}
    notes: dict[str, None] = {}
    evidence: dict[Source, None] = {}
    for seen in observations:
        fact, name = seen.fact, seen.place + seen.reading.name
        evidence.update(dict.fromkeys(fact.sources))
        if fact.note:
            notes[fact.note] = None
        if isinstance(fact, Unknown):
            missing.setdefault(name, Missing(attribute=name, reason=fact.reason, permission=fact.permission))
        elif not seen.context and name not in witness:
            value = fact_text(fact, seen.reading.attribute)
            witness[name] = Witness(attribute=name, value=value, sources=fact.sources)
            _note_future(seen, name, now, notes)
    if len(witness) > MAXIMUM_WITNESSES:
        notes[f"{len(witness) - MAXIMUM_WITNESSES} more facts decided it too"] = None
    return Outcome(
        verdict=verdict,
        witness=tuple(witness.values())[:MAXIMUM_WITNESSES],
        missing=tuple(missing.values()),
        notes=tuple(notes),
        evidence=tuple(evidence),
    )


def _note_future(seen: Observation, name: str, now: float, notes: dict[str, None]) -> None:
    """A date that lies after the as-of instant, where none should, means that clocks disagree."""
    attribute = seen.reading.attribute
    if attribute.type is not AttributeType.DATE or attribute.future or not isinstance(seen.fact, Known):
        return
    value = seen.fact.value
    if isinstance(value, int | float) and value > now:
        notes[f"`{name}` is {_span(value - now)} in the future: clock skew"] = None


def _letter_notes(
    observations: Iterable[Observation], strings: Mapping[tuple[str, str], Mapping[str, tuple[str, ...]]]
) -> tuple[str, ...]:
    """What is decided only because letter case counts; rarely is that what was meant."""
    notes: dict[str, None] = {}
    for seen in observations:
        asked = strings.get((seen.reading.attribute.path, seen.reading.name))
        value = seen.fact.value if asked and isinstance(seen.fact, Known) else None
        if asked is None or not isinstance(value, str) or seen.context:
            continue
        meant = asked.get(value.lower(), ())
        if meant and value not in meant:
            name = seen.place + seen.reading.name
            notes[f"`{name}` is {quoted(value)}, which differs only in letter case from {quoted(meant[0])}"] = None
            if len(notes) == MAXIMUM_LETTER_NOTES:
                break
    return tuple(notes)


def _span(seconds: float) -> str:
    for unit, size in (("days", _DAY), ("hours", _HOUR), ("minutes", _MINUTE)):
        if seconds >= 2 * size:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} seconds"
