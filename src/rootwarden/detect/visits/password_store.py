"""Reads of the secrets that open root: explained by an open check-out, else a concern."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.detect.visits.declared import spellings
from rootwarden.detect.visits.stamp import seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.detect.visits.checkout import Checkout
    from rootwarden.detect.visits.detection import Detection
    from rootwarden.detect.visits.event import Event
    from rootwarden.detect.visits.settings import Settings

# The setting by which a detection asks for the declared secrets.
SETTING: Final = "password_stores"
_NAMING: Final = ("secretId", "secretIdList", "name", "names")


class PasswordStore:
    """Which secrets open which root, and who may read them when."""

    def __init__(self, settings: Settings, checkouts: Iterable[Checkout]) -> None:
        self._accounts: dict[str, set[str]] = {}
        for secret in settings.password_store:
            for spelling in spellings(secret.arn):
                self._accounts.setdefault(spelling, set()).update(secret.accounts)
        self._open = [one for one in checkouts if one.trusted]

    def explains(self, detection: Detection, event: Event) -> bool:
        """Whether what a detection means is a read of declared secrets while a check-out they belong to was open."""
        if SETTING not in detection.settings or event.instant is None:
            return False
        second = seconds(event.instant)
        open_now = {one.account for one in self._open if seconds(one.start) <= second <= seconds(one.until)}
        read = [self._accounts[name] for name in _named(event) if name in self._accounts]
        return bool(read) and bool(open_now) and all(accounts <= open_now for accounts in read)


def _named(event: Event) -> Iterator[str]:
    """Every secret a request names."""
    for field in _NAMING:
        value = event.at("requestParameters", field)
        for one in value if isinstance(value, list) else (value,):
            if isinstance(one, str):
                yield one
