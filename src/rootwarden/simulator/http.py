"""HTTP/1.1 over asyncio's protocol interface: only what an AWS SDK sends, bounded in every direction.

Keep-alive, bodies with `Content-Length`, `Expect: 100-continue`, pipelined requests answered in order. Chunked
request bodies are refused with 501. An answer may be delayed, cut short or replaced by a closed connection; a delay
is a timer, so it holds up nobody but its own connection, and a client that goes away cancels it.
"""

from __future__ import annotations

import asyncio
from enum import Enum, auto
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import unquote

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD_LIMIT = 32 * 1024
HEADER_COUNT_LIMIT = 100
BODY_LIMIT = 8 * 1024 * 1024

_REASONS = {status.value: status.phrase for status in HTTPStatus}


class Request(msgspec.Struct, frozen=True, gc=False):
    """One complete request; header names are lower case, `path` is decoded, `query` is as sent."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


class Fault(Enum):
    """What goes wrong on the way back, on purpose."""

    NONE = auto()
    DROP = auto()
    TRUNCATE = auto()


class Reply(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One answer; `delay` is in seconds."""

    body: bytes
    content_type: str
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    delay: float = 0.0
    fault: Fault = Fault.NONE


class BadRequest(Exception):  # noqa: N818 - named after the HTTP status it becomes
    """The bytes are not a request this server takes."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Head(msgspec.Struct, frozen=True, gc=False):
    """The part of a request before its body."""

    method: str
    target: str
    version: str
    headers: dict[str, str]
    content_length: int


def parse_head(data: bytes) -> Head:
    """Read the request line and headers; raises `BadRequest`."""
    lines = data.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or words[2] not in {"HTTP/1.1", "HTTP/1.0"} or not words[1].startswith(("/", "http://")):  # noqa: PLR2004 - method, target, version
        raise BadRequest(400, "malformed request line")
    if len(lines) > HEADER_COUNT_LIMIT:
        raise BadRequest(431, "too many headers")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise BadRequest(400, "malformed header")
        key = name.lower()
        if key == "content-length" and headers.get(key, value.strip()) != value.strip():
            raise BadRequest(400, "contradictory content-length")
        headers[key] = value.strip()
    return Head(words[0], words[1], words[2], headers, _content_length(headers))


def _content_length(headers: dict[str, str]) -> int:
    if "transfer-encoding" in headers:
        raise BadRequest(501, "transfer-encoding is not supported")
    text = headers.get("content-length", "0")
    if not (text.isascii() and text.isdigit()):
        raise BadRequest(400, "malformed content-length")
    if len(text) > 9 or int(text) > BODY_LIMIT:  # noqa: PLR2004 - ten digits are past the limit, and past cheap parsing
        raise BadRequest(413, "body too large")
    return int(text)


def render(reply: Reply, *, close: bool) -> bytes:
    """The bytes of an answer."""
    lines = [
        f"HTTP/1.1 {reply.status} {_REASONS.get(reply.status, 'Unknown')}",
        f"Content-Type: {reply.content_type}",
        f"Content-Length: {len(reply.body)}",
    ]
    lines += [f"{name}: {value}" for name, value in reply.headers]
    if close:
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace") + reply.body


class HttpConnection(asyncio.Protocol):
    """One client connection: bytes in, `respond` once for each request, bytes out in the same order."""

    def __init__(self, respond: Callable[[Request], Reply], open_connections: set[HttpConnection]) -> None:
        self._respond = respond
        self._open_connections = open_connections
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._head: Head | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._writable = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
            self._open_connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol interface gives it
        """Forget the client, and the answer it was waiting for."""
        self._open_connections.discard(self)
        self._transport = None
        if self._timer is not None:
            self._timer.cancel()

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take bytes and answer every request that is complete."""
        self._buffer += data
        self._advance()

    def pause_writing(self) -> None:
        """Stop answering a client that does not read."""
        self._writable = False

    def resume_writing(self) -> None:
        """Go on answering."""
        self._writable = True
        self._advance()

    def _advance(self) -> None:
        while self._transport is not None and self._timer is None and self._writable:
            try:
                request, close = self._next_request()
            except BadRequest as problem:
                self._refuse(problem)
                return
            if request is None:
                break
            reply = self._respond(request)
            if reply.delay > 0:
                loop = asyncio.get_running_loop()
                self._timer = loop.call_later(reply.delay, self._send_late, reply, close)
            else:
                self._send(reply, close=close)
        self._hold_back()

    def _hold_back(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if (self._timer is not None or not self._writable) and len(self._buffer) > HEAD_LIMIT:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _next_request(self) -> tuple[Request | None, bool]:
        if self._head is None:
            end = self._buffer.find(b"\r\n\r\n", 0, HEAD_LIMIT)
            if end < 0:
                if len(self._buffer) >= HEAD_LIMIT:
                    raise BadRequest(431, "headers too large")
                return None, False
            self._head = parse_head(bytes(self._buffer[:end]))
            del self._buffer[: end + 4]
            waiting = len(self._buffer) < self._head.content_length
            if waiting and self._head.headers.get("expect", "").lower() == "100-continue" and self._transport:
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        head = self._head
        if len(self._buffer) < head.content_length:
            return None, False
        body = bytes(self._buffer[: head.content_length])
        del self._buffer[: head.content_length]
        self._head = None
        return _request(head, body), _closes(head)

    def _send_late(self, reply: Reply, close: bool) -> None:
        self._timer = None
        self._send(reply, close=close)
        self._advance()

    def _send(self, reply: Reply, *, close: bool) -> None:
        if self._transport is None:
            return
        if reply.fault is Fault.DROP:
            self._transport.abort()
            return
        data = render(reply, close=close)
        if reply.fault is Fault.TRUNCATE:
            self._transport.write(data[: len(data) - max(1, len(reply.body) // 2)])
            self._transport.close()
            return
        self._transport.write(data)
        if close:
            self._transport.close()

    def _refuse(self, problem: BadRequest) -> None:
        reply = Reply(status=problem.status, content_type="text/plain", body=str(problem).encode())
        self._send(reply, close=True)
        self._transport = None


def _closes(head: Head) -> bool:
    wish = head.headers.get("connection", "").lower()
    return wish == "close" or (head.version == "HTTP/1.0" and wish != "keep-alive")


def _request(head: Head, body: bytes) -> Request:
    target = head.target
    if target.startswith("http://"):
        target = "/" + target[len("http://") :].partition("/")[2]
    path, _, query = target.partition("?")
    return Request(head.method, unquote(path), query, head.headers, body)
