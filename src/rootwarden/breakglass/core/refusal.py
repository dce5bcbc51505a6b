"""The one way a step says no."""

from __future__ import annotations

from typing import ClassVar

from rootwarden.errors import RootwardenError


class Refused(RootwardenError):  # noqa: N818 - what the protocol calls it
    """An entry that the protocol does not allow.

    Attributes:
        step: The step of docs/break-glass-protocol.md that refused, such as `A5`.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, step: str, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.step = step

    def __str__(self) -> str:
        return f"{self.step}: {self.message}"


def require(holds: bool, step: str, message: str, *, hint: str = "") -> None:
    """Refuse unless a check of a step holds.

    Raises:
        Refused: When it does not.
    """
    if not holds:
        raise Refused(step, message, hint=hint)
