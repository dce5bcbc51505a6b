"""What a condition says of a settled context: every operator once more, straight from the IAM user guide.

Source: IAM user guide, *Condition operators* and *Single-valued vs. multivalued context keys*.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime
from decimal import Decimal
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from tests.iam.oracle_patterns import arn_fits, fits, pattern

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.iam.oracle_patterns import Context

Compare: TypeAlias = "Callable[[str, str, str, Context], bool]"
SETS: Final = ("ForAllValues:", "ForAnyValue:")
NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?")
DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")


def as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def literal(written: str, version: str, context: Context) -> str | None:
    """A value whose stars are characters, variables put in."""
    parts = pattern(written, version, context)
    back = {"many": "*", "one": "?", "a colon": ":"}
    return None if parts is None else "".join(back.get(part, part) for part in parts)


def string_equals(written: str, asked: str, version: str, context: Context) -> bool:
    return literal(written, version, context) == asked


def string_equals_ignore_case(written: str, asked: str, version: str, context: Context) -> bool:
    value = literal(written, version, context)
    return value is not None and value.lower() == asked.lower()


def string_like(written: str, asked: str, version: str, context: Context) -> bool:
    parts = pattern(written, version, context)
    return parts is not None and fits(parts, asked)


def arn_like(written: str, asked: str, version: str, context: Context) -> bool:
    parts = pattern(written, version, context)
    return parts is not None and arn_fits(parts, asked)


def boolean(written: str, asked: str, _version: str, _context: Context) -> bool:
    return written.lower() == asked.lower() and written.lower() in ("true", "false")


def binary(written: str, asked: str, _version: str, _context: Context) -> bool:
    try:
        return base64.b64decode(written, validate=True) == base64.b64decode(asked, validate=True)
    except binascii.Error:
        return False


def address(written: str, asked: str, _version: str, _context: Context) -> bool:
    try:
        return ip_address(asked) in ip_network(written, strict=False)
    except ValueError:
        return False


def number(text: str) -> Decimal | None:
    return Decimal(text) if NUMBER.fullmatch(text) else None


def instant(text: str) -> Decimal | None:
    if NUMBER.fullmatch(text):
        return Decimal(text)
    if not DAY.match(text):
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return Decimal(str((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()))


def compared(read: Callable[[str], Decimal | None], holds: Callable[[Decimal, Decimal], bool]) -> Compare:
    def operator(written: str, asked: str, _version: str, _context: Context) -> bool:
        limit, value = read(written), read(asked)
        return limit is not None and value is not None and holds(value, limit)

    return operator


def ordered(kind: str, read: Callable[[str], Decimal | None]) -> dict[str, tuple[Compare, bool]]:
    equals = compared(read, lambda value, limit: value == limit)
    return {
        f"{kind}Equals": (equals, False),
        f"{kind}NotEquals": (equals, True),
        f"{kind}LessThan": (compared(read, lambda value, limit: value < limit), False),
        f"{kind}LessThanEquals": (compared(read, lambda value, limit: value <= limit), False),
        f"{kind}GreaterThan": (compared(read, lambda value, limit: value > limit), False),
        f"{kind}GreaterThanEquals": (compared(read, lambda value, limit: value >= limit), False),
    }


# Name → (the comparison, whether the name says its opposite).
OPERATORS: Final[dict[str, tuple[Compare, bool]]] = {
    "StringEquals": (string_equals, False),
    "StringNotEquals": (string_equals, True),
    "StringEqualsIgnoreCase": (string_equals_ignore_case, False),
    "StringNotEqualsIgnoreCase": (string_equals_ignore_case, True),
    "StringLike": (string_like, False),
    "StringNotLike": (string_like, True),
    "ArnEquals": (arn_like, False),
    "ArnLike": (arn_like, False),
    "ArnNotEquals": (arn_like, True),
    "ArnNotLike": (arn_like, True),
    "Bool": (boolean, False),
    "BinaryEquals": (binary, False),
    "IpAddress": (address, False),
    "NotIpAddress": (address, True),
    **ordered("Numeric", number),
    **ordered("Date", instant),
}


def parts_of(operator: str) -> tuple[str, str, bool]:
    """The set operator or nothing, the operator itself, and whether `IfExists` follows."""
    prefix = next((each for each in SETS if operator.startswith(each)), "")
    rest = operator.removeprefix(prefix)
    return prefix, rest.removesuffix("IfExists"), rest.endswith("IfExists")


def is_operator(operator: str) -> bool:
    prefix, name, if_exists = parts_of(operator)
    return name in OPERATORS or (name == "Null" and not prefix and not if_exists)


def can_be_read(operator: str, written: str) -> bool:
    """Whether an operator can read a value of the policy; AWS refuses to save one that it cannot."""
    name = parts_of(operator)[1]
    if name.startswith(("Numeric", "Date")):
        return (number if name.startswith("Numeric") else instant)(written) is not None
    if "IpAddress" in name:
        return is_network(written)
    if name.startswith("Arn"):
        return set(written) == {"*"} or written.count(":") >= 5
    return name != "Null" or written.lower() in ("true", "false")


def is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def holds(operator: str, key: str, written: Any, version: str, context: Context) -> bool:
    prefix, name, if_exists = parts_of(operator)
    values = [as_text(each) for each in as_list(written)]
    asked = context.get(key.lower(), ())
    found = [asked] if isinstance(asked, str) else list(asked)
    if name == "Null":
        return any(value.lower() == as_text(not found) for value in values)
    compare, negated = OPERATORS[name]
    if not found:
        return prefix == "ForAllValues:" or if_exists or (negated and not prefix)
    one_of = [any(compare(value, each, version, context) for value in values) for each in found]
    if prefix == "ForAllValues:":
        return all(result != negated for result in one_of)
    if prefix == "ForAnyValue:":
        return any(result != negated for result in one_of)
    return not any(one_of) if negated else any(one_of)
