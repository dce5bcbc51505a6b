"""Whether the watcher lives and can work, over HTTP: `/healthz`, `/readyz`, `/metrics`.

On loopback unless told otherwise: the figures name no account, but nobody else needs them. Only GET and HEAD, and no
path but these three.
"""

from __future__ import annotations

import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final

from rootwarden.errors import UsageError
from rootwarden.watch.figures import CONTENT_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from rootwarden.watch.figures import Figures

# A client that says nothing for so long is hung up on.
_PATIENCE: Final = 10


class Health:
    """A small server beside the watcher, in threads of its own.

    Args:
        figures: What is counted.
        alive: Why the watcher is not alive; empty while it is. A restart is asked for.
        ready: Why it cannot work just now; empty while it can. No restart is asked for.
        host: Address to listen on.
        port: Port; 0 takes a free one.

    Raises:
        UsageError: The port cannot be taken.
    """

    def __init__(
        self,
        figures: Figures,
        *,
        alive: Callable[[], str],
        ready: Callable[[], str],
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        answers = {
            "/healthz": lambda: _said(alive()),
            "/readyz": lambda: _said(ready()),
            "/metrics": lambda: (HTTPStatus.OK, figures.exposition(), CONTENT_TYPE),
        }

        class Handler(_Handler):
            pages = answers

        try:
            self._server = ThreadingHTTPServer((host, port), Handler)
        except OSError as error:
            hint = "is another watcher running? give --health-port another number, or 0 for a free one"
            raise UsageError(f"cannot listen on {host}:{port}: {error.strerror}", hint=hint) from error
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="health", daemon=True)

    @property
    def address(self) -> str:
        """`127.0.0.1:9090`."""
        host, port = self._server.server_address[:2]
        return f"{host!s}:{port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _said(trouble: str) -> tuple[HTTPStatus, str, str]:
    status = HTTPStatus.SERVICE_UNAVAILABLE if trouble else HTTPStatus.OK
    return status, f"{trouble or 'ok'}\n", "text/plain; charset=utf-8"


class _Handler(BaseHTTPRequestHandler):
    pages: dict[str, Callable[[], tuple[HTTPStatus, str, str]]]
    timeout = _PATIENCE
    server_version = "rootwarden"
    sys_version = ""

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name http.server has
        """Say nothing: a scrape every few seconds is no news."""

    def _answer(self, *, body: bool) -> None:
        page = self.pages.get(self.path.partition("?")[0])
        status, text, kind = page() if page else (HTTPStatus.NOT_FOUND, "there is no such page\n", "text/plain")
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if body:
            self.wfile.write(content)
