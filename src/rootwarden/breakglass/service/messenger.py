"""Hands notices over with Apprise: by mail, or over a channel the settings name; each way in bounded time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from rootwarden.alert.bounded import in_time
from rootwarden.alert.delivery.state import Outcome
from rootwarden.alert.secret import Secret
from rootwarden.errors import RootwardenError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rootwarden.alert.store.leasing import Attempted
    from rootwarden.breakglass.broker.notices import Notice

CHANNEL: Final = "channel:"
MAIL: Final = "mail"
LONGEST_SUBJECT: Final = 200
SECONDS_TO_SEND: Final = 20.0


class NoticeError(RootwardenError):
    """A channel did not take a notice."""

    exit_code = 3


class AppriseMessenger:
    """Sends notices.

    A way that does not answer is left alone until the pass is over, and until it has come back: it costs everybody else
    the time of one attempt, and one thread.

    Args:
        mail: An Apprise URL of a mail server, or nothing.
        channels: Apprise URLs by name.
        trouble: Hears why nothing was taken, without a secret in it.
        seconds: How long one attempt may take.
    """

    def __init__(
        self,
        mail: Secret | None,
        channels: Mapping[str, Secret],
        *,
        trouble: Callable[[RootwardenError], None],
        seconds: float = SECONDS_TO_SEND,
    ) -> None:
        self._mail, self._channels, self._trouble, self._seconds = mail, dict(channels), trouble, seconds
        # Ways that did not answer: in this pass, and those that still have not.
        self._silent: set[str] = set()
        self._hanging: set[str] = set()

    def begin(self) -> None:
        """A pass begins: what did not answer in the last one, and has come back since, is tried again."""
        self._silent = set(self._hanging)

    def reaches(self, addresses: tuple[str, ...]) -> bool:
        """Whether the settings have a way to any of these addresses."""
        return any(self._way(address) is not None for address in addresses)

    def send(self, notice: Notice, addresses: tuple[str, ...], *, late: Callable[[str], None]) -> str:
        """Send one notice to every address until one takes it.

        Args:
            notice: What to tell.
            addresses: Where to, in the order in which they are tried.
            late: Hears which address took it after all, on another thread.

        Returns:
            The address that took it; nothing when none did.
        """
        for address in addresses:
            way = self._way(address)
            if way is not None and way[0] not in self._silent and self._is_taken(address, *way, notice, late):
                return address
        return ""

    def _way(self, address: str) -> tuple[str, Secret] | None:
        """The way to an address, and its URL."""
        if address.startswith(CHANNEL):
            known = self._channels.get(address.removeprefix(CHANNEL))
            return (address, known) if known else None
        if self._mail is None or "@" not in address:
            return None
        base = self._mail.reveal()
        return MAIL, Secret(f"{base}{'&' if '?' in base else '?'}to={quote(address, safe='@')}")

    def _is_taken(self, address: str, way: str, url: Secret, notice: Notice, late: Callable[[str], None]) -> bool:
        def send() -> Attempted:
            try:
                return _notify(way, url, notice)
            finally:
                self._hanging.discard(way)

        def after_all(attempted: Attempted) -> None:
            if attempted.outcome is Outcome.SENT:
                late(address)

        self._hanging.add(way)
        attempted = in_time(send, name=way, seconds=self._seconds, late=after_all)
        if attempted.outcome is Outcome.SENT:
            return True
        if attempted.outcome is Outcome.UNDECIDED:
            self._silent.add(way)
        self._trouble(NoticeError(f"a notice was not taken by `{way}`: {attempted.detail}", hint="it is tried again"))
        return False


def _notify(way: str, url: Secret, notice: Notice) -> Attempted:
    """Imported here: Apprise is slow to load, and many a house never needs it."""
    import apprise

    from rootwarden.alert.channels.apprise_receiver import AppriseReceiver

    kind = apprise.NotifyType.WARNING if notice.urgent else apprise.NotifyType.INFO
    return AppriseReceiver(way, url=url).notify(
        title=notice.subject[:LONGEST_SUBJECT], text=notice.text or ".", kind=kind
    )
