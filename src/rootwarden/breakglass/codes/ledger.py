"""The step ledger: which steps were released, on disk, before their code exists. It holds step numbers, never digits.

One line a release, appended and flushed to the disk under a lock that all processes share:

    {"check":"9f86d081884c7d65","device":"D-1","kind":"release","lease":"L-1","step":59512345}

`check` is the beginning of SHA-256 over this line with the check of the line before in its place, so that a changed,
moved or missing line inside the file is found. That lines are missing at its end is not: the log has them, and says so.

A line without its end was being written when the machine stopped. Its code was never released, because that needs the
flush; it is taken away before the next line, and `torn` tells of it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import stat
import threading
import time
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from rootwarden.errors import InputError, RootwardenError, StoreError
from rootwarden.transparency.canonical import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WAIT_SECONDS: Final = 5.0
LONGEST_LINE: Final = 1024
LARGEST_STEP: Final = 1 << 40
_POLL_SECONDS: Final = 0.01
_CHUNK: Final = 1 << 16
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._/@+=-]{0,127}", re.ASCII)
_CHECK_LENGTH: Final = 16
_FIRST_CHECK: Final = "0" * _CHECK_LENGTH
_MODE: Final = 0o600


class StepTakenError(RootwardenError):
    """The step, or a later one of the device, was released before, or lies below a floor."""

    exit_code = 3


class Released(msgspec.Struct, frozen=True):
    """A step of one device that was released.

    Attributes:
        step: The step.
        lease: To which lease; empty for a floor, up to which nothing is released whoever asks.
    """

    step: int
    lease: str


class _Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    check: str
    device: str
    kind: Literal["release", "floor"]
    lease: str
    step: int


class StepLedger:
    """A ledger file; several processes, and threads, may use it at once.

    Args:
        path: The file; it is made when missing, readable by its owner alone.
        wait_seconds: How long another process may hold the lock.

    Attributes:
        torn: How many bytes of a line that was never finished were found at the end; 0 when none.

    Raises:
        StoreError: It is damaged, not a plain file, or open to others.
    """

    def __init__(self, path: Path, *, wait_seconds: float = WAIT_SECONDS) -> None:
        self._path = path
        self._wait = wait_seconds
        self._lock = threading.Lock()
        self._read_up_to = 0
        self._lines = 0
        self._check = _FIRST_CHECK
        self._floors: dict[str, int] = {}
        self._steps: dict[str, dict[int, str]] = {}
        self.torn = 0
        self._file = _open(path)
        try:
            with self._alone():
                pass
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file; the ledger is of no use afterwards."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def record(self, device: str, step: int, lease: str) -> bool:
        """Record that a step is released, before its code is computed.

        Returns:
            Whether it is new; `False` when the same lease had the same step before.

        Raises:
            StepTakenError: It, or a later one, was released before, or it lies at or below a floor.
            StoreError: It could not be written, and is not recorded.
            InputError: A name or step is none.
        """
        _named(device, "device")
        _named(lease, "lease")
        _sensible(step)
        with self._alone():
            steps = self._steps.get(device, {})
            floor = self._floors.get(device, -1)
            if step > floor and steps.get(step) == lease:
                return False
            if step <= max(floor, max(steps, default=-1)):
                raise StepTakenError(
                    f"step {step} of device `{device}`, or a later one, was released before",
                    hint="wait for the next step; a code is never given out twice",
                )
            self._append(device=device, kind="release", lease=lease, step=step)
            return True

    def raise_floor(self, device: str, step: int) -> None:
        """See to it that no step up to this one is released any more, to whichever lease; a floor never sinks.

        Raises:
            StoreError: It could not be written.
            InputError: The device or step is none.
        """
        _named(device, "device")
        _sensible(step)
        with self._alone():
            if step > self._floors.get(device, -1):
                self._append(device=device, kind="floor", lease="", step=step)

    def released(self, device: str) -> tuple[Released, ...]:
        """What was released of a device, and its floor, by any process.

        Raises:
            StoreError: The file cannot be read.
        """
        with self._alone():
            steps = [Released(step, lease) for step, lease in sorted(self._steps.get(device, {}).items())]
            floor = self._floors.get(device)
            return tuple(steps) if floor is None else (Released(floor, ""), *steps)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the lock of all threads and processes, with everything read that others wrote."""
        if not self._lock.acquire(timeout=self._wait):
            raise self._busy()
        try:
            self._lock_file()
            try:
                self._catch_up()
                yield
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)
        except OSError as error:
            raise StoreError(f"the step ledger `{self._path}` failed: {error.strerror or error}", hint=_DISK) from error
        finally:
            self._lock.release()

    def _lock_file(self) -> None:
        if self._file < 0:
            raise StoreError(f"the step ledger `{self._path}` was closed")
        until = time.monotonic() + self._wait
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise self._busy() from None
                time.sleep(_POLL_SECONDS)
            else:
                return

    def _busy(self) -> StoreError:
        return StoreError(
            f"another process held the step ledger `{self._path}` for {self._wait:g} s",
            hint="is one of them stopped? nothing was released",
        )

    def _catch_up(self) -> None:
        """Read the lines after those that are known; what is torn at the end is taken away."""
        self._same_file()
        size = os.fstat(self._file).st_size
        if size < self._read_up_to:
            raise self._damaged("it is shorter than it was: was an old copy put in its place?")
        rest = bytearray()
        place = self._read_up_to
        while chunk := os.pread(self._file, _CHUNK, place):
            place += len(chunk)
            *whole, last = (bytes(rest) + chunk).split(b"\n")
            for text in whole:
                self._take(text)
                self._read_up_to += len(text) + 1
            rest = bytearray(last)
            if len(rest) > LONGEST_LINE:
                raise self._damaged(f"line {self._lines + 1} is longer than {LONGEST_LINE} bytes")
        if rest:
            self._mend(bytes(rest))

    def _mend(self, rest: bytes) -> None:
        if self._reads(rest[:-1]):
            raise self._damaged(f"line {self._lines + 1} does not end as a line does")
        if self._reads(rest):
            # All but its end was written: the step counts as released, which is the safe side.
            os.pwrite(self._file, b"\n", self._read_up_to + len(rest))
            os.fsync(self._file)
            self._take(rest)
            self._read_up_to += len(rest) + 1
            return
        os.ftruncate(self._file, self._read_up_to)
        os.fsync(self._file)
        self.torn = len(rest)

    def _append(self, *, device: str, kind: Literal["release", "floor"], lease: str, step: int) -> None:
        line = _Line(check="", device=device, kind=kind, lease=lease, step=step)
        text = _spelled(_checked(self._check, line))
        try:
            _write_all(self._file, text + b"\n", self._read_up_to)
            os.fsync(self._file)
        except OSError:
            # Half a line is taken back. Should that fail too, the next who reads takes it for torn.
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self._read_up_to)
            raise
        self._take(text)
        self._read_up_to += len(text) + 1

    def _take(self, text: bytes) -> None:
        line = _decoded(text)
        if line is None or not self._fits(line, text):
            raise self._damaged(f"line {self._lines + 1} was changed, or lines before it are missing")
        self._lines += 1
        self._check = line.check
        if line.kind == "floor":
            self._floors[line.device] = max(line.step, self._floors.get(line.device, -1))
        else:
            self._steps.setdefault(line.device, {})[line.step] = line.lease

    def _reads(self, text: bytes) -> bool:
        line = _decoded(text)
        return line is not None and self._fits(line, text)

    def _fits(self, line: _Line, text: bytes) -> bool:
        checked = _checked(self._check, line)
        return checked == line and _spelled(checked) == text

    def _same_file(self) -> None:
        here, there = os.fstat(self._file), self._path.stat(follow_symlinks=False)
        if (here.st_dev, here.st_ino) != (there.st_dev, there.st_ino):
            raise self._damaged("another file was put in its place")

    def _damaged(self, how: str) -> StoreError:
        return StoreError(
            f"the step ledger `{self._path}` is damaged: {how}",
            hint="keep it aside, and start a new epoch: that floors a new ledger at the current step",
        )


