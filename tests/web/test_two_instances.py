"""Two instances on one PostgreSQL, reached through their doors: a sign-in, a sign-out and refusals count at both."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.breakglass.service.plain import Plain
from tests.breakglass.store.logs import head_over
from tests.postgresql import cluster
from tests.web.direct import Direct

from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.identity import challenges
from rootwarden.breakglass.identity.challenges import MOST_OF_ONE
from rootwarden.breakglass.identity.refusals import ChallengeError
from rootwarden.breakglass.identity.sessions import LONGEST, Method, Session
from rootwarden.breakglass.rehearsal.play import CHECKPOINT, Play
from rootwarden.breakglass.service.shared import SharedChallenges, SharedTakenAway
from rootwarden.breakglass.store.log_store import LogStore
from rootwarden.web.serving import application_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ORIGIN = "https://localhost"
AT = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Instance:
    """A house behind its doors, and a client there."""

    def __init__(self, plain: Plain) -> None:
        self.plain = plain
        transport = Direct(application_of(plain.house))
        self.client = httpx.Client(transport=transport, base_url=f"{ORIGIN}/api/v1", headers={"origin": ORIGIN})

    def offer(self) -> Any:
        return self.client.post("/sign-in/offers", json={}).json()

    def answer(self, who: str, offer: Any) -> httpx.Response:
        authenticator = msgspec.to_builtins(self.plain.troupe.players[who].answer(offer["message"].encode()))
        body = {"token": offer["token"], "authenticator": authenticator, "bearer": True}
        return self.client.post("/sign-in", json=body)

    def whose(self, session: str) -> httpx.Response:
        return self.client.get("/session", headers=bearer(session))

    def close(self) -> None:
        self.client.close()
        self.plain.house.close()


def bearer(session: str) -> dict[str, str]:
    return {"authorization": f"Bearer {session}"}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with cluster(fsync=True) as running:
        yield running.database()


@pytest.fixture(scope="module")
def instances(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Instance, Instance]]:
    folder = tmp_path_factory.mktemp("instances")
    play = Play(at=datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3))
    play.guard()
    with LogStore(url) as store:
        store.append(0, play.entries, head_over(play.entries))
    first = Instance(opened(folder / "one", url, play))
    shutil.copy(folder / "one" / "session.key", folder)
    second = Instance(opened(folder / "other", url, play, keys=folder / "session.key"))
    first.plain.troupe.attest()
    try:
        yield first, second
    finally:
        first.close()
        second.close()


def opened(folder: Path, url: str, play: Play, keys: Path | None = None) -> Plain:
    folder.mkdir()
    key = folder / "checkpoint.pem"
    key.touch(mode=0o600)
    key.write_bytes(CHECKPOINT.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "stick.jsonl").touch()
    if keys is not None:
        shutil.copy(keys, folder / "session.key")
    plain = Plain(folder, database=url)
    plain.troupe.players = play.players
    return plain


def test_who_signs_in_at_one_is_signed_in_at_the_other_and_signs_out_of_both(
    instances: tuple[Instance, Instance],
) -> None:
    one, other = instances
    session = one.answer("dan", one.offer()).json()["session"]
    assert other.whose(session).json()["person"] == "dan"
    assert other.client.post("/sign-out", json={}, headers=bearer(session)).status_code == 200
    for instance in instances:
        assert instance.whose(session).status_code == 401


def test_an_offer_that_was_answered_at_one_is_not_taken_at_the_other(instances: tuple[Instance, Instance]) -> None:
    one, other = instances
    offer = one.offer()
    assert other.answer("ada", offer).status_code == 200
    assert one.answer("ada", offer).status_code == 401


def test_refused_sign_ins_are_counted_together_whichever_door_they_came_to(
    instances: tuple[Instance, Instance],
) -> None:
    one, other = instances
    for instance in instances:
        instance.plain.house.refusals.flush()
        instance.plain.house.refusals.write()
    before = len(one.plain.entries(log.AttemptRefused))
    for instance in instances:
        pages = httpx.Client(transport=instance.client._transport, base_url=ORIGIN, headers={"origin": ORIGIN})
        for _ in range(3):
            refused = pages.post("/sign-in", data={"token": "none", "key": "A" * 43, "signature": "A" * 86 + "=="})
            assert refused.status_code == 401
        instance.answer("dan", {"token": "none", "message": "none"})
    for instance in instances:
        instance.plain.house.refusals.flush()
    other.plain.house.refusals.write()
    written = one.plain.entries(log.AttemptRefused)[before:]
    assert {(entry.attempted, entry.count) for entry in written} == {("POST /sign-in", 8)}


def test_a_challenge_that_is_burnt_at_one_is_burnt_at_the_other(instances: tuple[Instance, Instance]) -> None:
    one, other = (SharedChallenges(each.plain.house.store.database) for each in instances)
    fields: dict[str, Any] = {"person": "ada", "purpose": "register-key", "statement": b"it"}
    challenges.issue(one, nonce="n1", at=AT, **fields)
    with pytest.raises(ChallengeError):
        challenges.burn(other, nonce="n1", at=AT, **{**fields, "person": "ben"})
    challenges.burn(other, nonce="n1", at=AT, **fields)
    for store in (one, other):
        with pytest.raises(ChallengeError):
            challenges.burn(store, nonce="n1", at=AT, **fields)
    challenges.issue(one, nonce="n2", at=AT, **fields)
    with pytest.raises(ChallengeError):
        challenges.burn(one, nonce="n2", at=AT + timedelta(minutes=2), **fields)
    assert [one.spend("s", until=AT, at=AT), other.spend("s", until=AT, at=AT)] == [True, False]


def test_of_one_person_so_many_challenges_wait_and_the_oldest_go(instances: tuple[Instance, Instance]) -> None:
    store = SharedChallenges(instances[0].plain.house.store.database)
    for number in range(MOST_OF_ONE + 3):
        at = AT + timedelta(seconds=number)
        challenges.issue(store, nonce=f"w{number}", person="ida", purpose="p", statement=b"it", at=at)
    assert [number for number in range(MOST_OF_ONE + 3) if store.take(f"w{number}", "ida")] == list(
        range(3, MOST_OF_ONE + 3)
    )


def test_every_session_of_somebody_ends_that_began_before(instances: tuple[Instance, Instance]) -> None:
    one, other = (SharedTakenAway(each.plain.house.store.database) for each in instances)

    def session(name: str, person: str, at: datetime) -> Session:
        return Session(id=name, person=person, method=Method.PASSKEY, issued_at=at, seen_at=at, epoch=1)

    old, late = session("a", "omar", AT), session("b", "omar", AT + timedelta(minutes=5))
    one.take_all_of("omar", AT + timedelta(minutes=1))
    one.take_all_of("omar", AT)
    assert [other.has(old), other.has(late), other.has(session("c", "anna", AT))] == [True, False, False]
    one.take(late)
    assert other.has(late)
    assert timedelta(hours=1) == LONGEST
