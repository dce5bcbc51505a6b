from __future__ import annotations

import socket
import struct
import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rootwarden.breakglass.custody.keys import Secret
from rootwarden.breakglass.vault.framing import JSON_LIMIT, SECRET_LIMIT, Deadline, receive, send
from rootwarden.breakglass.vault.troubles import VaultError

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = made_pair()
    with ours, theirs:
        yield ours, theirs


def made_pair() -> tuple[socket.socket, socket.socket]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    return ours, theirs


@given(st.binary(max_size=50), st.binary(max_size=50))
def test_a_frame_comes_as_it_was_sent_and_its_secret_is_wiped(message: bytes, content: bytes) -> None:
    ours, theirs = made_pair()
    with ours, theirs:
        sent = bytearray(content)
        send(ours, message, Secret(sent, "code"), Deadline(5))
        assert sent == bytes(len(content))
        frame = receive(theirs, Deadline(5))
    assert frame is not None
    assert (frame.message, bytes(frame.secret.content)) == (message, content)


def test_a_large_frame_comes_through_a_small_pipe(pair: tuple[socket.socket, socket.socket]) -> None:
    message = bytes(range(256)) * 20_000
    writer = threading.Thread(target=send, args=(pair[0], message, None, Deadline(20)))
    writer.start()
    frame = receive(pair[1], Deadline(20))
    writer.join()
    assert frame is not None
    assert frame.message == message


def test_a_caller_that_trickles_or_stalls_is_given_up(pair: tuple[socket.socket, socket.socket]) -> None:
    """The limit is one for the whole frame: a byte now and then does not buy time."""

    def trickle() -> None:
        pair[0].send(b"\x00")

    pair[0].send(struct.pack(">II", 1000, 0))
    with pytest.raises(VaultError, match="took too long"):
        receive(pair[1], Deadline(0.1, meanwhile=trickle, every=0.01))


def test_a_caller_that_does_not_read_is_given_up(pair: tuple[socket.socket, socket.socket]) -> None:
    with pytest.raises(VaultError, match="took too long"):
        send(pair[0], bytes(8_000_000), None, Deadline(0.1))


def test_what_must_be_done_meanwhile_is_done(pair: tuple[socket.socket, socket.socket]) -> None:
    done: list[int] = []
    with pytest.raises(VaultError):
        receive(pair[1], Deadline(0.2, meanwhile=lambda: done.append(1), every=0.01))
    assert len(done) >= 3


@pytest.mark.parametrize("cut", [1, 7, 8, 9, 12])
def test_half_a_frame_is_noticed(pair: tuple[socket.socket, socket.socket], cut: int) -> None:
    pair[0].send((struct.pack(">II", 2, 3) + b"{}abc")[:cut])
    pair[0].close()
    with pytest.raises(VaultError, match="in the middle of a message"):
        receive(pair[1], Deadline(5))


def test_nothing_at_all_is_no_frame(pair: tuple[socket.socket, socket.socket]) -> None:
    pair[0].close()
    assert receive(pair[1], Deadline(5)) is None


@pytest.mark.parametrize("lengths", [(JSON_LIMIT + 1, 0), (0, SECRET_LIMIT + 1), (0xFFFFFFFF, 0xFFFFFFFF)])
def test_a_frame_that_says_it_is_too_large_is_not_read(
    pair: tuple[socket.socket, socket.socket], lengths: tuple[int, int]
) -> None:
    pair[0].send(struct.pack(">II", *lengths))
    with pytest.raises(VaultError, match="too large"):
        receive(pair[1], Deadline(5))


def test_one_that_is_too_large_is_not_sent(pair: tuple[socket.socket, socket.socket]) -> None:
    content = bytearray(SECRET_LIMIT + 1)
    with pytest.raises(VaultError, match="too large"):
        send(pair[0], b"", Secret(content, "picture"), Deadline(5))
