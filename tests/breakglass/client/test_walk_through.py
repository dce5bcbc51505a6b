"""Every command of docs/break-glass.md exists, with its options."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from rootwarden.cli.main import app

PAGE = Path(__file__).parents[3] / "docs" / "break-glass.md"
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
LINES = [line for kind, block in BLOCKS if not kind for line in block.splitlines() if line.startswith("rootwarden ")]


def test_the_page_walks_through_more_than_a_few() -> None:
    assert len(LINES) > 25


@pytest.mark.parametrize("line", LINES)
def test_a_command_of_the_page_is_there(line: str) -> None:
    words = shlex.split(line.partition("  #")[0].partition(" >")[0])[1:]
    command: Any = typer.main.get_command(app)
    while words and (commands := getattr(command, "commands", {})):
        assert words[0] in commands, line
        command = commands[words.pop(0)]
    assert not hasattr(command, "commands"), line
    known = {name for parameter in command.params for name in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known
