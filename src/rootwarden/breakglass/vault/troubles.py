"""Why the vault says no of its own accord; what the log says no to is `core.refusal.Refused`."""

from __future__ import annotations

from typing import ClassVar

from rootwarden.errors import RootwardenError


class VaultError(RootwardenError):
    """The vault cannot do it, or must not: it does not stand where it should, or what it was given does not fit.

    Attributes:
        step: The step of docs/break-glass-protocol.md, such as `V1`; empty when there is none.
    """

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, *, hint: str = "", step: str = "") -> None:
        super().__init__(message, hint=hint)
        self.step = step


class WentAwayError(VaultError):
    """The other side closed before it had everything."""
