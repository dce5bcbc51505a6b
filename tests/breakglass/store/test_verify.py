"""The verdict on a log: every edit is found, the first bad entry named, and nothing is called intact unseen."""

from __future__ import annotations

import base64
import itertools
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from tests.breakglass.store.logs import KEYS, founded, head_over, heads_over, keep, kept, said, small

from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.rehearsal.play import BEGAN, CHECKPOINT, NAME
from rootwarden.breakglass.store import verify as verifying
from rootwarden.breakglass.store.verdict import Outcome, Sort
from rootwarden.breakglass.store.verify import verify
from rootwarden.errors import StoreError
from rootwarden.transparency.head import cosign, sign_head

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy.orm import Session

    from rootwarden.breakglass.store.log_store import LogStore
    from rootwarden.breakglass.store.verdict import Verdict
    from rootwarden.transparency.head import Cosignature, Head

SMALL = small()
HEADS = heads_over(SMALL)
LAST = len(SMALL) - 1
WITNESS = Ed25519PrivateKey.from_private_bytes(bytes(31) + b"w")
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(31) + b"o")


def judged(entries: Iterable[bytes], heads: Sequence[Head] = HEADS, **other: Any) -> Verdict:
    """The verdict on a log whose newest head somebody kept."""
    return verify(entries, heads, **{"checkpoint_keys": KEYS, "other_heads": HEADS[-1:], **other})


def seen(entries: Sequence[bytes], *, key: Ed25519PrivateKey = WITNESS, name: str = NAME) -> Cosignature:
    return cosign(key, witness="second-machine", log=name, head=head_over(entries), at=BEGAN)


def named(verdict: Verdict) -> tuple[int, int] | None:
    return (verdict.bad.first, verdict.bad.last) if verdict.bad else None


def test_a_whole_log_is_intact() -> None:
    verdict = judged(SMALL)
    assert verdict.outcome is Outcome.INTACT
    assert (verdict.log, verdict.size, verdict.covered, verdict.witnessed) == (NAME, 6, 6, 6)
    assert verdict.root == HEADS[-1].root
    assert (verdict.bad, verdict.troubles, verdict.unchecked) == (None, (), ())


def flipped(entry: bytes, place: int, bit: int) -> bytes:
    return entry[:place] + bytes([entry[place] ^ (1 << bit)]) + entry[place + 1 :]


def check_flips(index: int, places: Iterable[int], bits: Iterable[int]) -> None:
    for place, bit in itertools.product(places, bits):
        edited = flipped(SMALL[index], place, bit)
        verdict = judged([*SMALL[:index], edited, *SMALL[index + 1 :]])
        assert verdict.outcome is Outcome.BROKEN, edited
        assert named(verdict) == (index, index), edited


@pytest.mark.parametrize("index", range(LAST + 1))
def test_a_byte_of_an_entry_that_is_flipped_is_found_and_named(index: int) -> None:
    """BG-5: an edited entry is detected, and it is the first bad entry; the soak flips every bit of all of them."""
    check_flips(index, range(0, len(SMALL[index]), 1 if len(SMALL[index]) < 200 else 5), [0])


@pytest.mark.soak
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("index", range(LAST + 1))
def test_every_bit_of_every_entry_that_is_flipped_is_found_and_named(index: int) -> None:
    """BG-5: as above, with nothing left out."""
    check_flips(index, range(len(SMALL[index])), range(8))


@pytest.mark.parametrize("index", range(LAST + 1))
def test_an_entry_that_is_taken_out_is_found(index: int) -> None:
    verdict = judged([*SMALL[:index], *SMALL[index + 1 :]])
    assert verdict.outcome is Outcome.BROKEN
    assert named(verdict) == (index, index)


