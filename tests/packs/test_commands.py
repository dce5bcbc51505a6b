"""Every command of ours that content tells the reader to run is one the program takes."""

from __future__ import annotations

import re
import shlex
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import pytest
import typer

from rootwarden.cli.main import app

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_COMMAND: Final = re.compile(r'^command = "(rootwarden [^"]*)"$', re.MULTILINE)


def commands(folder: Traversable) -> set[str]:
    found: set[str] = set()
    for one in folder.iterdir():
        if one.is_dir():
            found |= commands(one)
        elif one.name.endswith(".toml"):
            found |= set(_COMMAND.findall(one.read_text(encoding="utf-8")))
    return found


COMMANDS: Final = sorted(commands(resources.files("rootwarden.packs")))


def parsed(command: str) -> None:
    """Read the options and arguments of a command; nothing is run."""
    words = shlex.split(command)
    context: Any = None
    at: Any = typer.main.get_command(app)
    while hasattr(at, "get_command"):
        context = at.make_context(words.pop(0), [], parent=context, resilient_parsing=True)
        found = at.get_command(context, words[0]) if words else None
        if found is None:
            raise LookupError(command)
        at = found
    at.make_context(words.pop(0), words, parent=context)


def test_commands_are_found() -> None:
    assert len(COMMANDS) > 12


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_taken(command: str) -> None:
    parsed(command)


@pytest.mark.parametrize(
    "command",
    ["rootwarden iam admins --stop ROLE_ARN", "rootwarden iam admin", "rootwarden audit --no-such-option"],
)
def test_a_command_that_is_none_is_noticed(command: str) -> None:
    with pytest.raises(Exception, match=r"(?i)extra argument|iam admin|no such option"):
        parsed(command)
