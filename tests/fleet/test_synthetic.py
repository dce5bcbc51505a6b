"""The synthetic fleet has the published figures whatever the seed, counted from its credential reports."""

from __future__ import annotations

import shutil
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fleet.importing import imported, reported

from rootwarden.errors import InternalError, UsageError
from rootwarden.facts.credential_report import parse_credential_report
from rootwarden.facts.fact import Known, Source
from rootwarden.fleet.concentration import half_by
from rootwarden.fleet.study import study
from rootwarden.fleet.synthetic.drawing import parts, subset
from rootwarden.fleet.synthetic.fleet import REPORT_LEAD, synthetic_fleet
from rootwarden.fleet.synthetic.plan import plan
from rootwarden.fleet.synthetic.report_text import report_text, user_lines
from rootwarden.packs.published import names, published
from rootwarden.report.fleet.compared import counts_of
from rootwarden.simulator.fleet_folder import Truth, write_fleet, write_truth

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.fleet.published import Counts
    from rootwarden.fleet.synthetic.fleet import SyntheticFleet
    from rootwarden.fleet.synthetic.plan import PlannedAccount

SEEDS = st.integers(0, 10**9)


def chance(seed: int) -> Random:
    return Random(seed)


@given(st.integers(0, 400), st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=9), SEEDS)
def test_parts(total: int, bounds: list[tuple[int, int]], seed: int) -> None:
    least, most = [low for low, _ in bounds], [low + more for low, more in bounds]
    if not sum(least) <= total <= sum(most):
        with pytest.raises(InternalError):
            parts(chance(seed), total, least, most)
        return
    values = parts(chance(seed), total, least, most)
    assert sum(values) == total
    assert all(low <= value <= high for low, value, high in zip(least, values, most, strict=True))


@given(st.lists(st.integers(0, 9), max_size=8), st.integers(0, 40), SEEDS)
def test_subset(weights: list[int], total: int, seed: int) -> None:
    chosen = subset(chance(seed), list(enumerate(weights)), total)
    sums = {0}
    for weight in weights:
        sums |= {each + weight for each in sums}
    assert (chosen is not None) is (total in sums)
    if chosen is not None:
        assert len(set(chosen)) == len(chosen)
        assert sum(weights[place] for place in chosen) == total


def counted(planned: tuple[PlannedAccount, ...]) -> Counts:
    """The figures of a plan, counted without the study."""
    users = [each for each in planned if each.weeks]
    uses = [len(each.weeks) for each in users]
    holders = [each for each in planned if each.holds_key]
    console = [each for each in users if each.console]
    unguarded = [each for each in console if not each.mfa]
    by_size = {
        size: sum(len(each.weeks) for each in users if each.size == size) for size in ("small", "medium", "large")
    }
    return msgspec.structs.replace(
        published().counts,
        accounts=len(planned),
        organizations=len({each.organization for each in planned}),
        accounts_used=len(users),
        organizations_used=len({each.organization for each in users}),
        uses=sum(uses),
        account_weeks=sum(uses),
        organization_weeks=len({(each.organization, week) for each in users for week in each.weeks}),
        repeat_accounts=sum(each > 1 for each in uses),
        repeat_uses=sum(each for each in uses if each > 1),
        half_of_uses_by=half_by(uses),
        small_uses=by_size["small"],
        medium_uses=by_size["medium"],
        large_uses=by_size["large"],
        key_accounts=len(holders),
        key_organizations=len({each.organization for each in holders}),
        old_key_accounts=sum(not each.rotates for each in holders),
        key_uses=sum(len(each.keys) for each in users),
        old_key_uses=sum(len(each.keys) for each in users if not each.rotates),
        console_uses=sum(len(each.console) for each in console),
        uses_without_mfa=sum(len(each.console) for each in unguarded),
        console_organizations=len({each.organization for each in console}),
        organizations_without_mfa=len({each.organization for each in unguarded}),
    )


@given(SEEDS)
@settings(max_examples=40, deadline=None)
def test_every_seed_gives_the_published_figures(seed: int) -> None:
    assert counted(plan(published().counts, published().weeks, seed)) == published().counts


def test_figures_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(InternalError):
        plan(msgspec.structs.replace(published().counts, repeat_uses=30), 20, 1)


