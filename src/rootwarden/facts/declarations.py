"""What no API tells, declared by people: the mail domains that are theirs, how many devices root has, …"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import msgspec

from rootwarden.facts.fact import Absent, Known, Source, Unknown
from rootwarden.facts.instant import Instant

if TYPE_CHECKING:
    from datetime import datetime

    from rootwarden.facts.fact import Fact

EVERY_ACCOUNT = "*"

# Fact names a declaration may set, with what their value is. docs/evidence-folder.md lists them.
DECLARABLE = {
    "root-email-domains": "list of mail domains that belong to the organization",
    "root-mfa-devices": "number of MFA devices registered for root",
    "root-password-changed": "instant of the last change of the root password",
    "root-password-rotation-days": "rotation schedule of the root password, in days",
    "root-vaulted-totp": "true when the seed of root's virtual MFA device is kept in a vault",
}

Value: TypeAlias = str | int | bool | list[str] | None


class Declaration(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of `declarations.json`.

    Attributes:
        account: Twelve digits, or `*` for every account.
        fact: One of `DECLARABLE`.
        value: The value; `null` declares that there is none.
        by: Who says so.
        observed_at: When they looked.
        until: From then on the declaration no longer counts.
    """

    account: str
    fact: str
    value: Value
    by: str
    observed_at: Instant
    until: Instant | None = None


def declared(
    declarations: Fact[tuple[Declaration, ...]], account: str, name: str, as_of: datetime
) -> Fact[str | int | bool | list[str]]:
    """The declared value of a fact for an account; one for the account itself goes before one for every account.

    Args:
        declarations: All declarations, or unknown when nobody collected any.
        account: Twelve digits.
        name: One of `DECLARABLE`.
        as_of: Declarations whose `until` is not after this instant no longer count.
    """
    if not isinstance(declarations, Known):
        return Unknown(f"nothing is declared for `{name}`")
    matching = [each for each in declarations.value if each.fact == name and each.account in (account, EVERY_ACCOUNT)]
    in_force = [each for each in matching if each.until is None or each.until > as_of]
    if not in_force:
        over = "; a declaration has run out" if matching else ""
        return Unknown(f"nothing is declared for `{name}`{over}")
    best = max(in_force, key=lambda each: (each.account == account, each.observed_at))
    source = Source(call=f"declared by {best.by}", observed_at=best.observed_at)
    return Absent((source,)) if best.value is None else Known(best.value, (source,))
