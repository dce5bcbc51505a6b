"""The first run at the console: founders sign the first entry of the log with keys of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.breakglass.broker.wishes import Found
from rootwarden.breakglass.core.governing import check_can_be_met
from rootwarden.breakglass.core.people import Person
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.core.settings import Settings
from rootwarden.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rootwarden.breakglass.broker.broker import Broker
    from rootwarden.breakglass.client.signer import Signer


class Founding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a log begins with: its name, its founders, its settings; the keys are those that sign."""

    log: str
    people: tuple[Person, ...]
    settings: Settings


def read_founding(content: bytes) -> Founding:
    """Read a founding as JSON.

    Raises:
        InputError: It is none.
    """
    try:
        return msgspec.json.decode(content, type=Founding)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise InputError(f"this founds no log: {error}", hint="docs/break-glass.md shows one") from error


def found(broker: Broker, founding: Founding, signers: Mapping[str, Signer]) -> int:
    """Found the log; every founder signs, in their order.

    Args:
        broker: Over an empty log.
        founding: What it begins with.
        signers: The key of each founder.

    Returns:
        How many entries the log has then.

    Raises:
        UsageError: There is a log already, or a founder without a key, or a key without a founder.
        Refused: The protocol does not allow it.
    """
    if broker.state().size:
        raise UsageError("there is a log already", hint="what follows is decided by its administrators")
    names = [person.id for person in founding.people]
    if set(names) != signers.keys():
        missing = ", ".join(sorted(set(names) ^ signers.keys()))
        raise UsageError(
            f"founders and keys do not fit: {missing}", hint="give --founder NAME=KEYFILE for each of them"
        )
    keys = tuple(signers[name].key for name in names)
    wish = Found(log=founding.log, people=founding.people, keys=keys, settings=founding.settings)
    draft = broker.prepare(names[0], wish)
    for name in names:
        broker.submit(name, draft.id, signers[name].sign(draft.message))
    return broker.state().size


def unmet_quorums(broker: Broker) -> tuple[str, ...]:
    """Quorums that the people there are cannot meet, and who is missing, in words; more people may come later."""
    unmet, state = list[str](), broker.state()
    for name, quorum in sorted(state.settings.quorums.items()):
        try:
            check_can_be_met(state.people, name, quorum)
        except Refused as error:
            unmet.append(error.message)
    return tuple(unmet)
