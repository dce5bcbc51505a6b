from __future__ import annotations

import ipaddress
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from tests.breakglass.identity.instants import AT, after

from rootwarden.breakglass.identity.bootstrap import Bootstrap
from rootwarden.breakglass.identity.peer import Peer
from rootwarden.breakglass.identity.refusals import SignInError
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

LOCAL = Peer(address=ipaddress.ip_address("127.0.0.1"), forwarded=False)
PEERS: dict[str, tuple[Peer | None, bool]] = {
    "the console": (None, True),
    "loopback": (LOCAL, True),
    "loopback of IPv6": (Peer(address=ipaddress.ip_address("::1"), forwarded=False), True),
    "the network": (Peer(address=ipaddress.ip_address("192.0.2.1"), forwarded=False), False),
    "loopback through a proxy": (Peer(address=ipaddress.ip_address("127.0.0.1"), forwarded=True), False),
    "nobody knows": (Peer(address=None, forwarded=False), False),
}


@pytest.mark.parametrize("name", PEERS)
def test_the_token_is_taken_from_this_machine_only(name: str) -> None:
    peer, taken = PEERS[name]
    first_run = Bootstrap(at=AT)
    token = first_run.reveal()
    if taken:
        first_run.redeem(token, peer, at=after(minutes=14))
        return
    with pytest.raises(SignInError):
        first_run.redeem(token, peer, at=AT)
    first_run.redeem(token, None, at=AT)


def test_the_token_is_used_once_and_shown_once() -> None:
    first_run = Bootstrap(at=AT)
    token = first_run.reveal()
    with pytest.raises(UsageError, match="already"):
        first_run.reveal()
    first_run.redeem(token, LOCAL, at=AT)
    with pytest.raises(SignInError):
        first_run.redeem(token, LOCAL, at=AT)
    assert token not in repr(vars(first_run))


@pytest.mark.parametrize(("minutes", "counts"), [(14.99, True), (15, False), (-1, False)])
def test_the_token_lives_a_quarter_of_an_hour(minutes: float, counts: bool) -> None:
    first_run = Bootstrap(at=AT)
    token = first_run.reveal()
    if counts:
        first_run.redeem(token, None, at=after(minutes=minutes))
    else:
        with pytest.raises(SignInError):
            first_run.redeem(token, None, at=after(minutes=minutes))


@pytest.mark.parametrize("token", ["", "x", "\u00e9", "\ud800", "A" * 100_000])
def test_a_wrong_token_is_refused_and_spoils_nothing(token: str) -> None:
    first_run = Bootstrap(at=AT)
    right = first_run.reveal()
    with pytest.raises(SignInError):
        first_run.redeem(token, LOCAL, at=AT)
    first_run.redeem(right, LOCAL, at=AT)


def test_of_many_at_the_same_time_one_gets_through() -> None:
    first_run = Bootstrap(at=AT)
    token = first_run.reveal()
    start = threading.Barrier(8)

    def race(_: int) -> bool:
        start.wait()
        try:
            first_run.redeem(token, LOCAL, at=AT)
        except SignInError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(race, range(8))) == 1


def test_the_file_is_for_its_owner_and_new(tmp_path: Path) -> None:
    path = tmp_path / "first-run"
    first_run = Bootstrap(at=AT)
    first_run.write(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first_run.redeem(path.read_text().strip(), None, at=AT)
    elsewhere = tmp_path / "link"
    elsewhere.symlink_to(tmp_path / "target")
    for there in (path, elsewhere, tmp_path / "missing" / "first-run"):
        another = Bootstrap(at=AT)
        with pytest.raises(UsageError):
            another.write(there)
        assert another.reveal()
    assert not (tmp_path / "target").exists()
