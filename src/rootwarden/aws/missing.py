"""An object that is not there; apart from `objects`, so that who only catches it needs no AWS library."""

from __future__ import annotations

from rootwarden.errors import UsageError


class Missing(UsageError):  # noqa: N818 - it says what an object is
    """There is no such object, though there may have been one a moment ago."""
