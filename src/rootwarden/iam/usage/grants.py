"""What a principal's policies allow somewhere, and what they do not allow any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.iam.usage.result import NoLongerGranted, Use

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.iam.admins.holders import Holder
    from rootwarden.iam.admins.powers import Powers
    from rootwarden.iam.usage.result import UsedAction

_USED = (Use.DONE, Use.BY_SERVICE)
# AWS STS API, `GetCallerIdentity`: no policy is asked.
GRANTED_TO_ALL = "sts:getcalleridentity"


def granted_mask(powers: Powers) -> int:
    """The actions policies allow on some resource in some context, boundary and service control policies considered.

    One bit for each action of the book. A policy that cannot be read grants nothing here and takes nothing away:
    `Powers.unreadable` says that it is there.
    """
    granted = -1
    for level in powers.levels:
        readable = 0
        for sheet in level.sheets:
            readable |= 0 if sheet.unreadable else sheet.allows
            granted &= ~sheet.denies
        granted &= -1 if level.unreadable and level.name != "identity" else readable
    return granted


def no_longer_granted(holder: Holder, used: Iterable[UsedAction]) -> tuple[NoLongerGranted, ...]:
    """Actions that succeeded in the log and that the principal's own policies do not allow now.

    Where records name the resource it is asked for, else whether the action is allowed on any. The policy of a
    resource may still allow it: those are not looked at. What depends on a condition is not told.
    """
    return tuple(each for one in used if one.use in _USED for each in _one(holder, one))


def _one(holder: Holder, one: UsedAction) -> Iterator[NoLongerGranted]:
    powers, action = holder.powers, one.action.lower()
    if action == GRANTED_TO_ALL or powers.unreadable:
        return
    number = powers.book.bits.get(action)
    if number is not None and not powers.possible >> number & 1:
        yield NoLongerGranted(action=one.action, blocking=_blocking(holder, action, "*"))
        return
    for resource in one.resources or ():
        if powers.may(action, resource, holder.context) is False:
            yield NoLongerGranted(action=one.action, resource=resource, blocking=_blocking(holder, action, resource))


def _blocking(holder: Holder, action: str, resource: str) -> tuple[str, ...]:
    places = holder.powers.blocking(action, resource, holder.context)
    return tuple(dict.fromkeys(f"{each.layer} {each.policy} {each.index}".strip() for each in places))
