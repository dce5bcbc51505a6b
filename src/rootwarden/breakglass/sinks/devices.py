"""No machine outside is reachable: people's own devices sign the head, and keep it.

A statement is canonical JSON `{"purpose": "attest-head", "size": …, "root": …, "log": …, …}`, signed as every other
statement is; who signed it is said by the function that is passed in, never by the statement.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, ClassVar, Final

import msgspec

from rootwarden.breakglass.sinks.sink import Receipt, SinkKind
from rootwarden.errors import RootwardenError, SinkError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from rootwarden.breakglass.sinks.lane import Allowance
    from rootwarden.breakglass.sinks.sink import Attestation
    from rootwarden.transparency.head import Head

PURPOSE: Final = "attest-head"
FEWEST_PEOPLE: Final = 2
LONGEST: Final = 16 * 1024
MOST_KEPT: Final = 64


class _Statement(msgspec.Struct, frozen=True, kw_only=True):
    purpose: str
    log: str
    size: int
    root: str


class DevicesSink:
    """Two people's devices.

    Args:
        name: What people call it.
        log: Name of the log.
        person_of: Verifies an attestation and gives the id of the person whose device it is.
        clock: Now.
        people: How many are needed, at least two.
    """

    kind: ClassVar[SinkKind] = SinkKind.DEVICES
    tells: ClassVar[bool] = False
    takes_entries: ClassVar[bool] = False

    def __init__(
        self,
        name: str,
        *,
        log: str,
        person_of: Callable[[Attestation], str],
        clock: Callable[[], datetime],
        people: int = FEWEST_PEOPLE,
    ) -> None:
        self.name = name
        self._log = log
        self._person_of = person_of
        self._clock = clock
        self._people = max(people, FEWEST_PEOPLE)
        self._lock = threading.Lock()
        # By size and root, then by person; what is of an old head goes when there is no room.
        self._given: dict[tuple[int, str], dict[str, Attestation]] = {}

    def hand_in(self, attestation: Attestation) -> str:
        """Take an attestation.

        Returns:
            Who made it.

        Raises:
            SinkError: It is no attestation of a head of this log, or nobody's.
        """
        statement = self._read(attestation)
        try:
            person = self._person_of(attestation)
        except RootwardenError as error:
            raise SinkError(f"the attestation does not count: {error.message}", hint=error.hint) from error
        with self._lock:
            self._given.setdefault((statement.size, statement.root), {})[person] = attestation
            while len(self._given) > MOST_KEPT:
                del self._given[min(self._given)]
        return person

    def offer(self, head: Head, entries: Sequence[bytes], within: Allowance) -> Receipt:
        """Whether enough people signed this head."""
        del entries, within  # nothing is sent, so nothing takes time
        with self._lock:
            given = dict(self._given.get((head.size, head.root), {}))
        if len(given) < self._people:
            raise SinkError(
                f"{len(given)} of {self._people} people have signed the head over {head.size} entries",
                hint="ask another person to sign it on their device",
            )
        people = sorted(given)
        return Receipt(
            sink=self.name,
            kind=self.kind,
            size=head.size,
            root=head.root,
            accepted_at=self._clock(),
            reference=", ".join(people),
            verifiable=True,
            attestations=tuple(given[person] for person in people),
        )

    def newest(self, within: Allowance) -> tuple[Head, ...]:
        """Nobody can ask a device that is in somebody's pocket."""
        del within
        raise SinkError(f"`{self.name}` cannot be asked", hint="people compare the head on their devices")

    def _read(self, attestation: Attestation) -> _Statement:
        if len(attestation.statement) > LONGEST or len(attestation.authenticator) > LONGEST:
            raise SinkError("the attestation is too large")
        try:
            statement = msgspec.json.decode(attestation.statement, type=_Statement)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise SinkError("the attestation is no statement about a head") from error
        if (statement.purpose, statement.log) != (PURPOSE, self._log):
            raise SinkError("the attestation is about something else", hint="sign the head of this log")
        return statement
