"""Does a trail record an event? Its selectors are run on it.

Follows EventSelector and AdvancedFieldSelector of the CloudTrail API reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.detect.truth import all_of, any_of, negate

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.detect.samples import RootEvent
    from rootwarden.detect.truth import Truth
    from rootwarden.facts.monitoring import AdvancedSelector, ClassicSelector, FieldSelector, Selectors

_PATHS = {
    "eventCategory": ("eventCategory",),
    "eventSource": ("eventSource",),
    "eventName": ("eventName",),
    "eventType": ("eventType",),
    "readOnly": ("readOnly",),
    "sessionCredentialFromConsole": ("sessionCredentialFromConsole",),
    "userIdentity.arn": ("userIdentity", "arn"),
}


def records(selectors: Selectors, root_event: RootEvent) -> Truth:
    """True when one selector takes the management event; no selector at all records nothing."""
    return any_of(
        (
            *(_classic(selector, root_event) for selector in selectors.classic),
            *(_advanced(selector, root_event) for selector in selectors.advanced),
        )
    )


def _classic(selector: ClassicSelector, root_event: RootEvent) -> Truth:
    wanted = {"All": True, "ReadOnly": root_event.read_only, "WriteOnly": not root_event.read_only}
    return all_of(
        (
            selector.management_events,
            None if selector.read_write is None else wanted.get(selector.read_write),
            root_event.event.get("eventSource") not in selector.excluded_sources,
        )
    )


def _advanced(selector: AdvancedSelector, root_event: RootEvent) -> Truth:
    return all_of(_field(condition, root_event) for condition in selector.fields)


def _field(condition: FieldSelector, root_event: RootEvent) -> Truth:
    """Within one operator a value is enough; several operators must all hold; negated ones exclude each value.

    A field we do not know, or one the event lacks (`resources.type` of data events), stays undecided, except that
    a management event has no `resources`.
    """
    if condition.field.startswith("resources."):
        return False
    value = _value(condition.field, root_event)
    if value is None:
        return None
    positive: tuple[tuple[tuple[str, ...], Callable[[str], bool]], ...] = (
        (condition.equals, value.__eq__),
        (condition.starts_with, value.startswith),
        (condition.ends_with, value.endswith),
    )
    negative: tuple[tuple[tuple[str, ...], Callable[[str], bool]], ...] = (
        (condition.not_equals, value.__eq__),
        (condition.not_starts_with, value.startswith),
        (condition.not_ends_with, value.endswith),
    )
    holds = [any(test(wanted) for wanted in texts) for texts, test in positive if texts]
    spared = [negate(any(test(barred) for barred in texts)) for texts, test in negative]
    return all_of((*holds, *spared))


def _value(field: str, root_event: RootEvent) -> str | None:
    path = _PATHS.get(field)
    if path is None:
        return None
    found: object = root_event.event
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    if isinstance(found, bool):
        return "true" if found else "false"
    if found is None and field == "sessionCredentialFromConsole":
        return "false"
    return found if isinstance(found, str) else None
