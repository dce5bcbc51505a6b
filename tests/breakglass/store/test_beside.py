"""What is carried beside the log: it takes away, or shows; it never gives a right."""

from __future__ import annotations

import hashlib
import threading
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from tests.breakglass.store.logs import head_over, keep, said, small

from rootwarden.breakglass.rehearsal.play import BEGAN
from rootwarden.breakglass.store import challenges, receipts, refusal_counts, sessions
from rootwarden.breakglass.store.log_store import LARGEST_BLOB, LARGEST_DRAFT
from rootwarden.breakglass.store.receipts import Receipt
from rootwarden.breakglass.store.refusal_counts import Refusals
from rootwarden.breakglass.store.sweeping import sweep
from rootwarden.breakglass.store.trouble import DamagedError, LogMoved
from rootwarden.errors import InternalError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from rootwarden.breakglass.store.log_store import LogStore

SOON = BEGAN + timedelta(minutes=2)
STATEMENT = "ab" * 32
RIGHT: dict[str, Any] = {"nonce": "n1", "person": "ada", "purpose": "approve", "statement": STATEMENT, "now": BEGAN}


def issue(store: LogStore) -> None:
    asked = partial(challenges.issue, nonce="n1", person="ada", purpose="approve", statement=STATEMENT, expires=SOON)
    store.database.write(asked)


def burn(store: LogStore, **other: Any) -> bool:
    return store.database.write(lambda session: challenges.burn(session, **{**RIGHT, **other}))


