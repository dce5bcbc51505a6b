"""Which trails see an account, and whether they record now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.detect.truth import Truth, any_of
from rootwarden.detect.way import Need, NeedKind
from rootwarden.facts.fact import Known, Unknown
from rootwarden.facts.monitoring import Trail

if TYPE_CHECKING:
    from rootwarden.detect.way import Scene, Way
    from rootwarden.facts.monitoring import Monitoring


class Found(msgspec.Struct, frozen=True):
    """The trails that are known to see the account; `doubt` when there may be more."""

    trails: tuple[Trail, ...]
    doubt: Unknown | None = None


def trails(scene: Scene) -> Found:
    """Every trail the account sees, as its owner describes it where that is known.

    The home region lists every multi-region and organization trail. Where that list could not be read, the
    organization trails of the owner still count: they record each member.
    """
    by_arn = {trail.arn: trail for trail in _listed(scene.account)}
    home = scene.account.region(scene.account.home_region).trails
    owned = {trail.arn: trail for trail in _listed(scene.owner)} if scene.owner is not None else {}
    if isinstance(home, Unknown):
        by_arn |= {arn: trail for arn, trail in owned.items() if trail.organization == Known(True)}
    known = tuple(
        owned.get(arn, trail) if trail.account != scene.account.account else trail for arn, trail in by_arn.items()
    )
    return Found(tuple(sorted(known, key=_promise)), home if isinstance(home, Unknown) else None)


def recording(scene: Scene, way: Way, trail: Trail) -> Way:
    """Link a trail: the regions it sees, and whether it is logging."""
    way = way.link(f"trail {trail.name}").seen(scene.account.region(scene.account.home_region).trails)
    truths = scene.each(lambda event: sees(trail, event.region))
    doubt = trail.multi_region if isinstance(trail.multi_region, Unknown) else None
    way = way.test(truths, f"records {trail.home_region} only, and misses {scene.missed(truths)}", doubt).seen(
        trail.status
    )
    said = logging(scene, trail)
    if said.doubt is not None:
        return way.doubtful(said.doubt, said.need)
    return way if said.truth else way.broken("is not logging")


class Logging(msgspec.Struct, frozen=True):
    """Whether a trail is logging; undecided with the doubt, and what to ask if nobody asked yet."""

    truth: Truth
    doubt: Unknown | None = None
    need: Need | None = None


def logging(scene: Scene, trail: Trail) -> Logging:
    """Whether the trail is logging. Another account's trail is asked about there, never here."""
    if isinstance(trail.status, Known):
        return Logging(trail.status.value.logging)
    if not isinstance(trail.status, Unknown):
        return Logging(False)
    if trail.account != scene.account.account:
        reason = f"the trail belongs to account {trail.account}, whose answers are missing"
        return Logging(None, msgspec.structs.replace(trail.status, reason=reason))
    return Logging(None, trail.status, Need(NeedKind.STATUS, trail.home_region, trail.name, trail.arn))


def log_account(trail: Trail) -> str:
    """The account of the log group a trail delivers to, or an empty text."""
    return trail.log_group.value.account if isinstance(trail.log_group, Known) else ""


def log_accounts(place: Monitoring) -> frozenset[str]:
    """The other accounts whose log groups the trails that are listed in an account deliver to."""
    return frozenset(log_account(trail) for trail in _listed(place)) - {"", place.account}


def sees(trail: Trail, region: str) -> Truth:
    """Whether the trail records that region."""
    everywhere = trail.multi_region.value if isinstance(trail.multi_region, Known) else None
    return any_of((everywhere, trail.home_region == region))


def _listed(place: Monitoring) -> list[Trail]:
    return [trail for region in place.regions if isinstance(region.trails, Known) for trail in region.trails.value]


def _promise(trail: Trail) -> tuple[bool, bool, str]:
    """Trails that see every region and deliver to a log group first, then by name."""
    return trail.multi_region != Known(True), not isinstance(trail.log_group, Known), trail.arn
