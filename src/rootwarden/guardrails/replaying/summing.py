"""From what comes of the actions of a call to what comes of the call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.guardrails.replaying.needs import SIGN_IN
from rootwarden.guardrails.replaying.ruling import Effect, Ruling

if TYPE_CHECKING:
    from rootwarden.guardrails.replaying.asker import Asker
    from rootwarden.guardrails.replaying.comparing import Compared

UNTOUCHED: Final = Ruling()


def doubted(ruling: Ruling, asker: Asker) -> Ruling:
    """What is not known of who asks makes nothing sure."""
    if not asker.doubt or ruling.effect is Effect.NOTHING:
        return ruling
    if ruling.effect is Effect.DENIES_ANYWAY:
        return UNTOUCHED  # whoever is bound was denied before, and whoever is not is not denied after
    return msgspec.structs.replace(ruling, surely=False, depends_on=(*ruling.depends_on, asker.doubt))


def sign_in_fenced(found: list[Compared]) -> Ruling:
    """A sign-in as a resource control policy fences it: described by AWS, and never sure."""
    ruling = summed(found, [], [])
    depends = (*ruling.depends_on, "whether a resource control policy reaches this sign-in")
    return msgspec.structs.replace(ruling, surely=False, actions=(SIGN_IN,), depends_on=depends)


def summed(surely: list[Compared], perhaps: list[tuple[str, Compared]], either: list[Compared]) -> Ruling:
    """One call out of its actions: denied when any that is needed is.

    Args:
        surely: Of actions that were needed.
        perhaps: Of actions that may have been needed besides.
        either: Of actions one of which was needed.
    """
    unsure = [one for _, one in perhaps]
    every = [*surely, *unsure, *either]
    if not every:
        return UNTOUCHED
    was = any(one.was_denied[0] for one in surely) or (bool(either) and all(one.was_denied[0] for one in either))
    may_have_been = any(one.was_denied[1] for one in every)
    now = any(one.denied[0] for one in surely) or (bool(either) and all(one.denied[0] for one in either))
    may_be = any(one.denied[1] for one in every)
    new = any(one.newly[0] for one in surely) or (bool(either) and all(one.newly[0] for one in either))
    needless = [f"whether it needs `{action}`" for action, one in perhaps if one.newly[1] or one.freed[1]]
    unknown = ["which action it needs"] if either and not (all(one.newly[0] for one in either)) else []
    if not was and any(one.newly[1] for one in every):
        touched = [one for one in every if one.newly[1]]
        certain = new and not may_have_been
        return _made(Effect.DENIES, certain, touched, [*needless, *unknown], freed=False)
    if may_have_been and not now and any(one.freed[1] for one in every):
        touched = [one for one in every if one.freed[1]]
        certain = was and not may_be
        return _made(Effect.LETS_THROUGH, certain, touched, [*needless, *unknown], freed=True)
    if was and any(one.added[1] for one in every):
        touched = [one for one in every if one.added[1]]
        certain = any(one.added[0] for one in surely) or (bool(either) and all(one.added[0] for one in either))
        return _made(Effect.DENIES_ANYWAY, certain, touched, [*needless, *unknown], freed=False)
    return UNTOUCHED


def _made(effect: Effect, certain: bool, touched: list[Compared], more: list[str], *, freed: bool) -> Ruling:
    places = {place for one in touched for place in (one.freed_by if freed else one.by)}
    depends = dict.fromkeys([key for one in touched for key in one.depends_on] + more)
    return Ruling(effect=effect, surely=certain, by=tuple(sorted(places)), depends_on=() if certain else tuple(depends))