def race(store: LogStore, burns: Callable[[], bool]) -> list[bool]:
    """What eight threads are told who all do the same at once."""
    gate, told = threading.Barrier(8), list[bool]()

    def once() -> None:
        gate.wait(30)
        told.append(burns())

    threads = [threading.Thread(target=once) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    return told


def test_a_challenge_is_good_once(store: LogStore) -> None:
    issue(store)
    assert burn(store)
    assert not burn(store)


@pytest.mark.parametrize(
    "other",
    [
        {"nonce": "n2"},
        {"person": "ben"},
        {"person": ""},
        {"purpose": "deny"},
        {"statement": "cd" * 32},
        {"now": SOON},
        {"now": SOON + timedelta(days=1)},
    ],
)
def test_a_challenge_is_good_for_what_it_was_issued_for_and_a_wrong_try_does_not_burn_it(
    store: LogStore, other: dict[str, object]
) -> None:
    issue(store)
    assert not burn(store, **other)
    assert burn(store)


def test_of_many_who_burn_one_challenge_one_is_told_yes(store: LogStore) -> None:
    issue(store)
    assert sorted(race(store, partial(burn, store))) == [False] * 7 + [True]


def test_of_many_who_burn_one_draft_one_is_told_yes(store: LogStore) -> None:
    store.put_draft("d1", b"document", SOON)
    assert sorted(race(store, partial(store.burn_draft, "d1"))) == [False] * 7 + [True]


def test_an_epoch_voids_challenges(store: LogStore) -> None:
    issue(store)
    store.database.write(partial(challenges.void_all, now=BEGAN))
    assert not burn(store)


def test_a_draft_waits_is_replaced_and_expires(store: LogStore) -> None:
    assert store.draft("d1", BEGAN) is None
    store.put_draft("d1", b"first", SOON)
    store.put_draft("d1", b"second", SOON)
    assert store.draft("d1", BEGAN) == b"second"
    assert store.draft("d1", SOON) is None
    assert store.burn_draft("d1")
    assert not store.burn_draft("d1")
    with pytest.raises(InternalError):
        store.put_draft("d2", b"x" * (LARGEST_DRAFT + 1), SOON)


def test_a_blob_is_what_was_sealed_or_nothing(store: LogStore) -> None:
    content = bytes(range(256)) * 10
    digest = hashlib.sha256(content).hexdigest()
    assert store.blob(digest) is None
    store.put_blob(digest, content)
    store.put_blob(digest, content)
    assert store.blob(digest) == content
    store.database.write(lambda session: session.execute(text("UPDATE blobs SET content = :other"), {"other": b"x"}))
    with pytest.raises(DamagedError, match="were changed"):
        store.blob(digest)
    for wrong, sealed in (
        ("ab" * 32, content),
        (hashlib.sha256(bytes(LARGEST_BLOB + 1)).hexdigest(), bytes(LARGEST_BLOB + 1)),
    ):
        with pytest.raises(InternalError):
            store.put_blob(wrong, sealed)


def test_the_newest_receipt_of_each_sink(store: LogStore) -> None:
    def receipt(size: int, sink: str, document: bytes) -> Receipt:
        return Receipt(size=size, sink=sink, document=document, accepted_at=BEGAN)

    kept = [receipt(4, "s3", b"a"), receipt(4, "s3", b"b"), receipt(6, "s3", b"c"), receipt(5, "mail", b"d")]
    for one in kept:
        store.database.write(partial(receipts.keep, receipt=one))
    assert store.database.read(receipts.newest) == [kept[3], kept[2]]
    with pytest.raises(InternalError):
        store.database.write(partial(receipts.keep, receipt=receipt(1, "s3", b"x" * (receipts.LARGEST + 1))))


def test_a_session_that_ended_stays_ended_until_it_would_have_ended_anyway(store: LogStore) -> None:
    for _ in range(2):
        store.database.write(partial(sessions.end, name="s1", forget_at=SOON))
    assert store.database.read(partial(sessions.is_ended, name="s1"))
    assert not store.database.read(partial(sessions.is_ended, name="s2"))


def test_what_has_expired_is_swept_and_nothing_else(store: LogStore) -> None:
    issue(store)
    store.put_draft("d1", b"first", SOON)
    store.database.write(partial(sessions.end, name="s1", forget_at=SOON))
    store.database.write(partial(sweep, now=SOON - timedelta(seconds=1)))
    assert store.draft("d1", BEGAN) == b"first"
    assert store.database.read(partial(sessions.is_ended, name="s1"))
    store.database.write(partial(sweep, now=SOON))
    assert store.draft("d1", BEGAN) is None
    assert not store.database.read(partial(sessions.is_ended, name="s1"))
    assert not burn(store)


def refuse(store: LogStore, person: str, times: int = 1) -> None:
    for _ in range(times):
        store.database.write(partial(refusal_counts.count, person=person, attempted="code", step="R1"))


def test_refusals_are_taken_off_in_the_transaction_that_writes_them(store: LogStore) -> None:
    entries = small()
    keep(store, entries[:1])
    refuse(store, "ada", 3)
    refuse(store, "ben")
    waiting = store.database.read(refusal_counts.counted)
    assert waiting == [
        Refusals(person="ada", attempted="code", step="R1", count=3),
        Refusals(person="ben", attempted="code", step="R1", count=1),
    ]
    refuse(store, "ada", 2)
    grown = [*entries[:1], said("refusals")]

    def beside(session: Session) -> None:
        refusal_counts.written(session, waiting)

    with pytest.raises(LogMoved):
        store.append(2, [said("late")], head_over([*grown, said("late")]), beside=beside)
    assert [one.count for one in store.database.read(refusal_counts.counted)] == [5, 1]
    store.append(1, grown[1:], head_over(grown), beside=beside)
    assert store.database.read(refusal_counts.counted) == [Refusals(person="ada", attempted="code", step="R1", count=2)]


def test_kinds_of_refusals_are_bounded_and_none_is_lost(store: LogStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusal_counts, "MOST_KINDS", 3)
    for number in range(10):
        refuse(store, f"somebody-{number}" + "x" * 400)
    refuse(store, "somebody-0" + "x" * 400)
    counted = store.database.read(refusal_counts.counted)
    assert sum(one.count for one in counted) == 11
    assert len(counted) == 4
    assert ("system", "other", "other", 7) in {(one.person, one.attempted, one.step, one.count) for one in counted}
