"""Write a month: log files on all cores, and beside the folder its check-outs, its organization and the truth."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from rootwarden.errors import UsageError
from rootwarden.simulator.trail.beside import EVIDENCE, write_aside, write_beside, write_bomb
from rootwarden.simulator.trail.evidence import write_evidence
from rootwarden.simulator.trail.files import Oddity, write_file
from rootwarden.simulator.trail.month import START, log_files, tell
from rootwarden.simulator.trail.organization import AUDIT_POLICY, ORGANIZATION_ID, PASSWORD_STORE, audit_caller
from rootwarden.simulator.trail.truth import SCHEMA, Counts, Declared, ExpectedCaller, Irregular, Truth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from rootwarden.simulator.trail.files import LogFile, Written
    from rootwarden.simulator.trail.month import Month, Told

# Files a worker is given at a time, and from how many on workers are worth their start.
_BATCH: Final = 20
_FEW: Final = 400


def write_month(
    month: Month,
    folder: Path,
    *,
    aside: Path,
    bomb: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> Truth:
    """Write a month of an organization trail.

    Args:
        month: What to make.
        folder: Where the log files go; a folder that does not exist yet, or is empty.
        aside: Where check-outs, settings, evidence of the organization and the truth go; a new folder outside of the
            other.
        bomb: Add a small file that inflates to gigabytes.
        on_progress: Told after each batch how many of how many files are written.

    Returns:
        The truth.

    Raises:
        UsageError: When a folder holds something or cannot be written, or the truth would be inside of the trail.
    """
    if aside.resolve().is_relative_to(folder.resolve()):
        raise UsageError(f"`{aside}` is inside of `{folder}`", hint="the truth is kept outside of what is read")
    told = tell(month)
    try:
        for each in (folder, aside):
            if each.exists() and any(each.iterdir()):
                raise UsageError(f"`{each}` is not empty", hint="a month is never mixed with others: name a new folder")
        written = list(_written(log_files(told), month.seed, folder, on_progress))
        others = write_beside(folder)
        bombs = (write_bomb(folder),) if bomb else ()
        made = _truth(told, written, others, bombs)
        write_aside(made, told.checkouts, aside)
        write_evidence(told.organization, aside / EVIDENCE, started=made.started, ended=made.ended)
    except OSError as error:
        place = error.filename or folder
        raise UsageError(
            f"`{place}` cannot be written: {error.strerror}", hint="name a place you may write, with space left"
        ) from error
    return made


def _written(
    files: Sequence[LogFile], seed: int, folder: Path, on_progress: Callable[[int, int], None] | None
) -> Iterator[Written]:
    batches = [files[place : place + _BATCH] for place in range(0, len(files), _BATCH)]
    write = partial(_write_batch, seed=seed, folder=folder)
    if len(files) < _FEW:
        for batch in batches:
            yield from write(batch)
        return
    # Spawned, not forked: the same on every system, and no thread of ours is caught in a fork.
    workers = ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("spawn"))
    done = 0
    try:
        for written in workers.map(write, batches):
            done += len(written)
            if on_progress is not None:
                on_progress(done, len(files))
            yield from written
    finally:
        workers.shutdown(cancel_futures=True)


def _write_batch(files: Sequence[LogFile], seed: int, folder: Path) -> list[Written]:
    return [write_file(file, seed, folder) for file in files]


def _truth(told: Told, written: Sequence[Written], others: tuple[str, ...], bombs: tuple[str, ...]) -> Truth:
    ledger, month = told.ledger, told.month
    visits = [draft.truth() for draft in ledger.drafts]
    return Truth(
        schema=SCHEMA,
        seed=month.seed,
        organization=ORGANIZATION_ID,
        started=START,
        ended=START + timedelta(days=month.days),
        untold=told.untold,
        counts=_counts(told, written),
        irregular=Irregular(
            truncated=_with(written, Oddity.TRUNCATED),
            several_members=_with(written, Oddity.SEVERAL_MEMBERS),
            bombs=bombs,
            no_log_files=others,
        ),
        declared=Declared(
            expected_callers=(ExpectedCaller(arn=audit_caller(), task_policy=AUDIT_POLICY),),
            password_stores=(PASSWORD_STORE,),
        ),
        visits=tuple(sorted(visits, key=lambda visit: (visit.account, str(visit.started), visit.event_ids))),
        concerns=tuple(sorted(ledger.concerns, key=lambda each: (each.account, each.kind, each.event_ids, each.lease))),
        root_events=tuple(sorted(ledger.root_events, key=lambda event: event.event_id)),
    )


def _counts(told: Told, written: Sequence[Written]) -> Counts:
    records, copies = (sum(getattr(each, name) for each in written) for name in ("records", "copies"))
    delivered = told.ledger.delivered
    return Counts(
        files=len(written),
        events=records - copies,
        records=records,
        root_events=sum(draft.events for draft in told.ledger.drafts),
        copies=copies,
        addenda=sum(each.addendum for each in delivered),
        late=sum(each.late for each in written),
        bytes=sum(each.bytes for each in written),
        inflated=sum(each.inflated for each in written),
    )


def _with(written: Sequence[Written], oddity: Oddity) -> tuple[str, ...]:
    return tuple(sorted(each.key for each in written if each.oddity is oddity))
