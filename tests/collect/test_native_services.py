"""AWS's own services looked at for advice: on, off, or not known; live as from a folder; never off for a refusal."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.collect import looks

from rootwarden import packs
from rootwarden.advice.advice import State
from rootwarden.audit.advising import advice_book, advise
from rootwarden.audit.judge import Judge
from rootwarden.audit.terms import Terms
from rootwarden.collect.folder import EvidenceFolder
from rootwarden.collect.guardrail_landscape import read_landscape
from rootwarden.collect.live import LiveCollection, Scope
from rootwarden.collect.native_services_plan import ORGANIZATION_SERVICE_ACTIONS, SERVICE_ACTIONS
from rootwarden.collect.offline import collect_folder
from rootwarden.collect.permissions import ADVISE, READS
from rootwarden.collect.plan import plan_for
from rootwarden.collect.save import EvidenceWriter
from rootwarden.guardrails.standing import landscape
from rootwarden.simulator import running
from rootwarden.simulator.knobs import Deny, EmptyPage, Fail, Truncate
from rootwarden.simulator.monitoring import Analyzer, CostSubscription, Detector, Hub
from rootwarden.simulator.world import DelegatedAdministrator
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rootwarden.audit.advising import Advised
    from rootwarden.collect.collected import Collected
    from rootwarden.simulator.world import World

SERVICES: Final = tuple(sorted(one.id for one in packs.advice() if one.decided.service))
TERMS: Final = Terms(rulebook=advice_book(packs.advice()))
PLAN: Final = plan_for(TERMS.rulebook.needs, watched=TERMS.rulebook.watched, tree=True, services=True)
# The services alone: what is asked for everything else is tested where it belongs.
ALONE: Final = plan_for((), services=True)
GUARDDUTY: Final = "guardduty"
HUB: Final = "security-hub"
ANALYZER: Final = "access-analyzer"
COSTS: Final = "cost-anomaly-detection"
ADMINISTRATOR: Final = "iam-delegated-administrator"
CONTACTS: Final = "account-management-trusted-access"
# Which call tells of which advice; all of them are needed where everything is on.
TOLD_BY: Final = {
    "organizations:ListAWSServiceAccessForOrganization": {CONTACTS},
    "organizations:ListDelegatedAdministrators": {ADMINISTRATOR, GUARDDUTY, HUB},
    "ec2:DescribeRegions": {GUARDDUTY, HUB, ANALYZER},
    "guardduty:ListDetectors": {GUARDDUTY},
    "guardduty:GetDetector": {GUARDDUTY},
    "guardduty:DescribeOrganizationConfiguration": {GUARDDUTY},
    "securityhub:DescribeHub": {HUB},
    "securityhub:ListMembers": {HUB},
    "accessanalyzer:ListAnalyzers": {ANALYZER},
    "ce:GetAnomalySubscriptions": {COSTS},
}


def everything_on() -> World:
    """Six accounts: one of them administers, and every service is on everywhere it should be."""
    world = make_world("central_root", 6)
    organization = world.organization
    assert organization is not None
    security = security_account(world)
    organization.trusted_services = (*organization.trusted_services, "account.amazonaws.com")
    principals = ("iam", "guardduty", "securityhub", "access-analyzer")
    organization.delegated = [
        DelegatedAdministrator(account_id=security, service_principal=f"{name}.amazonaws.com") for name in principals
    ]
    manager, admin = world.management, world.account(security)
    for region in admin.enabled_regions:
        manager.region(region).detector = Detector()
        admin.region(region).detector = Detector(members="ALL")
        admin.region(region).analyzers = [Analyzer(name="organization")]
    others = tuple(each for each in world.account_ids if each != security)
    admin.region("eu-central-1").hub = Hub(members=others)
    admin.region("us-east-1").hub = Hub(members=others[:2])
    manager.cost_subscriptions = [CostSubscription(name="bill", addresses=("bill@example.com",))]
    return world


def security_account(world: World) -> str:
    return next(each for each in world.account_ids if each != world.management_id)


def look(world: World, *knobs: Any, plan: Any = ALONE, scope: Scope | None = None, **more: Any) -> Collected:
    with running(world) as simulator, looks.pointed_at(simulator):
        for knob in knobs:
            simulator.knobs.add(knob)
        return LiveCollection(
            door=looks.door_to(simulator),
            plan=plan,
            scope=scope or Scope(organization=True, role_name=looks.ROLE),
            workers=4,
            clock=simulator.state.clock,
            **more,
        ).run()


def advised(collected: Collected) -> Advised:
    return advise(collected, TERMS, Judge(TERMS), landscape(collected.organization, collected.resource_controls, {}))


def states(collected: Collected) -> dict[str, State]:
    found = advised(collected)
    return {name: found.state(name) for name in SERVICES}


def said(collected: Collected, name: str) -> str:
    return next(one.said for one in advised(collected).standings if one.advice == name)


def test_everything_that_is_on_is_done() -> None:
    assert states(look(everything_on())) == dict.fromkeys(SERVICES, State.DONE)


def test_nothing_is_on_in_an_organization_that_never_looked() -> None:
    world = make_world("central_root", 4)
    assert world.organization is not None
    world.organization.trusted_services = ()
    world.organization.delegated = []
    assert states(look(world)) == dict.fromkeys(SERVICES, State.NOT_DONE)


def admin_region(world: World, region: str = "eu-central-1") -> Any:
    return world.account(security_account(world)).region(region)


def move_analyzer(world: World) -> None:
    admin_region(world).analyzers = []
    world.management.region("eu-central-1").analyzers = [Analyzer(name="a")]


CHANGES: Final[dict[str, tuple[Callable[[World], None], str, State, str]]] = {
    "no detector in a region of the management account": (
        lambda world: setattr(world.management.region("eu-central-1"), "detector", None),
        GUARDDUTY,
        State.NOT_DONE,
        "there is no enabled detector in eu-central-1 of account 000011110000",
    ),
    "a suspended detector of the administrator": (
        lambda world: setattr(admin_region(world).detector, "enabled", False),
        GUARDDUTY,
        State.NOT_DONE,
        "there is no enabled detector in eu-central-1",
    ),
    "nobody gets a detector": (
        lambda world: setattr(admin_region(world).detector, "members", "NONE"),
        GUARDDUTY,
        State.NOT_DONE,
        "no account gets a detector in eu-central-1",
    ),
    "only new accounts get one": (
        lambda world: setattr(admin_region(world).detector, "members", "NEW"),
        GUARDDUTY,
        State.UNKNOWN,
        "only new accounts get a detector",
    ),
    "more accounts than it takes": (
        lambda world: setattr(admin_region(world).detector, "limit_reached", True),
        GUARDDUTY,
        State.UNKNOWN,
        "as many members as it takes",
    ),
    "an analyzer of unused access": (
        lambda world: setattr(
            admin_region(world), "analyzers", [Analyzer(name="unused", kind="ORGANIZATION_UNUSED_ACCESS")]
        ),
        ANALYZER,
        State.NOT_DONE,
        "no active analyzer for external access in eu-central-1",
    ),
    "an analyzer that is off": (
        lambda world: setattr(admin_region(world), "analyzers", [Analyzer(name="off", active=False)]),
        ANALYZER,
        State.NOT_DONE,
        "no active analyzer",
    ),
    "the management account has the analyzer instead": (
        move_analyzer,
        ANALYZER,
        State.DONE,
        "every region has an analyzer",
    ),
    "members are missing in every region": (
        lambda world: setattr(admin_region(world), "hub", None),
        HUB,
        State.UNKNOWN,  # that it is off and that one may not look are told by the same code
        "securityhub:DescribeHub failed (InvalidAccessException) in eu-central-1",
    ),
    "one account is no member anywhere": (
        lambda world: setattr(admin_region(world).hub, "members", admin_region(world).hub.members[:-1]),
        HUB,
        State.NOT_DONE,
        "not a member in eu-central-1: ",
    ),
    "nobody got the alerts": (
        lambda world: setattr(
            world.management, "cost_subscriptions", [CostSubscription(name="x", declined=("a@example.com",))]
        ),
        COSTS,
        State.NOT_DONE,
        "no cost anomaly monitor has a subscription",
    ),
    "a subscription to nothing": (
        lambda world: setattr(
            world.management, "cost_subscriptions", [CostSubscription(name="x", monitors=0, addresses=("a@b.example",))]
        ),
        COSTS,
        State.NOT_DONE,
        "no cost anomaly monitor has a subscription",
    ),
}


@pytest.mark.parametrize("case", CHANGES)
def test_one_thing_changed(case: str) -> None:
    change, name, state, words = CHANGES[case]
    world = everything_on()
    change(world)
    collected = look(world)
    assert states(collected) == {**dict.fromkeys(SERVICES, State.DONE), name: state}
    assert words in said(collected, name)


@pytest.mark.parametrize("fault", [Deny, Fail, Truncate])
@pytest.mark.parametrize("call", TOLD_BY)
def test_a_call_without_an_answer_leaves_its_advice_unknown(call: str, fault: Any) -> None:
    """Whatever is on, and whatever is off: an answer that did not come is neither."""
    collected = look(everything_on(), fault(call=call))
    expected = {name: State.UNKNOWN if name in TOLD_BY[call] else State.DONE for name in SERVICES}
    if call == "organizations:ListDelegatedAdministrators":
        # Nobody knows who else might have an analyzer: that is not known either.
        expected[ANALYZER] = State.UNKNOWN
    assert states(collected) == expected


@pytest.mark.parametrize("call", TOLD_BY)
def test_a_refusal_names_the_permission(call: str) -> None:
    found = advised(look(everything_on(), Deny(call=call)))
    name = min(TOLD_BY[call])
    permission = next(one.permission for one in found.standings if one.advice == name)
    assert permission == call.replace("accessanalyzer:", "access-analyzer:")


def test_an_administrator_nobody_can_enter_is_unknown() -> None:
    world = everything_on()
    admin = world.account(security_account(world))
    admin.roles = [role for role in admin.roles if role.name != looks.ROLE]
    found = states(look(world))
    assert {name for name, state in found.items() if state is State.UNKNOWN} == {GUARDDUTY, HUB, ANALYZER}
    assert State.NOT_DONE not in found.values()


def test_a_member_alone_tells_nothing_of_the_organization() -> None:
    world = everything_on()
    scope = Scope(accounts=(world.account_ids[2],), role_name=looks.ROLE)
    found = states(look(world, scope=scope))
    assert found.pop(CONTACTS) is found.pop(ADMINISTRATOR) is State.DONE  # the caller manages the organization
    assert set(found.values()) == {State.UNKNOWN}


def test_assume_root_opens_no_session_for_them() -> None:
    with running(everything_on()) as simulator, looks.pointed_at(simulator):
        collected = LiveCollection(
            door=looks.door_to(simulator),
            plan=ALONE,
            scope=Scope(organization=True, assume_root=True),
            clock=simulator.state.clock,
        ).run()
        assert not simulator.calls.of_call("sts:AssumeRoot")
    found = states(collected)
    assert {name for name, state in found.items() if state is State.UNKNOWN} == {GUARDDUTY, HUB, ANALYZER}
    assert "an AssumeRoot audit session may not" in said(collected, HUB)


def test_an_account_in_no_organization_speaks_for_itself() -> None:
    world = make_world("standalone", 1)
    account = world.management
    scope = Scope()
    off = states(look(world, scope=scope))
    mine = {GUARDDUTY, ANALYZER, COSTS}
    assert off == {name: State.NOT_DONE if name in mine else State.NOT_APPLICABLE for name in SERVICES}
    for region in account.enabled_regions:
        account.region(region).detector = Detector()
        account.region(region).analyzers = [Analyzer(name="mine", kind="ACCOUNT")]
    account.cost_subscriptions = [CostSubscription(name="bill", addresses=("bill@example.com",))]
    on = states(look(world, scope=scope))
    assert on == {name: State.DONE if name in mine else State.NOT_APPLICABLE for name in SERVICES}


def test_the_folder_says_what_the_look_said(tmp_path: Path) -> None:
    world = everything_on()
    admin_region(world).detector.members = "NONE"
    knobs = (Deny(call="ce:*"), EmptyPage(call="securityhub:ListMembers"))
    collected = look(world, *knobs, plan=PLAN, writer=EvidenceWriter(tmp_path / "e"))
    live = advised(collected)
    folder = EvidenceFolder(tmp_path / "e")
    read = collect_folder(folder, services=True)
    again = advise(read, TERMS, Judge(TERMS), read_landscape(folder)[0])
    assert {one.advice: one for one in again.standings} == {one.advice: one for one in live.standings}
    assert live.state(GUARDDUTY) is State.NOT_DONE
    assert live.state(COSTS) is State.UNKNOWN


def test_only_advise_asks() -> None:
    with running(everything_on()) as simulator:
        looks.live(simulator)
        made = {call for _, call in simulator.calls.snapshot()}
    assert not made & (set(TOLD_BY) | {"accessanalyzer:ListAnalyzers"})


def test_calls_grow_with_regions_and_not_with_accounts() -> None:
    def made(accounts: int) -> dict[tuple[str, str], int]:
        world = make_world("central_root", accounts)
        assert world.organization is not None
        switched_on = everything_on().organization
        assert switched_on is not None
        world.organization.delegated = switched_on.delegated
        with running(world) as simulator, looks.pointed_at(simulator):
            scope = Scope(organization=True, role_name=looks.ROLE)
            LiveCollection(door=looks.door_to(simulator), plan=ALONE, scope=scope, clock=simulator.state.clock).run()
            calls = simulator.calls.snapshot()
        asked = (*TOLD_BY, "sts:AssumeRole")
        return {key: count for key, count in calls.items() if key[1] in asked}

    assert made(6) == made(30)
    # One session, in the administrator; the management account is the caller's own.
    assert sum(count for (_, call), count in made(6).items() if call == "sts:AssumeRole") == 1


def test_permissions_are_the_calls_it_makes() -> None:
    with running(everything_on()) as simulator, looks.pointed_at(simulator):
        LiveCollection(
            door=looks.door_to(simulator),
            plan=ALONE,
            scope=Scope(organization=True, role_name=looks.ROLE),
            clock=simulator.state.clock,
        ).run()
        made = {call.replace("accessanalyzer:", "access-analyzer:") for _, call in simulator.calls.snapshot()}
    assert {*ORGANIZATION_SERVICE_ACTIONS, *SERVICE_ACTIONS} <= made
    assert made - {"sts:AssumeRole", "sts:GetCallerIdentity"} <= set(READS[ADVISE].caller)


HOSTILE: Final[dict[str, tuple[str, Any, set[str]]]] = {
    "no list": ("service-access.json", {}, {CONTACTS}),
    "principals that are no text": (
        "service-access.json",
        {"EnabledServicePrincipals": [{"ServicePrincipal": 7}]},
        {CONTACTS},
    ),
    "one page of several": (
        "service-access.json",
        {"EnabledServicePrincipals": [], "NextToken": "more"},
        {CONTACTS},
    ),
    "an administrator that is no account": (
        "delegated-administrators/iam.amazonaws.com.json",
        {"DelegatedAdministrators": [{"Id": "../../etc", "Status": "ACTIVE"}]},
        {ADMINISTRATOR},
    ),
    "regions that are paths": (
        "ADMIN/enabled-regions.json",
        {"Regions": [{"RegionName": "../../../x", "OptInStatus": "opted-in"}]},
        {GUARDDUTY, HUB, ANALYZER},
    ),
    "no regions": ("ADMIN/enabled-regions.json", {"Regions": []}, {GUARDDUTY, HUB, ANALYZER}),
    "a hundred regions": (
        "ADMIN/enabled-regions.json",
        {"Regions": [{"RegionName": f"eu-{a}{b}-1"} for a in "abcdefghij" for b in "klmnopqrst"]},
        {GUARDDUTY, HUB, ANALYZER},
    ),
    "two detectors": (
        "ADMIN/services/eu-central-1/guardduty-detectors.json",
        {"DetectorIds": ["a", "b"]},
        {GUARDDUTY},
    ),
    "a detector that is a number": (
        "ADMIN/services/eu-central-1/guardduty-detectors.json",
        {"DetectorIds": [5]},
        {GUARDDUTY},
    ),
    "a status nobody knows": (
        "ADMIN/services/eu-central-1/guardduty-detector.json",
        {"Status": "PERHAPS"},
        {GUARDDUTY},
    ),
    "a setting nobody knows": (
        "ADMIN/services/eu-central-1/guardduty-organization.json",
        {"AutoEnableOrganizationMembers": "SOME", "MemberAccountLimitReached": False},
        {GUARDDUTY},
    ),
    "a setting without the limit": (
        "ADMIN/services/eu-central-1/guardduty-organization.json",
        {"AutoEnableOrganizationMembers": "ALL"},
        {GUARDDUTY},
    ),
    "members that are no accounts": (
        "ADMIN/services/eu-central-1/security-hub-members.json",
        {"Members": [{"AccountId": 12, "MemberStatus": "Enabled"}]},
        {HUB},
    ),
    "analyzers without a type": (
        "ADMIN/services/eu-central-1/access-analyzers.json",
        {"analyzers": [{"status": "ACTIVE"}]},
        {ANALYZER},
    ),
    "half the subscriptions": (
        "MANAGER/cost-anomaly-subscriptions.json",
        {"AnomalySubscriptions": [], "NextPageToken": "more"},
        {COSTS},
    ),
    "subscribers that are no list": (
        "MANAGER/cost-anomaly-subscriptions.json",
        {"AnomalySubscriptions": "many"},
        {COSTS},
    ),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "e"
    look(everything_on(), writer=EvidenceWriter(folder))
    return folder


@pytest.mark.parametrize(
    "raw", [None, b"", b'{"Regi', b"[]", b"\xff\xfe"], ids=["as told", "empty", "cut", "list", "binary"]
)
@pytest.mark.parametrize("case", HOSTILE)
def test_an_answer_that_is_none_is_unknown(case: str, raw: bytes | None, whole: Path, tmp_path: Path) -> None:
    name, document, open_ = HOSTILE[case]
    folder = shutil.copytree(whole, tmp_path / "e")
    places = {"ADMIN": security_account(everything_on()), "MANAGER": looks.MANAGEMENT}
    head, _, rest = name.partition("/")
    path = folder / "accounts" / places[head] / rest if head in places else folder / name
    assert path.is_file()
    path.write_bytes(json.dumps(document).encode() if raw is None else raw)
    collected = collect_folder(EvidenceFolder(folder), services=True)
    assert states(collected) == {name: State.UNKNOWN if name in open_ else State.DONE for name in SERVICES}
    assert collected.unreadable


@pytest.mark.parametrize("file", sorted({name for name, _, _ in HOSTILE.values()}))
def test_an_answer_nobody_has_is_unknown(file: str, whole: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(whole, tmp_path / "e")
    places = {"ADMIN": security_account(everything_on()), "MANAGER": looks.MANAGEMENT}
    head, _, rest = file.partition("/")
    (folder / "accounts" / places[head] / rest if head in places else folder / file).unlink()
    found = states(collect_folder(EvidenceFolder(folder), services=True))
    open_ = next(open_ for name, _, open_ in HOSTILE.values() if name == file)
    assert found == {name: State.UNKNOWN if name in open_ else State.DONE for name in SERVICES}


def test_a_refusal_written_down_by_hand_is_unknown(whole: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(whole, tmp_path / "e")
    account = folder / "accounts" / security_account(everything_on())
    (account / "services" / "eu-central-1" / "access-analyzers.json").unlink()
    (account / "errors.json").write_text(json.dumps({"ListAnalyzers": "AccessDeniedException"}))
    collected = collect_folder(EvidenceFolder(folder), services=True)
    assert states(collected)[ANALYZER] is State.UNKNOWN
    assert "access-analyzer:ListAnalyzers was refused" in said(collected, ANALYZER)
