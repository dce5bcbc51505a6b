"""Two outcomes and what is said about them, as data."""

from __future__ import annotations

import msgspec
import pytest

from rootwarden.conformance.compare import Outcome, Verdict, compare, judge


class Case(msgspec.Struct, frozen=True):
    """Kinds at a path on both sides, and what is told: a difference's name, `aws`, `simulator` or nothing."""

    aws: str
    simulator: str
    told: str


def kinds(text: str) -> frozenset[str]:
    return frozenset(text.split(" | "))


CASES = [
    Case("text", "text", ""),
    Case("instant", "instant | N/A", ""),
    Case("instant", "N/A", "kind"),
    Case("text", "instant", "kind"),
    Case("instant", "text", "aws"),
    Case("arn:aws:sns:{region}:{account}:…", "e-mail address", "aws"),
    Case("number", "text", "type"),
    Case("text", "number", "type"),
    Case("list", "structure", "type"),
    Case("map", "structure", "kind"),
    Case("null", "text", "type"),
    Case("missing", "text", "simulator"),
    Case("missing | text", "text", ""),
    Case("text", "missing", "aws"),
    Case("missing", "missing", ""),
    Case("missing although required", "text", "member"),
    Case("text", "missing although required", "member"),
    Case("text", "missing although required | text", ""),
    Case("missing although required", "missing although required | text", "simulator"),
    Case("word the service model does not list", "word the service model lists", "kind"),
    Case("TRUE or FALSE", "true or false", "kind"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.aws} against {case.simulator}")
def test_one_path(case: Case) -> None:
    differences, one_sided = compare({"X": kinds(case.aws)}, {"X": kinds(case.simulator)})
    assert [each.what for each in differences] + [each.side for each in one_sided] == ([case.told] if case.told else [])


STRUCTURE = {"": frozenset({"structure"})}


@pytest.mark.parametrize(
    ("extra", "differs"), [("Map{Users}", True), ("Map{}", False), ("Map[]", False), ("Map.Member", False)]
)
def test_only_a_key_aws_names_must_be_on_both_sides(extra: str, differs: bool) -> None:
    both = {"Map": frozenset({"map"})}
    more = {**both, extra: frozenset({"number"}), f"{extra}.Below": frozenset({"text"})}
    for pair in ((both, more), (more, both)):
        differences, one_sided = compare(*pair)
        assert [each.path for each in differences] == ([extra] if differs else [])
        assert [each.path for each in one_sided] == ([] if differs else [extra])


def test_a_reference_may_be_to_anything() -> None:
    topic, function = "arn:aws:sns:{region}:{account}:…", "arn:aws:lambda:{region}:{account}:function:…"
    for path, told in (("Targets[].Arn", 0), ("MetricAlarms[].AlarmActions[]", 0), ("MetricAlarms[].AlarmArn", 1)):
        differences, _ = compare({path: frozenset({function})}, {path: frozenset({topic})})
        assert len(differences) == told


def outcome(*codes: str, answer: bool = False) -> Outcome:
    shape = {**STRUCTURE, "X": frozenset({"text"})} if answer else {}
    return Outcome(codes=frozenset(codes), shape=shape)


JUDGED = [
    (outcome(answer=True), outcome(answer=True), Verdict.AGREES, ""),
    (outcome("NoSuchEntity"), outcome("NoSuchEntity", answer=True), Verdict.AGREES, "both say NoSuchEntity"),
    (outcome("NoSuchEntity"), outcome("NoSuchEntityException"), Verdict.DIFFERS, ""),
    (outcome("NoSuchEntity"), outcome(answer=True), Verdict.DIFFERS, ""),
    (outcome(answer=True), outcome("NoSuchEntity"), Verdict.DIFFERS, ""),
    (outcome("AccessDenied"), outcome("AccessDenied"), Verdict.NOT_COMPARED, "refused (AccessDenied)"),
    (outcome("Timeout"), outcome(answer=True), Verdict.NOT_COMPARED, "not answered (Timeout)"),
    (outcome("503"), outcome(answer=True), Verdict.NOT_COMPARED, "not answered (503)"),
    (Outcome(shape=STRUCTURE), outcome(answer=True), Verdict.NOT_COMPARED, "the answer was empty"),
    (Outcome(skipped="why"), outcome(answer=True), Verdict.NOT_ASKED, "why"),
    (outcome(answer=True), Outcome(skipped="why"), Verdict.NOT_COMPARED, "the simulator was not asked: why"),
]


@pytest.mark.parametrize(("aws", "simulator", "verdict", "reason"), JUDGED)
def test_judged(aws: Outcome, simulator: Outcome, verdict: Verdict, reason: str) -> None:
    judged = judge(aws, simulator)
    assert (judged.verdict, judged.reason) == (verdict, reason)
    assert bool(judged.differences) == (verdict is Verdict.DIFFERS)
