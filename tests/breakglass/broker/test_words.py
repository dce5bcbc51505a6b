from __future__ import annotations

from typing import get_args

from rootwarden.breakglass.broker.words import DUTY_WORDS, entries_told, line_of
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.duty import Duty
from rootwarden.breakglass.core.entry import AnyEntry, from_bytes
from rootwarden.breakglass.rehearsal.play import BEGAN, Play


def test_there_are_words_for_every_kind_of_entry() -> None:
    assert entries_told() == frozenset(get_args(AnyEntry))


def test_there_are_words_for_every_duty() -> None:
    assert set(DUTY_WORDS) == set(Duty)


def test_every_entry_of_a_play_is_told_in_one_line() -> None:
    play = Play()
    play.guard()
    lines = [line_of(from_bytes(content)) for content in play.entries]
    assert lines[0] == "the log `rehearsal` begins"
    assert all(line and "\n" not in line and "{" not in line for line in lines)
    assert "`rob` proves `vaulted`: the source of its seed is destroyed" in lines


def test_what_people_write_is_not_taken_for_a_format() -> None:
    entry = log.ClockAttested(
        at=BEGAN,
        actor="system",
        nonce="n",
        signers=(),
        instant=BEGAN,
        read_at=BEGAN,
        source="{0.actor}",
        boot="b",
        monotonic_us=1,
    )
    assert line_of(entry) == "two people attest the time 2026-03-02 08:00:00, by `{0.actor}`"
