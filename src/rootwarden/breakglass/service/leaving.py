"""Suspends people whom a list of leavers names, or who are gone from a directory (section 3 of the protocol).

A list that cannot be read, and a directory that lists few of the people here, suspend nobody: not seen is not gone.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple

from rootwarden.breakglass.core.entry import SYSTEM, LeaverSuspended
from rootwarden.breakglass.exchange import trust_of
from rootwarden.breakglass.identity.directory import Directory
from rootwarden.breakglass.identity.fetching import Fetcher
from rootwarden.breakglass.identity.leavers import LONGEST, departures, departures_from_directory, read_leavers
from rootwarden.breakglass.identity.lookup import known_people
from rootwarden.errors import InputError, RootwardenError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rootwarden.breakglass.broker.broker import Broker
    from rootwarden.breakglass.identity.leavers import Departures, Known
    from rootwarden.breakglass.service.settings import Leavers

LISTED: Final = "the list of leavers names them"
GONE: Final = "the directory does not list them any more, or as inactive"


class Gone(NamedTuple):
    """Who is to be suspended, and why."""

    departures: Departures
    why: str


class Leaving:
    """Asks the list and the directory, and suspends.

    Args:
        broker: Writes the log.
        settings: Where they are.
        folder: What paths are relative to.
        trouble: Hears of somebody who cannot be suspended; the others are all the same.

    Raises:
        UsageError: The directory has no address that can be asked, or its token is nowhere.
    """

    def __init__(
        self, broker: Broker, settings: Leavers, folder: Path, *, trouble: Callable[[RootwardenError], None]
    ) -> None:
        self._broker, self._settings, self._trouble = broker, settings, trouble
        self._list = folder / settings.list if settings.list else None
        self._directory = _directory(settings) if settings.directory else None

    def look(self) -> None:
        """Suspend who has left.

        Raises:
            InputError: The list cannot be read, or the directory is not believed.
            UnreachableError: The directory does not answer.
        """
        if not self._broker.state().size:
            return
        if self._list is not None:
            self._suspend(self._listed(self._list))
        if self._directory is not None:
            self._suspend(self._gone(self._directory))

    def _listed(self, path: Path) -> Gone:
        try:
            with path.open("rb") as opened:
                content = opened.read(LONGEST + 1)
        except OSError as error:
            hint = "nobody is suspended for it"
            raise InputError(f"the list of leavers `{path}` cannot be read: {error.strerror}", hint=hint) from error
        people = known_people(self._broker.state())
        return Gone(departures(read_leavers(content), people, at=self._broker.now()), LISTED)

    def _gone(self, directory: Directory) -> Gone:
        listing = asyncio.run(directory.users())
        inside = [each for each in known_people(self._broker.state()) if each.id not in self._settings.elsewhere]
        found = departures_from_directory(listing, inside)
        _check_believable(found, inside)
        return Gone(found, GONE)

    def _suspend(self, gone: Gone) -> None:
        for person in gone.departures.suspend:
            try:
                at = self._broker.now()
                self._broker.say(LeaverSuspended(at=at, actor=SYSTEM, person=person, reason=gone.why))
            except RootwardenError as error:
                self._trouble(error)


def _check_believable(found: Departures, people: list[Known]) -> None:
    """Half of all people do not leave at once: rather somebody asks another directory, or with another filter."""
    active = sum(not each.suspended for each in people)
    if len(found.suspend) > 1 and 2 * len(found.suspend) >= active:
        raise InputError(
            f"the directory takes {len(found.suspend)} of {active} people for gone: nobody is suspended",
            hint="name who is in no directory under `elsewhere`; or suspend them by hand",
        )


def _directory(settings: Leavers) -> Directory:
    if settings.token is None:
        raise UsageError("the directory of leavers has no token", hint="give `token` in [leavers]")
    trust = trust_of(settings.authority) if settings.authority else None
    fetcher = Fetcher("directory", certificates=trust, plain_loopback=True)
    token = settings.token.read("token of the directory")
    return Directory(settings.directory, token, fetcher, filter_text=settings.filter)
