"""Commands in the documentation do what it says they do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import botocore.session
import pytest
from botocore import xform_name
from tests.docs.pages import AT_THE_TOP, ROOT, blocks, label, pages, text
from tests.docs.terminal import NOT_RUN, console_blocks, steps, terminal, with_real_output

if TYPE_CHECKING:
    from pathlib import Path

WITH_CONSOLE = [page for page in pages() if console_blocks(page)]
WITH_SHELL = [page for page in pages() if blocks(page, "sh")]
# Commands of the AWS CLI that are not an operation of the service.
AWS_CUSTOM = {("sso", "login"), ("configure", "list-profiles"), ("cloudtrail", "validate-logs")}


def shell_lines(page: Path) -> list[str]:
    return [
        line.partition("  #")[0].strip().removeprefix(".venv/bin/")
        for block in blocks(page, "sh")
        if "aws " not in block.text
        for line in block.text.splitlines()
        if line.strip()
    ]


@pytest.mark.parametrize("page", WITH_CONSOLE, ids=label)
def test_the_output_shown_is_the_real_one(page: Path, demo: Path) -> None:
    assert text(page) == with_real_output(page, demo), "python -m tests.docs.regenerate, and read the difference"


@pytest.mark.parametrize("page", WITH_SHELL, ids=label)
def test_commands_run(page: Path, demo: Path) -> None:
    with terminal(page, demo) as shell:
        for line in shell_lines(page):
            if line.startswith(NOT_RUN):
                continue
            done = shell.run(line)
            assert done.code in (0, 1, 3), f"{line}\n{done.stderr}"
            assert "error:" not in done.stderr, f"{line}\n{done.stderr}"


def test_the_first_screen_is_a_run() -> None:
    first = console_blocks(ROOT / "README.md")[0]
    before = text(ROOT / "README.md").partition("```console")[0]
    assert len(before.splitlines()) + len(first.splitlines()) <= 48
    assert steps(first)[0].command.startswith("rootwarden demo")


def test_every_command_not_run_is_known() -> None:
    skipped = {line.split()[0] for page in WITH_SHELL for line in shell_lines(page) if line.startswith(NOT_RUN)}
    assert skipped <= {".", "make", "pip", "python", "git", "pytest"}


def test_make_targets_exist() -> None:
    makefile = ROOT / "Makefile"
    named = {name for page in pages() for name in re.findall(r"(?:^|`)make ([a-z]+)", text(page), re.MULTILINE)}
    there = set(re.findall(r"^([a-z]+)\s*:", makefile.read_text(encoding="utf-8"), re.MULTILINE))
    assert named <= there


def test_commands_of_the_aws_cli_exist() -> None:
    session = botocore.session.Session()
    hand_written = [ROOT / name for name in AT_THE_TOP] + list((ROOT / "docs").rglob("*.md"))
    found = {
        (service, operation)
        for page in hand_written
        for service, operation in re.findall(r"\baws ([a-z][a-z0-9-]+) ([a-z]+-[a-z0-9-]+)", text(page))
    }
    assert len(found) > 10
    for service, operation in found - AWS_CUSTOM:
        api = {"s3api": "s3"}.get(service, service)
        known = {xform_name(name, "-") for name in session.get_service_model(api).operation_names}
        assert operation in known, f"aws {service} {operation}"


def test_examples_in_python_are_run() -> None:
    """Each is a file that a console block runs, or is executed by the test of its own page."""
    elsewhere = {"docs/simulator.md"}
    for page in pages():
        if label(page) in elsewhere:
            continue
        shown = "".join(console_blocks(page))
        for block in blocks(page, "python"):
            assert f"$ python {block.name}\n" in shown, f"{label(page)}: {block.text[:60]}"
