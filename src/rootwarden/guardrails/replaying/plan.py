"""How calls of one kind by one principal are decided: what is looked at, and what was decided so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rootwarden.guardrails.replaying.classes import Classes
    from rootwarden.guardrails.replaying.needs import Needs
    from rootwarden.guardrails.replaying.resource_classes import ResourceClasses
    from rootwarden.guardrails.replaying.ruling import Ruling

# The field of `Details` that is sought for in the parameters of many calls, and decides about few.
ROLE: Final = "role"


class Plan:
    """How calls of one kind by one principal are decided.

    Attributes:
        classes: Of fields of `Details` that matter by what conditions, or resources of statements, make of them.
        fields: Those that matter as they are.
        needed: All of them.
        keys: The condition keys that are asked for.
        resources: Whether a statement names less than all resources.
        owner: Whether it matters whose the resource is.
        marks: Parameters whose presence decides which actions are needed.
        beyond: Why no policy stops it; empty where one can.
        rulings: Those made so far, by what tells calls apart.
        quiet: Whether nothing comes of calls, by what tells them apart beside whether a role was handed over.
    """

    __slots__ = (
        "beyond",
        "classes",
        "fields",
        "keys",
        "marks",
        "needed",
        "needs",
        "owner",
        "quiet",
        "resources",
        "rulings",
    )

    def __init__(
        self, needs: Needs, keys: frozenset[str], *, resources: bool, owner: bool, passing: bool, beyond: str
    ) -> None:
        self.needs = needs
        self.keys = keys
        self.resources = resources
        self.owner = owner
        self.beyond = beyond
        self.marks = needs.marks
        self.fields: tuple[str, ...] = (
            *(("owners", "account") if owner else ()),
            *((ROLE,) if passing else ()),
        )
        self.classes: tuple[Classes | ResourceClasses, ...] = ()
        self.needed: tuple[str, ...] = ()
        self.rulings: dict[object, Ruling] = {}
        self.quiet: dict[object, bool] = {}
