"""Take a finding: by a named person, at the command line or in a pager; never by following a link.

Mail scanners and chat previews open every link, so nothing that is opened acknowledges anything (tests/alert look for
links in every message). Whoever calls the functions here vouches for the person: the system's login for the command
line, the pager for its own people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.alert.store import acknowledging
from rootwarden.alert.store.waiting import waiting_in
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy.orm import Session

    from rootwarden.alert.parcel import Pager
    from rootwarden.alert.store.database import Store
    from rootwarden.alert.store.waiting import Waiting


# Where somebody said so; of a pager it is the name of its channel.
COMMAND: Final = "command"


class Acknowledged(msgspec.Struct, frozen=True, kw_only=True):
    """What an acknowledgement did.

    Attributes:
        finding: Id of the finding.
        alerts: How many alerts nobody had taken before.
    """

    finding: str
    alerts: int


def acknowledge(store: Store, name: str, *, person: str, people: Collection[str]) -> Acknowledged:
    """Take a finding at the command line.

    Args:
        store: The database.
        name: Id of the finding, or the beginning of it.
        person: Who takes it.
        people: Who may.

    Raises:
        UsageError: When there is no such finding, or the person may not.
        StoreError: When the database does not answer.
    """
    if person not in people:
        raise UsageError(f"`{person}` may not acknowledge", hint="the settings name who may, under [[person]]")

    def work(session: Session) -> Acknowledged:
        row = acknowledging.find(session, name)
        now = store.now(session)
        alerts = acknowledging.acknowledge(session, row, person=person, door=COMMAND, now=now)
        return Acknowledged(finding=row.id, alerts=alerts)

    return store.write(work)


def acknowledge_from_pagers(store: Store, pagers: Iterable[Pager]) -> int:
    """Ask pagers who took the pages they were sent; how many were taken.

    Raises:
        StoreError: When the database does not answer.
    """
    return sum(_take(store, pager, each) for pager in pagers for each in store.read(waiting_in(pager.name)))


def _take(store: Store, pager: Pager, waiting: Waiting) -> int:
    answered = pager.answered(waiting.thread)
    if answered is None:
        return 0

    def work(session: Session) -> int:
        row = acknowledging.find(session, waiting.finding)
        now = store.now(session)
        # The pager's clock may be wrong; nobody takes a page before it was sent, or in the future.
        at = now if answered.at is None else min(max(answered.at, waiting.sent_at), now)
        return acknowledging.acknowledge(session, row, person=answered.person, door=pager.name, now=at)

    return min(1, store.write(work))
