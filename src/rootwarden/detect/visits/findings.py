"""What detection found, as a whole: the clean end of the room, that reports, alerts and other programs read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.detect.visits.actor import Suspect
from rootwarden.detect.visits.checkout import Checkout
from rootwarden.detect.visits.counts import Counts
from rootwarden.detect.visits.incident import Concern, Incident
from rootwarden.detect.visits.stamp import instant_of
from rootwarden.facts.instant import Instant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.detect.visits.ledger import Ledger


class RootKey(msgspec.Struct, frozen=True, kw_only=True):
    """What a long-term key of root is used for (S3.2 of the mission: so that it can be moved to a role).

    Attributes:
        account: Whose root.
        access_key: The key.
        events: How many events it signed.
        first: First use that was read.
        last: Last use.
        services: Events by service, for example `{"s3": 12}`.
        operations: Events by operation, at most five hundred of them; what a role needs.
        addresses: Events by address, at most a hundred of them.
        agents: Events by user agent, at most a hundred of them.
        regions: Events by region.
        more: There were more operations, addresses or agents than are kept.
    """

    account: str
    access_key: str
    events: int
    first: Instant | None
    last: Instant | None
    services: dict[str, int]
    operations: dict[str, int]
    addresses: dict[str, int]
    agents: dict[str, int]
    regions: dict[str, int]
    more: bool


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, sorted by account and time.

    Attributes:
        as_of: The instant it was judged at; `None` when none was given: nothing more is to come.
        incidents: One for each visit of root.
        concerns: What is no visit and still needs eyes.
        root_keys: What each long-term key of root is used for.
        suspects: Identities whose deeds count as root's: their events must be given too (`Detector`).
        doubted: Check-outs that are not believed.
        asleep: Detections that mean nothing until somebody declares a setting.
        counts: What was read.
    """

    as_of: Instant | None
    incidents: tuple[Incident, ...]
    concerns: tuple[Concern, ...]
    root_keys: tuple[RootKey, ...] = ()
    suspects: tuple[Suspect, ...] = ()
    doubted: tuple[Checkout, ...] = ()
    asleep: tuple[str, ...] = ()
    counts: Counts = msgspec.field(default_factory=Counts)

    def every(self) -> tuple[Incident | Concern, ...]:
        """Incidents and concerns together."""
        return (*self.incidents, *self.concerns)


def root_keys(ledger: Ledger) -> Iterator[RootKey]:
    """What each long-term key in a ledger is used for, by account and key."""
    for (account, access_key), use in sorted(ledger.key_uses.items()):
        services: dict[str, int] = {}
        for operation, count in sorted(use.operations.counts.items()):
            service = operation.partition(":")[0]
            services[service] = services.get(service, 0) + count
        yield RootKey(
            account=account,
            access_key=access_key,
            events=use.events,
            first=instant_of(use.first),
            last=instant_of(use.last),
            services=services,
            operations=dict(sorted(use.operations.counts.items())),
            addresses=dict(sorted(use.addresses.counts.items())),
            agents=dict(sorted(use.agents.counts.items())),
            regions=dict(sorted(use.regions.counts.items())),
            more=use.operations.more or use.addresses.more or use.agents.more,
        )
