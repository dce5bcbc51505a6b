"""The cases of a rule file, run: does each example get the answer the file says?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.rules.fixture import load_fixture
from rootwarden.rules.posture import prepare
from rootwarden.rules.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.rules.rule_file import Case, PostureRule
    from rootwarden.rules.schema import Schema


class CaseResult(msgspec.Struct, frozen=True, kw_only=True):
    """One case and the answer it got.

    Attributes:
        rule: Id of the rule.
        case: Name of the case.
        expected: The verdict the file says.
        verdict: The verdict it got.
        reason: Why, in one sentence a resource.
    """

    rule: str
    case: str
    expected: Verdict
    verdict: Verdict
    reason: str

    @property
    def right(self) -> bool:
        """Whether the answer is the expected one."""
        return self.verdict is self.expected


def run_cases(rule: PostureRule, schema: Schema) -> tuple[CaseResult, ...]:
    """Run every case of a rule.

    Raises:
        InputError: The rule cannot be compiled, or a case's fixture or parameters cannot be read.
    """
    return tuple(_run(rule, case, schema) for case in rule.cases)


def overall(verdicts: Iterable[Verdict]) -> Verdict:
    """One verdict over many resources: any fail, any unknown, any pass, else not applicable: the first that holds."""
    found = set(verdicts)
    for verdict in (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS):
        if verdict in found:
            return verdict
    return Verdict.NOT_APPLICABLE


def _run(rule: PostureRule, case: Case, schema: Schema) -> CaseResult:
    prepared = prepare(rule, schema, benchmark=case.benchmark, parameters=case.parameters)
    resources = load_fixture(case.given, schema, file=f"{rule.id}, case {case.name}")
    judged = [
        prepared.judge(one.record, as_of=case.as_of) for one in resources if one.entity == prepared.compiled.entity
    ]
    return CaseResult(
        rule=rule.id,
        case=case.name,
        expected=case.expect,
        verdict=overall(one.outcome.verdict for one in judged),
        reason="; ".join(one.reason for one in judged),
    )
