"""Somebody with the database in hand: rows inserted, edited and deleted give nobody a right, and it is noticed.

The log is that of a whole visit in a real house. The insider knows the code, the vault's public recipient and every
row, and has neither the checkpoint key nor anybody's own.
"""

from __future__ import annotations

import base64
import shutil
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rootwarden.breakglass.broker import wishes
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.rehearsal.stage import ON_STAGE, stage
from rootwarden.breakglass.service.house import House
from rootwarden.breakglass.store.trouble import DamagedError
from rootwarden.errors import RootwardenError
from rootwarden.transparency.canonical import canonical
from rootwarden.transparency.growing import GrowingTree
from rootwarden.transparency.head import sign_head

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from rootwarden.breakglass.rehearsal.stage import Stage
    from rootwarden.breakglass.rehearsal.troupe import Troupe

FORGER = Ed25519PrivateKey.from_private_bytes(b"insider of the database in tests")
Rows = sqlite3.Connection


class Visit(NamedTuple):
    """A visit that is under way: where its files are, its stage, and its lease."""

    folder: Path
    stage: Stage
    lease: str
    root: bytes


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    folder = tmp_path_factory.mktemp("house")
    with stage(folder) as made:
        troupe = made.troupe
        troupe.found()
        troupe.guard()
        troupe.enrol()
        troupe.check_in(next(iter(troupe.broker.state().leases)))
        request, phrase = troupe.file(overrides_duties=True)
        troupe.approve(request, phrase)
        lease = troupe.open(request)
        troupe.code(lease)
        made.house.chores.run()
        yield Visit(folder, made, lease, troupe.broker.state().tree.root)


@contextmanager
def copied(visit: Visit, to: Path) -> Iterator[Path]:
    """The folder of the house, as it lies on the disk."""
    shutil.copytree(visit.folder, to, ignore=shutil.ignore_patterns("*.db*"))
    with closing(rows(visit.folder)) as source, closing(rows(to)) as target:
        source.backup(target)
    yield to


def rows(folder: Path) -> Rows:
    return sqlite3.connect(folder / "breakglass.db", isolation_level=None)


def again(visit: Visit, folder: Path) -> House:
    """A broker that starts on what lies in a folder."""
    sink = msgspec.structs.replace(visit.stage.house.settings.sink[0], path=str(folder / "heads.jsonl"))
    settings = msgspec.structs.replace(visit.stage.house.settings, sink=(sink,))
    return House(settings, folder, reading=visit.stage.clocks.read, clues=ON_STAGE)


# --- what an insider can do


def contents(table: Rows) -> list[bytes]:
    return [bytes(content) for (content,) in table.execute("SELECT content FROM entries ORDER BY position")]


def place_of(table: Rows, kind: str) -> int:
    kinds = [msgspec.json.decode(content)["kind"] for content in contents(table)]
    return len(kinds) - 1 - kinds[::-1].index(kind)


def edit(table: Rows, kind: str, **fields: Any) -> None:
    """Change fields of the newest entry of a kind."""
    place = place_of(table, kind)
    whole = {**msgspec.json.decode(contents(table)[place]), **fields}
    table.execute("UPDATE entries SET content = ? WHERE position = ?", (canonical(whole), place))


def insert(table: Rows, entry: log.Entry) -> None:
    size = len(contents(table))
    table.execute("INSERT INTO entries (position, content) VALUES (?, ?)", (size, log.to_bytes(entry)))


def cover(table: Rows, key: Ed25519PrivateKey = FORGER) -> None:
    """Put a head over what is there now, signed by the insider."""
    tree = GrowingTree(contents(table))
    at = log.from_bytes(contents(table)[-1]).at
    head = sign_head(key, size=tree.size, root=tree.root, at=at)
    table.execute("DELETE FROM heads WHERE size >= ?", (tree.size,))
    fields = (head.size, head.root, head.time, head.signature, "insider")
    table.execute("INSERT INTO heads (size, root, time, signature, writer) VALUES (?, ?, ?, ?, ?)", fields)


def unsigned(table: Rows, lease: str) -> dict[str, log.Entry]:
    """Entries that need no signature, and would give or take a right."""
    fields: dict[str, Any] = {"at": log.from_bytes(contents(table)[-1]).at}
    filed = next(entry for entry in map(log.from_bytes, contents(table)) if isinstance(entry, log.RequestFiled))
    return {
        "a lease that ends": log.LeaseEnded(actor="rita", lease=lease, why="returned", **fields),
        "somebody who leaves": log.LeaverSuspended(actor="system", person="anna", reason="gone", **fields),
        "a notice that arrived": log.NoticeRecorded(
            actor="system", person="dan", channel="mail", delivered=True, request=filed.request.id, **fields
        ),
        "an opening for another key": log.OpeningBegun(
            actor="system",
            opening="opening-x",
            group="management",
            epoch=1,
            purpose="lease",
            reference=lease,
            fingerprint="ab" * 32,
            **fields,
        ),
    }


