"""The smallest repair: applied it passes, no part of it can be left out, and no single change was overlooked."""

from __future__ import annotations

import json
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from tests.rules.test_properties import RECORDS, RULES

from rootwarden.facts.fact import Absent, Known
from rootwarden.rules.domains import Domains
from rootwarden.rules.fixture import load_fixture
from rootwarden.rules.repair import repair, search_edits
from rootwarden.rules.rule import compile_rule
from rootwarden.rules.rule_file import DEFAULT_AS_OF
from rootwarden.rules.schema import AttributeType
from rootwarden.rules.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.rules.logic import Record
    from rootwarden.rules.repair import Repair
    from rootwarden.rules.rule import CompiledRule
    from rootwarden.rules.schema import Schema


def repaired(rule: str, facts: dict[str, Any], schema: Schema) -> Repair:
    compiled = compile_rule(rule, schema)
    (resource,) = load_fixture(json.dumps({compiled.entity: [facts]}), schema)
    return repair(compiled, schema, resource.record, as_of=DEFAULT_AS_OF)


def said(found: Repair) -> list[str]:
    return [
        " ".join([one.kind, one.attribute, *([one.after] if one.after else []), *one.facts]) for one in found.changes
    ]


KEYS = [{"Active": True}, {"Active": False}, {"Active": True}]
EXAMPLES: list[tuple[str, dict[str, Any], list[str]]] = [
    ("IAMUser should have MFAActive", {"MFAActive": False}, ["set MFAActive true"]),
    ("IAMUser should not have AccessKey with [ Active ]", {"AccessKey": KEYS},
     ["set AccessKey[0].Active false", "set AccessKey[2].Active false"]),
    ("IAMUser should not have AccessKey", {"AccessKey": KEYS[:2]}, ["remove AccessKey[0]", "remove AccessKey[1]"]),
    ("IAMUser should have AccessKey with [ Active ]", {"AccessKey": []}, ["add AccessKey[0] Active is true"]),
    ("IAMUser should have AccessKey len ( ) gt 2", {"AccessKey": KEYS[:1]}, ["add AccessKey[1]", "add AccessKey[2]"]),
    ("IAMUser should have atmost 1 AccessKey with [ Active ]", {"AccessKey": KEYS},
     ["set AccessKey[0].Active false"]),
    ("IAMUser should have atleast 3 AccessKey with [ Active ]", {"AccessKey": KEYS}, ["set AccessKey[1].Active true"]),
    ("IAMUser should have exactly 1 AccessKey", {"AccessKey": KEYS}, ["remove AccessKey[1]", "remove AccessKey[2]"]),
    ("IAMUser should have atleast 2 AccessKey with [ Active ]", {"AccessKey": []},
     ["add AccessKey[0] Active is true", "add AccessKey[1] Active is true"]),
    ("IAMUser should have atleast 75% AccessKey with [ Active ]", {"AccessKey": KEYS},
     ["set AccessKey[1].Active true"]),
    ("IAMUser should have every AccessKey where Active with [ LastUsedTime never ]",
     {"AccessKey": [{"Active": True, "LastUsedTime": 5}, {"LastUsedTime": 5}]}, ["set AccessKey[0].Active false"]),
    ("Thing should have Size between 2 and 4", {"Size": 9}, ["set Size 4"]),
    # One change that serves both is better than two that serve one each.
    ("Thing should have ( Size gt 2 or Flag ) and ( Size gt 2 or Other )", {"Size": 0, "Flag": False, "Other": False},
     ["set Size 3"]),
    # What repairs one part breaks the other, so both have to change.
    ("Thing should have Size eq 1 and ( Size neq 1 or Flag )", {"Size": 0, "Flag": False},
     ["set Flag true", "set Size 1"]),
    # What is unknown beside it must be known before anything passes.
    ("Thing should not have Flag or Other", {"Flag": True, "Other": {"$unknown": "denied"}},
     ["set Flag false", "set Other false"]),
    ("Thing should not have Parts with [ Flag ]", {"Parts": [{"Flag": True}, {"$unknown": "denied"}]},
     ["set Parts[0].Flag false", "remove Parts[1]"]),
    # The scope has to stay: out of scope is no pass.
    ("Thing where Flag should have not Flag or Other", {"Flag": True, "Other": False}, ["set Other true"]),
    # Nobody changes when somebody was made, so the other way is taken although it is longer.
    ('IAMUser should have CreationDate isLaterThan ( -1, "days" ) or ( MFAActive and AccessKey len ( ) eq 0 )',
     {"CreationDate": "2020-01-01", "MFAActive": False, "AccessKey": [{"Active": False}]},
     ["remove AccessKey[0]", "set MFAActive true"]),
    ('Thing should have Labels has ( "x" )', {"Labels": ["a"]}, ['add Labels[1] "x"']),
    ('Thing should not have Labels has ( "a", "b" )', {"Labels": ["a", "c", "b"]},
     ["remove Labels[0]", "remove Labels[2]"]),
    ("Thing should have Size lt Limit", {"Size": 5, "Limit": 5}, ["set Size 4"]),
    ("Thing should have atleast 2 Parts with [ Flag ]", {"Parts": [{"Flag": False}]},
     ["set Parts[0].Flag true", "add Parts[1] Flag is true"]),
    ("Thing should have atmost 1 Parts with [ Flag ]", {"Parts": [{"Flag": True}, {"Flag": True}, {"Flag": False}]},
     ["set Parts[0].Flag false"]),
    ("Thing should have exactly 2 Parts", {"Parts": [{"Flag": True}]}, ["add Parts[1]"]),
    ("Thing should have exactly 1 Parts with [ Flag ]",
     {"Parts": [{"$unknown": "denied"}, {"Flag": True}, {"Flag": True}]},
     ["remove Parts[0]", "set Parts[1].Flag false"]),
    ("Thing should not have exactly 2 Parts with [ Flag ]", {"Parts": [{"Flag": True}, {"Flag": True}]},
     ["set Parts[0].Flag false"]),
    ("Thing should have atleast 75% Parts with [ Flag ]",
     {"Parts": [{"Flag": one} for one in (False, True, False, False)]},
     ["set Parts[0].Flag true", "set Parts[2].Flag true"]),
    ('Thing should have atmost 50% Parts where Name eq "a" with [ Flag ]',
     {"Parts": [{"Name": "a", "Flag": True}, {"Name": "b", "Flag": False}]}, ["set Parts[0].Flag false"]),
    ('Thing should have every Parts where Name eq "a" with [ Flag ]',
     {"Parts": [{"Name": "a", "Flag": False}, {"Name": "b", "Flag": False}]}, ["set Parts[0].Flag true"]),
    ("Thing should have Size between 3 and 9", {"Size": 12}, ["set Size 9"]),
    ("Thing should have Used never or Flag", {"Used": 1, "Flag": False}, ["set Flag true"]),
    ("Thing should have Box . Flag", {}, ["create Box Flag is true"]),
    ("Thing should have Parts with [ Inner with [ Size eq 7 ] ]", {"Parts": []},
     ["add Parts[0] Inner[0].Size is 7"]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "facts", "expected"), EXAMPLES, ids=[rule for rule, _, _ in EXAMPLES])
