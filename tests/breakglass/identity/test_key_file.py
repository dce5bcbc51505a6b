from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from rootwarden.breakglass.identity.key_file import KEPT, read_keys, rotate_keys
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_the_newest_key_stands_first_and_the_oldest_go(tmp_path: Path) -> None:
    path = tmp_path / "session-keys"
    before: tuple[bytes, ...] = ()
    for _ in range(KEPT + 2):
        keys = rotate_keys(path)
        assert read_keys(path) == keys == (keys[0], *before)[:KEPT]
        assert keys[0] not in before
        before = keys
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def _fifo(path: Path) -> None:
    os.mkfifo(path, 0o600)


def _link(path: Path) -> None:
    rotate_keys(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def _readable(path: Path) -> None:
    rotate_keys(path)
    path.chmod(0o640)


def _holding(content: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.touch(0o600)
        path.write_bytes(content)

    return write


FAULTS: dict[str, Callable[[Path], object]] = {
    "nothing there": lambda _: None,
    "a folder": lambda path: path.mkdir(0o700),
    "a pipe nobody writes to": _fifo,
    "a link": _link,
    "others can read it": _readable,
    "empty": _holding(b""),
    "a short key": _holding(b"ab" * 31 + b"\n"),
    "no hexadecimal": _holding(b"xy" * 32 + b"\n"),
    "letters beyond ASCII": _holding("\u00e9".encode() * 64),
    "far too long": _holding(b"ab" * 32_000),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_file_that_is_not_ours_alone_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "session-keys"
    FAULTS[name](path)
    with pytest.raises(UsageError):
        read_keys(path)


def test_a_file_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "session-keys"
    rotate_keys(path)
    somebody = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: somebody)
    with pytest.raises(UsageError, match="others"):
        read_keys(path)


@pytest.mark.parametrize("name", ["others can read it", "a link", "empty"])
def test_keys_are_not_rotated_over_a_file_that_is_not_ours_alone(tmp_path: Path, name: str) -> None:
    path = tmp_path / "session-keys"
    FAULTS[name](path)
    with pytest.raises(UsageError):
        rotate_keys(path)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        rotate_keys(tmp_path / "missing" / "session-keys")
