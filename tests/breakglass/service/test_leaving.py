"""Who has left loses every right at once, and custodians among them are named; what is not read suspends nobody."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from tests.breakglass.service.plain import Plain

from rootwarden.alert.secret import SecretSource
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.service.settings import Leavers
from rootwarden.errors import UsageError
from rootwarden.simulator.loopback import serving
from rootwarden.simulator.scim import ScimDirectory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = ("ada", "ben", "ida", "rita", "rob", "anna", "omar", "sven", "carl", "cleo", "cora", "dan")


@contextmanager
def founded(folder: Path, leavers: Leavers) -> Iterator[Plain]:
    made = Plain(folder, leavers=leavers)
    try:
        made.troupe.found()
        yield made
    finally:
        made.house.close()


def suspended(plain: Plain) -> set[str]:
    return {name for name, one in plain.house.broker.state().people.items() if one.suspended}


def why(plain: Plain) -> str:
    return " ".join(error.message for error in plain.house.troubles)


def test_who_stands_in_the_list_is_suspended_and_administrators_hear_of_it(tmp_path: Path) -> None:
    (tmp_path / "leavers.csv").write_text("person,left_at\nCARL,\nrita,2999-01-01T00:00:00Z\nzoe,\n", encoding="utf-8")
    with founded(tmp_path, Leavers(list="leavers.csv")) as plain:
        plain.house.look_after()
        plain.house.look_after()
        (entry,) = plain.entries(log.LeaverSuspended)
        assert (entry.person, entry.actor) == ("carl", "system")
        assert suspended(plain) == {"carl"}
        people = {notice.person for notice in plain.told.notices if "carl is suspended" in notice.subject}
        assert people == {"ada", "ben", "ida"}
        plain.later(700)
        assert len(plain.entries(log.LeaverSuspended)) == 1


def test_the_last_two_administrators_stay_and_that_is_told(tmp_path: Path) -> None:
    (tmp_path / "leavers.csv").write_text("person\nada\nben\nida\nomar\n", encoding="utf-8")
    with founded(tmp_path, Leavers(list="leavers.csv")) as plain:
        plain.house.look_after()
        assert suspended(plain) == {"ada", "omar"}
        assert "fewer than two administrators would be left" in why(plain)


@pytest.mark.parametrize("content", [None, b"\xff", b"name\ncarl\n", b"person\n\ncarl,what\n,\n"])
def test_a_list_that_cannot_be_read_suspends_nobody(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "leavers.csv").write_bytes(content)
    with founded(tmp_path, Leavers(list="leavers.csv")) as plain:
        plain.house.look_after()
        assert suspended(plain) == set()
        assert "leavers" in why(plain)


def user(name: str, *, active: bool = True) -> dict[str, Any]:
    return {"id": f"id-{name}", "userName": name, "active": active}


DIRECTORIES: dict[str, tuple[list[dict[str, Any]], dict[str, Any], set[str], str]] = {
    "all there": ([user(name) for name in NAMES], {}, set(), ""),
    "one gone, one inactive": ([user(name, active=name != "cleo") for name in NAMES[1:]], {}, {"ada", "cleo"}, ""),
    "somebody who is in no directory": ([user(name) for name in NAMES[:-1]], {"elsewhere": ("dan",)}, set(), ""),
    "half of them": ([user(name) for name in NAMES[:6]], {}, set(), "takes 6 of 12 people for gone"),
    "strangers": ([user("zoe")], {}, set(), "lists nobody of the people here"),
    "nobody": ([], {}, set(), "lists nobody of the people here"),
}  # fmt: skip


@pytest.mark.parametrize("name", DIRECTORIES)
def test_who_is_gone_from_a_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    users, settings, expected, trouble = DIRECTORIES[name]
    directory = ScimDirectory(users=users)
    monkeypatch.setenv("SCIM_TOKEN", directory.token)
    with serving(directory.respond) as address:
        leavers = Leavers(directory=f"{address}/scim/v2", token=SecretSource(env="SCIM_TOKEN"), **settings)
        with founded(tmp_path, leavers) as plain:
            plain.house.look_after()
            assert suspended(plain) == expected
            assert trouble in why(plain)
            assert bool(trouble) is bool(plain.house.troubles)


def test_a_directory_that_says_no_suspends_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCIM_TOKEN", "another one")
    with serving(ScimDirectory().respond) as address:
        leavers = Leavers(directory=f"{address}/scim/v2", token=SecretSource(env="SCIM_TOKEN"))
        with founded(tmp_path, leavers) as plain:
            plain.house.look_after()
            assert suspended(plain) == set()
            assert plain.house.troubles


def test_a_directory_without_a_token_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no token"):
        Plain(tmp_path, leavers=Leavers(directory="https://example.org/scim/v2"))
