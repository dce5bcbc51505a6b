"""People as the API shows them, for the list of leavers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.breakglass.identity.leavers import Known

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.breakglass.broker.people_views import PersonView


def known_people(people: Iterable[PersonView]) -> tuple[Known, ...]:
    """People as `departures` compares them with a list."""
    return tuple(
        Known(
            id=one.id,
            aliases=frozenset(one.aliases),
            custodian_of=one.custodian_of,
            suspended=bool(one.suspended),
        )
        for one in people
    )
