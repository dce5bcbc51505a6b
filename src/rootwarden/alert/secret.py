"""Secrets of channels: read when they are needed, from the environment or a file, and never printed."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

import msgspec

from rootwarden.errors import UsageError

LONGEST: Final = 8192
SHORTEST_HIDDEN: Final = 6
HIDDEN: Final = "***"
_BORDERS: Final = re.compile(r"[\s/:@?&=,]+")


class Secret:
    """Text that does not print: not in a message, a log, a traceback or a comparison that fails."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return f"Secret({HIDDEN})"

    __str__ = __repr__

    def __bool__(self) -> bool:
        return bool(self._text)

    def __reduce__(self) -> str:
        msg = "a secret is not pickled"
        raise TypeError(msg)

    def reveal(self) -> str:
        """The text itself, for the request it belongs in."""
        return self._text

    def hidden_in(self, text: str) -> str:
        """`text` without the secret, whole or any longer part of it, as of a URL with tokens inside."""
        parts = [each for each in _BORDERS.split(self._text) if len(each) >= SHORTEST_HIDDEN]
        for part in (self._text, *sorted(parts, key=len, reverse=True)):
            text = text.replace(part, HIDDEN) if part else text
        return text


class SecretSource(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a secret is: the settings say where, never what.

    Attributes:
        env: Name of an environment variable.
        file: Path of a file; line ends around it do not count.
    """

    env: str = ""
    file: str = ""

    def read(self, purpose: str) -> Secret:
        """The secret.

        Raises:
            UsageError: When it is not where it should be, empty, or as long as no secret is.
        """
        if bool(self.env) == bool(self.file):
            raise UsageError(
                f"the {purpose} is nowhere to be found", hint='give it as { env = "NAME" } or { file = "PATH" }'
            )
        text = os.environ.get(self.env, "") if self.env else self._from_file(purpose)
        if not text.strip() or len(text) > LONGEST:
            where = f"the environment variable `{self.env}`" if self.env else f"the file `{self.file}`"
            raise UsageError(f"{where} holds no {purpose}", hint="it is empty, missing, or far too long")
        return Secret(text.strip())

    def _from_file(self, purpose: str) -> str:
        try:
            with Path(self.file).open(encoding="utf-8") as opened:
                return opened.read(LONGEST + 1)
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                f"the {purpose} cannot be read from `{self.file}`", hint="is it there, and yours?"
            ) from error
