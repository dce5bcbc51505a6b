"""How a replay of guardrails is printed."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """How a replay is printed."""

    TERMINAL = "terminal"
    JSON = "json"
    CSV = "csv"
    JSONL = "jsonl"
