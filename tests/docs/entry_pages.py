"""The list of what the audit log of break-glass records, made from the kinds of entries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.who import PERSON_MAY, SYSTEM_MAY, WHO_MAY

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMMON: Final = {"at", "actor", "nonce", "authenticator", "signers"}
_WHO: Final = {PERSON_MAY: "anybody", SYSTEM_MAY: "the system"}


def entries_table() -> str:
    """A row for each kind: what it records, its own fields, who writes it, who signs it."""
    head = "| kind | what it records | fields | written by | signed |\n|---|---|---|---|---|\n"
    return head + "".join(_rows())


def _rows() -> Iterator[str]:
    for kind in get_args(log.AnyEntry):
        name = str(kind.__struct_config__.tag)
        fields = [spelled for field, spelled in _spelled(kind) if field not in _COMMON]
        what = " ".join((kind.__doc__ or "").split("\n\n", maxsplit=1)[0].split())
        yield f"| `{name}` | {what} | {_code(fields)} | {_writers(name)} | {_signed(kind)} |\n"


def _spelled(kind: type[log.Entry]) -> Iterator[tuple[str, str]]:
    return zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True)


def _code(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "\u2013"


def _writers(name: str) -> str:
    return ", ".join(sorted(_WHO.get(one, str(one)) for one in WHO_MAY[name]))


def _signed(kind: type[log.Entry]) -> str:
    if issubclass(kind, log.JointEntry):
        return "together"
    if kind is log.KeyOffered:
        return "with the offered key"
    return "yes" if kind.SIGNED else "no"
