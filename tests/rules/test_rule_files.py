"""Rule files and fixtures: what is read, and how strictly."""

from __future__ import annotations

from typing import Any

import pytest

from rootwarden.errors import InputError
from rootwarden.facts.fact import Absent, Known, Unknown, Why
from rootwarden.rules.cases import run_cases
from rootwarden.rules.diagnostic import RuleSyntaxError
from rootwarden.rules.fixture import load_fixture
from rootwarden.rules.posture import prepare
from rootwarden.rules.rule_file import DEFAULT_AS_OF, load_rule_file
from rootwarden.rules.schema import AttributeType, Schema
from rootwarden.rules.verdict import Severity, Verdict

HEAD = 'id = "thing-used"\ntitle = "Not used"\nseverity = "low"\nwhy = "w"\nmisses = "m"\n'
CHECK = "check = 'Thing where Flag should not have Used isLaterThan ( -window, \"days\" )'\n"
FULL = (
    HEAD
    + CHECK
    + """
[parameters.window]
default = 1
minimum = 1
maximum = 9
describe = "days"
[reasons]
fail = "used on {Used} ({Parts.Name}), {Labels}; inside {window} day(s); box {Box.Flag}"
[[variant]]
benchmarks = ["cis-1.2"]
check = "Thing should have Used eq 0"
[[remedy]]
text = "stop"
[controls]
"cis-5.0" = ["1.6", "1.7"]
[[case]]
name = "used"
expect = "fail"
given = '{"Thing": [{"Flag": true, "Used": "2026-03-02T11:00:00Z"}]}'
[[case]]
name = "used, by the old benchmark"
expect = "fail"
benchmark = "cis-1.2"
given = '{"Thing": [{"Used": "2025-03-02T11:00:00Z"}]}'
[[case]]
name = "a week"
expect = "fail"
parameters = { window = 7 }
as_of = "2026-03-05T00:00:00Z"
given = '{"Thing": [{"Flag": true, "Used": "2026-03-01T00:00:00Z"}]}'
[[case]]
name = "wrong on purpose"
expect = "pass"
given = '{"Thing": [{"Flag": false}]}'
"""
)


def test_a_full_file() -> None:
    rule = load_rule_file(FULL, file="thing-used.toml")

    assert (rule.id, rule.severity, rule.bare) == ("thing-used", Severity.LOW, False)
    assert rule.controls == ("cis-5.0:1.6", "cis-5.0:1.7")
    assert rule.parameters[0].maximum == 9
    assert rule.meaning("cis-1.2")[0] == "Thing should have Used eq 0"
    assert rule.meaning("cis-5.0")[0] == rule.check


def test_cases_are_run_and_a_wrong_one_is_told(schema: Schema) -> None:
    results = run_cases(load_rule_file(FULL), schema)

    assert [one.right for one in results] == [True, True, True, False]
    assert results[3].verdict is Verdict.NOT_APPLICABLE


def test_reasons_are_filled_in(schema: Schema) -> None:
    prepared = prepare(load_rule_file(FULL), schema, parameters={"window": 3})
    given = """{"Thing": [{"Flag": true, "Used": "2026-03-01T11:00:00Z", "Labels": ["a", "b"],
      "Parts": [{"Name": "x"}, {}]}]}"""
    judged = prepared.judge(load_fixture(given, schema)[0].record, as_of=DEFAULT_AS_OF)

    assert judged.reason == "used on 2026-03-01T11:00:00Z (x, absent), a, b; inside 3 day(s); box absent"


def test_a_rule_without_reasons_names_the_facts(schema: Schema) -> None:
    prepared = prepare(load_rule_file("Thing where Flag should have Other"), schema)
    states: list[dict[str, Any]] = [
        {"Flag": Known(True), "Other": Known(True)},
        {"Flag": Known(False), "Other": Absent()},
        {"Flag": Known(True), "Other": Unknown("denied")},
    ]
    reasons = [prepared.judge(record, as_of=DEFAULT_AS_OF).reason for record in states]

    assert reasons == ["`Other` is true, `Flag` is true", "out of scope: `Flag` is false", "`Other` is unknown: denied"]


