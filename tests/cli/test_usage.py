"""What the command line says to somebody who mistyped, run as a process."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from rootwarden import __version__
from rootwarden.cli.looking import Look, look
from rootwarden.cli.rule_choice import chosen_rules
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

STARTER = 'import sys; sys.argv[0] = "anything"; from rootwarden.cli.main import main; main()'


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", STARTER, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("asked", ["--version", "version"])
def test_the_version(asked: str) -> None:
    done = run(asked)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{__version__}\n", "")


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (("--no-such",), "rootwarden"),
        (("no-such",), "rootwarden"),
        (("audit", "--no-such"), "rootwarden audit"),
        (("audit", "--workers", "many"), "rootwarden audit"),
        (("rule", "no-such"), "rootwarden rule"),
        (("rule", "show"), "rootwarden rule show"),
    ],
)
def test_the_hint_names_the_command_that_was_typed(arguments: tuple[str, ...], command: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == f"hint: `{command} --help` lists what there is"


@pytest.mark.parametrize("group", [(), ("guardrails",), ("credentials",), ("breakglass", "custody")])
def test_what_a_command_does_is_told_whole(group: tuple[str, ...]) -> None:
    done = run(*group, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    commands = done.stdout.partition("Commands:")[2]
    assert commands
    assert "..." not in commands


def test_the_first_screen_says_where_to_begin() -> None:
    assert "`rootwarden demo`" in run().stderr


@pytest.mark.parametrize(
    "options",
    [
        ("--external-id", "x"),
        ("--role-name", "x"),
        ("--assume-root",),
        ("--save-evidence", "x"),
        ("--declarations", "x"),
        ("--root-sessions", "x"),
        ("--workers", "3"),
        ("--account-timeout", "3"),
    ],
)
@pytest.mark.parametrize("source", ["--evidence", "--credential-report"])
def test_what_only_a_live_run_heeds_is_refused_without_one(
    source: str, options: tuple[str, ...], tmp_path: Path
) -> None:
    done = run("audit", source, str(tmp_path), *options)
    assert done.returncode == 2
    assert f"error: {options[0]} needs a live run" in done.stderr


def test_an_external_id_wants_a_role() -> None:
    with pytest.raises(UsageError, match="--external-id is for a role"):
        look(Look(external_id="x"), chosen_rules(wanted=["root-mfa"]), tags=False, tree=False)
