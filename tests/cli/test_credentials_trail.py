"""`rootwarden credentials plan --trail`: what uses a key, as a simulated trail shows it, and what it cannot show."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from tests.cli.test_credentials import AS_OF, Shell
from tests.credentials.rig import full_world

from rootwarden.simulator import running
from rootwarden.simulator.moment import NOW
from rootwarden.simulator.trail.record import record, root_identity, user_identity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rootwarden.detect.filter_pattern import Event as Record

# An active key; a key, a password and devices; an inactive key and a certificate (`rig.fill`).
KEY_HOLDER, ALL_HOLDER, ASLEEP, PASSWORD_HOLDER = "000011110003", "000011110004", "000011110005", "000011110002"
TERRAFORM = "APN/1.0 HashiCorp/1.0 Terraform/1.9.8"


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """Evidence of fifteen members, collected once: what is planned from it changes nothing."""
    with running(full_world(15)) as simulator:
        made = Shell(tmp_path_factory.mktemp("shell"), simulator)
        assert made.plan("--save-evidence", "evidence")[0] == 0
        yield made


class Logs:
    """Log files of an organization trail, as S3 holds them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._random = Random(1)

    def put(self, name: str, *events: Record) -> Path:
        return self.spoil(name, gzip.compress(json.dumps({"Records": events}).encode()))

    def spoil(self, name: str, content: bytes) -> Path:
        path = self.folder / "AWSLogs" / "o-fake000000" / KEY_HOLDER / "CloudTrail" / "us-east-1" / "2026" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def used(self, key: str, call: str, *, days_ago: float, account: str = KEY_HOLDER, **more: Any) -> Record:
        """A call that root's long-term key signed."""
        at = NOW - timedelta(days=days_ago)
        identity = root_identity(account, key=key)
        return record(self._random, at, call, account=account, identity=identity, **more)

    def of_a_user(self) -> Record:
        identity = user_identity(KEY_HOLDER, "kim", "AKIAFAKEFAKEFAKEFAKE")
        return record(self._random, NOW, "s3:ListBuckets", account=KEY_HOLDER, identity=identity)


@pytest.fixture
def logs(tmp_path: Path) -> Logs:
    return Logs(tmp_path / "trail")


def planned(shell: Shell, logs: Logs, *more: str) -> tuple[int, dict[str, Any], str]:
    """Exit code, accounts of the plan by id, and everything that was said."""
    arguments = ("credentials", "plan", "--evidence", "evidence", *AS_OF.split(), "--wait", "0")
    code, said = shell.run(*arguments, "--trail", str(logs.folder), "-o", "with-trail.json", *more)
    plan = json.loads((shell.folder / "with-trail.json").read_text("utf-8")) if code in {0, 1, 3} else {"accounts": []}
    return code, {one["account"]: one for one in plan["accounts"]}, said


def key_of(account: str) -> str:
    return f"AKIAROOT{account}"


def test_a_key_that_the_trail_shows_in_use_is_moved_first(shell: Shell, logs: Logs) -> None:
    """IAM's own date is a year old here; the log is believed where it knows of a later use."""
    key = key_of(KEY_HOLDER)
    logs.put(
        "a.json.gz",
        logs.used(key, "s3:ListBuckets", days_ago=2, address="198.51.100.7", agent=TERRAFORM),
        logs.used(key, "s3:GetBucketPolicy", days_ago=3, address="198.51.100.7", agent=TERRAFORM),
        logs.used(key, "sqs:ListQueues", days_ago=40, address="203.0.113.9", region="eu-west-1"),
        logs.of_a_user(),
    )
    code, accounts, said = planned(shell, logs)
    assert code == 1
    assert accounts[KEY_HOLDER]["state"] == "blocked"
    (use,) = accounts[KEY_HOLDER]["uses"]
    assert (use["events"], use["services"]) == (3, {"s3": 2, "sqs": 1})
    assert use["operations"] == {"s3:GetBucketPolicy": 1, "s3:ListBuckets": 1, "sqs:ListQueues": 1}
    assert use["addresses"] == {"198.51.100.7": 2, "203.0.113.9": 1}
    assert use["agents"][TERRAFORM] == 2
    assert use["regions"] == {"eu-west-1": 1, "us-east-1": 2}
    assert f"move first: the key {key} was used on 2026-02-28T12:00:00Z; CloudTrail shows 3 events" in said
    assert f"for s3 (2), sqs (1); from 198.51.100.7 (2), 203.0.113.9 (1); with {TERRAFORM} (2)," in said
    assert "found: 1 key of root in use" in said
    waves = json.loads((shell.folder / "with-trail.json").read_text("utf-8"))["waves"]["waves"]
    assert KEY_HOLDER not in {account for wave in waves for account in wave["accounts"]}
    assert ALL_HOLDER in {account for wave in waves for account in wave["accounts"]}


