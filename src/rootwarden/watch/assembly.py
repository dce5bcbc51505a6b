"""A watcher put together: the one place that knows all its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from rootwarden.detect.visits.settings import Settings
from rootwarden.watch.chores import Due
from rootwarden.watch.figures import Figures
from rootwarden.watch.interests import looking_for
from rootwarden.watch.journal import Journal
from rootwarden.watch.judging import Judge
from rootwarden.watch.log_files import LogFiles
from rootwarden.watch.rereading import Rereading
from rootwarden.watch.rounds import Options, Rounds, Step
from rootwarden.watch.service import Manners, Service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rootwarden.alert.store.database import Store
    from rootwarden.detect.visits.checkout import Checkout
    from rootwarden.watch.dead_man import DeadMan
    from rootwarden.watch.log_files import Bucket
    from rootwarden.watch.queue import Queue


class Watcher(NamedTuple):
    """A watcher's parts, for those who drive or measure it.

    Attributes:
        service: Runs.
        rounds: Works off messages.
        rereading: Makes second readings.
        due: Judges what only time decides.
        figures: Counts.
    """

    service: Service
    rounds: Rounds
    rereading: Rereading
    due: Due
    figures: Figures


def assembled(
    store: Store,
    queue: Queue,
    bucket: Callable[[str], Bucket],
    *,
    settings: Settings | None = None,
    checkouts: Callable[[], Iterable[Checkout]] = tuple,
    journal: Journal | None = None,
    options: Options | None = None,
    manners: Manners | None = None,
    dead_man: DeadMan | None = None,
) -> Watcher:
    """Put a watcher together.

    Args:
        store: The database.
        queue: Where messages come from.
        bucket: Gives a bucket by name.
        settings: What the organization declares.
        checkouts: The check-outs as they are known at the time; asked for each time.
        journal: Tells; lines on stderr if left out.
        options: How rounds are made.
        manners: How the service behaves.
        dead_man: Who is pinged.

    Raises:
        InputError: When the settings declare what is not there.
    """
    settings, options, manners = settings or Settings(), options or Options(), manners or Manners()
    journal, figures = journal or Journal(), Figures()
    options = msgspec.structs.replace(options, region=options.region or manners.region, patience=manners.patience)
    looking, files = looking_for(settings), LogFiles(bucket)
    judge = Judge(
        store,
        looking.catalogue,
        settings=settings,
        checkouts=checkouts,
        before_commit=lambda: options.step(Step.WRITTEN),
    )
    rounds = Rounds(queue, files, judge, store, looking=looking, figures=figures, journal=journal, options=options)
    rereading = Rereading(store, judge, files, looking=looking, figures=figures, journal=journal, region=options.region)
    due = Due(store, judge, thresholds=settings.thresholds, checkouts=checkouts)
    service = Service(
        store, rounds, due, rereading, figures=figures, journal=journal, manners=manners, dead_man=dead_man
    )
    return Watcher(service=service, rounds=rounds, rereading=rereading, due=due, figures=figures)
