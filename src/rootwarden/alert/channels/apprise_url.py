"""Mail, chat and everything else Apprise knows, by one URL.

Apprise says yes or no, and keeps the receiver's status to itself, so what fails may pass. Nothing tells a repeat from a
new message there: the text says so when it may be one. Pagers that have a key for it have modules of their own.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import apprise

from rootwarden.alert.delivery.state import Outcome
from rootwarden.alert.store.leasing import Attempted
from rootwarden.detect.visits.incident import Severity
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from rootwarden.alert.parcel import Parcel
    from rootwarden.alert.secret import Secret
    from rootwarden.alert.settings import AppriseChannel

LONGEST_DETAIL: Final = 300
# Apprise would send these without our key, and a repeat would page twice.
_OWN: Final = ("pagerduty", "opsgenie")


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


class AppriseUrl:
    """One receiver.

    Args:
        settings: Its name.
        url: As Apprise writes it, with whatever secrets are in it.

    Raises:
        UsageError: When Apprise does not know such a URL, or it is a pager's.
    """

    def __init__(self, settings: AppriseChannel, *, url: Secret) -> None:
        self.name = settings.name
        self._url = url
        scheme = url.reveal().partition(":")[0].lower()
        if scheme in _OWN:
            raise UsageError(
                f"`{settings.name}` is a pager", hint=f'write kind = "{scheme}", so that repeats are known'
            )
        # Apprise sends on threads of its own, and its one logger would mix up channels, and print.
        logging.getLogger("apprise").propagate = False
        self._heard = _Heard()
        self._apprise = apprise.Apprise()
        if not self._apprise.add(url.reveal()):
            raise UsageError(f"Apprise does not know the URL of `{settings.name}`", hint="its documentation lists them")
        for service in self._apprise:
            service.logger = logging.Logger(settings.name, logging.WARNING)  # noqa: LOG001 - nobody else may have it
            service.logger.addHandler(self._heard)

    def send(self, parcel: Parcel) -> Attempted:
        """Notify, as plain text: Apprise makes of it what the receiver shows."""
        message = parcel.message()
        kind = apprise.NotifyType.FAILURE if message.severity is Severity.PAGE else apprise.NotifyType.WARNING
        self._heard.taken()
        taken = self._apprise.notify(
            body=message.text, title=message.title, notify_type=kind, body_format=apprise.NotifyFormat.TEXT
        )
        said = self._url.hidden_in(self._heard.taken())
        if taken:
            return Attempted(outcome=Outcome.SENT)
        detail = "".join(letter if letter.isprintable() else " " for letter in said) or "Apprise says no more"
        return Attempted(outcome=Outcome.FAILED, detail=detail[:LONGEST_DETAIL])
