"""What people say without a signature, because they are signed in with their key: it opens or ends what is theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import msgspec

from rootwarden.breakglass.broker.people_views import governance_of
from rootwarden.breakglass.broker.views import lease_of, opening_of, request_of
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


class AskAgain(Say, frozen=True, kw_only=True, tag="ask-again", forbid_unknown_fields=True):
    """Ask the custodians of one's own lease again: for its next code, or when what they gave came to nothing."""

    lease: Name


class AskGroupAgain(Say, frozen=True, kw_only=True, tag="ask-group-again", forbid_unknown_fields=True):
    """Ask the custodians of a group again that waits for its next epoch; administrators do."""

    group: Name


class HandIn(Say, frozen=True, kw_only=True, tag="hand-in", forbid_unknown_fields=True):
    """Have the service hand in again what custodians gave to an opening, and the vault did not get."""

    opening: Name


AnySay: TypeAlias = Withdraw | OpenLease | GiveBack | Revoke | AskAgain | AskGroupAgain | HandIn


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What was written.

    Attributes:
        position: Its place in the log.
        kind: Its kind.
        lease: The lease it opened or ended, if it did.
        openings: The openings it is about: those that began, or the one that was handed in to.
        trouble: What the broker could not do afterwards, if anything; the entry stands.
    """

    position: int
    kind: str
    lease: str = ""
    openings: tuple[str, ...] = ()
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
    match said:
        case AskAgain(lease=lease):
            return _asked(house, house.behind.acting.ask_again(who, lease))
        case AskGroupAgain(group=group):
            return _asked(house, house.behind.acting.ask_group_again(who, group))
        case HandIn(opening=opening):
            return _asked(house, house.behind.acting.hand_in(opening))
        case _:
            return _said(_acted(house, who, said))


def _said(acted: Acted) -> Said:
    lease = acted.entry.lease if isinstance(acted.entry, (log.LeaseOpened, log.LeaseEnded)) else ""
    trouble = problem_of(acted.trouble) if acted.trouble is not None else None
    position = acted.position if acted.position is not None else -1
    return Said(position=position, kind=log.kind_of(acted.entry), lease=lease, trouble=trouble)


def _asked(house: House, openings: tuple[str, ...]) -> Said:
    begun = house.broker.look(lambda state: state.openings[openings[-1]].index)
    return Said(position=begun, kind="opening-begun", openings=openings)


def _acted(house: House, who: str, said: Withdraw | OpenLease | GiveBack | Revoke) -> Acted:
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
    match said:
        case GiveBack(lease=lease) | Revoke(lease=lease) | AskAgain(lease=lease):
            lease_of(state, who, lease, at)
        case HandIn(opening=opening):
            opening_of(state, who, opening, at)
        case AskGroupAgain():
            governance_of(state, who, at)
        case Withdraw(request=request) | OpenLease(request=request):
            request_of(state, who, request, at)
