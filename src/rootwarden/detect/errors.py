"""The one error of the two pattern languages."""

from __future__ import annotations

from rootwarden.errors import InputError


class PatternError(InputError):
    """A filter or event pattern cannot be read, or uses what we do not evaluate: its meaning stays unknown."""
