"""An editor: JSON-RPC over the pipes of the real `rootwarden language-server` process."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from types import TracebackType

_SECONDS = 30


class Editor:
    """Starts the server as an editor does, and keeps what it says until somebody asks."""

    def __init__(self) -> None:
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUTF8": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from rootwarden.cli.main import main; main()", "language-server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )
        self.answers: dict[int, Any] = {}
        self.notes: list[dict[str, Any]] = []
        self.capabilities: dict[str, Any] = {}
        self._arrived: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._number = 0
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate(timeout=_SECONDS)

    def initialize(self, encodings: list[str] | None = None) -> None:
        general = {"positionEncodings": encodings} if encodings else {}
        asked = {"processId": None, "rootUri": None, "capabilities": {"general": general}}
        self.capabilities = self.ask("initialize", asked)["result"]["capabilities"]
        self.tell("initialized", {})

    def open(self, text: str, uri: str = "file:///a.rule") -> list[dict[str, Any]]:
        """Open a document; what the server says about it."""
        document = {"uri": uri, "languageId": "rule", "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": document})
        return self.diagnostics(uri)

    def change(
        self, changes: list[dict[str, Any]], uri: str = "file:///a.rule", version: int = 2
    ) -> list[dict[str, Any]]:
        self.tell(
            "textDocument/didChange", {"textDocument": {"uri": uri, "version": version}, "contentChanges": changes}
        )
        return self.diagnostics(uri)

    def diagnostics(self, uri: str) -> list[dict[str, Any]]:
        """The next diagnostics of a document."""
        while True:
            for note in self.notes:
                if note["method"] == "textDocument/publishDiagnostics" and note["params"]["uri"] == uri:
                    self.notes.remove(note)
                    found: list[dict[str, Any]] = note["params"]["diagnostics"]
                    return found
            self._take()

    def at(self, method: str, line: int, character: int, uri: str = "file:///a.rule") -> Any:
        """Ask something about a place."""
        place = {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}
        return self.ask(f"textDocument/{method}", place)["result"]

    def ask(self, method: str, params: Any) -> Any:
        """Send a request and wait for its answer."""
        self._number += 1
        self._send({"jsonrpc": "2.0", "id": self._number, "method": method, "params": params})
        while self._number not in self.answers:
            self._take()
        return self.answers.pop(self._number)

    def tell(self, method: str, params: Any) -> None:
        """Send a notification."""
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def leave(self) -> int:
        """Say good-bye properly; the exit code."""
        self.ask("shutdown", None)
        self.tell("exit", None)
        return self.process.wait(timeout=_SECONDS)

    def send_bytes(self, content: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(content)
        self.process.stdin.flush()

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps(message).encode()
        self.send_bytes(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def _take(self) -> None:
        message = self._arrived.get(timeout=_SECONDS)
        assert message is not None, "the server left"
        if "id" in message and "method" not in message:
            self.answers[message["id"]] = message
        else:
            self.notes.append(message)

    def _read(self) -> None:
        assert self.process.stdout is not None
        while True:
            length = 0
            while line := self.process.stdout.readline().strip():
                if line.lower().startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
            if not length:
                self._arrived.put(None)
                return
            self._arrived.put(json.loads(self.process.stdout.read(length)))
