"""BG-6: the step ledger survives restarts and is shared by processes; it knows steps, never digits."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from rootwarden.breakglass.codes.ledger import Released, StepLedger, StepTakenError
from rootwarden.errors import InputError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

PROCESS = Path(__file__).with_name("ledger_process.py")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "steps"


@pytest.fixture
def written(path: Path) -> bytes:
    ledger = StepLedger(path)
    ledger.record("D-1", 7, "L-1")
    ledger.record("D-2", 5, "L-1")
    ledger.raise_floor("D-2", 6)
    ledger.record("D-1", 8, "L-2")
    ledger.close()
    return path.read_bytes()


def run(*arguments: str) -> Any:
    done = subprocess.run(
        [sys.executable, PROCESS, *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_step_is_recorded_once_and_survives_a_restart(path: Path) -> None:
    ledger = StepLedger(path)
    assert ledger.record("D-1", 7, "L-1")
    assert not ledger.record("D-1", 7, "L-1")
    ledger.close()
    again = StepLedger(path)
    assert not again.record("D-1", 7, "L-1")
    assert again.released("D-1") == (Released(7, "L-1"),)
    assert again.released("D-2") == ()
    assert again.torn == 0


@pytest.mark.parametrize(("step", "lease"), [(7, "L-2"), (6, "L-1"), (6, "L-2"), (0, "L-1")])
def test_a_step_of_before_is_taken(path: Path, step: int, lease: str) -> None:
    ledger = StepLedger(path)
    ledger.record("D-1", 7, "L-1")
    for each in (ledger, StepLedger(path)):
        with pytest.raises(StepTakenError) as caught:
            each.record("D-1", step, lease)
        assert caught.value.hint
    assert ledger.record("D-2", step, lease)


def test_the_same_lease_may_ask_again_for_an_older_step_it_had(path: Path) -> None:
    ledger = StepLedger(path)
    ledger.record("D-1", 7, "L-1")
    ledger.record("D-1", 8, "L-2")
    assert not ledger.record("D-1", 7, "L-1")


def test_a_floor_takes_every_step_up_to_it_from_everyone_and_never_sinks(path: Path) -> None:
    ledger = StepLedger(path)
    ledger.record("D-1", 7, "L-1")
    ledger.raise_floor("D-1", 9)
    size = path.stat().st_size
    ledger.raise_floor("D-1", 3)
    assert path.stat().st_size == size
    for each in (ledger, StepLedger(path)):
        for step in (7, 9):
            with pytest.raises(StepTakenError):
                each.record("D-1", step, "L-1")
        assert each.released("D-1") == (Released(9, ""), Released(7, "L-1"))
    assert ledger.record("D-1", 10, "L-1")


def test_what_one_writes_the_other_knows(path: Path) -> None:
    one, other = StepLedger(path), StepLedger(path)
    one.record("D-1", 7, "L-1")
    with pytest.raises(StepTakenError):
        other.record("D-1", 7, "L-2")
    other.record("D-1", 8, "L-2")
    assert one.released("D-1") == (Released(7, "L-1"), Released(8, "L-2"))


def test_bg_6_processes_race_for_one_step(path: Path) -> None:
    runners = [
        subprocess.Popen(
            [sys.executable, PROCESS, "race", str(path), f"L-{number}", "59512345"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(4)
    ]
    for runner in runners:
        assert runner.stdout is not None
        assert runner.stdout.readline() == "ready\n"
    for runner in runners:
        assert runner.stdin is not None
        runner.stdin.write("go\n")
        runner.stdin.flush()
    ends = sorted(runner.communicate(timeout=30)[0].strip() for runner in runners)
    assert ends == ["new", "taken", "taken", "taken"]
    assert len(StepLedger(path).released("D-1")) == 1


def test_threads_race_for_many_steps(path: Path) -> None:
    ledger = StepLedger(path)
    won: list[tuple[int, str]] = []

    def run_one(lease: str) -> None:
        for step in range(1, 41):
            try:
                if ledger.record("D-1", step, lease):
                    won.append((step, lease))
            except StepTakenError:
                pass

    threads = [threading.Thread(target=run_one, args=(f"L-{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [(each.step, each.lease) for each in StepLedger(path).released("D-1")]
    assert len({step for step, _ in won}) == len(won)


@pytest.mark.parametrize("stride", [13, pytest.param(1, marks=pytest.mark.soak)])
def test_bg_6_killed_at_every_call_and_within_every_write(path: Path, stride: int) -> None:
    found = run("kill", str(path), str(stride))
    assert {name for each in found for name in each["told"].split() if name.startswith("k")} == {
        "kopen", "kpwrite", "kfsync", "kftruncate", "kpread",
    }  # fmt: skip
    assert sum("kpwrite" in each["told"] for each in found) > 6 * 100 // stride
    for each in found:
        steps = dict(each["steps"])
        where = str(each)
        assert each["again"], where
        assert each["clean"], where
        # What was answered is there; what was there before stays.
        if "released" in each["told"]:
            assert steps.get(101) == "L-new", where
        if "floored" in each["told"]:
            assert steps.get(102) == "", where
        if each["begin"]:
            assert steps.get(100) == "L-old", where
        assert set(steps.items()) <= {(100, "L-old"), (101, "L-new"), (102, "")}, where
    assert any(each["torn"] for each in found)


@pytest.mark.parametrize("size", range(200, 320, 13))
def test_a_full_disk_is_a_refusal_and_leaves_no_half_line(path: Path, size: int) -> None:
    found = run("full", str(path), str(size))
    assert found["refused"]
    assert all("step ledger" in message for _, message, _ in found["refused"])
    assert {end for *_, end in found["refused"]} == {"\n"}
    assert found["known"] == found["recorded"]
    assert found["torn"] == 0
    # With room again it goes on.
    ledger = StepLedger(path)
    assert ledger.record("D-1", 99, "L-99")


def test_every_torn_end_is_tolerated_and_named(path: Path, written: bytes) -> None:
    last = written.rindex(b"\n", 0, -1) + 1
    for end in range(last, len(written)):
        path.write_bytes(written[:end])
        ledger = StepLedger(path)
        whole = end == len(written) - 1
        assert ledger.torn == (0 if whole else end - last)
        # A line that lacks nothing but its end counts: that is the safe side.
        assert (Released(8, "L-2") in ledger.released("D-1")) is whole
        assert ledger.record("D-1", 9, "L-3")
        ledger.close()
        assert StepLedger(path).torn == 0


def test_zeros_that_a_power_cut_leaves_at_the_end_are_torn(path: Path, written: bytes) -> None:
    path.write_bytes(written + bytes(80))
    ledger = StepLedger(path)
    assert ledger.torn == 80
    assert path.read_bytes() == written


def test_every_changed_byte_is_found(path: Path, written: bytes) -> None:
    for place in range(len(written)):
        flip = (0x01, 0x80, written[place] ^ 0x0A or 0xFF)[place % 3]
        changed = bytearray(written)
        changed[place] ^= flip
        path.write_bytes(changed)
        with pytest.raises(StoreError, match="damaged") as caught:
            StepLedger(path)
        assert "new epoch" in caught.value.hint


def test_missing_moved_and_doubled_lines_are_found(path: Path, written: bytes) -> None:
    lines = written.splitlines(keepends=True)
    spoilt = [
        lines[1:],
        [*lines[:1], *lines[2:]],
        [lines[1], lines[0], *lines[2:]],
        [*lines, lines[-1]],
        [b"\n", *lines],
    ]
    for each in spoilt:
        path.write_bytes(b"".join(each))
        with pytest.raises(StoreError, match="damaged"):
            StepLedger(path)


def test_a_line_that_says_the_same_in_other_words_is_found(path: Path, written: bytes) -> None:
    for before, after in ((b":7}", b": 7}"), (b'"D-1"', b'"D\\u002d1"'), (b":7}", b":7.0}")):
        assert before in written
        path.write_bytes(written.replace(before, after, 1))
        with pytest.raises(StoreError, match="damaged"):
            StepLedger(path)


def test_bg_6_a_step_is_on_the_disk_before_it_counts(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = StepLedger(path)
    called: list[str] = []

    def noting(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*arguments: Any) -> Any:
            called.append(name)
            return call(*arguments)

        return noted

    for name in ("pwrite", "fsync"):
        monkeypatch.setattr(os, name, noting(name, getattr(os, name)))
    ledger.record("D-1", 7, "L-1")
    ledger.raise_floor("D-1", 8)
    assert called == ["pwrite", "fsync"] * 2


def test_a_disk_that_does_not_flush_is_a_refusal(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = StepLedger(path)

    def failing(_file: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", failing)
        with pytest.raises(StoreError, match="Input/output error"):
            ledger.record("D-1", 7, "L-1")
    assert path.read_bytes() == b""
    assert ledger.record("D-1", 7, "L-2")


def test_a_line_without_end_is_not_read_into_memory(path: Path) -> None:
    StepLedger(path).close()
    with path.open("r+b") as opened:
        opened.truncate(1 << 33)
    with pytest.raises(StoreError, match="longer than 1024 bytes"):
        StepLedger(path)


def test_an_old_copy_put_back_is_found(path: Path, written: bytes) -> None:
    ledger = StepLedger(path)
    os.truncate(path, len(written) - len(written.splitlines()[-1]) - 1)
    with pytest.raises(StoreError, match="shorter than it was"):
        ledger.record("D-1", 9, "L-3")


def test_another_file_in_its_place_is_found(path: Path, written: bytes) -> None:
    ledger = StepLedger(path)
    shutil.copy2(path, path.with_suffix(".old"))
    path.with_suffix(".old").replace(path)
    with pytest.raises(StoreError, match="another file"):
        ledger.record("D-1", 9, "L-3")
    path.unlink()
    with pytest.raises(StoreError, match="failed"):
        ledger.record("D-1", 9, "L-3")


def test_a_process_that_holds_the_lock_is_not_waited_for(path: Path) -> None:
    ledger = StepLedger(path, wait_seconds=0.05)
    with path.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(StoreError, match=r"held the step ledger .* for 0.05 s"):
            ledger.record("D-1", 7, "L-1")
        with pytest.raises(StoreError, match="held"):
            StepLedger(path, wait_seconds=0.05)
    assert ledger.record("D-1", 7, "L-1")


def test_a_closed_ledger_is_of_no_use(path: Path) -> None:
    ledger = StepLedger(path)
    ledger.close()
    ledger.close()
    with pytest.raises(StoreError, match="closed"):
        ledger.record("D-1", 7, "L-1")


def test_only_a_plain_file_of_its_owner_is_a_ledger(path: Path, tmp_path: Path) -> None:
    StepLedger(path).close()
    assert path.stat().st_mode & 0o777 == 0o600
    for mode in (0o640, 0o604, 0o620, 0o602, 0o700):
        path.chmod(mode)
        with pytest.raises(StoreError, match="plain file"):
            StepLedger(path)
    path.chmod(0o600)
    link, pipe, folder = tmp_path / "link", tmp_path / "pipe", tmp_path / "folder"
    link.symlink_to(path)
    os.mkfifo(pipe, 0o600)
    folder.mkdir()
    for each in (link, pipe, folder, tmp_path / "none" / "steps"):
        with pytest.raises(StoreError, match=r"cannot be opened|plain file"):
            StepLedger(each)


NO_NAMES = ["", " ", "L 1", "L-1\n", "L\0", "\uff2c", '"', "x" * 129, "-L"]


@pytest.mark.parametrize("name", NO_NAMES)
def test_names_and_steps_are_bounded(path: Path, name: str) -> None:
    ledger = StepLedger(path)
    for device, lease in ((name, "L-1"), ("D-1", name)):
        with pytest.raises(InputError):
            ledger.record(device, 7, lease)
    with pytest.raises(InputError):
        ledger.raise_floor(name, 7)
    for step in (-1, 1 << 41):
        with pytest.raises(InputError):
            ledger.record("D-1", step, "L-1")
        with pytest.raises(InputError):
            ledger.raise_floor("D-1", step)
    assert path.read_bytes() == b""


def test_the_longest_line_is_a_line(path: Path) -> None:
    ledger = StepLedger(path)
    ledger.record("D" * 128, 1 << 40, "L" * 128)
    assert StepLedger(path).released("D" * 128) == (Released(1 << 40, "L" * 128),)


class Ledger(RuleBasedStateMachine):
    """Two processes' views of one file against a table of what was released."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.views = [StepLedger(self.folder / "steps"), StepLedger(self.folder / "steps")]
        self.table: dict[str, dict[int, str]] = {}
        self.floors: dict[str, int] = {}

    @rule(view=st.integers(0, 1), device=st.sampled_from("AB"), step=st.integers(0, 12), lease=st.sampled_from("LMN"))
    def record(self, view: int, device: str, step: int, lease: str) -> None:
        had, floor = self.table.get(device, {}), self.floors.get(device, -1)
        try:
            new = self.views[view].record(device, step, lease)
        except StepTakenError:
            assert step <= max(floor, *had, -1)
            assert step <= floor or had.get(step) != lease
            return
        assert step > floor
        if new:
            assert all(step > other for other in had)
            self.table.setdefault(device, {})[step] = lease
        else:
            assert had[step] == lease

    @rule(view=st.integers(0, 1), device=st.sampled_from("AB"), step=st.integers(0, 12))
    def floor(self, view: int, device: str, step: int) -> None:
        self.views[view].raise_floor(device, step)
        self.floors[device] = max(step, self.floors.get(device, -1))

    @rule(view=st.integers(0, 1))
    def restart(self, view: int) -> None:
        self.views[view].close()
        self.views[view] = StepLedger(self.folder / "steps")

    @rule(view=st.integers(0, 1), torn=st.integers(1, 60))
    def tear(self, view: int, torn: int) -> None:
        path = self.folder / "steps"
        with path.open("ab") as opened:
            opened.write(b'{"check":"0123456789abcdef","device":"A","kind":"release","lease":"L","step":1'[:torn])
        self.views[view].released("A")

    @invariant()
    def both_know_the_same(self) -> None:
        for view in getattr(self, "views", []):
            for device in "AB":
                known = view.released(device)
                assert {each.step: each.lease for each in known if each.lease} == self.table.get(device, {})
                assert [each.step for each in known if not each.lease] == (
                    [self.floors[device]] if device in self.floors else []
                )

    def teardown(self) -> None:
        for view in getattr(self, "views", []):
            view.close()
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)


TestLedger: Any = Ledger.TestCase
TestLedger.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300))
def test_any_content_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "steps"
    path.write_bytes(content)
    path.chmod(0o600)
    try:
        ledger = StepLedger(path)
    except StoreError as error:
        assert error.hint  # noqa: PT017 - nothing else may be raised
    else:
        assert ledger.released("D-1") == ()
        ledger.close()
