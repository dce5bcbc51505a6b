from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.breakglass.identity.instants import AT, after

from rootwarden.breakglass.identity import leavers as module
from rootwarden.breakglass.identity.leavers import (
    Departures,
    Known,
    Leaver,
    Listed,
    departures,
    departures_from_directory,
    read_leavers,
)
from rootwarden.errors import InputError

ADA = Known(id="ada", aliases=frozenset({"ada@example.com", "https://sso.example#17"}), custodian_of=("management",))
BEN = Known(id="ben", aliases=frozenset({"ben@example.com"}))
CARL = Known(id="carl", custodian_of=("members", "passwords"), suspended=True)
PEOPLE = (CARL, ADA, BEN)

READABLE: dict[str, tuple[bytes, list[tuple[str, Any]]]] = {
    "a column": (b"person\nada\nben\n", [("ada", None), ("ben", None)]),
    "more columns": (
        b"unit,left_at,person\r\nx,2026-03-02T08:00:00Z,ada\r\ny,,ben\r\n", [("ada", AT), ("ben", None)],
    ),
    "a byte order mark and quotes": (b'\xef\xbb\xbfperson,left_at\n"ada",2026-03-02 09:00:00+01:00\n', [("ada", AT)]),
    "nobody": (b"person\n", []),
    "JSON lines": (
        b'{"person": "ada", "left_at": "2026-03-02T08:00:00Z"}\n\n{"person": "ben", "more": 1}\n',
        [("ada", AT), ("ben", None)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", READABLE)
def test_lists_are_read(name: str) -> None:
    content, expected = READABLE[name]
    assert [(leaver.person, leaver.left_at) for leaver in read_leavers(content)] == expected


FAULTS: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "no column `person`"),
    "no such column": (b"name\nada\n", "no column `person`"),
    "a line without a name": (b"person,left_at\nada,\n,2026-03-02T08:00:00Z\n", "line 3"),
    "a date that is none": (b"person,left_at\nada,soon\n", "line 2"),
    "a date without a time": (b"person,left_at\nada,2026-03-02\n", "line 2"),
    "a quote that does not end": (b'person\n"ada\n', "after line"),
    "JSON without a name": (b'{"person": "ada"}\n{"left_at": null}\n', "line 2"),
    "a date without an offset in JSON": (b'{"person": "ada", "left_at": "2026-03-02T08:00:00"}', "line 1"),
    "JSON that nests": (b'{"person": ' + b"[" * 5000, "line 1"),
    "no UTF-8": (b"person\n\xff\n", "UTF-8"),
    "too long": (b"person\n" + b"a\n" * (module.LONGEST // 2), "too long"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_lists_that_cannot_be_read_are_named(name: str) -> None:
    content, told = FAULTS[name]
    with pytest.raises(InputError, match=told):
        read_leavers(content)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        read_leavers(content)
    except InputError:
        return


def test_a_list_of_too_many_people_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    assert len(read_leavers(b"person\na\nb\n")) == 2
    for content in (b"person\na\nb\nc\n", b'{"person":"a"}\n' * 3):
        with pytest.raises(InputError, match="more than 2"):
            read_leavers(content)


CASES: dict[str, tuple[list[Leaver], Departures]] = {
    "an id": ([Leaver(person="ben")], Departures(suspend=("ben",), custodians=())),
    "an alias, in capitals": ([Leaver(person="BEN@example.com")], Departures(suspend=("ben",), custodians=())),
    "a custodian": ([Leaver(person="ada")], Departures(suspend=("ada",), custodians=(("ada", ("management",)),))),
    "the same twice": (
        [Leaver(person="ada"), Leaver(person="ada@example.com")],
        Departures(suspend=("ada",), custodians=(("ada", ("management",)),)),
    ),
    "somebody who is suspended but holds keys": (
        [Leaver(person="carl")], Departures(suspend=(), custodians=(("carl", ("members", "passwords")),)),
    ),
    "somebody else's": ([Leaver(person="zoe")], Departures(suspend=(), custodians=(), unknown=("zoe",))),
    "somebody who leaves today": ([Leaver(person="ben", left_at=AT)], Departures(suspend=("ben",), custodians=())),
    "somebody who leaves later": ([Leaver(person="ben", left_at=after(days=1))], Departures(suspend=(), custodians=())),
    "nobody": ([], Departures(suspend=(), custodians=())),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_who_follows_from_a_list(name: str) -> None:
    leavers, expected = CASES[name]
    assert departures(leavers, PEOPLE, at=AT) == expected


def test_a_name_of_two_people_suspends_neither() -> None:
    """The log lets no two share an alias; should it ever happen, guessing is no answer."""
    people = (BEN, Known(id="bea", aliases=frozenset({"ben@example.com"})))
    found = departures([Leaver(person="ben@example.com")], people, at=AT)
    assert found == Departures(suspend=(), custodians=(), ambiguous=("ben@example.com",))


def _user(*names: str, active: bool | None = True) -> Listed:
    return Listed(names=frozenset(names), active=active)


DIRECTORIES: dict[str, tuple[list[Listed], tuple[str, ...]]] = {
    "all there": ([_user("ada"), _user("BEN@example.com"), _user("carl"), _user("zoe")], ()),
    "one inactive": ([_user("ada", active=False), _user("ben")], ("ada",)),
    "one gone": ([_user("ada")], ("ben",)),
    "one the directory says nothing of": ([_user("ada", active=None), _user("ben")], ()),
    "one with two accounts, one of them shut": (
        [_user("ada"), _user("ada@example.com", active=False), _user("ben")], ("ada",),
    ),
    "all inactive": ([_user("ada", active=False), _user("ben", active=False)], ("ada", "ben")),
}  # fmt: skip


@pytest.mark.parametrize("name", DIRECTORIES)
def test_who_follows_from_a_directory(name: str) -> None:
    listing, expected = DIRECTORIES[name]
    assert departures_from_directory(listing, PEOPLE).suspend == expected


@pytest.mark.parametrize("listing", [[], [_user("zoe"), _user("zack", active=False)]])
def test_a_directory_of_strangers_suspends_nobody(listing: list[Listed]) -> None:
    """An empty answer is not a company without people."""
    with pytest.raises(InputError, match="nobody of the people here"):
        departures_from_directory(listing, PEOPLE)


def test_a_log_without_people_has_no_leavers() -> None:
    assert departures_from_directory([_user("zoe")], ()) == Departures(suspend=(), custodians=())
