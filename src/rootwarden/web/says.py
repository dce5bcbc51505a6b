"""What people say without a signature, because they are signed in with their key: it opens or ends what is theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import msgspec

from rootwarden.breakglass.broker.views import lease_of, request_of
from rootwarden.breakglass.broker.wishes import Name, Words
from rootwarden.breakglass.core import entry as log
from rootwarden.web.problem import Problem, problem_of

if TYPE_CHECKING:
    from datetime import datetime

    from rootwarden.breakglass.broker.acting import Acted
    from rootwarden.breakglass.core.state import State
    from rootwarden.web.house import House


class Say(msgspec.Struct, frozen=True, kw_only=True, tag_field="say", forbid_unknown_fields=True):
    """Something that is written in a person's name."""


class Withdraw(Say, frozen=True, kw_only=True, tag="withdraw", forbid_unknown_fields=True):
    """Take back one's own request."""

    request: Name


class OpenLease(Say, frozen=True, kw_only=True, tag="open-lease", forbid_unknown_fields=True):
    """Begin, once the quorum is met."""

    request: Name


class GiveBack(Say, frozen=True, kw_only=True, tag="give-back", forbid_unknown_fields=True):
    """End one's own lease before its time."""

    lease: Name


class Revoke(Say, frozen=True, kw_only=True, tag="revoke", forbid_unknown_fields=True):
    """End a lease, and say why."""

    lease: Name
    reason: Words


AnySay: TypeAlias = Withdraw | OpenLease | GiveBack | Revoke


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What was written.

    Attributes:
        position: Its place in the log.
        kind: Its kind.
        lease: The lease it opened or ended, if it did.
        trouble: What the broker could not do afterwards, if anything; the entry stands.
    """

    position: int
    kind: str
    lease: str = ""
    trouble: Problem | None = None


def say(house: House, who: str, said: AnySay, at: datetime) -> Said:
    """Write what somebody says.

    Args:
        house: Writes it.
        who: Who says it.
        said: What.
        at: Now, for what they may see.

    Raises:
        Refused: A step refused it, or it is about something they may not see.
        StoreError: The database cannot.
    """
    house.broker.look(lambda state: _check_seen(state, who, said, at))
    acted = _acted(house, who, said)
    lease = acted.entry.lease if isinstance(acted.entry, (log.LeaseOpened, log.LeaseEnded)) else ""
    trouble = problem_of(acted.trouble) if acted.trouble is not None else None
    position = acted.position if acted.position is not None else -1
    return Said(position=position, kind=log.kind_of(acted.entry), lease=lease, trouble=trouble)


def _acted(house: House, who: str, said: AnySay) -> Acted:
    acting = house.behind.acting
    match said:
        case Withdraw(request=request):
            return acting.withdraw(who, request)
        case OpenLease(request=request):
            return acting.open(who, request)
        case GiveBack(lease=lease):
            return acting.end(who, lease)
        case Revoke(lease=lease, reason=reason):
            return acting.end(who, lease, revoke=True, reason=reason)


def _check_seen(state: State, who: str, said: AnySay, at: datetime) -> None:
    if isinstance(said, (GiveBack, Revoke)):
        lease_of(state, who, said.lease, at)
    else:
        request_of(state, who, said.request, at)
