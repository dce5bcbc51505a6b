"""Rollback and copies (deliverable 7): an old backup, a primary that was killed, and the vault that remembers."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

import msgspec
import pyotp
import pytest
from tests.breakglass.client.served import run_here

from rootwarden.breakglass.broker import wishes
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.core.state import Phase
from rootwarden.breakglass.rehearsal.troupe import DEVICE, SEED
from rootwarden.breakglass.service.settings import FileSettings
from rootwarden.breakglass.store.backup import backup
from rootwarden.breakglass.store.log_store import LogStore
from rootwarden.breakglass.vault.troubles import VaultError

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.breakglass.rehearsal.stage import Stage
    from rootwarden.breakglass.service.settings import Settings

SETTINGS: Final = 'database = "sqlite:///breakglass.db"\nvault = "x"\n[web]\norigin = "https://localhost"\n'


def with_an_open_lease(on: Stage) -> str:
    """Somebody visits: the lease is open, the custodians have given."""
    on.troupe.guard()
    on.troupe.enrol()
    (enrolment,) = on.troupe.broker.state().leases
    on.troupe.check_in(enrolment)
    on.house.look_after()
    request, phrase = on.troupe.file()
    on.troupe.approve(request, phrase)
    return on.troupe.open(request)


def restored(on: Stage, copy: Path) -> None:
    """The newest database is lost; a copy takes its place."""
    on.house.close()
    for left in on.house.folder.glob("breakglass.db*"):
        left.unlink()
    shutil.copy(copy, on.house.folder / "breakglass.db")
    on.reopen()


def sink_at(on: Stage, name: str) -> FileSettings:
    path = on.house.folder / name
    path.touch()
    return FileSettings(name="other-mount", path=str(path.absolute()), any_mount=True)


def begin_epoch(on: Stage) -> None:
    on.troupe.together(
        ("ada", "ben", "carl"), wishes.BeginEpoch(reason="the disk was lost, the copy is of an hour ago")
    )


def test_an_old_backup_restored_during_an_open_lease(on_stage: Stage, tmp_path: Path) -> None:
    on, expected = on_stage, pyotp.TOTP(SEED)
    lease = with_an_open_lease(on)
    backup(on.house.store, tmp_path / "copy.db")
    shown, code = on.troupe.code(lease)
    assert code == expected.at(shown.step * 30)
    on.house.look_after()

    restored(on, tmp_path / "copy.db")
    house, troupe = on.house, on.troupe
    assert "holds a head over" in house.broker.sealed
    assert house.broker.state().lease(lease).phase is Phase.OPEN, "the copy believes so"
    with pytest.raises(Refused, match="E1"):
        troupe.do("rita", wishes.GetCode(lease=lease))
    check_the_vault_alone(on, lease)

    on.restart_vault()
    begin_epoch(on)
    assert house.compare(), "the old place shows the log that was lost"
    house = on.reopen(settings_with(on, sink_at(on, "heads-2.jsonl")))
    assert house.broker.sealed == ""
    assert house.broker.state().lease(lease).why == "epoch"
    with pytest.raises(Refused, match="R1"):
        troupe.do("rita", wishes.GetCode(lease=lease))

    troupe.check_in(lease)
    house.look_after()
    request, phrase = troupe.file()
    troupe.approve(request, phrase)
    again = troupe.open(request)
    later, code = troupe.code(again)
    assert code == expected.at(later.step * 30)
    assert later.step > shown.step, "no step that the lost part of the log released"
    floor, _ = next(
        (floor.step, entry)
        for entry in map(log.from_bytes, house.store.read())
        if isinstance(entry, log.EpochBegun)
        for floor in entry.floors
        if floor.device == DEVICE
    )
    assert later.step > floor >= shown.step


def test_a_log_is_backed_up_by_command_while_the_service_runs(on_stage: Stage, tmp_path: Path) -> None:
    on = on_stage
    with_an_open_lease(on)
    settings = on.house.folder / "breakglass.toml"
    settings.write_text(SETTINGS, encoding="utf-8")
    command = ("breakglass", "audit", "backup", "copy.db", "--settings", str(settings))
    done = run_here(tmp_path, *command)
    assert (done.code, done.out) == (0, f"entries: {on.house.store.size()}\n"), done.err
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
    assert sorted(one.name for one in tmp_path.glob("copy.db*")) == ["copy.db"]
    with LogStore(f"sqlite:///{tmp_path / 'copy.db'}") as copied:
        assert list(copied.read()) == list(on.house.store.read())
    again = run_here(tmp_path, *command)
    assert (again.code, "is there already" in again.err) == (2, True), again.err
    settings.write_text(SETTINGS.replace("breakglass.db", "another.db"), encoding="utf-8")
    missing = run_here(tmp_path, *command[:3], "other.db", *command[4:])
    assert (missing.code, "is not there" in missing.err) == (2, True), missing.err
    assert not (settings.parent / "another.db").exists()


def test_lost_entries_come_back_from_a_sink_and_nothing_has_to_begin_anew(on_stage: Stage, tmp_path: Path) -> None:
    on, expected = on_stage, pyotp.TOTP(SEED)
    lease = with_an_open_lease(on)
    backup(on.house.store, tmp_path / "copy.db")
    shown, code = on.troupe.code(lease)
    assert code == expected.at(shown.step * 30)
    for number in range(70):
        at = on.house.broker.now()
        on.house.broker.say(log.AttemptRefused(at=at, actor=log.SYSTEM, attempted=f"try {number}", step="R2"))
    on.house.look_after()
    whole = on.house.broker.state().tree.root
    restored(on, tmp_path / "copy.db")
    assert "holds a head over" in on.house.broker.sealed
    on.house.close()
    (on.house.folder / "breakglass.toml").write_text(SETTINGS, encoding="utf-8")
    sink = on.house.folder / "heads.jsonl"
    broken = sink.with_name("broken.jsonl")
    broken.write_bytes(sink.read_bytes().replace(b'"try 33"', b'"try XX"'))
    around = ("--settings", str(on.house.folder / "breakglass.toml"))
    refused = run_here(tmp_path, "breakglass", "audit", "bring-back", str(broken), *around)
    assert (refused.code, "does not lead to a head of this log" in refused.err) == (2, True), refused.err
    done = run_here(tmp_path, "breakglass", "audit", "bring-back", str(sink), *around)
    assert done.code == 0, done.err
    again = run_here(tmp_path, "breakglass", "audit", "bring-back", str(sink), *around)
    assert (again.code, "holds no head over more than" in again.err) == (2, True)
    house = on.take_over()
    assert (house.broker.sealed, house.broker.state().tree.root) == ("", whole)
    on.troupe.acting.end("rita", lease)
    assert (
        run_here(
            tmp_path,
            "breakglass",
            "audit",
            "export",
            "-o",
            "copy",
            "--database",
            f"sqlite:///{house.folder / 'breakglass.db'}",
        ).code
        == 0
    )
    verified = run_here(tmp_path, "breakglass", "audit", "verify", "copy", "--heads", str(sink))
    assert "broken" not in verified.out.lower(), verified.out
    assert verified.code in (0, 3), verified.err


def check_the_vault_alone(on: Stage, lease: str) -> None:
    """A broker that does not look, or lies, gets nothing on the old log: the vault has seen a longer one (V1)."""
    house = on.house
    sealed, house.broker.sealed = house.broker.sealed, ""
    (on.house.folder / "heads.jsonl").rename(on.house.folder / "heads-put-away")
    before = house.broker.state().size
    with pytest.raises(VaultError, match="the vault knows") as caught:
        house.releases.begin_opening(lease)
    assert caught.value.step == "V1"
    on.restart_vault()
    with pytest.raises(VaultError, match="the vault has seen a log of") as caught:
        house.releases.begin_opening(lease)
    assert caught.value.step == "V1"
    assert house.broker.state().size == before
    (on.house.folder / "heads-put-away").rename(on.house.folder / "heads.jsonl")
    house.broker.sealed = sealed


def settings_with(on: Stage, sink: FileSettings) -> Settings:
    return msgspec.structs.replace(on.house.settings, sink=(sink,))


def test_a_primary_that_is_killed_after_a_release(on_stage: Stage) -> None:
    """The next one shows the same code for the same step, without another entry; then it goes on."""
    on = on_stage
    lease = with_an_open_lease(on)
    shown, code = on.troupe.code(lease)
    size = on.house.broker.state().size
    killed = on.house
    on.take_over()
    assert on.house.broker.sealed == ""
    again, same = on.troupe.see(lease)
    assert (again.step, same) == (shown.step, code)
    assert on.house.broker.state().size == size
    later, another = on.troupe.code(lease)
    assert later.step > shown.step
    assert another == pyotp.TOTP(SEED).at(later.step * 30)
    # Whoever was only paused finds that the log moved on, and follows it.
    assert killed.broker.state().tree.root == on.house.broker.state().tree.root
    killed.close()
