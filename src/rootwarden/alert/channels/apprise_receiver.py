"""Apprise, which knows mail, chat and much else by one URL; nobody else here speaks to it.

It says yes or no, and keeps the receiver's status to itself, so what fails may pass.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import apprise

from rootwarden.alert.delivery.state import Outcome
from rootwarden.alert.store.leasing import Attempted
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from rootwarden.alert.secret import Secret

LONGEST_DETAIL: Final = 300


class _Heard(logging.Handler):
    """What Apprise says while it sends for one channel."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self._said.append(record.getMessage())

    def taken(self) -> str:
        """What was said since it was last asked."""
        said, self._said = self._said, []
        return "; ".join(said)


class AppriseReceiver:
    """One receiver.

    Args:
        name: What it is called in messages.
        url: As Apprise writes it, with whatever secrets are in it.

    Raises:
        UsageError: When Apprise does not know such a URL.
    """

    def __init__(self, name: str, *, url: Secret) -> None:
        self._url = url
        # Apprise sends on threads of its own, and its one logger would mix up channels, and print.
        logging.getLogger("apprise").propagate = False
        self._heard = _Heard()
        self._apprise = apprise.Apprise()
        if not self._apprise.add(url.reveal()):
            raise UsageError(f"Apprise does not know the URL of `{name}`", hint="its documentation lists them")
        for service in self._apprise:
            service.logger = logging.Logger(name, logging.WARNING)  # noqa: LOG001 - nobody else may have it
            service.logger.addHandler(self._heard)

    def notify(self, *, title: str, text: str, kind: apprise.NotifyType) -> Attempted:
        """Send plain text: Apprise makes of it what the receiver shows; no secret is in what it says went wrong."""
        self._heard.taken()
        taken = self._apprise.notify(body=text, title=title, notify_type=kind, body_format=apprise.NotifyFormat.TEXT)
        said = self._url.hidden_in(self._heard.taken())
        if taken:
            return Attempted(outcome=Outcome.SENT)
        detail = "".join(letter if letter.isprintable() else " " for letter in said) or "Apprise says no more"
        return Attempted(outcome=Outcome.FAILED, detail=detail[:LONGEST_DETAIL])
