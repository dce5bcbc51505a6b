"""Notices that nobody takes: tried again as the log says, by one instance at a time, and given up in the end."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from tests.alert.receiver import Says, receiving
from tests.breakglass.service.test_two_houses import houses

from rootwarden.alert.secret import Secret
from rootwarden.breakglass.broker.notices import Notice
from rootwarden.breakglass.broker.untold import PATIENCE, untolds_of
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.step import replay
from rootwarden.breakglass.service.messenger import AppriseMessenger
from rootwarden.breakglass.store.turns import TELLING, turn
from rootwarden.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.alert.receiver import Receiver
    from tests.breakglass.service.plain import Plain

    from rootwarden.breakglass.broker.untold import Untolds
    from rootwarden.errors import RootwardenError

__all__ = ["houses"]

ADMINISTRATORS = ["ada", "ben", "ida"]
WORDS = "the domain `example.org` expires"
KEY = "hunter2-hunter2"
HOUR = 3600.0


class Channel:
    """A channel that is up, or down, or comes back late."""

    def __init__(self, *, up: bool = True) -> None:
        self.up = up
        self.tried: list[Notice] = []
        self.taken: list[Notice] = []
        self.late: list[Callable[[str], None]] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def begin(self) -> None:
        """Nothing is kept from one pass to the next."""

    def reaches(self, addresses: tuple[str, ...]) -> bool:
        return bool(addresses)

    def send(self, notice: Notice, addresses: tuple[str, ...], *, late: Callable[[str], None]) -> str:
        self.tried.append(notice)
        self.late.append(late)
        if not self.up:
            return ""
        self.taken.append(notice)
        self.meanwhile()
        return addresses[0]


def notice_something(plain: Plain, *, severity: str = "critical", hazard: str = "domain") -> int:
    broker = plain.house.broker
    return broker.say(
        log.HazardNoticed(at=broker.now(), actor=log.SYSTEM, hazard=hazard, severity=severity, words=WORDS)
    )


def connect(plain: Plain, channel: Channel) -> Channel:
    plain.house.telling.messenger = channel
    return channel


def untolds(plain: Plain) -> Untolds:
    broker = plain.house.broker
    return untolds_of(broker.state(), lambda place: next(broker.read(place)), broker.now())


def recorded(plain: Plain, position: int) -> list[tuple[str, bool]]:
    return [(one.person, one.delivered) for one in plain.entries(log.NoticeRecorded) if one.about == position]


def check_replayed(plain: Plain) -> None:
    state, again = plain.house.broker.state(), replay(plain.house.store.read())
    assert (again.tree.root, again.told, again.untold) == (state.tree.root, state.told, state.untold)


def test_a_channel_that_is_down_for_an_hour_gets_everything_in_the_end(plain: Plain) -> None:
    connect(plain, Channel(up=False))
    position = notice_something(plain)
    plain.later(0)
    assert recorded(plain, position) == [(person, False) for person in ADMINISTRATORS]
    for _ in range(60):
        plain.later(60)
    tries = len(recorded(plain, position))
    assert 3 * 6 <= tries <= 3 * 10, "each half a minute after the last at first, then ever later"
    assert untolds(plain).waiting == len(ADMINISTRATORS)
    channel = connect(plain, Channel())
    while untolds(plain).waiting:
        plain.later(300)
        assert len(channel.tried) <= len(ADMINISTRATORS), "once it is taken, it is not sent again"
    assert sorted(one.person for one in channel.taken) == ADMINISTRATORS
    assert all("This comes late, or a second time" in one.text for one in channel.taken)
    assert recorded(plain, position)[tries:] == [(one.person, True) for one in channel.taken]
    plain.later(2 * HOUR)
    assert len(channel.tried) == len(ADMINISTRATORS)
    check_replayed(plain)


def test_a_restart_goes_on_where_the_log_left_off(plain: Plain) -> None:
    connect(plain, Channel(up=False))
    position = notice_something(plain)
    for _ in range(30):
        plain.later(60)
    before, due = recorded(plain, position), untolds(plain).newest
    plain.reopen()
    channel = connect(plain, Channel())
    assert untolds(plain).newest == due, "what was tried, and when it is next, is in the log"
    plain.house.look_after()
    now = plain.house.broker.now()
    assert all(one.next_try and one.next_try > now for one in due), "none was due yet"
    assert recorded(plain, position) == before, "a start is no reason to try"
    while untolds(plain).waiting:
        plain.later(60)
    assert sorted(one.person for one in channel.taken) == ADMINISTRATORS
    check_replayed(plain)


def test_what_was_written_before_a_crash_is_told_after_it(plain: Plain) -> None:
    plain.house.look_after()
    position = notice_something(plain)
    plain.reopen()
    channel = connect(plain, Channel())
    plain.house.look_after()
    assert [one.person for one in channel.taken if one.subject == WORDS] == ADMINISTRATORS
    assert recorded(plain, position) == [(person, True) for person in ADMINISTRATORS]


def test_it_is_given_up_after_a_day_and_shown_as_dead(plain: Plain) -> None:
    channel = connect(plain, Channel(up=False))
    position = notice_something(plain)
    for half_hour in range(int(PATIENCE.give_up_hours) * 2 + 1):
        plain.later(HOUR / 2)
        if half_hour % 8 == 0:
            plain.troupe.attest()
    shown = untolds(plain)
    assert (shown.waiting, shown.dead) == (0, len(ADMINISTRATORS))
    assert [(one.position, one.person, one.next_try) for one in shown.newest] == [
        (position, person, None) for person in reversed(ADMINISTRATORS)
    ]
    assert WORDS in shown.newest[0].words
    assert shown.newest[0].attempts == recorded(plain, position).count(("ida", False))
    assert 20 <= shown.newest[0].attempts <= 40
    tried, channel.up = len(channel.tried), True
    plain.later(HOUR)
    assert len(channel.tried) == tried


def test_a_house_without_a_way_records_once_and_does_not_fill_its_log(plain: Plain) -> None:
    plain.house.telling.messenger = AppriseMessenger(None, {}, trouble=plain.house.troubles.append)
    position = notice_something(plain)
    for _ in range(6):
        plain.later(HOUR)
    assert recorded(plain, position) == [(person, False) for person in ADMINISTRATORS]
    assert untolds(plain).waiting == len(ADMINISTRATORS)
    connect(plain, Channel())
    plain.later(0)
    assert recorded(plain, position)[3:] == [(person, True) for person in ADMINISTRATORS], (
        plain.house.troubles,
        plain.house.broker.sealed,
    )


def test_an_answer_that_comes_late_is_recorded_and_ends_the_attempts(plain: Plain) -> None:
    channel = connect(plain, Channel(up=False))
    position = notice_something(plain)
    plain.later(0)
    channel.late[0]("ada@example.org")
    plain.later(0)
    assert recorded(plain, position)[3:] == [("ada", True)]
    plain.later(HOUR)
    assert [one.person for one in channel.tried].count("ada") == 1
    check_replayed(plain)


def test_what_was_sent_and_could_not_be_recorded_is_recorded_before_it_is_sent_again(
    plain: Plain, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel, broker = connect(plain, Channel()), plain.house.broker
    position = notice_something(plain)

    def gone(_entry: log.Entry) -> int:
        raise StoreError("the database does not answer")

    with monkeypatch.context() as broken:
        broken.setattr(broker, "say", gone)
        plain.house.telling.run()
        plain.house.telling.run()
    assert [one.person for one in channel.taken] == ["ada"], "nothing is sent while nothing can be recorded"
    assert recorded(plain, position) == []
    plain.later(0)
    assert [one.person for one in channel.taken] == ADMINISTRATORS
    assert recorded(plain, position) == [(person, True) for person in ADMINISTRATORS]


@pytest.mark.parametrize("off", [-1, 20], ids=["behind the log", "not attested for long"])
def test_nothing_is_sent_while_the_clock_is_not_trusted(plain: Plain, off: int) -> None:
    """V5: what could not be recorded would be sent every two seconds."""
    channel = connect(plain, Channel())
    notice_something(plain)
    plain.clocks.wait(off * HOUR)
    for _ in range(3):
        plain.house.telling.run()
    assert channel.tried == []
    assert any("V5" in str(error) or getattr(error, "step", "") == "V5" for error in plain.house.troubles)
    if off < 0:
        plain.clocks.wait(-off * HOUR)
    else:
        plain.troupe.attest()
    plain.house.telling.run()
    assert [one.person for one in channel.taken if one.subject == WORDS] == ADMINISTRATORS


def test_what_may_wake_people_goes_first(plain: Plain) -> None:
    channel = connect(plain, Channel())
    notice_something(plain, severity="low", hazard="first")
    urgent = notice_something(plain, hazard="second")
    plain.later(0)
    assert [one.urgent for one in channel.taken] == [True] * 3 + [False] * 3
    assert recorded(plain, urgent) == [(person, True) for person in ADMINISTRATORS]


# --- several instances


def test_two_instances_do_not_both_send(houses: tuple[Plain, Plain]) -> None:
    one, other = houses
    channels = [connect(each, Channel()) for each in houses]
    channels[0].meanwhile = channels[1].meanwhile = lambda: threading.Event().wait(0.05)
    positions = [notice_something(one, hazard=f"hazard {number}") for number in range(3)]
    gate = threading.Barrier(2)

    def tell(plain: Plain) -> None:
        gate.wait(30)
        for _ in range(20):
            plain.house.telling.run()

    threads = [threading.Thread(target=tell, args=(each,)) for each in houses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    sent = [notice.person for channel in channels for notice in channel.taken if notice.subject == WORDS]
    people = sorted({person for person, _ in recorded(one, positions[0])})
    assert sorted(sent) == sorted(people * len(positions))
    for position in positions:
        assert sorted(recorded(other, position)) == [(person, True) for person in people]
    check_replayed(one)


def test_the_turn_is_free_again_when_its_holder_is_gone(houses: tuple[Plain, Plain]) -> None:
    one, other = (each.house.store.database for each in houses)
    with turn(one, TELLING) as ours:
        assert ours
        with turn(other, TELLING) as theirs:
            assert not theirs
    with turn(other, TELLING) as theirs:
        assert theirs
    with turn(one, TELLING) as ours:
        assert ours
        with other.engine.connect() as administrator:
            killed = "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            assert administrator.scalars(text(killed)).all() == [True]
        with turn(other, TELLING) as theirs:
            assert theirs, "whoever was cut off tells again at worst"


def test_a_database_that_is_gone_gives_no_turn(houses: tuple[Plain, Plain], monkeypatch: pytest.MonkeyPatch) -> None:
    database = houses[0].house.store.database

    def refused(*_arguments: object) -> object:
        raise OperationalError("connect", {}, ConnectionError("refused"))

    monkeypatch.setattr(database.engine, "connect", refused)
    with pytest.raises(StoreError, match="does not answer"), turn(database, TELLING):
        pass


# --- the messenger against a real receiver


def notice(person: str = "ada") -> Notice:
    return Notice(person, "a subject", "a text", urgent=True)


def messenger(receiver: Receiver, troubles: list[RootwardenError], *, seconds: float = 20.0) -> AppriseMessenger:
    url = receiver.address.replace("http://", f"json://user:{KEY}@") + "/fake-path-token"
    return AppriseMessenger(None, {"siren": Secret(url)}, trouble=troubles.append, seconds=seconds)


def test_a_real_receiver_takes_it_or_not_and_no_secret_is_told() -> None:
    troubles: list[RootwardenError] = []
    with receiving() as receiver:
        receiver.says = [Says(500), Says(200)]
        way = messenger(receiver, troubles)
        assert way.reaches(("channel:siren",))
        assert not way.reaches(("channel:other", "ada@example.org"))
        assert way.send(notice(), ("channel:siren",), late=pytest.fail) == ""
        assert way.send(notice(), ("nowhere", "channel:siren"), late=pytest.fail) == "channel:siren"
        assert receiver.got[1].json()["title"] == "a subject"
    (trouble,) = troubles
    assert "`channel:siren`: " in trouble.message
    assert "500" in trouble.message
    assert KEY not in trouble.message
    assert "fake-path-token" not in trouble.message


def test_a_channel_that_hangs_costs_a_pass_one_attempt_and_no_thread_more() -> None:
    troubles: list[RootwardenError] = []
    with receiving() as receiver:
        receiver.says = [Says(do="hang")]
        way = messenger(receiver, troubles, seconds=0.2)
        assert way.send(notice(), ("channel:siren",), late=lambda _: None) == ""
        for person in ("ben", "ida"):
            assert way.send(notice(person), ("channel:siren",), late=lambda _: None) == ""
        way.begin()
        assert way.send(notice(), ("channel:siren",), late=lambda _: None) == "", "it hangs still"
        assert len(receiver.got) == 1
        assert ["no answer in 0.2 s" in one.message for one in troubles] == [True]
        receiver.closing.set()


def test_while_a_channel_hangs_the_house_goes_on_with_everything_else(
    plain: Plain, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, hangs, anchored = threading.Event(), threading.Event(), threading.Event()
    channel = connect(plain, Channel())

    def hang() -> None:
        hangs.set()
        stop.wait(30)

    channel.meanwhile = hang
    chores = threading.Thread(target=plain.house.run_chores, args=(stop,), kwargs={"every": 0.02}, daemon=True)
    anchor = plain.house.releases.anchor

    def watched() -> object:
        if hangs.is_set():
            anchored.set()
        return anchor()

    monkeypatch.setattr(plain.house.releases, "anchor", watched)
    notice_something(plain)
    chores.start()
    try:
        assert hangs.wait(20)
        assert anchored.wait(20), "heads are anchored while somebody is being told"
    finally:
        stop.set()
        chores.join(20)
    assert not chores.is_alive()
