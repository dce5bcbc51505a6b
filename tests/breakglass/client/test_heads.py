"""The heads a person saw: a log that is shorter, forked or signed by somebody else is refused (BG-2)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from tests.breakglass.logs import LOG_KEY, OTHER_KEY, Log, pem

from rootwarden.breakglass.broker.audit_views import Consistency, HeadView
from rootwarden.breakglass.client.heads import MOST_KEPT, KeptHeads, Point
from rootwarden.breakglass.client.troubles import Distrusted
from rootwarden.breakglass.store.log_file import read_heads
from rootwarden.detect.visits.checkout_file import read_public_keys
from rootwarden.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def shown(log: Log, /, **changes: Any) -> HeadView:
    """A log as a service shows it."""
    head = log.head()
    root = (log.root_at(log.size) or b"").hex()
    fields: dict[str, Any] = {
        "log": log.name, "size": log.size, "root": root, "signed": True, "head": head,
        "checkpoint_key": pem(log.key), "anchors": (), "sealed": "",
    }  # fmt: skip
    return HeadView(**{**fields, **changes})


def proofs(log: Log) -> Callable[[int, int], Consistency]:
    def between(first: int, second: int) -> Consistency:
        path = tuple(one.hex() for one in log.consistency(first, second))
        return Consistency(first=first, first_root="", second=second, second_root="", path=path)

    return between


def test_a_log_that_grows_is_followed(tmp_path: Path) -> None:
    kept, log = KeptHeads(tmp_path / "heads"), Log(3)
    head, before = kept.take(shown(log), proofs(log))
    assert (head.size, before) == (3, None)
    log.grow(5)
    head, before = kept.take(shown(log), proofs(log))
    assert before is not None
    assert (head.size, before.size) == (8, 3)
    assert [one.size for one in kept.heads("main")] == [3, 8]
    kept.take(shown(log), proofs(log))
    assert [one.size for one in read_heads(tmp_path / "heads" / "main.jsonl")] == [3, 8]
    assert kept.pem("main").decode() == pem(LOG_KEY)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "heads").iterdir()} == {0o600}
    assert (tmp_path / "heads").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (lambda log: log.set_back(2), "is shorter than it was: 2 entries, and 6"),
        (lambda log: log.forked_at(4, 6), "another one than you saw when it had 6"),
        (lambda log: log.forked_at(4, 9), "another one than you saw when it had 6"),
        (lambda log: Log(9, key=OTHER_KEY), "is not signed with the checkpoint key that is kept"),
    ],
)
def test_another_log_is_refused_and_the_kept_head_stays(tmp_path: Path, other: Callable[[Log], Log], said: str) -> None:
    kept, log = KeptHeads(tmp_path), Log(6)
    kept.take(shown(log), proofs(log))
    fake = other(log)
    with pytest.raises(Distrusted, match=said):
        kept.take(shown(fake), proofs(fake))
    assert [one.size for one in kept.heads("main")] == [6]


def test_what_is_shown_beside_the_head_is_not_believed(tmp_path: Path) -> None:
    kept, log = KeptHeads(tmp_path), Log(6)
    for changes in ({"size": 7}, {"root": "00" * 32}, {"head": None}, {"log": "../../main"}):
        with pytest.raises(Distrusted):
            kept.take(shown(log, **changes), proofs(log))
    assert kept.logs() == ()


def test_the_head_an_approval_is_over_must_be_of_the_same_log(tmp_path: Path) -> None:
    kept, log = KeptHeads(tmp_path), Log(6)
    here = Point(4, (log.root_at(4) or b"").hex())
    kept.take(shown(log), proofs(log), here)
    fork = log.forked_at(2, 6)
    for point in (Point(4, (fork.root_at(4) or b"").hex()), Point(9, here.root), Point(4, "no root")):
        with pytest.raises(Distrusted):
            kept.take(shown(log), proofs(log), point)


def test_a_new_checkpoint_key_is_believed_after_somebody_put_it_there(tmp_path: Path) -> None:
    kept, log = KeptHeads(tmp_path), Log(6)
    kept.take(shown(log), proofs(log))
    log.key = OTHER_KEY
    log.grow()
    with pytest.raises(Distrusted):
        kept.take(shown(log), proofs(log))
    kept.trust("main", read_public_keys(pem(OTHER_KEY).encode(), file="new"))
    assert kept.take(shown(log), proofs(log))[0].size == 7
    assert kept.pem("main").decode() == pem(OTHER_KEY) + pem(LOG_KEY)


def test_a_damaged_file_is_said_and_never_begun_anew(tmp_path: Path) -> None:
    kept, log = KeptHeads(tmp_path), Log(6)
    kept.take(shown(log), proofs(log))
    (tmp_path / "main.jsonl").write_bytes(b"{half")
    with pytest.raises(InputError, match="is damaged"):
        kept.take(shown(log), proofs(log))
    assert (tmp_path / "main.jsonl").read_bytes() == b"{half"


def test_the_newest_thousand_are_kept(tmp_path: Path) -> None:
    kept, log = KeptHeads(tmp_path), Log(2)
    many = [msgspec.structs.replace(log.head(), size=1) for _ in range(MOST_KEPT)]
    kept.take(shown(log), proofs(log))
    (tmp_path / "main.jsonl").write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in (*many, log.head())))
    log.grow()
    kept.take(shown(log), proofs(log))
    assert len(kept.heads("main")) == MOST_KEPT
    assert kept.heads("main")[-1].size == 3


def test_two_programs_at_once_lose_nothing(tmp_path: Path) -> None:
    log = Log(1)
    KeptHeads(tmp_path).take(shown(log), proofs(log))
    views = []
    for _ in range(12):
        log.grow()
        views.append(shown(log.set_back(log.size)))
    with ThreadPoolExecutor(4) as pool:

        def take(view: HeadView) -> bool:
            try:
                KeptHeads(tmp_path).take(view, proofs(log))
            except Distrusted:  # a later one was first
                return False
            return True

        took = list(pool.map(take, views))
    sizes = [one.size for one in KeptHeads(tmp_path).heads("main")]
    assert any(took)
    assert sizes == sorted(set(sizes))
    assert sizes[-1] == 13
