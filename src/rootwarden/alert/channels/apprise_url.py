"""Mail, chat and everything else Apprise knows, by one URL.

Apprise says yes or no, and keeps the receiver's status to itself, so what fails may pass. Nothing tells a repeat from a
new message there: the text says so when it may be one. Pagers that have a key for it have modules of their own.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
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
    """What Apprise says, by the thread that made it say so; Apprise has one logger for all."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._said: defaultdict[int, list[str]] = defaultdict(list)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self._said[threading.get_ident()].append(record.getMessage())

    def taken(self) -> str:
        """What was said on this thread since it was last asked."""
        return "; ".join(self._said.pop(threading.get_ident(), []))


_HEARD: Final = _Heard()


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
        logger = logging.getLogger("apprise")
        logger.propagate = False
        if _HEARD not in logger.handlers:
            logger.addHandler(_HEARD)
        self._apprise = apprise.Apprise()
        if not self._apprise.add(url.reveal()):
            _HEARD.taken()
            raise UsageError(f"Apprise does not know the URL of `{settings.name}`", hint="its documentation lists them")

    def send(self, parcel: Parcel) -> Attempted:
        """Notify, as plain text: Apprise makes of it what the receiver shows."""
        message = parcel.message()
        kind = apprise.NotifyType.FAILURE if message.severity is Severity.PAGE else apprise.NotifyType.WARNING
        _HEARD.taken()
        taken = self._apprise.notify(
            body=message.text, title=message.title, notify_type=kind, body_format=apprise.NotifyFormat.TEXT
        )
        said = self._url.hidden_in(_HEARD.taken())
        if taken:
            return Attempted(outcome=Outcome.SENT)
        detail = "".join(letter if letter.isprintable() else " " for letter in said) or "Apprise says no more"
        return Attempted(outcome=Outcome.FAILED, detail=detail[:LONGEST_DETAIL])
