"""Hosts that tell the broker the time when no witness does: the `Date` of their answers over HTTPS (V5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from rootwarden.breakglass.codes.clock import FEWEST_HOSTS
from rootwarden.breakglass.codes.clock_source import declared_hosts, reachable_references
from rootwarden.errors import SinkError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rootwarden.breakglass.codes.clock import Reading, Reference


class TimeHosts:
    """The hosts of the settings.

    Args:
        addresses: `https://` addresses of at least two hosts, or none.
        reading: Reads this machine's clocks.
        client: Asks them; its trust store decides. One of its own, without redirects and proxies, when none is given.

    Raises:
        UsageError: There is one host only, the same host twice, or an address that is not `https`.
    """

    def __init__(
        self, addresses: Sequence[str], *, reading: Callable[[], Reading], client: httpx.Client | None = None
    ) -> None:
        self._addresses, self._reading = tuple(addresses), reading
        declared_hosts(self._addresses)
        self._client = client or (httpx.Client(trust_env=False) if self._addresses else None)

    def ask(self) -> tuple[Reference, ...]:
        """What they say; nothing when none is declared.

        Raises:
            SinkError: Fewer than two answered: what one host says alone is not believed.
        """
        if not self._addresses:
            return ()
        said = reachable_references(
            cosigned_time=None, addresses=self._addresses, client=self._client, reading=self._reading
        )
        if len(said) < FEWEST_HOSTS:
            told = f"{len(said)} of {len(self._addresses)} time hosts answered, and {FEWEST_HOSTS} are needed"
            raise SinkError(told, hint="two people can attest the time meanwhile: `rootwarden breakglass clock attest`")
        return said

    def close(self) -> None:
        """Give connections back."""
        if self._client is not None:
            self._client.close()
