"""Which principals may somebody's policies name for an action? Asked before anything dearer is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rootwarden.iam.admins.powers import Powers
    from rootwarden.iam.pattern import Pattern


class Named:
    """The resources that allow statements name for one action.

    Args:
        literals: ARNs without wildcards.
        patterns: The others.
    """

    __slots__ = ("literals", "patterns")

    def __init__(self, literals: frozenset[str], patterns: tuple[Pattern, ...]) -> None:
        self.literals = literals
        self.patterns = patterns

    def names(self, arn: str) -> bool:
        """Whether a statement names it."""
        return arn in self.literals or any(one.matches(arn) is not False for one in self.patterns)


class NamedResources:
    """What the identity policies of powers name for actions, found once."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, str], Named | None] = {}

    def by(self, powers: Powers, action: str) -> Named | None:
        """What powers name for an action, in lower case; `None` for everything."""
        key = (id(powers), action)
        if key not in self._found:
            self._found[key] = _named(powers, action)
        return self._found[key]


def _named(powers: Powers, action: str) -> Named | None:
    literals: set[str] = set()
    patterns: list[Pattern] = []
    if powers.unreadable:
        return None
    for sheet in powers.levels[0].sheets:
        for statement in sheet.about(action)[0]:
            if statement.defect or statement.resources is None or statement.written.not_resources is not None:
                return None
            for one in statement.resources:
                if one.text == "*" or one.variables:
                    return None
                if "*" in one.text or "?" in one.text:
                    patterns.append(one)
                else:
                    literals.add(one.text)
    return Named(frozenset(literals), tuple(patterns))
