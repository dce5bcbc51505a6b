"""Promises the documentation makes in prose, kept by the program."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.docs.pages import DOCS
from tests.docs.terminal import DEMO, terminal

from rootwarden.collect.plan import MANAGEMENT_ACTIONS, MEMBER_ACTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.docs.terminal import AwsTerminal

MANAGEMENT = "000011110000"
MEMBER = "000011110004"


@pytest.fixture(scope="module")
def shell(demo: Path) -> Iterator[AwsTerminal]:
    with terminal(DOCS / "configuration.md", demo) as opened:
        yield opened


def calls(shell: AwsTerminal) -> dict[str, set[str]]:
    """Operations asked since the last time, by the account whose credentials signed."""
    made: dict[str, set[str]] = {}
    for account, call in shell.simulator.calls.snapshot():
        made.setdefault(account, set()).add(call)
    return made


def test_the_permissions_are_those_of_the_calls_made(shell: AwsTerminal) -> None:
    shell.simulator.calls.reset()
    assert shell.run("rootwarden audit --org --pack all --config rootwarden.toml").code == 1
    made = calls(shell)
    asked = {call for call in made[MANAGEMENT] if not call.startswith("sts:")}
    assert asked == set(MANAGEMENT_ACTIONS)
    assert made[MEMBER] <= set(MEMBER_ACTIONS)


def test_each_account_is_asked_with_its_own_credentials(shell: AwsTerminal) -> None:
    shell.simulator.calls.reset()
    shell.run("rootwarden audit --org --rule root-mfa")
    made = calls(shell)
    active = {each for each in shell.simulator.world.account_ids if each not in ("000011110008", "000011110009")}
    assert {account for account, operations in made.items() if "iam:GetAccountSummary" in operations} == active


def test_a_replay_of_saved_evidence_gives_the_same_bytes(shell: AwsTerminal) -> None:
    live = shell.run("rootwarden audit --org --save-evidence kept --format json")
    replayed = shell.run("rootwarden audit --evidence kept --format json")
    assert verdicts(live.stdout) == verdicts(replayed.stdout)
    assert live.code == replayed.code == 1


def verdicts(printed: str) -> str:
    return json.dumps(json.loads(printed)["verdicts"])


def test_no_root_session_is_opened_for_nothing(shell: AwsTerminal) -> None:
    shell.simulator.calls.reset()
    done = shell.run("rootwarden audit --org --assume-root --rule root-email --root-sessions none.jsonl")
    assert "sts:AssumeRoot" not in calls(shell)[MANAGEMENT]
    assert not (shell.folder / "none.jsonl").exists()
    assert done.stderr == ""


def test_sessions_are_written_down(shell: AwsTerminal) -> None:
    shell.simulator.calls.reset()
    shell.run("rootwarden audit --org --assume-root --rule root-mfa --root-sessions some.jsonl")
    lines: list[dict[str, Any]] = [
        json.loads(line) for line in (shell.folder / "some.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert MANAGEMENT not in {line["account"] for line in lines}
    assert MEMBER in {line["account"] for line in lines}
    assert len({line["access_key_id"] for line in lines}) == len(lines) == 10


def test_accounts_that_no_rule_asks_anything_are_not_unreadable(shell: AwsTerminal) -> None:
    done = shell.run("rootwarden audit --org --rule root-central-management")
    assert (done.code, done.stderr) == (0, "")


def test_the_region_of_the_environment_is_read(shell: AwsTerminal) -> None:
    done = shell.run("AWS_REGION=nowhere AWS_DEFAULT_REGION=us-east-1 rootwarden audit")
    assert done.code == 2
    assert "`nowhere` is not an AWS region" in done.stderr


def test_an_exception_for_a_rule_left_out_gives_no_warning(demo: Path) -> None:
    with terminal(DOCS / "exceptions.md", demo) as opened:
        command = f"rootwarden audit --evidence {DEMO}/evidence --exceptions exceptions.toml"
        assert opened.run(command).stderr.count("warning: the exception") == 2
        assert opened.run(f"{command} --rule root-mfa").stderr.count("warning: the exception") == 0


def test_help_is_no_error(shell: AwsTerminal) -> None:
    done = shell.run("rootwarden")
    assert done.code == 2
    assert done.stderr.startswith("Usage: rootwarden")
