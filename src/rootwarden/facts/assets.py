"""How much there is in an account: the five counts the fleet study sizes accounts by.

Read from `asset-counts.json` of the evidence folder (docs/evidence-folder.md): a number each, or
`{"$unknown": reason}`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from rootwarden.facts.fact import Fact, Known, Unknown, Why

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rootwarden.facts.fact import Source

_NOT_COLLECTED = Unknown("not collected")
# No account holds more of anything counted here; a larger number is no count.
MOST = 1_000_000_000
_PERMISSION = re.compile(r"([a-z0-9-]+:[A-Za-z0-9]+)(?: |$)")


class AssetCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Assets of one account, all regions together; a count some region refused is unknown, never smaller."""

    iam_users: Fact[int] = _NOT_COLLECTED
    rds_instances: Fact[int] = _NOT_COLLECTED
    buckets: Fact[int] = _NOT_COLLECTED
    ec2_instances: Fact[int] = _NOT_COLLECTED
    trails: Fact[int] = _NOT_COLLECTED


def read_asset_counts(document: Mapping[str, object], source: Source) -> AssetCounts:
    """Interpret the decoded file; a name that is missing was not collected.

    Args:
        document: The decoded JSON object.
        source: What the counts are traced to.
    """
    counts = {name: _count(name, document[name], source) for name in AssetCounts.__struct_fields__ if name in document}
    return AssetCounts(**counts)


def _count(name: str, value: object, source: Source) -> Fact[int]:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST:
        return Known(value, (source,))
    reason = value.get("$unknown") if isinstance(value, dict) else None
    if not isinstance(reason, str):
        return Unknown(f"the count `{name}` is not a whole number", Why.MALFORMED, "", (source,))
    named = _PERMISSION.match(reason)
    return Unknown(reason, Why.DENIED if named else Why.FAILED, named[1] if named else "", (source,))
