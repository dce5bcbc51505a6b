"""`rootwarden detection` as its user sees it."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from typer.testing import CliRunner

from rootwarden.cli.detection import app
from rootwarden.detect.event_pattern import read_event_pattern
from rootwarden.detect.export.loss import Loss
from rootwarden.detect.filter_parser import read_filter_pattern
from rootwarden.detect.visits.detection import Accounts, Topic
from rootwarden.errors import RootwardenError
from rootwarden.packs import detections, playbooks

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

    from rootwarden.detect.visits.playbook import Playbook

ARN = "arn:aws:secretsmanager:eu-west-1:000011112222:secret:root-AbCdEf"
OWN = """
id = "own"
title = "Root made a user"
topic = "visit"
who = "root"
severity = "page"
reason = "it stays"
false_positives = "none"
misses = "roles"
playbook = "root-used"
[pattern]
eventSource = ["iam.amazonaws.com"]
eventName = ["CreateUser", "CreateGroup"]
[[case]]
name = "a user"
fits = true
caller = "console"
record = { eventName = "CreateUser" }
"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


def refused(*arguments: object) -> RootwardenError:
    error = run(*arguments).exception
    assert isinstance(error, RootwardenError)
    return error


def test_the_list_names_every_detection_and_which_sleeps() -> None:
    lines = run("list").stdout.splitlines()
    assert [line.split()[1] for line in lines] == [one.id for one in detections()]
    (sleeping,) = (line for line in lines if "asleep" in line)
    assert sleeping.startswith("toward_root  password-store-read  ")
    assert sleeping.endswith("  page    A stored root password was read (asleep: declare password_stores)")
    assert "asleep" not in run("list", "--declare", f"password_stores={ARN}").stdout


def test_the_list_is_narrowed_by_topic_and_read_by_machines() -> None:
    printed = json.loads(run("list", "--topic", "blind", "--topic", "widen", "--format", "json").stdout)
    assert printed["schema"] == "rootwarden.detections/1"
    expected = [one.id for one in detections() if one.topic in {Topic.BLIND, Topic.WIDEN}]
    assert [one["id"] for one in printed["detections"]] == expected
    assert set(printed["detections"][0]) == {
        *("id", "title", "topic", "who", "severity", "names", "sources", "playbook", "undeclared")
    }


@pytest.mark.parametrize("detection", detections(), ids=lambda one: one.id)
def test_every_detection_is_shown(detection: Any) -> None:
    shown = run("show", detection.id).stdout
    assert shown.startswith(f"{detection.id} ({detection.severity}): {detection.title}")
    for said in (detection.reason, detection.misses, detection.false_positives, detection.cases[0].name):
        assert said in shown
    assert all(name in shown for name in detection.names)
    printed = json.loads(run("show", detection.id, "--format", "json").stdout)
    assert printed["schema"] == "rootwarden.detection/1"
    assert read_event_pattern(msgspec.json.encode(printed["pattern"]).decode()).matches({}) is False


def test_what_is_not_there_is_named() -> None:
    assert refused("show", "root-mfa-change").hint == "did you mean `root-mfa-changed`?"
    assert refused("export", "nothing-like-it").message == "there is no detection `nothing-like-it`"
    assert refused("list", "--declare", "password_stores").message == "`password_stores` is not NAME=VALUE"
    assert refused("list", "--declare", "pasword_stores=x").hint == "did you mean `password_stores`?"


def test_the_shipped_cases_hold() -> None:
    done = run("test", "--mutate")
    assert done.exit_code == 0
    cases, changes = done.stdout.splitlines()
    assert cases.endswith(" cases, 0 wrong")
    assert changes.endswith(" mutants, 0 survive")


