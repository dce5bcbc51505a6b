"""Condition operators: does one value of a request satisfy one value of a policy?

IAM user guide, *IAM JSON policy elements: Condition operators*. A value of a policy that an operator cannot read (a
word where a number belongs) is refused by AWS when the policy is saved; here it is not known what it matches.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from rootwarden.iam.context import NotKnown
from rootwarden.iam.pattern import ARN_PARTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

    from rootwarden.iam.context import Context
    from rootwarden.iam.pattern import Pattern

Satisfied: TypeAlias = bool | NotKnown
Compare: TypeAlias = "Callable[[Pattern, str, Context], Satisfied]"
_DATE: Final = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:?\d\d))?)?)?"
)
_EPOCH: Final = re.compile(r"-?\d{5,15}(?:\.\d{1,9})?")
_LONGEST_NUMBER: Final = 64


class Operator(msgspec.Struct, frozen=True):
    """An operator without its prefix and suffix.

    Attributes:
        compare: One value of the policy with one of the request.
        negated: It holds when no value of the policy is satisfied.
        wildcards: Stars and question marks in the policy's value stand for other characters.
    """

    compare: Compare
    negated: bool = False
    wildcards: bool = False


def _equals(wanted: Pattern, found: str, context: Context) -> Satisfied:
    text = wanted.resolved(context)
    return text if isinstance(text, bool | NotKnown) else text == found


def _equals_ignoring_case(wanted: Pattern, found: str, context: Context) -> Satisfied:
    text = wanted.resolved(context)
    return text if isinstance(text, bool | NotKnown) else text.casefold() == found.casefold()


def _like(wanted: Pattern, found: str, context: Context) -> Satisfied:
    return wanted.matches(found, context)


def _arn(wanted: Pattern, found: str, context: Context) -> Satisfied:
    if set(wanted.text) == {"*"}:
        return True
    if not wanted.by_parts:
        return NotKnown(f"what `{wanted.text}`, which is no whole ARN, matches")
    return found.count(":") >= ARN_PARTS - 1 and wanted.matches(found, context)


def _bool(wanted: Pattern, found: str, context: Context) -> Satisfied:
    text = wanted.resolved(context)
    return text if isinstance(text, bool | NotKnown) else text.lower() == found.lower()


def _binary(wanted: Pattern, found: str, context: Context) -> Satisfied:
    text = wanted.resolved(context)
    if isinstance(text, bool | NotKnown):
        return text
    try:
        return base64.b64decode(text, validate=True) == base64.b64decode(found, validate=True)
    except (binascii.Error, ValueError):
        return text == found


def _ordered(read: Callable[[str], object | None], holds: Callable[[object, object], bool]) -> Compare:
    """Compare what both texts are read as; a text of the request that cannot be read satisfies nothing."""

    def compare(wanted: Pattern, found: str, context: Context) -> Satisfied:
        text = wanted.resolved(context)
        if isinstance(text, bool | NotKnown):
            return text
        limit = read(text)
        if limit is None:
            return NotKnown(f"what `{text}` matches, which the operator cannot read")
        value = read(found)
        return value is not None and holds(value, limit)

    return compare


def number(text: str) -> Decimal | None:
    """A number as policies write it."""
    if len(text) > _LONGEST_NUMBER:
        return None
    try:
        read = Decimal(text)
    except InvalidOperation:
        return None
    return read if read.is_finite() else None


def instant(text: str) -> datetime | None:
    """ISO 8601 (a date alone is its first moment, in UTC) or seconds since 1970."""
    try:
        if _EPOCH.fullmatch(text):
            return datetime.fromtimestamp(float(text), UTC)
        found = _DATE.fullmatch(text)
        if not found:
            return None
        year, month, day, hour, minute, second, fraction, zone = found.groups()
        spelled = f"{year}-{month or '01'}-{day or '01'}T{hour or '00'}:{minute or '00'}:{second or '00'}"
        spelled += f".{(fraction or '0')[:6]:0<6}{'+00:00' if zone in (None, 'Z') else zone}"
        return datetime.fromisoformat(spelled).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def network(text: str) -> IPv4Network | IPv6Network | None:
    """An address or a range in CIDR notation."""
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def address(text: str) -> IPv4Address | IPv6Address | None:
    """An IP address."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def _inside(wanted: Pattern, found: str, context: Context) -> Satisfied:
    text = wanted.resolved(context)
    if isinstance(text, bool | NotKnown):
        return text
    within, one = network(text), address(found)
    if within is None:
        return NotKnown(f"what `{text}` matches, which is no address range")
    return one is not None and one.version == within.version and one in within


def _family(kind: str, read: Callable[[str], object | None]) -> dict[str, Operator]:
    """The six comparisons of something ordered."""
    tests: dict[str, Callable[..., bool]] = {
        "equals": lambda one, other: one == other,
        "lessthan": lambda one, other: one < other,
        "lessthanequals": lambda one, other: one <= other,
        "greaterthan": lambda one, other: one > other,
        "greaterthanequals": lambda one, other: one >= other,
    }
    made = {f"{kind}{name}": Operator(_ordered(read, test)) for name, test in tests.items()}
    return made | {f"{kind}notequals": Operator(_ordered(read, tests["equals"]), negated=True)}


OPERATORS: Final[dict[str, Operator]] = {
    "stringequals": Operator(_equals),
    "stringnotequals": Operator(_equals, negated=True),
    "stringequalsignorecase": Operator(_equals_ignoring_case),
    "stringnotequalsignorecase": Operator(_equals_ignoring_case, negated=True),
    "stringlike": Operator(_like, wildcards=True),
    "stringnotlike": Operator(_like, negated=True, wildcards=True),
    "arnequals": Operator(_arn, wildcards=True),
    "arnnotequals": Operator(_arn, negated=True, wildcards=True),
    "arnlike": Operator(_arn, wildcards=True),
    "arnnotlike": Operator(_arn, negated=True, wildcards=True),
    "bool": Operator(_bool),
    "binaryequals": Operator(_binary),
    "ipaddress": Operator(_inside),
    "notipaddress": Operator(_inside, negated=True),
    **_family("numeric", number),
    **_family("date", instant),
}
