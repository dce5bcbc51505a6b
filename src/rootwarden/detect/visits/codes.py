"""Codes that were handed out and not used: somebody may still hold one, or the trail is silent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.detect.visits.coverage import begun, is_direct_use
from rootwarden.detect.visits.incident import Concern, ConcernKind, Reason, Severity
from rootwarden.detect.visits.stamp import instant_of, seconds, stable_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from rootwarden.detect.visits.checkout import Checkout
    from rootwarden.detect.visits.gather import Visit
    from rootwarden.detect.visits.settings import Settings


def not_followed(
    visits: list[Visit], checkouts: Iterable[Checkout], settings: Settings, as_of: datetime | None
) -> Iterator[Concern]:
    """A concern for each code after whose release root was not used soon enough.

    Args:
        visits: All visits.
        checkouts: Those that are not believed too: they explain nothing, and still say that a code is out.
        settings: They say how soon.
        as_of: Until when the events reach; a code handed out too shortly before is left for later. `None`: for ever.
    """
    minutes = settings.thresholds.released_minutes
    used: dict[str, list[int]] = {}
    for visit in visits:
        if is_direct_use(visit):
            used.setdefault(visit.account, []).append(begun(visit))
    for checkout in checkouts:
        if checkout.released_at is None:
            continue
        released = seconds(checkout.released_at)
        end = released + minutes * 60
        pending = as_of is not None and seconds(as_of) < end
        if pending or any(released <= one <= end for one in used.get(checkout.account, ())):
            continue
        doubt = "" if checkout.trusted else f" (the check-out is not believed: {checkout.doubt})"
        words = f"`{checkout.person}` got a code for check-out `{checkout.lease}` and root was not used within "
        reason = Reason(code="code-not-used", words=f"{words}{minutes} minutes{doubt}", severity=Severity.NOTIFY)
        yield Concern(
            id=stable_id("code-not-used", checkout.account, released, checkout.lease),
            kind=ConcernKind.TOWARD_ROOT,
            account=checkout.account,
            actor=checkout.person,
            started=instant_of(released),
            ended=instant_of(end),
            severity=Severity.NOTIFY,
            reasons=(reason,),
        )
