"""Who makes calls in a replay, which of them policies do not tell apart, and how their calls are decided."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.guardrails.replaying.classes import OF_ADDRESSES, Classes
from rootwarden.guardrails.replaying.plan import ROLE
from rootwarden.trail.replay_fields import class_out, field_out, made_of, together
from rootwarden.trail.usage import UNREADABLE

if TYPE_CHECKING:
    from rootwarden.guardrails.replaying.asker import Asker
    from rootwarden.guardrails.replaying.plan import Plan
    from rootwarden.trail.replay_fields import Out

# Of what it is made whether a role was handed over.
OF_PARAMETERS: Final = frozenset({"parameters"})
_EMPTY: Final = frozenset({b"null", b'""', b"[]", b"{}"})
_parameters: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Course:
    """How calls of one kind by one party are decided, and how what tells them apart is taken out of a record.

    Attributes:
        plan: The judge's.
        like: Gives what tells calls apart: marks, classes and fields.
        glance: The same without whether a role was handed over.
        glanced: What of a record a glance is made of.
        of_addresses: Puts addresses into classes, where a glance is of nothing else; else `None`.
        quiet: Of which glances nothing comes.
    """

    __slots__ = ("glance", "glanced", "like", "of_addresses", "plan", "quiet")

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        outs: list[Out] = [class_out(one) for one in plan.classes]
        if plan.marks:
            outs.insert(0, lambda call, _, __: marks_of(bytes(call.parameters), plan.marks))
        seen = [one for one in plan.fields if one != ROLE]
        self.like = together((*outs, *map(field_out, plan.fields)))
        self.glance = together((*outs, *map(field_out, seen))) if len(seen) < len(plan.fields) else self.like
        self.quiet = plan.quiet
        marked = OF_PARAMETERS if plan.marks else frozenset()
        self.glanced = made_of(one for one in plan.needed if one != ROLE) | marked
        alone = plan.classes[0] if len(outs) == 1 and plan.classes and not seen else None
        self.of_addresses = alone if isinstance(alone, Classes) and alone.fields == OF_ADDRESSES else None


class Party:
    """Askers no policy tells apart.

    Attributes:
        asker: One of them.
        courses: How their calls are decided, by host, name and type of event; `None` where the change touches none.
        first: Another party, of whom nothing comes of the same calls; or this one.
    """

    __slots__ = ("asker", "courses", "first")

    def __init__(self, asker: Asker) -> None:
        self.asker = asker
        self.courses: dict[tuple[str | None, str, str | None], Course | None] = {}
        self.first = self


class Seat:
    """A principal.

    Attributes:
        account: Whose principal it is.
        name: What people call it; `None` where several share the seat.
        kind: `root`, `user`, `role`, …
        assumed: For root, whether it was assumed; `None` where nobody tells.
        party: Those it is one of; `None` where the change touches no call of it.
        either: Where nobody tells whether root was assumed: the same if it was, and if it was not.
    """

    __slots__ = ("account", "assumed", "either", "kind", "name", "party")

    def __init__(self, asker: Asker, party: Party | None) -> None:
        self.account = asker.who.account
        self.name: str | None = asker.name
        self.kind = asker.kind
        self.assumed = asker.assumed
        self.party = party
        self.either: tuple[Seat, Seat] | None = None


def marks_of(raw: bytes, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Which of these parameters a call has."""
    if not wanted or not raw or _sought(wanted).search(raw) is None:
        return ()
    try:
        found = _parameters.decode(raw)
    except UNREADABLE:
        return ()
    return tuple(mark for mark in wanted if mark in found and bytes(found[mark]) not in _EMPTY)


@lru_cache(maxsize=4096)
def _sought(wanted: tuple[str, ...]) -> re.Pattern[bytes]:
    return re.compile(f'"(?:{"|".join(map(re.escape, wanted))})"'.encode())
