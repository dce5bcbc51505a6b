r"""A syslog receiver: RFC 5424 messages with octet counting (RFC 6587, section 3.4.1), over TCP or TLS (RFC 5425).

Syslog has no answer. What counts as taken: every byte was acknowledged by the receiver's machine, this side said that
it is done, and the receiver, having read to the end, closed the connection in order. A connection that is reset instead
took nothing. Over UDP nothing of this can be known, so it is refused. Receivers that close TLS without saying so are
common, so that counts as in order too: somebody who owns the network in between can pretend it.
"""

from __future__ import annotations

import fcntl
import os
import socket
import ssl
import struct
import termios
import time
from typing import TYPE_CHECKING, ClassVar, Final

import msgspec

from rootwarden.breakglass.exchange import trust_of
from rootwarden.breakglass.sinks.sink import Receipt, SinkKind
from rootwarden.errors import SinkError, UsageError
from rootwarden.facts.instant import format_instant
from rootwarden.transparency.canonical import canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from rootwarden.breakglass.sinks.lane import Allowance
    from rootwarden.transparency.head import Head

# RFC 5424, section 6.2.1: facility 13 (log audit) times 8, severity 5 (notice).
_PRIORITY: Final = 13 * 8 + 5
# RFC 5424, section 7.2.2: numbers of enterprises; this one is kept for examples (RFC 5612), we have none of our own.
_STRUCTURE: Final = "rootwarden@32473"
_PAUSE: Final = 0.002
_HINT: Final = "is it running, and is the way there open?"


class Receiver(msgspec.Struct, frozen=True, kw_only=True):
    """A syslog receiver.

    Attributes:
        host: Its name or address.
        port: 6514 for TLS (RFC 5425), as agreed for TCP.
        transport: `tls` or `tcp`; `udp` is refused.
        authority: Path of the certificate authority of its certificate, PEM; empty for those of the system.
        longest: Largest message it takes whole, in bytes; a longer entry is refused here, not cut there.
    """

    host: str
    port: int = 6514
    transport: str = "tls"
    authority: str = ""
    longest: int = 8192


class SyslogSink:
    """A syslog receiver.

    Args:
        name: What people call it.
        receiver: Where it is.
        log: Name of the log.
        takes_entries: Whether entries are sent, or heads only.
        clock: Now.

    Raises:
        UsageError: The transport cannot be accepted, or the authority not read.
    """

    kind: ClassVar[SinkKind] = SinkKind.SYSLOG
    tells: ClassVar[bool] = False

    def __init__(
        self, name: str, receiver: Receiver, *, log: str, takes_entries: bool, clock: Callable[[], datetime]
    ) -> None:
        if receiver.transport not in ("tls", "tcp"):
            raise UsageError(
                f"`{name}` cannot be a sink over `{receiver.transport}`",
                hint="over UDP nobody knows whether a message arrived; use `tls` or `tcp`",
            )
        self.name = name
        self.takes_entries = takes_entries
        self._receiver = receiver
        self._trust = trust_of(receiver.authority) if receiver.transport == "tls" else None
        self._log = log
        self._clock = clock

    def offer(self, head: Head, entries: Sequence[bytes], within: Allowance) -> Receipt:
        """Send the entries and the head on a connection of their own, and see it closed in order."""
        now = self._clock()
        frames = self._frames(head, entries if self.takes_entries else (), now)
        try:
            self._send(b"".join(frames), within)
        except (OSError, ValueError) as error:
            within.left()
            why = getattr(error, "strerror", None) or type(error).__name__
            raise SinkError(f"`{self.name}` did not take it: {why}", hint=_HINT) from error
        return Receipt(
            sink=self.name,
            kind=self.kind,
            head=head,
            accepted_at=now,
            reference=f"{self._receiver.host}:{self._receiver.port}, {len(frames)} messages",
            verifiable=False,
        )

    def newest(self, within: Allowance) -> tuple[Head, ...]:
        """Nobody can ask a syslog receiver."""
        del within
        raise SinkError(f"`{self.name}` cannot be asked: syslog has no answer", hint="compare it by hand")

    def _frames(self, head: Head, entries: Sequence[bytes], now: datetime) -> list[bytes]:
        first = head.size - len(entries)
        record = canonical({"size": head.size, "root": head.root, "time": head.time, "signature": head.signature})
        messages = [self._message("entry", first + number, each, now) for number, each in enumerate(entries)]
        return [b"%d %s" % (len(each), each) for each in [*messages, self._message("head", head.size, record, now)]]

    def _message(self, what: str, number: int, content: bytes, now: datetime) -> bytes:
        structure = f'[{_STRUCTURE} log="{self._log}" {"index" if what == "entry" else "size"}="{number}"]'
        start = f"<{_PRIORITY}>1 {format_instant(now)} - rootwarden {os.getpid()} {what} {structure} "
        message = start.encode() + content
        if len(message) > self._receiver.longest:
            raise SinkError(
                f"{what} {number} makes a message of {len(message)} bytes, and `{self.name}` takes "
                f"{self._receiver.longest}",
                hint="raise the limit of the receiver, then `longest`; or send heads only",
            )
        return message

    def _send(self, content: bytes, within: Allowance) -> None:
        address = (self._receiver.host, self._receiver.port)
        with socket.create_connection(address, timeout=within.left()) as plain:
            within.hold(plain)
            if self._trust is None:
                plain.settimeout(within.left())
                plain.sendall(content)
                _wait_until_acknowledged(plain, within)
                plain.shutdown(socket.SHUT_WR)
                _wait_until_closed(plain, within)
                return
            with self._trust.wrap_socket(plain, server_hostname=self._receiver.host) as safe:
                safe.settimeout(within.left())
                safe.sendall(content)
                _wait_until_acknowledged(safe, within)
                _part(safe, within)


def _wait_until_acknowledged(connection: socket.socket, within: Allowance) -> None:
    """Wait until the other machine has acknowledged every byte: nothing is left in the queue (tcp(7), SIOCOUTQ)."""
    while struct.unpack("i", fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, b"\0\0\0\0"))[0]:
        connection.settimeout(within.left())
        time.sleep(_PAUSE)


def _wait_until_closed(connection: socket.socket, within: Allowance) -> None:
    """Read what is not wanted until the other side closes; a reset raises, and so does the end of the allowance."""
    while True:
        connection.settimeout(within.left())
        if not connection.recv(4096):
            within.left()  # cut at the end of the allowance looks like closed
            return


def _part(safe: ssl.SSLSocket, within: Allowance) -> None:
    """Say that this is all, and wait for the other side to say so or to close in order."""
    safe.settimeout(within.left())
    try:
        plain = safe.unwrap()
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
        within.left()
        return
    except OSError as error:
        if error.errno:
            raise
        within.left()
        return
    with plain:
        plain.shutdown(socket.SHUT_WR)
        _wait_until_closed(plain, within)
