"""A stage: a real broker with a database, a sink and a vault of another user, and the cast at its doors."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from rootwarden.breakglass.placement.place import ElsewhereClue
from rootwarden.breakglass.rehearsal.shifted import Shifted
from rootwarden.breakglass.rehearsal.troupe import Troupe
from rootwarden.breakglass.rehearsal.vault_runner import NOBODY
from rootwarden.breakglass.service.house import House
from rootwarden.breakglass.service.key_files import private_key
from rootwarden.breakglass.service.settings import FileSettings, Settings, Web
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    Vault: TypeAlias = subprocess.Popen[str]

STARTS_IN: Final = 20.0
# A stage protects nobody, wherever it stands.
ON_STAGE: Final = (ElsewhereClue(source="the stage", provider="a stage"),)


class Stage:
    """What is on it.

    Attributes:
        house: The broker and everything around it.
        troupe: The cast.
        clocks: The clocks of broker and vault, which can be set ahead together.
        vault: The vault's process.
    """

    def __init__(self, house: House, troupe: Troupe, clocks: Shifted, start_vault: Callable[[], Vault]) -> None:
        self.house, self.troupe, self.clocks, self._start_vault = house, troupe, clocks, start_vault
        self.vault = start_vault()

    def reopen(self, settings: Settings | None = None) -> House:
        """End the broker, and start it anew, maybe with other settings."""
        self.house.close()
        return self.take_over(settings)

    def take_over(self, settings: Settings | None = None) -> House:
        """Start another broker on the same database; the one before, which its caller ends, is not told."""
        before = self.house
        self.house = House(settings or before.settings, before.folder, reading=self.clocks.read, clues=ON_STAGE)
        self.troupe.move_to(self.house.broker, self.house.releases)
        return self.house

    def restart_vault(self) -> None:
        """End the vault, and start it anew on its folder."""
        end_vault(self.vault)
        self.vault = self._start_vault()

    def restart(self) -> None:
        """End broker and vault, and start both again from what is on the disk."""
        self.house.close()
        self.restart_vault()
        self.take_over()

    def end(self) -> None:
        """End both."""
        end_vault(self.vault)
        self.house.close()


@contextmanager
def stage(folder: Path, *, ahead: float = 0.0, origin: str = "https://localhost", **settings: Any) -> Iterator[Stage]:
    """Set a stage, with a log that was not founded yet.

    Args:
        folder: Where the broker keeps its database and keys.
        ahead: By how many seconds the clocks are ahead at first; negative: behind.
        origin: The page passkeys are for.
        settings: Of the house, instead of the usual ones.

    Raises:
        UsageError: The vault does not start.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as ends:
        place = vaults_folder()
        ends.callback(shutil.rmtree, place)
        offset = place / "offset"
        offset.write_text(str(ahead), encoding="ascii")
        offset.chmod(0o644)
        socket, clocks = place / "vault.sock", Shifted(offset)
        usual: dict[str, Any] = {
            "database": "sqlite:///breakglass.db",
            "vault": str(socket),
            "web": Web(origin=origin),
            "sink": (FileSettings(name="other-mount", path=str(folder.resolve() / "heads.jsonl"), any_mount=True),),
        }
        given = Settings(**{**usual, **settings})
        house = House(given, folder, reading=clocks.read, clues=ON_STAGE)
        rp_id = origin.partition("://")[2].partition(":")[0]
        troupe = Troupe(house.broker, house.releases, origin=origin, rp_id=rp_id, wait=clocks.wait)
        start = partial(start_vault, place, socket, folder / given.checkpoint_key, offset)
        try:
            made = Stage(house, troupe, clocks, start)
        except BaseException:
            house.close()
            raise
        ends.callback(made.end)
        yield made


def vaults_folder() -> Path:
    """A folder only the vault's user may read, on a way nobody else may change."""
    place = Path(tempfile.mkdtemp(prefix="rootwarden-vault-"))
    if os.geteuid() == 0:
        os.chown(place, NOBODY, NOBODY)
    return place


def start_vault(state: Path, socket: Path, checkpoint: Path, offset: Path) -> subprocess.Popen[str]:
    """Start a vault as a process of its own.

    Args:
        state: Its folder.
        socket: Where it listens.
        checkpoint: The key file of the broker's heads; made when there is none.
        offset: The file that says by how much its clocks are ahead.

    Raises:
        UsageError: It does not start.
    """
    pem = private_key(checkpoint).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    module = "rootwarden.breakglass.rehearsal.vault_runner"
    process = subprocess.Popen(
        [sys.executable, "-m", module, str(state), str(socket), str(os.getuid()), pem, str(offset)],
        cwd=state,
        env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stderr=subprocess.PIPE,
        text=True,
    )
    told = _said(process)
    # What does not protect it here is said at each start, and is not what a rehearsal is about.
    while "warning: " in told:
        told = _said(process)
    if "listening" not in told:
        end_vault(process)
        raise UsageError(f"the vault does not start: {told.strip() or 'it says nothing'}")
    return process


def _said(process: subprocess.Popen[str]) -> str:
    return process.stderr.readline() if process.stderr is not None else ""


def end_vault(process: subprocess.Popen[str]) -> None:
    """Have it end, and wait until it did."""
    process.terminate()
    process.communicate(timeout=STARTS_IN)
