"""The process itself: who may talk to it, what it may be, what of it others can see."""

from __future__ import annotations

import os
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.breakglass.custody.people import CANARY, URI
from tests.breakglass.vault.served import NOBODY
from tests.breakglass.vault.world import World, folder, start

from rootwarden.breakglass.vault import messages as said
from rootwarden.breakglass.vault.client import ask
from rootwarden.breakglass.vault.framing import JSON_LIMIT, SECRET_LIMIT
from rootwarden.breakglass.vault.process import Ending
from rootwarden.breakglass.vault.troubles import VaultError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.breakglass.vault.world import Sealed

AS_ROOT = os.geteuid() == 0


def refusal_to_start(state: Path) -> str:
    process = start(state, state / "vault.sock")
    _, told = process.communicate(timeout=20)
    assert process.returncode == 1, told
    return told


@pytest.fixture(scope="module")
def used() -> Iterator[Path]:
    """A folder that a vault ran on."""
    with folder() as state:
        World(state).end()
        (state / "vault.sock").unlink()
        yield state


# --- where it does not run


def give_to_others(state: Path) -> None:
    state.chmod(0o750)


def leave_identity_open(state: Path) -> None:
    (state / "identity.txt").chmod(0o640)


def link_identity(state: Path) -> None:
    (state / "identity.txt").rename(state / "elsewhere")
    (state / "identity.txt").symlink_to(state / "elsewhere")


def name_identity_twice(state: Path) -> None:
    (state / "again").hardlink_to(state / "identity.txt")


def lose_head(state: Path) -> None:
    (state / "trusted-head.json").unlink()


def lose_ledger(state: Path) -> None:
    (state / "steps.jsonl").unlink()


def garble_identity(state: Path) -> None:
    (state / "identity.txt").write_text("AGE-SECRET-KEY-1CANARY", encoding="utf-8")


def put_a_file_at_the_socket(state: Path) -> None:
    (state / "vault.sock").touch()


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (give_to_others, "belongs to somebody else, or others may use it"),
        (leave_identity_open, "belongs to somebody else, or others may use it"),
        (link_identity, "`identity.txt` in .* cannot be opened"),
        (name_identity_twice, "not a plain file of one name"),
        (lose_head, "`trusted-head.json` is missing"),
        (lose_ledger, "`steps.jsonl` is missing"),
        (garble_identity, "holds no X25519 key"),
        (put_a_file_at_the_socket, "is there already, and is no socket"),
    ],
)
def test_a_spoilt_folder_is_refused(used: Path, spoil: Callable[[Path], None], why: str) -> None:
    with folder() as state:
        for each in used.iterdir():
            copy = shutil.copy2(each, state)
            os.chown(copy, each.stat().st_uid, each.stat().st_gid)
        spoil(state)
        told = refusal_to_start(state)
        assert re.search(why, told)
        assert "CANARY" not in told


def test_a_folder_behind_a_link_or_open_on_the_way_is_refused() -> None:
    with folder() as place:
        (place / "real").mkdir(mode=0o700)
        if AS_ROOT:
            os.chown(place / "real", NOBODY, NOBODY)
        (place / "link").symlink_to(place / "real")
        assert "cannot be opened" in refusal_to_start(place / "link")
        place.chmod(0o777)
        assert "on the way to the state folder" in refusal_to_start(place / "real")


def test_one_folder_has_one_vault(world: World) -> None:
    assert "another vault holds the state folder" in refusal_to_start(world.state)


def test_the_vault_does_not_run_as_root() -> None:
    """Whoever runs this test: as root for real, otherwise as a user that the kernel is told to call root."""
    code = (
        "import os; os.geteuid = lambda: 0\n"
        "from rootwarden.breakglass.vault.system import harden\n"
        "from rootwarden.errors import RootwardenError\n"
        "try: harden()\n"
        "except RootwardenError as error: print(error.message)\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", code.partition("\n")[2] if AS_ROOT else code],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == "the vault does not run as root\n"


# --- who may talk to it


def test_the_socket_is_for_its_user_alone(world: World) -> None:
    assert world.socket.stat().st_mode & 0o077 == 0


