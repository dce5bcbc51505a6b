"""Which check-out covers which visit, and in what a visit differs from what its check-out allows."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.detect.visits.checkout import Checkout
from rootwarden.detect.visits.gather import FEDERATED, SESSION, TIMELESS
from rootwarden.detect.visits.incident import Shape
from rootwarden.detect.visits.settings import network_of
from rootwarden.detect.visits.shape import is_service
from rootwarden.detect.visits.stamp import seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rootwarden.detect.visits.gather import Visit, VisitKey
    from rootwarden.detect.visits.settings import Network, Settings
    from rootwarden.detect.visits.visit import Summary

# Shapes in which somebody holds root's own credentials, or a session made from them.
DIRECT: Final = frozenset({Shape.SIGN_IN, Shape.CONSOLE, Shape.ACCESS_KEY, Shape.SESSION, Shape.FEDERATED})
_SHOWN: Final = 5


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One thing in which a visit is not what its check-out allows; `code` is that of the reason."""

    code: str
    words: str


class Cover(msgspec.Struct, frozen=True, kw_only=True):
    """The check-out that covers a visit by time, and every difference; none: the visit is expected."""

    checkout: Checkout
    differences: tuple[Difference, ...]


def begun(visit: Visit) -> int:
    """The second a visit began: that of its sign-in or session, else of its first event."""
    return visit.key[2] if visit.key[0] in {SESSION, FEDERATED} else visit.summary.first


def is_direct_use(visit: Visit) -> bool:
    """Whether somebody was in with root's own credentials."""
    return visit.summary.used and visit.shape in DIRECT


def covers(visits: Iterable[Visit], checkouts: Sequence[Checkout], settings: Settings) -> dict[VisitKey, Cover]:
    """The cover of each visit that has one.

    Each check-out explains one visit, the first of its time. Visits are taken by time; one that several check-outs
    cover goes to the one from which it differs least.
    """
    by_account: dict[str, list[Checkout]] = {}
    for checkout in sorted(checkouts, key=lambda one: (one.start, one.lease)):
        if checkout.trusted:
            by_account.setdefault(checkout.account, []).append(checkout)
    if not by_account:
        return {}
    taken: set[tuple[str, str]] = set()
    found: dict[VisitKey, Cover] = {}
    candidates = [one for one in visits if one.account in by_account and is_direct_use(one) and one.key[0] != TIMELESS]
    for visit in sorted(candidates, key=lambda one: (begun(one), one.key)):
        cover = _best(visit, by_account[visit.account], taken, settings)
        if cover is not None:
            found[visit.key] = cover
            taken.add((cover.checkout.account, cover.checkout.lease))
    return found


def outside_networks(addresses: Iterable[str], networks: Iterable[str]) -> tuple[str, ...]:
    """Addresses that lie in none of the networks; what is no address, and no service's name, is one of them.

    Where a service makes the request, CloudTrail gives its name instead of an address.
    """
    known = [network for one in networks if (network := network_of(one)) is not None]
    return tuple(one for one in addresses if not is_service(one) and not _inside(one, known))


def _best(visit: Visit, checkouts: list[Checkout], taken: set[tuple[str, str]], settings: Settings) -> Cover | None:
    covering = [one for one in checkouts if seconds(one.start) <= begun(visit) <= seconds(one.until)]
    possible = [
        Cover(
            checkout=one,
            differences=tuple(_differences(visit, one, settings, taken=(one.account, one.lease) in taken)),
        )
        for one in covering
    ]
    return min(possible, key=lambda cover: len(cover.differences), default=None)


def _differences(visit: Visit, checkout: Checkout, settings: Settings, *, taken: bool) -> list[Difference]:
    return [
        *_in_time(visit, checkout, taken=taken),
        *_by_device(visit.summary, checkout),
        *_from_networks(visit.summary, checkout, settings),
        *_in_task(visit.summary, checkout),
    ]


def _in_time(visit: Visit, checkout: Checkout, *, taken: bool) -> Iterable[Difference]:
    if checkout.released_at is None:
        yield Difference(code="before-release", words="root was used although the code was never handed out")
    elif begun(visit) < seconds(checkout.released_at):
        yield Difference(code="before-release", words="root was used before the code was handed out")
    if visit.summary.last > seconds(checkout.until):
        yield Difference(code="after-end", words="root was still used after the end of the check-out")
    elif visit.summary.timeless:
        yield Difference(code="after-end", words="some records do not say when, so it may have been after the end")
    if visit.summary.sign_ins > 1:
        yield Difference(code="second-visit", words="somebody else signed in within the same second")
    if taken:
        yield Difference(code="second-visit", words="a check-out is good for one visit, and this is another one")


def _by_device(summary: Summary, checkout: Checkout) -> Iterable[Difference]:
    devices = summary.devices.values
    if not devices:
        words = "nothing that was read says which MFA device was used"
        yield Difference(code="device-unknown", words=words)
    elif False in summary.mfa | summary.session_mfa:
        yield Difference(code="device-unknown", words="a part of it was done without an MFA device")
    elif devices != [checkout.mfa_device]:
        named = ", ".join(f"`{one}`" for one in devices if one != checkout.mfa_device)
        words = f"the MFA device is {named}, not the one that was checked out"
        yield Difference(code="other-device", words=words)


def _from_networks(summary: Summary, checkout: Checkout, settings: Settings) -> Iterable[Difference]:
    networks = checkout.sources or settings.networks
    if not networks:
        return
    outside = outside_networks(summary.addresses.values, networks)
    if outside:
        words = f"requests came from {some(outside)}, outside the declared networks"
        yield Difference(code="other-network", words=words)
    elif summary.nowhere or all(is_service(one) for one in summary.addresses.values):
        words = "not every record says where its request came from"
        yield Difference(code="other-network", words=words)
    elif summary.addresses.more:
        words = "requests came from more addresses than can be compared with the declared networks"
        yield Difference(code="other-network", words=words)


def _in_task(summary: Summary, checkout: Checkout) -> Iterable[Difference]:
    task = checkout.task
    if task == "other":
        yield Difference(code="task-other", words="the check-out declares the task `other`, which explains nothing")
        return
    fit = summary.fit
    if fit.surely is None or task in fit.surely:
        return
    outside = sorted(action for action, one in summary.fits.items() if task not in (one.maybe or ()))
    if outside or task not in (fit.maybe or ()):
        words = f"the declared task `{task}` does not hold {some(outside) if outside else 'all changes'}"
        yield Difference(code="outside-task", words=words)
    else:
        doubtful = sorted(action for action, one in summary.fits.items() if task not in (one.surely or ()))
        words = f"the record of {some(doubtful)} does not say whether it belongs to the declared task `{task}`"
        yield Difference(code="task-undecided", words=words)


def some(texts: Sequence[str]) -> str:
    """The first few of a list, in backticks, and how many more there are."""
    named = ", ".join(f"`{one}`" for one in texts[:_SHOWN])
    more = len(texts) - _SHOWN
    return f"{named} and {more} more" if more > 0 else named


def _inside(text: str, networks: list[Network]) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return any(address in network for network in networks)
