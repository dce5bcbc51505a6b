"""BG-4: a file that fills up, is cut in the middle of a line, or is not what it seems."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.breakglass.logs import LOG_KEY, OTHER_KEY, Log, now

from rootwarden.breakglass.sinks.file import FileSink
from rootwarden.breakglass.sinks.lane import Allowance
from rootwarden.breakglass.sinks.panel import NotAnchoredError, Panel, Policy
from rootwarden.errors import SinkError


def sink_of(path: Path, *, apart_from: Path | None = None, takes_entries: bool = True) -> FileSink:
    return FileSink(
        "file", path, apart_from=apart_from, takes_entries=takes_entries, log_keys=[LOG_KEY.public_key()], clock=now
    )


def within() -> Allowance:
    return Allowance(10)


def panel_of(log: Log, sink: FileSink) -> Panel:
    return Panel([sink], Policy(), log, clock=now)


def entries_in(path: Path) -> list[bytes]:
    """Entries as a reader of the file sees them: the first whole line of each index."""
    found: dict[int, bytes] = {}
    for line in path.read_bytes().split(b"\n"):
        if line.startswith(b"entry ") and line.endswith(b"}"):
            _, index, content = line.split(b" ", 2)
            found.setdefault(int(index), content)
    return [found[index] for index in sorted(found)]


def test_entries_and_heads_are_there_word_by_word(tmp_path: Path) -> None:
    log, path = Log(2), tmp_path / "log.jsonl"
    panel = panel_of(log, sink_of(path))
    panel.anchor(log.head())
    anchored = panel.anchor(log.grow(3))
    assert entries_in(path) == log.lines
    assert sink_of(path).newest(within()) == (log.head(),)
    assert anchored.receipts[0].reference.startswith(f"{path}:")
    assert path.stat().st_mode & 0o777 == 0o600


def test_heads_only(tmp_path: Path) -> None:
    log, path = Log(2), tmp_path / "heads"
    panel_of(log, sink_of(path, takes_entries=False)).anchor(log.head())
    assert path.read_bytes().count(b"\n") == 1
    assert b"actor" not in path.read_bytes()


def test_a_restart_goes_on_where_the_file_ends(tmp_path: Path) -> None:
    log, path = Log(4), tmp_path / "log"
    panel_of(log, sink_of(path)).anchor(log.head())
    panel_of(log, sink_of(path)).anchor(log.grow(2))
    assert entries_in(path) == log.lines
    assert path.read_bytes().count(b"entry ") == 6


def test_a_file_that_was_set_back_gets_what_it_lacks(tmp_path: Path) -> None:
    log, path = Log(6), tmp_path / "log"
    panel = panel_of(log, sink_of(path))
    panel.anchor(log.head())
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:3]))
    assert sink_of(path).newest(within()) == ()
    panel.anchor(log.grow())
    assert entries_in(path) == log.lines


def test_an_old_head_at_the_end_hides_nothing(tmp_path: Path) -> None:
    log, path = Log(6), tmp_path / "log"
    sink = sink_of(path)
    sink.offer(log.head(), log.lines, within())
    sink.offer(log.head(2), log.lines[:2], within())
    assert sink.newest(within()) == (log.head(6),)


def test_a_large_head_that_nobody_signed_hides_nothing(tmp_path: Path) -> None:
    log, path = Log(6), tmp_path / "log"
    sink = sink_of(path, takes_entries=False)
    for each in (log.head(), Log(90, key=OTHER_KEY).head(), msgspec.structs.replace(log.head(), size=80)):
        sink.offer(each, (), within())
    assert path.read_bytes().count(b"head ") == 3
    assert sink.newest(within()) == (log.head(),)


def test_two_heads_of_one_size_are_both_told(tmp_path: Path) -> None:
    log, path = Log(6), tmp_path / "log"
    fork = log.forked_at(2, 6)
    for each in (log, fork):
        sink_of(path, takes_entries=False).offer(each.head(), (), within())
    assert set(sink_of(path).newest(within())) == {log.head(), fork.head()}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.data())
def test_whatever_is_cut_off_is_made_whole_without_surgery(tmp_path: Path, data: st.DataObject) -> None:
    log, path = Log(3), tmp_path / "log"
    path.unlink(missing_ok=True)
    panel = panel_of(log, sink_of(path))
    panel.anchor(log.head())
    for _ in range(2):
        whole = path.read_bytes()
        path.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
        panel.anchor(log.grow())
        assert entries_in(path) == log.lines
        assert sink_of(path).newest(within()) == (log.head(),)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_garbage_in_the_file_is_passed_over(tmp_path: Path, garbage: bytes) -> None:
    log, path = Log(3), tmp_path / "log"
    path.write_bytes(garbage)
    path.chmod(0o600)
    panel_of(log, sink_of(path)).anchor(log.head())
    assert sink_of(path).newest(within()) == (log.head(),)
    assert entries_in(path) == log.lines


def test_a_line_without_end_costs_no_memory(tmp_path: Path) -> None:
    log, path = Log(3), tmp_path / "log"
    path.write_bytes(b"entry 0 {" + b"x" * 9_000_000)
    path.chmod(0o600)
    panel_of(log, sink_of(path)).anchor(log.head())
    assert sink_of(path).newest(within()) == (log.head(),)


FULL = """
import resource, sys
from pathlib import Path
from tests.breakglass.logs import Log, now
from tests.breakglass.sinks.test_file import panel_of, sink_of
from rootwarden.breakglass.sinks.panel import NotAnchoredError
path, limit = Path(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
log = Log(2)
panel = panel_of(log, sink_of(path))
panel.anchor(log.head())
taken = path.read_bytes()
refused = 0
for _ in range(3):
    try:
        panel.anchor(log.grow(4))
    except NotAnchoredError as error:
        refused += 1
        print(error.hint)
assert refused, "the limit was not reached"
assert path.read_bytes().startswith(taken)
assert panel.health()[0].failing_since == now()
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
panel.anchor(log.grow())
assert panel.health()[0].error == ""
print("recovered", log.size)
"""


@pytest.mark.parametrize("limit", [500, 700, 777, 1000])
def test_a_disk_that_is_full_is_a_refusal_and_then_it_recovers(tmp_path: Path, limit: int) -> None:
    assert resource.RLIMIT_FSIZE
    path = tmp_path / "log"
    command = [sys.executable, "-c", FULL, str(path), str(limit)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "File too large" in done.stdout
    size = int(done.stdout.rsplit(" ", 1)[1])
    assert entries_in(path) == Log(size).lines


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.breakglass.logs import Log
from tests.breakglass.sinks.test_file import panel_of, sink_of
write, cut = os.write, int(sys.argv[2])
def half(descriptor, content):
    write(descriptor, content[:cut])
    os.kill(os.getpid(), signal.SIGKILL)
log = Log(4)
sink = sink_of(Path(sys.argv[1]))
os.write = half
sink.offer(log.head(), log.lines, __import__("tests.breakglass.sinks.test_file", fromlist=["within"]).within())
"""


@pytest.mark.parametrize("cut", [0, 1, 50, 130])
def test_killed_in_the_middle_of_a_line(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "log"
    done = subprocess.run([sys.executable, "-c", KILLED, str(path), str(cut)], timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.stat().st_size == cut
    log = Log(4)
    panel_of(log, sink_of(path)).anchor(log.grow())
    assert entries_in(path) == log.lines


def test_a_device_that_is_always_full_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match=r"no plain file|another user"):
        sink_of(Path("/dev/full")).offer(Log(1).head(), (), within())
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(SinkError, match=r"no plain file|cannot use"):
        sink_of(tmp_path / "pipe").offer(Log(1).head(), (), within())


@pytest.mark.parametrize("mode", [0o700, 0o610, 0o601, 0o620, 0o602, 0o666])
def test_modes_that_let_others_write_or_anybody_run_it(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "log"
    path.touch()
    path.chmod(mode)
    with pytest.raises(SinkError, match="executable, or others may write"):
        sink_of(path).offer(Log(1).head(), (), within())
    assert path.read_bytes() == b""


def test_links_and_second_names(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "log").touch(0o600)
    (tmp_path / "link").symlink_to(tmp_path / "real" / "log")
    (tmp_path / "folder").symlink_to(tmp_path / "real")
    for path in (tmp_path / "link", tmp_path / "folder" / "log"):
        with pytest.raises(SinkError):
            sink_of(path).offer(Log(1).head(), (), within())
    (tmp_path / "second").hardlink_to(tmp_path / "real" / "log")
    with pytest.raises(SinkError, match="one name"):
        sink_of(tmp_path / "second").offer(Log(1).head(), (), within())
    assert (tmp_path / "real" / "log").read_bytes() == b""


def test_a_folder_anybody_may_write_to(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(SinkError, match="anybody may write"):
        sink_of(tmp_path / "open" / "log").offer(Log(1).head(), (), within())


def test_the_mount_of_the_database_is_not_apart(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="is on the mount of"):
        sink_of(tmp_path / "log", apart_from=tmp_path).offer(Log(1).head(), (), within())
    other = Path("/proc")
    assert other.stat().st_dev != tmp_path.stat().st_dev
    sink_of(tmp_path / "log", apart_from=other).offer(Log(1).head(), Log(1).lines, within())


def test_a_file_that_is_gone_cannot_be_asked(tmp_path: Path) -> None:
    for path in (tmp_path / "log", tmp_path / "nowhere" / "log"):
        with pytest.raises(SinkError, match="No such file"):
            sink_of(path).newest(within())


def test_a_mount_that_is_gone_is_a_refusal(tmp_path: Path) -> None:
    log, folder = Log(2), tmp_path / "mount"
    panel = panel_of(log, sink_of(folder / "log"))
    with pytest.raises(NotAnchoredError) as raised:
        panel.anchor(log.head())
    assert "No such file" in raised.value.hint
    folder.mkdir()
    panel.anchor(log.head())
    assert entries_in(folder / "log") == log.lines
