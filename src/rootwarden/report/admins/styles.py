"""Colours of classes on a terminal, beside their symbols and words."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rootwarden.iam.admins.verdict import Class

if TYPE_CHECKING:
    from collections.abc import Mapping

STYLE: Final[Mapping[Class, str]] = MappingProxyType(
    {
        Class.DIRECT: "bold",
        Class.ESCALATION: "bold red",
        Class.CONDITIONAL: "bold yellow",
        Class.LATERAL: "cyan",
        Class.NONE: "dim",
    }
)
