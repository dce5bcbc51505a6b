"""One line that names the command to install what is missing (docs/decisions/0015)."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable


def need(names: Iterable[str], says: str, *, extra: str) -> None:
    """Make sure parts of an extra are installed.

    Args:
        names: Modules that come with it.
        says: How the message begins: `alerts need`.
        extra: Its name.

    Raises:
        UsageError: One of them is not installed.
    """
    for name in names:
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            # What is missing inside of it is a broken installation, and no matter of extras.
            if (error.name or "").partition(".")[0] != name:
                raise
            message = f"{says} `{name}`, which is not installed"
            raise UsageError(message, hint=f"pip install 'rootwarden[{extra}]'") from None
