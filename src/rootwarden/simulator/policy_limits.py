"""How long organization policies may be and how many fit on a target, by type (`packs/policy-language/limits.toml`)."""

from __future__ import annotations

from typing import Final

import msgspec


class PolicyLimit(msgspec.Struct, frozen=True):
    """How many characters a policy of a type may have, and how many of them one target."""

    characters: int
    attached: int


USUAL_LIMITS: Final = {
    "SERVICE_CONTROL_POLICY": PolicyLimit(10240, 10),
    "RESOURCE_CONTROL_POLICY": PolicyLimit(5120, 5),
}
