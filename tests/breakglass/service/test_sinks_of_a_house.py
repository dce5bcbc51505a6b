"""Sinks of a real house: what they took is remembered, what stops is told once, and rollback is noticed (BG-4)."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from tests.breakglass.service.plain import Plain

from rootwarden.breakglass.broker import wishes
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.service.settings import FileSettings
from rootwarden.errors import SinkError

if TYPE_CHECKING:
    from pathlib import Path


def settled(plain: Plain) -> None:
    """Until nothing is due any more."""
    for _ in range(3):
        plain.house.look_after()


def break_stick(folder: Path) -> None:
    (folder / "stick.jsonl").rename(folder / "put-away")
    (folder / "stick.jsonl").mkdir()


def mend_stick(folder: Path) -> None:
    (folder / "stick.jsonl").rmdir()
    (folder / "put-away").rename(folder / "stick.jsonl")


def moved(plain: Plain) -> FileSettings:
    """The sink at a new place."""
    (plain.folder / "stick-2.jsonl").touch()
    return FileSettings(name="stick", path=str(plain.folder / "stick-2.jsonl"), any_mount=True)


def test_a_sink_that_stops_and_begins_again_makes_an_entry_each_however_often_it_is_tried(plain: Plain) -> None:
    settled(plain)
    assert plain.entries(log.SinkChanged) == []
    break_stick(plain.folder)
    for _ in range(4):
        plain.later(31)
    (stopped,) = plain.entries(log.SinkChanged)
    assert (stopped.sink, stopped.works) == ("stick", False)
    assert "stick" in stopped.reason
    assert {notice.person for notice in plain.told.notices if "stick" in notice.subject} == {"ada", "ben", "ida", "dan"}
    with pytest.raises(SinkError, match="0 of 1 sinks took the head"):
        plain.house.releases.anchor()
    mend_stick(plain.folder)
    for _ in range(12):
        plain.later(31)
    assert [entry.works for entry in plain.entries(log.SinkChanged)] == [False, True]
    (one,) = [health for health in plain.house.health() if health.sink == "stick"]
    assert one.error == ""


def test_a_sink_that_comes_and_goes_does_not_fill_the_log(plain: Plain) -> None:
    settled(plain)
    for _ in range(8):
        break_stick(plain.folder)
        plain.later(31)
        mend_stick(plain.folder)
        plain.later(31)
    assert 1 <= len(plain.entries(log.SinkChanged)) <= 3


def test_what_a_sink_took_is_known_after_a_restart_and_a_sink_that_lost_it_vouches_no_more(plain: Plain) -> None:
    settled(plain)
    size = plain.house.broker.state().size
    house = plain.reopen()
    (one,) = [health for health in house.health() if health.sink == "stick"]
    assert (one.accepted, house.broker.sealed) == (size, "")
    (plain.folder / "stick.jsonl").write_bytes(b"")
    house = plain.reopen()
    assert f"took a head over {size} entries, and now holds 0" in house.broker.sealed
    with pytest.raises(Refused, match="E1"):
        house.broker.say(log.SignedIn(at=house.broker.now(), actor="ada", method="passkey"))
    before = house.broker.state().size
    plain.later(60)
    assert house.broker.state().size == before


def test_a_sealed_broker_shows_and_takes_nothing_but_a_new_epoch(plain: Plain) -> None:
    """E1: nobody is suspended, nothing expires; after the epoch the sink needs a place where nothing lies yet."""
    settled(plain)
    backup = plain.folder / "old.db"
    plain.house.store.close()
    shutil.copy(plain.folder / "breakglass.db", backup)
    house = plain.reopen()
    plain.troupe.do("ada", wishes.Suspend(person="carl", reason="left"))
    settled(plain)
    house.close()
    shutil.copy(backup, plain.folder / "breakglass.db")
    house = plain.reopen()
    sealed = house.broker.sealed
    assert "`stick` holds a head over" in sealed
    assert not house.broker.state().people["carl"].suspended
    assert house.broker.checkouts() == b""
    with pytest.raises(Refused, match="E1") as caught:
        plain.troupe.do("ada", wishes.Suspend(person="carl", reason="left"))
    assert sealed in caught.value.message
    with pytest.raises(Refused, match="E1: an epoch is begun by two administrators and a custodian"):
        plain.troupe.together(("ada", "ben", "ida"), wishes.BeginEpoch(reason="an old backup"))
    plain.troupe.together(("ada", "ben", "carl"), wishes.BeginEpoch(reason="an old backup"))
    plain.later(30)
    assert "`stick` holds" in house.broker.sealed, "the old place still shows the log that was lost"
    house = plain.reopen(sink=(moved(plain),))
    assert house.broker.sealed == ""
    plain.troupe.do("ada", wishes.Suspend(person="carl", reason="left"))
    settled(plain)
    assert plain.reopen().broker.sealed == ""


def test_a_sink_at_a_new_place_without_a_new_epoch_does_not_vouch_for_an_old_backup(plain: Plain) -> None:
    settled(plain)
    assert "now holds 0" in plain.reopen(sink=(moved(plain),)).broker.sealed


def test_a_running_broker_goes_on_while_nobody_can_be_asked_and_a_new_start_does_not(plain: Plain) -> None:
    settled(plain)
    break_stick(plain.folder)
    for _ in range(5):
        plain.later(100)
    assert plain.house.broker.sealed == ""
    house = plain.reopen()
    assert "0 of 1 sinks vouch for the log here" in house.broker.sealed
    mend_stick(plain.folder)
    plain.later(30)
    assert house.broker.sealed == ""


def test_a_running_broker_is_sealed_when_a_sink_shows_more_than_it_has(plain: Plain) -> None:
    """A copy of the whole house runs elsewhere: whoever is behind is sealed within minutes."""
    settled(plain)
    plain.house.store.close()
    shutil.copy(plain.folder / "breakglass.db", plain.folder / "copy.db")
    plain.reopen()
    other = Plain(plain.folder, database="sqlite:///copy.db")
    try:
        other.house.broker.say(log.SignedIn(at=other.house.broker.now(), actor="ada", method="passkey"))
        settled(other)
    finally:
        other.house.close()
    assert plain.house.broker.sealed == ""
    plain.later(200)
    assert "holds a head over" in plain.house.broker.sealed
