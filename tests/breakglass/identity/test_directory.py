from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from rootwarden.alert.secret import Secret
from rootwarden.breakglass.identity import directory as module
from rootwarden.breakglass.identity.directory import Directory
from rootwarden.breakglass.identity.fetching import Fetcher
from rootwarden.breakglass.identity.leavers import Listed
from rootwarden.breakglass.identity.refusals import UnreachableError
from rootwarden.errors import UsageError
from rootwarden.simulator.http import Fault
from rootwarden.simulator.loopback import serving
from rootwarden.simulator.scim import ScimDirectory

if TYPE_CHECKING:
    from collections.abc import Iterator

USERS: list[dict[str, Any]] = [
    {"id": str(number), "userName": f"user{number}@example.com", "externalId": f"e{number}", "active": number % 7 != 0}
    for number in range(450)
]


@pytest.fixture
def scim() -> Iterator[tuple[ScimDirectory, str]]:
    directory = ScimDirectory(users=USERS)
    with serving(directory.respond) as address:
        yield directory, f"{address}/scim/v2"


def _read(base: str, *, token: str = "", filter_text: str = "", seconds: float = 5.0) -> tuple[Listed, ...]:
    fetcher = Fetcher("directory", plain_loopback=True, seconds=seconds)
    return asyncio.run(
        Directory(base, Secret(token or ScimDirectory().token), fetcher, filter_text=filter_text).users()
    )


def test_all_pages_are_read(scim: tuple[ScimDirectory, str]) -> None:
    directory, base = scim
    users = _read(base)
    assert len(users) == 450
    assert users[7] == Listed(names=frozenset({"7", "e7", "user7@example.com"}), active=False)
    assert [asked["startIndex"] for asked in directory.asked] == ["1", "201", "401"]


def test_a_directory_that_gives_fewer_than_asked_is_read_all_the_same(scim: tuple[ScimDirectory, str]) -> None:
    directory, base = scim
    directory.page = 100
    assert len(_read(base)) == 450
    assert len(directory.asked) == 5


def test_a_filter_is_handed_on(scim: tuple[ScimDirectory, str]) -> None:
    _, base = scim
    assert [user.names for user in _read(base, filter_text='userName eq "user3@example.com"')] == [
        frozenset({"3", "e3", "user3@example.com"})
    ]


def test_a_directory_without_users_has_none(scim: tuple[ScimDirectory, str]) -> None:
    directory, base = scim
    directory.users = []
    assert _read(base) == ()


def test_a_directory_need_not_say_who_is_active(scim: tuple[ScimDirectory, str]) -> None:
    directory, base = scim
    directory.users = [{"id": "1", "userName": "ada"}]
    assert _read(base)[0].active is None


@pytest.mark.parametrize(
    ("name", "knobs", "told"),
    [
        ("it counts more than it lists", {"miscount": 1}, "nobody is taken for gone"),
        ("it counts fewer than it lists", {"miscount": -1}, "nobody is taken for gone"),
        ("every page is the first", {"ever_new": True}, "nobody is taken for gone"),
        ("it hangs up", {"fault": Fault.DROP}, "cannot be reached"),
        ("it stops half-way", {"fault": Fault.TRUNCATE}, "cannot be reached"),
        ("it takes for ever", {"delay": 60.0}, "did not answer within 0.3 s"),
        ("a user is no record", {"users": [1]}, "not what its standard says"),
        ("two users have one id", {"users": [{"id": "1"}, {"id": "1"}]}, "nobody is taken for gone"),
    ],
)
def test_half_a_listing_is_none(scim: tuple[ScimDirectory, str], name: str, knobs: dict[str, Any], told: str) -> None:
    directory, base = scim
    for knob, value in knobs.items():
        setattr(directory, knob, value)
    with pytest.raises(UnreachableError, match=told):
        _read(base, seconds=0.3 if "delay" in knobs else 5.0)


def test_a_listing_that_changes_while_it_is_read_is_none(scim: tuple[ScimDirectory, str]) -> None:
    directory, _ = scim
    respond = directory.respond

    def shrinking(request: Any) -> Any:
        reply = respond(request)
        directory.users = directory.users[:-1]
        return reply

    with serving(shrinking) as address, pytest.raises(UnreachableError, match="nobody is taken for gone"):
        _read(f"{address}/scim/v2")


def test_a_listing_without_end_is_left(scim: tuple[ScimDirectory, str], monkeypatch: pytest.MonkeyPatch) -> None:
    directory, base = scim
    monkeypatch.setattr(module, "MOST", 400)
    directory.ever_new, directory.miscount = True, 10**9
    with pytest.raises(UnreachableError):
        _read(base)
    assert len(directory.asked) == 3


def test_a_wrong_token_is_told_and_not_shown(scim: tuple[ScimDirectory, str]) -> None:
    with pytest.raises(UnreachableError, match="HTTP status 401") as refused:
        _read(scim[1], token="canary-token")
    assert "canary" not in repr(refused.value) + str(refused.value.__cause__)


@pytest.mark.parametrize(
    "base",
    ["http://directory.example/scim", "ftp://127.0.0.1/", "https://me:secret@directory.example", "https:///x", "x"],
)
def test_a_token_goes_out_over_tls_only(base: str) -> None:
    with pytest.raises(UsageError, match="HTTPS"):
        Directory(base, Secret("token"), Fetcher("directory", plain_loopback=True))


def test_plain_http_to_this_machine_has_to_be_asked_for(scim: tuple[ScimDirectory, str]) -> None:
    with pytest.raises(UsageError, match="HTTPS"):
        Directory(scim[1], Secret("token"), Fetcher("directory"))
