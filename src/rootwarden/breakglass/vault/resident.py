"""Keys in memory: each for one purpose, for a time that runs on a clock nobody can set back, and wiped at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from rootwarden.breakglass.custody.keys import Key
from rootwarden.breakglass.vault.authority import Purpose
from rootwarden.breakglass.vault.troubles import VaultError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Held(msgspec.Struct, kw_only=True):
    """Keys of one opening, or of one warm account.

    Attributes:
        group: Of which group.
        epoch: Of which epoch.
        purpose: What they were opened for; `None` for a warm account.
        account_keys: By account.
        until: When they are wiped, by the vault's monotonic clock.
        uses: How many releases they still serve; `None` for as many as come.
        lease: The one lease they serve; empty for a warm account.
        served: First steps of the codes they gave: those are given again, until their time is over.
        epoch_key: Only when the group goes to its next epoch.
        wrapped: Then also the blobs of its account keys, by account.
    """

    group: str
    epoch: int
    purpose: Purpose | None
    account_keys: dict[str, Key]
    until: float
    uses: int | None
    lease: str = ""
    served: set[int] = set()
    epoch_key: Key | None = None
    wrapped: dict[str, bytes] = {}

    def account_key(self, account: str) -> Key:
        """The key of an account.

        Raises:
            VaultError: It was not opened.
        """
        key = self.account_keys.get(account)
        if key is None:
            raise VaultError(f"the key of account {account} was not opened", step="O1")
        return key

    def wipe(self) -> None:
        """Overwrite them."""
        for key in self.account_keys.values():
            key.wipe()
        if self.epoch_key is not None:
            self.epoch_key.wipe()


class Warm(NamedTuple):
    """The name under which a warm account's key is held."""

    group: str
    account: str


def warm_name(group: str, account: str) -> str:
    """What a warm account is called in the vault's status."""
    return f"account {account} (group {group})"


class Resident:
    """All keys in memory.

    Args:
        monotonic: Seconds by a clock that only goes forward, also while the machine sleeps.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._held: dict[str | Warm, Held] = {}

    def keep(self, name: str | Warm, held: Held) -> None:
        """Hold keys; those that were held under the name are wiped."""
        self.drop(name)
        self._held[name] = held

    def deadline(self, seconds: float) -> float:
        """When so many seconds from now are over."""
        return self._monotonic() + seconds

    def look(self, name: str | Warm) -> Held:
        """Keys that are still good.

        Raises:
            VaultError: There are none, or their time is over.
        """
        self.drop_due()
        held = self._held.get(name)
        if held is None:
            shown = f"account {name.account}" if isinstance(name, Warm) else f"opening `{name}`"
            raise VaultError(f"no keys of {shown} are in memory", hint="custodians open it, for one release")
        return held

    def check_code(self, name: str | Warm, step: int) -> None:
        """Whether they still serve a code of this step: a new one, or one they gave before.

        Raises:
            VaultError: They gave all they were opened for.
        """
        held = self.look(name)
        if held.uses == 0 and step not in held.served:
            raise VaultError("the keys were opened for the codes they gave", hint="ask the custodians again", step="O1")

    def gave_code(self, name: str | Warm, step: int, *, seconds: float) -> None:
        """A code was given: with the last one the keys stay only as long as it is good, to give it again.

        Args:
            name: Of the keys.
            step: First step of the code.
            seconds: How long it is good.
        """
        held = self._held.get(name)
        if held is None or held.uses is None or step in held.served:
            return
        held.served.add(step)
        held.uses -= 1
        if held.uses <= 0:
            held.uses, held.until = 0, min(held.until, self.deadline(seconds))

    def used(self, name: str | Warm) -> None:
        """A release was made with them: the last one wipes them."""
        held = self._held.get(name)
        if held is None or held.uses is None:
            return
        held.uses -= 1
        if held.uses <= 0:
            self.drop(name)

    def drop(self, name: str | Warm) -> bool:
        """Wipe keys; whether there were any."""
        held = self._held.pop(name, None)
        if held is not None:
            held.wipe()
        return held is not None

    def drop_due(self) -> None:
        """Wipe what is over."""
        now = self._monotonic()
        for name in [name for name, held in self._held.items() if now >= held.until]:
            self.drop(name)

    def drop_all(self, *, but: Iterable[str | Warm] = ()) -> int:
        """Wipe everything, or everything but some; how many there were."""
        kept = set(but)
        return sum(self.drop(name) for name in list(self._held) if name not in kept)

    def seconds_left(self) -> dict[str, float]:
        """What is held, for how long, in words for a status page."""
        self.drop_due()
        now = self._monotonic()
        return {
            warm_name(*name) if isinstance(name, Warm) else name: held.until - now for name, held in self._held.items()
        }
