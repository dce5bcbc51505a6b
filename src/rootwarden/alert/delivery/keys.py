"""Keys that make a repeat recognisable: the same cause has the same key, whoever computes it and however often."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def digest_of(parts: Iterable[str]) -> str:
    """SHA-256, in hexadecimal, of parts whose borders cannot be moved: each is preceded by its length in bytes."""
    state = hashlib.sha256()
    for part in parts:
        content = part.encode("utf-8", "surrogatepass")
        state.update(f"{len(content)}:".encode())
        state.update(content)
    return state.hexdigest()


def alert_key(finding: str, severity: str, event_ids: Iterable[str]) -> str:
    """The key of one step of severity of one finding, kept from the moment it was recorded.

    A pager gets it as its deduplication key, in every stage of the escalation, so that it opens one incident.
    """
    return digest_of(("alert", finding, severity, digest_of(sorted(set(event_ids)))))


def delivery_key(alert: str, channel: str, stage: int) -> str:
    """The key of the message one channel gets in one stage."""
    return digest_of(("delivery", alert, channel, str(stage)))


def bundle_key(alerts: Iterable[str], channel: str) -> str:
    """The key of a digest: of its channel and the alerts in it, in any order."""
    return digest_of(("digest", channel, *sorted(set(alerts))))
