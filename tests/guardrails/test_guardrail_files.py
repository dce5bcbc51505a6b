"""The shipped guardrails do what their files say; files that are none are refused with what is wrong."""

from __future__ import annotations

import tomllib
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import structs

from rootwarden import packs
from rootwarden.audit.guardrail_proof import Wanted, own_requests, policy_of, root_probes
from rootwarden.errors import InputError, UsageError
from rootwarden.guardrails.content.filling import document, requests
from rootwarden.guardrails.content.guardrail import ON, GuardrailKind, ParameterKind
from rootwarden.guardrails.content.guardrail_file import read_guardrail
from rootwarden.guardrails.content.values import examples, values_for
from rootwarden.guardrails.content.writing import as_json
from rootwarden.iam.lint.lint import lint_text
from rootwarden.packs.actions import action_catalogue
from rootwarden.packs.policies import policy_knowledge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.guardrails.content.guardrail import Guardrail, Parameter, Values

GUARDRAILS = packs.guardrails()
REFUSED: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "refused-guardrails.toml").read_text(encoding="utf-8")
)["case"]
GOOD = next(text for file, text in packs.content.texts("guardrails") if file == "deny-root-key-creation.toml")
EACH = pytest.mark.parametrize("guardrail", GUARDRAILS, ids=lambda one: one.id)


def choices(one: Parameter) -> tuple[tuple[str, ...], ...]:
    if one.kind is ParameterKind.SWITCH:
        return (ON, ())
    return tuple(dict.fromkeys(each for each in (one.default, one.example) if each or not one.needed))


def every_choice(guardrail: Guardrail) -> Iterator[Values]:
    names = [one.name for one in guardrail.parameters]
    for drawn in product(*(choices(one) for one in guardrail.parameters)):
        yield dict(zip(names, drawn, strict=True))


@EACH
def test_it_denies_and_permits_what_its_file_says_whatever_is_chosen(guardrail: Guardrail) -> None:
    for values in every_choice(guardrail):
        said = own_requests(Wanted(guardrail, values))
        assert {ask.denied for ask, _ in said} == {True, False}
        assert [ask.name for ask, denied in said if denied is not ask.denied] == []


@EACH
def test_the_lint_has_nothing_to_say(guardrail: Guardrail) -> None:
    knowledge = policy_knowledge()
    for values in every_choice(guardrail):
        text = as_json(policy_of(Wanted(guardrail, values)))
        assert [one.message for one in lint_text(text, guardrail.kind.linted_as, knowledge)] == []


@EACH
def test_every_part_of_the_policy_is_needed_by_a_request(guardrail: Guardrail) -> None:
    """Without a statement, an action or a condition some request of the file gets another answer."""
    values = {one.name: max(choices(one), key=len) for one in guardrail.parameters}
    # The exemption of key creation concerns only what every task policy bars: with it or without, a policy is right.
    either = {"aws:AssumedRoot"} if guardrail.id == "deny-root-key-creation" else set()
    for changed in without_a_part(guardrail, either):
        said = own_requests(Wanted(changed, values))
        assert any(denied is not ask.denied for ask, denied in said), changed.statements


def without_a_part(guardrail: Guardrail, either: set[str]) -> Iterator[Guardrail]:
    for place, one in enumerate(guardrail.statements):
        rest = guardrail.statements[:place], guardrail.statements[place + 1 :]
        if len(guardrail.statements) > 1:
            yield structs.replace(guardrail, statements=(*rest[0], *rest[1]))
        smaller = [
            structs.replace(one, conditions=one.conditions[:at] + one.conditions[at + 1 :])
            for at, (condition, _) in enumerate(one.conditions)
            if condition.key not in either
        ]
        actions = one.actions or ()
        if len(actions) > 1:
            smaller += [structs.replace(one, actions=actions[:at] + actions[at + 1 :]) for at in range(len(actions))]
        for each in smaller:
            yield structs.replace(guardrail, statements=(*rest[0], each, *rest[1]))


@EACH
def test_its_requests_are_of_actions_there_are(guardrail: Guardrail) -> None:
    catalogue = action_catalogue()
    for ask in requests(guardrail, examples(guardrail)):
        service, _, name = ask.action.partition(":")
        found = catalogue.service(service)
        assert found is not None
        assert name.lower() in found.actions, ask.action


def test_each_kind_is_there_and_root_is_asked() -> None:
    assert {one.kind for one in GUARDRAILS} == set(GuardrailKind)
    assert {"iam:CreateAccessKey", "organizations:LeaveOrganization"} <= {ask.action for ask in root_probes()}


def test_the_actions_of_task_policies_are_there() -> None:
    catalogue = action_catalogue()
    for actions in packs.task_policy_actions().values():
        for action in actions:
            service, _, name = action.partition(":")
            found = catalogue.service(service)
            assert found is not None
            assert name.lower() in found.actions, action


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case["name"])
def test_a_file_that_is_no_guardrail(case: dict[str, Any]) -> None:
    assert case["replace"] in GOOD
    with pytest.raises(InputError) as refused:
        read_guardrail(GOOD.replace(case["replace"], case["by"]), file="deny-root-key-creation.toml")
    assert case["says"] in refused.value.message
    assert refused.value.hint == "docs/guardrail-files.md lists every key"


def test_a_file_by_another_name() -> None:
    with pytest.raises(InputError, match="not its file's name"):
        read_guardrail(GOOD, file="other.toml")


@pytest.mark.parametrize(
    ("guardrail", "given", "says"),
    [
        ("restrict-assume-root", {}, "needs the parameter `roles`"),
        ("restrict-assume-root", {"roles": "Root*"}, "`Root*` is not the name of a role"),
        ("restrict-assume-root", {"roles": "a", "role": "b"}, "no parameter `role`; did you mean `roles`?"),
        (
            "restrict-assume-root-of-members",
            {"roles": "a", "organization": "o-exampleorgid,o-exampleother"},
            "takes one value",
        ),
        ("restrict-assume-root-of-members", {"roles": "a", "organization": "r-1"}, "`r-1` is not an organization"),
        ("deny-root-actions", {"exempt_assumed_root": "perhaps"}, "neither `on` nor `off`"),
        ("deny-root-except-tasks", {"tasks": "GetBucketPolicy"}, "is not an action"),
        ("fence-root-sign-in", {"networks": "203.0.113.7/24"}, "is no network"),
        ("fence-root-sign-in", {"networks": "203.0.113.0/24", "vpcs": "subnet-1"}, "is not a VPC"),
        ("deny-leaving-organization", {"roles": "a"}, "has no parameter `roles`"),
        ("restrict-assume-root", {"roles": ",".join(f"r{number}" for number in range(201))}, "more than 200 values"),
    ],
)
def test_a_value_that_is_refused(guardrail: str, given: dict[str, str], says: str) -> None:
    found = next(one for one in GUARDRAILS if one.id == guardrail)
    with pytest.raises(UsageError) as refused:
        values_for(found, given)
    assert says in refused.value.message


def test_values_are_put_in_once_each() -> None:
    found = next(one for one in GUARDRAILS if one.id == "restrict-assume-root")
    values = values_for(found, {"roles": "A, path/B,A"})
    first = document(found, values).statements[0]
    assert first.conditions[0].values == ("arn:*:iam::*:role/A", "arn:*:iam::*:role/path/B")
    assert "a named role names no task, `path/B`" in [ask.name for ask in requests(found, values)]