def test_a_key_used_long_ago_goes_and_the_plan_says_what_for(shell: Shell, logs: Logs) -> None:
    key = key_of(KEY_HOLDER)
    logs.put("a.json.gz", logs.used(key, "s3:ListBuckets", days_ago=200, address="198.51.100.7", agent=TERRAFORM))
    code, accounts, said = planned(shell, logs)
    assert (code, accounts[KEY_HOLDER]["state"]) == (0, "ready")
    assert f"the key {key} was used last on 2025-08-14T12:00:00Z; CloudTrail shows 1 event for s3 (1)" in said
    assert f"the logs that were given show no use of the key {key_of(ALL_HOLDER)}" in said


def test_a_use_is_of_its_key_whatever_account_the_event_names(shell: Shell, logs: Logs) -> None:
    root = root_identity(KEY_HOLDER, key=key_of(KEY_HOLDER))
    nobody: Record = {**root, "accountId": None, "arn": None, "principalId": None}
    used = logs.used(key_of(KEY_HOLDER), "s3:ListBuckets", days_ago=2)
    logs.put("a.json.gz", {**used, "recipientAccountId": None, "userIdentity": nobody})
    code, accounts, _ = planned(shell, logs)
    assert (code, accounts[KEY_HOLDER]["state"]) == (1, "blocked")


def test_a_use_in_use_can_be_waived_in_writing(shell: Shell, logs: Logs) -> None:
    logs.put("a.json.gz", logs.used(key_of(KEY_HOLDER), "s3:ListBuckets", days_ago=2))
    code, accounts, said = planned(shell, logs, "--waive", f"{KEY_HOLDER}=ticket 17: the owner knows")
    assert (code, accounts[KEY_HOLDER]["state"]) == (0, "ready")
    assert "in use, and removed all the same: ticket 17: the owner knows" in said
    assert "CloudTrail shows 1 event for s3 (1)" in said


def test_a_log_that_cannot_be_read_is_unknown_and_never_unused(shell: Shell, logs: Logs) -> None:
    """Of who holds no key the log could tell nothing, so they are ready as before."""
    logs.put("a.json.gz", logs.used(key_of(ALL_HOLDER), "s3:ListBuckets", days_ago=2))
    logs.spoil("b.json.gz", gzip.compress(json.dumps({"Records": []}).encode())[:-9] + b"spoilt")
    code, accounts, said = planned(shell, logs)
    states = {account: one["state"] for account, one in accounts.items()}
    assert code == 1
    assert states[ALL_HOLDER] == "blocked"
    assert states[KEY_HOLDER] == states[ASLEEP] == "unknown"
    assert states[PASSWORD_HOLDER] == "ready"
    assert f"what CloudTrail shows of the key {key_of(KEY_HOLDER)} is not known: not read in full: `" in said
    assert "note: of the logs some could not be read in full" in said
    assert "show no use of the key" not in said
    assert all(accounts[each]["steps"] == [] for each in (ALL_HOLDER, KEY_HOLDER, ASLEEP))


def test_only_a_log_that_cannot_be_read_is_exit_code_3(shell: Shell, logs: Logs) -> None:
    logs.spoil("b.json.gz", b"no gzip at all")
    code, accounts, _ = planned(shell, logs)
    assert (code, accounts[KEY_HOLDER]["state"]) == (3, "unknown")


def test_an_event_without_a_time_is_unknown_and_never_long_ago(shell: Shell, logs: Logs) -> None:
    logs.put("a.json.gz", {**logs.used(key_of(KEY_HOLDER), "s3:ListBuckets", days_ago=2), "eventTime": "yesterday"})
    code, accounts, said = planned(shell, logs)
    assert (code, accounts[KEY_HOLDER]["state"]) == (3, "unknown")
    assert "CloudTrail shows 1 event, none with a time" in said


@pytest.mark.parametrize("harm", ["\x1b[2J\x1b]0;owned\x07", "a\u202eb", "\n000011110003: nothing is left"])
def test_what_a_caller_writes_into_the_log_is_made_harmless(shell: Shell, logs: Logs, harm: str) -> None:
    logs.put("a.json.gz", logs.used(key_of(KEY_HOLDER), "s3:ListBuckets", days_ago=2, agent=harm))
    code, accounts, said = planned(shell, logs)
    assert (code, list(accounts[KEY_HOLDER]["uses"][0]["agents"])) == (1, [harm])
    assert harm not in said


def test_logs_that_are_not_there_are_no_empty_logs(shell: Shell, logs: Logs) -> None:
    assert planned(shell, logs)[0] == 2
    logs.folder.mkdir()
    code, _, said = planned(shell, logs)
    assert code == 2
    assert "there is nothing to read" in said
