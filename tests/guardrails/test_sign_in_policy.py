from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rootwarden.facts.fact import Absent, Known, Unknown, Why
from rootwarden.guardrails.sign_in_policy import fences_root

if TYPE_CHECKING:
    from rootwarden.facts.fact import Fact

CASES: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "sign-in-cases.toml").read_text(encoding="utf-8"))[
    "case"
]
OFFICE: dict[str, Any] = {
    "effect": "Deny",
    "principal": {"AWS": "*"},
    "action": ["signin:Authenticate", "signin:CreateOAuth2Token"],
    "resource": "*",
    "condition": {"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}},
}
ROLE = OFFICE | {"principal": {"AWS": "arn:aws:iam::111122223333:role/x"}}
DOUBTFUL = OFFICE | {"sid": "Odd", "condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}
ON: Fact[bool] = Known(True)


def decide(*statements: Any, enabled: Fact[bool] = ON) -> Fact[bool]:
    return fences_root(Known(statements), enabled, account="111122223333", partition="aws")


def word(fact: Fact[bool]) -> bool | str:
    return fact.value if isinstance(fact, Known) else "unknown"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_statement(case: dict[str, Any]) -> None:
    fact = decide(OFFICE | msgspec.json.decode(case.get("edit", "{}")))
    assert word(fact) == case["fences"]
    said = fact.note if isinstance(fact, Known) else fact.reason if isinstance(fact, Unknown) else ""
    assert case.get("says", "statement `#1`") in said


def test_one_fence_among_others_is_enough() -> None:
    assert word(decide(ROLE, DOUBTFUL, OFFICE)) is True
    assert word(decide(ROLE, DOUBTFUL)) == "unknown"
    assert word(decide(ROLE, ROLE)) is False
    assert word(decide()) is False


def test_a_policy_that_is_switched_off_is_no_fence_however_it_reads() -> None:
    denied = Unknown("denied", Why.DENIED, "signin:GetConsoleAuthorizationConfiguration")
    for off in (Known(False), Absent()):
        assert word(decide(OFFICE, enabled=off)) is False
        assert word(decide(DOUBTFUL, enabled=off)) is False
    assert word(decide(OFFICE, enabled=denied)) == "unknown"
    assert word(decide(DOUBTFUL, enabled=denied)) == "unknown"
    assert word(decide(ROLE, enabled=denied)) is False


JUNK: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["AWS", "NotIpAddress", "aws:SourceIp"]), inner, max_size=2)
    ),
    max_leaves=6,
)


@given(st.sampled_from(sorted(OFFICE)), JUNK)
def test_any_statement_gives_a_verdict(part: str, value: Any) -> None:
    assert word(decide(OFFICE | {part: value})) in (True, False, "unknown")
