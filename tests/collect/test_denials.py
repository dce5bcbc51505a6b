"""A fake denial of each call in turn turns exactly the dependent verdicts to unknown, and changes no other."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import pytest
from tests.collect import looks, oracle

from rootwarden.collect.live import Scope
from rootwarden.collect.plan import MANAGEMENT_ACTIONS, MEMBER_ACTIONS
from rootwarden.simulator import parts, running
from rootwarden.simulator.knobs import Deny, StaleReport
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rootwarden.collect.collected import Collected
    from rootwarden.simulator import Simulator


class Stage:
    """A simulated organization, a door to it, and what a run without denials saw."""

    def __init__(self, simulator: Simulator, scope: Scope, rules: tuple[str, ...]) -> None:
        self.simulator = simulator
        self.scope = scope
        self.rules = rules
        self.door = looks.door_to(simulator)
        self.clean = self.look()

    def look(self, *knobs: Deny) -> Collected:
        self.simulator.knobs.reset()
        self.simulator.knobs.add(*knobs)
        self.simulator.state.reports.clear()
        return looks.live(self.simulator, door=self.door, scope=self.scope, rules=self.rules)

    def expected(self, lost: Callable[[str], tuple[str, ...]]) -> looks.Verdicts:
        return oracle.expected(self.clean, lost, *self.rules)


# A denied ListAccounts ends the run (there is no list to go by), and tags decide no verdict. No rule about root asks
# for the last three: test_inventory.py denies those.
APART: Final = {
    "organizations:ListAccounts",
    "organizations:ListTagsForResource",
    "iam:GetAccountAuthorizationDetails",
    "iam:GetAccountPasswordPolicy",
    "logs:DescribeLogGroups",
}
ACTIONS: Final = sorted(({*MEMBER_ACTIONS, *MANAGEMENT_ACTIONS} - APART) | {"sts:AssumeRole"})


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with running(oracle.world_with("both ways")) as simulator:
        yield Stage(simulator, Scope(organization=True, role_name=looks.ROLE), ())


@pytest.mark.parametrize("action", ACTIONS)
def test_a_denied_call_costs_exactly_what_depends_on_it(stage: Stage, action: str) -> None:
    world = stage.simulator.world
    seen = looks.judged(stage.look(Deny(call=action)))
    expected = stage.expected(lambda account: oracle.lost_without(world, "both ways", action, account))
    assert looks.differences(expected, looks.verdicts(seen)) == {}
    changed = looks.differences(stage.expected(lambda _account: ()), looks.verdicts(seen))
    assert {after for _, after in changed.values()} <= {"unknown"}
    assert bool(changed) is bool(action not in SPARED), changed
    for _, rule in changed:
        assert action in {*looks.book(rule).needs, *UNNAMED} or (action, rule) in SAID_OTHERWISE, rule
    for finding in seen.findings:
        if (finding.account, finding.rule) in changed and (action, finding.rule) not in SAID_OTHERWISE:
            said = [f"{each.reason} {each.permission}" for each in finding.missing]
            assert any(action in each for each in said), (finding.account, finding.rule, said)


# Denied everywhere and still nothing is lost: in the management account metric alarm and event rule stand in for each
# other, and members never need the event rule.
SPARED: Final = {oracle.RULES, oracle.TARGETS}
# On the way to what a rule reads, and so behind every name of it.
UNNAMED: Final = {"iam:GenerateCredentialReport", "sts:AssumeRole"}
# The reason names the trail's owner, whose answers are not known to be the organization's without that call.
SAID_OTHERWISE: Final = {("organizations:DescribeOrganization", "root-usage-alarm")}


@pytest.mark.parametrize("chain", [chain for chain in oracle.CHAINS if chain != "both ways"])
def test_every_link_of_the_alarm_chain(chain: str) -> None:
    with running(oracle.world_with(chain)) as simulator:
        stage = Stage(simulator, Scope(organization=True, role_name=looks.ROLE), ("root-usage-alarm",))
        for action in oracle.LINKS:
            seen = looks.verdicts(looks.judged(stage.look(Deny(call=action)), *stage.rules))
            expected = stage.expected(partial(oracle.lost_without, simulator.world, chain, action))
            assert looks.differences(expected, seen) == {}, action


def test_a_denial_in_one_account_stays_there(stage: Stage) -> None:
    clean, one = looks.verdicts(looks.judged(stage.clean)), parts.member_id(3)
    for action in (*MEMBER_ACTIONS, "sts:AssumeRole"):
        seen = looks.verdicts(looks.judged(stage.look(Deny(call=action, account=one))))
        assert {account for account, _ in looks.differences(clean, seen)} <= {one}, action


def test_an_old_report_serves_when_none_may_be_made() -> None:
    world = make_world("patchwork", 8)
    world.initial_knobs = (StaleReport(age_seconds=3600),)
    with running(world) as simulator:
        stage = Stage(simulator, Scope(organization=True, role_name=looks.ROLE), ())
        seen = looks.judged(stage.look(Deny(call="iam:GenerateCredentialReport")))
        assert looks.differences(looks.verdicts(looks.judged(stage.clean)), looks.verdicts(seen)) == {}


# Through AssumeRoot: the audit session's seven reads in members, the ordinary calls in the management account.


ROOT_SESSION: Final = [
    "sts:AssumeRoot",
    "iam:GetAccountSummary",
    "iam:GetUser",
    "iam:ListMFADevices",
    "iam:ListAccessKeys",
    "iam:GetAccessKeyLastUsed",
    "iam:GetLoginProfile",
    "iam:ListSigningCertificates",
    "account:GetContactInformation",
    "account:GetAlternateContact",
    "iam:ListOrganizationsFeatures",
]


@pytest.fixture(scope="module")
def root_stage() -> Iterator[Stage]:
    world = oracle.world_with("both ways")
    assert world.organization is not None
    world.organization.attachments = {}  # a policy that denies root would deny the sessions' reads too
    with running(world) as simulator:
        yield Stage(simulator, Scope(organization=True, assume_root=True), ())


@pytest.mark.parametrize("action", ROOT_SESSION)
def test_a_denied_read_of_a_root_session(root_stage: Stage, action: str) -> None:
    world = root_stage.simulator.world
    seen = looks.judged(root_stage.look(Deny(call=action)))
    expected = root_stage.expected(lambda account: oracle.lost_to_a_root_session(world, action, account))
    assert looks.differences(expected, looks.verdicts(seen)) == {}
