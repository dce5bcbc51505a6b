"""The five asset counts: counted in every enabled region, asked for only when wanted, never smaller for a refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.collect import looks

from rootwarden.aws.calls import CallFailed
from rootwarden.aws.door import Door
from rootwarden.collect.assets import ACTIONS, MOST_REGIONS, count_assets
from rootwarden.collect.folder import EvidenceFolder
from rootwarden.collect.live import LiveCollection, Scope
from rootwarden.collect.offline import collect_folder
from rootwarden.collect.plan import ASSET_ACTIONS, MEMBER_ACTIONS, plan_for
from rootwarden.collect.save import EvidenceWriter
from rootwarden.facts.assets import AssetCounts
from rootwarden.facts.fact import Known, Unknown, Why
from rootwarden.facts.inventory import Part
from rootwarden.simulator import running
from rootwarden.simulator.knobs import Delay, Deny, Throttle
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from rootwarden.aws.calls import Call, JsonObject
    from rootwarden.collect.collected import Collected
    from rootwarden.simulator import Simulator
    from rootwarden.simulator.knobs import Knob
    from rootwarden.simulator.world import World

NAMES: Final = AssetCounts.__struct_fields__


def world() -> World:
    made = make_world("greenfield", 4)
    for number, account in enumerate(made.account(each) for each in made.account_ids):
        account.enabled_regions = ("us-east-1", "eu-central-1", "sa-east-1")
        account.buckets = 3 + number
        for region, databases, instances in (("us-east-1", 130, 7), ("sa-east-1", 2, 1001), ("ap-east-1", 50, 50)):
            account.region(region).rds_instances = databases
            account.region(region).ec2_instances = instances
    return made


def look(simulator: Simulator, *knobs: Knob, scope: Scope | None = None, **more: Any) -> Collected:
    """A look that counts assets, and asks for little else."""
    simulator.knobs.clear()
    simulator.knobs.add(*knobs)
    with looks.pointed_at(simulator):
        return LiveCollection(
            door=Door(connections=8),
            plan=plan_for({"iam:GetAccountSummary"}, assets=True),
            scope=scope or Scope(organization=True, role_name=looks.ROLE),
            clock=simulator.state.clock,
            parts=frozenset(Part),
            **more,
        ).run()


def counts(collected: Collected) -> dict[str, AssetCounts]:
    return {each.facts.id: each.facts.assets for each in collected.accounts}


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running(world()) as started:
        yield started


def test_all_enabled_regions_are_counted_and_no_other(simulator: Simulator) -> None:
    for account_id, found in counts(look(simulator)).items():
        account = simulator.world.account(account_id)
        assert account is not None
        wanted = (len(account.users), 132, account.buckets, 1008, len(account.trails))
        facts = [getattr(found, name) for name in NAMES]
        assert tuple(fact.value for fact in facts) == wanted
        assert [fact.sources[0].call for fact in facts] == [ACTIONS[name] for name in NAMES]
        assert all(fact.sources[0].observed_at == simulator.state.clock() for fact in facts)


def test_nothing_is_counted_unless_it_is_asked_for(simulator: Simulator) -> None:
    simulator.knobs.clear()
    simulator.calls.reset()
    seen = looks.live(simulator, parts=frozenset(Part))
    assert not {call for _, call in simulator.calls.snapshot()} & {"s3:ListBuckets", *ASSET_ACTIONS}
    assert all(isinstance(getattr(each, name), Unknown) for each in counts(seen).values() for name in NAMES)


def test_calls_are_three_a_region_and_a_page_and_each_has_a_permission(simulator: Simulator) -> None:
    simulator.calls.reset()
    look(simulator)
    made = simulator.calls.of_account(simulator.world.account_ids[-1])
    asked = {call: made[call] for call in ("s3:ListBuckets", *ASSET_ACTIONS) if call in made}
    # Three regions, and one more page each: 130 databases by hundreds, 1,001 instances by thousands.
    assert asked == {
        "ec2:DescribeRegions": 1,
        "ec2:DescribeInstances": 4,
        "rds:DescribeDBInstances": 4,
        "s3:ListBuckets": 1,
    }
    assert made["cloudtrail:DescribeTrails"] == 3
    # The permission of ListBuckets has another name (service authorization reference, Amazon S3).
    allowed = {*MEMBER_ACTIONS, *ASSET_ACTIONS, "s3:ListBuckets"}
    members = {call for account, call in simulator.calls.snapshot() if account != looks.MANAGEMENT}
    assert members - {"sts:AssumeRole"} <= allowed


@pytest.mark.parametrize(
    ("action", "lost"),
    [
        ("iam:GetAccountSummary", {"iam_users"}),
        ("rds:DescribeDBInstances", {"rds_instances"}),
        ("s3:ListAllMyBuckets", {"buckets"}),
        ("ec2:DescribeInstances", {"ec2_instances"}),
        ("cloudtrail:DescribeTrails", {"trails"}),
        ("ec2:DescribeRegions", {"rds_instances", "ec2_instances", "trails"}),
        ("sts:AssumeRole", set(NAMES)),
    ],
)
def test_a_denied_call_makes_exactly_its_counts_unknown(simulator: Simulator, action: str, lost: set[str]) -> None:
    one = simulator.world.account_ids[-1]
    call = "s3:ListBuckets" if action == "s3:ListAllMyBuckets" else action
    found = counts(look(simulator, Deny(call=call, account=one)))
    for account_id, assets in found.items():
        unknown = {name for name in NAMES if isinstance(getattr(assets, name), Unknown)}
        assert unknown == (lost if account_id == one else set())
    facts = [getattr(found[one], name) for name in lost]
    assert {(fact.permission, fact.why) for fact in facts} == {(action, Why.DENIED)}


def test_time_that_runs_out_and_throttling(simulator: Simulator) -> None:
    late = counts(look(simulator, Delay(call="rds:DescribeDBInstances", seconds=3), account_seconds=1))
    for assets in late.values():
        assert isinstance(assets.iam_users, Known)
        assert isinstance(assets.trails, Unknown)
        assert assets.trails.permission == ""
    slow = counts(look(simulator, Throttle(call="ec2:DescribeInstances", every=3)))
    assert {assets.ec2_instances.value for assets in slow.values() if isinstance(assets.ec2_instances, Known)} == {1008}


def test_a_saved_run_gives_the_same_counts_again(simulator: Simulator, tmp_path: Path) -> None:
    refused = Deny(call="s3:ListBuckets", account=simulator.world.account_ids[1])
    seen = look(simulator, refused, writer=EvidenceWriter(tmp_path / "e"))
    assert any(isinstance(each.buckets, Unknown) for each in counts(seen).values())
    again = collect_folder(EvidenceFolder(tmp_path / "e"), parts=frozenset(Part))
    assert counts(again) == counts(seen)


def test_an_assume_root_audit_counts_nothing(simulator: Simulator) -> None:
    found = counts(look(simulator, scope=Scope(organization=True, assume_root=True)))
    del found[looks.MANAGEMENT]
    assert all(isinstance(assets.buckets, Unknown) for assets in found.values())


REGIONS: Final = ["us-east-1", "eu-central-1", "sa-east-1"]


def total(refusing: str = "", code: str = "UnauthorizedOperation", pages: dict[str, Any] | None = None) -> Any:
    """AWS as a function: one of each kind in every region, but for what refuses or is answered otherwise."""
    usual: dict[str, Any] = {
        "DescribeRegions": {"Regions": [{"RegionName": name} for name in REGIONS]},
        "DescribeDBInstances": {"DBInstances": [{}]},
        "ListBuckets": {"Buckets": [{}]},
        "DescribeInstances": {"Reservations": [{"Instances": [{"State": {"Name": "running"}}]}]},
        "DescribeTrails": {"trailList": [{}]},
    }

    def ask(call: Call, count: Callable[[JsonObject], int]) -> int:
        if refusing and refusing in (call.region, f"{call.operation} {call.region}"):
            raise CallFailed(code)
        return count({**usual, **(pages or {})}[call.operation])

    return ask


SUMMARY: Final[Any] = {"SummaryMap": {"Users": 4}}


def test_one_region_that_refuses_makes_the_count_unknown_and_not_smaller() -> None:
    found = count_assets(total("DescribeInstances sa-east-1"), SUMMARY)
    assert found == {
        "iam_users": 4,
        "rds_instances": 3,
        "buckets": 1,
        "ec2_instances": {"$unknown": "ec2:DescribeInstances was refused in sa-east-1 (UnauthorizedOperation)"},
        "trails": 3,
    }


@pytest.mark.parametrize("code", ["Timeout", "NotAsked", "InternalError", "TooManyPages", "NoSuchEntity"])
def test_a_region_without_an_answer_names_no_permission(code: str) -> None:
    found: Any = count_assets(total("eu-central-1", code), SUMMARY)
    assert found["trails"] == {"$unknown": f"no answer to cloudtrail:DescribeTrails in eu-central-1 ({code})"}
    assert found["buckets"] == 1


def test_a_terminated_instance_is_none() -> None:
    states = ["running", "stopped", "terminated", "shutting-down"]
    page = {"Reservations": [{"Instances": [{"State": {"Name": state}} for state in states]}]}
    assert count_assets(total(pages={"DescribeInstances": page}), SUMMARY)["ec2_instances"] == 9


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"Regions": []},
        {"Regions": "us-east-1"},
        {"Regions": [{"RegionName": "evil.example.com/"}]},
        {"Regions": [{"RegionName": "us-east-1"}, {"RegionName": None}]},
        {"Regions": [{"RegionName": "us-east-1"}, "eu-central-1"]},
        {"Regions": [{"RegionName": f"us-east-{number % 99}"} for number in range(MOST_REGIONS + 1)]},
    ],
)
def test_no_list_of_regions(answer: dict[str, Any]) -> None:
    found: Any = count_assets(total(pages={"DescribeRegions": answer}), SUMMARY)
    for name in ("rds_instances", "ec2_instances", "trails"):
        assert found[name] == {"$unknown": "the answer to ec2:DescribeRegions is no list of regions"}
    assert (found["buckets"], found["iam_users"]) == (1, 4)


@pytest.mark.parametrize(
    ("pages", "name"),
    [
        ({"ListBuckets": {}}, "buckets"),
        ({"DescribeDBInstances": {"DBInstances": 3}}, "rds_instances"),
        ({"DescribeInstances": {"Reservations": [{}]}}, "ec2_instances"),
        ({"DescribeInstances": {"Reservations": ["i-1"]}}, "ec2_instances"),
        ({"DescribeTrails": {"trailList": None}}, "trails"),
    ],
)
def test_answers_that_are_none(pages: dict[str, Any], name: str) -> None:
    found: Any = count_assets(total(pages=pages), SUMMARY)
    assert set(found[name]) == {"$unknown"}


@pytest.mark.parametrize("summary", [{}, {"SummaryMap": {"Users": True}}, {"SummaryMap": {"Users": -1}}, Unknown("x")])
def test_a_summary_that_tells_no_users(summary: Any) -> None:
    found: Any = count_assets(total(), summary)
    assert set(found["iam_users"]) == {"$unknown"}
