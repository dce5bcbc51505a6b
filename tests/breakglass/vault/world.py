"""A broker, its log, its database and its vault, for tests: the vault is a process of its own and of another user."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.breakglass.custody.people import ACCOUNT, CANARY, KEYS, URI, custodians
from tests.breakglass.vault.served import NOBODY

from rootwarden.breakglass.custody.hierarchy import Group
from rootwarden.breakglass.custody.keys import Secret
from rootwarden.breakglass.custody.nesting import peel
from rootwarden.breakglass.custody.opening import share_digest
from rootwarden.breakglass.custody.sealed import Binding, Kind
from rootwarden.breakglass.custody.spelling import digest
from rootwarden.breakglass.vault import messages as said
from rootwarden.breakglass.vault.client import answer_of, ask
from rootwarden.breakglass.vault.messages import LogPart
from rootwarden.transparency.canonical import canonical
from rootwarden.transparency.growing import GrowingTree
from rootwarden.transparency.head import sign_head

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.breakglass.vault.client import Answered
    from rootwarden.breakglass.vault.messages import Material

PERIOD = 30
ROOT = Path(__file__).parents[3]
CHECKPOINT = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
GROUP = Group(name="seeds", keeps=Kind.TOTP_SEED, epoch=1, accounts=[ACCOUNT], custodians=custodians(3), threshold=2)
PASSWORDS = Group(
    name="passwords",
    keeps=Kind.ROOT_PASSWORD,
    epoch=1,
    accounts=[ACCOUNT],
    custodians=custodians(7)[3:],
    threshold=2,
)
SEED = Binding(group="seeds", epoch=1, account=ACCOUNT, kind=Kind.TOTP_SEED, record="phone", version=1)
PASSWORD = Binding(group="passwords", epoch=1, account=ACCOUNT, kind=Kind.ROOT_PASSWORD, record="password", version=1)


@contextmanager
def folder() -> Iterator[Path]:
    """A folder of the vault's user that nobody else may read, on a way that nobody else may change."""
    place = Path(tempfile.mkdtemp(prefix="vault-"))
    try:
        if os.geteuid() == 0:
            os.chown(place, NOBODY, NOBODY)
        yield place
    finally:
        shutil.rmtree(place)


def start(
    state: Path, socket: Path, *, environment: dict[str, str] | None = None, before: tuple[str, ...] = ()
) -> subprocess.Popen[str]:
    key = CHECKPOINT.public_key().public_bytes_raw().hex()
    canaries = [CANARY.decode()[::-1]]
    return subprocess.Popen(
        [
            *before,
            sys.executable,
            "-m",
            "tests.breakglass.vault.served",
            state,
            socket,
            str(os.getuid()),
            key,
            *canaries,
        ],
        cwd=state,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"} | (environment or {}),
        stderr=subprocess.PIPE,
        text=True,
    )


