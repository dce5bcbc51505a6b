"""Who wrote a line: what somebody with the file, and without the key, can make of a journal is never gone on with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.rollout.test_journal import ACCOUNT, KEY, OTHER, clock, delete_key, filled, journal

from rootwarden.errors import StoreError, UsageError
from rootwarden.rollout.entry import (
    FIRST_PREVIOUS,
    Entry,
    Kind,
    Result,
    digest_of,
    read_line,
    signed_message,
    spelled,
    warrant_message,
)
from rootwarden.rollout.journal import opened
from rootwarden.rollout.reading import read_journal, verify
from rootwarden.rollout.seal import KeySeal
from rootwarden.rollout.sealing import RunKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

OURS = [KEY.public_key()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


def killed(path: Path) -> None:
    """A run that ended without a word: one call made, the outcome of another lost, nothing signed at the end."""
    with journal(path) as made:
        made.settle(made.intend(target=ACCOUNT, step="key-0", call="iam:DeleteAccessKey", parameters={}), Result.DONE)
        delete_key(made)


def entries(path: Path) -> list[Entry]:
    return list(read_journal(path).entries)


def put(path: Path, lines: Iterable[Entry]) -> None:
    """A journal of these lines, with every number and every hash made anew: all that needs no key."""
    previous, spellings = FIRST_PREVIOUS, []
    for number, entry in enumerate(lines):
        spellings.append(spelled(msgspec.structs.replace(entry, number=number, previous=previous)))
        previous = digest_of(spellings[-1])
    path.write_bytes(b"".join(line + b"\n" for line in spellings))


def outcome(**fields: object) -> Entry:
    """What somebody would write who wants a key to be taken for deleted."""
    made = Entry(
        number=0,
        previous="",
        at="2026-03-02T12:00:00Z",
        kind=Kind.OUTCOME,
        target=ACCOUNT,
        step="key-1",
        call="iam:DeleteAccessKey",
        intent=3,
        result="done",
    )
    return msgspec.structs.replace(made, **fields)


def an_outcome_without_a_seal(lines: list[Entry], _folder: Path) -> list[Entry]:
    return [*lines, outcome()]


def an_outcome_with_the_seal_of_another_line(lines: list[Entry], _folder: Path) -> list[Entry]:
    return [*lines, outcome(seal=lines[2].seal)]


def an_outcome_under_a_key_of_their_own(lines: list[Entry], _folder: Path) -> list[Entry]:
    """Sealed as it should be where it stands, by a key nobody vouches for."""
    last = digest_of(spelled(lines[-1]))
    return [*lines, RunKey().sealed(outcome(number=len(lines), previous=last))]


def somebody_is_finished(lines: list[Entry], _folder: Path) -> list[Entry]:
    kinds = {"kind": Kind.SEEN, "step": "nothing is left", "result": "", "intent": -1, "call": ""}
    return [*lines, outcome(**kinds)]


def a_line_is_cut_out(lines: list[Entry], _folder: Path) -> list[Entry]:
    return [lines[0], *lines[3:]]


def two_lines_are_swapped(lines: list[Entry], _folder: Path) -> list[Entry]:
    return [lines[0], lines[3], lines[1], msgspec.structs.replace(lines[2], intent=2)]


def a_result_is_changed(lines: list[Entry], _folder: Path) -> list[Entry]:
    return [*lines[:2], msgspec.structs.replace(lines[2], result="failed"), lines[3]]


def the_plan_is_changed(lines: list[Entry], _folder: Path) -> list[Entry]:
    return [msgspec.structs.replace(lines[0], parameters={**lines[0].parameters, "plan": "q" * 64}), *lines[1:]]


def a_line_of_another_journal(lines: list[Entry], folder: Path) -> list[Entry]:
    """Of the same person, for the same plan."""
    killed(folder / "another.jsonl")
    return [*lines[:2], entries(folder / "another.jsonl")[2], lines[3]]


def a_run_of_another_journal(lines: list[Entry], folder: Path) -> list[Entry]:
    killed(folder / "another.jsonl")
    begun, *rest = entries(folder / "another.jsonl")
    return [*lines, msgspec.structs.replace(begun, kind=Kind.RESUME, detail=""), *rest[:1]]


def a_run_nobody_vouches_for(lines: list[Entry], _folder: Path) -> list[Entry]:
    return [*lines, Entry(number=0, previous="", at="2026-03-02T12:00:00Z", kind=Kind.RESUME), outcome()]


def a_run_they_vouch_for_in_our_name(lines: list[Entry], _folder: Path) -> list[Entry]:
    run, seal, at = RunKey(), KeySeal(OTHER), "2026-03-02T12:00:00Z"
    last, ours, size = digest_of(spelled(lines[-1])), KeySeal(KEY).name, len(lines)
    told = {"by": "us", "key": ours, "plan": "p" * 64, "run": run.public}
    signature = seal.sign(warrant_message(at=at, head=last, size=size, **told))
    parameters = {**told, "signature": signature}
    resumed = Entry(number=size, previous=last, at=at, kind=Kind.RESUME, parameters=parameters)
    return [*lines, run.sealed(resumed)]


@pytest.mark.parametrize(
    ("forge", "bad", "why"),
    [
        (an_outcome_without_a_seal, 4, "has no seal, in a journal that was begun signed"),
        (an_outcome_with_the_seal_of_another_line, 4, "is not of the run it stands in"),
        (an_outcome_under_a_key_of_their_own, 4, "is not of the run it stands in"),
        (somebody_is_finished, 4, "has no seal"),
        (a_line_is_cut_out, 1, "is not of the run it stands in"),
        (two_lines_are_swapped, 1, "is not of the run it stands in"),
        (a_result_is_changed, 2, "is not of the run it stands in"),
        (the_plan_is_changed, 0, "has a signature that does not hold"),
        (a_line_of_another_journal, 2, "is not of the run it stands in"),
        (a_run_of_another_journal, 4, "has a signature that does not hold"),
        (a_run_nobody_vouches_for, 4, "is signed by the key (none), which was not given"),
        (a_run_they_vouch_for_in_our_name, 4, "has a signature that does not hold"),
    ],
)
def test_what_nobody_vouches_for_is_refused(
    path: Path, forge: Callable[[list[Entry], Path], list[Entry]], bad: int, why: str
) -> None:
    killed(path)
    put(path, forge(entries(path), path.parent))
    before = path.read_bytes()
    assert read_journal(path).bad == ""
    found = verify(path, OURS)
    assert (found.bad, found.holds) == (bad, False)
    assert why in found.why
    with pytest.raises(StoreError, match=f"cannot be gone on with: line {bad + 1} "), journal(path):
        pass
    assert path.read_bytes() == before


@given(line=st.integers(0, 4), place=st.integers(0, 10_000), letter=st.sampled_from("0aZ9=/"))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_letter_can_be_changed(path: Path, line: int, place: int, letter: str) -> None:
    """Wherever it is changed, and whatever is computed anew after it."""
    path.unlink(missing_ok=True)
    filled(path)
    lines = entries(path)
    text = spelled(lines[line]).decode()
    at = place % len(text)
    changed = read_line((text[:at] + letter + text[at + 1 :]).encode())
    if changed is None or changed == lines[line]:
        return
    put(path, [*lines[:line], changed, *lines[line + 1 :]])
    there = entries(path)
    if there == lines:  # a number or a hash, which `put` made anew
        return
    assert not verify(path, OURS).holds


def test_a_journal_begun_unsigned_says_so(path: Path) -> None:
    filled(path)
    unsigned = [msgspec.structs.replace(each, seal="") for each in entries(path) if each.kind is not Kind.SIGNED]
    unsigned[0] = msgspec.structs.replace(unsigned[0], parameters={"plan": "p" * 64, "by": "arn:us"})
    put(path, unsigned)
    said = "was begun unsigned: nothing shows who wrote it, so none of it is believed"
    assert verify(path, OURS).why == said
    with pytest.raises(StoreError, match=said), journal(path):
        pass


def test_what_a_kill_leaves_is_gone_on_with(path: Path) -> None:
    killed(path)
    assert (verify(path, OURS).holds, verify(path, OURS).signed) == (True, 0)
    path.write_bytes(path.read_bytes()[:-30])
    with journal(path) as made:
        assert [entry.kind for entry in made.entries[-2:]] == [Kind.RESUME, Kind.RECOVERED]
        made.sign("end")
    found = verify(path, OURS)
    assert (found.holds, found.signed) == (True, found.entries)


def test_half_a_line_of_somebody_else_is_taken_away_like_any_other(path: Path) -> None:
    killed(path)
    last = digest_of(spelled(entries(path)[-1]))
    forged = spelled(outcome(number=4, previous=last))
    path.write_bytes(path.read_bytes() + forged[:-1])
    with journal(path) as made:
        assert len(made.unsettled()) == 1
        assert made.entries[-1].kind is Kind.RECOVERED


def test_a_whole_line_of_somebody_else_without_its_end_is_refused(path: Path) -> None:
    killed(path)
    last = digest_of(spelled(entries(path)[-1]))
    path.write_bytes(path.read_bytes() + spelled(outcome(number=4, previous=last)))
    with pytest.raises(StoreError, match="line 5 has no seal"), journal(path):
        pass


def test_a_run_is_ended_by_who_began_it(path: Path) -> None:
    with journal(path) as made:
        at, head, key = "2026-03-02T12:00:00Z", made._head, KeySeal(OTHER).name
        signature = KeySeal(OTHER).sign(signed_message(at=at, head=head, key=key, size=1, why="end"))
        parameters = {"key": key, "signature": signature, "why": "end"}
        made._append(Entry(number=1, previous=head, at=at, kind=Kind.SIGNED, parameters=parameters))
    assert "which did not begin its run" in verify(path, [*OURS, OTHER.public_key()]).why


def test_of_another_plan(path: Path) -> None:
    killed(path)
    before = path.read_bytes()
    with pytest.raises(UsageError, match="of another plan"), journal(path, plan="q" * 64):
        pass
    assert path.read_bytes() == before


class Unreachable(KeySeal):
    """A key in hardware that nobody touches."""

    def sign(self, message: bytes) -> str:
        raise UsageError(f"the key was not touched for {len(message)} bytes")


def test_a_key_out_of_reach_is_told_before_anything_is_written(path: Path) -> None:
    with (
        pytest.raises(UsageError, match="was not touched"),
        opened(path, plan="p" * 64, purpose="try", by="us", seal=Unreachable(KEY), clock=clock),
    ):
        pass
    assert path.read_bytes() == b""
    with journal(path) as made:
        assert [entry.kind for entry in made.entries] == [Kind.BEGIN]