def test_the_same_seed_gives_the_same_fleet() -> None:
    one, again, other = (synthetic_fleet(published(), seed) for seed in (3, 3, 4))
    assert one == again
    assert one != other


def test_the_reports_are_read_as_those_of_aws() -> None:
    fleet = synthetic_fleet(published(), 2)
    account = max(fleet.accounts, key=lambda each: len(each.key_uses))
    sample = fleet.samples[account.organization][7]
    text = report_text(account, sample, user_lines(account))
    root, *users = parse_credential_report(text.encode(), Source(call="iam:GetCredentialReport"))
    assert root.is_root
    assert len(users) == len(account.users) == account.assets[7].iam_users
    made = sample - REPORT_LEAD
    seen = [use for use in account.key_uses if use <= made]
    assert root.instant("access_key_1_last_used_date") == Known(seen[-1], (root.source,))
    assert root.boolean("mfa_active") == Known(account.mfa, (root.source,))
    assert all(user.instant("user_creation_time") for user in users)


def test_there_is_one_published_study() -> None:
    assert names() == ("netskope-2021",)
    with pytest.raises(UsageError, match="no published study `other`"):
        published("other")


@pytest.mark.parametrize("seed", [1, 2])
def test_the_study_of_its_reports_gives_the_published_figures(seed: int) -> None:
    fleet = synthetic_fleet(published(), seed)
    made = study(reported(fleet).lazy())
    assert counts_of(made) == msgspec.structs.asdict(published().counts)
    assert [str(made.weeks[place].week) for place in (0, -1)] == ["2020-09-13", "2021-01-24"]
    assert len(made.weeks) == 20
    assert made.period.unknown == 0
    assert made.sampling == ()
    estimate = made.period.uses_estimated
    assert estimate.high is not None
    assert estimate.low <= really_used(fleet) <= estimate.high


def test_the_folders_on_disk_are_read_as_the_same(tmp_path: Path) -> None:
    """Credential reports and asset counts on disk, read as any evidence folder, for every thirtieth organization."""
    whole = synthetic_fleet(published(), 1)
    chosen = sorted(whole.samples)[::30]
    fleet = msgspec.structs.replace(
        whole, accounts=tuple(each for each in whole.accounts if each.organization in chosen)
    )
    write_fleet(fleet, tmp_path / "fleet")
    order = ["account_id", "as_of"]
    read, direct = imported(tmp_path / "fleet").sort(order), reported(fleet).sort(order)
    # What only the whole folder tells.
    more = ("password_present", "position", "report_users", "certificates_active", "access_keys_present")
    same = [name for name in read.columns if not name.startswith(more)]
    assert read.select(same).equals(direct.select(same))
    assert read["report_users"].to_list() == read["iam_users"].to_list()
    assert msgspec.structs.replace(study(read.lazy()), sampling=()) == study(direct.lazy())


@pytest.mark.soak
def test_the_whole_way_gives_the_published_figures(tmp_path: Path) -> None:
    fleet = synthetic_fleet(published(), 5)
    write_fleet(fleet, tmp_path / "fleet")
    write_truth(fleet, tmp_path / "truth.json")
    made = study(imported(tmp_path / "fleet").lazy())
    shutil.rmtree(tmp_path / "fleet")
    assert counts_of(made) == msgspec.structs.asdict(published().counts)
    truth = msgspec.json.decode((tmp_path / "truth.json").read_bytes(), type=Truth)
    assert [each.account for each in truth.accounts] == [each.id for each in fleet.accounts]
    assert sum(len(each.console_uses) for each in truth.accounts) >= made.period.mfa.console_uses


def really_used(fleet: SyntheticFleet) -> int:
    """Uses in the stretches that were watched, hidden ones included."""
    total = 0
    for each in fleet.accounts:
        samples = fleet.samples[each.organization]
        uses = (*each.console_uses, *each.key_uses)
        total += sum(samples[0] - timedelta(days=7) < use <= samples[-1] for use in uses)
    return total


def test_a_fleet_is_not_mixed_with_anything(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("kept")
    with pytest.raises(UsageError, match="is not empty"):
        write_fleet(synthetic_fleet(published(), 1), tmp_path)
    with pytest.raises(UsageError, match="cannot be written"):
        write_truth(synthetic_fleet(published(), 1), tmp_path / "nowhere" / "truth.json")
