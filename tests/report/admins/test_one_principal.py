"""`rootwarden iam admins` on one principal, run as a process: what is told of it, and what would stop it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import jsonschema
import pytest
from tests.collect.looks import command
from tests.docs.pages import DOCS
from tests.iam.admins.drawn_account import arn
from tests.iam.admins.test_stopping import DEV, FULL, FUNCTIONS, LAMBDA, PASS, READ, dump_of

from rootwarden.report import stopping

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.collect.looks import Run

SCHEMA: Final = DOCS / "reports" / "admins-stop-1.schema.json"
DEPLOY: Final = arn("role", "deploy")
READS: Final = arn("role", "reads")
DUMP: Final = dump_of([PASS, FUNCTIONS], ("deploy", LAMBDA, [FULL]), ("reads", LAMBDA, READ))


def run(folder: Path, *arguments: str) -> Run:
    (folder / "dump.json").write_text(json.dumps(DUMP))
    return command("iam", "admins", "--authorization-details", "dump.json", *arguments, cwd=folder)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("principal.txt", ["--principal", DEV]),
        ("principal.json", ["--principal", DEV, "--format", "json"]),
        ("stop.txt", ["--principal", DEV, "--stop"]),
        ("stop.json", ["--principal", DEV, "--stop", "--format", "json"]),
        ("stop-spare.txt", ["--principal", DEV, "--stop", "--spare", READS]),
        ("stop-direct.txt", ["--principal", DEPLOY, "--stop"]),
        ("stop-nothing.txt", ["--principal", READS, "--stop"]),
    ],
)
def test_what_is_said(tmp_path: Path, name: str, arguments: list[str], golden: Callable[[str, str], None]) -> None:
    done = run(tmp_path, *arguments)
    assert (done.code, done.err) == (0, "")
    golden(f"admins-one-{name}", done.out)


def stopped(folder: Path, *arguments: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(run(folder, *arguments, "--stop", "--format", "json").out)
    return made


def test_the_answer_is_what_the_schema_says(tmp_path: Path) -> None:
    assert SCHEMA.read_text("utf-8") == stopping.json_schema()
    schema = json.loads(SCHEMA.read_text("utf-8"))
    for who in (DEV, DEPLOY, READS):
        jsonschema.validate(stopped(tmp_path, "--principal", who), schema)


def test_every_field_is_documented() -> None:
    text = (DOCS / "iam-stopping.md").read_text("utf-8") + (DOCS / "iam-admins.md").read_text("utf-8")
    schema = json.loads(stopping.json_schema())
    # A policy is written as AWS writes policies.
    parts = {name: part for name, part in schema["$defs"].items() if not name.endswith("Text")}
    fields = {name for part in parts.values() for name in part.get("properties", ())}
    assert {"remedies", "denies", "linted"} <= fields
    assert {name for name in fields if f"`{name}" not in text} == set()


def test_who_is_spared(tmp_path: Path) -> None:
    spares = [
        next(one for one in found["principal"]["remedies"] if one["kind"] == "scp")["spares"]
        for found in (
            stopped(tmp_path, "--principal", DEV),
            stopped(tmp_path, "--principal", DEV, "--spare", READS, "--spare", DEPLOY),
        )
    ]
    assert spares == [[DEPLOY], [DEPLOY, READS]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--stop"], "give --principal ARN"),
        (["--principal", DEV, "--spare", READS], "give --stop as well"),
        (["--principal", DEV, "--stop", "--format", "csv"], "it has terminal and json"),
        (["--principal", DEV, "--stop", "--spare", DEV], "spare others"),
        (["--principal", DEV, "--stop", "--spare", arn("role", "read")], f"did you mean `{READS}`?"),
        (["--principal", arn("user", "dex"), "--stop"], f"did you mean `{DEV}`?"),
    ],
)
def test_what_is_refused(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = run(tmp_path, *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
