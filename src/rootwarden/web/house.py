"""Everything the doors need, put together once at the start."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

from rootwarden.breakglass.identity.challenges import InMemoryChallenges
from rootwarden.breakglass.identity.forgery import FormTokens
from rootwarden.breakglass.identity.limits import Limits
from rootwarden.breakglass.identity.seal import Seal
from rootwarden.breakglass.identity.sessions import InMemoryTakenAway, Sessions
from rootwarden.breakglass.identity.sign_in import SignIn
from rootwarden.web.attempts import Attempts
from rootwarden.web.founding import Founding
from rootwarden.web.shown import Shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rootwarden.breakglass.broker.broker import Broker
    from rootwarden.breakglass.identity.bootstrap import Bootstrap
    from rootwarden.breakglass.identity.browser import RelyingParty
    from rootwarden.breakglass.identity.challenges import ChallengeStore
    from rootwarden.breakglass.identity.oidc import OidcSignIn
    from rootwarden.breakglass.identity.peer import Network
    from rootwarden.breakglass.identity.sessions import TakenAway
    from rootwarden.web.behind import Behind


class Place(NamedTuple):
    """Where the service is reached.

    Attributes:
        party: Its name for passkeys, with the origins of its pages.
        hosts: The names it goes by, with port where it is not the usual one.
        tls: Whether browsers reach it through TLS.
        proxies: Proxies whose word counts for who is at the other end.
    """

    party: RelyingParty
    hosts: tuple[str, ...]
    tls: bool = True
    proxies: tuple[Network, ...] = ()


def wall_clock() -> datetime:
    """The time of this machine, for sessions and offers; what the log says is timed by the broker's trusted clock."""
    return datetime.now(UTC)


class Noting(Protocol):
    """Takes refused attempts."""

    def note(self, person: str, attempted: str, step: str) -> None:
        """Somebody, or nobody known, tried what a step refused."""
        ...

    def flush(self) -> None:
        """Keep what was only counted, as before a stop."""


class House:
    """What every request is answered with.

    Args:
        broker: Writes the log.
        behind: Releases, custody, anchors.
        place: Where the service is reached.
        keys: The keys of the key file, newest first.
        challenges: Where challenges wait; shared by all instances.
        taken: Sessions that were taken away; shared by all instances.
        oidc: The sign-in through a provider, if there is one.
        bootstrap: The token of the first run, if there may be one.
        limits: How often anybody may try.
        attempts: Takes refused attempts; without it they are written as they come, a kind a minute.
        wall: The time for sessions and offers.
        tick: Seconds of a clock that only goes forward.
    """

    def __init__(
        self,
        broker: Broker,
        behind: Behind,
        place: Place,
        keys: Sequence[bytes],
        *,
        challenges: ChallengeStore | None = None,
        taken: TakenAway | None = None,
        oidc: OidcSignIn | None = None,
        bootstrap: Bootstrap | None = None,
        limits: Limits | None = None,
        attempts: Noting | None = None,
        wall: Callable[[], datetime] = wall_clock,
        tick: Callable[[], float] = time.monotonic,
    ) -> None:
        self.broker, self.behind, self.place, self.oidc = broker, behind, place, oidc
        self.wall, self.tick = wall, tick
        self.challenges = challenges if challenges is not None else InMemoryChallenges()
        self.sessions = Sessions(keys, taken if taken is not None else InMemoryTakenAway(wall()))
        self.forms = FormTokens(keys)
        self.phrases = Seal(keys, "phrases")
        self.sign_in = SignIn(service=place.party.id, keys=keys, store=self.challenges)
        self.limits = limits if limits is not None else Limits()
        self.founding = Founding(bootstrap, Seal(keys, "founding"))
        self.shown = Shown()
        self.attempts: Noting = attempts if attempts is not None else Attempts(broker, tick)

    @property
    def party(self) -> RelyingParty:
        """This service, as passkeys know it."""
        return self.place.party
