"""From one principal's calls to the actions they needed."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.iam.actions import Access
from rootwarden.iam.usage.resources import used_resources
from rootwarden.iam.usage.result import UnknownEvent, Use, UsedAction
from rootwarden.iam.usage.tally import Outcome, Seen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rootwarden.iam.actions import ActionCatalogue
    from rootwarden.iam.usage.mapping import EventMap, Needed
    from rootwarden.iam.usage.tally import Call, Named

_USE: Final = {Outcome.FAILED: Use.FAILED, Outcome.DENIED: Use.DENIED}
# Best first: what succeeded once was used, however often it failed besides.
_ORDER: Final = (Use.DONE, Use.BY_SERVICE, Use.FAILED, Use.DENIED)
PASS_ROLE: Final = "iam:PassRole"  # noqa: S105 - an action


# Calls that name roles without handing them to anybody.
_ABOUT_ROLES: Final = frozenset({"iam", "sts"})


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """What a principal's calls needed.

    Attributes:
        used: Actions, in order.
        perhaps: Actions that may have been needed.
        unknown: Events that lead to no action.
        unknown_services: The services of those.
    """

    used: tuple[UsedAction, ...]
    perhaps: frozenset[str]
    unknown: tuple[UnknownEvent, ...]
    unknown_services: frozenset[str]


class _Sum:
    """How one action was used, of one kind of use."""

    def __init__(self) -> None:
        self.seen = Seen()
        self.via: set[str] = set()
        self.resources: set[str] | None = set()
        self.inferred = True


def spent_by(calls: Mapping[Call, Seen], events: EventMap, catalogue: ActionCatalogue, arn: str) -> Spent:
    """What calls needed.

    Args:
        calls: Of one principal.
        events: From events to actions.
        catalogue: For the resources of actions.
        arn: Of the principal, for its partition.
    """
    sums: dict[str, dict[Use, _Sum]] = defaultdict(lambda: defaultdict(_Sum))
    perhaps: set[str] = set()
    unknown: set[UnknownEvent] = set()
    services: set[str] = set()
    partition = arn.split(":")[1] if arn.count(":") > 1 else "aws"
    for call, seen in calls.items():
        mapped = events.of(call)
        if mapped.unknown:
            unknown.add(UnknownEvent(call.source, call.name))
            services.update(mapped.prefixes)
        perhaps.update(mapped.maybe)
        for needed in mapped.needed:
            _add(sums, call, seen, needed, _resources(needed, seen, events, catalogue, partition))
            passed = _passed(needed, seen, catalogue)
            if passed and call.outcome is Outcome.DONE:
                _add(sums, call, seen, type(needed)(PASS_ROLE), passed)
    used = tuple(_used(action, sums[action]) for action in sorted(sums))
    return Spent(
        used=used,
        perhaps=frozenset(perhaps),
        unknown=tuple(sorted(unknown)),
        unknown_services=frozenset(services),
    )


def _add(
    sums: dict[str, dict[Use, _Sum]], call: Call, seen: Seen, needed: Needed, resources: frozenset[str] | None
) -> None:
    use = _USE.get(call.outcome) or (Use.BY_SERVICE if call.via else Use.DONE)
    made = sums[needed.action][use]
    made.seen.merge(Seen(first=seen.first, last=seen.last, days=seen.days))
    made.via |= {call.via} - {""}
    made.inferred = made.inferred and needed.action == PASS_ROLE
    made.resources = None if made.resources is None or resources is None else made.resources | resources


def _resources(
    needed: Needed, seen: Seen, events: EventMap, catalogue: ActionCatalogue, partition: str
) -> frozenset[str] | None:
    action = catalogue.action(needed.action)
    if action is None:
        return None
    return used_resources(action, catalogue, seen.named, needed.resource or events.template(action), partition)


def _passed(needed: Needed, seen: Seen, catalogue: ActionCatalogue) -> frozenset[str]:
    """Roles that a call handed to a service, which leaves no event of its own: writes with a parameter `…role…`."""
    action = catalogue.action(needed.action)
    if action is None or action.service in _ABOUT_ROLES or Access.WRITE not in action.access or seen.named is None:
        return frozenset()
    return frozenset(value for group in seen.named for value in _roles(group))


def _roles(group: Named) -> Iterable[str]:
    return (value for name, value in group if "role" in name.lower() and ":iam::" in value and _plain(value))


def _plain(arn: str) -> bool:
    return ":role/" in arn and not set(arn) & set("*?$") and not any(letter.isspace() for letter in arn)


def _used(action: str, by_use: Mapping[Use, _Sum]) -> UsedAction:
    """One action: the best of its uses counts; services that used it are told in any case."""
    use = next(one for one in _ORDER if one in by_use)
    succeeded = [one for one in (Use.DONE, Use.BY_SERVICE) if one in by_use] or [use]
    whole = _Sum()
    for one in succeeded:
        part = by_use[one]
        whole.seen.merge(part.seen)
        whole.via |= part.via
        whole.inferred = whole.inferred and part.inferred
        both = whole.resources is not None and part.resources is not None
        whole.resources = (whole.resources or set()) | (part.resources or set()) if both else None
    return UsedAction(
        action=action,
        use=use,
        first=whole.seen.first,
        last=whole.seen.last,
        days=whole.seen.day_count,
        via=tuple(sorted(whole.via)),
        resources=tuple(sorted(whole.resources)) if whole.resources else None,
        inferred=whole.inferred,
    )
