"""The HTTP server against clients that are not well-behaved, byte by byte."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from rootwarden.simulator import running
from rootwarden.simulator.http import BODY_LIMIT, HEAD_LIMIT
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.simulator import Simulator

SCOPE = "AWS4-HMAC-SHA256 Credential=AKIAFAKE000011110000/20260302/us-east-1/sts/aws4_request, Signature=00"
BODY = b"Action=GetCallerIdentity&Version=2011-06-15"


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running(make_world("greenfield", 2)) as started:
        yield started


def head(length: int, *more: str) -> bytes:
    lines = ["POST / HTTP/1.1", "Host: 127.0.0.1", f"Authorization: {SCOPE}", f"Content-Length: {length}", *more]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


GOOD = head(len(BODY)) + BODY


def connect(simulator: Simulator) -> socket.socket:
    port = int(simulator.endpoint.rsplit(":", 1)[1])
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def exchange(simulator: Simulator, *pieces: bytes) -> bytes:
    """Send pieces, close our side, and read until the server closes."""
    with connect(simulator) as stream:
        for piece in pieces:
            stream.sendall(piece)
        stream.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while chunk := stream.recv(65536):
                answer += chunk
        except ConnectionResetError:
            pass
        return answer


MALFORMED = {
    "no request line": (b"\r\n\r\n", 400),
    "not http": (b"HELO there\r\n\r\n", 400),
    "two words": (b"GET /\r\n\r\n", 400),
    "http 2": (b"GET / HTTP/2.0\r\n\r\n", 400),
    "not a path": (b"GET x HTTP/1.1\r\n\r\n", 400),
    "tls": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    "header without colon": (b"GET / HTTP/1.1\r\nnonsense\r\n\r\n", 400),
    "space before colon": (b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400),
    "length no number": (b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n", 400),
    "length negative": (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
    "length unicode": ("POST / HTTP/1.1\r\nContent-Length: ²\r\n\r\n".encode("latin-1"), 400),
    "two lengths": (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", 400),
    "length huge": (b"POST / HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", 413),
    "body too large": (f"POST / HTTP/1.1\r\nContent-Length: {BODY_LIMIT + 1}\r\n\r\n".encode(), 413),
    "chunked": (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501),
    "head too large": (b"GET / HTTP/1.1\r\nX: " + b"x" * HEAD_LIMIT, 431),
    "too many headers": (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n", 431),
}


@pytest.mark.parametrize("case", MALFORMED.values(), ids=MALFORMED)
def test_malformed_requests_are_refused_and_the_connection_closed(
    simulator: Simulator, case: tuple[bytes, int]
) -> None:
    data, status = case
    answer = exchange(simulator, data)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"Connection: close" in answer


@pytest.mark.parametrize("size", [1, 7, 100])
def test_a_request_may_come_in_pieces(simulator: Simulator, size: int) -> None:
    pieces = [GOOD[start : start + size] for start in range(0, len(GOOD), size)]
    assert exchange(simulator, *pieces).startswith(b"HTTP/1.1 200 OK")


def test_requests_in_one_piece_are_answered_in_order(simulator: Simulator) -> None:
    other = GOOD.replace(b"000011110000", b"000011110001")
    answer = exchange(simulator, GOOD + other + GOOD)
    accounts = [part.split(b"<", 1)[0] for part in answer.split(b"<Account>")[1:]]
    assert accounts == [b"000011110000", b"000011110001", b"000011110000"]


def test_expect_continue(simulator: Simulator) -> None:
    with connect(simulator) as stream:
        stream.sendall(head(len(BODY), "Expect: 100-continue"))
        assert stream.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        stream.sendall(BODY)
        assert stream.recv(65536).startswith(b"HTTP/1.1 200 OK")


def test_connection_close_is_honoured(simulator: Simulator) -> None:
    with connect(simulator) as stream:
        stream.sendall(head(len(BODY), "Connection: close") + BODY)
        answer = b""
        while chunk := stream.recv(65536):
            answer += chunk
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"\r\nConnection: close\r\n" in answer


def test_a_half_sent_request_gets_no_answer(simulator: Simulator) -> None:
    assert exchange(simulator, GOOD[:-5]) == b""


UNSIGNED = {
    "no header": (b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", b"MissingAuthenticationToken"),
    "another scheme": (b"POST / HTTP/1.1\r\nAuthorization: Basic eA==\r\n\r\n", b"MissingAuthenticationToken"),
    "no scope": (b"POST / HTTP/1.1\r\nAuthorization: AWS4-HMAC-SHA256 x\r\n\r\n", b"MissingAuthenticationToken"),
    "unknown service": (head(0).replace(b"/sts/", b"/lambda/"), b"UnknownService"),
    "no action": (head(0), b"InvalidAction"),
    "unknown action": (head(8) + b"Action=X", b"InvalidAction"),
    "not utf-8": (head(9) + b"Action=\xff\xfe", b"ValidationError"),
    "not supported": (head(33) + b"Action=GetSessionToken&Version=20", b"NotImplemented"),
}


@pytest.mark.parametrize("case", UNSIGNED.values(), ids=UNSIGNED)
def test_requests_that_are_no_calls(simulator: Simulator, case: tuple[bytes, bytes]) -> None:
    data, code = case
    answer = exchange(simulator, data)
    assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 501"))
    assert b"<Code>" + code + b"</Code>" in answer
