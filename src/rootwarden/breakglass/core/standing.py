"""Who somebody is at an instant: roles that count, keys that count, and whose signature an entry bears."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rootwarden.breakglass.core.assertion import Assertion
from rootwarden.breakglass.core.authenticator import verify
from rootwarden.breakglass.core.entry import SYSTEM
from rootwarden.breakglass.core.public_key import UnverifiedError
from rootwarden.breakglass.core.refusal import Refused, require

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from rootwarden.breakglass.core.authenticator import Authenticator
    from rootwarden.breakglass.core.people import Role, Standing
    from rootwarden.breakglass.core.public_key import PublicKey
    from rootwarden.breakglass.core.state import State


class Signed(NamedTuple):
    """A signature that was checked: with which key, and where its counter is now."""

    key: PublicKey
    counter: int


def person_of(state: State, name: str) -> Standing:
    """Somebody who is in the log and not suspended (G6).

    Raises:
        Refused: They are not.
    """
    standing = state.people.get(name)
    if standing is None or name == SYSTEM:
        raise Refused("G6", f"`{name}` is nobody this log knows")
    require(not standing.suspended, "G6", f"`{name}` is suspended")
    return standing


def counts_as(standing: Standing, role: Role, at: datetime) -> bool:
    """Whether a role is theirs, and counts by now."""
    return role in standing.person.roles and not standing.suspended and standing.roles_from[role] <= at


def has_any(state: State, name: str, roles: Iterable[Role], at: datetime) -> bool:
    """Whether somebody has one of the roles, counted by now."""
    standing = state.people.get(name)
    return standing is not None and any(counts_as(standing, role, at) for role in roles)


def in_good_standing(state: State, name: str) -> bool:
    """Whether somebody is neither suspended nor frozen."""
    standing = state.people.get(name)
    return standing is not None and not standing.suspended and not standing.frozen


def signed_by(state: State, name: str, message: bytes, authenticator: Authenticator, at: datetime) -> Signed:
    """Which key of somebody made a signature (G5).

    Args:
        state: With the person and their keys.
        name: Who is said to have signed.
        message: What they signed.
        authenticator: The signature.
        at: When; keys that do not count by then are none.

    Raises:
        Refused: No key of theirs did.
    """
    for held in person_of(state, name).keys.values():
        if _names(authenticator, held.key):
            require(held.counts_from <= at, "G5", f"the key of `{name}` does not count yet", hint=_WAIT)
            counter = state.counters.get(held.key.id, 0)
            signed = signed_with(held.key, message, authenticator, counter=counter)
            # WebAuthn 7.2: one that counted and counts no more is as suspect as one that went back.
            require(not counter or bool(signed.counter), "G5", "the counter of the passkey went back")
            return signed
    raise Refused("G5", f"the signature is by no key of `{name}`")


def signed_with(key: PublicKey, message: bytes, authenticator: Authenticator, *, counter: int = 0) -> Signed:
    """Check a signature by one key (G5).

    Raises:
        Refused: The key did not make it.
    """
    try:
        return Signed(key, verify(message, authenticator, key, counter=counter))
    except UnverifiedError as error:
        raise Refused("G5", error.message, hint=error.hint) from error


def _names(authenticator: Authenticator, key: PublicKey) -> bool:
    if isinstance(authenticator, Assertion):
        return key.kind == "passkey" and key.credential_id == authenticator.credential_id
    return key.kind == "ed25519" and key.id == authenticator.key


_WAIT = "a new key counts after `settle_minutes`, and everybody is told of it before"
