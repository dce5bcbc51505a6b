"""What people say without a signature: entries that take something away, or that nobody else could want."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import msgspec

from rootwarden.breakglass.broker.seeing import Unseen
from rootwarden.breakglass.broker.views import lease_of, request_of
from rootwarden.breakglass.broker.wishes import Name, Words
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.leasing import RETURNED, REVOKED

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from typing import Any

    from rootwarden.breakglass.broker.broker import Broker
    from rootwarden.breakglass.core.state import State

Reason: TypeAlias = Annotated[Words, msgspec.Meta(min_length=1)]


class Say(msgspec.Struct, frozen=True, kw_only=True, tag_field="say", forbid_unknown_fields=True):
    """Something that is written in a person's name because they are signed in with their key."""


class Withdraw(Say, frozen=True, kw_only=True, tag="withdraw", forbid_unknown_fields=True):
    """Take back one's own request."""

    request: Name


class Report(Say, frozen=True, kw_only=True, tag="report", forbid_unknown_fields=True):
    """Report a request that nobody announced: it ends, and its requester is frozen."""

    request: Name
    reason: Reason


class OpenLease(Say, frozen=True, kw_only=True, tag="open-lease", forbid_unknown_fields=True):
    """Begin, once the quorum is met."""

    request: Name


class GiveBack(Say, frozen=True, kw_only=True, tag="give-back", forbid_unknown_fields=True):
    """End one's own lease before its time."""

    lease: Name


class Revoke(Say, frozen=True, kw_only=True, tag="revoke", forbid_unknown_fields=True):
    """End a lease."""

    lease: Name
    reason: Reason


class Suspend(Say, frozen=True, kw_only=True, tag="suspend", forbid_unknown_fields=True):
    """Take every right of somebody away, at once."""

    person: Name
    reason: Reason


AnySay: TypeAlias = Withdraw | Report | OpenLease | GiveBack | Revoke | Suspend


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What was written: its place in the log, its kind, and the lease it opened, if it did."""

    position: int
    kind: str
    lease: str = ""


def say(broker: Broker, who: str, said: AnySay, at: datetime) -> Said:
    """Write what somebody says.

    Args:
        broker: Writes it.
        who: Who says it.
        said: What.
        at: Now, for what they may see.

    Raises:
        Refused: A step refused it, or it is about something they may not see.
        StoreError: The database cannot.
    """
    # One hold of the lock for both: a lease names its own place in the log.
    return broker.look(lambda state: _written(broker, state, who, said, at))


def _written(broker: Broker, state: State, who: str, said: AnySay, at: datetime) -> Said:
    _check_seen(state, who, said, at)
    entry = _ENTRIES[type(said)](said, state, {"at": broker.now(), "actor": who})
    position = broker.say(entry)
    lease = entry.lease if isinstance(entry, log.LeaseOpened) else ""
    return Said(position=position, kind=log.kind_of(entry), lease=lease)


def _check_seen(state: State, who: str, said: AnySay, at: datetime) -> None:
    if isinstance(said, (GiveBack, Revoke)):
        lease_of(state, who, said.lease, at)
    elif isinstance(said, Report):
        # Anybody may have got a notice of a request, and reports what they heard of.
        if said.request not in state.requests:
            raise Unseen("A1", f"there is no request `{said.request}`")
    elif not isinstance(said, Suspend):
        request_of(state, who, said.request, at)


def _withdraw(said: Withdraw, _state: State, usual: dict[str, Any]) -> log.Entry:
    return log.RequestWithdrawn(request=said.request, **usual)


def _report(said: Report, _state: State, usual: dict[str, Any]) -> log.Entry:
    return log.RequestReported(request=said.request, reason=said.reason, **usual)


def _open(said: OpenLease, state: State, usual: dict[str, Any]) -> log.Entry:
    until = state.request(said.request).request.until
    lease = f"lease-{secrets.token_hex(6)}"
    return log.LeaseOpened(lease=lease, request=said.request, until=until, fence=state.size, **usual)


def _give_back(said: GiveBack, _state: State, usual: dict[str, Any]) -> log.Entry:
    return log.LeaseEnded(lease=said.lease, why=RETURNED, **usual)


def _revoke(said: Revoke, _state: State, usual: dict[str, Any]) -> log.Entry:
    return log.LeaseEnded(lease=said.lease, why=REVOKED, reason=said.reason, **usual)


def _suspend(said: Suspend, _state: State, usual: dict[str, Any]) -> log.Entry:
    return log.PersonSuspended(person=said.person, reason=said.reason, **usual)


_ENTRIES: Final[dict[type[Say], Callable[[Any, State, dict[str, Any]], log.Entry]]] = {
    Withdraw: _withdraw,
    Report: _report,
    OpenLease: _open,
    GiveBack: _give_back,
    Revoke: _revoke,
    Suspend: _suspend,
}
