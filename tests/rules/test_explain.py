"""Why a verdict: every part of the rule with its truth, consistent with the verdict."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from rootwarden.rules.explain import MAXIMUM_ELEMENTS, MAXIMUM_STEPS, explain
from rootwarden.rules.fixture import load_fixture
from rootwarden.rules.rule import compile_rule
from rootwarden.rules.rule_file import DEFAULT_AS_OF
from rootwarden.rules.verdict import Verdict

if TYPE_CHECKING:
    from rootwarden.rules.explain import Explanation, Step
    from rootwarden.rules.schema import Schema

DENIED = {"$unknown": "iam:ListAccessKeys denied"}


def explained(rule: str, facts: dict[str, Any], schema: Schema) -> Explanation:
    compiled = compile_rule(rule, schema)
    (resource,) = load_fixture(json.dumps({compiled.entity: [facts]}), schema)
    return explain(compiled, schema, resource.record, as_of=DEFAULT_AS_OF)


def drawn(step: Step) -> list[Any]:
    return [step.text, step.truth, *step.facts, *(drawn(one) for one in step.steps)]


def count(step: Step) -> int:
    return 1 + sum(count(one) for one in step.steps)


def test_every_part_has_its_truth(schema: Schema) -> None:
    rule = "Thing where Flag should not have not ( Size gt 1 or Name ) and Box with [ Flag ]"
    one = explained(rule, {"Flag": True, "Size": 0, "Name": DENIED, "Box": {"Flag": True}}, schema)

    assert one.outcome.verdict is Verdict.UNKNOWN
    assert one.where is not None
    assert drawn(one.where) == ["Flag", True, "Flag is true"]
    assert drawn(one.check) == [
        "and",
        None,
        [
            "not",
            None,
            [
                "or",
                None,
                ["Size gt 1", False, "Size is 0"],
                ["Name", None, "Name is unknown: iam:ListAccessKeys denied"],
            ],
        ],
        ["Box with [ Flag ]", True, ["Flag", True, "Box.Flag is true"]],
    ]


def test_elements_are_told_apart(schema: Schema) -> None:
    parts = [{"Flag": False}, {"Flag": True}, DENIED]
    one = explained("Thing should not have no Parts with [ Flag ]", {"Parts": parts}, schema)

    assert one.outcome.verdict is Verdict.PASS
    assert drawn(one.check) == [
        "no Parts with [ Flag ]",
        False,
        ["Parts[0]", False, ["Flag", False, "Parts[0].Flag is false"]],
        ["Parts[1]", True, ["Flag", True, "Parts[1].Flag is true"]],
        ["Parts[2]", None, "Parts[2] is unknown: iam:ListAccessKeys denied"],
    ]


@pytest.mark.parametrize(
    ("parts", "fact"),
    [([], "Parts is empty"), (None, "Parts is absent"), (DENIED, "Parts is unknown: iam:ListAccessKeys denied")],
)
def test_lists_without_elements_speak_for_themselves(parts: object, fact: str, schema: Schema) -> None:
    one = explained("Thing should have every Parts with [ Flag ]", {"Parts": parts}, schema)

    assert one.check.facts == (fact,)
    assert one.check.steps == ()


def test_long_lists_are_cut_and_say_so(schema: Schema) -> None:
    inner = [{"Size": 1}] * 200
    parts = [{"Flag": True, "Inner": inner}] * 200
    rule = "Thing should have Parts with [ " + " and ".join(["Inner with [ Size eq 1 and Size lt 2 ]"] * 20) + " ]"
    one = explained(rule, {"Parts": parts}, schema)

    assert one.check.left_out >= 200 - MAXIMUM_ELEMENTS
    assert count(one.check) <= 2 * MAXIMUM_STEPS


def test_the_instant_needs_a_time_zone(schema: Schema) -> None:
    compiled = compile_rule("Thing should have Flag", schema)

    with pytest.raises(ValueError, match="time zone"):
        explain(compiled, schema, {}, as_of=DEFAULT_AS_OF.replace(tzinfo=None))


def test_what_narrows_a_list_is_shown_and_the_elements_it_leaves_out(schema: Schema) -> None:
    rule = "Thing should have atleast 50% Parts where Flag with [ Used never or Used within last 3 days ]"
    parts = [{"Flag": False}, {"Flag": True}, {"Flag": DENIED, "Used": DENIED}, DENIED]
    one = explained(rule, {"Parts": parts}, schema)

    assert one.outcome.verdict is Verdict.UNKNOWN
    assert drawn(one.check)[1:] == [
        None,
        [
            "Parts[0], left out",
            False,
            ["where", False, ["Flag", False, "Parts[0].Flag is false"]],
        ],
        [
            "Parts[1]",
            True,
            ["where", True, ["Flag", True, "Parts[1].Flag is true"]],
            [
                "or",
                True,
                ["Used never", True, "Parts[1].Used is absent"],
                ["Used within last 3 days", False, "Parts[1].Used is absent"],
            ],
        ],
        [
            "Parts[2]",
            None,
            ["where", None, ["Flag", None, "Parts[2].Flag is unknown: iam:ListAccessKeys denied"]],
            [
                "or",
                None,
                ["Used never", None, "Parts[2].Used is unknown: iam:ListAccessKeys denied"],
                ["Used within last 3 days", None, "Parts[2].Used is unknown: iam:ListAccessKeys denied"],
            ],
        ],
        ["Parts[3]", None, "Parts[3] is unknown: iam:ListAccessKeys denied"],
    ]
