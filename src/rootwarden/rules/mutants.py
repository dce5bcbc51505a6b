"""Small changes to a rule, to see whether its cases notice.

Each mutant is the sentence with one change: an operator, a bound, a quantifier or a connective turned, a clause, a
`not` or the scope dropped. One that gets every case right survives: the cases do not tell it from the rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.rules.cases import overall
from rootwarden.rules.changes import changes
from rootwarden.rules.normal_form import normal_form
from rootwarden.rules.printer import print_rule
from rootwarden.rules.rule import compile_tree
from rootwarden.rules.trials import meanings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.rules.rule import CompiledRule
    from rootwarden.rules.rule_file import PostureRule
    from rootwarden.rules.schema import Schema
    from rootwarden.rules.syntax import Rule
    from rootwarden.rules.trials import Meaning, Trial


class Mutant(msgspec.Struct, frozen=True, kw_only=True):
    """One change to one meaning of a rule, and what became of it.

    Attributes:
        meaning: The benchmarks whose meaning was changed, or empty.
        change: What was changed: "`gte` becomes `gt` in `MFADevices . Count gte 2`".
        text: The changed sentence, default parameters filled in.
        equivalent: It provably means the same, so no case can tell it from the rule.
        killed_by: Name of the first case that notices, or empty.
    """

    meaning: str
    change: str
    text: str
    equivalent: bool = False
    killed_by: str = ""

    @property
    def survives(self) -> bool:
        """Whether a case that would notice is missing."""
        return not self.equivalent and not self.killed_by


def mutants(rule: PostureRule, schema: Schema) -> tuple[Mutant, ...]:
    """Every mutant of every meaning of a rule, each tried on the cases of that meaning.

    Args:
        rule: The rule with its cases, all of which it gets right.
        schema: What it may ask.

    Raises:
        InputError: The rule cannot be compiled, or a case cannot be read.
    """
    return tuple(mutant for meaning in meanings(rule, schema) for mutant in _Judge(meaning, schema).mutants())


class _Judge:
    """Tries the mutants of one meaning. Cases with the same parameters share their sentences."""

    def __init__(self, meaning: Meaning, schema: Schema) -> None:
        self.meaning = meaning
        self.schema = schema
        trees = {print_rule(tree): tree for tree in (meaning.tree, *(trial.tree for trial in meaning.trials))}
        # By text of the sentence, then by the key of the change: the changed sentence.
        self.changed = {
            text: {key: changed for key, _, changed in changes(tree, schema)} for text, tree in trees.items()
        }
        self.compiled: dict[str, CompiledRule] = {}

    def mutants(self) -> Iterator[Mutant]:
        for key, words, changed in changes(self.meaning.tree, self.schema):
            equivalent = self._equivalent(key)
            yield Mutant(
                meaning=self.meaning.name,
                change=words,
                text=print_rule(changed),
                equivalent=equivalent,
                killed_by="" if equivalent else self._killer(key),
            )

    def _equivalent(self, key: str) -> bool:
        """Whether the change changes nothing, whatever the parameters of the cases."""
        trees = [self.meaning.tree, *(trial.tree for trial in self.meaning.trials)]
        return all(normal_form(tree) == normal_form(self._mutated(tree, key)) for tree in trees)

    def _mutated(self, tree: Rule, key: str) -> Rule:
        """The change to this sentence; itself where the change has no place, as in a shorter list of values."""
        return self.changed[print_rule(tree)].get(key, tree)

    def _killer(self, key: str) -> str:
        return next((one.case.name for one in self.meaning.trials if self._notices(one, key)), "")

    def _notices(self, trial: Trial, key: str) -> bool:
        compiled = self._compile(self._mutated(trial.tree, key))
        outcomes = [compiled.evaluate(record, as_of=trial.case.as_of) for record in trial.records]
        return overall(one.verdict for one in outcomes) is not trial.case.expect

    def _compile(self, tree: Rule) -> CompiledRule:
        text = print_rule(tree)
        if text not in self.compiled:
            self.compiled[text] = compile_tree(tree, self.schema, text)
        return self.compiled[text]
