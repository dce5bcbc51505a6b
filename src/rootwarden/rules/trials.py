"""The cases of a rule file, sorted by the meaning they are about and ready to be judged again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.rules.fixture import load_fixture
from rootwarden.rules.logic import Record
from rootwarden.rules.posture import prepare
from rootwarden.rules.rule_file import Case
from rootwarden.rules.syntax import Rule

if TYPE_CHECKING:
    from rootwarden.rules.rule_file import PostureRule
    from rootwarden.rules.schema import Schema


class Trial(msgspec.Struct, frozen=True, eq=False):
    """One case with its facts read.

    Attributes:
        case: As the file has it.
        tree: The sentence with this case's parameters filled in.
        records: The facts of each resource the sentence is about.
    """

    case: Case
    tree: Rule
    records: tuple[Record, ...]


class Meaning(msgspec.Struct, frozen=True, eq=False):
    """One sentence of a rule file and the cases that judge by it.

    Attributes:
        benchmarks: Those that give the rule this meaning; empty for its general one.
        tree: The sentence with default parameters filled in.
        trials: Its cases.
    """

    benchmarks: tuple[str, ...]
    tree: Rule
    trials: tuple[Trial, ...]

    @property
    def name(self) -> str:
        """Empty for the general meaning, else `cis-1.2, cis-1.3`."""
        return ", ".join(self.benchmarks)


def meanings(rule: PostureRule, schema: Schema) -> tuple[Meaning, ...]:
    """Every meaning of a rule with its cases, the general one first.

    Raises:
        InputError: A sentence cannot be compiled, or a case's fixture or parameters cannot be read.
    """
    found = []
    special = {benchmark for variant in rule.variants for benchmark in variant.benchmarks}
    for benchmarks in ((), *(variant.benchmarks for variant in rule.variants)):
        cases = [
            one for one in rule.cases if (one.benchmark in benchmarks if benchmarks else one.benchmark not in special)
        ]
        tree = prepare(rule, schema, benchmark=benchmarks[0] if benchmarks else "").compiled.tree
        found.append(Meaning(benchmarks, tree, tuple(_trial(rule, case, schema) for case in cases)))
    return tuple(found)


def _trial(rule: PostureRule, case: Case, schema: Schema) -> Trial:
    tree = prepare(rule, schema, benchmark=case.benchmark, parameters=case.parameters).compiled.tree
    resources = load_fixture(case.given, schema, file=f"{rule.id}, case {case.name}")
    return Trial(case, tree, tuple(one.record for one in resources if one.entity == tree.entity))
