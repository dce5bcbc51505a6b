"""A terminal for the commands of the documentation: a scrubbed environment, a folder, a simulated AWS."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from tests.docs.pages import ROOT, blocks, text

from rootwarden.simulator import running
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.simulator import Simulator

DEMO = "demo-output"
# Commands of the pages that are not run: they set a machine up, publish, or need the real AWS CLI.
NOT_RUN = (". .venv/", "git ", "make ", "python3.11 -m venv", "pip ", ".venv/bin/pip ", "aws ", "pytest ", "python -m ")
_STARTER = 'import sys; sys.argv[0] = "rootwarden"; from rootwarden.cli.main import main; main()'
# Help is asked of more than a hundred commands: in one process, which imports the program once.
_HELP = """
import contextlib, io, json, sys
from rootwarden.cli.main import main

def said(command):
    sys.argv = ["rootwarden", *command.split(), "--help"]
    with contextlib.redirect_stdout(io.StringIO()) as out:
        try:
            main()
        except SystemExit as end:
            return end.code, out.getvalue()

print(json.dumps([said(command) for command in json.load(sys.stdin)]))
"""
_CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Ran(NamedTuple):
    """What a command said, and its exit code."""

    stdout: str
    stderr: str
    code: int

    @property
    def shown(self) -> str:
        """Everything, results first."""
        return self.stdout + self.stderr


class Step(NamedTuple):
    """A command of a console block and the output the page shows."""

    command: str
    output: str


class Terminal:
    """Runs commands in one folder.

    Args:
        folder: The working folder.
        environment: All there is of an environment.
    """

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self._environment = environment

    def run(self, command: str) -> Ran:
        """Run a line of shell."""
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            timeout=120,
            check=False,
            encoding="utf-8",
        )
        return Ran(done.stdout, done.stderr, done.returncode)

    def helps(self, commands: list[str]) -> list[str]:
        """What each command says with `--help`, asked in one process."""
        done = subprocess.run(
            [sys.executable, "-c", _HELP],
            input=json.dumps(commands),
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            timeout=120,
            check=True,
            encoding="utf-8",
        )
        answers = [(code, said) for code, said in json.loads(done.stdout)]
        assert {code for code, _ in answers} == {0}, done.stderr
        return [said for _, said in answers]


class AwsTerminal(Terminal):
    """A terminal whose AWS is a simulated organization of twelve accounts."""

    def __init__(self, folder: Path, environment: dict[str, str], simulator: Simulator) -> None:
        super().__init__(folder, environment)
        self.simulator = simulator


@contextmanager
def terminal(page: Path, demo: Path) -> Iterator[AwsTerminal]:
    """A terminal as the reader of a page has it: after `rootwarden demo`, with the files the page names beside it."""
    with TemporaryDirectory() as made, running(make_world("patchwork", 12)) as simulator:
        home = Path(made)
        folder = home / "work"
        folder.mkdir()
        (folder / DEMO).symlink_to(demo / DEMO)
        for block in blocks(page, "toml", "json", "text", "python"):
            if block.name:
                (folder / block.name).write_text(block.text, encoding="utf-8")
        (folder / "report.csv").write_bytes(_credential_report(demo / DEMO / "evidence" / "accounts" / "000011110005"))
        key = simulator.world.credentials
        (home / "config").write_text(
            f"[profile audit]\naws_access_key_id = {key.access_key_id}\n"
            f"aws_secret_access_key = {key.secret_access_key}\n",
            encoding="utf-8",
        )
        yield AwsTerminal(
            folder,
            {
                **_environment(home),
                "AWS_ENDPOINT_URL": simulator.endpoint,
                "AWS_ACCESS_KEY_ID": key.access_key_id,
                "AWS_SECRET_ACCESS_KEY": key.secret_access_key,
                "AWS_CONFIG_FILE": str(home / "config"),
            },
            simulator,
        )


@contextmanager
def offline() -> Iterator[Terminal]:
    """A terminal in an empty folder, without AWS."""
    with TemporaryDirectory() as made:
        (Path(made) / "work").mkdir()
        yield Terminal(Path(made) / "work", _environment(Path(made)))


def make_demo(folder: Path) -> Path:
    """Run `rootwarden demo` once for all pages; gives the folder it was run in."""
    with offline() as shell:
        done = shell.run(f"rootwarden demo --output {folder / DEMO}")
    assert done.code == 0, done.stderr
    return folder


def steps(block: str) -> list[Step]:
    """The commands of a console block with the output under each; a `\\` at the end of a line goes on in the next."""
    found: list[list[str]] = []
    continued = False
    for line in block.splitlines(keepends=True):
        if line.startswith("$ "):
            found.append([line[2:], ""])
        elif continued:
            found[-1][0] += line
        else:
            found[-1][1] += line
        continued = line.endswith("\\\n") and (line.startswith("$ ") or continued)
    return [Step(command.rstrip("\n"), output) for command, output in found]


def console_blocks(page: Path) -> list[str]:
    """The insides of a page's console blocks."""
    return _CONSOLE.findall(text(page))


def with_real_output(page: Path, demo: Path) -> str:
    """The page with the output of every console block as it is now."""
    with terminal(page, demo) as shell:
        return _CONSOLE.sub(lambda match: f"```console\n{_played(shell, match[1])}```", text(page))


def _played(shell: Terminal, block: str) -> str:
    return "".join(f"$ {step.command}\n{shell.run(step.command).shown}" for step in steps(block))


def _environment(home: Path) -> dict[str, str]:
    programs = home / "bin"
    programs.mkdir()
    for name, call in {"rootwarden": f"-c '{_STARTER}'", "python": ""}.items():
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {call} "$@"\n', encoding="utf-8")
        program.chmod(0o755)
    return {
        "PATH": f"{programs}:/usr/bin:/bin",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "COLUMNS": "100",
        "PYTHONPATH": str(ROOT / "src"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _credential_report(account: Path) -> bytes:
    """A decoded report, as people have it on disk."""
    answer = json.loads((account / "credential-report.json").read_text(encoding="utf-8"))
    return base64.b64decode(answer["Content"])
