"""How much one file may take; hostile files are refused by name, and the run goes on."""

from __future__ import annotations

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds on one file.

    CloudTrail packs to a tenth or a twentieth; deflate packs at most 1,032 to one (zlib, *Technical Details*).

    Attributes:
        inflated: Most bytes a file may inflate to.
        ratio: Most bytes one packed byte may become, once `ratio_from` bytes came out.
        ratio_from: Small files may pack as well as they like.
        window: Bytes that are decoded at once; larger files are read in windows.
        record: Most bytes one record may have; CloudTrail's own limit is 256 KB (*CloudTrail quotas*).
        broken: How many unreadable records of one file are looked at before it is given up.
    """

    inflated: int = 64 * 1024**3
    ratio: int = 200
    ratio_from: int = 64 * 1024**2
    window: int = 8 * 1024**2
    record: int = 4 * 1024**2
    broken: int = 10_000
