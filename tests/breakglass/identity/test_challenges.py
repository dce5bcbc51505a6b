"""A challenge is used once (BG-2), however many ask for it at the same time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from tests.breakglass.identity.instants import AT, after

from rootwarden.breakglass.identity.challenges import (
    MOST_OF_ONE,
    InMemoryChallenges,
    burn,
    issue,
    new_nonce,
)
from rootwarden.breakglass.identity.refusals import ChallengeError

if TYPE_CHECKING:
    from rootwarden.breakglass.identity.challenges import (
        Challenge,
        ChallengeStore,
    )

STATEMENT = b'{"purpose":"approve"}'


def _issue(store: ChallengeStore, *, nonce: str = "n", person: str = "ada") -> Challenge:
    return issue(store, nonce=nonce, person=person, purpose="approve", statement=STATEMENT, at=AT)


def _burnt(
    store: ChallengeStore,
    *,
    nonce: str = "n",
    person: str = "ada",
    purpose: str = "approve",
    statement: bytes = STATEMENT,
    seconds: float = 1,
) -> bool:
    try:
        burn(store, nonce=nonce, person=person, purpose=purpose, statement=statement, at=after(seconds=seconds))
    except ChallengeError:
        return False
    return True


def test_a_challenge_is_used_once() -> None:
    store = InMemoryChallenges()
    _issue(store)
    assert _burnt(store)
    assert not _burnt(store)


@pytest.mark.parametrize(("seconds", "counts"), [(0, True), (119.9, True), (120, False), (-1, False)])
def test_a_challenge_lives_two_minutes(seconds: float, counts: bool) -> None:
    store = InMemoryChallenges()
    _issue(store)
    assert _burnt(store, seconds=seconds) is counts


def test_a_challenge_is_for_one_purpose_and_burnt_by_a_wrong_one() -> None:
    for purpose, statement in (("release-code", STATEMENT), ("approve", b"{}")):
        store = InMemoryChallenges()
        _issue(store)
        assert not _burnt(store, purpose=purpose, statement=statement)
        assert not _burnt(store)


def test_nobody_burns_the_challenge_of_somebody_else() -> None:
    store = InMemoryChallenges()
    _issue(store)
    assert not _burnt(store, person="eve")
    assert _burnt(store)


def test_a_challenge_nobody_issued_is_refused() -> None:
    assert not _burnt(InMemoryChallenges())


def test_a_flood_of_one_person_pushes_out_only_their_own() -> None:
    store = InMemoryChallenges()
    _issue(store)
    nonces = [new_nonce() for _ in range(1000)]
    for nonce in nonces:
        _issue(store, nonce=nonce, person="eve")
    assert _burnt(store)
    assert sum(len(own) for own in store._waiting.values()) == MOST_OF_ONE
    assert _burnt(store, nonce=nonces[-1], person="eve")
    assert not _burnt(store, nonce=nonces[0], person="eve")


@pytest.mark.parametrize("round_", range(20))
def test_of_many_at_the_same_time_one_gets_through(round_: int) -> None:
    store = InMemoryChallenges()
    _issue(store)
    start = threading.Barrier(8)

    def race(_: int) -> tuple[bool, bool]:
        start.wait()
        return _burnt(store), store.spend("other", until=after(minutes=2), at=AT)

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(race, range(8)))
    assert sum(burnt for burnt, _ in outcomes) == 1
    assert sum(spent for _, spent in outcomes) == 1


def test_a_spent_nonce_is_forgotten_when_it_has_expired() -> None:
    store = InMemoryChallenges()
    assert store.spend("n", until=after(minutes=2), at=AT)
    assert not store.spend("n", until=after(minutes=2), at=after(seconds=119))
    assert store.spend("m", until=after(minutes=9), at=after(minutes=2))
    assert list(store._spent) == ["m"]


def test_nonces_differ_and_are_long() -> None:
    nonces = {new_nonce() for _ in range(1000)}
    assert len(nonces) == 1000
    assert {len(nonce) for nonce in nonces} == {43}
