"""Values of conditions: whether an operator can read one, and whether a key can ever have it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rootwarden.iam.lint.operators import Family
from rootwarden.iam.operators import instant, network, number
from rootwarden.iam.pattern import ARN_PARTS
from rootwarden.iam.wildcards import arns_overlap, matches, overlap

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.iam.lint.knowledge import GlobalKey
    from rootwarden.iam.lint.operators import Operator
    from rootwarden.iam.lint.statement import Text

# What is longer is compared with nothing here.
_LONGEST: Final = 2_048
_BASE64: Final = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_COMPARED: Final = frozenset({Family.STRING, Family.ARN, Family.BOOL})


def can_be_read(operator: Operator, value: Text) -> bool:
    """Whether the value is one this operator compares with; what a request decides may be."""
    if value.has_variable or len(value.text) > _LONGEST or operator.family is Family.STRING:
        return True
    return _READERS[operator.family](value.text) not in {None, False}


def _is_truth(text: str) -> bool:
    return text.lower() in {"true", "false"}


def _is_base64(text: str) -> bool:
    return bool(_BASE64.fullmatch(text))


def _is_arn(text: str) -> bool:
    return not text.strip("*") or (text.startswith("arn:") and text.count(":") >= ARN_PARTS - 1)


# Numbers, dates and ranges as evaluation reads them: nothing where it cannot.
_READERS: Final[dict[Family, Callable[[str], object]]] = {
    Family.NUMERIC: number,
    Family.DATE: instant,
    Family.IP: network,
    Family.BOOL: _is_truth,
    Family.NULL: _is_truth,
    Family.BINARY: _is_base64,
    Family.ARN: _is_arn,
}


def possible(operator: Operator, key: GlobalKey, value: Text) -> bool:
    """Whether a request can have such a value for this key, as far as is known of the key."""
    ways = key.values or key.pattern
    if not ways or operator.family not in _COMPARED or len(value.text) > _LONGEST:
        return True
    lowered = "IgnoreCase" in operator.name or operator.family is Family.BOOL
    text = value.pattern
    if operator.pattern or "${" in value.text:
        meet = arns_overlap if operator.family is Family.ARN else overlap
        return any(meet(text, one) for one in ways)
    return any(matches(one.lower(), text.lower()) if lowered else matches(one, text) for one in ways)