@pytest.mark.parametrize(
    "text", ["Thing should have Flag", "# why\n\nThing should have Size = 5\n", "\n Thing\nshould have Flag"]
)
def test_a_bare_sentence_is_a_rule_file_of_high_severity(text: str) -> None:
    rule = load_rule_file(text, file="some/where/idle.rule")

    assert (rule.id, rule.severity, rule.bare) == ("idle", Severity.HIGH, True)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD, "missing key `check`"),
        (HEAD + CHECK + "tittle = 'x'", "unknown key `tittle`"),
        (HEAD.replace('"low"', '"lowest"') + CHECK, "severity"),
        (HEAD.replace("thing-used", "Thing Used") + CHECK, "lower-case words"),
        (HEAD.replace('"w"', '" "') + CHECK, "`why` is empty"),
        (HEAD + CHECK + "x = [", "not a rule file"),
        (HEAD + CHECK + "[reasons]\nfail = 'used {'", "no placeholder"),
        (HEAD + CHECK + "[parameters.window]\ndefault = 5\nmaximum = 3\ndescribe = 'd'", "above 3"),
        (HEAD + CHECK + "[[variant]]\nbenchmarks = ['five']\ncheck = 'Thing should have Flag'", "not a benchmark"),
        (HEAD + CHECK + "[[case]]\nname = 'a'\nexpect = 'ok'\ngiven = '{}'", "case"),
        (
            HEAD + CHECK + "[[case]]\nname='a'\nexpect='pass'\ngiven=''\nas_of='2026-01-01T00:00:00'",
            "no time zone",
        ),
        (HEAD + CHECK + "x = '" + "a" * 300_000 + "'", "larger than 256 KiB"),
    ],
)
def test_strict_reading(text: str, says: str) -> None:
    with pytest.raises(InputError, match=r"thing\.toml") as caught:
        load_rule_file(text, file="thing.toml")

    assert says in caught.value.message
    assert caught.value.hint


def test_a_mistake_in_a_sentence_points_into_the_file() -> None:
    with pytest.raises(RuleSyntaxError) as caught:
        load_rule_file(HEAD + 'check = """\nThing should have Flag\n  and and Other\n"""', file="thing.toml")

    assert "--> thing.toml:8:7" in caught.value.message


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"windo": 5}, "has no parameter `windo`"),
        ({"window": 10}, "above 9"),
        ({"window": "x"}, "not a number"),
        ({"window": True}, "not a number"),
    ],
)
def test_parameters_are_checked(parameters: dict[str, int | str], says: str, schema: Schema) -> None:
    with pytest.raises(InputError) as caught:
        prepare(load_rule_file(FULL), schema, parameters=parameters)

    assert says in caught.value.message
    assert caught.value.hint


def test_reasons_reach_through_references_and_lists(schema: Schema) -> None:
    text = """
id = "a"
title = "t"
severity = "low"
why = "w"
misses = "m"
check = "AWS should have every CloudTrails with [ LogGroup . Retention gte 90 ]"
[reasons]
fail = "{CloudTrails.LogGroup.Name} keep {CloudTrails.LogGroup.Retention}; {CloudTrails.LogGroup.MetricFilters.Name}"
"""
    given = """{"AWS": [{"CloudTrails": [
      {"LogGroup": {"Name": "a", "Retention": 7, "MetricFilters": [{"Name": "f"}, {"Name": "g"}]}},
      {"LogGroup": null}, {"LogGroup": {"$unknown": "cut"}}, {"$unknown": "denied"}]}]}"""
    (resource,) = load_fixture(given, schema)

    reason = prepare(load_rule_file(text), schema).judge(resource.record, as_of=DEFAULT_AS_OF).reason

    assert reason == ("a, absent, unknown, unknown keep 7, absent, unknown, unknown; f, g, absent, unknown, unknown")


