"""Hands notices over with Apprise: by mail, or over a channel the settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rootwarden.alert.secret import Secret
    from rootwarden.breakglass.broker.notices import Notice

CHANNEL: Final = "channel:"
LONGEST_SUBJECT: Final = 200


class AppriseMessenger:
    """Sends notices.

    Args:
        mail: An Apprise URL of a mail server, or nothing.
        channels: Apprise URLs by name.
    """

    def __init__(self, mail: Secret | None, channels: Mapping[str, Secret]) -> None:
        self._mail, self._channels = mail, dict(channels)

    def send(self, notice: Notice, addresses: tuple[str, ...]) -> str:
        """Send one notice to every address until one takes it.

        Returns:
            The address that took it; nothing when none did.
        """
        for address in addresses:
            url = self._url(address)
            if url and self._sent(url, notice):
                return address
        return ""

    def _url(self, address: str) -> str:
        if address.startswith(CHANNEL):
            known = self._channels.get(address.removeprefix(CHANNEL))
            return known.reveal() if known else ""
        if self._mail is None or "@" not in address:
            return ""
        base = self._mail.reveal()
        return f"{base}{'&' if '?' in base else '?'}to={quote(address, safe='@')}"

    @staticmethod
    def _sent(url: str, notice: Notice) -> bool:
        import apprise

        way = apprise.Apprise()
        if not way.add(url):
            return False
        kind = apprise.NotifyType.WARNING if notice.urgent else apprise.NotifyType.INFO
        return bool(way.notify(title=notice.subject[:LONGEST_SUBJECT], body=notice.text or ".", notify_type=kind))