UNSIGNED = ("a lease that ends", "somebody who leaves", "a notice that arrived", "an opening for another key")


def drop_last(table: Rows) -> None:
    last = len(contents(table)) - 1
    table.execute("DELETE FROM entries WHERE position = ?", (last,))
    table.execute("DELETE FROM heads WHERE size > ?", (last,))


def swap(table: Rows) -> None:
    first, second = contents(table)[2:4]
    table.execute("UPDATE entries SET content = ? WHERE position = 2", (second,))
    table.execute("UPDATE entries SET content = ? WHERE position = 3", (first,))


def rewrite(table: Rows) -> None:
    edit(table, "opening-ended", reason="as it was")
    cover(table)


def sql(text: str) -> Callable[[Rows], None]:
    def run(table: Rows) -> None:
        assert table.execute(text).rowcount > 0, "it changes something"

    return run


EDITS: dict[str, Callable[[Rows], None]] = {
    "a signed entry is edited": lambda table: edit(table, "request-filed", nonce="ab" * 16),
    "an entry of the system is edited": lambda table: edit(table, "opening-ended", reason="as it was"),
    "it is edited, and a head is put over it": rewrite,
    "an entry is deleted": sql("DELETE FROM entries WHERE position = 7"),
    "the first is deleted": sql("DELETE FROM entries WHERE position = 0"),
    "the newest is deleted, and not its head": sql(
        "DELETE FROM entries WHERE position = (SELECT max(position) FROM entries)"
    ),
    "two change places": swap,
    "the newest head is deleted": sql("DELETE FROM heads WHERE size = (SELECT max(size) FROM heads)"),
    "every head is deleted": sql("DELETE FROM heads"),
    "the newest head is edited": sql("UPDATE heads SET signature = 'AAAA'"),
    "the newest head is the insider's": cover,
    "the head of another size is moved": sql("UPDATE heads SET root = (SELECT root FROM heads WHERE size = 3)"),
}


@pytest.mark.parametrize("what", EDITS)
def test_a_changed_log_is_not_started_on(visit: Visit, tmp_path: Path, what: str) -> None:
    with copied(visit, tmp_path / "copy") as folder:
        with closing(rows(folder)) as table:
            EDITS[what](table)
        with pytest.raises((Refused, DamagedError)):
            again(visit, folder)


@pytest.mark.parametrize("what", UNSIGNED)
@pytest.mark.parametrize("head", ["no head", "a head of the insider"])
def test_an_inserted_entry_is_no_entry(visit: Visit, tmp_path: Path, what: str, head: str) -> None:
    with copied(visit, tmp_path / "copy") as folder:
        running = again(visit, folder)
        before = running.broker.state().tree.root
        with closing(rows(folder)) as table:
            insert(table, unsigned(table, visit.lease)[what])
            if head != "no head":
                cover(table)
        for attempt in (
            running.broker.state,
            lambda: running.broker.prepare("rita", wishes.GetCode(lease=visit.lease)),
        ):
            with pytest.raises(Refused, match="V2"):
                attempt()
        with pytest.raises(Refused, match="V2"):
            again(visit, folder)
        with closing(rows(folder)) as table:
            size = table.execute("SELECT max(position) FROM entries").fetchone()[0]
            table.execute("DELETE FROM entries WHERE position = ?", (size,))
            table.execute("DELETE FROM heads WHERE size > ?", (size,))
        assert running.broker.state().tree.root == before, "once the row is gone, it goes on"
        running.close()


def test_a_log_that_was_cut_off_whole_is_sealed(visit: Visit, tmp_path: Path) -> None:
    """The one thing rows alone cannot show: what was kept elsewhere does."""
    with copied(visit, tmp_path / "copy") as folder:
        with closing(rows(folder)) as table:
            drop_last(table)
        house = again(visit, folder)
        assert "holds a head over" in house.compare()
        with pytest.raises(Refused, match="sealed"):
            house.broker.prepare("rita", wishes.GetCode(lease=visit.lease))
        house.close()


def test_a_running_broker_does_not_go_back(visit: Visit, tmp_path: Path) -> None:
    with copied(visit, tmp_path / "copy") as folder:
        running = again(visit, folder)
        with closing(rows(folder)) as table:
            kept = contents(table)
            insert(table, unsigned(table, visit.lease)["somebody who leaves"])
            with pytest.raises(Refused, match="V2"):
                running.broker.state()
            table.execute("DELETE FROM entries WHERE position >= ?", (len(kept) - 1,))
            table.execute("DELETE FROM heads WHERE size >= ?", (len(kept),))
            with pytest.raises(Refused, match="V1"):
                running.broker.state()
        running.close()


