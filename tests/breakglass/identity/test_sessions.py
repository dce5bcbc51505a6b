from __future__ import annotations

from datetime import timedelta
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.breakglass.identity.instants import AT, KEYS, after

from rootwarden.breakglass.identity import sessions as module
from rootwarden.breakglass.identity.refusals import SessionError
from rootwarden.breakglass.identity.seal import Seal
from rootwarden.breakglass.identity.sessions import (
    COOKIE,
    InMemoryTakenAway,
    Method,
    Sessions,
    require_signer,
)

if TYPE_CHECKING:
    from rootwarden.breakglass.identity.sessions import (
        Session,
    )


def _sessions() -> Sessions:
    return Sessions(KEYS, InMemoryTakenAway(AT))


def _cookie(header: str) -> str:
    return SimpleCookie(header)[COOKIE].value


def _begun(sessions: Sessions, *, epoch: int = 1, at: timedelta = timedelta(0)) -> tuple[Session, str]:
    session = sessions.begin("ada", Method.PASSKEY, at=AT + at, epoch=epoch)
    return session, _cookie(sessions.set_cookie(session, at=AT + at))


def _counts(sessions: Sessions, cookie: str, *, epoch: int = 1, **length: float) -> bool:
    try:
        sessions.read(cookie, at=after(**length), epoch=epoch)
    except SessionError:
        return False
    return True


def test_a_session_is_who_signed_in() -> None:
    sessions = _sessions()
    session, cookie = _begun(sessions)
    assert sessions.read(cookie, at=after(minutes=3), epoch=1) == msgspec.structs.replace(
        session, seen_at=after(minutes=3)
    )


@pytest.mark.parametrize(
    ("name", "minutes", "counts"),
    [("at once", 0, True), ("just in time", 9.99, True), ("too late", 10, False), ("much too late", 600, False)],
)
def test_a_session_ends_after_ten_idle_minutes(name: str, minutes: float, counts: bool) -> None:
    sessions = _sessions()
    assert _counts(sessions, _begun(sessions)[1], minutes=minutes) is counts, name


def test_a_session_ends_after_an_hour_however_busy() -> None:
    sessions = _sessions()
    cookie = _begun(sessions)[1]
    for minute in range(5, 60, 5):
        session = sessions.read(cookie, at=after(minutes=minute), epoch=1)
        cookie = _cookie(sessions.set_cookie(session, at=after(minutes=minute)))
    assert _counts(sessions, cookie, minutes=59.99)
    assert not _counts(sessions, cookie, minutes=60)


def test_a_cookie_from_before_does_not_outlive_its_ten_minutes() -> None:
    """What was copied early is no use later, though the session itself goes on."""
    sessions = _sessions()
    session, early = _begun(sessions)
    later = sessions.read(early, at=after(minutes=8), epoch=1)
    assert _counts(sessions, _cookie(sessions.set_cookie(later, at=after(minutes=8))), minutes=12)
    assert not _counts(sessions, early, minutes=12)
    assert later.id == session.id


def test_a_clock_that_was_put_back_ends_sessions() -> None:
    sessions = _sessions()
    cookie = _begun(sessions, at=timedelta(minutes=1))[1]
    assert _counts(sessions, cookie, seconds=55)
    assert not _counts(sessions, cookie, seconds=54)


def test_a_new_epoch_ends_sessions() -> None:
    sessions = _sessions()
    cookie = _begun(sessions)[1]
    assert not _counts(sessions, cookie, epoch=2)
    assert not _counts(sessions, cookie, epoch=0)


@pytest.mark.parametrize("cookie", ["", ".", "A.B", "\u00e9", "A" * 5000])
def test_what_is_no_cookie_is_no_session(cookie: str) -> None:
    assert not _counts(_sessions(), cookie)


def test_a_form_token_is_no_session_though_it_holds_the_same() -> None:
    session = _begun(_sessions())[0]
    assert not _counts(_sessions(), Seal(KEYS, "form").close(session))


def test_the_cookie_is_for_this_host_and_no_script() -> None:
    """RFC 6265bis, 4.1.3.2: `__Host-` needs Secure, the whole path and no domain."""
    header = _sessions().set_cookie(_begun(_sessions())[0], at=AT)
    assert header.startswith("__Host-rootwarden=")
    assert header.split("; ")[1:] == ["Path=/", "Max-Age=600", "Secure", "HttpOnly", "SameSite=Strict"]
    assert Sessions.clear_cookie() == "__Host-rootwarden=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict"


def test_the_browser_forgets_the_cookie_when_the_hour_is_over() -> None:
    sessions = _sessions()
    session = msgspec.structs.replace(_begun(sessions)[0], seen_at=after(minutes=55))
    assert "Max-Age=300;" in sessions.set_cookie(session, at=after(minutes=55))


