"""A real service on loopback, with a real vault, a database and the cast; and the command as each of them runs it."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import chdir, contextmanager
from typing import TYPE_CHECKING, NamedTuple
from unittest.mock import patch

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from rootwarden.breakglass.core.settings import Quorum, Settings, Slot
from rootwarden.breakglass.identity.limits import Limits, Rate, Rates
from rootwarden.breakglass.rehearsal.stage import stage
from rootwarden.breakglass.rehearsal.troupe import CUSTODIANS, Troupe
from rootwarden.breakglass.service.settings import Web
from rootwarden.cli.main import main
from rootwarden.web.serving import application_of, server_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rootwarden.breakglass.rehearsal.stage import Stage

PROGRAM = 'import sys; sys.argv[0] = "rootwarden"; {}from rootwarden.cli.main import main; main()'
SLOTS = (Slot(count=1, group="security"), Slot(count=1, group="operations"))
QUORUM = Quorum(slots=SLOTS, passkey_releases=False, codes_per_opening=3)
AGO = 7200.0
MANY = Rate(burst=100_000, per_minute=100_000)
UNLIMITED = Rates(network=MANY, person=MANY, share=MANY, account=MANY, everything=MANY)


class Said(NamedTuple):
    code: int
    out: str
    err: str


class Terminal(NamedTuple):
    """A service, and a folder in which people of the cast have their keys."""

    on: Stage
    troupe: Troupe
    folder: Path
    server: str

    def run(self, who: str, *arguments: str, typed: str = "", group: str = "breakglass") -> Said:
        """Run `rootwarden breakglass …` as somebody, in this process: half a second less than in one of its own."""
        return run_here(self.folder, group, *arguments, typed=typed, **self.around(who))

    def start(self, who: str, *arguments: str, typed: str = "") -> Said:
        """Run `rootwarden breakglass …` as somebody, as a process of its own."""
        return run(self.folder, "breakglass", *arguments, typed=typed, **self.around(who))

    def around(self, who: str) -> dict[str, str]:
        return {
            "ROOTWARDEN_SERVER": self.server,
            "ROOTWARDEN_KEY": str(self.folder / f"{who}.pem"),
            "ROOTWARDEN_HEADS": str(self.folder / f"heads-{who}"),
        }


def run(folder: Path, *arguments: str, typed: str = "", missing: str = "", **environment: str) -> Said:
    """Run the command as a process with nothing of this environment but what it needs.

    A package that is missing cannot be imported, as if it were not installed.
    """
    without = f"sys.modules[{missing!r}] = None; " if missing else ""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(without), *arguments],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "HOME": str(folder),
            "PYTHONWARNINGS": "error",
            **environment,
        },
        input=typed,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def run_here(folder: Path, *arguments: str, typed: str = "", **environment: str) -> Said:
    """Run the command in this process, with streams, folder and arguments of its own."""
    buffers = (io.BytesIO(typed.encode()), io.BytesIO(), io.BytesIO())
    streams = [io.TextIOWrapper(each, encoding="utf-8", write_through=True) for each in buffers]
    code: object = None
    with (
        chdir(folder),
        patch.dict(os.environ, environment),
        patch.multiple(sys, argv=["rootwarden", *arguments], stdin=streams[0], stdout=streams[1], stderr=streams[2]),
    ):
        try:
            main()
        except SystemExit as ended:
            code = ended.code
    said = [each.getvalue().decode() for each in buffers[1:]]
    return Said(code if isinstance(code, int) else 70, *said)


def write_keys(folder: Path, troupe: Troupe) -> None:
    for name, player in troupe.players.items():
        pem = player._hardware.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        _private(folder / f"{name}.pem", pem)
    for name in CUSTODIANS:
        with troupe.identities[name].file() as content:
            _private(folder / f"{name}.age", bytes(content.content))


@contextmanager
def terminal(folder: Path) -> Iterator[Terminal]:
    """Everything up: a device was enrolled two hours ago, and the clocks are those of this machine."""
    with stage(
        folder / "service", ahead=-AGO, origin="http://localhost", web=Web(origin="http://localhost", port=0)
    ) as on:
        troupe = Troupe(on.house.broker, on.house.releases, passkeys=False, wait=on.clocks.wait)
        troupe.found(Settings(quorums={"default": QUORUM}, settle_minutes=60))
        troupe.guard()
        troupe.enrol()
        (enrolment,) = troupe.broker.state().leases
        troupe.check_in(enrolment)
        on.house.chores.run()
        on.clocks.set(0)
        troupe.attest()
        write_keys(folder, troupe)
        with _served(on) as server:
            yield Terminal(on, troupe, folder, server)


@contextmanager
def _served(on: Stage) -> Iterator[str]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()  # whoever comes before the server does waits for it
        port = listening.getsockname()[1]
        settings = on.house.settings
        web = Web(origin=f"http://localhost:{port}", port=port)
        on.house.settings = msgspec.structs.replace(settings, web=web)
        server = server_of(application_of(on.house, limits=Limits(UNLIMITED)), on.house)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.005)
        try:
            yield f"http://localhost:{port}"
        finally:
            server.should_exit = True
            thread.join(timeout=10)


def _private(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)
