"""The journal of a change: what is about to be done is on the disk before it is done (docs/rollout-journal.md)."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from rootwarden.errors import InputError, StoreError, UsageError
from rootwarden.facts.instant import format_instant
from rootwarden.rollout.entry import Entry, Kind, digest_of, signed_message, spelled, warrant_message
from rootwarden.rollout.lock import held_alone
from rootwarden.rollout.reading import believed, fault, read_journal, unsettled
from rootwarden.rollout.sealing import RunKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from rootwarden.rollout.entry import Result
    from rootwarden.rollout.reading import Content
    from rootwarden.rollout.seal import Seal
    from rootwarden.rollout.surprise import Surprise

_MODE: Final = 0o600
_LONGEST_DETAIL: Final = 2000


class Journal:
    """A journal that is open for writing; made by `opened`. Any thread may write.

    Attributes:
        entries: Every entry, those of earlier runs included.
    """

    def __init__(self, path: Path, file: int, content: Content, *, clock: Callable[[], datetime], seal: Seal) -> None:
        self.entries = list(content.entries)
        self._path = path
        self._file = file
        self._head = content.head
        self._clock = clock
        self._seal = seal
        self._lock = threading.Lock()
        self._failed = False
        self._run = RunKey()

    def start(self, *, plan: str, purpose: str, by: str, torn: int = 0) -> None:
        """Begin it, or say that it is gone on with, by whom, and what was torn.

        Raises:
            UsageError: It is of another plan, or for something else.
            RootwardenError: The key cannot be reached; nothing was written.
        """
        if self.entries:
            first = self.entries[0]
            if first.parameters.get("plan") != plan or first.detail != purpose:
                other = "of another plan" if first.detail == purpose else f"for something else: {first.detail}"
                hint = "give the plan it was begun with, or name a new journal for this one; never mix two"
                raise UsageError(f"the journal `{self._path}` is {other}", hint=hint)
            self._append(self._warranted(Kind.RESUME, plan=plan, by=by))
        else:
            self._append(self._warranted(Kind.BEGIN, plan=plan, by=by, detail=purpose))
        if torn:
            self._write(Kind.RECOVERED, detail=f"{torn} bytes of a line that was never finished were taken away")

    def intend(self, *, target: str, step: str, call: str, parameters: Mapping[str, Any]) -> Entry:
        """Write down that a call is about to be made; when this returns, it is on the disk."""
        return self._write(Kind.INTENT, target=target, step=step, call=call, parameters=dict(parameters))

    def settle(self, intent: Entry, result: Result, detail: str = "") -> Entry:
        """Write down what came of it."""
        return self._write(
            Kind.OUTCOME,
            target=intent.target,
            step=intent.step,
            call=intent.call,
            intent=intent.number,
            result=result.value,
            detail=detail,
        )

    def see(self, *, target: str, step: str = "", detail: str, parameters: Mapping[str, Any] | None = None) -> Entry:
        """Write down what a look showed."""
        return self._write(Kind.SEEN, target=target, step=step, detail=detail, parameters=dict(parameters or {}))

    def note(self, *, detail: str, target: str = "", parameters: Mapping[str, Any] | None = None) -> Entry:
        """Write down what people should know."""
        return self._write(Kind.NOTE, target=target, detail=detail, parameters=dict(parameters or {}))

    def surprise(self, surprise: Surprise) -> Entry:
        """Write down a surprise; whoever does stops afterwards."""
        return self._write(Kind.SURPRISE, target=surprise.target, result=surprise.kind.value, detail=surprise.detail)

    def sign(self, why: str) -> Entry:
        """Sign everything so far.

        Args:
            why: `end` or `stop`.

        Raises:
            RootwardenError: The key cannot be reached; the entries stand unsigned.
        """
        with self._lock:
            at, size, head, key = format_instant(self._clock()), len(self.entries), self._head, self._seal.name
            signature = self._seal.sign(signed_message(at=at, head=head, key=key, size=size, why=why))
            parameters = {"key": key, "signature": signature, "why": why}
            return self._append(Entry(number=size, previous=head, at=at, kind=Kind.SIGNED, parameters=parameters))

    def now(self) -> datetime:
        """The time, by the clock that stamps entries."""
        return self._clock()

    def unsettled(self) -> tuple[Entry, ...]:
        """The intents of which it is not known what became: look at AWS first."""
        with self._lock:
            return unsettled(self.entries)

    def _warranted(self, kind: Kind, *, plan: str, by: str, detail: str = "") -> Entry:
        """The first line of a run: a person vouches for the key that seals it and those after it."""
        at, size, key, run = format_instant(self._clock()), len(self.entries), self._seal.name, self._run.public
        message = warrant_message(at=at, by=by, head=self._head, key=key, plan=plan, run=run, size=size)
        parameters = {"plan": plan, "by": by, "key": key, "run": run, "signature": self._seal.sign(message)}
        return Entry(number=size, previous=self._head, at=at, kind=kind, detail=detail, parameters=parameters)

    def _write(self, kind: Kind, *, parameters: Mapping[str, Any] | None = None, **fields: Any) -> Entry:
        fields["detail"] = str(fields.get("detail", ""))[:_LONGEST_DETAIL]
        with self._lock:
            return self._append(
                Entry(
                    number=len(self.entries),
                    previous=self._head,
                    at=format_instant(self._clock()),
                    kind=kind,
                    parameters=dict(parameters or {}),
                    **fields,
                )
            )

    def _append(self, entry: Entry) -> Entry:
        entry = self._run.sealed(entry)
        line = spelled(entry)
        if self._failed:
            raise StoreError(f"the journal `{self._path}` could not be written before", hint="run the command again")
        try:
            _write_all(self._file, line + b"\n")
            os.fsync(self._file)
        except OSError as error:
            self._failed = True  # half a line may stand there: the next run mends it
            raise StoreError(
                f"the journal `{self._path}` cannot be written: {error.strerror}",
                hint="nothing further was begun; make room, then run the same command again",
            ) from error
        self._head = digest_of(line)
        self.entries.append(entry)
        return entry


@contextmanager
def opened(
    path: Path,
    *,
    plan: str,
    purpose: str,
    by: str,
    seal: Seal,
    clock: Callable[[], datetime],
    others: Iterable[Ed25519PublicKey] = (),
) -> Iterator[Journal]:
    """Open a journal alone, made new or gone on with; whatever a kill tore off is told and mended.

    Args:
        path: The file.
        plan: SHA-256 of the plan, in hexadecimal; a journal belongs to one plan.
        purpose: What it is for, in a few words.
        by: Who works, as AWS knows them.
        seal: Signs at the end and at every stop.
        clock: Tells the time.
        others: Keys of others who may have signed what is there already.

    Raises:
        StoreError: Somebody else holds it, it is damaged, nobody we know vouches for a line, or the disk is full.
        UsageError: It is of another plan, or cannot be written there.
    """
    with held_alone(path, by=by, since=format_instant(clock())):
        file = _open(path)
        try:
            content, torn = _mended(path, file, (seal.public, *others))
            journal = Journal(path, file, content, clock=clock, seal=seal)
            journal.start(plan=plan, purpose=purpose, by=by, torn=torn)
            yield journal
        finally:
            os.close(file)


def _open(path: Path) -> int:
    try:
        file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, _MODE)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise UsageError(
            f"`{path}` cannot be written: {error.strerror}", hint="is the folder there, and yours?"
        ) from error
    return file


def _mended(path: Path, file: int, keys: Iterable[Ed25519PublicKey]) -> tuple[Content, int]:
    """What the file holds, after a torn last line was taken away or finished; and how many bytes were taken away.

    What is not believed is left as it is.
    """
    content = _whole(path, keys)
    if not content.torn:
        return content, 0
    waiting = {entry.number for entry in unsettled(content.entries)}
    whole = not fault(content.torn, len(content.entries), content.head, waiting)
    try:
        if whole:
            _write_all(file, b"\n")
        else:
            os.ftruncate(file, content.size)
        os.fsync(file)
    except OSError as error:
        raise StoreError(
            f"the journal `{path}` cannot be mended, its last line is torn: {error.strerror}",
            hint="nothing was begun; make room, then run the same command again",
        ) from error
    return (_whole(path, keys), 0) if whole else (content, len(content.torn))


def _whole(path: Path, keys: Iterable[Ed25519PublicKey]) -> Content:
    """What the file holds but for a torn end, each line written in the name of these keys: what is done rests on it."""
    try:
        content = read_journal(path)
    except InputError as error:
        raise StoreError(f"the journal cannot be gone on with: {error.message}") from error
    if content.bad:
        raise StoreError(
            f"the journal `{path}` is damaged: line {len(content.entries) + 1} {content.bad}",
            hint="keep it aside; look at AWS, and plan again with a new journal",
        )
    found = believed(content, keys)
    if not found.holds:
        raise StoreError(
            f"the journal `{path}` cannot be gone on with: line {found.bad + 1} {found.why}",
            hint="--signed-by FILE names the public key of somebody else who worked with it; else somebody edited it",
        )
    return content


def _write_all(file: int, content: bytes) -> None:
    while content:
        content = content[os.write(file, content) :]
