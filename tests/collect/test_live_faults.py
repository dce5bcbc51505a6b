"""Faults of a live run: each costs what depends on it, says so, and leaves every other account's verdict alone."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Final

import pytest
from tests.collect import looks, oracle

from rootwarden.collect.live import Scope
from rootwarden.collect.plan import MANAGEMENT_ACTIONS, MEMBER_ACTIONS
from rootwarden.errors import AccessError
from rootwarden.simulator import running
from rootwarden.simulator.knobs import (
    Delay,
    Deny,
    Drop,
    EmptyPage,
    ExpireSessions,
    Fail,
    ReportPolls,
    Throttle,
    Truncate,
)
from rootwarden.simulator.parts import member_id
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rootwarden.audit.result import AuditResult
    from rootwarden.collect.collected import Collected
    from rootwarden.simulator import Simulator
    from rootwarden.simulator.knobs import Knob

pytestmark = pytest.mark.timeout(60)
MEMBER: Final = member_id(3)


class Stage:
    """A simulated organization and what a run without faults says of it."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.door = looks.door_to(simulator)
        self.clean: Collected = self.look()
        self.verdicts = looks.verdicts(looks.judged(self.clean))
        self.calls = simulator.calls.total

    def look(self, *knobs: Knob, seconds: float = 60) -> Collected:
        """One run; a throttled one leaves the door it went through slow, so it takes one of its own."""
        self.simulator.knobs.reset()
        self.simulator.knobs.add(*knobs)
        self.simulator.state.reports.clear()
        self.simulator.calls.reset()
        slow = any(isinstance(knob, Throttle) for knob in knobs)
        door = looks.door_to(self.simulator) if slow else self.door
        return looks.live(self.simulator, door=door, account_seconds=seconds)

    def changed(self, result: AuditResult) -> dict[tuple[str, str], tuple[str, str]]:
        return looks.differences(self.verdicts, looks.verdicts(result))


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with running(oracle.world_with("metric alarm only")) as simulator:
        yield Stage(simulator)


def reasons(result: AuditResult, account: str) -> set[str]:
    """What the undecided findings of an account wait for."""
    findings = (each for each in result.findings if each.account == account and each.verdict == "unknown")
    return {missing.reason for each in findings for missing in each.missing}


ACTIONS: Final = sorted({*MEMBER_ACTIONS, *MANAGEMENT_ACTIONS} - {"organizations:ListAccounts"})
FAULTS: Final[list[type[Truncate | Fail | Drop]]] = [Truncate, Fail, Drop]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_broken_answer_is_no_answer(stage: Stage, fault: type[Truncate | Fail | Drop]) -> None:
    world = stage.simulator.world
    for action in ACTIONS:
        lost = action
        if action == "iam:GenerateCredentialReport" and fault is not Fail:
            lost = "nothing: the report was made although the answer never came"
        result = looks.judged(stage.look(fault(call=action)))
        expected = oracle.expected(stage.clean, partial(oracle.lost_without, world, "metric alarm only", lost))
        assert looks.differences(expected, looks.verdicts(result)) == {}, action


@pytest.mark.parametrize("page", [1, 2, 3])
def test_a_list_of_accounts_with_a_page_cut_is_no_list(page: int) -> None:
    with running(make_world("greenfield", 45)) as simulator:
        simulator.knobs.add(Truncate(call="organizations:ListAccounts", every=page))
        with pytest.raises(AccessError, match="cannot be listed"):
            looks.live(simulator, rules=["root-email"])


def test_an_empty_page_in_the_middle_is_not_the_end() -> None:
    with running(make_world("greenfield", 45)) as simulator:
        simulator.knobs.add(EmptyPage())
        assert len(looks.live(simulator, rules=["root-email"]).accounts) == 45


def test_every_seventh_call_throttled_changes_nothing(stage: Stage) -> None:
    result = looks.judged(stage.look(Throttle(every=7)))
    assert stage.changed(result) == {}
    assert stage.calls < stage.simulator.calls.total <= stage.calls * 1.4 + 10


def test_throttled_for_good_is_given_up_in_time(stage: Stage) -> None:
    started = time.monotonic()
    result = looks.judged(stage.look(Throttle(account=MEMBER, call="iam:GetAccountSummary", every=1), seconds=6))
    assert time.monotonic() - started < 25
    assert {account for account, _ in stage.changed(result)} == {MEMBER}
    shown = next(each for each in result.accounts if each.id == MEMBER)
    assert "throttled" in {each.kind for each in shown.refusals}
    key = next(each for each in result.findings if (each.account, each.rule) == (MEMBER, "root-access-key"))
    assert all("iam:GetAccountSummary was throttled until we gave up" in each.reason for each in key.missing)
    assert stage.simulator.calls.of_call("iam:GetAccountSummary")[MEMBER] <= 8


