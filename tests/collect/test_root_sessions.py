"""Audits through sts:AssumeRoot: never on the management account, always the audit task, written down before use."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pytest
from tests.collect import looks

from rootwarden.collect.live import Scope
from rootwarden.errors import UsageError
from rootwarden.simulator import parts, running
from rootwarden.simulator.knobs import Deny
from rootwarden.simulator.moment import NOW
from rootwarden.simulator.parts import member_id
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rootwarden.aws.calls import Call
    from rootwarden.aws.door import Door
    from rootwarden.collect.root_session import RootSession
    from rootwarden.simulator.world import World

TASK: Final = "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"
ROOT: Final = Scope(organization=True, assume_root=True)


def open_world(accounts: int = 4) -> World:
    """Healthy, and without the policy that denies root everything."""
    world = make_world("greenfield", accounts)
    assert world.organization is not None
    world.organization.attachments = {target: [] for target in world.organization.attachments}
    return world


def recorded(door: Door, monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """Every call asked through the door from now on."""
    asked: list[Call] = []
    ask: Callable[..., Any] = door.ask

    def watch(call: Call, **how: Any) -> Any:
        asked.append(call)
        return ask(call, **how)

    monkeypatch.setattr(door, "ask", watch)
    return asked


def test_every_session_is_an_audit_of_at_most_fifteen_minutes_and_never_of_the_management_account(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with running(open_world()) as simulator:
        door = looks.door_to(simulator)
        asked = recorded(door, monkeypatch)
        looks.live(simulator, door=door, scope=ROOT)
    sessions = [call for call in asked if call.operation == "AssumeRoot"]
    assert {call.parameters["TargetPrincipal"] for call in sessions} == {member_id(1), member_id(2), member_id(3)}
    for call in sessions:
        assert call.parameters["TaskPolicyArn"] == {"arn": TASK}
        seconds = call.parameters["DurationSeconds"]
        assert isinstance(seconds, int)
        assert 0 < seconds <= 900
    assert "AssumeRole" not in {call.operation for call in asked}


def test_a_session_is_told_before_it_is_used() -> None:
    told: dict[str, dict[str, int]] = {}
    with running(open_world()) as simulator:

        def tell(session: RootSession) -> None:
            told[session.account] = simulator.calls.of_account(session.account)

        looks.live(simulator, scope=ROOT, on_root_session=tell)
        assert all(simulator.calls.of_account(account) for account in told)
    assert told == {member_id(1): {}, member_id(2): {}, member_id(3): {}}


def test_a_session_that_cannot_be_told_is_not_used() -> None:
    def refuse(_session: RootSession) -> None:
        raise UsageError("it cannot be written down")

    with running(open_world()) as simulator:
        with pytest.raises(UsageError, match="written down"):
            looks.live(simulator, scope=ROOT, workers=1, on_root_session=refuse)
        assert [simulator.calls.of_account(member_id(number)) for number in (1, 2, 3)] == [{}, {}, {}]


def test_the_announcement_comes_before_the_first_session_and_names_the_alarm() -> None:
    announced: list[tuple[tuple[str, ...], str, dict[str, int]]] = []
    with running(open_world()) as simulator:

        def announce(accounts: tuple[str, ...], alarm: str) -> None:
            announced.append((accounts, alarm, simulator.calls.of_call("sts:AssumeRoot")))

        looks.live(simulator, scope=ROOT, on_announce=announce)
    ((accounts, alarm, opened),) = announced
    assert set(accounts) == {member_id(1), member_id(2), member_id(3)}
    assert "organization-trail" in alarm
    assert opened == {}


def test_the_command_announces_and_writes_down(tmp_path: Path) -> None:
    with running(open_world()) as simulator:
        arguments = ("audit", "--org", "--assume-root", "--root-sessions", "ours.jsonl", "--format", "json")
        run = looks.command(*arguments, cwd=tmp_path, simulator=simulator)
    assert "about to open an AssumeRoot audit session in 3 member accounts" in run.err
    assert "alarms that will fire: " in run.err
    assert "AssumeRoot" not in run.out.split('"verdicts"', maxsplit=1)[0]
    lines = [json.loads(line) for line in (tmp_path / "ours.jsonl").read_text().splitlines()]
    assert {line["account"] for line in lines} == {member_id(1), member_id(2), member_id(3)}
    for line in lines:
        assert line["access_key_id"].startswith("ASIA")
        assert line["task_policy"] == TASK
        started, ends = (datetime.fromisoformat(line[name]) for name in ("started_at", "expires_at"))
        assert started.tzinfo is not None
        assert ends - started <= timedelta(seconds=930)
    assert not any("secret" in name or "token" in name for line in lines for name in line)


def test_two_runs_add_to_one_record(tmp_path: Path) -> None:
    with running(open_world(2)) as simulator:
        for _ in range(2):
            looks.command("audit", "--org", "--assume-root", cwd=tmp_path, simulator=simulator)
    lines = (tmp_path / "rootwarden-root-sessions.jsonl").read_text().splitlines()
    assert len({json.loads(line)["access_key_id"] for line in lines}) == 2


def test_a_record_that_cannot_be_written_opens_nothing_further(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with running(open_world(2)) as simulator:
        arguments = ("audit", "--org", "--assume-root", "--root-sessions", "file/ours.jsonl")
        run = looks.command(*arguments, cwd=tmp_path, simulator=simulator)
        assert run.complained(2, "file/ours.jsonl", "--root-sessions")
        assert simulator.calls.of_account(member_id(1)) == {}


def test_members_whose_policies_deny_root_stay_unknown() -> None:
    world = open_world()
    assert world.organization is not None
    deny = parts.deny_root_policy("p-denyrootall0", "DenyRoot", action="*", exempt_assumed_root=False)
    parts.attach(world.organization, world.organization.root.unit_id, deny)
    with running(world) as simulator:
        result = looks.judged(looks.live(simulator, scope=ROOT))
    seen = looks.verdicts(result)
    for number in (1, 2, 3):
        for rule in ("root-access-key", "root-mfa", "root-usage", "root-signing-certificate"):
            assert seen[member_id(number), rule] == "unknown"
    assert seen[looks.MANAGEMENT, "root-access-key"] == "pass"


def test_a_member_that_cannot_be_entered_stays_unknown_alone() -> None:
    with running(open_world()) as simulator:
        clean = looks.verdicts(looks.judged(looks.live(simulator, scope=ROOT)))
        simulator.knobs.add(Deny(account=member_id(2), call="sts:AssumeRoot"))
        told: list[RootSession] = []
        seen = looks.verdicts(looks.judged(looks.live(simulator, scope=ROOT, on_root_session=told.append)))
    changed = looks.differences(clean, seen)
    assert {account for account, _ in changed} == {member_id(2)}
    assert {after for _, after in changed.values()} == {"unknown"}
    assert {session.account for session in told} == {member_id(1), member_id(3)}


def test_session_secrets_never_show() -> None:
    with running(open_world(2)) as simulator:
        told: list[RootSession] = []
        collected = looks.live(simulator, scope=ROOT, on_root_session=told.append)
    shown = repr(collected) + repr(told) + msgspec.json.encode(told).decode()
    assert "secret" not in shown.casefold()
    assert "token" not in shown.casefold()
    assert told[0].started_at == NOW
    assert told[0].expires_at is not None
    assert told[0].expires_at.astimezone(UTC) > NOW


def test_a_role_and_root_sessions_exclude_each_other(tmp_path: Path) -> None:
    run = looks.command("audit", "--org", "--assume-root", "--role-name", "x", cwd=tmp_path, simulator=None)
    assert run.complained(2, "exclude each other")