def test_the_smallest_repair(rule: str, facts: dict[str, Any], expected: list[str], schema: Schema) -> None:
    found = repaired(rule, facts, schema)

    assert found.verdict is Verdict.FAIL
    assert sorted(said(found)) == sorted(expected)


def test_what_no_change_helps_says_so(schema: Schema) -> None:
    found = repaired("Thing should have Size eq 1 and Size eq 2", {"Size": 0}, schema)

    assert (found.verdict, found.changes, found.complete) == (Verdict.FAIL, (), True)


def test_only_a_fail_is_repaired(schema: Schema) -> None:
    found = repaired("Thing should have Flag", {"Flag": {"$unknown": "denied"}}, schema)

    assert (found.verdict, found.changes, found.tried) == (Verdict.UNKNOWN, (), 0)


def test_leaving_the_scope_is_shown_where_it_is_easier(schema: Schema) -> None:
    rule = 'IAMUser where Password . Enabled should have Password . LastUsedTime isLaterThan ( -1, "days" )'
    found = repaired(rule, {"Password": {"Enabled": True, "LastUsedTime": 1}}, schema)

    assert [one.fixed for one in found.changes] == [True]
    assert [(one.attribute, one.after) for one in found.leaving] == [("Password.Enabled", "false")]
    assert repaired("IAMUser where RootUser should have MFAActive", {"RootUser": True}, schema).leaving == ()
    assert repaired("Thing where Flag should have Other", {"Flag": True}, schema).leaving == ()


