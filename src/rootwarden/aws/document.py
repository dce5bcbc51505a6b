"""botocore's parsed answers → the JSON documents the AWS CLI prints."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rootwarden.aws.calls import Json, JsonObject


def document_of(parsed: Mapping[str, object]) -> JsonObject:
    """Drop botocore's metadata, print instants as ISO 8601 and bytes as base64, as the AWS CLI does."""
    return {name: _json(value) for name, value in parsed.items() if name != "ResponseMetadata"}


def instant_text(value: object) -> str:
    """A timestamp of an answer as ISO 8601 text: query services send that already, JSON services epoch seconds."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, tz=UTC).isoformat()
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _json(value: object) -> Json:
    if isinstance(value, dict):
        return {str(name): _json(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_json(inner) for inner in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)
