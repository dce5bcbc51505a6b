"""What can be wrong with a kept log, as errors."""

from __future__ import annotations

from rootwarden.errors import InputError, StoreError


class LogMoved(StoreError):  # noqa: N818 - what the broker calls it
    """The log does not have the size that was expected: somebody else wrote, or it was rolled back.

    Attributes:
        expected: The size the writer knew.
        found: The size it has.
    """

    def __init__(self, *, expected: int, found: int) -> None:
        hint = "read what is new and decide again" if found > expected else "compare it with heads kept elsewhere"
        super().__init__(f"the log has {found} entries, and not the {expected} that were known", hint=hint)
        self.expected, self.found = expected, found


class DamagedError(InputError):
    """What is kept is not what was written.

    Attributes:
        index: The first entry, or line of heads, that it is seen at, from 0.
    """

    def __init__(self, index: int, message: str) -> None:
        super().__init__(message, hint="`rootwarden breakglass audit verify` says what still holds")
        self.index = index