_DISK: Final = "nothing was released; is the disk full, or the folder gone?"


def _open(path: Path) -> int:
    try:
        opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, _MODE)
    except OSError as error:
        raise StoreError(
            f"the step ledger `{path}` cannot be opened: {error.strerror or error}",
            hint="is it a plain file, and yours?",
        ) from error
    found = os.fstat(opened)
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & ~_MODE:
        os.close(opened)
        raise StoreError(f"the step ledger `{path}` is not a plain file of its owner alone", hint="`chmod 600` it")
    _flush_folder(path)
    return opened


def _flush_folder(path: Path) -> None:
    """A new file is there after a power cut only when its folder was flushed."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _write_all(file: int, content: bytes, place: int) -> None:
    written = 0
    while written < len(content):
        written += os.pwrite(file, content[written:], place + written)


def _checked(before: str, line: _Line) -> _Line:
    body = _spelled(msgspec.structs.replace(line, check=before))
    return msgspec.structs.replace(line, check=hashlib.sha256(body).hexdigest()[:_CHECK_LENGTH])


def _spelled(line: _Line) -> bytes:
    return canonical(msgspec.to_builtins(line))


def _decoded(text: bytes) -> _Line | None:
    try:
        line = msgspec.json.decode(text, type=_Line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return line if 0 <= line.step <= LARGEST_STEP else None


def _named(name: str, what: str) -> None:
    if not _NAME.fullmatch(name):
        raise InputError(f"`{name[:40]}` is no name of a {what}")


def _sensible(step: int) -> None:
    if not 0 <= step <= LARGEST_STEP:
        raise InputError(f"`{step}` is no step of this age")
