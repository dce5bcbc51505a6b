"""IAM policy documents: a string or a list made a tuple, conditions flattened.

A document that is malformed, too large, or spells an element in letters IAM does not have is refused as a whole: a
statement that cannot be read is never a statement that is not there (IAM user guide, *Grammar of the IAM JSON policy
language*).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from rootwarden.errors import InputError
from rootwarden.facts.iam_document import Condition, IamDocument, Principals, Statement

# AWS allows 10,240 characters in all policies of a role, blanks aside; what is far above is no policy.
LARGEST: Final = 256 * 1024
MOST_STATEMENTS: Final = 2_000
_VERSIONS: Final = frozenset({"2008-10-17", "2012-10-17"})
_DOCUMENT: Final = frozenset({"Version", "Id", "Statement"})
_STATEMENT: Final = frozenset(
    {
        "Sid",
        "Effect",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Principal",
        "NotPrincipal",
        "Condition",
    }
)
_PRINCIPALS: Final = frozenset({"AWS", "Service", "Federated", "CanonicalUser"})
# Of each pair a statement has at most one element.
_EITHER: Final = (("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal"))


class DocumentError(InputError):
    """A policy document is not shaped as one."""


def read_document(raw: object) -> IamDocument:
    """Read a document.

    Raises:
        DocumentError: It is not one, names an element twice or is too large.
    """
    document = _decoded(raw) if isinstance(raw, str) else raw
    if not isinstance(document, Mapping):
        raise DocumentError("it is no JSON object")
    _check_names(document, _DOCUMENT, "a policy")
    version = document.get("Version", "2008-10-17")  # the version that counts where none is named
    listed = document.get("Statement")
    statements = listed if isinstance(listed, list | tuple) else [listed]
    if not isinstance(version, str):
        raise DocumentError("`Version` is no text")
    if version not in _VERSIONS:
        raise DocumentError(f"its version `{_short(version)}` is neither 2012-10-17 nor 2008-10-17")
    if not statements or len(statements) > MOST_STATEMENTS:
        raise DocumentError(f"it has {len(statements):,} statements")
    return IamDocument(version, tuple(_statement(one, number) for number, one in enumerate(statements, 1)))


def _decoded(text: str) -> object:
    if len(text) > LARGEST:
        raise DocumentError(f"it is larger than {LARGEST >> 10} KiB")
    try:
        return json.loads(text, object_pairs_hook=_without_duplicates)
    except RecursionError:
        raise DocumentError("it is nested too deep") from None
    except ValueError:
        raise DocumentError("it is not whole JSON") from None


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names are all different: of two values for one element neither can be trusted."""
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        raise DocumentError(f"`{_short(next(name for name in names if names.count(name) > 1))}` stands twice in it")
    return made


def _check_names(found: Mapping[str, object], known: frozenset[str], what: str) -> None:
    for name in found:
        if name not in known:
            raise DocumentError(f"`{_short(str(name))}` is no element of {what}")


def _statement(raw: object, number: int) -> Statement:
    if not isinstance(raw, Mapping):
        raise DocumentError(f"statement {number} is no JSON object")
    _check_names(raw, _STATEMENT, "a statement")
    effect, sid = raw.get("Effect"), raw.get("Sid", "")
    if effect not in ("Allow", "Deny") or not isinstance(effect, str) or not isinstance(sid, str):
        raise DocumentError(f"statement {number} has no `Effect` of `Allow` or `Deny`")
    for one, other in _EITHER:
        if one in raw and other in raw:
            raise DocumentError(f"statement {number} has both `{one}` and `{other}`")
    return Statement(
        sid=sid,
        effect=effect,
        actions=_texts(raw, "Action", number),
        not_actions=_texts(raw, "NotAction", number),
        resources=_texts(raw, "Resource", number),
        not_resources=_texts(raw, "NotResource", number),
        principals=_principals(raw, "Principal", number),
        not_principals=_principals(raw, "NotPrincipal", number),
        conditions=_conditions(raw.get("Condition", {}), number),
    )


def _texts(found: Mapping[str, object], name: str, number: int) -> tuple[str, ...] | None:
    """A text or a list of texts; `None` when the element is not there."""
    if name not in found:
        return None
    value = found[name]
    listed = (value,) if isinstance(value, str) else value
    if not isinstance(listed, list | tuple) or not all(isinstance(each, str) for each in listed):
        raise DocumentError(f"statement {number} has a `{name}` that is neither a text nor a list of texts")
    return tuple(listed)


def _principals(found: Mapping[str, object], name: str, number: int) -> Principals | None:
    if name not in found:
        return None
    value = found[name]
    if value == "*":
        return Principals(aws=("*",))
    if not isinstance(value, Mapping):
        raise DocumentError(f"statement {number} has a `{name}` that names nobody")
    _check_names(value, _PRINCIPALS, f"`{name}`")
    kinds = {kind: _texts(value, kind, number) or () for kind in _PRINCIPALS}
    return Principals(
        aws=kinds["AWS"], service=kinds["Service"], federated=kinds["Federated"], canonical=kinds["CanonicalUser"]
    )


def _conditions(found: object, number: int) -> tuple[Condition, ...]:
    if not isinstance(found, Mapping):
        raise DocumentError(f"statement {number} has a `Condition` that is no JSON object")
    flat = []
    for operator, keys in found.items():
        if not isinstance(keys, Mapping):
            raise DocumentError(f"statement {number} has nothing to compare under `{_short(str(operator))}`")
        flat += [Condition(str(operator), str(key), _values(values, number)) for key, values in keys.items()]
    return tuple(flat)


def _values(value: object, number: int) -> tuple[str, ...]:
    """Values of a condition as text: JSON's `true` is `true`, a number its digits."""
    listed = value if isinstance(value, list | tuple) else (value,)
    if not all(isinstance(each, str | int | float) for each in listed):
        raise DocumentError(f"statement {number} compares with something that is no value")
    return tuple(str(each).lower() if isinstance(each, bool) else str(each) for each in listed)


def _short(name: str) -> str:
    return name if len(name) <= 40 else f"{name[:39]}…"  # noqa: PLR2004 - what a message shows
