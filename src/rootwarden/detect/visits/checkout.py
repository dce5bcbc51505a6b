"""Check-outs: who may be root of an account, when, for what; from `checkouts.jsonl` (docs/checkouts.md).

The file is signed line by line by the broker that gave the code out; a line that is not, or whose signature does not
verify, is shown and never makes a visit expected.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec

from rootwarden.facts.instant import Instant

AccountId: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[0-9]{12}$")]


class Checkout(msgspec.Struct, frozen=True, kw_only=True):
    """One approved check-out.

    Attributes:
        lease: Names it.
        account: Twelve digits.
        task: Id of the declared task; `other` never explains anything.
        person: Who it was given to.
        start: From when (`from` in the file).
        until: Until when.
        released_at: When the code was handed out; a visit begins after it. `None`: it was not, so far.
        mfa_device: ARN or serial of the device whose code was given.
        sources: Networks (CIDR) the person declared.
        trusted: Signature and inclusion proof were verified with a key the reader was given.
        doubt: Why it is not trusted; empty when it is.
    """

    lease: str
    account: AccountId
    task: str
    person: str
    start: Instant
    until: Instant
    released_at: Instant | None = None
    mfa_device: str = ""
    sources: tuple[str, ...] = ()
    trusted: bool = False
    doubt: str = ""