def test_a_user_who_is_not_named_gets_no_answer() -> None:
    with folder() as state:
        process = subprocess.Popen(
            [sys.executable, "-c", _OTHER_PEERS, state, state / "vault.sock", "12345", "00" * 31 + "01"],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        try:
            line = process.stderr.readline()
            while "warning: " in line:
                line = process.stderr.readline()
            assert "listening; callers: 12345" in line
            # Whether it closes before or after it was asked is a race; the answer is one.
            for _ in range(20):
                with pytest.raises(VaultError, match="does not talk to this user"):
                    ask(state / "vault.sock", said.Status())
        finally:
            process.terminate()
            _, told = process.communicate(timeout=20)
        assert f"user {os.getuid()} may not ask" in told


_OTHER_PEERS = "from tests.breakglass.vault.served import main; main()"


# --- hostile callers


def raw(world: World, content: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        caller.settimeout(10)
        caller.connect(str(world.socket))
        with suppress(BrokenPipeError):
            caller.sendall(content)
        caller.shutdown(socket.SHUT_WR)
        answer = b""
        with suppress(ConnectionResetError):
            while part := caller.recv(1 << 16):
                answer += part
        return answer


def framed(message: bytes, secret: bytes = b"") -> bytes:
    return struct.pack(">II", len(message), len(secret)) + message + secret


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"{}",
        b"null",
        b"\xff\xfe",
        b'{"request":"no-such"}',
        b'{"request":"status","more":1}',
        b'{"request":"forget","opening":7}',
        b'{"request":"status","log":{"since":0}}',
        b"[" * 100_000,
        b'{"request":"seal-epoch","group":"' + b"x" * 300 + b'","epoch":1}',
    ],
    ids=["empty", "object", "null", "bytes", "unknown", "extra", "type", "half", "deep", "long"],
)
def test_what_is_no_request_is_answered_with_no(shared: World, message: bytes) -> None:
    assert b"the message is no request the vault knows" in raw(shared, framed(message))
    assert shared.answer(said.Status(), said.Stands)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00",
        b"\x00\x00\x00\x10\x00\x00\x00\x00{",
        struct.pack(">II", JSON_LIMIT + 1, 0),
        struct.pack(">II", 0, SECRET_LIMIT + 1),
        b"\xff" * 64,
        b"GET / HTTP/1.1\r\n\r\n",
    ],
    ids=["nothing", "one byte", "half", "long message", "long secret", "ones", "http"],
)
def test_what_is_no_frame_is_dropped(shared: World, content: bytes) -> None:
    assert raw(shared, content) == b""
    assert shared.answer(said.Status(), said.Stands)


# --- what others can see


def test_neither_arguments_nor_environment_nor_journal_hold_a_secret(sealed: Sealed) -> None:
    """BG-1: while a seed is sealed and a code is released, and afterwards."""
    step = sealed.step
    sealed.open("o-1")
    sealed.allow_code("L-1", step)
    _, code = sealed.code("o-1", "L-1", step)
    place = Path("/proc") / str(sealed.process.pid)
    seen = (place / "cmdline").read_bytes() + (place / "comm").read_bytes()
    if AS_ROOT:
        seen += (place / "environ").read_bytes()
    sealed.end()
    seen += "".join(sealed.journal).encode()
    for path in sealed.state.iterdir():
        if path.is_file() and path.name != "identity.txt":
            seen += path.read_bytes()
    assert CANARY not in seen
    assert URI.encode() not in seen
    assert code.encode() not in seen
    assert b"ReleaseCode: done" in seen
    sealed.restart()


def test_there_is_no_core_dump_to_be_had(sealed: Sealed) -> None:
    place = Path("/proc") / str(sealed.process.pid)
    limits = (place / "limits").read_text(encoding="utf-8")
    assert re.search(r"Max core file size\s+0\s+0\s", limits)
    before = set(sealed.state.iterdir())
    sealed.process.send_signal(signal.SIGQUIT)
    sealed.process.wait(timeout=20)
    assert sealed.process.returncode == -signal.SIGQUIT
    assert set(sealed.state.iterdir()) == before
    sealed.restart()


