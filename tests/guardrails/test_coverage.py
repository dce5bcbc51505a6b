"""Where in the tree a guardrail holds: sums of units, what is planned, and trees of any size."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.guardrails.standings import MANAGEMENT, ROOT, organization

from rootwarden import packs
from rootwarden.audit.guardrail_proof import Planned, Wanted, prove_all
from rootwarden.facts.fact import Known
from rootwarden.facts.guardrail import ResourceControls
from rootwarden.facts.organization import Organization, OrganizationAccount, OrganizationalUnit
from rootwarden.guardrails.content.guardrail import GuardrailKind
from rootwarden.guardrails.content.values import examples
from rootwarden.guardrails.coverage import NOWHERE, coverage, outline
from rootwarden.guardrails.proof import Group, GuardrailProof, Verdict
from rootwarden.guardrails.standing import landscape
from rootwarden.report.guardrail_map.drawing import MOST_ROWS, WIDTH, drawing
from rootwarden.report.guardrail_map.page import MOST_UNITS, render

if TYPE_CHECKING:
    from rootwarden.audit.guardrail_proof import Proof
    from rootwarden.guardrails.standing import Landscape

WANTED = [Wanted(one, examples(one)) for one in packs.guardrails() if one.id == "deny-leaving-organization"]


def proof(landscape_: Landscape, verdicts: dict[str, Verdict]) -> GuardrailProof:
    groups = tuple(
        Group(verdict=verdict, accounts=(account,), note="", rulings=()) for account, verdict in verdicts.items()
    )
    assert set(verdicts) <= {one.account for one in landscape_.standings}
    return GuardrailProof(
        id="made", title="Made", kind=GuardrailKind.SCP, parameters={}, verdict=Verdict.OPEN, groups=groups
    )


def tree(parents: list[int], accounts: list[int]) -> Landscape:
    """Units below each other, the first one the root; accounts by the number of their unit."""
    targets: list[tuple[str, ...]] = []
    units = []
    for number, parent in enumerate(parents):
        name = f"ou-{number}" if number else "r-0"
        targets.append((*targets[parent], name) if number else (name,))
        mine = tuple(f"{each:012d}" for each, unit in enumerate(accounts) if unit == number)
        path = "/" + "/".join(targets[-1])
        units.append(
            OrganizationalUnit(id=name, path=path, targets=targets[-1], accounts=mine, name=f"<Unit {number}>")
        )
    listed = tuple(OrganizationAccount(id=f"{each:012d}", state="ACTIVE") for each in range(len(accounts)))
    whole = Organization(id=Known("o-exampleorg"), accounts=Known(listed), units=Known(tuple(units)))
    return landscape(whole, ResourceControls(), {})


@cache
def planned() -> tuple[Landscape, Proof, Proof]:
    """The small organization of the tests, before and after a guardrail is attached to a unit."""
    there = organization()
    return there, prove_all(there, WANTED), prove_all(there, WANTED, [Planned(WANTED[0], "ou-work")])


@cache
def large() -> tuple[Landscape, Proof]:
    """Five thousand accounts in two thousand units, five levels deep."""
    parents = [0, *((number - 1) // 5 for number in range(1, 2000))]
    there = tree(parents, [number % 2000 for number in range(5000)])
    return there, prove_all(there, WANTED)


def test_units_sum_what_is_below_them() -> None:
    there = tree([0, 0, 1], [0, 1, 2, 2])
    verdicts = dict(zip((f"{number:012d}" for number in range(4)), Verdict, strict=False))
    root, upper, lower = coverage(there, proof(there, verdicts))
    assert [one.accounts for one in (root, upper, lower)] == [4, 3, 2]
    assert [one.depth for one in (root, upper, lower)] == [0, 1, 2]
    assert (root.units_below, upper.units_below, lower.units_below) == (2, 1, 0)
    assert [share.verdict for share in root.shares] == [Verdict.OPEN, Verdict.BARS, Verdict.UNKNOWN, Verdict.HOLDS]
    assert lower.count(Verdict.OPEN) == 0


def test_accounts_without_a_place_stand_apart() -> None:
    there = tree([0], [0, 7])
    root, nowhere = coverage(there, proof(there, {f"{number:012d}": Verdict.HOLDS for number in range(2)}))
    assert (root.accounts, nowhere.name, nowhere.accounts) == (1, NOWHERE, 1)


def test_what_is_planned_shows_where_and_what_it_changes() -> None:
    there, before, after = planned()
    work = next(one for one in coverage(there, after.guardrails[0], {"ou-work": ("x",)}) if one.id == "ou-work")
    assert work.planned == ("x",)
    assert (work.count(Verdict.HOLDS), work.count(Verdict.OPEN)) == (1, 0)
    was = next(one for one in coverage(there, before.guardrails[0]) if one.id == "ou-work")
    assert (was.count(Verdict.HOLDS), was.count(Verdict.OPEN)) == (0, 1)
    root = coverage(there, after.guardrails[0])[0]
    assert root.id == ROOT
    assert root.count(Verdict.NOT_BOUND) == (1 if MANAGEMENT in {one.account for one in there.standings} else 0)


@settings(deadline=None)
@given(st.data())
def test_nobody_is_lost_and_nobody_counts_twice(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 12))
    parents = [0, *(data.draw(st.integers(0, number - 1)) for number in range(1, size))]
    accounts = data.draw(st.lists(st.integers(0, size), max_size=20))
    there = tree(parents, accounts)
    verdicts = {one.account: data.draw(st.sampled_from(Verdict)) for one in there.standings}
    rows = coverage(there, proof(there, verdicts))
    assert sum(row.accounts for row in rows if row.depth == 0) == len(accounts)
    paths = {unit.id: unit.targets for unit in there.units}
    for row in (each for each in rows if each.id):
        below = [number for number, path in enumerate(paths.values()) if row.id in path]
        assert row.accounts == sum(accounts.count(each) for each in below)
    # Each unit stands right after its parent and what is below that: the lines of a drawing meet the right bar.
    seen: list[str] = []
    for row in (each for each in rows if each.id):
        seen = [*seen[: row.depth], row.id]
        assert tuple(seen) == paths[row.id]
    shown = outline(rows, data.draw(st.integers(1, 15)))
    assert shown[0] == rows[0]
    assert [row for row in rows if row.depth <= max(row.depth for row in shown)] == list(shown)


@pytest.mark.parametrize("most", [1, 6, 31, 5000])
def test_levels_that_are_too_many_are_left_out_whole(most: int) -> None:
    there, found = large()
    rows = coverage(there, found.guardrails[0])
    shown = outline(rows, most)
    assert len(shown) <= most
    depths = {row.depth for row in shown}
    assert len(shown) == sum(row.depth in depths for row in rows)


def test_bars_stay_in_their_place_however_small_a_share_is() -> None:
    there = tree([0], [0] * 3000)
    verdicts = {one.account: Verdict.HOLDS for one in there.standings} | {"000000000007": Verdict.OPEN}
    drawn = drawing(coverage(there, proof(there, verdicts)), "made")
    (row,) = drawn.rows
    assert [part.mark for part in row.parts] == ["p", "f"]
    assert row.parts[-1].width >= 4
    assert row.parts[-1].left + row.parts[-1].width <= WIDTH
    assert "1 does not hold" in drawn.description


def test_a_large_organization_is_drawn_small_and_told_whole() -> None:
    there, found = large()
    drawn = drawing(coverage(there, found.guardrails[0]), "made")
    assert 1 < len(drawn.rows) <= MOST_ROWS
    page = render(there, found)
    assert page.count('<tr><th scope="row">') == MOST_UNITS == 2000
    assert len(page) < 2_000_000
    assert "units further down counted in those above" in page
    assert "<Unit" not in page


def test_before_and_after_stand_side_by_side() -> None:
    page = render(*planned())
    assert page.count('<svg class="map"') == 2
    assert page.index("As it is") < page.index("As planned")
    assert "⚑" in page
    alone = render(*planned()[:2])
    assert alone.count('<svg class="map"') == 1
    assert "⚑" not in alone