def test_a_reason_cannot_name_what_is_not_there(schema: Schema) -> None:
    with pytest.raises(InputError, match="names `Usedd`"):
        prepare(load_rule_file(FULL.replace("{Used}", "{Usedd}")), schema)


def test_fixture_states(schema: Schema) -> None:
    given = """{"IAMUser": [{"RootUser": true, "Password": null, "CreationDate": "2020-01-01T00:00:00+01:00",
      "MFAActive": {"$unknown": "iam:GetAccountSummary denied"},
      "AccessKey": [{"LastUsedTime": 5}, {"$unknown": "cut"}]}]}"""
    (resource,) = load_fixture(given, schema)

    assert resource.name == "IAMUser[0]"
    assert resource.record["RootUser"] == Known(True)
    assert resource.record["Password"] == Absent()
    assert resource.record["Name"] == Absent()
    assert resource.record["CreationDate"] == Known(1_577_833_200)
    assert resource.record["MFAActive"] == Unknown(
        "iam:GetAccountSummary denied", Why.DENIED, permission="iam:GetAccountSummary"
    )
    keys = resource.record["AccessKey"]
    assert isinstance(keys, Known)
    assert isinstance(keys.value, tuple)
    assert keys.value[0]["LastUsedTime"] == Known(5)
    assert keys.value[0]["Active"] == Absent()
    assert keys.value[1] == Unknown("cut")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("{", "is not JSON"),
        ("[]", "not an object"),
        ('{"IAMUsr": []}', "unknown entity"),
        ('{"IAMUser": {}}', "no list"),
        ('{"IAMUser": [5]}', "no object at `IAMUser[0]`"),
        ('{"IAMUser": [{"MFActive": true}]}', "unknown attribute `MFActive`"),
        ('{"IAMUser": [{"Password": {"Enabld": true}}]}', "unknown attribute `Enabld` at `IAMUser[0].Password`"),
        ('{"IAMUser": [{"RootUser": "true"}]}', "no boolean at `IAMUser[0].RootUser`"),
        ('{"IAMUser": [{"CreationDate": "yesterday"}]}', "no instant"),
        ('{"IAMUser": [{"AccessKey": {}}]}', "no list at"),
        ('{"IAMUser": [{"AccessKey": [5]}]}', "no object at"),
        ('{"IAMUser": [{"RootUser": {"$unknown": ""}}]}', "something else"),
        ('{"IAMUser": [{"RootUser": {"$unknown": "x", "y": 1}}]}', "something else"),
        ('{"IAMUser": [{"RootUser": true, "RootUser": false}]}', "stands twice"),
        ('{"Thing": [{"Size": NaN}]}', "not a JSON number"),
        ("[" * 100_000, "nested too deep"),
    ],
)
def test_fixtures_are_read_strictly(given: str, says: str, schema: Schema) -> None:
    with pytest.raises(InputError, match=r"given\.json") as caught:
        load_fixture(given, schema, file="given.json")

    assert says in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("entity = 5", "cannot be read"),
        (
            'entity = "A"\nsummary = "s"\nattribute = [{path = "B.C", type = "string", describe = "d"}]',
            "below no record",
        ),
        (
            'entity = "A"\nsummary = "s"\nattribute = [' + '{path = "B", type = "ip", describe = "d"}, ' * 2 + "]",
            "twice",
        ),
        (
            'entity = "A"\nsummary = "s"\nattribute = [{path = "B", type = "string", describe = "d", unit = "x"}]',
            "unit",
        ),
    ],
)
def test_schemas_are_read_strictly(text: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        Schema.from_toml(text)


def test_schema_looks_up_by_dotted_path(schema: Schema) -> None:
    attribute = schema.attribute("IAMUser", "AccessKey.LastUsedTime")

    assert attribute is not None
    assert attribute.type is AttributeType.DATE
    assert schema.attribute("IAMUser", "AccessKey.Nothing") is None
    assert schema.attribute("Nobody", "AccessKey") is None
    assert set(schema.children("IAMUser", "SigningCertificates")) == {"Active", "LastRotatedTime"}
