"""Sessions: a sealed cookie that says who signed in, how and when. It opens pages; it never approves anything.

A session ends after ten minutes without a request and after an hour at the latest, when it is taken away, and when the
log begins a new epoch. The list of what was taken away only ever takes away: losing it cannot let anybody in, because
whoever keeps it in memory disbelieves every session that is older than the list.
"""

from __future__ import annotations

import secrets
import threading
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from rootwarden.breakglass.identity.refusals import SessionError
from rootwarden.breakglass.identity.seal import Seal
from rootwarden.facts.instant import Instant

if TYPE_CHECKING:
    from collections.abc import Sequence

COOKIE: Final = "__Host-rootwarden"
IDLE: Final = timedelta(minutes=10)
LONGEST: Final = timedelta(hours=1)
# How far the clocks of two instances may be apart; the same bound as that of the trusted clock.
SKEW: Final = timedelta(seconds=5)
_MOST_TAKEN: Final = 10_000


class Method(StrEnum):
    """How somebody signed in."""

    PASSKEY = "passkey"
    ED25519 = "ed25519"
    OIDC = "oidc"

    @property
    def may_sign(self) -> bool:
        """Whether it may approve, release or register keys, each with a fresh signature of its own."""
        return self is not Method.OIDC


class Session(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is signed in.

    Attributes:
        id: Names the session.
        person: Id of the person, as in the log.
        method: How they signed in.
        issued_at: When.
        seen_at: When they last asked for something.
        epoch: Of the log; a new one voids all sessions.
    """

    id: str
    person: str
    method: Method
    issued_at: Instant
    seen_at: Instant
    epoch: int


class TakenAway(Protocol):
    """Which sessions do not count any more; shared by all instances."""

    def take(self, session: Session) -> None:
        """Void one session, as when somebody signs out."""

    def take_all_of(self, person: str, at: datetime) -> None:
        """Void every session of a person that began by an instant, as when they are suspended."""

    def has(self, session: Session) -> bool:
        """Whether a session is void."""


class Sessions:
    """Begins sessions, and reads them from cookies.

    Args:
        keys: The keys of the key file, newest first.
        taken: Which sessions were taken away.
    """

    def __init__(self, keys: Sequence[bytes], taken: TakenAway) -> None:
        self._seal = Seal(keys, "session")
        self._taken = taken

    def begin(self, person: str, method: Method, *, at: datetime, epoch: int) -> Session:
        """A new session, for somebody who has just shown who they are."""
        return Session(
            id=secrets.token_urlsafe(16), person=person, method=method, issued_at=at, seen_at=at, epoch=epoch
        )

    def read(self, cookie: str, *, at: datetime, epoch: int) -> Session:
        """The session a cookie holds, as seen now; hand it to `set_cookie` for the answer.

        Raises:
            SessionError: It holds none that counts.
        """
        session = self._seal.open(cookie, Session)
        if session is None or not _lasts(session, at) or session.epoch != epoch or self._taken.has(session):
            raise SessionError
        return msgspec.structs.replace(session, seen_at=max(at, session.seen_at))

    def end(self, session: Session) -> None:
        """Sign out."""
        self._taken.take(session)

    def set_cookie(self, session: Session, *, at: datetime) -> str:
        """The `Set-Cookie` header that keeps a session."""
        left = min(session.seen_at + IDLE, session.issued_at + LONGEST) - at
        return _cookie(self._seal.close(session), int(left.total_seconds()))

    @staticmethod
    def clear_cookie() -> str:
        """The `Set-Cookie` header that forgets the session."""
        return _cookie("", 0)


class InMemoryTakenAway:
    """For one instance: what was taken away since it started, and every session from before.

    Args:
        since: When it started.
    """

    def __init__(self, since: datetime) -> None:
        self._since = since
        self._sessions: dict[str, datetime] = {}
        self._people: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def take(self, session: Session) -> None:
        """Void one session."""
        with self._lock:
            self._sessions[session.id] = session.issued_at
            self._forget(session.seen_at)

    def take_all_of(self, person: str, at: datetime) -> None:
        """Void every session of a person that began by an instant."""
        with self._lock:
            self._people[person] = max(at, self._people.get(person, at))
            self._forget(at)

    def has(self, session: Session) -> bool:
        """Whether a session is void."""
        with self._lock:
            return (
                session.issued_at < self._since
                or session.id in self._sessions
                or session.issued_at
                <= self._people.get(session.person, datetime.min.replace(tzinfo=self._since.tzinfo))
            )

    def _forget(self, at: datetime) -> None:
        """Drop what has ended by itself; a list that is full all the same voids everything up to now."""
        oldest = at - LONGEST - SKEW
        if len(self._sessions) + len(self._people) > _MOST_TAKEN:
            self._sessions = {name: when for name, when in self._sessions.items() if when >= oldest}
            self._people = {name: when for name, when in self._people.items() if when >= oldest}
        if len(self._sessions) + len(self._people) > _MOST_TAKEN:
            newest = max([*self._sessions.values(), *self._people.values()])
            self._since = max(self._since, newest + timedelta(microseconds=1))
            self._sessions.clear()
            self._people.clear()


def require_signer(session: Session) -> None:
    """Let only those act who signed in with a key: an OpenID Connect sign-in opens pages and nothing else.

    Raises:
        SessionError: It was another way in.
    """
    if not session.method.may_sign:
        raise SessionError("this needs a sign-in with your own key, not through a provider")


def _lasts(session: Session, at: datetime) -> bool:
    """Whether a session has neither ended nor begun in the future, as after a clock was put back."""
    return (
        session.issued_at - SKEW <= at < session.issued_at + LONGEST
        and session.seen_at - SKEW <= at < session.seen_at + IDLE
    )


def _cookie(value: str, seconds: int) -> str:
    return f"{COOKIE}={value}; Path=/; Max-Age={max(seconds, 0)}; Secure; HttpOnly; SameSite=Strict"
