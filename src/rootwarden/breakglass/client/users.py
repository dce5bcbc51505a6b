"""Users and groups of this machine, by name or number."""

from __future__ import annotations

import grp
import pwd

from rootwarden.errors import UsageError


def user_number(text: str) -> int:
    """The number of a user.

    Raises:
        UsageError: There is none of this name.
    """
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        return pwd.getpwnam(text).pw_uid
    except KeyError as error:
        raise UsageError(f"there is no user `{text}` here") from error


def group_number(text: str) -> int:
    """The number of a group.

    Raises:
        UsageError: There is none of this name.
    """
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        return grp.getgrnam(text).gr_gid
    except KeyError as error:
        raise UsageError(f"there is no group `{text}` here") from error
