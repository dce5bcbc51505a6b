"""Mail, chat and everything else Apprise knows, by one URL.

Nothing tells a repeat from a new message there: the text says so when it may be one. Pagers that have a key for it have
modules of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import apprise

from rootwarden.alert.channels.apprise_receiver import AppriseReceiver
from rootwarden.detect.visits.incident import Severity
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from rootwarden.alert.parcel import Parcel
    from rootwarden.alert.secret import Secret
    from rootwarden.alert.settings import AppriseChannel
    from rootwarden.alert.store.leasing import Attempted

# Apprise would send these without our key, and a repeat would page twice.
_OWN: Final = ("pagerduty", "opsgenie")


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
        scheme = url.reveal().partition(":")[0].lower()
        if scheme in _OWN:
            raise UsageError(
                f"`{settings.name}` is a pager", hint=f'write kind = "{scheme}", so that repeats are known'
            )
        self._receiver = AppriseReceiver(settings.name, url=url)

    def send(self, parcel: Parcel) -> Attempted:
        """Notify."""
        message = parcel.message()
        kind = apprise.NotifyType.FAILURE if message.severity is Severity.PAGE else apprise.NotifyType.WARNING
        return self._receiver.notify(title=message.title, text=message.text, kind=kind)
