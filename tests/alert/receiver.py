"""A real HTTP receiver on loopback that says what it is told to say, and remembers what it was sent."""

from __future__ import annotations

import json
import socket
import struct
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class Got:
    """One request."""

    def __init__(self, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body

    def json(self) -> Any:
        return json.loads(self.body)


class Says:
    """One answer; `hang` keeps silent until the receiver closes, `reset` breaks the connection off."""

    def __init__(
        self, status: int = 200, body: Any = None, *, headers: dict[str, str] | None = None, do: str = ""
    ) -> None:
        self.status = status
        self.body = json.dumps(body).encode() if body is not None else b""
        self.headers = headers or {}
        self.do = do


class Receiver:
    """Answers in the order it was told, then always with the last answer."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.says: list[Says] = [Says()]
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self.address = ""

    def next(self, got: Got) -> Says:
        with self._lock:
            self.got.append(got)
            return self.says.pop(0) if len(self.says) > 1 else self.says[0]

    def keys(self) -> list[str]:
        """Idempotency keys, in the order they came."""
        return [each.headers.get("idempotency-key", "") for each in self.got]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver for as long as the block lasts."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            says = receiver.next(
                Got(self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            )
            if says.do == "hang":
                receiver.closing.wait(30)
                self.close_connection = True
                return
            if says.do == "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                self.close_connection = True
                return
            self.send_response(says.status)
            for name, value in says.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(says.body)))
            self.end_headers()
            self.wfile.write(says.body)

        do_GET = do_POST  # noqa: N815 - http.server's name

        def log_message(self, *_: object) -> None:
            """Silent."""

        def finish(self) -> None:
            try:
                super().finish()
            except (OSError, ValueError):
                return

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that went away is no news."""

    server = Server(("127.0.0.1", 0), Handler)
    receiver.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.closing.set()
        server.shutdown()
        server.server_close()
