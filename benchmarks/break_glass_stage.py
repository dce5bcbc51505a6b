"""A whole house for the benchmark of break-glass: database, vault of another user, witness on TLS, and the cast."""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from benchmarks.break_glass_witness import NAME
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.breakglass.logs import certificates

from rootwarden.alert.secret import SecretSource
from rootwarden.breakglass.core.settings import Quorum, Slot, WitnessKey
from rootwarden.breakglass.core.settings import Settings as LogSettings
from rootwarden.breakglass.rehearsal.shifted import Shifted
from rootwarden.breakglass.rehearsal.stage import ON_STAGE, end_vault, start_vault, vaults_folder
from rootwarden.breakglass.rehearsal.troupe import Troupe
from rootwarden.breakglass.service.house import House
from rootwarden.breakglass.service.key_files import private_key
from rootwarden.breakglass.service.settings import FileSettings, Settings, Web, WitnessSinkSettings
from rootwarden.breakglass.witness.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.breakglass.service.settings import SinkSettings

ROOT = Path(__file__).parents[1]
# What the custodians opened waits for five minutes; each code has a step of its own.
CODES = 8
LOG = "rehearsal"


class Stage(msgspec.Struct):
    """What is measured, and whose clock is moved."""

    house: House
    troupe: Troupe
    clocks: Shifted
    processes: tuple[int, ...]


@contextmanager
def stage(place: Path, database: str, *, sink: str) -> Iterator[Stage]:
    """A founded house that guards an account whose device is enrolled.

    Args:
        place: An empty folder.
        database: Address of an empty database.
        sink: `witness` or `file`.
    """
    with ExitStack() as open_until_the_end:
        state = vaults_folder()
        open_until_the_end.callback(shutil.rmtree, state)
        offset = state / "offset"
        offset.write_text("0", encoding="ascii")
        offset.chmod(0o644)
        clocks, checkpoint = Shifted(offset), place / "checkpoint.pem"
        keys: tuple[WitnessKey, ...] = ()
        declared: SinkSettings = FileSettings(name="other-mount", path=str(place / "heads.jsonl"), any_mount=True)
        if sink == "witness":
            declared, key = open_until_the_end.enter_context(_witness(place, checkpoint, offset))
            keys = (key,)
        settings = Settings(
            database=database, vault=str(state / "vault.sock"), web=Web(origin="https://localhost"), sink=(declared,)
        )
        open_until_the_end.callback(end_vault, start_vault(state, state / "vault.sock", checkpoint, offset))
        house = House(settings, place, reading=clocks.read, clues=ON_STAGE)
        open_until_the_end.callback(house.close)
        troupe = Troupe(house.broker, house.releases, wait=clocks.wait)
        slots = (Slot(count=1, group="security"), Slot(count=1, group="operations"))
        quorum = Quorum(slots=slots, codes=CODES, codes_per_opening=CODES)
        troupe.found(LogSettings(quorums={"default": quorum}, settle_minutes=60, witnesses=keys))
        troupe.guard()
        troupe.enrol()
        (enrolment,) = house.broker.state().leases
        troupe.check_in(enrolment)
        house.chores.run()
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii")
        yield Stage(house, troupe, clocks, (os.getpid(), *map(int, children.split())))


@contextmanager
def _witness(place: Path, checkpoint: Path, offset: Path) -> Iterator[tuple[WitnessSinkSettings, WitnessKey]]:
    key_file, memory, token = place / "witness.pem", place / "witness", secrets.token_hex(32)
    public = private_key(key_file).public_key()
    pem = private_key(checkpoint).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with Memory(memory) as registering:
        registering.register(LOG, [pem.decode()])
    authority, certificate, certificate_key = certificates(place)
    arguments = [memory, key_file, token, certificate, certificate_key, offset]
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.break_glass_witness", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        (place / "token").write_text(token, encoding="ascii")
        (place / "token").chmod(0o600)
        spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        source = SecretSource(file=str(place / "token"))
        url = f"https://127.0.0.1:{port}"
        settings = WitnessSinkSettings(name=NAME, url=url, token=source, authority=authority)
        yield settings, WitnessKey(name=NAME, key=base64.b64encode(spki).decode())
    finally:
        process.terminate()
        process.communicate(timeout=20)
