from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rootwarden.collect.iam_document import document_fact
from rootwarden.facts.fact import Absent, Known, Unknown, Why
from rootwarden.facts.guardrail import ScpDocument
from rootwarden.guardrails.asking import Around
from rootwarden.guardrails.root_deny import RootDeny, root_deny

if TYPE_CHECKING:
    from rootwarden.facts.fact import Fact
    from rootwarden.facts.guardrail import PolicyDocument

ACCOUNT = "111122223333"
MEMBER = "111111111111"
CASES: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "cases.toml").read_text(encoding="utf-8"))["case"]
FULL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
AROUND = Around(organization="o-exampleorgid", management="000000000000", no_keys=frozenset({"aws:principalisroot"}))
DENY = {"Effect": "Deny", "Action": "*", "Resource": "*"}


def policy(statements: Any, name: str = "case") -> ScpDocument:
    return read({"Version": "2012-10-17", "Statement": statements}, name)


def read(document: Any, name: str) -> ScpDocument:
    found = document_fact(document, f"policy `p-{name}`")
    return ScpDocument(id=f"p-{name}", name=name, document=Known(document), statements=found)


def decide(*levels: tuple[ScpDocument, ...]) -> RootDeny:
    return root_deny(Known(levels), account=ACCOUNT, partition="aws", around=AROUND)


def word(fact: Fact[bool]) -> bool | str:
    return fact.value if isinstance(fact, Known) else "unknown"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any]) -> None:
    said = decide((policy(FULL, "full"),), (policy(FULL, "full"), policy(msgspec.json.decode(case["statements"]))))
    assert (word(said.denies_all), word(said.denies_key_creation)) == (case["all"], case["keys"])
    if isinstance(said.denies_key_creation, Unknown):
        assert case["reason"] in said.denies_key_creation.reason
    elif isinstance(said.denies_all, Unknown):
        assert case["reason"] in said.denies_all.reason
    else:
        assert case.get("note", "") in said.denies_key_creation.note


# What the rule has to say of published forms: it is asked about root itself, and about nothing else.
PUBLISHED: list[dict[str, Any]] = [
    case
    for case in tomllib.loads((Path(__file__).parent / "published.toml").read_text(encoding="utf-8"))["case"]
    if case["proves"] in {"deny-root-actions", "deny-root-key-creation"} and "of" not in case
]
SAID = {"holds": True, "bars-too-much": True, "open": False, "unknown": "unknown"}


@pytest.mark.parametrize("case", PUBLISHED, ids=lambda case: case["name"])
def test_the_rule_says_of_published_forms_what_the_proof_says(case: dict[str, Any]) -> None:
    found = policy(msgspec.json.decode(case["statements"]))
    targets = ("r-0000", "ou-work", MEMBER)
    path = tuple((policy(FULL, "full"), *((found,) if case.get("at", "r-0000") == one else ())) for one in targets)
    said = root_deny(Known(path), account=MEMBER, partition=case.get("partition", "aws"), around=AROUND)
    fact = said.denies_all if case["proves"] == "deny-root-actions" else said.denies_key_creation
    assert word(fact) == SAID[case["verdict"]]
    if isinstance(fact, Known) and not fact.value:
        assert case.get("says", "") in fact.note


def test_a_deny_at_any_level_counts_and_is_named() -> None:
    for at in range(3):
        levels = [(policy(FULL, f"full-{level}"),) for level in range(3)]
        levels[at] = (policy(DENY, "no-root"),)
        said = decide(*levels)
        assert said.denies_all == Known(True, (), "denied by policy `no-root` (p-no-root), statement `#1`")


def test_a_policy_that_was_not_read_leaves_it_unknown_unless_another_decides() -> None:
    refused = Unknown("denied", Why.DENIED, "organizations:DescribePolicy")
    unread = ScpDocument(id="p-x", name="x", document=refused, statements=refused)
    said = decide((unread,))
    assert isinstance(said.denies_all, Unknown)
    assert said.denies_all.permission == "organizations:DescribePolicy"
    assert word(decide((unread,), (policy(DENY),)).denies_key_creation) is True


def test_an_unknown_or_absent_path_stays_so() -> None:
    unknown = Unknown("targets were not collected")
    assert root_deny(unknown, account=ACCOUNT, partition="aws", around=AROUND) == RootDeny(unknown, unknown)
    assert root_deny(Absent(), account=ACCOUNT, partition="aws", around=AROUND) == RootDeny(Absent(), Absent())


def test_a_path_without_policies_denies_nothing() -> None:
    assert word(decide().denies_all) is False


def test_a_level_that_allows_only_something_else_bars_root_from_keys_too() -> None:
    said = decide((policy({"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}, "machines"),))
    assert said.denies_key_creation == Known(True, (), "a level of the path allows nothing of it")
    assert word(said.denies_all) is False


def test_a_level_that_lists_only_denies_has_the_policy_of_aws_unlisted() -> None:
    said = decide((policy({"Effect": "Deny", "Action": "ec2:*", "Resource": "*"}, "no-machines"),))
    assert (word(said.denies_all), word(said.denies_key_creation)) == (False, False)


def test_what_two_denies_leave_together_is_not_guessed() -> None:
    leave = {"Effect": "Deny", "Resource": "*"}
    both = [leave | {"NotAction": "s3:*"}, leave | {"NotAction": "*:Get*"}]
    assert word(decide((policy(both),)).denies_all) == "unknown"


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["Deny", "Allow", "*", "iam:CreateAccessKey", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["Effect", "Action", "NotAction", "Resource", "NotResource", "Condition", "ArnLike", "aws:PrincipalArn"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


@given(JSON)
def test_any_statement_gives_an_answer(statement: Any) -> None:
    document: PolicyDocument = {"Statement": statement}
    said = decide((read(document, "junk"),))
    assert isinstance(said.denies_all, (Known, Unknown))
    # A deny of everything denies key creation too.
    assert word(said.denies_all) is not True or word(said.denies_key_creation) is True
