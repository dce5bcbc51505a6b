"""The broker with everything around it: what `serve`, the commands and the demo start from."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from sqlalchemy import make_url

from rootwarden.breakglass.broker.broker import Broker
from rootwarden.breakglass.broker.chores import Chores
from rootwarden.breakglass.broker.releases import Releases
from rootwarden.breakglass.broker.telling import Telling
from rootwarden.breakglass.codes.clock_source import read_clocks
from rootwarden.breakglass.placement.declared import Declarations, read_declarations
from rootwarden.breakglass.placement.gather import gather, here
from rootwarden.breakglass.service.clock import TrustedClock
from rootwarden.breakglass.service.devices import Devices
from rootwarden.breakglass.service.hazards import CertificateFile, Hazards
from rootwarden.breakglass.service.key_files import private_key
from rootwarden.breakglass.service.leaving import Leaving
from rootwarden.breakglass.service.messenger import AppriseMessenger
from rootwarden.breakglass.service.nonces import VaultNonces
from rootwarden.breakglass.service.outside import Outside
from rootwarden.breakglass.service.placing import Placing
from rootwarden.breakglass.service.refusals import RefusedAttempts
from rootwarden.breakglass.service.remembered import Remembered
from rootwarden.breakglass.service.rollback import Rollback
from rootwarden.breakglass.service.sink_changes import sink_changes
from rootwarden.breakglass.service.time_hosts import TimeHosts
from rootwarden.breakglass.service.upkeep import Job, Upkeep
from rootwarden.breakglass.service.vault_door import SocketVault
from rootwarden.breakglass.store import challenges
from rootwarden.breakglass.store.log_store import LogStore
from rootwarden.breakglass.store.sweeping import sweep
from rootwarden.breakglass.store.turns import TELLING, turn
from rootwarden.database.connection import SQLITE
from rootwarden.errors import StoreError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import httpx
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from rootwarden.breakglass.broker.anchoring import Anchored
    from rootwarden.breakglass.codes.clock import Reading
    from rootwarden.breakglass.core.state import State
    from rootwarden.breakglass.placement.place import Clue
    from rootwarden.breakglass.service.settings import Settings
    from rootwarden.breakglass.sinks.panel import Health
    from rootwarden.errors import RootwardenError
    from rootwarden.transparency.head import Head

CHORES_EVERY: Final = 2.0
ANCHOR_EVERY: Final = 30.0
KEY_EVERY: Final = 5.0
# A reference counts for a minute as one of now.
TIME_EVERY: Final = 30.0
COMPARE_EVERY: Final = 180.0
COMPARE_SEALED_EVERY: Final = 20.0
REFUSALS_EVERY: Final = 60.0
LEAVERS_EVERY: Final = 600.0
HAZARDS_EVERY: Final = 3600.0
SWEEP_EVERY: Final = 600.0
# What is being sent at a stop is sent again after the next start.
TELLING_STOPS_IN: Final = 2.0


class House:
    """Everything a broker needs, open.

    Args:
        settings: Of the settings file.
        folder: What its relative paths are relative to.
        reading: Reads this machine's clocks.
        clues: Where this machine stands; without them the machine is asked, which takes up to a second.
        time_client: Asks the hosts that tell the time; of its own when none is given.

    Raises:
        UsageError: A file or address in the settings cannot be used.
        InputError: The declarations of the placement cannot be read.
        StoreError: The database cannot be opened.
        Refused: The log in it is not allowed.
    """

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        *,
        reading: Callable[[], Reading] = read_clocks,
        clues: Sequence[Clue] | None = None,
        time_client: httpx.Client | None = None,
    ) -> None:
        self.settings, self.folder, self._reading = settings, folder, reading
        self._hosts = TimeHosts(settings.time_hosts, reading=reading, client=time_client)
        self.troubles: list[RootwardenError] = []
        # Hears each, too: the console of `serve`.
        self.heard: Callable[[RootwardenError], None] = lambda _error: None
        self.store = LogStore(database_address(settings.database, folder))
        try:
            self._build(gather(here()) if clues is None else clues)
        except BaseException:
            self._hosts.close()
            self.store.close()
            raise

    def _build(self, clues: Sequence[Clue]) -> None:
        settings = self.settings
        checkpoint = private_key(self.folder / settings.checkpoint_key)
        self.clock = TrustedClock(self._state, reading=self._reading)
        self.broker = Broker(
            self.store,
            checkpoint,
            now=self.clock.now,
            host=self.clock.host,
            check_clock=self.clock.check,
        )
        self._check_key(checkpoint.public_key())
        declared = _declared(settings, self.folder)
        self.placing = Placing(clues, declared, lambda: self.broker.replayed, self.clock.now)
        self._compared = self._steady()
        self.broker.misplaced = self.placing.why_not
        self.devices = Devices(self.broker, self._head_at, self.clock.now)
        self.remembered = Remembered(self.store)
        self.vault = SocketVault(self.folder / settings.vault)
        self.outside = Outside(
            self.broker,
            settings.sink,
            _file_of(settings.database, self.folder),
            devices=self.devices,
            remembered=self.remembered,
            clock=self.clock,
            nonce=VaultNonces(self.vault, self._steady).now,
            reading=self._reading,
        )
        self.releases = Releases(self.broker, self.vault, self)
        self.refusals = RefusedAttempts(self.store, self.broker, self._steady)
        self.telling = Telling(
            self.broker,
            _messenger(settings, trouble=self._note),
            trouble=self._note,
            check_clock=self.clock.check,
            turn=lambda: turn(self.store.database, TELLING),
        )
        self.chores = Chores(self.broker, self.releases, trouble=self._note)
        self._rollback = Rollback(self.broker, self.outside, self.devices)
        self._epoch = self.broker.state().epoch
        self.upkeep = self._upkeep(declared)
        self.compare()

    def anchor(self, head: Head) -> Anchored:
        """Have a head held outside (`broker.anchoring.Anchors`); the sinks are those the log knows of by now."""
        return self.outside.anchor(head)

    def compare(self) -> str:
        """Compare the log with heads kept elsewhere; the broker is sealed when they do not agree.

        Returns:
            Why it is sealed; nothing when it is not.
        """
        return self._rollback.check()

    def health(self) -> tuple[Health, ...]:
        """How each sink is."""
        return self.outside.health() if self.broker.state().size else ()

    def close(self) -> None:
        """Write what was only remembered, and give everything back."""
        try:
            self._hosts.close()
            for last in (self.remembered.flush, self.refusals.flush):
                with suppress(StoreError):
                    last()
        finally:
            self.store.close()

    @property
    def is_shared(self) -> bool:
        """Whether other instances may use the same database."""
        return self.store.database.kind != SQLITE

    def run_chores(self, stop: threading.Event, *, every: float = CHORES_EVERY) -> None:
        """Do what time brings until told to stop; a channel that hangs holds up nothing but what is told."""
        teller = threading.Thread(target=self._tell_until, args=(stop, every), name="telling", daemon=True)
        teller.start()
        while not stop.wait(every):
            self.chores.run()
            self.upkeep.run()
        teller.join(TELLING_STOPS_IN)

    def look_after(self) -> None:
        """Do once what is due by now; what goes wrong is in `troubles`."""
        self.chores.run(self.telling.run)
        self.upkeep.run()

    def _tell_until(self, stop: threading.Event, every: float) -> None:
        while not stop.wait(every):
            self.telling.run()

    def _upkeep(self, declared: Declarations) -> Upkeep:
        hazards = Hazards(
            self.broker, declared, _certificates(self.settings, declared, self.folder), trouble=self._note
        )
        leavers = self.settings.leavers
        leaving = Leaving(self.broker, leavers, self.folder, trouble=self._note) if leavers else None
        jobs = [
            Job(self._compare_again, every=0.0, sealed=True),
            Job(self._void_challenges, every=0.0, sealed=True),
            Job(self._renew_key, every=KEY_EVERY),
            Job(self._anchor_again, every=ANCHOR_EVERY),
            Job(self._ask_time, every=TIME_EVERY, sealed=True),
            Job(self._tell_sinks, every=0.0),
            Job(self.remembered.flush, every=0.0),
            Job(self.refusals.flush, every=0.0, sealed=True),
            Job(self.refusals.write, every=REFUSALS_EVERY),
            Job(hazards.notice, every=HAZARDS_EVERY),
            *([Job(leaving.look, every=LEAVERS_EVERY)] if leaving else []),
            Job(self._sweep, every=SWEEP_EVERY),
        ]
        return Upkeep(jobs, steady=self._steady, is_sealed=lambda: bool(self.broker.sealed), trouble=self._note)

    def _compare_again(self) -> None:
        """Often while sealed, or after an epoch began; else every few minutes."""
        epoch, now = self.broker.state().epoch, self._steady()
        every = COMPARE_SEALED_EVERY if self.broker.sealed else COMPARE_EVERY
        if epoch != self._epoch or now - self._compared >= every:
            self._compared = now
            self.compare()

    def _anchor_again(self) -> None:
        """Also when nothing was written: a witness tells the time, and a sink that failed is tried again."""
        head = self.store.newest_head()
        if head is not None:
            self.outside.anchor(head)

    def _ask_time(self) -> None:
        for reference in self._hosts.ask():
            self.clock.learn(reference)

    def _tell_sinks(self) -> None:
        state = self.broker.state()
        if state.size:
            for entry in sink_changes(state, self.health(), self.broker.now()):
                self.broker.say(entry)

    def _void_challenges(self) -> None:
        """What somebody was asked to sign in an epoch is not good in the next."""
        epoch = self.broker.state().epoch
        if epoch != self._epoch:
            self.store.database.write(lambda session: challenges.void_all(session, self.clock.now()))
            self._epoch = epoch

    def _renew_key(self) -> None:
        """Heads are signed with the key two administrators named, from when its private half lies in its place on."""
        file = self.settings.checkpoint_key
        if not self.broker.has_named_key() and not self.broker.sign_with(private_key(self.folder / file)):
            raise UsageError(
                f"`{file}` is not the checkpoint key the log names by now",
                hint="put the new one there; until then heads are signed with the one before",
            )

    def _sweep(self) -> None:
        self.store.database.write(lambda session: sweep(session, self.clock.now()))

    def _head_at(self, size: int) -> Head | None:
        head = next(self.store.heads(size - 1), None) if size else None
        return head if head is not None and head.size == size else None

    def _steady(self) -> float:
        return self._reading().steady

    def _state(self) -> State:
        return self.broker.state()

    def _check_key(self, public: Ed25519PublicKey) -> None:
        state = self.broker.state()
        if state.size and _public(state.checkpoint_key).public_bytes_raw() != public.public_bytes_raw():
            raise UsageError(
                f"`{self.settings.checkpoint_key}` is not the checkpoint key of this log",
                hint="put the right one there",
            )

    def _note(self, error: RootwardenError) -> None:
        self.troubles = [*self.troubles[-99:], error]
        self.heard(error)


def _public(pem: str) -> Ed25519PublicKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    key = load_pem_public_key(pem.encode())
    if not isinstance(key, Ed25519PublicKey):
        raise UsageError("the checkpoint key of the log is no Ed25519 key")
    return key


def _file_of(url: str, folder: Path) -> Path | None:
    address = make_url(url)
    if address.get_backend_name() != "sqlite" or not address.database:
        return None
    return folder / address.database


def database_address(url: str, folder: Path) -> str:
    """The address; the file of SQLite is looked for beside the settings, wherever the command is run."""
    file = _file_of(url, folder)
    return url if file is None else f"sqlite:///{file}"


def _declared(settings: Settings, folder: Path) -> Declarations:
    return read_declarations(folder / settings.placement) if settings.placement else Declarations()


def _certificates(settings: Settings, declared: Declarations, folder: Path) -> tuple[CertificateFile, ...]:
    """Those that are declared, and the pages' own."""
    own = ((settings.web.origin, settings.web.certificate),) if settings.web.certificate else ()
    named = ((each.name, each.path) for each in declared.certificate)
    return tuple(CertificateFile(name, folder / path) for name, path in (*own, *named))


def _messenger(settings: Settings, *, trouble: Callable[[RootwardenError], None]) -> AppriseMessenger:
    notices = settings.notices
    mail = notices.mail.read("mail server of the notices") if notices.mail else None
    channels = {name: source.read(f"channel `{name}`") for name, source in notices.channels.items()}
    return AppriseMessenger(mail, channels, trouble=trouble)
