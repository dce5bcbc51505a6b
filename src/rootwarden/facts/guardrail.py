"""The service control policies on an account's path, as parsed documents."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from rootwarden.facts.fact import Fact

PolicyValue: TypeAlias = dict[str, "PolicyValue"] | list["PolicyValue"] | str | int | float | bool | None
PolicyDocument: TypeAlias = dict[str, PolicyValue]


class ScpDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A service control policy attached to the organization root, an organizational unit or the account.

    Attributes:
        id: `p-examplepolicy`.
        name: As in the organization.
        document: The parsed content; unknown when it could not be read.
    """

    id: str
    name: str
    document: Fact[PolicyDocument]
