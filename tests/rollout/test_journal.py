"""The journal: durable, bound line to line, mended after a kill, signed, and read with suspicion."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rootwarden.cli.applying import keep
from rootwarden.errors import StoreError, UsageError
from rootwarden.rollout.entry import Kind, Result
from rootwarden.rollout.journal import opened
from rootwarden.rollout.reading import read_journal, verify
from rootwarden.rollout.seal import KeySeal
from rootwarden.rollout.surprise import Surprise, SurpriseError, SurpriseKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rootwarden.rollout.journal import Journal

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
ACCOUNT = "000000000001"


def clock() -> datetime:
    return datetime(2026, 3, 2, 12, tzinfo=UTC)


@contextmanager
def journal(path: Path, *, plan: str = "p" * 64, by: str = "arn:aws:iam::000000000000:user/kim") -> Iterator[Journal]:
    with opened(path, plan=plan, purpose="remove root credentials", by=by, seal=KeySeal(KEY), clock=clock) as made:
        yield made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


def delete_key(made: Journal) -> object:
    return made.intend(
        target=ACCOUNT, step="key-1", call="iam:DeleteAccessKey", parameters={"AccessKeyId": "AKIAFAKE0000"}
    )


def filled(path: Path) -> None:
    with journal(path) as made:
        made.see(target=ACCOUNT, detail="one key")
        intent = made.intend(target=ACCOUNT, step="key-1", call="iam:DeleteAccessKey", parameters={"AccessKeyId": "A"})
        made.settle(intent, Result.DONE)
        made.sign("end")


def test_what_is_written_is_read_and_holds(path: Path) -> None:
    filled(path)
    kinds = [entry.kind for entry in read_journal(path).entries]
    assert kinds == [Kind.BEGIN, Kind.SEEN, Kind.INTENT, Kind.OUTCOME, Kind.SIGNED]
    found = verify(path, [KEY.public_key()])
    assert (found.holds, found.entries, found.signed, found.unsettled) == (True, 5, 5, ())
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_intent_is_on_the_disk_before_it_returns(path: Path) -> None:
    with journal(path) as made:
        delete_key(made)
        assert read_journal(path).entries[-1].call == "iam:DeleteAccessKey"


def test_an_intent_without_an_outcome_is_unsettled_in_the_next_run(path: Path) -> None:
    with journal(path) as made:
        delete_key(made)
    assert verify(path, [KEY.public_key()]).unsettled == (1,)
    with journal(path) as made:
        (intent,) = made.unsettled()
        made.settle(intent, Result.FOUND, "the key is gone")
        assert made.unsettled() == ()
    assert [entry.kind for entry in read_journal(path).entries][2:] == [Kind.RESUME, Kind.OUTCOME]


@pytest.mark.parametrize("cut", range(1, 40, 3))
def test_a_torn_last_line_is_told_and_taken_away(path: Path, cut: int) -> None:
    filled(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: -cut - 1])
    torn = len(whole[: -cut - 1].rsplit(b"\n", 1)[1])
    assert verify(path, [KEY.public_key()]).torn == torn
    with journal(path) as made:
        assert made.entries[-1].detail == f"{torn} bytes of a line that was never finished were taken away"
    found = verify(path, [KEY.public_key()])
    assert (found.holds, found.torn) == (True, 0)


def test_a_line_that_lacks_only_its_end_is_kept(path: Path) -> None:
    filled(path)
    path.write_bytes(path.read_bytes()[:-1])
    with journal(path) as made:
        assert [entry.kind for entry in made.entries[-2:]] == [Kind.SIGNED, Kind.RESUME]
    assert verify(path, [KEY.public_key()]).holds


def test_a_torn_first_line_begins_anew(path: Path) -> None:
    path.write_bytes(b'{"at":"2026-')
    with journal(path) as made:
        assert [entry.kind for entry in made.entries] == [Kind.BEGIN, Kind.RECOVERED]


def changed(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[1].replace(b"one key", b"no key!"), *lines[2:]]


def swapped(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[2], lines[1], *lines[3:]]


def respelled(lines: list[bytes]) -> list[bytes]:
    return [lines[0], json.dumps(json.loads(lines[1])).encode() + b"\n", *lines[2:]]


@pytest.mark.parametrize(
    ("break_it", "bad", "why"),
    [
        (changed, 1, "has a seal that is not of the run it stands in"),
        (swapped, 1, "says that it is entry 2"),
        (respelled, 1, "no entry in canonical form"),
        (lambda lines: lines[1:], 0, "says that it is entry 1"),
        (lambda lines: [lines[0], b"\xff\n"], 1, "no entry in canonical form"),
        (lambda lines: [lines[0], b"[" * 70_000], 1, "is too long"),
        (lambda lines: [lines[0], b"[" * 60_000 + b"\n"], 1, "no entry in canonical form"),
    ],
)
def test_the_first_bad_entry_is_named(
    path: Path, break_it: Callable[[list[bytes]], list[bytes]], bad: int, why: str
) -> None:
    filled(path)
    path.write_bytes(b"".join(break_it(path.read_bytes().splitlines(keepends=True))))
    found = verify(path, [KEY.public_key()])
    assert (found.bad, found.holds) == (bad, False)
    assert why in found.why
    with pytest.raises(StoreError, match="is damaged"), journal(path):
        pass


def test_a_signature_is_of_a_key_that_was_named_and_over_what_stands_there(path: Path) -> None:
    filled(path)
    found = verify(path, [OTHER.public_key()])
    assert (found.bad, found.signed) == (0, 0)
    assert "which was not given" in found.why
    lines = path.read_bytes().splitlines(keepends=True)
    lines[4] = lines[4].replace(b'"why":"end"', b'"why":"stop"')
    path.write_bytes(b"".join(lines))
    why = "has a seal that is not of the run it stands in: somebody else wrote or changed it"
    assert verify(path, [KEY.public_key()]).why == why


def test_what_stands_after_the_signature_is_told(path: Path) -> None:
    filled(path)
    with journal(path):
        pass
    found = verify(path, [KEY.public_key()])
    assert (found.holds, found.entries, found.signed) == (True, 6, 5)


def test_a_journal_is_of_one_plan(path: Path) -> None:
    filled(path)
    with pytest.raises(UsageError, match="of another plan"), journal(path, plan="q" * 64):
        pass
    assert len(read_journal(path).entries) == 5


def test_a_second_operator_is_told_who_holds_it(path: Path) -> None:
    with journal(path), pytest.raises(StoreError, match=r"user/kim, process \d+ on "), journal(path, by="arn:sam"):
        pass
    with journal(path, by="arn:sam") as made:
        assert made.entries[-1].parameters["by"] == "arn:sam"


def test_a_full_disk_ends_it(path: Path) -> None:
    with journal(path) as made:
        made._file = os.open("/dev/full", os.O_WRONLY)
        with pytest.raises(StoreError, match="cannot be written"):
            delete_key(made)
        with pytest.raises(StoreError, match="could not be written before"):
            delete_key(made)


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file can grow beyond so many bytes, as on a disk that is nearly full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_is_full_before_anything_is_begun_is_told(path: Path) -> None:
    with room_for(0), pytest.raises(StoreError, match=r"journal.jsonl.lock` cannot be written") as met, journal(path):
        pass
    assert met.value.exit_code == 3
    assert not path.exists()


def test_a_line_that_cannot_be_finished_is_told(path: Path) -> None:
    filled(path)
    path.write_bytes(path.read_bytes().removesuffix(b"\n"))
    with (
        room_for(path.stat().st_size),
        pytest.raises(StoreError, match="cannot be mended, its last line is torn"),
        journal(path),
    ):
        pass
    with journal(path) as made:
        assert [entry.kind for entry in made.entries][-2:] == [Kind.SIGNED, Kind.RESUME]


def test_a_plan_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    keep(b"one", plan)
    assert (plan.read_bytes(), plan.stat().st_mode & 0o777) == (b"one", 0o600)
    with room_for(2), pytest.raises(UsageError, match="cannot be written"):
        keep(b"another", plan)
    assert plan.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [plan]
    keep(b"another", plan)
    assert plan.read_bytes() == b"another"
    keep(b"away", Path("/dev/null"))
    assert not Path("/dev/null").is_file()


def test_a_surprise_stops_with_exit_code_1(path: Path) -> None:
    what = Surprise(target=ACCOUNT, kind=SurpriseKind.USED, detail="its key was used after the plan looked")
    with journal(path) as made:
        entry = made.surprise(what)
        assert (entry.kind, entry.result) == (Kind.SURPRISE, "used")
    error = SurpriseError(what, what)
    assert (error.exit_code, len(error.surprises)) == (1, 2)
    assert "plan again, with a new journal" in error.hint
    assert f"{ACCOUNT}: used: its key was used" in error.message


@pytest.mark.parametrize("kind", [SurpriseKind.REFUSED, SurpriseKind.UNREADABLE])
def test_what_aws_refused_is_no_reason_to_plan_again(kind: SurpriseKind) -> None:
    refused = Surprise(target=ACCOUNT, kind=kind, detail="AWS refused iam:DeleteAccessKey: AccessDenied")
    assert "run the same command again" in SurpriseError(refused).hint
    changed = Surprise(target=ACCOUNT, kind=SurpriseKind.CHANGED, detail="somebody attached `x`")
    assert "find out who did that" in SurpriseError(refused, changed).hint


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tests.rollout.test_journal import delete_key, journal
with journal(Path(sys.argv[1])) as made:
    while True:
        delete_key(made)
        print(flush=True)
"""


