"""What is raised for a file of an archive that cannot be used."""

from __future__ import annotations

from rootwarden.errors import InputError


class Damaged(InputError):  # noqa: N818 - it describes a file, and is caught where files are listed
    """A file of an archive that cannot be used; the message is the reason, without the name of the file."""
