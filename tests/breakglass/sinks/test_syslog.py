"""BG-4: syslog over TCP and TLS; taken means read to the end and closed in order, and nothing else does."""

from __future__ import annotations

import re
import socket
import ssl
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
from tests.breakglass import servers
from tests.breakglass.logs import Log, certificates, now
from tests.breakglass.servers import tcp_server

from rootwarden.breakglass.sinks.panel import NotAnchoredError, Panel, Policy
from rootwarden.breakglass.sinks.syslog import Receiver, SyslogSink
from rootwarden.breakglass.witness.messages import parse_head
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator
    from pathlib import Path


class Receiving:
    """What a receiver read, frame by frame (RFC 6587, section 3.4.1)."""

    def __init__(self) -> None:
        self.content: list[bytes] = []
        self.trust: ssl.SSLContext | None = None
        self.says_goodbye = True

    def serve(self, connection: socket.socket, over: threading.Event) -> None:
        del over
        if self.trust is None:
            self.content.append(read_to_the_end(connection))
            return
        with self.trust.wrap_socket(connection, server_side=True) as safe:
            self.content.append(read_to_the_end(safe))
            if self.says_goodbye:
                with suppress(OSError):
                    safe.unwrap()

    def messages(self) -> list[bytes]:
        found, rest = [], b"".join(self.content)
        while rest:
            length, _, rest = rest.partition(b" ")
            found.append(rest[: int(length)])
            rest = rest[int(length) :]
        return found


def read_to_the_end(connection: socket.socket) -> bytes:
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


@contextmanager
def receiving() -> Iterator[tuple[Receiving, int]]:
    receiver = Receiving()
    with tcp_server(receiver.serve) as port:
        yield receiver, port


def panel_of(log: Log, port: int, *, seconds: float = 5, takes_entries: bool = True, **more: Any) -> Panel:
    receiver = Receiver(host="127.0.0.1", port=port, **{"transport": "tcp", **more})
    sink = SyslogSink("siem", receiver, log=log.name, takes_entries=takes_entries, clock=now)
    return Panel([sink], Policy(seconds=seconds), log, clock=now)


# RFC 5424, section 6: PRI, version, timestamp, host, application, process, message id, structured data, message.
LINE = re.compile(
    rb"<109>1 2026-03-02T08:00:01Z - rootwarden \d+ (entry|head) "
    rb'\[rootwarden@32473 log="main" (?:index|size)="(\d+)"\] (.+)'
)


def test_each_entry_and_head_is_one_message_with_the_bytes_of_the_log() -> None:
    log = Log(3)
    with receiving() as (receiver, port):
        panel = panel_of(log, port)
        panel.anchor(log.head())
        panel.anchor(log.grow(2))
    found = [match.groups() for each in receiver.messages() if (match := LINE.fullmatch(each))]
    assert len(found) == len(receiver.messages()) == 7
    assert [content for what, _, content in found if what == b"entry"] == log.lines
    assert [int(index) for what, index, _ in found if what == b"entry"] == [0, 1, 2, 3, 4]
    assert [parse_head(content) for what, _, content in found if what == b"head"] == [log.head(3), log.head(5)]


def test_heads_only() -> None:
    log = Log(3)
    with receiving() as (receiver, port):
        panel_of(log, port, takes_entries=False).anchor(log.head())
    assert len(receiver.messages()) == 1


@pytest.mark.parametrize("says_goodbye", [True, False])
def test_over_tls_with_a_private_authority(tmp_path: Path, says_goodbye: bool) -> None:
    authority, certificate, key = certificates(tmp_path)
    log = Log(3)
    with receiving() as (receiver, port):
        receiver.trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        receiver.trust.load_cert_chain(certificate, key)
        receiver.says_goodbye = says_goodbye
        panel_of(log, port, transport="tls", authority=authority).anchor(log.head())
        assert len(receiver.messages()) == 4
        with pytest.raises(NotAnchoredError):
            panel_of(log, port, transport="tls").anchor(log.head())


@pytest.mark.parametrize("transport", ["udp", "", "TLS "])
def test_over_udp_nobody_knows_and_so_it_is_no_sink(transport: str) -> None:
    with pytest.raises(UsageError, match="cannot be a sink"):
        panel_of(Log(1), 514, transport=transport)


def test_a_message_longer_than_the_receiver_takes_is_not_cut() -> None:
    log = Log(3)
    log.lines.append(b'{"reason":"%s"}' % (b"x" * 2000))
    with receiving() as (receiver, port):
        with pytest.raises(NotAnchoredError) as raised:
            panel_of(log, port, longest=2000).anchor(log.head())
        assert "entry 3 makes a message of" in raised.value.hint
        assert receiver.content == []
        panel_of(log, port, longest=4000).anchor(log.head())


def half_read(connection: socket.socket, over: threading.Event) -> None:
    """Reads half of a line, then closes: what was not read makes it a reset."""
    del over
    connection.recv(30)
    time.sleep(0.02)


BAD = {
    "reads half a line": half_read,
    "resets": servers.reset,
    "hangs up at once": servers.closing,
    "never closes": servers.silent,
    "never reads": servers.deaf,
    "drips": servers.dripping(b"x" * 10_000),
}


@pytest.mark.parametrize("transport", ["tcp", "tls"])
@pytest.mark.parametrize("name", BAD)
def test_a_receiver_that_misbehaves_took_nothing_and_recovers(name: str, transport: str) -> None:
    log = Log(400)
    with tcp_server(BAD[name]) as port:
        begun = time.monotonic()
        panel = panel_of(log, port, seconds=0.3, transport=transport)
        with pytest.raises(NotAnchoredError, match="0 of 1"):
            panel.anchor(log.head())
        assert time.monotonic() - begun < 3
        end = time.monotonic() + 5
        while panel.health()[0].busy_for is not None:
            assert time.monotonic() < end, "the thread did not end"
            time.sleep(0.005)
        assert panel.health()[0].accepted == 0


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(NotAnchoredError) as raised:
        panel_of(Log(1), port).anchor(Log(1).head())
    assert "Connection refused" in raised.value.hint


def test_it_takes_again_when_it_is_back() -> None:
    log, calls = Log(2), [servers.reset]
    receiver = Receiving()

    def serve(connection: socket.socket, over: threading.Event) -> None:
        (calls.pop() if calls else receiver.serve)(connection, over)

    with tcp_server(serve) as port:
        panel = panel_of(log, port)
        with pytest.raises(NotAnchoredError):
            panel.anchor(log.head())
        panel.anchor(log.grow())
    assert len(receiver.messages()) == 4, "what it missed came with the next head"


def test_what_it_holds_cannot_be_asked() -> None:
    assert panel_of(Log(1), 6514).held() == ()
