"""A log as files (BG-5): out and back unchanged, while others write, however damaged, and hostile."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from tests.breakglass.store.logs import KEYS, add, heads_over, keep, kept, small

from rootwarden.breakglass.core.entry import LONGEST_ENTRY
from rootwarden.breakglass.rehearsal.play import BEGAN, CHECKPOINT, NAME
from rootwarden.breakglass.store import log_file
from rootwarden.breakglass.store.log_file import ENTRIES, HEADS, export, read_cosignatures, read_entries, read_heads
from rootwarden.breakglass.store.trouble import DamagedError
from rootwarden.breakglass.store.verdict import Outcome, Sort
from rootwarden.breakglass.store.verify import verify
from rootwarden.errors import InputError, UsageError
from rootwarden.transparency.canonical import canonical
from rootwarden.transparency.head import cosign

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from rootwarden.breakglass.store.log_store import LogStore
    from rootwarden.breakglass.store.verdict import Verdict

SMALL = small()


def judged(folder: Path) -> Verdict:
    newest = heads_over(SMALL)[-1:]
    entries, heads = read_entries(folder / ENTRIES), read_heads(folder / HEADS)
    return verify(entries, heads, checkpoint_keys=KEYS, other_heads=newest)


def test_a_log_goes_out_and_comes_back(store: LogStore, tmp_path: Path) -> None:
    keep(store, SMALL)
    folder = tmp_path / "a" / "b"
    assert export(store, folder) == 6
    assert (folder / ENTRIES).read_bytes() == b"".join(entry + b"\n" for entry in SMALL)
    assert list(read_entries(folder / ENTRIES)) == SMALL
    assert list(read_heads(folder / HEADS)) == heads_over(SMALL)
    assert {each.stat().st_mode & 0o777 for each in folder.iterdir()} == {0o600}
    assert judged(folder).outcome is Outcome.INTACT
    with pytest.raises(UsageError, match="cannot be written"):
        export(store, folder)


def test_an_export_is_of_one_instant_whoever_writes_meanwhile(store: LogStore, tmp_path: Path) -> None:
    keep(store, SMALL[:1])
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            add(store, "meanwhile")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            folder = tmp_path / str(number)
            size = export(store, folder)
            heads = list(read_heads(folder / HEADS))
            verdict = verify(read_entries(folder / ENTRIES), heads, checkpoint_keys=KEYS, other_heads=heads[-1:])
            assert (verdict.outcome, verdict.size, verdict.covered) == (Outcome.INTACT, size, size)
    finally:
        stop.set()
        writer.join(60)


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", b'{"a":\n1}', b'{"not_an_entry":"AA=="}', b"x" * 300_000])
def test_what_was_damaged_goes_out_and_is_found_as_in_the_database(
    store: LogStore, tmp_path: Path, content: bytes
) -> None:
    keep(store, SMALL)
    update = text("UPDATE entries SET content = :content WHERE position = 2")
    store.database.write(lambda session: session.execute(update, {"content": content}))
    export(store, tmp_path / "export")
    assert list(read_entries(tmp_path / "export" / ENTRIES))[2] == content[: LONGEST_ENTRY + 1]
    inside, outside = kept(store), judged(tmp_path / "export")
    assert (inside.bad, inside.troubles) == (outside.bad, outside.troubles)
    assert outside.bad is not None
    assert (outside.bad.first, outside.bad.step) == (2, "G3")


def test_a_missing_entry_ends_the_export_which_says_so(store: LogStore, tmp_path: Path) -> None:
    keep(store, SMALL)
    store.database.write(lambda session: session.execute(text("DELETE FROM entries WHERE position = 2")))
    with pytest.raises(DamagedError, match="entry 2 is missing"):
        export(store, tmp_path)
    assert judged(tmp_path).outcome is Outcome.BROKEN


def written(folder: Path, content: bytes) -> Path:
    path = folder / ENTRIES
    path.write_bytes(content)
    return path


WHOLE = b"".join(entry + b"\n" for entry in SMALL)


@pytest.mark.parametrize(
    ("content", "index", "why"),
    [
        (WHOLE[:-1], 5, "was cut off"),
        (WHOLE[: len(SMALL[0]) + 20], 1, "was cut off"),
        (WHOLE + b"x" * 400_000 + b"\n", 6, "too long"),
        (WHOLE + b'{"not_an_entry":7}\n', 6, "cannot be read"),
        (WHOLE + b'{"not_an_entry":"?"}\n', 6, "cannot be read"),
        (WHOLE + '{"not_an_entry":"AAA\u00e9"}\n'.encode(), 6, "cannot be read"),
        (WHOLE + b'{"not_an_entry":' + b"[" * 100_000 + b"\n", 6, "cannot be read"),
    ],
)
def test_a_file_that_is_none_is_told_with_its_line(tmp_path: Path, content: bytes, index: int, why: str) -> None:
    with pytest.raises(DamagedError, match=why) as caught:
        list(read_entries(written(tmp_path, content)))
    assert caught.value.index == index


def test_a_file_may_have_so_many_lines_and_not_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "MOST_LINES", 6)
    assert len(list(read_entries(written(tmp_path, WHOLE)))) == 6
    with pytest.raises(DamagedError, match="more than 6 lines"):
        list(read_entries(written(tmp_path, WHOLE + b"{}\n")))


def test_what_is_no_file_is_told_and_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", ".", "nowhere"):
        with pytest.raises(InputError, match="cannot be read"):
            list(read_entries(tmp_path / name))


def test_a_line_of_heads_that_is_none_is_told(tmp_path: Path) -> None:
    heads = heads_over(SMALL)
    path = tmp_path / HEADS
    lines = [canonical(msgspec.to_builtins(head)) for head in heads]
    path.write_bytes(b"\n".join([lines[0], b"{}", *lines[1:]]) + b"\n")
    verdict = verify(SMALL, read_heads(path), checkpoint_keys=KEYS, other_heads=heads[-1:])
    assert verdict.outcome is Outcome.BROKEN
    assert [(one.sort, one.size) for one in verdict.troubles] == [(Sort.UNREADABLE, 1)]


def test_statements_of_witnesses_come_from_a_file(tmp_path: Path) -> None:
    statement = cosign(CHECKPOINT, witness="w", log=NAME, head=heads_over(SMALL)[-1], at=BEGAN)
    (tmp_path / "cosignatures.jsonl").write_bytes(msgspec.json.encode(statement) + b"\n")
    assert list(read_cosignatures(tmp_path / "cosignatures.jsonl")) == [statement]
    (tmp_path / "cosignatures.jsonl").write_bytes(b'{"witness":"w"}\n')
    verdict = verify(SMALL, heads_over(SMALL), cosignatures=read_cosignatures(tmp_path / "cosignatures.jsonl"))
    assert [one.sort for one in verdict.troubles] == [Sort.UNREADABLE]


@given(st.one_of(st.binary(max_size=400), st.lists(st.sampled_from([*SMALL, b"{}", b""])).map(b"\n".join)))
def test_a_hostile_file_ends_in_a_verdict_or_a_typed_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = written(tmp_path_factory.getbasetemp(), content)
    reads: list[Callable[[Path], Iterable[object]]] = [read_entries, read_heads, read_cosignatures]
    for read in reads:
        try:
            list(read(path))
        except DamagedError as error:
            assert error.index <= content.count(b"\n")  # noqa: PT017 - either ending is allowed, no other is
    assert (verify(read_entries(path), heads_over(SMALL)).outcome is Outcome.BROKEN) == (content != WHOLE)