def test_another_process_of_the_same_user_cannot_read_its_memory(sealed: Sealed) -> None:
    """PR_SET_DUMPABLE: the kernel gives /proc/PID/mem to root, and lets no other of the user trace it."""
    mem = Path("/proc") / str(sealed.process.pid) / "mem"
    assert mem.stat().st_uid == 0
    code = f"import os; os.seteuid({NOBODY}) if os.geteuid() == 0 else None; open({str(mem)!r}, 'rb')"
    tried = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "PermissionError" in tried.stderr


def test_the_status_says_what_protects_it(world: World) -> None:
    measures = world.answer(said.Status(), said.Stands).hardening.measures
    assert [measures[name] for name in ("no core dumps", "not dumpable", "no new privileges")] == ["on"] * 3
    assert measures["memory locked"] == "on" or "raise the limit" in measures["memory locked"]
    assert set(measures) == {
        "no core dumps",
        "not dumpable",
        "no new privileges",
        "memory locked",
        "no swap",
        "no network",
    }


def bound_to(bytes_at_most: int) -> tuple[str, ...]:
    program = shutil.which("prlimit")
    assert program, "util-linux is not installed"
    return program, f"--memlock={bytes_at_most}:{bytes_at_most}"


def allowed_to_lock() -> tuple[str, ...]:
    """What lets a user who is not root lock memory: no limit, or the capability that goes beyond it (mlock(2))."""
    program = shutil.which("setpriv")
    assert program, "util-linux is not installed"
    if not AS_ROOT:
        if resource.getrlimit(resource.RLIMIT_MEMLOCK)[1] != resource.RLIM_INFINITY:
            pytest.skip("this user may lock no memory here")
        return bound_to(0)[0], "--memlock=unlimited"
    user = (f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    return program, *user, "--inh-caps=+ipc_lock", "--ambient-caps=+ipc_lock", "--"


@pytest.mark.parametrize("locked", [False, True])
def test_the_start_says_whether_its_memory_is_locked(*, locked: bool) -> None:
    """By the limit it is really started with, and by what the kernel says of its memory then."""
    with folder() as state:
        process = start(state, state / "vault.sock", before=allowed_to_lock() if locked else bound_to(65536))
        assert process.stderr is not None
        try:
            said_at_start = [process.stderr.readline()]
            while "listening" not in said_at_start[-1]:
                assert "vault: warning: " in said_at_start[-1], said_at_start
                said_at_start.append(process.stderr.readline())
            status = (Path("/proc") / str(process.pid) / "status").read_text(encoding="utf-8")
            (kilobytes,) = map(int, re.findall(r"VmLck:\s+(\d+) kB", status))
        finally:
            process.terminate()
            process.communicate(timeout=20)
    warned = [line for line in said_at_start if "locked" in line]
    if locked:
        assert warned == []
        assert kilobytes > 10_000, "all of it"
    else:
        assert "warning: memory locked: no: " in warned[0]
        assert "raise the limit of locked memory" in warned[0]
        assert "docs/vault.md#locked-memory" in warned[1]
        assert kilobytes == 0


# --- how it ends


def test_it_ends_when_told_and_starts_over_what_a_killed_one_left(world: World) -> None:
    recipient = world.answer(said.Status(), said.Stands).recipient
    assert world.end() == 0
    world.restart()
    world.process.kill()
    world.process.wait(timeout=20)
    assert world.socket.exists()
    with pytest.raises(VaultError, match="does not answer"):
        ask(world.socket, said.Status())
    world.restart()
    assert world.answer(said.Status(), said.Stands).recipient == recipient


def test_it_ends_although_somebody_is_connected_and_asks_nothing(world: World) -> None:
    """Well within the 20 seconds the end may take here, of the 30 an exchange may take."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        caller.connect(str(world.socket))
        assert world.end() == 0


def test_what_tells_it_to_end_raises_nothing_for_it_would_be_lost_in_a_finalizer() -> None:
    lost: list[object] = []

    class Owner:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGTERM)

    ending = Ending()
    before, hook = signal.signal(signal.SIGTERM, ending), sys.unraisablehook
    sys.unraisablehook = lost.append
    try:
        owner = Owner()
        del owner
    finally:
        signal.signal(signal.SIGTERM, before)
        sys.unraisablehook = hook
    assert ending.asked
    assert lost == []