def test_what_is_removed_is_named(schema: Schema) -> None:
    policies = [{"Name": "ReadOnlyAccess", "Arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]
    found = repaired("IAMUser should not have Policies . Managed", {"Policies": {"Managed": policies}}, schema)
    assert [(one.attribute, one.before) for one in found.changes] == [("Policies.Managed[0]", "ReadOnlyAccess")]
    plain = repaired('Thing should not have Labels has ( "a" )', {"Labels": ["b", "a"]}, schema)
    assert [(one.attribute, one.before) for one in plain.changes] == [("Labels[1]", "a")]


def test_a_fact_of_the_past_is_marked(schema: Schema) -> None:
    found = repaired('IAMUser should have CreationDate isLaterThan ( -1, "days" )', {"CreationDate": 1}, schema)

    assert [one.fixed for one in found.changes] == [True]


def test_a_hundred_bad_elements_are_changed_one_by_one(schema: Schema) -> None:
    found = repaired(
        "IAMUser should not have AccessKey with [ Active ]", {"AccessKey": [{"Active": True}] * 100}, schema
    )

    assert len(found.changes) == 100


def test_a_search_that_is_stopped_says_so(schema: Schema) -> None:
    compiled = compile_rule("Thing should have Flag", schema)
    found = repair(compiled, schema, {"Flag": Known(False)}, as_of=DEFAULT_AS_OF, go_on=lambda: False)

    assert (found.changes, found.complete) == ((), False)


def failing(text: str, record: Record, schema: Schema) -> CompiledRule | None:
    """The rule, or its opposite, whichever fails; none of an undecided one, or one that does not apply."""
    rule = compile_rule(text, schema)
    if judged(rule, record) is Verdict.PASS:
        parts = text.rpartition("should not have") if "should not have" in text else text.rpartition("should have")
        said = "should have" if parts[1] == "should not have" else "should not have"
        rule = compile_rule(parts[0] + said + parts[2], schema)
    return rule if judged(rule, record) is Verdict.FAIL else None


def judged(rule: CompiledRule, record: Record) -> Verdict:
    return rule.evaluate(record, as_of=DEFAULT_AS_OF).verdict


@given(rule=RULES, record=RECORDS)
@settings(max_examples=150, deadline=None)
def test_a_repair_passes_and_nothing_of_it_is_needless(rule: str, record: dict[str, Any], schema: Schema) -> None:
    check_repair(rule, record, schema)


@pytest.mark.soak
@given(rule=RULES, record=RECORDS)
@settings(max_examples=5_000, deadline=None)
def test_repairs_of_many_rules_pass_and_have_nothing_needless(
    rule: str, record: dict[str, Any], schema: Schema
) -> None:
    check_repair(rule, record, schema)


def check_repair(rule: str, record: dict[str, Any], schema: Schema) -> None:
    """Made, the changes pass; without some of them they do not; where none are found, no single one would do."""
    compiled = failing(rule, record, schema)
    if compiled is None:
        return
    found = search_edits(compiled, schema, record, as_of=DEFAULT_AS_OF)
    if found.edits is None:
        assert single_changes(compiled, record, schema) == []
        return

    assert judged(compiled, found.record(found.edits)) is Verdict.PASS
    groups = found.groups()
    for size in range(min(len(groups), 6)):
        for kept in combinations(groups, size):
            fewer = {place: edit for group in kept for place, edit in group.items()}
            assert judged(compiled, found.record(fewer)) is not Verdict.PASS


@given(rule=RULES, record=RECORDS)
@settings(max_examples=150, deadline=None)
def test_where_one_change_is_enough_one_is_proposed(rule: str, record: dict[str, Any], schema: Schema) -> None:
    compiled = failing(rule, record, schema)
    if compiled is None:
        return
    alone = single_changes(compiled, record, schema)
    if not alone:
        return
    found = repair(compiled, schema, record, as_of=DEFAULT_AS_OF)

    # A date of the past, or a name, is not changed where something else can be, however much that is.
    if any(path not in {"Used", "Made", "Name"} for path in alone):
        assert len(found.changes) == 1
    assert found.changes


def single_changes(rule: CompiledRule, record: dict[str, Any], schema: Schema) -> list[str]:
    """Attributes of the resource of which another value makes it pass, found by trying every value of each."""
    domains = Domains(schema, DEFAULT_AS_OF.timestamp())
    domains.read(rule.tree)
    return [
        name
        for name, attribute in schema.children("Thing").items()
        if name in record and attribute.type not in {AttributeType.LIST, AttributeType.RECORD}
        if any(judged(rule, {**record, name: fact}) is Verdict.PASS for fact in _facts(attribute, domains))
    ]


def _facts(attribute: Any, domains: Domains) -> Iterator[Any]:
    yield from (Known(value) for value in domains.values(attribute))
    if attribute.absent:
        yield Absent()