def test_an_entry_edited_behind_a_running_broker_is_named(visit: Visit, tmp_path: Path) -> None:
    with copied(visit, tmp_path / "copy") as folder:
        running = again(visit, folder)
        published = running.broker.checkouts()
        assert published.count(b"\n") >= 2
        with closing(rows(folder)) as table:
            place = place_of(table, "checkout-published")
            edit(table, "checkout-published", sources=["203.0.113.0/24"])
        with pytest.raises(Refused, match=f"entry {place} in the database is not the one"):
            running.broker.checkouts()
        with pytest.raises(Refused, match=f"entry {place} "):
            list(running.broker.read())
        running.close()


# --- rows beside the log

BESIDE: dict[str, str] = {
    "receipts that say yes": "INSERT OR REPLACE INTO receipts SELECT size, 'other-mount', x'7b7d', time FROM heads",
    "no receipts": "DELETE FROM receipts",
    "no drafts": "DELETE FROM drafts",
    "challenges that wait": "INSERT INTO challenges VALUES ('n', 'rita', 'sign-in', 'ab', '2100-01-01 00:00:00', NULL)",
    "no challenges": "DELETE FROM challenges",
    "no sessions that ended": "DELETE FROM sessions_ended",
    "sessions that ended": "INSERT INTO sessions_ended VALUES ('s', '2100-01-01 00:00:00')",
    "refusals that were none": "INSERT INTO refusal_counts VALUES ('anna', 'code', 'R1', 9)",
    "no blobs": "DELETE FROM blobs",
    "other blobs": "UPDATE blobs SET content = x'00'",
}


@pytest.mark.parametrize("what", BESIDE)
def test_rows_beside_the_log_are_nobodys_rights(visit: Visit, tmp_path: Path, what: str) -> None:
    with copied(visit, tmp_path / "copy") as folder:
        with closing(rows(folder)) as table:
            before = contents(table)
            table.execute(BESIDE[what])
            assert contents(table) == before
        house = again(visit, folder)
        assert house.broker.state().tree.root == GrowingTree(before).root
        if "blobs" in what:
            with pytest.raises((Refused, DamagedError)):
                house.releases.code("rita", visit.lease)
            with pytest.raises(RootwardenError):
                house.releases.begin_opening(visit.lease)
        house.close()


def test_nobody_signs_another_text_than_lies_beside_it(visit: Visit, tmp_path: Path) -> None:
    """A draft in two halves: the entry that is shown, and the text that is signed."""
    with copied(visit, tmp_path / "copy") as folder:
        house = again(visit, folder)
        draft = house.broker.prepare("rita", wishes.GetCode(lease=visit.lease))
        other = house.broker.prepare("rita", filing())
        for change in ({"message": other.message}, {"entry": other.entry}, {"id": other.id}):
            with closing(rows(folder)) as table:
                whole = {**msgspec.to_builtins(draft), **{k: as_json(v) for k, v in change.items()}}
                table.execute("UPDATE drafts SET document = ? WHERE id = ?", (msgspec.json.encode(whole), draft.id))
            with pytest.raises(Refused, match="G4: what is to be signed is not the entry"):
                house.broker.draft(draft.id)
            with pytest.raises(Refused, match="G4"):
                house.broker.submit("rita", draft.id, player(visit).players["rita"].answer(other.message))
        house.close()


def test_a_draft_swapped_after_it_was_shown_does_not_bear_the_signature(visit: Visit, tmp_path: Path) -> None:
    with copied(visit, tmp_path / "copy") as folder:
        house = again(visit, folder)
        shown = house.broker.prepare("rita", filing())
        signed = player(visit).players["rita"].answer(shown.message)
        other = house.broker.prepare("rita", wishes.GetCode(lease=visit.lease))
        with closing(rows(folder)) as table:
            whole = msgspec.json.encode(msgspec.structs.replace(other, id=shown.id))
            table.execute("UPDATE drafts SET document = ? WHERE id = ?", (whole, shown.id))
        with pytest.raises(Refused, match="G5"):
            house.broker.submit("rita", shown.id, signed)
        house.close()


@pytest.mark.parametrize("document", [b"", b"{}", b"[]", b"\xff", b'{"id":' * 2000, b"null"])
def test_a_draft_that_is_none_is_refused(visit: Visit, tmp_path: Path, document: bytes) -> None:
    with copied(visit, tmp_path / "copy") as folder:
        house = again(visit, folder)
        draft = house.broker.prepare("rita", filing())
        with closing(rows(folder)) as table:
            table.execute("UPDATE drafts SET document = ? WHERE id = ?", (document, draft.id))
        with pytest.raises(Refused, match="G4"):
            house.broker.draft(draft.id)
        house.close()


def filing() -> wishes.File:
    return wishes.File(
        account="000011112222",
        task="s3-mfa-delete",
        ticket="OPS-2",
        reason="again",
        code_to="rita",
        device="vaulted",
        overrides_duties=True,
    )


def as_json(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def player(visit: Visit) -> Troupe:
    return visit.stage.troupe
