"""What goes wrong with keys, envelopes and blobs, said without a word of their content."""

from __future__ import annotations

from rootwarden.errors import InputError


class CustodyError(InputError):
    """A key, an envelope, a blob or a share is not what it should be: changed, mixed up, or made for another use."""


class ShareError(CustodyError):
    """What one custodian gave cannot be used.

    Attributes:
        custodian: Who gave it.
    """

    def __init__(self, custodian: str, message: str, *, hint: str = "") -> None:
        super().__init__(f"the share of `{custodian}` {message}", hint=hint)
        self.custodian = custodian
