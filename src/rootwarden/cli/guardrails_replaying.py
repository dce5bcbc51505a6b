"""From a change of policies and a trail to what was found."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.cli import showing, trail_engine, trail_reading
from rootwarden.cli.trail_reading import Asked
from rootwarden.guardrails.replaying.change import Step
from rootwarden.guardrails.standing import Landscape

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rootwarden.cli.replay_format import Format
    from rootwarden.guardrails.replaying.tally import Judged, ReplayTally
    from rootwarden.report.replay.told import ReplayRecord, StepTold
    from rootwarden.trail.batch import Orders
    from rootwarden.trail.replay import Replay, Sums
    from rootwarden.trail.run import Run
    from rootwarden.trail.spool import Spool

_MOST_UNKNOWN: Final = 100


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What the command was given."""

    asked: Asked
    where: trail_engine.Where
    landscape: Landscape
    listed: bool
    steps: tuple[Step, ...]


class Found:
    """What a replay found, for as long as its spool is there.

    Args:
        given: What was asked for.
        done: What the reading came to.
        sums: What the records came to besides.
        spool: The calls the change touches.
    """

    def __init__(self, given: Given, done: Run, sums: Sums, spool: Spool) -> None:
        self._given = given
        self._done = done
        self._sums = sums
        self._spool = spool
        self.exit_code = trail_reading.exit_code(done) or _exit_code(given, sums)

    def judged(self) -> Iterator[Judged]:
        """The calls the change touches, in order of account and time."""
        from rootwarden.guardrails.replaying.ruling import Issued, SignedIn, Touched
        from rootwarden.guardrails.replaying.tally import judged_calls

        decoder: msgspec.json.Decoder[Touched | Issued | SignedIn] = msgspec.json.Decoder(Touched | Issued | SignedIn)
        return judged_calls(decoder.decode(document) for document in self._spool.documents())

    def record(self) -> ReplayRecord:
        """The replay record."""
        from rootwarden.guardrails.replaying.tally import ReplayTally

        tally = ReplayTally()
        for one in self.judged():
            tally.add(one)
        return _told(self._given, self._done, self._sums, tally)

    def write(self, form: Format, output: Path | None) -> None:
        """Print a report."""
        from rootwarden.report.replay import machine, table, terminal

        told = self.record()
        if form == "json":
            text = machine.render(told)
        elif form == "csv":
            text = table.render(told)
        else:
            width, color = showing.screen(output)
            text = terminal.render(told, width=width, color=color)
        showing.show(text, output)
        trail_reading.tell(self._done, terminal.headline(told))

    def write_lines(self, output: Path | None) -> None:
        """Print every event, one line each."""
        from rootwarden.report.replay import machine
        from rootwarden.report.words import several

        count = 0
        paper = sys.stdout if output is None else output.open("w", encoding="utf-8")
        try:
            for one in self.judged():
                paper.write(machine.line(one))
                count += 1
        finally:
            if output is not None:
                paper.close()
        trail_reading.tell(self._done, f"{several(count, 'event')} the change touches")


@contextmanager
def replayed(given: Given) -> Iterator[Found]:
    """Read everything, and decide it.

    Raises:
        RootwardenError: When something is not there, or is not what it should be.
    """
    from rootwarden.cli.trail_progress import progress
    from rootwarden.trail.objects_to_read import STDIN
    from rootwarden.trail.replay import Sums
    from rootwarden.trail.run import run
    from rootwarden.trail.spool import Spool

    listing, restriction = trail_reading.listing_of(given.asked)
    sums = Sums()
    stream = sys.stdin.buffer if STDIN in given.asked.paths else None
    with (
        trail_engine.opened(given.where, workers=given.asked.workers) as elsewhere,
        Spool() as spool,
        TemporaryDirectory(prefix="rootwarden-replay-") as folder,
    ):
        orders = _orders(given, folder)
        orders = msgspec.structs.replace(orders, restriction=restriction)
        with progress() as show:
            done = run(
                listing,
                orders,
                spool,
                stream=stream,
                workers=given.asked.workers,
                elsewhere=elsewhere,
                show=show,
                also=lambda result: sums.merge(result.sums) if result.sums is not None else None,
            )
        trail_reading.refuse_nothing(done)
        yield Found(given, done, sums, spool)


def replay_of(landscape: Landscape, steps: tuple[Step, ...], *, listed: bool) -> Replay:
    """What workers are told about a change."""
    from rootwarden.audit.guardrail_proof import around_of
    from rootwarden.guardrails.replaying.change import changed
    from rootwarden.guardrails.replaying.paths import Brief
    from rootwarden.packs.actions import action_catalogue
    from rootwarden.packs.event_names import event_names
    from rootwarden.trail.replay import Replay, packed_catalogue

    after = changed(landscape, steps)
    brief = Brief(before=landscape, after=after, steps=steps, around=around_of(after), listed=listed)
    return Replay(brief=brief, names=event_names(), catalogue=packed_catalogue(action_catalogue()))


def _orders(given: Given, folder: str) -> Orders:
    from rootwarden.detect.visits.interest import Interest
    from rootwarden.trail.batch import Orders

    return Orders(
        interest=Interest(calls=frozenset()),
        folder=folder,
        profile=given.asked.profile,
        region=given.asked.region,
        replay=replay_of(given.landscape, given.steps, listed=given.listed),
    )


def _told(given: Given, done: Run, sums: Sums, tally: ReplayTally) -> ReplayRecord:
    from rootwarden.guardrails.replaying.digest import landscape_digest
    from rootwarden.report.replay.told import Present, Read, ReplayRecord, Window, calls_of, groups_of

    landscape, asked = given.landscape, given.asked
    return ReplayRecord(
        change=tuple(map(_step, given.steps)),
        present=Present(
            organization=landscape.organization, management=landscape.management, sha256=landscape_digest(landscape)
        ),
        window=Window(
            start=asked.start or None,
            to=asked.end or None,
            first=sums.first or None,
            last=sums.last or None,
            regions=tuple(sorted(asked.regions)),
        ),
        read=Read(
            source=", ".join(asked.paths),
            files=done.counts.files,
            records=done.counts.records,
            sha256=f"{int(sums.digest, 16):064x}",
            trouble=tuple(f"{problem.file}: {problem.reason}" for problem in done.problems),
            complete=not done.unread and not done.interrupted,
            accounts=tuple(sorted(sums.heard)),
        ),
        calls=calls_of(tally),
        principals=tally.principals,
        unknown_accounts=tuple(sorted(sums.unknown)[:_MOST_UNKNOWN]),
        groups=groups_of(tally),
        beyond=tally.beyond,
    )


def _exit_code(given: Given, sums: Sums) -> int:
    """3 where the change binds callers, and all of them are of accounts the evidence does not have."""
    binds_callers = all(step.kind == "scp" for step in given.steps)
    return 3 if binds_callers and sums.unknown and not sums.heard else 0


def _step(step: Step) -> StepTold:
    from rootwarden.guardrails.replaying.digest import digest_of
    from rootwarden.report.replay.told import PolicyNamed, StepTold

    policy = step.policy
    named = PolicyNamed(name=policy.name, id=None if policy.planned else policy.id, sha256=digest_of(policy))
    return StepTold(operation=step.operation, kind=step.kind, target=step.target, policy=named)
