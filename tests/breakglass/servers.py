"""Servers on loopback: a real witness, and others that misbehave in one way each."""

from __future__ import annotations

import socket
import struct
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from tests.breakglass.logs import WITNESS_KEY, now

from rootwarden.alert.secret import Secret
from rootwarden.breakglass.witness.server import Listening, application, server_of
from rootwarden.breakglass.witness.witness import Witness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from rootwarden.breakglass.witness.memory import Memory

TOKEN = Secret("a token of the tests, long enough")


@contextmanager
def witness_server(
    memory: Memory,
    *,
    certificate: str = "",
    certificate_key: str = "",
    body_seconds: float = 5.0,
    clock: Callable[[], datetime] = now,
) -> Iterator[str]:
    """A witness over HTTP; its address."""
    witness = Witness(memory, name="second", key=WITNESS_KEY, clock=clock)
    listening = Listening(port=0, certificate=certificate, certificate_key=certificate_key)
    server = server_of(application(witness, token=TOKEN, body_seconds=body_seconds), listening)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"{'https' if certificate else 'http'}://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def tcp_server(serve: Callable[[socket.socket, threading.Event], None]) -> Iterator[int]:
    """A server that does one thing with each connection, told when the test is over; its port."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.02)
        threads = []

        def one(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                serve(connection, over)

        def accept() -> None:
            while not over.is_set():
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    continue
                connection.settimeout(10)
                thread = threading.Thread(target=one, args=(connection,), daemon=True)
                threads.append(thread)
                thread.start()

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield listener.getsockname()[1]
        finally:
            over.set()
            accepting.join()
            for thread in threads:
                thread.join(5)


def silent(connection: socket.socket, over: threading.Event) -> None:
    """Takes everything, says nothing."""
    connection.settimeout(0.02)
    while not over.is_set():
        with suppress(TimeoutError):
            if not connection.recv(65536):
                over.wait(10)


def deaf(connection: socket.socket, over: threading.Event) -> None:
    """Does not even read."""
    del connection
    over.wait(10)


def reset(connection: socket.socket, over: threading.Event) -> None:
    """Reads a little, then breaks the connection off."""
    del over
    connection.recv(20)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def closing(connection: socket.socket, over: threading.Event) -> None:
    """Hangs up at once."""


def dripping(content: bytes) -> Callable[[socket.socket, threading.Event], None]:
    """Sends its answer byte by byte, each soon enough to keep a time-out of one wait from ending it."""

    def serve(connection: socket.socket, over: threading.Event) -> None:
        for number in range(len(content)):
            if over.wait(0.05):
                return
            connection.sendall(content[number : number + 1])
        over.wait(10)

    return serve


def saying(content: bytes) -> Callable[[socket.socket, threading.Event], None]:
    """Answers every connection with the same bytes, after the first of the request."""

    def serve(connection: socket.socket, over: threading.Event) -> None:
        del over
        connection.recv(65536)
        connection.sendall(content)

    return serve


def http(body: bytes, status: str = "200 OK") -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (status.encode(), len(body), body)