def test_a_kill_in_the_middle_leaves_what_can_be_gone_on_with(path: Path) -> None:
    for _ in range(3):
        command = [sys.executable, "-c", WRITER, str(path), str(Path.cwd())]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            for _ in range(5):
                process.stdout.readline()
            process.send_signal(signal.SIGKILL)
        with journal(path) as made:
            assert len(made.unsettled()) >= 5
            for intent in made.unsettled():
                made.settle(intent, Result.FOUND)
    found = verify(path, [KEY.public_key()])
    assert (found.holds, found.unsettled) == (True, ())


class TestWhoseJournalIsGoneOnWith:
    """The hashes of a journal hold for whoever computes them anew; only the signature tells who wrote it."""

    def opened_by(self, path: Path, key: Ed25519PrivateKey, *others: Ed25519PrivateKey) -> int:
        with opened(
            path,
            plan="0" * 64,
            purpose="try",
            by="somebody",
            seal=KeySeal(key),
            clock=lambda: datetime(2026, 3, 2, tzinfo=UTC),
            others=[one.public_key() for one in others],
        ) as journal:
            journal.sign("end")
            return len(journal.entries)

    def test_of_somebody_else_only_when_they_are_named(self, tmp_path: Path) -> None:
        mine, theirs = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
        path = tmp_path / "journal"
        assert self.opened_by(path, theirs) == 2
        before = path.read_bytes()
        with pytest.raises(StoreError, match=r"line 1 is signed by the key .*, which was not given"):
            self.opened_by(path, mine)
        assert path.read_bytes() == before
        assert self.opened_by(path, mine, theirs) == 4
        assert self.opened_by(path, theirs, mine) == 6