@pytest.mark.parametrize("index", range(LAST + 2))
def test_an_entry_that_is_put_in_is_found(index: int) -> None:
    extra = said("inserted") if index > LAST else SMALL[index]
    verdict = judged([*SMALL[:index], extra, *SMALL[index:]])
    assert verdict.outcome is Outcome.BROKEN
    # The same entry twice: the second of the two is the one too many.
    assert named(verdict) == ((index, index) if index > LAST else (index + 1, index + 1))


@pytest.mark.parametrize("index", range(LAST))
def test_entries_that_change_places_are_found(index: int) -> None:
    verdict = judged([*SMALL[:index], SMALL[index + 1], SMALL[index], *SMALL[index + 2 :]])
    assert verdict.outcome is Outcome.BROKEN
    assert named(verdict) == (index, index)


@pytest.mark.parametrize("size", range(LAST + 1))
def test_a_tail_that_is_cut_off_is_found_by_the_heads_that_stay(size: int) -> None:
    verdict = judged(SMALL[:size])
    assert verdict.outcome is Outcome.BROKEN
    assert named(verdict) == (size, LAST)
    assert {one.sort for one in verdict.troubles} == {Sort.TRUNCATED}


@pytest.mark.parametrize("size", range(1, LAST + 1))
def test_a_tail_that_is_cut_off_with_its_heads_is_found_by_a_head_kept_elsewhere(size: int) -> None:
    cut, heads = SMALL[:size], HEADS[:size]
    assert judged(cut, heads).outcome is Outcome.BROKEN
    witnessed = judged(cut, heads, other_heads=(), cosignatures=[seen(SMALL)], witness_keys=keys(WITNESS))
    assert named(witnessed) == (size, LAST)
    assert [(one.sort, one.where) for one in witnessed.troubles] == [(Sort.TRUNCATED, "witness:second-machine")]
    nobody = judged(cut, heads, other_heads=())
    assert nobody.outcome is Outcome.UNKNOWN
    assert any("kept elsewhere" in one for one in nobody.unchecked)
    early = judged(cut, heads, other_heads=HEADS[:1])
    assert early.outcome is (Outcome.INTACT if size == 1 else Outcome.UNKNOWN)


def keys(key: Ed25519PrivateKey) -> dict[str, Any]:
    return {"second-machine": key.public_key()}


def test_a_history_that_was_written_anew_with_the_checkpoint_key_is_found_by_who_saw_the_other() -> None:
    anew = [*SMALL[:3], said("another-story"), said("and-its-end")]
    heads = heads_over(anew)
    alone = judged(anew, heads, other_heads=())
    assert alone.outcome is Outcome.UNKNOWN
    verdict = judged(anew, heads, other_heads=[HEADS[3]], cosignatures=[seen(SMALL[:5])], witness_keys=keys(WITNESS))
    assert verdict.outcome is Outcome.BROKEN
    assert {one.sort for one in verdict.troubles} == {Sort.FORK}
    assert {one.where for one in verdict.troubles} == {"elsewhere", "witness:second-machine"}
    assert named(verdict) == (3, 3)


def test_two_signed_heads_of_one_size_are_a_fork_even_beyond_the_log() -> None:
    story = [head_over([*SMALL, said(word)]) for word in ("one", "two")]
    verdict = judged(SMALL, other_heads=[HEADS[-1], *story])
    assert {one.sort for one in verdict.troubles} >= {Sort.TRUNCATED}
    assert any("two histories" in one.why for one in verdict.troubles)


def test_one_head_over_several_entries_names_them_all() -> None:
    heads = heads_over(SMALL, 1, 5, 6)
    edited = SMALL[2].replace(b"s3", b"s4")
    verdict = judged([*SMALL[:2], edited, *SMALL[3:]], heads)
    assert named(verdict) == (1, 4)
    assert verdict.troubles[0].sort is Sort.DIFFERS


def test_an_entry_nobody_signed_a_head_over_is_bad() -> None:
    verdict = judged([*SMALL, said("added")])
    assert verdict.outcome is Outcome.BROKEN
    assert named(verdict) == (6, 6)
    assert verdict.bad is not None
    assert verdict.bad.why == "no head is over it"


