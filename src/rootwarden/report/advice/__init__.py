"""What to switch on first, told: an answer of `audit/advising.py` in, text out, in one of the formats below.

One module per format, all with one shape: `render(advised) -> str`; `scenarios` makes the table of the documentation.
Nothing is decided here. What is not known is told as such, never as done; an outcome that depends on it is told whole.
"""

from __future__ import annotations

import importlib
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rootwarden.audit.advising import Advised

FORMATS: Final[Mapping[str, str]] = MappingProxyType(
    {"terminal": "terminal", "json": "machine", "html": "page", "markdown": "markdown"}
)


def find(name: str) -> Callable[[Advised], str]:
    """What renders a format.

    Raises:
        UsageError: There is none of that name.
    """
    if name not in FORMATS:
        raise UsageError(f"there is no report format `{name}`", hint=f"choose one of {', '.join(FORMATS)}")
    render: Callable[[Advised], str] = importlib.import_module(f"rootwarden.report.advice.{FORMATS[name]}").render
    return render
