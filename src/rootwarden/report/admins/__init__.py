"""Who is as good as root, told: verdicts on principals in, text out, in one of the formats below.

One module per format, all with one shape: `render(told) -> str`. Nothing is decided here and nothing left out without
saying so; a way that depends on something is never told as one that does not. Names in AWS are written by others, so
all text is made harmless for the place it is printed in.
"""

from __future__ import annotations

import importlib
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, cast

import msgspec

from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rootwarden.report.admins.told import Told


class AdminsFormat(msgspec.Struct, frozen=True, kw_only=True):
    """One way to tell the verdicts.

    Attributes:
        name: What `--format` takes.
        module: Where its `render` is; imported when first used.
        description: One line for the docs.
    """

    name: str
    module: str
    description: str

    def render(self, told: Told) -> str:
        """The report with the format's own defaults; it ends with a newline."""
        return cast("Callable[[Told], str]", importlib.import_module(self.module).render)(told)


_ALL: Final = tuple(
    AdminsFormat(name=name, module=f"rootwarden.report.admins.{module}", description=description)
    for name, module, description in (
        ("terminal", "terminal", "for people: what matters first, long lists cut (`--all`)"),
        ("json", "machine", "everything, versioned (`rootwarden.admins/1`) and described by a JSON Schema"),
        ("csv", "table", "one row for each principal, for spreadsheets; formulas in it are inert"),
        ("html", "page", "one self-contained page, with a diagram of each way"),
        ("dot", "dot", "the whole graph of steps, for Graphviz"),
        ("graphml", "graphml", "the same graph, for Gephi, yEd, NetworkX and others"),
    )
)

FORMATS: Final[Mapping[str, AdminsFormat]] = MappingProxyType({each.name: each for each in _ALL})


def find(name: str) -> AdminsFormat:
    """The format called `name`.

    Raises:
        UsageError: There is none of that name.
    """
    if name not in FORMATS:
        raise UsageError(f"there is no report format `{name}`", hint=f"choose one of {', '.join(FORMATS)}")
    return FORMATS[name]
