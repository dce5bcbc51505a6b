from __future__ import annotations

import errno
import os
import stat
import threading
from pathlib import Path

import pytest

from rootwarden.errors import UsageError
from rootwarden.report.write import _refusal, write


def test_writes_text_as_it_is(tmp_path: Path) -> None:
    write(tmp_path / "report.csv", "ü,🔐\r\n")
    assert (tmp_path / "report.csv").read_bytes() == "ü,🔐\r\n".encode()
    assert [each.name for each in tmp_path.iterdir()] == ["report.csv"]


def test_a_new_file_has_the_permissions_the_umask_gives(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write(tmp_path / "report", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "report").stat().st_mode) == 0o640


def test_a_file_that_is_there_keeps_its_permissions(tmp_path: Path) -> None:
    (tmp_path / "report").write_text("old")
    (tmp_path / "report").chmod(0o600)
    write(tmp_path / "report", "new")
    assert (tmp_path / "report").read_text() == "new"
    assert stat.S_IMODE((tmp_path / "report").stat().st_mode) == 0o600


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_a_pipe_is_written_to_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    write(pipe, "through")
    reader.join(timeout=10)
    assert read == ["through"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_name_of_255_letters_fits(tmp_path: Path) -> None:
    write(tmp_path / ("n" * 255), "x")
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("no/such/report", "there is no folder", "make the folder first"),
        ("file/report", "there is no folder", "make the folder first"),
        (".", "it is a folder", "give the name of a file in it"),
        ("n" * 300, "file name too long", "choose another file"),
    ],
)
def test_refusals(tmp_path: Path, name: str, message: str, hint: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=message) as caught:
        write(tmp_path / name, "x")
    assert caught.value.hint == hint
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder that even root cannot write to")
def test_a_folder_nobody_may_write_to() -> None:
    with pytest.raises(UsageError, match="cannot write") as caught:
        write(Path("/proc/self/report"), "x")
    assert caught.value.hint


@pytest.mark.parametrize(
    ("number", "hint"),
    [
        (errno.EROFS, "choose a folder that is yours"),
        (errno.EACCES, "choose a folder that is yours"),
        (errno.ENOSPC, "free some space, or choose another disk"),
    ],
)
def test_words_for_what_a_test_cannot_bring_about(tmp_path: Path, number: int, hint: str) -> None:
    assert _refusal(tmp_path / "report", OSError(number, os.strerror(number))).hint == hint


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told() -> None:
    with pytest.raises(UsageError, match="the disk is full"):
        write(Path("/dev/full"), "x")


def test_a_write_that_is_cut_short_leaves_the_old_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "report").write_text("old")

    def cut(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", cut)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "report", "new")
    assert (tmp_path / "report").read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["report"]
