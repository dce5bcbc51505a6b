"""Waves: canaries first, then unit by unit, and nobody left out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rootwarden.errors import UsageError
from rootwarden.facts.fact import Known, Unknown
from rootwarden.facts.organization import OrganizationalUnit
from rootwarden.rollout.waves import waves_of

A, B, C, D, E = (f"00000000000{number}" for number in range(5))
TREE = Known(
    (
        OrganizationalUnit(id="r-0", path="/Root", targets=("r-0",), accounts=()),
        OrganizationalUnit(id="ou-big", path="/Root/Big", targets=("r-0", "ou-big"), accounts=(A, B)),
        OrganizationalUnit(id="ou-below", path="/Root/Big/Below", targets=("r-0", "ou-big", "ou-below"), accounts=(C,)),
        OrganizationalUnit(id="ou-own", path="/Root/Own", targets=("r-0", "ou-own"), accounts=(D,)),
    )
)


def told(**how: Any) -> list[tuple[str, tuple[str, ...]]]:
    made = waves_of((A, B, C, D), TREE, **how)
    assert [wave.number for wave in made.waves] == list(range(1, len(made.waves) + 1))
    return [(wave.name, wave.accounts) for wave in made.waves]


def test_the_smallest_unit_first() -> None:
    assert told() == [("/Root/Big/Below", (C,)), ("/Root/Own", (D,)), ("/Root/Big", (A, B))]


def test_canaries_alone_in_the_order_given() -> None:
    assert told(canaries=(B, D)) == [
        ("canary", (B,)),
        ("canary", (D,)),
        ("/Root/Big", (A,)),
        ("/Root/Big/Below", (C,)),
    ]


@pytest.mark.parametrize("name", ["ou-big", "/Root/Big"])
def test_a_unit_named_stands_for_all_below_it(name: str) -> None:
    assert told(order=(name,)) == [("/Root/Big/Below", (C,)), ("/Root/Big", (A, B)), ("/Root/Own", (D,))]


def test_the_cap_cuts_a_unit() -> None:
    assert told(cap=1)[2:] == [("/Root/Big", (A,)), ("/Root/Big", (B,))]


def test_an_account_of_no_known_unit_is_told_and_comes_last() -> None:
    made = waves_of((E, A), TREE)
    assert [wave.accounts for wave in made.waves] == [(A,), (E,)]
    assert made.waves[-1].name == "unit not known"
    assert (made.unplaced, made.why_unplaced) == ((E,), "the organization's tree does not hold them")


def test_an_unknown_tree_leaves_nobody_out() -> None:
    made = waves_of((A, B), Unknown("organizations:ListRoots was refused"), canaries=(B,))
    assert [wave.accounts for wave in made.waves] == [(B,), (A,)]
    assert (made.unplaced, made.why_unplaced) == ((A,), "organizations:ListRoots was refused")


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"canaries": (E,)}, "the canary `000000000004` is not among"),
        ({"order": ("ou-none",)}, "there is no organizational unit `ou-none`"),
        ({"cap": 0}, "a wave of `0` accounts is none"),
    ],
)
def test_refused(how: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        told(**how)


@given(
    accounts=some.sets(some.sampled_from((A, B, C, D, E)), min_size=1),
    canary=some.sampled_from((A, B, C, D, E)),
    cap=some.integers(1, 4),
)
def test_every_account_once_and_never_more_than_the_cap(accounts: set[str], canary: str, cap: int) -> None:
    made = waves_of(accounts, TREE, canaries=(canary,) if canary in accounts else (), cap=cap)
    assert sorted(each for wave in made.waves for each in wave.accounts) == sorted(accounts)
    assert all(0 < len(wave.accounts) <= cap for wave in made.waves)