@pytest.mark.parametrize(
    "change",
    [
        {"size": 3},
        {"size": 99},
        {"size": -1},
        {"root": base64.b64encode(bytes(32)).decode()},
        {"root": ""},
        {"time": "2026-03-02T09:00:00Z"},
        {"signature": ""},
        {"signature": "é"},
    ],
)
def test_an_edited_head_says_nothing_of_entries_and_is_told(change: dict[str, Any]) -> None:
    edited = msgspec.structs.replace(HEADS[1], **change)
    verdict = judged(SMALL, [HEADS[0], edited, *HEADS[2:]])
    assert verdict.outcome is Outcome.BROKEN
    assert verdict.bad is None
    assert [(one.sort, one.where, one.size) for one in verdict.troubles] == [(Sort.NOT_SIGNED, "log", edited.size)]


def test_a_log_with_another_checkpoint_key_is_another_log() -> None:
    heads = [sign_head(OTHER, size=6, root=base64.b64decode(HEADS[-1].root), at=BEGAN)]
    verdict = judged(SMALL, heads, checkpoint_keys=[OTHER.public_key()], other_heads=())
    assert verdict.bad is not None
    assert (named(verdict), verdict.bad.step) == ((0, 0), "G1")


def test_without_a_key_from_elsewhere_the_own_key_is_used_and_that_is_said() -> None:
    verdict = judged(SMALL, checkpoint_keys=())
    assert (verdict.outcome, verdict.covered) == (Outcome.UNKNOWN, 6)
    assert verdict.unchecked == ("no checkpoint key was given: heads were checked with the key the log itself names",)


@pytest.mark.parametrize(("entries", "heads"), [([], []), (SMALL, [])], ids=["nothing", "no heads"])
def test_what_could_not_be_looked_at_is_never_intact(entries: list[bytes], heads: list[Head]) -> None:
    verdict = judged(entries, heads, other_heads=())
    assert verdict.outcome is Outcome.UNKNOWN
    assert any("no head of the log was given" in one for one in verdict.unchecked)


def test_a_witness_is_believed_by_its_key_and_about_this_log_only() -> None:
    def with_witness(statement: Cosignature, key: Ed25519PrivateKey | None = WITNESS) -> Verdict:
        known = keys(key) if key else {}
        return judged(SMALL, other_heads=(), cosignatures=[statement], witness_keys=known)

    assert with_witness(seen(SMALL)).outcome is Outcome.INTACT
    assert with_witness(seen(SMALL[:4])).witnessed == 4
    assert with_witness(seen(SMALL[:4])).outcome is Outcome.UNKNOWN
    assert with_witness(seen(SMALL), None).outcome is Outcome.UNKNOWN
    assert "there is no key to verify `second-machine` with" in with_witness(seen(SMALL), None).unchecked
    assert [one.sort for one in with_witness(seen(SMALL, key=OTHER)).troubles] == [Sort.NOT_SIGNED]
    assert [one.sort for one in with_witness(seen(SMALL, name="another")).troubles] == [Sort.OTHER_LOG]


def test_a_witness_the_log_names_needs_no_other_key() -> None:
    spki = WITNESS.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    play = founded()
    settings = msgspec.structs.replace(
        play.state.settings,
        witnesses=(verifying_key("second-machine", spki),),
    )
    from rootwarden.breakglass.core.change import SetSettings

    play.change(SetSettings(settings=settings))
    odd = msgspec.structs.replace(seen(play.entries), witness="odd")
    heads = heads_over(play.entries)
    verdict = judged(play.entries, heads, other_heads=(), cosignatures=[seen(play.entries), odd])
    assert (verdict.witnessed, verdict.troubles) == (play.state.size, ())
    assert verdict.unchecked == ("there is no key to verify `odd` with",)


def verifying_key(name: str, spki: bytes) -> Any:
    from rootwarden.breakglass.core.settings import WitnessKey

    return WitnessKey(name=name, key=base64.b64encode(spki).decode())


