"""Did an event change something, only read, or neither?"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from rootwarden.detect.visits.shape import SIGN_IN_SOURCE, failed

if TYPE_CHECKING:
    from collections.abc import Container

    from rootwarden.detect.visits.event import Event

_READING: Final = ("Get", "List", "Describe", "Head", "Lookup", "Search", "View", "Download", "BatchGet")
# Sign-in page events that come from somebody who is not in yet: they knock.
KNOCKS: Final = frozenset({"CheckMfa", "PasswordRecoveryRequested", "ExternalIdPDirectoryLogin"})
SIGN_INS: Final = frozenset({"ConsoleLogin", "ExternalIdPDirectoryLogin"})
# Sign-in page events that change nothing, although most are recorded with `readOnly` false.
_PASSING: Final = SIGN_INS | {"CheckMfa", "GetSigninToken", "CreateOAuth2Token", "AuthorizeOAuth2Access", "SwitchRole"}


class Effect(StrEnum):
    """What an event did."""

    WRITE = "write"
    READ = "read"
    NEITHER = "neither"


def effect_of(event: Event, named: Container[str]) -> Effect:
    """What an event did, as far as the record says; what it does not say counts as a change.

    Args:
        event: One event.
        named: Event names that detections ask for: they are changes whatever they are called.
    """
    at_sign_in = event.source.lower() == SIGN_IN_SOURCE or event.name == "ConsoleLogin"
    if at_sign_in and (event.name in _PASSING or (event.read_only and event.name not in named)):
        return Effect.NEITHER
    # What a detection asks for at the sign-in page is a change whatever `readOnly` says: there is no API behind it.
    if (event.read_only and not at_sign_in) or (event.read_only is None and _reads_by_name(event.name, named)):
        return Effect.READ
    return Effect.NEITHER if failed(event) else Effect.WRITE


def knocks(event: Event) -> bool:
    """Whether an event of the sign-in page comes from outside: refused, or not yet let in."""
    return event.name in KNOCKS or failed(event)


def _reads_by_name(name: str, named: Container[str]) -> bool:
    return name.startswith(_READING) and name not in named