def test_whoever_signs_out_is_out_with_every_copy() -> None:
    sessions = _sessions()
    session, cookie = _begun(sessions)
    other = _begun(sessions)[1]
    sessions.end(session)
    assert not _counts(sessions, cookie)
    assert _counts(sessions, other)


def test_a_suspended_person_is_out_of_all_sessions_until_then() -> None:
    taken = InMemoryTakenAway(AT)
    sessions = Sessions(KEYS, taken)
    before, later = _begun(sessions)[1], _begun(sessions, at=timedelta(minutes=2))[1]
    taken.take_all_of("ada", after(minutes=1))
    taken.take_all_of("ada", after(seconds=1))
    assert not _counts(sessions, before, minutes=3)
    assert _counts(sessions, later, minutes=3)


def test_after_a_restart_no_earlier_session_counts() -> None:
    """The list is in memory: who signed out before must not be in again."""
    cookie = _begun(_sessions())[1]
    assert not _counts(Sessions(KEYS, InMemoryTakenAway(after(minutes=1))), cookie, minutes=1)


def test_a_list_that_is_full_takes_away_more_and_never_less(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_TAKEN", 5)
    taken = InMemoryTakenAway(AT)
    sessions = Sessions(KEYS, taken)
    gone = [_begun(sessions, at=timedelta(seconds=second)) for second in range(7)]
    for session, _ in gone:
        sessions.end(session)
    assert not any(_counts(sessions, cookie, seconds=10) for _, cookie in gone)
    assert len(taken._sessions) <= 5
    assert _counts(sessions, _begun(sessions, at=timedelta(seconds=11))[1], seconds=12)


def test_a_list_full_of_people_takes_away_more_and_never_less(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_TAKEN", 5)
    taken = InMemoryTakenAway(AT)
    sessions = Sessions(KEYS, taken)
    begun = [_begun(sessions, at=timedelta(seconds=second)) for second in range(7)]
    for second, (session, _) in enumerate(begun):
        taken.take(session) if second % 2 else taken.take_all_of(f"person {second}", after(seconds=second))
    assert len(taken._sessions) + len(taken._people) <= 5
    assert not any(_counts(sessions, cookie, seconds=10) for _, cookie in begun[1::2])


def test_a_session_that_began_at_the_instant_of_a_suspension_is_out() -> None:
    taken = InMemoryTakenAway(AT)
    sessions = Sessions(KEYS, taken)
    cookie = _begun(sessions)[1]
    taken.take_all_of("ada", AT)
    assert not _counts(sessions, cookie)


def test_a_full_list_forgets_what_ended_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_TAKEN", 5)
    taken = InMemoryTakenAway(AT)
    sessions = Sessions(KEYS, taken)
    for _ in range(5):
        sessions.end(_begun(sessions)[0])
    other = _begun(sessions, at=timedelta(hours=1, minutes=59))[1]
    sessions.end(_begun(sessions, at=timedelta(hours=2))[0])
    assert len(taken._sessions) == 1
    assert _counts(sessions, other, hours=2)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 90)), max_size=20), st.integers(0, 90))
def test_nothing_that_was_taken_away_comes_back(actions: list[tuple[int, int]], check: int) -> None:
    """Against a list that never forgets."""
    taken = InMemoryTakenAway(AT)
    sessions = Sessions(KEYS, taken)
    begun = [sessions.begin("ada", Method.PASSKEY, at=after(minutes=10 * number), epoch=1) for number in range(3)]
    ended: set[str] = set()
    for action, minute in actions:
        if action < len(begun):
            sessions.end(begun[action])
            ended.add(begun[action].id)
        else:
            taken.take_all_of("ada", after(minutes=minute))
            ended |= {each.id for each in begun if each.issued_at <= after(minutes=minute)}
    for session in begun:
        fresh = msgspec.structs.replace(session, seen_at=max(session.issued_at, after(minutes=check)))
        cookie = _cookie(sessions.set_cookie(fresh, at=fresh.seen_at))
        lasts = fresh.seen_at < session.issued_at + module.LONGEST
        assert _counts(sessions, cookie, minutes=(fresh.seen_at - AT).total_seconds() / 60) is (
            lasts and session.id not in ended
        )


@pytest.mark.parametrize(("method", "may"), [(Method.PASSKEY, True), (Method.ED25519, True), (Method.OIDC, False)])
def test_only_people_with_keys_may_sign(method: Method, may: bool) -> None:
    session = _sessions().begin("ada", method, at=AT, epoch=1)
    if may:
        require_signer(session)
    else:
        with pytest.raises(SessionError, match="own key"):
            require_signer(session)


@given(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=3))
def test_sealed_json_that_is_no_session_is_none(content: dict[str, Any]) -> None:
    class Any_(msgspec.Struct):  # noqa: N801 - a record of anything
        content: dict[str, Any]

    assert not _counts(_sessions(), Seal(KEYS, "session").close(Any_(content)))
