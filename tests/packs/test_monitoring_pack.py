"""The monitoring pack: one rule a sample set, the numbers of the benchmarks, and patterns that do what they are for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pytest
from tests.packs.test_root_pack import BENCHMARKS

from rootwarden import packs
from rootwarden.detect.catching import catching
from rootwarden.facts.fact import Known, Unknown
from rootwarden.packs.samples import SampleSets
from rootwarden.rules.fixture import load_fixture
from rootwarden.rules.lint import lint
from rootwarden.rules.posture import prepare
from rootwarden.rules.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.facts.fact import Fact
    from rootwarden.rules.rule_file import Case, PostureRule

# The place of each alarm in the monitoring section of CIS AWS Foundations, written down by hand a second time. The
# section is 3 in version 1.2, which knows no alarm for Organizations; 4 from 1.3 to 5.0; 5 from 6.0 on.
PLACES: Final = {
    "alarm-unauthorized-api-calls": 1,
    "alarm-console-sign-in-without-mfa": 2,
    "alarm-root-usage": 3,
    "alarm-iam-policy-changes": 4,
    "alarm-cloudtrail-changes": 5,
    "alarm-console-authentication-failures": 6,
    "alarm-kms-key-deletion": 7,
    "alarm-s3-bucket-policy-changes": 8,
    "alarm-config-changes": 9,
    "alarm-security-group-changes": 10,
    "alarm-network-acl-changes": 11,
    "alarm-network-gateway-changes": 12,
    "alarm-route-table-changes": 13,
    "alarm-vpc-changes": 14,
    "alarm-organizations-changes": 15,
}
_ORGANIZATIONS: Final = 15
# What the metric filters of CloudWatch Logs take.
LONGEST_PATTERN: Final = 1024
# What our own patterns leave out, though the sets have it noted: noise, what has another alarm, what is no more.
LEFT_OUT: Final = {
    "alarm-unauthorized-api-calls": "leaves out CreateTopic",
    "alarm-console-sign-in-without-mfa": "leaves out a root sign-in without MFA",
    "alarm-vpc-changes": "leaves out AttachClassicLinkVpc",
}
PACK: Final = {rule.id: rule for rule in packs.pack("monitoring")}
CASES: Final = [pytest.param(rule, case, id=f"{rule.id}: {case.name}") for rule in PACK.values() for case in rule.cases]
each_rule = pytest.mark.parametrize("rule", PACK.values(), ids=PACK)
SETS: Final = SampleSets()


def _set(rule: PostureRule) -> str:
    (name,) = re.findall(r'catches \( "([a-z0-9-]+)" \)', rule.check)
    return str(name)


def _suggested(rule: PostureRule) -> str:
    (command,) = [step.command for step in rule.remedies if "put-metric-filter" in step.command]
    found = re.search(r"--filter-pattern '([^']+)'$", command)
    assert found is not None
    return found[1]


def test_there_is_one_rule_for_each_sample_set() -> None:
    assert set(PACK) == set(PLACES)
    assert sorted(_set(rule) for rule in PACK.values()) == list(SETS)


@each_rule
def test_control_numbers_follow_from_the_place_in_the_section(rule: PostureRule) -> None:
    place = PLACES[rule.id]
    expected = set()
    for benchmark in BENCHMARKS:
        section = {"cis-1.2": 3, "cis-6.0": 5, "cis-7.0": 5}.get(benchmark, 4)
        if (benchmark, place) != ("cis-1.2", _ORGANIZATIONS):
            expected.add(f"{benchmark}:{section}.{place}")
    if place != _ORGANIZATIONS:
        hub = {2: 3, 3: 1, 1: 2}.get(place, place)
        expected.add(f"security-hub:CloudWatch.{hub}")
    assert set(rule.controls) == expected


@each_rule
def test_the_suggested_pattern_catches_the_set_and_nothing_else(rule: PostureRule) -> None:
    pattern = _suggested(rule)
    said = catching(pattern, SETS[_set(rule)])
    assert said.truth is True
    assert said.words.startswith(LEFT_OUT.get(rule.id, ""))
    assert bool(said.words) is (rule.id in LEFT_OUT)
    assert pattern == SETS[_set(rule)].pattern
    assert len(pattern) <= LONGEST_PATTERN


@each_rule
def test_the_alarm_watches_the_metric_of_the_filter(rule: PostureRule) -> None:
    commands = "\n".join(step.command for step in rule.remedies)
    (made,) = re.findall(r"metricName=(\w+),metricNamespace=(\w+)", commands)
    (watched,) = re.findall(r"--namespace (\w+) --metric-name (\w+)", commands)
    assert made == watched[::-1]
    assert not re.search(r"\d{12}", commands)
    assert all("\n" not in step.command for step in rule.remedies)


@each_rule
def test_nothing_in_a_sentence_is_doubtful(rule: PostureRule) -> None:
    assert lint(rule.check, packs.schema()) == ()


@each_rule
def test_a_rule_is_complete(rule: PostureRule) -> None:
    assert {case.expect for case in rule.cases} == {Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN}
    assert len({case.name for case in rule.cases}) == len(rule.cases)
    assert rule.why.strip()
    assert rule.misses.strip()
    assert all(link.startswith("https://docs.aws.amazon.com/") for link in rule.references)


@pytest.mark.parametrize(("rule", "case"), CASES)
def test_losing_sight_of_a_fact_never_turns_a_verdict_into_another(rule: PostureRule, case: Case) -> None:
    prepared = prepare(rule, packs.schema())
    (resource,) = load_fixture(case.given, packs.schema())
    for darker in _darkened(resource.record):
        assert prepared.judge(darker, as_of=case.as_of).outcome.verdict in {case.expect, Verdict.UNKNOWN}


def _darkened(facts: Mapping[str, Fact[Any]]) -> Iterator[Mapping[str, Fact[Any]]]:
    """The same facts with one of those that are there made unknown, at any depth."""
    for name, fact in facts.items():
        if not isinstance(fact, Known):
            continue
        yield {**facts, name: Unknown("denied")}
        if isinstance(fact.value, Mapping):
            yield from ({**facts, name: Known(inner)} for inner in _darkened(fact.value))
        for place, element in enumerate(fact.value if isinstance(fact.value, tuple) else ()):
            for inner in (Unknown("cut short"), *(_darkened(element) if isinstance(element, Mapping) else ())):
                yield {**facts, name: Known((*fact.value[:place], inner, *fact.value[place + 1 :]))}


def test_a_missed_event_is_named_in_the_finding() -> None:
    rule = PACK["alarm-kms-key-deletion"]
    case = next(case for case in rule.cases if case.name.startswith("the filter: "))
    (resource,) = load_fixture(case.given, packs.schema())
    outcome = prepare(rule, packs.schema()).judge(resource.record, as_of=case.as_of).outcome
    assert outcome.verdict is Verdict.FAIL
    assert outcome.notes == ("misses ScheduleKeyDeletion",)
    (pattern,) = [one for one in outcome.witness if one.attribute.endswith("FilterPattern")]
    assert pattern.attribute == "CloudTrails[0].LogGroup.MetricFilters[0].FilterPattern"


def test_two_filters_that_catch_the_set_between_them_do_not_count() -> None:
    """The language asks one pattern at a time, where `root-usage-alarm` judges several ways together."""
    rule = PACK["alarm-kms-key-deletion"]
    given = msgspec.json.decode(rule.cases[0].given)
    filters = given["AWS"][0]["CloudTrails"][0]["LogGroup"]["MetricFilters"]
    halves = [
        {**filters[0], "FilterPattern": f"{{ $.eventName = {name} }}"} for name in ("DisableKey", "ScheduleKeyDeletion")
    ]
    filters[:] = halves
    (resource,) = load_fixture(msgspec.json.encode(given).decode(), packs.schema())
    assert (
        prepare(rule, packs.schema()).judge(resource.record, as_of=rule.cases[0].as_of).outcome.verdict is Verdict.FAIL
    )