class World:
    """The broker's side; its clock and the vault's stand ten seconds after a time step began, the last there was."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.step = int(time.time()) // PERIOD - 1
        self.now = datetime.fromtimestamp(self.step * PERIOD + 10, UTC)
        self.socket = state / "vault.sock"
        self.entries: list[bytes] = []
        self.tree = GrowingTree()
        self.known = 0
        self.account_keys: dict[str, dict[str, bytes]] = {}
        self.envelopes: dict[str, bytes] = {}
        self.journal: list[str] = []
        self.process = self._started()
        self.wait_until_it_listens()

    def _started(self) -> subprocess.Popen[str]:
        return start(self.state, self.socket, environment={"VAULT_STANDS_AT": str(int(self.now.timestamp()))})

    def wait_until_it_listens(self) -> None:
        assert self.process.stderr is not None
        self.journal.append(self.process.stderr.readline())
        while "warning: " in self.journal[-1]:
            self.journal.append(self.process.stderr.readline())
        if "listening" not in self.journal[-1]:
            self.end()
            raise AssertionError("".join(self.journal))

    def restart(self) -> None:
        self.end()
        self.known = 0
        self.process = self._started()
        self.wait_until_it_listens()

    def end(self) -> int:
        self.process.terminate()
        _, rest = self.process.communicate(timeout=20)
        self.journal.append(rest)
        return self.process.returncode

    # --- the log

    def write(self, kind: str, name: str, content: Any) -> None:
        spelled = msgspec.json.decode(msgspec.json.encode({"kind": kind, "name": name, "content": content}))
        self.entries.append(canonical(_whole(spelled)))
        self.tree.append(self.entries[-1])

    def part(self, since: int | None = None) -> LogPart:
        since = self.known if since is None else since
        head = sign_head(CHECKPOINT, size=self.tree.size, root=self.tree.root, at=self.now)
        self.known = self.tree.size
        return LogPart(since=since, entries=self.entries[since:], head=head, receipts=[b"anchored"])

    # --- asking

    def ask(self, request: said.Request, secret: bytes | None = None) -> Answered:
        beside = None if secret is None else Secret(bytearray(secret), "material")
        return ask(self.socket, msgspec.structs.replace(request, log=self.part()), beside)

    def answer(self, request: said.Request, kind: Any, secret: bytes | None = None) -> Any:
        beside = None if secret is None else Secret(bytearray(secret), "material")
        return answer_of(self.socket, msgspec.structs.replace(request, log=self.part()), kind, beside)

    def found(self, group: Group = GROUP) -> said.SealedEpoch:
        self.write("group", f"{group.name}/{group.epoch}", group)
        made: said.SealedEpoch = self.answer(said.SealEpoch(group=group.name, epoch=group.epoch), said.SealedEpoch)
        self.take_over(group, made)
        return made

    def take_over(self, group: Group, made: said.SealedEpoch) -> None:
        self.write("epoch-sealed", f"{group.name}/{group.epoch}", made.digest)
        self.envelopes[group.name], self.account_keys[group.name] = made.envelope, made.account_keys

    def begin(self, opening: str, group: Group = GROUP) -> said.Begun:
        begun: said.Begun = self.answer(
            said.BeginOpening(
                opening=opening,
                group=group.name,
                epoch=group.epoch,
                envelope=self.envelopes[group.name],
                account_keys=self.account_keys[group.name],
            ),
            said.Begun,
        )
        return begun

    def log_opening(self, opening: str, begun: said.Begun, of: Group = GROUP, **change: Any) -> None:
        grant: dict[str, Any] = {
            "group": of.name,
            "epoch": of.epoch,
            "purpose": "lease",
            "accounts": of.accounts,
            "fingerprint": begun.fingerprint,
            "shares": {},
            "uses": 1,
            "seconds": 600,
            "lease": "L-1",
        }
        self.write("opening", opening, grant | change)

    def results(self, opening: str, name: str) -> list[bytes]:
        layers = self.answer(said.Layers(opening=opening, custodian=name), said.LayersToPeel)
        return peel(layers.layers, KEYS[name], layers.recipient)

    def give(self, opening: str, name: str, results: list[bytes] | None = None) -> said.Shared:
        results = self.results(opening, name) if results is None else results
        self.write("share", f"{opening}/{name}", share_digest(results))
        shared: said.Shared = self.answer(said.GiveShare(opening=opening, custodian=name, results=results), said.Shared)
        return shared

    def open(self, opening: str, group: Group = GROUP, **change: Any) -> None:
        self.log_opening(opening, self.begin(opening, group), group, **change)
        for custodian in reversed(group.custodians[-group.threshold :]):
            shared = self.give(opening, custodian.name)
        assert shared.open

    def seal(
        self, opening: str, secret: bytes, binding: Binding = SEED, material: Material = "text", device: str = "phone"
    ) -> said.SealedRecord:
        self.write("enrolment", f"enrol/{device}", binding)
        request = said.SealRecord(opening=opening, lease="enrol", device=device, material=material)
        sealed: said.SealedRecord = self.answer(request, said.SealedRecord, secret)
        return sealed


def _whole(value: Any) -> Any:
    """Canonical JSON here has no fractions."""
    if isinstance(value, dict):
        return {name: _whole(each) for name, each in value.items()}
    return int(value) if isinstance(value, float) else value


class Sealed(World):
    """A world with a seed in the vault, enrolled and sealed; nothing is open."""

    def __init__(self, state: Path) -> None:
        super().__init__(state)
        self.found()
        self.open("enrolment", lease="enrol")
        self.record = self.seal("enrolment", URI.encode()).record

    def allow_code(self, lease: str, step: int, **change: Any) -> None:
        grant = {"binding": SEED, "digest": digest(self.record)} | change
        self.write("code-released", f"{lease}/phone/{step}", grant)

    def code(self, opening: str, lease: str, step: int, record: bytes | None = None) -> tuple[said.Code, str]:
        request = said.ReleaseCode(
            opening=opening, lease=lease, device="phone", step=step, record=record or self.record
        )
        answer, beside = self.ask(request)
        assert isinstance(answer, said.Code)
        with beside:
            return answer, bytes(beside.content).decode()
