"""Challenges: what somebody was asked to sign, good for one person, one purpose, one statement, once, for a while."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select, update

from rootwarden.breakglass.store.tables import ChallengeRow
from rootwarden.database.inserting import insert_new

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

SPENT: Final = "spent"


def issue(session: Session, nonce: str, *, person: str, purpose: str, statement: str, expires: datetime) -> None:
    """Remember a challenge.

    Args:
        session: Of the transaction.
        nonce: Random; it names the challenge.
        person: Who is asked; empty before anybody said who they are.
        purpose: What the signature is for.
        statement: SHA-256 of what is signed, in hexadecimal.
        expires: Until when.
    """
    session.add(ChallengeRow(nonce=nonce, person=person, purpose=purpose, statement=statement, expires_at=expires))


def burn(session: Session, nonce: str, *, person: str, purpose: str, statement: str, now: datetime) -> bool:
    """Use a challenge up.

    Returns:
        Whether it was this person's, for this purpose and statement, and neither used nor expired. Of two who burn one
        at once, one is told yes.
    """
    mine = (
        update(ChallengeRow)
        .where(
            ChallengeRow.nonce == nonce,
            ChallengeRow.person == person,
            ChallengeRow.purpose == purpose,
            ChallengeRow.statement == statement,
            ChallengeRow.expires_at > now,
            ChallengeRow.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(ChallengeRow.nonce)
    )
    return session.scalars(mine).first() is not None


def keep(
    session: Session, nonce: str, *, person: str, purpose: str, statement: str, expires: datetime, most: int
) -> None:
    """Remember a challenge, and of one person's at most so many: the oldest go."""
    issue(session, nonce, person=person, purpose=purpose, statement=statement, expires=expires)
    session.flush()
    own = select(ChallengeRow.nonce).where(ChallengeRow.person == person, ChallengeRow.used_at.is_(None))
    older = session.scalars(own.order_by(ChallengeRow.expires_at.desc(), ChallengeRow.nonce).offset(most)).all()
    if older:
        session.execute(delete(ChallengeRow).where(ChallengeRow.nonce.in_(older)))


def take(session: Session, nonce: str, *, person: str) -> tuple[str, str, datetime] | None:
    """Take a challenge of a person out; of any number who do so at once, one gets it.

    Returns:
        Its purpose, the statement's SHA-256 in hexadecimal, and until when it is good.
    """
    mine = (ChallengeRow.nonce == nonce, ChallengeRow.person == person, ChallengeRow.used_at.is_(None))
    given = (ChallengeRow.purpose, ChallengeRow.statement, ChallengeRow.expires_at)
    row = session.execute(delete(ChallengeRow).where(*mine).returning(*given)).first()
    return None if row is None else (row[0], row[1], row[2])


def spend(session: Session, nonce: str, *, until: datetime, at: datetime) -> bool:
    """Mark a nonce that was issued without being kept; whether this was the first time."""
    used = {"nonce": nonce, "person": "", "purpose": SPENT, "statement": secrets.token_hex(32)}
    insert_new(session, ChallengeRow, [{**used, "expires_at": until, "used_at": at}])
    kept = session.scalar(select(ChallengeRow.statement).where(ChallengeRow.nonce == nonce))
    return kept == used["statement"]


def void_all(session: Session, now: datetime) -> None:
    """Use up every challenge: an epoch begins."""
    session.execute(update(ChallengeRow).where(ChallengeRow.used_at.is_(None)).values(used_at=now))
