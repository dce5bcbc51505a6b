"""BG-17: a task session is opened by its recipient's own client, under the name of the lease."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from rootwarden.aws.door import Door
from rootwarden.breakglass.client.task_session import TaskSession, open_task_session
from rootwarden.errors import AccessError, InputError
from rootwarden.facts.instant import parse_instant
from rootwarden.simulator import running
from rootwarden.simulator.identities import Role
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from rootwarden.aws.calls import Call, JsonObject

LEASE = "lease-00000000000a"


def test_the_role_is_assumed_under_the_lease_and_root_for_one_task(monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_world("greenfield", 4)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", world.credentials.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", world.credentials.secret_access_key)
    role = Role(name="tasks", create_date=world.now, trusted_accounts=(world.management_id,))
    world.account(world.management_id).roles.append(role)
    member = next(one for one in world.account_ids if one != world.management_id)
    arn = f"arn:aws:iam::{world.management_id}:role/tasks"
    asked: list[tuple[str, dict[str, Any]]] = []
    with running(world) as simulator:
        door = Door(endpoint=simulator.endpoint, region="eu-west-1")
        plain = door.ask

        def ask(call: Call, **rest: Any) -> JsonObject:
            asked.append((call.operation, call.parameters))
            return plain(call, **rest)

        monkeypatch.setattr(door, "ask", ask)
        fields: dict[str, Any] = {"account": member, "role": arn, "task_policy": "S3UnlockBucketPolicy"}
        made = open_task_session(door, lease=LEASE, **fields)
        assert made.account == member
        assert [name for name, _ in asked] == ["AssumeRole", "AssumeRoot"]
        assert (asked[0][1]["SourceIdentity"], asked[0][1]["RoleArn"]) == (LEASE, arn)
        assert asked[1][1] == {
            "TargetPrincipal": member,
            "TaskPolicyArn": {"arn": "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy"},
            "DurationSeconds": 900,
        }
        for wrong, error in (
            ({"role": arn.replace("tasks", "none")}, AccessError),
            ({"account": world.management_id}, AccessError),
            ({"role": "tasks"}, InputError),
            ({"task_policy": "../x"}, InputError),
        ):
            with pytest.raises(error):
                open_task_session(door, lease=LEASE, **{**fields, **wrong})


def test_credentials_are_printed_for_programs_and_shells_and_nowhere_else() -> None:
    expires = parse_instant("2026-03-02T08:15:00Z")
    assert expires is not None
    made = TaskSession(
        account="111122223333",
        task_policy="S3UnlockBucketPolicy",
        access_key_id="ASIAFAKE000000000001",
        secret_access_key="fake/secret+key",
        session_token="fake==token",
        expires_at=expires,
    )
    assert "fake/secret" not in f"{made} {made!r}"
    assert msgspec.json.decode(made.for_process()) == {
        "Version": 1,
        "AccessKeyId": "ASIAFAKE000000000001",
        "SecretAccessKey": "fake/secret+key",
        "SessionToken": "fake==token",
        "Expiration": "2026-03-02T08:15:00Z",
    }
    assert made.for_shell().decode().splitlines()[1] == "export AWS_SECRET_ACCESS_KEY='fake/secret+key'"
