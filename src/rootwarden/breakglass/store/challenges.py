"""Challenges: what somebody was asked to sign, good for one person, one purpose, one statement, once, for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import update

from rootwarden.breakglass.store.tables import ChallengeRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


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


def void_all(session: Session, now: datetime) -> None:
    """Use up every challenge: an epoch begins."""
    session.execute(update(ChallengeRow).where(ChallengeRow.used_at.is_(None)).values(used_at=now))
