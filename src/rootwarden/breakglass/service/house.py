"""The broker with everything around it: what `serve`, the commands and the demo start from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from sqlalchemy import make_url

from rootwarden.breakglass.broker.broker import Broker
from rootwarden.breakglass.broker.chores import Chores
from rootwarden.breakglass.broker.releases import Releases
from rootwarden.breakglass.codes.clock_source import read_clocks
from rootwarden.breakglass.service.anchors import BrokersLog, PanelAnchors
from rootwarden.breakglass.service.clock import TrustedClock
from rootwarden.breakglass.service.key_files import private_key
from rootwarden.breakglass.service.messenger import AppriseMessenger
from rootwarden.breakglass.service.sinks import sinks_of
from rootwarden.breakglass.service.vault_door import SocketVault
from rootwarden.breakglass.sinks.compare import compare
from rootwarden.breakglass.sinks.panel import Panel, Policy
from rootwarden.breakglass.sinks.sink import SinkKind
from rootwarden.breakglass.store.log_store import LogStore
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from rootwarden.breakglass.broker.anchoring import Anchored
    from rootwarden.breakglass.codes.clock import Reading
    from rootwarden.breakglass.core.state import State
    from rootwarden.breakglass.service.settings import Settings
    from rootwarden.breakglass.sinks.panel import Health
    from rootwarden.errors import RootwardenError
    from rootwarden.transparency.head import Head

CHORES_EVERY: Final = 2.0
# So often a head is offered again although nothing was written: the witness tells the time, and silence is noticed.
ANCHOR_EVERY: Final = 30.0


class House:
    """Everything a broker needs, open.

    Args:
        settings: Of the settings file.
        folder: What its relative paths are relative to.
        reading: Reads this machine's clocks.

    Raises:
        UsageError: A file or address in the settings cannot be used.
        StoreError: The database cannot be opened.
        Refused: The log in it is not allowed.
    """

    def __init__(self, settings: Settings, folder: Path, *, reading: Callable[[], Reading] = read_clocks) -> None:
        self.settings, self.folder, self._reading = settings, folder, reading
        self.store = LogStore(database_address(settings.database, folder))
        try:
            self._build()
        except BaseException:
            self.store.close()
            raise

    def _build(self) -> None:
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
        self.vault = SocketVault(self.folder / settings.vault)
        self._sinks: _Sinks | None = None
        self.releases = Releases(self.broker, self.vault, self)
        notices = settings.notices
        mail = notices.mail.read("mail server of the notices") if notices.mail else None
        channels = {name: source.read(f"channel `{name}`") for name, source in notices.channels.items()}
        self.messenger = AppriseMessenger(mail, channels)
        self.troubles: list[RootwardenError] = []
        self.chores = Chores(self.broker, self.releases, self.messenger, trouble=self._note)

    def anchor(self, head: Head) -> Anchored:
        """Have a head held outside (`broker.anchoring.Anchors`); the sinks are those the log knows of by now."""
        known = self.broker.replayed
        return self._panel(known if known.size >= head.size else self.broker.state()).anchors.anchor(head)

    def compare(self) -> str:
        """Compare the log with heads kept elsewhere; the broker is sealed when they do not agree.

        Returns:
            Why it is sealed; nothing when it is not.
        """
        state = self.broker.state()
        if not state.size:
            return ""
        checkpoint = _public(state.checkpoint_key)
        found = compare(
            self._panel(state).panel.held(),
            size=state.size,
            root_at=state.tree.root_at,
            keys=[checkpoint],
            needed=state.settings.anchors,
        )
        self.broker.sealed = found.reason if found.sealed else ""
        return self.broker.sealed

    def health(self) -> tuple[Health, ...]:
        """How each sink is."""
        state = self.broker.state()
        return self._panel(state).panel.health() if state.size else ()

    def close(self) -> None:
        """Give everything back."""
        self.store.close()

    def run_chores(self, stop: threading.Event, *, every: float = CHORES_EVERY) -> None:
        """Do what time brings until told to stop."""
        while not stop.wait(every):
            self.chores.run()

    def _state(self) -> State:
        return self.broker.state()

    def _panel(self, state: State) -> _Sinks:
        """The sinks, made anew when the settings in the log changed."""
        if self._sinks is None or self._sinks.made_at != state.settings_index:
            log = BrokersLog(self.broker)
            database = _file_of(self.settings.database, self.folder)
            sinks = sinks_of(self.settings.sink, state=state, log=log, database=database, clock=self.clock.now)
            # The vault asks for a witness's signature where the log names witnesses (V2): the first sink is not enough.
            proven = bool(state.settings.witnesses) and any(sink.kind is SinkKind.WITNESS for sink in sinks)
            policy = Policy(needed=state.settings.anchors, proven=proven)
            panel = Panel(sinks, policy, log, clock=self.clock.now)
            anchors = PanelAnchors(panel, self.clock, reading=self._reading)
            self._sinks = _Sinks(panel=panel, anchors=anchors, made_at=state.settings_index)
        return self._sinks

    def _check_key(self, public: Ed25519PublicKey) -> None:
        state = self.broker.state()
        if state.size and _public(state.checkpoint_key).public_bytes_raw() != public.public_bytes_raw():
            raise UsageError(
                f"`{self.settings.checkpoint_key}` is not the checkpoint key of this log",
                hint="put the right one there",
            )

    def _note(self, error: RootwardenError) -> None:
        self.troubles = [*self.troubles[-99:], error]


class _Sinks(msgspec.Struct):
    panel: Panel
    anchors: PanelAnchors
    made_at: int


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
