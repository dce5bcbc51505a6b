"""Where a report goes: a terminal with its width and colours, a pipe, a file."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def show(text: str, output: Path | None) -> None:
    """Write a report to stdout or a file.

    Args:
        text: The whole report.
        output: The file; standard output when there is none.

    Raises:
        UsageError: The file cannot be written.
    """
    from rootwarden.report.encoding import well_formed
    from rootwarden.report.write import write

    if output is None:
        sys.stdout.buffer.write(well_formed(text).encode())
        sys.stdout.buffer.flush()
    else:
        write(output, text)


def screen(output: Path | None) -> tuple[int, bool]:
    """Columns to set a terminal report in, and whether in colour: as the terminal says, else 100 and no colour."""
    shown = output is None and sys.stdout.isatty()
    width = shutil.get_terminal_size((100, 24)).columns if shown else 100
    return width, shown and "NO_COLOR" not in os.environ


def check_format(name: str, formats: tuple[str, ...]) -> None:
    """Refuse a format there is not, before anything is read.

    Raises:
        UsageError: There is none of that name.
    """
    if name not in formats:
        raise UsageError(f"there is no report format `{name}`", hint=f"choose one of {', '.join(formats)}")
