"""The tags a request brings, in the spellings of CloudTrail records."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

_ANY_TAG: Final = re.compile(rb"[tT][aA][gG]")
_LISTS: Final = frozenset({"tags", "Tags", "tagList", "tagSet"})
_SPECIFIED: Final = "tagSpecificationSet"
_NONE: Final[dict[str, str]] = {}
_LARGEST: Final = 256 * 1024


def request_tags(parameters: bytes) -> dict[str, str] | None:
    """The tags of a request.

    Args:
        parameters: `requestParameters` as JSON.

    Returns:
        Values by key; `None` where the record does not tell, or in a way nobody here knows.
    """
    if not parameters or parameters == b"null" or len(parameters) > _LARGEST:
        return None
    if _ANY_TAG.search(parameters) is None:
        return _NONE
    try:
        found = msgspec.json.decode(parameters)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    tags: dict[str, str] = {}
    for name, value in found.items():
        read = _read(name, value)
        if read is None:
            return None
        tags |= read
    return tags


def _read(name: str, value: Any) -> dict[str, str] | None:
    if name == _SPECIFIED:
        return _specified(value)
    if name in _LISTS:
        return _listed(value)
    # A name with `tag` in it may hold tags in a way nobody here knows; a value that mentions the word does not.
    return None if "tag" in name.lower() or (isinstance(value, dict | list) and _mentions(value)) else {}


def _mentions(value: dict[str, Any] | list[Any]) -> bool:
    """Whether a name inside has `tag` in it."""
    inside = value.items() if isinstance(value, dict) else (("", each) for each in value)
    return any(
        "tag" in str(name).lower() or (isinstance(each, dict | list) and _mentions(each)) for name, each in inside
    )


def _specified(value: Any) -> dict[str, str] | None:
    """`{"items": [{"resourceType": …, "tags": [{"key": …, "value": …}]}]}` of EC2."""
    items = value.get("items") if isinstance(value, dict) else None
    if not isinstance(items, list):
        return None
    tags: dict[str, str] = {}
    for item in items:
        read = _listed(item.get("tags", [])) if isinstance(item, dict) else None
        if read is None:
            return None
        tags |= read
    return tags


def _listed(value: Any) -> dict[str, str] | None:
    """A list of keys and values, or an object of them."""
    if isinstance(value, dict) and isinstance(value.get("items"), list):
        value = value["items"]
    if isinstance(value, dict):
        return value if all(isinstance(each, str) for each in value.values()) else None
    if not isinstance(value, list):
        return None
    tags: dict[str, str] = {}
    for each in value:
        lowered = {str(name).lower(): text for name, text in each.items()} if isinstance(each, dict) else {}
        key, text = lowered.get("key", lowered.get("tagkey")), lowered.get("value", lowered.get("tagvalue", ""))
        if not isinstance(key, str) or not isinstance(text, str):
            return None
        tags[key] = text
    return tags
