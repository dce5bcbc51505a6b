"""The options that say what to look at, shared: each reaches the `Look`, and a command has those it says it has."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import pytest
import typer
from typer.core import TyperGroup
from typer.testing import CliRunner

from rootwarden.cli.look_options import looking
from rootwarden.cli.looking import Look
from rootwarden.cli.main import app as program

GIVEN = {
    "evidence": Path("folder"),
    "credential_report": Path("report.csv"),
    "accounts": "111111111111",
    "org": True,
    "role_name": "Audit",
    "assume_root": True,
    "root_sessions": Path("sessions.jsonl"),
    "external_id": "secret",
    "profile": "prod",
    "region": "eu-central-1",
    "as_of": "2026-03-02",
    "declarations": Path("declared.json"),
    "save_evidence": Path("kept"),
    "workers": 3,
    "account_timeout": 7.5,
}


def typed(name: str, value: object) -> list[str]:
    option = f"--{name.replace('_', '-')}"
    return [option] if value is True else [option, str(value)]


def run(*arguments: str, without: tuple[str, ...] = ()) -> tuple[list[Look], str]:
    """A command of one more option, run with these arguments: the `Look` it took, and what was said."""
    taken: list[Look] = []
    app = typer.Typer()

    @app.command()
    @looking(*without)
    def tell(*, asked: Look, loud: Annotated[bool, typer.Option("--loud")] = False) -> int:
        taken.append(asked)
        return int(loud)

    done = CliRunner().invoke(app, list(arguments))
    return taken, done.output


def test_every_field_has_an_option_and_every_option_reaches_its_field() -> None:
    assert GIVEN.keys() == {field.name for field in msgspec.structs.fields(Look)}
    (everything,), _ = run(*(part for name, value in GIVEN.items() for part in typed(name, value)), "--loud")
    assert msgspec.structs.asdict(everything) == GIVEN
    (nothing,), _ = run()
    assert nothing == Look()


@pytest.mark.parametrize("name", GIVEN)
def test_an_option_that_is_left_out_is_none(name: str) -> None:
    taken, said = run(*typed(name, GIVEN[name]), without=(name,))
    assert not taken
    assert "No such option" in said
    (usual,), _ = run(without=(name,))
    assert getattr(usual, name) == getattr(Look(), name)


@pytest.mark.parametrize(
    ("command", "without"),
    [
        ("audit", set()),
        ("advise", {"credential_report"}),
        ("collect", {"evidence", "credential_report", "as_of", "save_evidence"}),
    ],
)
def test_the_commands_have_them(command: str, without: set[str]) -> None:
    group = typer.main.get_command(program)
    assert isinstance(group, TyperGroup)
    parameters = {one.name for one in group.commands[command].params}
    assert GIVEN.keys() - parameters == without
