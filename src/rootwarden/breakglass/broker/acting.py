"""What people do at a door, whole: the entry, and what the broker does next because of it.

What follows an entry (a check-out is published, custodians are asked, the vault seals an epoch) may fail without the
entry being undone: then the trouble is told, and the same thing can be asked for again by itself.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, NamedTuple

from rootwarden.breakglass.broker.drafting import name_of
from rootwarden.breakglass.core import custody as steps
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.custody import opened_for
from rootwarden.breakglass.core.leasing import RETURNED, REVOKED
from rootwarden.errors import RootwardenError

if TYPE_CHECKING:
    from rootwarden.breakglass.broker.broker import Broker
    from rootwarden.breakglass.broker.releases import Releases
    from rootwarden.breakglass.core.authenticator import Authenticator


class Acted(NamedTuple):
    """What became of it.

    Attributes:
        entry: The entry.
        position: Its place; none while others have to sign.
        trouble: What the broker then could not do, if anything.
    """

    entry: log.Entry
    position: int | None
    trouble: RootwardenError | None = None


class Acting:
    """Does what people ask for.

    Args:
        broker: Writes the log.
        releases: The vault and the sinks.
    """

    def __init__(self, broker: Broker, releases: Releases) -> None:
        self._broker, self._releases = broker, releases

    def sign(self, person: str, draft: str, authenticator: Authenticator) -> Acted:
        """Take a signature for a draft, and do what follows from the entry.

        Raises:
            Refused: A step refused it.
            StoreError: It could not be written.
        """
        written = self._broker.submit(person, draft, authenticator)
        if written.position is None:
            return Acted(written.entry, None)
        return Acted(written.entry, written.position, self._follow(written.entry, written.extra))

    def open(self, person: str, request: str) -> Acted:
        """Open the lease of an approved request, publish it, and ask custodians when a cold record is needed."""
        state = self._broker.state()
        lease = name_of(self._broker.random, "lease")
        entry = log.LeaseOpened(
            at=self._broker.now(),
            actor=person,
            lease=lease,
            request=request,
            until=state.request(request).request.until,
            fence=state.size,
        )
        return self._say(entry)

    def end(self, person: str, lease: str, *, revoke: bool = False, reason: str = "") -> Acted:
        """Give a lease back, or revoke it."""
        why = REVOKED if revoke else RETURNED
        return self._say(log.LeaseEnded(at=self._broker.now(), actor=person, lease=lease, why=why, reason=reason))

    def ask_again(self, person: str, lease: str) -> tuple[str, ...]:
        """Ask the custodians of a lease again (O5); the openings that began."""
        return self._releases.ask_again(person, lease)

    def ask_group_again(self, person: str, group: str) -> tuple[str, ...]:
        """Ask the custodians of a group that waits for its next epoch again (O5)."""
        return (self._releases.ask_group_again(person, group),)

    def hand_in(self, opening: str) -> tuple[str, ...]:
        """Hand in again what custodians gave to an opening and the vault does not have."""
        self._releases.hand_in(opening)
        return (opening,)

    def withdraw(self, person: str, request: str) -> Acted:
        """Take one's own request back."""
        return self._say(log.RequestWithdrawn(at=self._broker.now(), actor=person, request=request))

    def _say(self, entry: log.Entry) -> Acted:
        position = self._broker.say(entry)
        return Acted(entry, position, self._follow(entry, ()))

    def _follow(self, entry: log.Entry, extra: tuple[str, ...]) -> RootwardenError | None:
        try:
            self._do_next(entry, extra)
        except RootwardenError as error:
            return error
        return None

    def _do_next(self, entry: log.Entry, extra: tuple[str, ...]) -> None:
        match entry:
            case log.LeaseOpened(lease=lease):
                self._releases.publish(lease)
                self._ask_custodians(lease)
            case log.LeaseEnded(lease=lease):
                self._releases.publish(lease)
            case log.ShareGiven():
                self._releases.give_share(entry, [base64.b64decode(one) for one in extra])
            case log.ChangeSeconded():
                self._seal_what_changed()
            case _:
                pass

    def _ask_custodians(self, lease_id: str) -> None:
        request = self._broker.state().lease(lease_id).request
        for holds in sorted(opened_for(request)):
            if holds == steps.SEED and self._releases.is_warm(lease_id):
                continue
            self._releases.begin_opening(lease_id, password=holds == steps.PASSWORD)

    def _seal_what_changed(self) -> None:
        for name, custody in list(self._broker.state().groups.items()):
            if custody.digest:
                continue
            if custody.before is None:
                self._releases.seal_epoch(name)
            elif not self._asked(name):
                self._releases.begin_rewrap(name)

    def _asked(self, group: str) -> bool:
        openings = self._broker.state().openings.values()
        return any(not one.outcome and (one.group, one.purpose) == (group, steps.REWRAP) for one in openings)