@pytest.mark.parametrize("call", ["*", "iam:GetAccountSummary", "sts:AssumeRole"])
def test_one_account_that_hangs(stage: Stage, call: str) -> None:
    door = looks.door_to(stage.simulator, read_timeout=2)
    stage.simulator.knobs.reset()
    stage.simulator.knobs.add(Delay(account=MEMBER, call=call, seconds=60))
    stage.simulator.state.reports.clear()
    started = time.monotonic()
    result = looks.judged(looks.live(stage.simulator, door=door, account_seconds=2))
    assert time.monotonic() - started < 10
    changed = stage.changed(result)
    assert {account for account, _ in changed} == {MEMBER}
    assert {after for _, after in changed.values()} == {"unknown"}
    assert any("in time" in reason for reason in reasons(result, MEMBER))
    shown = next(each for each in result.accounts if each.id == MEMBER)
    assert "timed_out" in {each.kind for each in shown.refusals}


def test_a_report_that_is_never_ready(stage: Stage) -> None:
    stage.simulator.knobs.clear()
    stage.simulator.knobs.add(ReportPolls(account=MEMBER, polls=10_000))
    stage.simulator.state.reports.clear()
    stage.simulator.calls.reset()
    result = looks.judged(looks.live(stage.simulator, door=stage.door, account_seconds=2))
    changed = stage.changed(result)
    assert set(changed) <= {(MEMBER, rule.rule.id) for rule in looks.book().rules}
    assert changed[MEMBER, "root-usage"] == ("pass", "unknown")
    assert any("in time" in reason for reason in reasons(result, MEMBER))
    assert stage.simulator.calls.of_call("iam:GetCredentialReport")[MEMBER] <= 8


def test_sessions_that_expire_in_the_middle(stage: Stage) -> None:
    result = looks.judged(stage.look(ExpireSessions(account=MEMBER, after=2)))
    changed = stage.changed(result)
    assert {account for account, _ in changed} == {MEMBER}
    assert {after for _, after in changed.values()} == {"unknown"}
    assert any("no longer valid" in reason for reason in reasons(result, MEMBER))
    everywhere = stage.changed(looks.judged(stage.look(ExpireSessions(after=3))))
    assert looks.MANAGEMENT not in {account for account, _ in everywhere}
    assert {after for _, after in everywhere.values()} == {"unknown"}


def test_connections_that_drop_now_and_then_change_nothing(stage: Stage) -> None:
    stage.simulator.knobs.reset()
    stage.simulator.knobs.add(Drop(every=9))
    stage.simulator.state.reports.clear()
    # One account after the other, so that a call that is sent again is never the ninth.
    assert stage.changed(looks.judged(looks.live(stage.simulator, door=stage.door, workers=1))) == {}


def test_a_connection_that_always_drops(stage: Stage) -> None:
    result = looks.judged(stage.look(Drop(account=MEMBER, call="iam:*")))
    assert {account for account, _ in stage.changed(result)} == {MEMBER}
    assert stage.simulator.calls.of_call("iam:GetAccountSummary")[MEMBER] == 2


