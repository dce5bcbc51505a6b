"""Check-outs beside a generated month: who was given root, as `checkouts.jsonl` has it (docs/checkouts.md)."""

from __future__ import annotations

import msgspec

from rootwarden.facts.instant import Instant


class CheckoutLine(msgspec.Struct, frozen=True, kw_only=True, rename={"start": "from"}):
    """One line, before it is signed.

    Attributes:
        lease: Names it.
        account: Whose root.
        task: Declared task.
        person: Who it was given to.
        start: From when.
        until: Until when.
        released_at: When the code was given out.
        mfa_device: Serial of the device of the code.
        sources: Declared networks.
    """

    lease: str
    account: str
    task: str
    person: str
    start: Instant
    until: Instant
    released_at: Instant | None
    mfa_device: str
    sources: tuple[str, ...]
