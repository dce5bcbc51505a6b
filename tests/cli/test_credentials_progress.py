"""`rootwarden credentials progress`: the burn-down of an archive, with exit codes that never call unknown removed."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.archive.runs import NOON, account, at, collected, finished
from typer.testing import CliRunner

from rootwarden.cli.credentials import app
from rootwarden.errors import RootwardenError, UsageError
from rootwarden.facts.fact import Known, Unknown
from rootwarden.facts.organization import Position
from rootwarden.facts.root_user import Password, RootUser

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.facts.account import Account
    from rootwarden.facts.fact import Fact

REFUSED = Unknown("iam:GetAccountSummary was refused")


def member(number: int, *, password: Fact[bool], rest: Fact[bool] = Known(False)) -> Account:  # noqa: B008 - frozen
    root = RootUser(
        arn=f"arn:aws:iam::{number:012d}:root",
        password=Password(present=password),
        mfa_active=rest,
        access_keys_present=rest,
        signing_certificates_present=rest,
    )
    made = account(number, position=Known(Position.MEMBER))
    return type(made)(id=made.id, position=made.position, root=root)


def archived(folder: Path, *weeks: tuple[Account, ...]) -> Path:
    archive = at(folder)
    for week, accounts in enumerate(weeks):
        archive.add(finished(collected(*accounts, as_of=NOON + timedelta(days=7 * week))))
    return folder


def progress(*arguments: object) -> tuple[str, int]:
    done = CliRunner().invoke(app, ["progress", *map(str, arguments)], standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    return done.stdout, done.return_value


BEFORE = (member(1, password=Known(True)), member(2, password=Known(True)))


@pytest.mark.parametrize(
    ("last", "code"),
    [
        ((member(1, password=Known(False)), member(2, password=Known(False))), 0),
        ((member(1, password=Known(False)), member(2, password=Known(True))), 1),
        ((member(1, password=Known(False)), member(2, password=REFUSED)), 3),
        ((member(1, password=Known(False)),), 3),
    ],
    ids=["removed", "one left", "one refused", "one left out"],
)
def test_exit_codes(last: tuple[Account, ...], code: int, tmp_path: Path) -> None:
    folder = archived(tmp_path / "archive", BEFORE, last)
    text, returned = progress("--archive", folder, "--format", "json")
    assert returned == code
    found = json.loads(text)
    assert found["points"][0]["have"] == 2
    assert bool(found["remaining"]) is (code == 1)
    assert bool(found["undecided"]) is (code == 3)


@pytest.mark.parametrize(("form", "begins"), [("terminal", "2 of 2"), ("html", "<!doctype"), ("svg", "<svg")])
def test_formats(form: str, begins: str, tmp_path: Path) -> None:
    folder = archived(tmp_path / "archive", BEFORE)
    assert progress("--archive", folder, "--format", form)[0].startswith(begins)
    progress("--archive", folder, "--format", form, "--output", tmp_path / "report")
    assert (tmp_path / "report").read_text("utf-8").startswith(begins)


def test_a_spoiled_run_is_left_out_and_never_a_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = archived(
        tmp_path / "archive", BEFORE, (member(1, password=Known(False)), member(2, password=Known(False)))
    )
    (next(iter(sorted(folder.rglob("*.parquet"))))).write_bytes(b"PAR1 no more PAR1")
    text, code = progress("--archive", folder, "--format", "json")
    assert (code, len(json.loads(text)["points"])) == (3, 1)


def test_nothing_to_follow(tmp_path: Path) -> None:
    folder = archived(tmp_path / "archive", BEFORE)
    with pytest.raises(RootwardenError):
        progress("--archive", tmp_path / "none")
    with pytest.raises(RootwardenError):
        progress("--archive", folder, "--from", "2030-01-01")
    with pytest.raises(UsageError):
        progress("--archive", folder, "--organization", "o-other00000")
    with pytest.raises(UsageError, match="no report format"):
        progress("--archive", folder, "--format", "pdf")
