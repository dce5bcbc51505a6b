"""What several instances share beside the log: challenges that are burnt, and sessions that ended (PostgreSQL).

A row here only takes away: who deletes one makes a sign-out forgotten, or an answered offer good again, for as long as
it would have lasted; what is approved, released or changed has a signature of its own, with a nonce in the log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.breakglass.identity.challenges import LIFETIME, MOST_OF_ONE, Challenge
from rootwarden.breakglass.identity.sessions import LONGEST, SKEW
from rootwarden.breakglass.store import challenges, sessions

if TYPE_CHECKING:
    from datetime import datetime

    from rootwarden.breakglass.identity.sessions import Session
    from rootwarden.database.connection import Database

# How long anything about a session is worth remembering.
_LASTS = LONGEST + SKEW


class SharedChallenges:
    """Challenges in the database (`identity.challenges.ChallengeStore`)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, challenge: Challenge) -> None:
        """Remember one."""
        self._database.write(
            lambda session: challenges.keep(
                session,
                challenge.nonce,
                person=challenge.person,
                purpose=challenge.purpose,
                statement=challenge.digest.hex(),
                expires=challenge.expires_at,
                most=MOST_OF_ONE,
            )
        )

    def take(self, nonce: str, person: str) -> Challenge | None:
        """Take one of a person's out."""
        found = self._database.write(lambda session: challenges.take(session, nonce, person=person))
        if found is None:
            return None
        purpose, statement, expires = found
        return Challenge(
            nonce=nonce,
            person=person,
            purpose=purpose,
            digest=bytes.fromhex(statement),
            issued_at=expires - LIFETIME,
            expires_at=expires,
        )

    def spend(self, nonce: str, *, until: datetime, at: datetime) -> bool:
        """Mark a nonce; true for the first caller only."""
        return self._database.write(lambda session: challenges.spend(session, nonce, until=until, at=at))


class SharedTakenAway:
    """Sessions that ended, in the database (`identity.sessions.TakenAway`)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, session: Session) -> None:
        """Void one session."""
        until = session.issued_at + _LASTS
        self._database.write(lambda writing: sessions.end(writing, session.id, forget_at=until))

    def take_all_of(self, person: str, at: datetime) -> None:
        """Void every session of a person that began by an instant."""
        self._database.write(lambda writing: sessions.end_all(writing, _all_of(person), forget_at=at + _LASTS))

    def has(self, session: Session) -> bool:
        """Whether a session is void."""
        return self._database.read(
            lambda reading: (
                sessions.is_ended(reading, session.id)
                or _is_before(session, sessions.forget_at(reading, _all_of(session.person)))
            )
        )


def _all_of(person: str) -> str:
    return f"all of {person}"


def _is_before(session: Session, forget_at: datetime | None) -> bool:
    return forget_at is not None and session.issued_at <= forget_at - _LASTS
