"""`rootwarden advise`: a simulated organization itself, and the evidence a live run saved of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.collect.looks import pointed_at
from typer.testing import CliRunner

from rootwarden.cli.main import app
from rootwarden.errors import UsageError
from rootwarden.simulator import running
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from pathlib import Path


def advised(*arguments: object) -> tuple[dict[str, Any], int]:
    done = CliRunner().invoke(app, ["advise", "--format", "json", *map(str, arguments)], standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    return json.loads(done.stdout), done.return_value


def states(found: dict[str, Any]) -> dict[str, str]:
    return {one["id"]: one["state"] for one in found["advice"]}


@pytest.mark.parametrize(
    ("world", "expected"),
    [
        ("forgotten_mailbox", {"iam-trusted-access": "not-done", "central-root-management": "unknown"}),
        (
            "greenfield",
            {
                "central-root-management": "done",
                "root-sessions": "done",
                "member-root-credentials-removed": "done",
                "iam-trusted-access": "done",
            },
        ),
        ("breached", {"root-keys-deleted": "not-done"}),
    ],
)
def test_live_and_from_saved_evidence(world: str, expected: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    with running(make_world(world, 5)) as simulator, pointed_at(simulator):
        live, code = advised("--org", "--save-evidence", folder)
    told = states(live)
    assert {name: told[name] for name in expected} == expected
    assert code == (1 if "not-done" in told.values() else 3)
    again, _ = advised("--evidence", folder)
    assert states(again) == told
    assert [(one["id"], one["native"], one["both"]) for one in again["scenarios"]] == [
        (one["id"], one["native"], one["both"]) for one in live["scenarios"]
    ]


def test_an_organization_nobody_may_look_at_is_not_known(tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    folder.mkdir()
    (folder / "accounts").mkdir()
    account = folder / "accounts" / "111111111111"
    account.mkdir()
    (account / "account-summary.json").write_text('{"SummaryMap": {"AccountMFAEnabled": 1}}')
    found, code = advised("--evidence", folder, "--as-of", "2026-03-02")
    told = states(found)
    assert code in (1, 3)
    assert told["central-root-management"] == told["root-deny-scp"] == "unknown"
    assert "done" not in {told[name] for name in told if name != "root-mfa"}


def test_a_format_there_is_not() -> None:
    with pytest.raises(UsageError, match="no report format `xml`"):
        advised("--format", "xml")
