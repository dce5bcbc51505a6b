"""The files other parts of Rootwarden leave for the key figures: incidents, check-outs, drills; one JSON object a line.

Fields nobody asks for here are passed over. A file that is missing is unknown, never empty: callers pass `None` for it.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias, TypeVar

import msgspec

from rootwarden.errors import InputError
from rootwarden.facts.instant import Instant

if TYPE_CHECKING:
    from datetime import datetime

R = TypeVar("R", bound=msgspec.Struct)

AccountId: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[0-9]{12}$")]

# A sign-in, a console session, an access key, another session; not what AssumeRoot, federation or a service did.
ROOT_SHAPES: Final = ("A", "B", "C", "D")
LONGEST_LINE: Final = 1_000_000


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """A visit of a root user, from CloudTrail.

    Attributes:
        id: Names it.
        account: Twelve digits; empty when no event said.
        shape: How root was there, by letter: A a sign-in, B a console session, C an access key, D another session.
        started: First event; `None` when no event has a time.
        verdict: `expected`, `out_of_scope` or `unexplained`.
        alerted_at: When somebody was told; absent while nobody was, or where the file does not say.
        used: Whether root was in; false for sign-ins that all failed.
    """

    id: str
    account: Annotated[str, msgspec.Meta(pattern="^([0-9]{12})?$")]
    shape: str
    started: Instant | None
    verdict: str
    alerted_at: Instant | None = None
    used: bool = True

    @property
    def is_use(self) -> bool:
        """Whether it counts as a use of root: its own credentials let somebody in."""
        return self.used and self.shape in ROOT_SHAPES


class Checkout(msgspec.Struct, frozen=True, kw_only=True):
    """An approved check-out of a root user.

    Attributes:
        lease: Names it.
        account: Twelve digits.
        start: From when (`from` in the file).
        until: Until when.
        released_at: When the code was handed out; `None` while it was not.
        emergency: Whether it took the emergency path, with fewer approvals.
        drill: The kind of drill it was part of; empty: it was none.
    """

    lease: str
    account: AccountId
    start: Instant = msgspec.field(name="from")
    until: Instant
    released_at: Instant | None = None
    emergency: bool = False
    drill: str = ""

    def covers(self, account: str, instant: datetime) -> bool:
        """Whether a visit begun at an instant may be of it: after the code was handed out, before the time is over."""
        if self.account != account or self.released_at is None:
            return False
        return max(self.start, self.released_at) <= instant <= self.until


class Drill(msgspec.Struct, frozen=True, kw_only=True):
    """A drill that is due by a day.

    Attributes:
        id: Names it.
        account: Twelve digits.
        kind: What is practised.
        due: The day.
        done: The day it was held; `None` while it was not.
        started: Its event's own time, where a drill of alerts was measured.
        alerted_at: When somebody was told; `None` when nobody was.
    """

    id: str
    account: AccountId
    kind: str
    due: date
    done: date | None = None
    started: Instant | None = None
    alerted_at: Instant | None = None


def parse_lines(content: bytes, kind: type[R], *, file: str) -> tuple[R, ...]:
    """Read a file of one JSON object a line; empty lines are passed over.

    Raises:
        InputError: When a line is not such an object, or longer than a megabyte.
    """
    records = []
    for number, line in enumerate(content.split(b"\n"), 1):
        if not line.strip():
            continue
        if len(line) > LONGEST_LINE:
            raise InputError(
                f"`{file}` line {number} is longer than {LONGEST_LINE} bytes", hint="is it the right file?"
            )
        try:
            records.append(msgspec.json.decode(line, type=kind))
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
            raise InputError(f"`{file}` line {number} is no {kind.__name__.lower()}: {error}", hint=_HINT) from error
    return tuple(records)


_HINT = "one JSON object a line, as Rootwarden writes it"
