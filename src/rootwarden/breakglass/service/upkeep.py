"""What a house does by itself, each thing in its own time; one that fails stops no other, and is tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rootwarden.errors import RootwardenError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Job(NamedTuple):
    """Something to do again and again.

    Attributes:
        do: It.
        every: Seconds from one time to the next.
        sealed: Whether it is done while the broker is sealed, too.
    """

    do: Callable[[], object]
    every: float
    sealed: bool = False


class Upkeep:
    """Does what is due.

    Args:
        jobs: In the order in which they are done.
        steady: Seconds of a clock that only goes forward.
        is_sealed: Whether the broker is sealed.
        trouble: Hears what went wrong.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        *,
        steady: Callable[[], float],
        is_sealed: Callable[[], bool],
        trouble: Callable[[RootwardenError], None],
    ) -> None:
        self._jobs, self._steady, self._is_sealed, self._trouble = tuple(jobs), steady, is_sealed, trouble
        self._done: dict[int, float] = {}

    def run(self) -> None:
        """Do everything that is due."""
        for number, job in enumerate(self._jobs):
            now = self._steady()
            if now - self._done.get(number, -job.every + now) < job.every or (self._is_sealed() and not job.sealed):
                continue
            self._done[number] = now
            try:
                job.do()
            except RootwardenError as error:
                self._trouble(error)
