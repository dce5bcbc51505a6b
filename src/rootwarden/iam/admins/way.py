"""A way up, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.iam.admins.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Iterator


class Way(msgspec.Struct, frozen=True, eq=False):
    """How somebody gets up: the first step and what follows it; no step for who is an administrator already.

    Attributes:
        walk: The step; `None` at the top.
        rest: The way on from where the step leads; `None` where it ends.
        length: Steps in all.
        requires: What stands in the way of somebody at the top: conditions of its own permissions.
    """

    walk: Walk | None
    rest: Way | None = None
    length: int = 0
    requires: tuple[str, ...] = ()

    def steps(self) -> Iterator[Walk]:
        """The steps in order."""
        way: Way | None = self
        while way is not None and way.walk is not None:
            yield way.walk
            way = way.rest

    @property
    def end(self) -> Way:
        """The last of it."""
        way = self
        while way.rest is not None:
            way = way.rest
        return way

    @property
    def sure(self) -> bool:
        """Whether nothing stands in the way."""
        return not self.end.requires and all(walk.sure for walk in self.steps())

    def after(self, walk: Walk) -> Way:
        """The way that begins with a step and goes on like this."""
        return Way(walk, self, 1 + self.length)

    @property
    def order(self) -> tuple[int, int, str]:
        """Fewer steps first, then fewer requirements, then by name."""
        requires = sum(len(walk.requires) for walk in self.steps())
        return self.length, requires, self.walk.path.id if self.walk is not None else ""