def test_what_a_step_refuses_is_bad_though_the_checkpoint_key_signed_it() -> None:
    forged = log.to_bytes(log.SignedIn(at=BEGAN.replace(hour=9), actor="nobody", method="passkey"))
    entries = [*SMALL[:3], forged, *SMALL[3:]]
    verdict = judged(entries, heads_over(entries), other_heads=heads_over(entries)[-1:])
    assert verdict.bad is not None
    assert (named(verdict), verdict.bad.step) == ((3, 3), "G6")
    assert verdict.outcome is Outcome.BROKEN
    assert "entries after 3 were not replayed" in verdict.unchecked


def test_troubles_are_bounded() -> None:
    heads = [msgspec.structs.replace(HEADS[0], signature="") for _ in range(verifying.MOST_TROUBLES + 5)]
    verdict = judged(SMALL, [*HEADS, *heads])
    assert len(verdict.troubles) == verifying.MOST_TROUBLES
    assert verdict.unchecked == (f"only the first {verifying.MOST_TROUBLES} troubles are told",)


def test_a_database_that_is_gone_says_nothing_about_the_log() -> None:
    def gone() -> Iterator[bytes]:
        yield SMALL[0]
        raise StoreError("the database does not answer")

    with pytest.raises(StoreError):
        judged(gone())


@given(st.lists(st.one_of(st.sampled_from(SMALL), st.binary(max_size=60)), max_size=8))
def test_only_what_was_written_is_intact(entries: list[bytes]) -> None:
    assert (judged(entries).outcome is Outcome.INTACT) == (entries == SMALL)


# By SQL, as somebody with access to the database would.

_EDITS = {
    "edited": ("UPDATE entries SET content = :other WHERE position = 2", (2, 2)),
    "taken out": ("DELETE FROM entries WHERE position = 2", (2, 2)),
    "taken out, and the rest moved up": (
        "DELETE FROM entries WHERE position = 2; UPDATE entries SET position = position - 1 WHERE position > 2",
        (2, 2),
    ),
    "cut off": ("DELETE FROM entries WHERE position >= 4", (4, 5)),
    "added": ("INSERT INTO entries (position, content) VALUES (6, :other)", (6, 6)),
    "swapped": (
        """UPDATE entries SET position = 99 WHERE position = 2; UPDATE entries SET position = 2 WHERE position = 3;
        UPDATE entries SET position = 3 WHERE position = 99""",
        (2, 2),
    ),
    "far away": ("UPDATE entries SET position = 4000000000 WHERE position = 5", (5, 5)),
    "before the first": ("UPDATE entries SET position = -1 WHERE position = 0", (0, 0)),
    "all gone": ("DELETE FROM entries", (0, 5)),
}


@pytest.mark.parametrize("edit", _EDITS)
def test_rows_that_were_edited_by_sql_are_found(store: LogStore, edit: str) -> None:
    """BG-5: whoever can write to the database cannot change what happened without being seen."""
    from sqlalchemy import text

    keep(store, SMALL)
    statements, where = _EDITS[edit]

    def do(session: Session) -> None:
        for one in statements.split(";"):
            session.execute(text(one), {"other": said("other")} if ":other" in one else {})

    store.database.write(do)
    verdict = kept(store)
    assert verdict.outcome is Outcome.BROKEN
    assert named(verdict) == where


def test_rows_of_heads_that_were_edited_by_sql_are_found(store: LogStore) -> None:
    from sqlalchemy import text

    keep(store, SMALL)
    store.database.write(lambda session: session.execute(text("UPDATE heads SET root = 'x' WHERE size = 3")))
    verdict = kept(store)
    assert (verdict.outcome, verdict.bad) == (Outcome.BROKEN, None)
    store.database.write(lambda session: session.execute(text("DELETE FROM heads")))
    assert kept(store).outcome is Outcome.UNKNOWN
    assert CHECKPOINT.public_key() in KEYS
