from __future__ import annotations

import os
import resource
import signal
import time
from pathlib import Path

import pytest

from rootwarden.breakglass.custody.age import Identity, encrypt_public
from rootwarden.breakglass.custody.keys import Key, Secret
from rootwarden.breakglass.custody.sealed import Binding, Kind, read_sealed, seal
from rootwarden.breakglass.custody.troubles import CustodyError
from rootwarden.breakglass.vault.child import Result, in_child
from rootwarden.breakglass.vault.troubles import VaultError
from rootwarden.errors import InputError

# The vault has one thread; a process of pytest may have more.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")

BINDING = Binding(group="g", epoch=1, account="000011112222", kind=Kind.TOTP_SEED, record="phone", version=1)


def nothing() -> None:
    return


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The children made from here on; a process of pytest may have others."""
    made: list[int] = []
    fork = os.fork

    def remembered() -> int:
        child = fork()
        if child:
            made.append(child)
        return child

    monkeypatch.setattr(os, "fork", remembered)
    return made


def buried(children: list[int]) -> bool:
    """Whether somebody waited for each of them."""
    for child in children:
        with pytest.raises(ChildProcessError):
            os.waitpid(child, os.WNOHANG)
    return bool(children)


def test_a_child_answers_with_a_message_and_a_secret() -> None:
    found = in_child(lambda: Result(b"{}", Secret(bytearray(b"123456"), "code")), first=nothing)
    assert (found.message, bytes(found.secret.content if found.secret else b"")) == (b"{}", b"123456")


def test_a_large_answer_comes_whole() -> None:
    message = os.urandom(3 * 1024 * 1024)
    assert in_child(lambda: Result(message), first=nothing).message == message


def test_what_a_child_wipes_stays_with_the_vault() -> None:
    other, needed = Secret(bytearray(b"other"), "key"), Secret(bytearray(b"needed"), "key")
    seen = in_child(lambda: Result(bytes([other.wiped, needed.wiped])), first=other.wipe)
    assert seen.message == b"\x01\x00"
    assert not other.wiped


def test_a_refusal_in_a_child_is_one_in_the_vault() -> None:
    def refuse() -> Result:
        raise InputError("this is no seed", hint="look again")

    with pytest.raises(CustodyError, match="this is no seed") as caught:
        in_child(refuse, first=nothing)
    assert caught.value.hint == "look again"


def test_a_child_that_fails_says_nothing_of_what_it_held(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> Result:
        raise ValueError("canary")

    with pytest.raises(VaultError, match="ended without an answer"):
        in_child(fail, first=nothing)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
def test_a_child_that_dies_is_noticed(number: signal.Signals) -> None:
    def die() -> Result:
        os.kill(os.getpid(), number)
        return Result(b"")

    with pytest.raises(VaultError, match="ended without an answer"):
        in_child(die, first=nothing)


def test_a_child_that_hangs_is_ended(forked: list[int]) -> None:
    def hang() -> Result:
        signal.pause()
        return Result(b"")

    started = time.monotonic()
    with pytest.raises(VaultError, match="took too long"):
        in_child(hang, first=nothing, seconds=0.2)
    assert time.monotonic() - started < 5
    assert buried(forked)


def test_a_child_has_nothing_open_and_cannot_write(tmp_path: Path) -> None:
    def look() -> Result:
        links = [str(each.readlink()) for each in Path("/proc/self/fd").iterdir() if each.exists()]
        try:
            with (tmp_path / "x").open("wb", buffering=0) as file:
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                file.write(b"secret")
            wrote = "wrote"
        except OSError as error:
            wrote = type(error).__name__
        limit = resource.getrlimit(resource.RLIMIT_CORE)
        return Result("\n".join([wrote, str(limit), *links]).encode())

    with (tmp_path / "open").open("wb"):
        wrote, limit, *links = in_child(look, first=nothing).message.decode().splitlines()
    assert (wrote, limit) == ("OSError", "(0, 0)")
    assert not any(str(tmp_path / "open") in link or "socket" in link for link in links[3:])
    assert (tmp_path / "x").read_bytes() == b""


def test_two_children_never_draw_the_same_random_numbers() -> None:
    """A fork copies the state of every generator; age, AES-GCM and the operating system must each see to that."""
    recipient = Identity.fresh().recipient
    key = Key.fresh("account key")
    encrypt_public(b"x", [recipient])

    def draw() -> Result:
        drawn = [encrypt_public(b"x" * 32, [recipient]), Identity.fresh().recipient.encode(), os.urandom(16)]
        nonce = read_sealed(seal(key, BINDING, Secret(bytearray(b"x"), "seed"))).nonce
        return Result(b"\n".join(each.hex().encode() for each in (*drawn, nonce)))

    first, second = (in_child(draw, first=nothing).message.splitlines() for _ in range(2))
    ephemeral = [bytes.fromhex(each[0].decode()).split(b"\n")[1] for each in (first, second)]
    assert ephemeral[0].startswith(b"-> X25519 ")
    assert ephemeral[0] != ephemeral[1]
    assert all(one != other for one, other in zip(first, second, strict=True))


def test_children_are_buried(forked: list[int]) -> None:
    for _ in range(5):
        in_child(lambda: Result(b""), first=nothing)
    assert buried(forked)
