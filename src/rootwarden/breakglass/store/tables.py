"""The tables (docs/break-glass-audit.md lists them). None but `entries` and `heads` says anything about rights."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, Integer, LargeBinary, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from rootwarden.database.columns import Moment

LONGEST_NAME: Final = 300

# In SQLite only an INTEGER key takes nothing but whole numbers (sqlite.org/lang_createtable.html, rowid).
_Number: Final = BigInteger().with_variant(Integer(), "sqlite")


class Base(DeclarativeBase):
    """What every table has in common."""

    type_annotation_map = {datetime: Moment}  # noqa: RUF012 - SQLAlchemy's own way to say it


class EntryRow(Base):
    """An entry of the log, in canonical form; its place is the fence of writers."""

    __tablename__ = "entries"

    position: Mapped[int] = mapped_column(_Number, primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class HeadRow(Base):
    """A signed head, and a random word by which its writer knows it again when an answer was lost."""

    __tablename__ = "heads"

    size: Mapped[int] = mapped_column(_Number, primary_key=True, autoincrement=False)
    root: Mapped[str] = mapped_column(String(LONGEST_NAME))
    time: Mapped[str] = mapped_column(String(LONGEST_NAME))
    signature: Mapped[str] = mapped_column(String(LONGEST_NAME))
    writer: Mapped[str] = mapped_column(String(LONGEST_NAME))


class ReceiptRow(Base):
    """What a sink answered when it took the head of a size."""

    __tablename__ = "receipts"

    size: Mapped[int] = mapped_column(_Number, primary_key=True, autoincrement=False)
    sink: Mapped[str] = mapped_column(String(LONGEST_NAME), primary_key=True)
    document: Mapped[bytes] = mapped_column(LargeBinary)
    accepted_at: Mapped[datetime]


class BlobRow(Base):
    """Sealed bytes under their SHA-256."""

    __tablename__ = "blobs"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class ChallengeRow(Base):
    """What somebody was asked to sign, once."""

    __tablename__ = "challenges"

    nonce: Mapped[str] = mapped_column(String(LONGEST_NAME), primary_key=True)
    person: Mapped[str] = mapped_column(String(LONGEST_NAME))
    purpose: Mapped[str] = mapped_column(String(LONGEST_NAME))
    statement: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class DraftRow(Base):
    """An entry that waits for signatures."""

    __tablename__ = "drafts"

    id: Mapped[str] = mapped_column(String(LONGEST_NAME), primary_key=True)
    document: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class SessionEndedRow(Base):
    """A session that ended before its time."""

    __tablename__ = "sessions_ended"

    session: Mapped[str] = mapped_column(String(LONGEST_NAME), primary_key=True)
    forget_at: Mapped[datetime] = mapped_column(index=True)


class RefusalCountRow(Base):
    """Refusals of one kind that are not in the log yet."""

    __tablename__ = "refusal_counts"

    person: Mapped[str] = mapped_column(String(LONGEST_NAME), primary_key=True)
    attempted: Mapped[str] = mapped_column(String(LONGEST_NAME), primary_key=True)
    step: Mapped[str] = mapped_column(String(40), primary_key=True)
    count: Mapped[int] = mapped_column(_Number)
