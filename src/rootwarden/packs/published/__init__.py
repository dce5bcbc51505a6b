"""Figures others have published, to compare a fleet with.

Takes: the id of a study. Gives: its figures as counts, the shares as printed, and how contradictions were read.
Never: holds text of the study itself.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from rootwarden.errors import UsageError
from rootwarden.fleet.published import parse_published

if TYPE_CHECKING:
    from rootwarden.fleet.published import Published

DEFAULT = "netskope-2021"


def names() -> tuple[str, ...]:
    """Ids of the shipped studies, in order."""
    there = (entry.name for entry in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in there if name.endswith(".toml")))


@cache
def published(name: str = DEFAULT) -> Published:
    """A shipped study.

    Raises:
        UsageError: When there is none of that name.
    """
    if name not in names():
        raise UsageError(f"there is no published study `{name}`", hint="choose " + ", ".join(names()))
    return parse_published(files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8"), file=f"{name}.toml")
