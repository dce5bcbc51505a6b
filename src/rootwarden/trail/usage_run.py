"""One run over everything a user named, for who used what: read on all cores, added up, nothing kept on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.iam.usage.mapping import EventRules
from rootwarden.iam.usage.tally import Tally
from rootwarden.trail.counts import Counts
from rootwarden.trail.run import Run, read_all
from rootwarden.trail.usage import UsageScan
from rootwarden.trail.usage_tally import UsageTally

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from rootwarden.trail.batch import Orders
    from rootwarden.trail.objects_to_read import Listing
    from rootwarden.trail.run import Progress


def run_usage(
    listing: Listing,
    orders: Orders,
    *,
    stream: BinaryIO | None = None,
    workers: int = 0,
    show: Callable[[Progress], None] = lambda _: None,
) -> tuple[Run, Tally]:
    """Read everything.

    Args:
        listing: What there is.
        orders: What for; with the names of events.
        stream: Standard input, when it is to be read too.
        workers: How many processes; 0 for one a core.
        show: Called with how far it is.

    Returns:
        What it came to, and the sum. An interrupt (Ctrl-C) ends the reading and not the run.

    Raises:
        RootwardenError: When a bucket cannot be listed.
    """
    done, tally = Run(), Tally()
    try:
        if stream is not None:
            tally.merge(_of_stream(stream, orders, done))
        for result in read_all(listing.objects(), orders, done, workers=workers, show=show):
            if result.tally is not None:
                tally.merge(result.tally)
    except KeyboardInterrupt:
        done.interrupted = True
    done.took(Counts(), listing.unlisted)
    done.passed_over = dict(sorted(listing.passed_over.items()))
    return done, tally


def _of_stream(stream: BinaryIO, orders: Orders, done: Run) -> Tally:
    scan = UsageScan(stream, name="-", limits=orders.limits)
    sum_of = UsageTally(EventRules(orders.names), orders.restriction)
    for calls in scan.calls():
        for call in calls:
            sum_of.take(call)
    done.took(scan.counts(), scan.problems)
    return sum_of.tally
