"""From an event of root to what its visit asks of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.detect.visits.incident import Shape
from rootwarden.detect.visits.outcome import SIGN_INS, Effect, effect_of, knocks
from rootwarden.detect.visits.shape import (
    SIGN_IN_SOURCE,
    failed,
    issued_key,
    root_account,
    shape_alone,
    signed_in,
)
from rootwarden.detect.visits.stamp import seconds, short, stamp_of
from rootwarden.detect.visits.visit import Seen

if TYPE_CHECKING:
    from collections.abc import Container

    from rootwarden.detect.visits.catalogue import Catalogue
    from rootwarden.detect.visits.event import Event

_MFA_USED = {"yes": True, "no": False, "true": True, "false": False}
_ISSUING = frozenset({"CreateOAuth2Token", "AuthorizeOAuth2Access"})


def seen_of(event: Event, catalogue: Catalogue, named: Container[str]) -> Seen:
    """What the visit of a root event keeps of it.

    Args:
        event: An event whose identity is root.
        catalogue: Detections and tasks.
        named: `catalogue.named`.
    """
    shape = shape_alone(event)
    effect = effect_of(event, named)
    # Service events are nobody's doing: they are recorded, and no detection is asked about them.
    hits = () if shape is Shape.SERVICE else catalogue.hits(event)
    # A refused attempt that a detection cares about counts for the task as if it had succeeded.
    weighed = effect is Effect.WRITE or (bool(hits) and failed(event) and event.source.lower() != SIGN_IN_SOURCE)
    surely, maybe = catalogue.fits(event) if weighed else (None, None)
    who = event.identity
    by_service = shape in {Shape.FORWARDED, Shape.SERVICE}
    at_page = event.source.lower() == SIGN_IN_SOURCE
    return Seen(
        stamp=stamp_of(event),
        account=root_account(event),
        shape=shape,
        access_key=short(who.access_key),
        started=None if who.session_started is None else seconds(who.session_started),
        party=_party(event, shape),
        effect=effect,
        knock=at_page and knocks(event),
        signed_in=signed_in(event),
        failed_sign_in=event.name in SIGN_INS and failed(event),
        issued=issued_key(event) if event.name in _ISSUING else "",
        mfa=_MFA_USED.get(_mfa_used(event)) if signed_in(event) else None,
        session_mfa=who.mfa,
        device=short(event.text("additionalEventData", "MFAIdentifier")) if signed_in(event) else "",
        address="" if by_service else short(event.address),
        nowhere=not by_service and not event.address,
        agent=short(event.agent),
        region=short(event.region),
        action=action_of(event),
        fits=surely,
        may_fit=maybe,
        hits=hits,
    )


def action_of(event: Event) -> str:
    """`iam:CreateAccessKey`."""
    return short(f"{event.source.removesuffix('.amazonaws.com')}:{event.name}")


def _mfa_used(event: Event) -> str:
    value = event.at("additionalEventData", "MFAUsed")
    return str(value).lower() if isinstance(value, (str, bool)) else ""


def _party(event: Event, shape: Shape) -> str:
    if shape is Shape.FORWARDED:
        return short(event.identity.invoked_by)
    return short(event.identity.arn or event.identity.principal) if shape is Shape.FEDERATED else ""
