"""A way to one server: its connection is kept, and one that is gone is no failure."""

from __future__ import annotations

import gc
import threading
import time
from typing import TYPE_CHECKING

import pytest
from tests.breakglass.servers import closing, http, silent, tcp_server

from rootwarden.breakglass.exchange import ExchangeFailed, Line

if TYPE_CHECKING:
    import socket


class Keeping:
    """Answers on each connection so many times, then closes it, at once or when it is asked again."""

    def __init__(self, times: int, *, waits: bool = False) -> None:
        self.times, self.waits = times, waits
        self.connections = 0
        self.ended = threading.Event()

    def __call__(self, connection: socket.socket, over: threading.Event) -> None:
        del over
        self.connections += 1
        for _ in range(self.times):
            asked = b""
            while not asked.endswith(b"{}"):
                asked += connection.recv(65536) or b"{}"
            connection.sendall(http(b"{}").replace(b"Connection: close\r\n", b""))
        if self.waits:
            connection.recv(65536)
        self.ended.set()


def ask(line: Line, port: int, *, seconds: float = 5.0) -> bytes:
    return line.exchange("POST", f"http://127.0.0.1:{port}/", headers={}, body=b"{}", seconds=seconds).body


def test_the_connection_is_kept() -> None:
    server = Keeping(5, waits=True)
    with tcp_server(server) as port:
        line = Line()
        assert [ask(line, port) for _ in range(5)] == [b"{}"] * 5
        assert server.connections == 1
        line.close()
        assert server.ended.wait(5), "it hears that nobody is there any more"


@pytest.mark.parametrize("waits", [False, True])
def test_a_kept_connection_that_is_gone_is_made_anew(*, waits: bool) -> None:
    server = Keeping(1, waits=waits)
    with tcp_server(server) as port:
        line = Line()
        assert [ask(line, port) for _ in range(3)] == [b"{}"] * 3
        assert server.connections == 3
        line.close()


def test_a_server_that_always_hangs_up_is_a_failure() -> None:
    with tcp_server(closing) as port, pytest.raises(ExchangeFailed, match="cannot be reached"):
        ask(Line(), port)


def test_one_limit_holds_for_all_of_it_and_the_next_is_not_harmed() -> None:
    line, server = Line(), Keeping(1)
    with tcp_server(silent) as port:
        began = time.monotonic()
        with pytest.raises(ExchangeFailed, match=r"no answer in 0\.2 s"):
            ask(line, port, seconds=0.2)
        assert time.monotonic() - began < 3
    with tcp_server(server) as port:
        assert ask(line, port) == b"{}"


def test_threads_share_a_line() -> None:
    server, heard = Keeping(1000, waits=True), list[bytes]()
    with tcp_server(server) as port:
        line = Line()
        threads = [threading.Thread(target=lambda: heard.append(ask(line, port))) for _ in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        line.close()
    assert heard == [b"{}"] * 8


def test_a_line_nobody_holds_lets_its_connection_go() -> None:
    server = Keeping(1, waits=True)
    with tcp_server(server) as port:
        line = Line()
        ask(line, port)
        del line
        gc.collect()
        assert server.ended.wait(5)
