"""A house without a vault: enough for everything that happens before something leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.rehearsal.shifted import Shifted
from rootwarden.breakglass.rehearsal.stage import ON_STAGE
from rootwarden.breakglass.rehearsal.troupe import Troupe
from rootwarden.breakglass.service.house import House
from rootwarden.breakglass.service.settings import FileSettings, Settings, Web

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from rootwarden.breakglass.broker.notices import Notice
    from rootwarden.breakglass.placement.place import Clue


class Told:
    """Takes every notice."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []

    def begin(self) -> None:
        """Nothing is kept from one pass to the next."""

    def reaches(self, addresses: tuple[str, ...]) -> bool:
        return bool(addresses)

    def send(self, notice: Notice, addresses: tuple[str, ...], *, late: Callable[[str], None]) -> str:
        self.notices.append(notice)
        return addresses[0]


class Plain:
    """A house on a folder, its clocks, and the cast at its doors."""

    def __init__(self, folder: Path, *, clues: Sequence[Clue] = ON_STAGE, **settings: Any) -> None:
        self.folder, self.clues = folder, clues
        offset = folder / "offset"
        if not offset.exists():
            offset.write_text("0", encoding="ascii")
        self.clocks = Shifted(offset)
        sink = FileSettings(name="stick", path=str(folder / "stick.jsonl"), any_mount=True)
        usual: dict[str, Any] = {
            "database": "sqlite:///breakglass.db",
            "vault": "no-vault.sock",
            "web": Web(origin="https://localhost"),
            "sink": (sink,),
        }
        self.settings = Settings(**{**usual, **settings})
        self.house = self._opened()
        self.troupe = Troupe(self.house.broker, self.house.releases, wait=self.clocks.wait)

    def reopen(self, **changes: Any) -> House:
        """End it, and start it anew; with other settings."""
        self.house.close()
        self.settings = Settings(**{**{name: getattr(self.settings, name) for name in _NAMES}, **changes})
        self.house = self._opened()
        self.troupe.move_to(self.house.broker, self.house.releases)
        return self.house

    def entries(self, kind: type[log.Entry]) -> list[Any]:
        """Entries of a kind, in order."""
        return [entry for content in self.house.store.read() if isinstance(entry := log.from_bytes(content), kind)]

    def later(self, seconds: float) -> None:
        """Let time pass, and the house do what is due."""
        self.clocks.wait(seconds)
        self.house.look_after()

    def _opened(self) -> House:
        house = House(self.settings, self.folder, reading=self.clocks.read, clues=self.clues)
        self.told = Told()
        house.telling.messenger = self.told
        return house


_NAMES = Settings.__struct_fields__
