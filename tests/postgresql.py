"""A private PostgreSQL for tests: a cluster of its own in a folder of its own, on a socket, gone afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

SUPERUSER = "postgres"


class Cluster:
    """A running server; its databases are made one by one."""

    def __init__(self, folder: Path, programs: Path, *, fsync: bool = False) -> None:
        self._folder = folder
        self._programs = programs
        self._fsync = fsync
        self._made = 0

    def database(self) -> str:
        """The address of a new, empty database."""
        self._made += 1
        name = f"fake_{self._made}"
        with self.connected() as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return f"postgresql://{SUPERUSER}@/{name}?host={self._folder}"

    def connected(self, name: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(f"host={self._folder} user={SUPERUSER} dbname={name}", autocommit=True)

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        settings = f"-c listen_addresses='' -c unix_socket_directories={self._folder} -c shared_buffers=16MB"
        if not self._fsync:
            settings += " -c fsync=off"
        self._control("start", "-w", "-t", "60", "-l", str(self._folder / "log"), "-o", settings)

    def stop(self) -> None:
        """Stop it as a crash would: no goodbye to anybody."""
        self._control("stop", "-m", "immediate", "-w")

    def _control(self, *arguments: str) -> None:
        as_owner([str(self._programs / "pg_ctl"), "-D", str(self._folder / "data"), *arguments])


def programs() -> Path | None:
    """Where Debian, or whoever else, put PostgreSQL's programs; the newest."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda each: int(each.parts[-3]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


def as_owner(command: list[str]) -> None:
    """Run a program as somebody PostgreSQL accepts: never as root."""
    before = ["setpriv", f"--reuid={SUPERUSER}", f"--regid={SUPERUSER}", "--clear-groups"] if os.getuid() == 0 else []
    subprocess.run([*before, *command], check=True, stdout=subprocess.DEVNULL, cwd="/", timeout=120)


@contextmanager
def cluster(*, fsync: bool = False) -> Iterator[Cluster]:
    """A cluster for as long as the block lasts; skips the test, by name, where PostgreSQL is not installed.

    With `fsync` it keeps what it says it wrote, as a real one does, and is slower.
    """
    where = programs()
    if where is None:
        pytest.skip("no PostgreSQL on this system")
    # A socket's path has room for about a hundred letters, and the owner has to get there.
    folder = Path(tempfile.mkdtemp(prefix="fake-pg-"))
    try:
        if os.getuid() == 0:
            shutil.chown(folder, SUPERUSER, SUPERUSER)
        as_owner(
            [str(where / "initdb"), "-D", str(folder / "data"), "-U", SUPERUSER, "-A", "trust", "-N", "-E", "UTF8"]
        )
        running = Cluster(folder, where, fsync=fsync)
        running.start()
        try:
            yield running
        finally:
            if (folder / "data" / "postmaster.pid").exists():
                os.kill(int((folder / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
