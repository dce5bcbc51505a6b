"""Whose is it? Keys, aliases and custodians, looked up in the replayed log and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.breakglass.core.assertion import Assertion
from rootwarden.breakglass.identity.leavers import Known
from rootwarden.breakglass.identity.sign_in import Holder

if TYPE_CHECKING:
    from datetime import datetime

    from rootwarden.breakglass.core.authenticator import Authenticator
    from rootwarden.breakglass.core.people import HeldKey
    from rootwarden.breakglass.core.state import State
    from rootwarden.breakglass.identity.id_token import Subject


def holders_of(state: State, authenticator: Authenticator, *, at: datetime) -> tuple[Holder, ...]:
    """Whose key a signature claims to be by: keys that count, of people who are not suspended.

    Args:
        state: The replayed log.
        authenticator: The signature; it is not checked here.
        at: Now.
    """
    return tuple(
        Holder(person=name, key=held.key, counter=state.counters.get(held.key.id, 0))
        for name, standing in state.people.items()
        for held in standing.keys.values()
        if not standing.suspended and held.counts_from <= at and _is_named(authenticator, held)
    )


def person_known_as(state: State, subject: Subject) -> str | None:
    """The person a provider's subject is an alias of, letter for letter; `None` for nobody, or a suspended one."""
    return next(
        (
            name
            for name, standing in state.people.items()
            if not standing.suspended and subject.alias in standing.person.aliases
        ),
        None,
    )


def known_people(state: State) -> tuple[Known, ...]:
    """Everybody in the log, with the custody groups they hold a key of."""
    groups = {name: custody.group for name, custody in sorted(state.groups.items())}
    return tuple(
        Known(
            id=name,
            aliases=frozenset(standing.person.aliases),
            custodian_of=tuple(
                group for group, held in groups.items() if any(one.person == name for one in held.custodians)
            ),
            suspended=bool(standing.suspended),
        )
        for name, standing in sorted(state.people.items())
    )


def _is_named(authenticator: Authenticator, held: HeldKey) -> bool:
    if isinstance(authenticator, Assertion):
        return held.key.kind == "passkey" and held.key.credential_id == authenticator.credential_id
    return held.key.kind == "ed25519" and held.key.id == authenticator.key