def test_wrong_cases_and_unnoticed_changes_are_named(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(OWN, encoding="utf-8")
    assert run("test", file).stdout == "1 case, 0 wrong\n"
    assert run("test", file).exit_code == 0
    changed = run("test", file, "--mutate")
    assert changed.exit_code == 1
    assert "own: survives: leaves out `CreateGroup` for `eventName`" in changed.stdout
    file.write_text(OWN.replace("fits = true", "fits = false"), encoding="utf-8")
    wrong = run("test", file, "--mutate")
    assert wrong.exit_code == 1
    assert wrong.stdout == "own: `a user`: `fits = false`, and it fits\n1 case, 1 wrong\n"


def test_a_file_that_would_not_be_found_again_is_noted(tmp_path: Path) -> None:
    file = tmp_path / "other.toml"
    file.write_text(OWN, encoding="utf-8")
    done = run("test", file)
    assert done.exit_code == 0
    assert done.stderr == f"note: `{file}` holds `own`: a shipped detection is named after its id\n"
    (tmp_path / "own.toml").write_text(OWN.replace('"root-used"', '"root-usd"'), encoding="utf-8")
    assert run("test", tmp_path / "own.toml").stderr == (
        "note: `own` leads to the playbook `root-usd`, which is not there; did you mean `root-used`?\n"
    )


def test_playbooks_are_listed() -> None:
    assert [line.split()[0] for line in run("playbook").stdout.splitlines()] == [one.id for one in playbooks()]


@pytest.mark.parametrize("kind", list(Accounts))
@pytest.mark.parametrize("playbook", playbooks(), ids=lambda one: one.id)
def test_a_playbook_tells_every_step_that_concerns_an_account(playbook: Playbook, kind: Accounts) -> None:
    shown = run("playbook", playbook.id, "--account", kind.value).stdout
    assert shown.startswith(f"{playbook.id}: {playbook.title}\n{playbook.when}\n")
    for step in playbook.steps:
        told = f"{step.what} ({step.who})" in shown
        assert told == (kind is Accounts.ANY or any(step.what == one.what for one in playbook.steps_for(kind)))
    for step in playbook.steps_for(kind):
        assert f"why: {step.why}\n      it worked when: {step.check}" in shown
        assert not step.command or f"      $ {shlex.join(step.command)}\n" in shown


def test_steps_of_one_kind_of_account_say_so_unless_it_was_named() -> None:
    step = next(one for one in root_key().steps if one.accounts == (Accounts.MEMBER,))
    assert f"[member] {step.what}" in run("playbook", "root-key").stdout
    assert "[member]" not in run("playbook", "root-key", "--account", "member").stdout


def test_a_playbook_that_is_not_there() -> None:
    assert refused("playbook", "rootkey").message == "there is no playbook `rootkey`"
    assert refused("playbook", "rootkey").hint == "did you mean `root-key`?"
    assert refused("playbook", "x").hint == "`rootwarden detection playbook` lists them"


def root_key() -> Playbook:
    (found,) = (one for one in playbooks() if one.id == "root-key")
    return found


def test_a_file_of_the_users_own_is_exported(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(OWN, encoding="utf-8")
    printed = json.loads(run("export", file, "--format", "eventbridge").stdout)
    (export,) = printed["exports"]
    assert export["detection"] == "own"
    pattern = json.loads(export["patterns"][0])
    assert pattern["detail-type"] == [
        "AWS API Call via CloudTrail",
        "AWS Console Sign In via CloudTrail",
        "AWS Console Signin via CloudTrail",
    ]
    assert pattern["detail"]["eventName"] == ["CreateUser", "CreateGroup"]


@pytest.mark.parametrize("language", ["eventbridge", "metric-filter"])
def test_all_that_are_awake_are_exported(language: str) -> None:
    done = run("export", "--format", language)
    assert done.stderr == "note: `password-store-read` is left out: `password_stores` is not declared\n"
    printed = json.loads(done.stdout)
    assert (printed["schema"], printed["format"]) == ("rootwarden.detection-export/1", language)
    awake = [one.id for one in detections() if not one.undeclared]
    assert [one["detection"] for one in printed["exports"]] == awake
    read = read_event_pattern if language == "eventbridge" else read_filter_pattern
    for export in printed["exports"]:
        assert {str(one) for one in Loss} > set(export["lost"]) > set()
        assert [read(text) for text in export["patterns"]]


def test_sigma_rules_come_as_documents_with_what_is_lost_in_comments() -> None:
    done = run("export", "root-closed-account", "root-sign-in")
    first, second = done.stdout.split("---\n")
    assert first.startswith("# lost: ")
    assert 'title: "Root closed the account, or tried"' in first
    assert 'title: "Root signed in"' in second


def test_an_export_that_needs_a_declaration_says_so() -> None:
    error = refused("export", "password-store-read")
    assert error.message == "the detection `password-store-read` means nothing before `password_stores` is declared"
    assert error.hint == "give the values with `--declare password_stores=VALUE`"
    done = run("export", "password-store-read", "--declare", f"password_stores={ARN}")
    assert f'"{ARN}"' in done.stdout
