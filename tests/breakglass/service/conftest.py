from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.breakglass.service.shifted import Shifted
from tests.breakglass.vault.world import folder

from rootwarden.breakglass.rehearsal.troupe import Troupe
from rootwarden.breakglass.service.house import House
from rootwarden.breakglass.service.key_files import private_key
from rootwarden.breakglass.service.settings import FileSettings, Settings, Web

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]


@contextmanager
def vault(state: Path, socket: Path, checkpoint: Path, offset: Path) -> Iterator[subprocess.Popen[str]]:
    public = private_key(checkpoint).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.breakglass.service.runner", state, socket, str(os.getuid()), pem, offset],
        cwd=state,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    told = process.stderr.readline()
    try:
        assert "listening" in told, told + process.stderr.read()
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.fixture
def troupe(tmp_path: Path) -> Iterator[Troupe]:
    """A founded house with a vault of its own, that guards an account."""
    with folder() as state:
        socket = state / "vault.sock"
        settings = Settings(
            database="sqlite:///breakglass.db",
            vault=str(socket),
            web=Web(origin="https://localhost"),
            sink=(FileSettings(name="other-mount", path=str(tmp_path / "heads.jsonl"), any_mount=True),),
        )
        offset = state / "offset"
        offset.write_text("0", encoding="ascii")
        offset.chmod(0o644)
        clocks = Shifted(offset)
        with vault(state, socket, tmp_path / settings.checkpoint_key, offset):
            house = House(settings, tmp_path, reading=clocks.read)
            try:
                troupe = Troupe(house.broker, house.releases, wait=clocks.wait)
                troupe.found()
                yield troupe
            finally:
                house.close()