def _three_refuse(accounts: int) -> None:
    world = make_world("greenfield", accounts)
    refusing = {member_id(number) for number in (7, accounts // 2, accounts - 1)}
    with running(world) as simulator:
        simulator.knobs.add(ReportPolls(polls=0), *(Deny(account=each, call="sts:AssumeRole") for each in refusing))
        result = looks.judged(looks.live(simulator))
    seen = looks.verdicts(result)
    assert len(result.accounts) == accounts
    for each in (account for account in world.member_ids if account not in refusing):
        for rule in looks.book().rules:
            assert seen[each, rule.rule.id] == seen[member_id(1), rule.rule.id], (each, rule.rule.id)
    for each in refusing:
        assert seen[each, "root-access-key"] == seen[each, "root-mfa"] == seen[each, "root-usage"] == "unknown"
        assert seen[each, "root-email"] == "pass"
    assert seen[member_id(1), "root-access-key"] == "pass"
    assert {each.id for each in result.accounts if each.reach == "none"} == refusing
    told = [warning for warning in result.warnings if "sts:AssumeRole was refused" in warning]
    assert len(told) == 1
    assert all(each in told[0] for each in refusing)


def test_three_accounts_of_two_hundred_refuse() -> None:
    _three_refuse(200)


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_three_accounts_of_a_thousand_refuse() -> None:
    _three_refuse(1000)


# the command


def test_no_network(tmp_path: Path, closed_port: int) -> None:
    with running(make_world("standalone")) as simulator:
        changed = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{closed_port}"}
        run = looks.command("audit", cwd=tmp_path, simulator=simulator, changed=changed)
    assert run.complained(3, "AWS cannot be reached", "network")
    assert run.out == ""


@pytest.fixture
def closed_port() -> int:
    """A port nobody listens on."""
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port


@pytest.mark.parametrize(
    ("arguments", "changed", "without", "code", "said"),
    [
        pytest.param(["--region", "moon-west-1"], {}, [], 2, "`moon-west-1` is not an AWS region", id="region"),
        pytest.param([], {"AWS_REGION": "nowhere"}, [], 2, "`nowhere` is not an AWS region", id="configured region"),
        pytest.param(["--profile", "nobody"], {}, [], 2, "no AWS profile `nobody`", id="profile"),
        pytest.param([], {"AWS_ACCESS_KEY_ID": "AKIAFAKE999999999999"}, [], 3, "does not accept", id="wrong key"),
        pytest.param([], {"AWS_SESSION_TOKEN": "over"}, [], 3, "does not accept", id="expired session"),
        pytest.param(
            [], {}, ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"], 3, "no AWS credentials", id="no credentials"
        ),
        pytest.param(["--org"], {}, [], 3, "cannot be listed", id="no organization"),
        pytest.param(["--accounts", "12"], {}, [], 2, "`12` is no account id", id="account id"),
        pytest.param(["--accounts", ","], {}, [], 2, "names no account", id="no account"),
        pytest.param(["--accounts", "@nowhere"], {}, [], 2, "`nowhere` cannot be read", id="no list"),
    ],
)
def test_how_a_run_that_cannot_start_ends(  # noqa: PLR0917 - the columns of the table
    tmp_path: Path, arguments: list[str], changed: dict[str, str], without: list[str], code: int, said: str
) -> None:
    with running(make_world("standalone")) as simulator:
        run = looks.command("audit", *arguments, cwd=tmp_path, simulator=simulator, changed=changed, without=without)
    assert run.complained(code, said), run
    assert run.out == ""


def test_accounts_that_cannot_be_listed(tmp_path: Path) -> None:
    with running(make_world("greenfield", 3)) as simulator:
        simulator.knobs.add(Deny(call="organizations:ListAccounts"))
        run = looks.command("audit", "--org", cwd=tmp_path, simulator=simulator)
    assert run.complained(3, "organizations:ListAccounts was refused", "management account")


def test_a_member_may_not_look_at_the_organization(tmp_path: Path) -> None:
    with running(make_world("greenfield", 3)) as simulator:
        key = simulator.world.credentials_of(member_id(2))
        changed = {"AWS_ACCESS_KEY_ID": key.access_key_id, "AWS_SECRET_ACCESS_KEY": key.secret_access_key}
        run = looks.command("audit", "--org", cwd=tmp_path, simulator=simulator, changed=changed)
    assert run.complained(3, "cannot be listed")


def test_a_member_looks_at_itself(tmp_path: Path) -> None:
    with running(make_world("greenfield", 3)) as simulator:
        key = simulator.world.credentials_of(member_id(2))
        changed = {"AWS_ACCESS_KEY_ID": key.access_key_id, "AWS_SECRET_ACCESS_KEY": key.secret_access_key}
        run = looks.command("audit", "--format", "json", cwd=tmp_path, simulator=simulator, changed=changed)
    assert {account for account, _ in run.verdicts} == {member_id(2)}
    assert run.verdicts[member_id(2), "root-access-key"] == "pass"
    assert run.verdicts[member_id(2), "root-central-management"] == "not_applicable"
    assert run.code == 3, "the organization's trail belongs to another account: whether an alarm rings is not known"


def test_a_list_of_accounts_is_only_those(tmp_path: Path) -> None:
    wanted = f"{member_id(2)},{member_id(1)},{member_id(2)}"
    with running(make_world("greenfield", 5)) as simulator:
        run = looks.command("audit", "--accounts", wanted, "--format", "json", cwd=tmp_path, simulator=simulator)
        assert set(simulator.calls.of_call("iam:GetAccountSummary")) == {member_id(1), member_id(2)}
    assert [each["id"] for each in run.document["accounts"]] == [member_id(1), member_id(2)]


def test_skipped_accounts_are_named_and_not_asked(tmp_path: Path) -> None:
    world = make_world("greenfield", 5)
    world.account(member_id(2)).state = "SUSPENDED"
    world.account(member_id(4)).state = "PENDING_CLOSURE"
    with running(world) as simulator:
        run = looks.command("audit", "--org", "--format", "json", cwd=tmp_path, simulator=simulator)
        assert simulator.calls.of_account(member_id(2)) == {}
    skipped = [(each["id"], each["state"]) for each in run.document["skipped"]]
    assert skipped == [(member_id(2), "SUSPENDED"), (member_id(4), "PENDING_CLOSURE")]
    assert member_id(2) not in {account for account, _ in run.verdicts}


def test_other_accounts_without_a_role_are_refused() -> None:
    with running(make_world("greenfield", 3)) as simulator:
        from rootwarden.errors import UsageError

        with pytest.raises(UsageError, match="need a role"):
            looks.live(simulator, scope=Scope(organization=True))
