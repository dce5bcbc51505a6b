"""Values of conditions: whether an operator can read one, and whether a key can ever have it."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import TYPE_CHECKING, Final

from rootwarden.iam.lint.operators import Family
from rootwarden.iam.wildcards import matches, overlap

if TYPE_CHECKING:
    from rootwarden.iam.lint.knowledge import GlobalKey
    from rootwarden.iam.lint.operators import Operator
    from rootwarden.iam.lint.statement import Text

# What is longer is compared with nothing here.
_LONGEST: Final = 2_048
_NUMBER: Final = re.compile(r"[-+]?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][-+]?[0-9]{1,3})?")
# W3C profile of ISO 8601, as the user guide asks; IAM also takes dates without a zone.
_DATE: Final = re.compile(
    r"[0-9]{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12][0-9]|3[01])"
    r"(?:T(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?(?:Z|[-+][0-9]{2}:?[0-9]{2})?)?)?)?"
    r"|-?[0-9]{5,20}"
)
_BASE64: Final = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_ARN_PARTS: Final = 6


def can_be_read(operator: Operator, value: Text) -> bool:
    """Whether the value is one this operator compares with; what a request decides may be."""
    text = value.text
    if value.has_variable or len(text) > _LONGEST:
        return True
    return operator.family is Family.STRING or _READERS[operator.family](text)


def _is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text))


def _is_date(text: str) -> bool:
    return bool(_DATE.fullmatch(text))


def _is_truth(text: str) -> bool:
    return text.lower() in {"true", "false"}


def _is_base64(text: str) -> bool:
    return bool(_BASE64.fullmatch(text))


def _is_arn(text: str) -> bool:
    return not text.strip("*") or (text.startswith("arn:") and text.count(":") >= _ARN_PARTS - 1)


def _is_range(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


_READERS: Final = {
    Family.NUMERIC: _is_number,
    Family.DATE: _is_date,
    Family.BOOL: _is_truth,
    Family.NULL: _is_truth,
    Family.BINARY: _is_base64,
    Family.IP: _is_range,
    Family.ARN: _is_arn,
}


def possible(operator: Operator, key: GlobalKey, value: Text) -> bool:
    """Whether a request can have such a value for this key, as far as is known of the key."""
    ways = key.values or key.pattern
    if not ways or operator.family not in {Family.STRING, Family.ARN, Family.BOOL} or len(value.text) > _LONGEST:
        return True
    lowered = "IgnoreCase" in operator.name or operator.family is Family.BOOL
    text = value.pattern
    if operator.pattern or "${" in value.text:
        return any(overlap(text, one) for one in ways)
    return any(matches(one.lower(), text.lower()) if lowered else matches(one, text) for one in ways)
